"""By what the gradients as a whole are multiplied: a mean over something else than the observations, or taken twice.

Whether a cost is a sum or a mean, and with or without one half, is the author's choice. Gradients that are divided by
the number of features, or twice by that of the observations, are not the gradients of such a cost.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ..recording.graph import Place
from .factors import chain_of, is_same, rates_of, shared_factors
from .labels import found_at, quantity
from .reading import Reading
from .replay import size_of
from .result import Found
from .sources import Sources
from .stage import Stage, argument_ids
from .structure import Layer, parameter_viewed
from .updates import numbers_in

HALVES = (0.5, 1.0, 2.0)  # that a cost may be multiplied by, as its author likes
SIZES = (".shape[", "len(", ".size")
# The scale that is a mistake. Others than that of the stated cost only stand for another learning rate.
MISCOUNTED = "mean-over-features"


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The sizes of a run."""

    observations: int  # in the iteration
    outputs: int  # units of the output layer
    others: tuple[int, ...]  # other sizes: of inputs and hidden layers
    are_apart: bool = False  # whether each observation goes through the network on its own


def counts_of(reading: Reading) -> Counts | None:
    """The sizes of a run; None if observations and units cannot be distinguished."""
    forward, stage = reading.forward, reading.stage
    layers = [one for one in forward.layers if one.parameters]
    wide = [one for one in layers if stage.node(one.z).shape != ()]  # a penalty is a number made of parameters
    layers = wide or layers
    if not layers:
        return None
    last = layers[-1]
    shapes = [stage.node(one).shape for one in stage.parameters if one in forward.nodes]
    sizes = {size for shape in shapes for size in shape}
    of_last = {size for one in last.parameters for size in stage.node(one).shape}
    shape = stage.node(last.z).shape
    if forward.lane_count > 1 and sum(size > 1 for size in shape) > 1:
        return None  # batches of several networks, or several batches of one
    if forward.lane_count > 1:
        outputs = size_of(stage.node(last.z))
        return Counts(observations=forward.lane_count, outputs=outputs, others=tuple(sizes), are_apart=True)
    passes = [one for one in layers if set(one.parameters) == set(last.parameters)]
    # an observation after the other, whose errors one cost adds up
    if len(passes) > 1 and sum(size > 1 for size in shape) <= 1:
        outputs = size_of(stage.node(last.z))
        others = tuple(sorted(sizes - {len(passes)}))
        return Counts(observations=len(passes), outputs=outputs, others=others, are_apart=True)
    if len(shape) == 1 and shape[0] not in of_last:  # one unit, and an observation a row
        return Counts(observations=shape[0], outputs=1, others=tuple(sorted(sizes - {shape[0]})))
    if len(shape) < 2:
        return Counts(observations=1, outputs=size_of(stage.node(last.z)), others=tuple(sizes))
    axis_of_product = outputs_axis(stage, last)
    if axis_of_product is not None:
        outputs, observations = shape[axis_of_product], shape[1 - axis_of_product]
        return Counts(observations=observations, outputs=outputs, others=tuple(sorted(sizes - {observations})))
    for axis in (0, 1):
        outputs, observations = shape[axis], shape[1 - axis]
        if len(shape) == 2 and outputs in of_last and (observations not in of_last or observations == 1):
            return Counts(observations=observations, outputs=outputs, others=tuple(sorted(sizes - {observations})))
    return None


def outputs_axis(stage: Stage, layer: Layer) -> int | None:
    """The axis of a layer's units, by the side of its product that the weights stand on; None if that is not known.

    As many rows as units have the same shapes either way.
    """
    shape = stage.node(layer.z).shape
    above = [layer.z]
    while len(shape) == 2 and above:
        node = stage.node(above.pop())
        operands = argument_ids(node)
        if node.operation in ("matmul", "dot") and len(operands) == 2:
            are_weights = [parameter_viewed(stage, one) in layer.parameters for one in operands]
            return are_weights.index(True) if sum(are_weights) == 1 else None
        above += [one for one in operands if one in stage.dependent and stage.node(one).shape == shape]
    return None


def is_usual(factor: float, counts: Counts) -> bool:
    """Whether a sum of the errors of all observations times this factor is a cost that somebody would choose."""
    m, k = counts.observations, counts.outputs
    divisors = {1, m, k * m} | ({k} if m == 1 or counts.are_apart else set())  # a mean over the outputs of each
    return any(is_same(factor, half / divisor) for half in HALVES for divisor in divisors)


def odd_divisor(factor: float, counts: Counts) -> str:
    """What the gradients are divided by instead: "features", "twice", "" if it is not known."""
    m, k = counts.observations, counts.outputs
    twice = {m * m, m * m * k, m * m * k * k} if m > 1 else set()
    if any(is_same(factor, half / one) for half in HALVES for one in twice):
        return "twice"
    sizes = {one for one in (*counts.others, k) if one > 1}
    if any(is_same(factor, half / one) for half in HALVES for one in sizes):
        return "features"
    return ""


def common_factor(reading: Reading) -> tuple[float, int] | None:
    """The factor of all gradients as the file has them before rates, and the first value that has it.

    None if the factor is not one, or not known. Parameters that decay are left out.
    """
    chains = []
    for step in reading.stage.steps:
        match = reading.matches.get(step.before)
        if match is None or match.nothing or match.decay:
            continue
        chain = chain_of(reading, step, match.factor)
        if not chain.links:
            return None
        chains.append(chain)
    if not chains or not all(is_same(abs(one.gradient), abs(chains[0].gradient)) for one in chains):
        return None
    factor = abs(chains[0].gradient)
    first = first_with(reading, factor)
    return factor, chains[0].node if first is None else first


def first_with(reading: Reading, factor: float) -> int | None:
    """The first value of the backward pass that is a gradient with this factor."""
    for bundle in reading.backward_bundles():
        if any(is_same(abs(one.factor), factor) for _, one in reading.aligned_with(bundle)):
            return bundle[0]
    return None


def reads_sizes(sources: Sources, place: Place | None) -> bool:
    """Whether the function of a line asks arrays for their sizes: a divisor is then meant as one of them."""
    if place is None or place.file not in sources.trees:
        return False
    text = sources.texts[place.file]
    function = sources.function_at(place)
    segment = text if function is None else ast.get_source_segment(text, function)
    return any(one in (segment or "") for one in SIZES)


def odd_scale(reading: Reading, sources: Sources, is_declared: bool) -> Found | None:
    """Gradients that belong to no usual cost.

    Args:
        reading: under a cost of the catalogue, which is a plain sum.
        sources: the user's files.
        is_declared: whether the file computes a cost of this kind, which its gradients contradict.
    """
    counts, common = counts_of(reading), common_factor(reading)
    if counts is None or common is None or is_usual(common[0], counts):
        return None
    factor, node_id = common
    if any(is_usual(factor / rate, counts) for rate in rates_of(reading) | shared_factors(reading)):
        return None  # 0.1 * h.T @ d of 20 observations is not divided by 20 twice
    odd = odd_divisor(factor, counts)
    if not odd:
        return None
    if not is_declared and not reads_sizes(sources, reading.stage.node(node_id).place):
        return None
    if odd == "features" and is_divided_later(reading, counts):
        return None
    id, expected = MISCOUNTED if odd == "features" else "mean-instead-of-sum", 1 / counts.observations
    return found_scale(reading, node_id, id=id, factor=factor, expected=expected, ratio=factor * counts.observations)


def is_divided_later(reading: Reading, counts: Counts | None) -> bool:
    """Whether each gradient is divided by the number of observations on its way to the update.

    What it was divided by before is then a part of the rate, not a count in the place of that number.
    """
    stage = reading.stage
    for step in stage.steps:
        match = reading.matches.get(step.before)
        if match is None or match.nothing:
            continue
        node = chain_of(reading, step, match.factor).node
        after = stage.program.descendants([node], within=stage.needed) - {node}
        divided = [one for one in map(stage.node, after) if one.operation == "divide"]
        if counts is None or not any(counts.observations in numbers_in(one) for one in divided):
            return False
    return True


def is_of_rate(reading: Reading, times: float) -> bool:
    """Whether a rate on the line of an update explains a factor, as in ``w -= 0.1 * 2 * e * x``.

    It is in all values of that line, and does not belong to the gradient; nor does a factor of 2 that is in it.
    """
    rates = rates_of(reading)
    return any(is_same(one / rate, half) for one in (times, 1 / times) for rate in rates for half in HALVES)


def found_scale(reading: Reading, node_id: int, *, id: str, factor: float, expected: float, ratio: float) -> Found:
    """Gradients of all parameters that are a multiple of what they should be, from one value of the backward pass on.

    Args:
        reading: under which they are gradients.
        node_id: of the first value with this factor.
        id: of the mistake.
        factor, expected: what gradients are multiplied by, and should be.
        ratio: of the two.
    """
    steps = reading.stage.steps
    got, meant = (quantity(reading, steps[0].before, one) for one in (factor, expected))
    return found_at(reading, node_id, id, steps, got=got, expected=meant, ratio=ratio)


def is_ratio_of_counts(ratio: float, counts: Counts | None) -> bool:
    """Whether a factor is observations over another size: a mean over the wrong count.

    The number of outputs is not such a factor, whatever else it is: a cost may be a mean over outputs as well.
    """
    if counts is None or any(is_same(ratio, half * counts.outputs) for half in HALVES):
        return False
    others = {one for one in (*counts.others, counts.outputs) if one > 1} - {counts.observations}
    return any(is_same(ratio, counts.observations / one) for one in others)


def name_of_scale(reading: Reading, times: float) -> str:
    """What it is called that gradients are a multiple of what they should be"""
    counts = counts_of(reading)
    if is_same(times, 2.0):
        return "extra-factor-two"
    if is_same(times, 0.5):
        return "missing-factor-two"
    if is_ratio_of_counts(times, counts) and not is_divided_later(reading, counts):
        return MISCOUNTED
    return "sum-instead-of-mean" if times > 1 else "mean-instead-of-sum"
