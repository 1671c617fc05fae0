"""Gradients that belong to some cost, but not to the one that the file states.

If another cost would make a file right, what the file computes as its cost decides: the kind of the cost, what it is
multiplied by, and its penalty.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..recording.graph import Ref
from .alignment import ratio, samples
from .choosing import is_output_coupled, output_layer
from .cost import CROSS_ENTROPIES, Error, Form
from .factors import chain_of, is_same
from .facts import assumed, computed_cost
from .labels import found_at, found_in_step, quantity
from .misstated import gradients_at, misstated_cost, own_costs, under_declared_costs
from .penalties import decay_place
from .reading import Reading, same_cost
from .recorded_costs import is_declared_cost
from .result import UNKNOWN, Alternative, AssumedCost, Found, Kind, Quantity, merge_by_id
from .rules import belongs_together
from .scales import HALVES, MISCOUNTED, common_factor, counts_of, found_scale, is_of_rate, name_of_scale, odd_scale
from .sources import Sources
from .stage import Stage, Step
from .stated import Stated
from .vjps.reductions import softmax

MISSING_DERIVATIVE = "missing-output-activation-derivative"
EXTRA_DERIVATIVE = "cross-entropy-gradient-with-extra-derivative"

CROSS_ENTROPY = re.compile(r"(?i)cross_?entropy|log_?loss|bce")
SQUARES = re.compile(r"(?i)quadratic|mse|mean_?squared|squared_?err")


# The kind of the cost


def decisive_reading(
    reading: Reading, alternatives: Sequence[Alternative], stated: Callable[[], Sequence[Stated]]
) -> Alternative | None:
    """Another reading that weighs more than the one under which the file is right; None if there is none.

    Args:
        reading: under which the file is right.
        alternatives: under which the derivative of the output is missing, or one too many.
        stated: finds the costs that the file computes.
    """
    wrong = [
        one for one in alternatives if one.mistakes and one.mistakes[0].id in (MISSING_DERIVATIVE, EXTRA_DERIVATIVE)
    ]
    own = [one for one in wrong if one.cost.form == ""]
    named = [one for one in wrong if is_named_after(reading, one)]
    if not wrong or (named and not own):
        return next(iter(named), None)
    known = stated()
    seen = {reading.stage.node(one.node).place for one in known if is_looked_at(reading, one)}
    own = [one for one in own if one.cost.place not in seen] or named
    if own:
        return own[0]
    forms = {one.form for one in known if reading.stage.node(one.node).place not in seen}
    # a softmax goes with the cross-entropy: squares of its errors are a number to look at
    means_squares = Form.SQUARED in forms and not is_output_coupled(reading)
    means = {EXTRA_DERIVATIVE: bool(forms & CROSS_ENTROPIES), MISSING_DERIVATIVE: means_squares}
    decided = [one for one in wrong if means[one.mistakes[0].id]]
    return decided[0] if decided and sum(means.values()) == 1 else None


def is_looked_at(reading: Reading, stated: Stated) -> bool:
    """Whether squares are a number to look at, beside gradients that are those of the cost of a reading.

    They are if they are computed for some of the updates only, in another function than the error that goes back, and
    that error is not scaled as theirs is.
    """
    stage, errors = reading.stage, reading.cost.errors
    place = stage.node(stated.node).place
    compared = stage.node(errors[0].node).place if errors else None
    if stated.form is not Form.SQUARED or place is None or compared is None or place.function == compared.function:
        return False
    times = Counter(node.operation for node in stage.program.nodes if node.place == place)
    updates = min((len(one.updates) for one in stage.recording.parameters), default=0)
    layer = output_layer(reading)
    if min(times.values()) >= updates - 1 or layer is None:  # the recording may end before that of the last update
        return False
    aligned = itertools.chain.from_iterable(reading.aligned_with(one) for one in reading.backward_bundles())
    factors = {abs(one.factor) for id, one in aligned if id == layer.z}
    return stated.factor is None or not any(is_same(one, 2 * stated.factor) for one in factors)


def is_named_after(reading: Reading, other: Alternative) -> bool:
    """Whether outputs and targets are compared in a function or class that is named after the cost of a reading."""
    errors = reading.cost.errors
    place = reading.stage.node(errors[0].node).place if errors else None
    if place is None:
        return False
    cross, squares = CROSS_ENTROPY.search(place.function), SQUARES.search(place.function)
    if bool(cross) == bool(squares):
        return False
    return other.mistakes[0].id == (EXTRA_DERIVATIVE if cross else MISSING_DERIVATIVE)


def claimed_reading(readings: Sequence[Reading], best: Reading) -> Reading | None:
    """The file's own cost, if the gradients are another's and it is certain that both are meant to be one; else None.

    So it is if one function computes both, or if it is a sum of the same kinds of costs whose parts count differently.

    Args:
        readings: all readings of the file.
        best: the one under which it is right.
    """
    weighing = (one for one in readings if one.cost.meant and weighs_kinds_differently(one, best))
    together = (one for one in own_costs(readings, best) if belongs_together(one))
    return next(itertools.chain(weighing, together), None)


def weighs_kinds_differently(own: Reading, best: Reading) -> bool:
    """Whether a cost is a sum of several kinds as that of the best reading is, but for what each kind counts."""
    factors: dict[Form | None, float] = {}
    for error in best.cost.errors:
        both = None if error.form is None else gradients_at({error.output}, own, best)
        factor = None if both is None else ratio(both[0], both[1])
        if factor is None or not is_same(factor, factors.setdefault(error.form, factor)):
            return False
    return len(factors) > 1 and not all(is_same(one, other) for one, other in itertools.pairwise(factors.values()))


# The scale and the penalty


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """What the gradients of a file have that is not of the cost that it states."""

    mistake: Found | None = None  # None if there is none
    cost: AssumedCost | None = None  # the stated one, if the mistake is one under it
    # what the file's own number says, if gradients are a multiple of its own; None if they are not
    second: Alternative | None = None


def contradiction_of(
    readings: Sequence[Reading], best: Reading, stated: Sequence[Stated], sources: Sources
) -> Contradiction:
    """What the gradients have that belongs to no usual cost, or not to the cost that the file computes.

    A factor that all gradients have, such as a sum if the cost is a mean, the other way round, or a mean taken twice,
    only stands for another learning rate: it is a second reading. A count of something else is a mistake: nobody
    chooses it.

    Args:
        readings: all readings of the file.
        best: the one under which it is right.
        stated: the costs that the file computes.
        sources: the user's files.
    """
    lacking = one_sided(best, stated)
    if lacking is not None:
        return Contradiction(mistake=lacking)
    own = under_declared_costs(readings)
    # of two classes, the binary and the categorical cost have the same gradients
    forms = [one.form for one in stated]
    plains = [one for one in (best, *readings) if one.cost.form is not None and (one is best or same_cost(best, one))]
    plain = next((one for one in plains if one.cost.form in forms), plains[0] if plains else None)
    second: Alternative | None = None
    if plain is not None:
        # gradients that are exactly those of the file's own cost have no other scale, whatever the sizes seem to be
        common = common_factor(best) if best.cost.node is not None else None
        is_exact = common is not None and is_same(common[0], 1.0)
        exact = best.stage.node(best.cost.node) if is_exact and best.cost.node is not None else None
        alike = [one for one in stated if one.form is plain.cost.form]
        # a penalty belongs to a cost, whatever it is called
        declared = [one for one in alike if one.decays or is_declared_cost(plain.stage.node(one.node))]
        others = [one for one in alike if exact is None or plain.stage.node(one.node).place != exact.place]
        scales = [(one, found) for one in others if (found := other_scale(plain, one))]
        is_declared = bool(declared) or any(same_cost(plain, one) for one in own)
        odd = odd_scale(plain, sources, is_declared) if exact is None else None
        possible = itertools.chain(
            [(None, odd if odd is not None and odd.id == MISCOUNTED else None)],
            ((one, scaled_target(plain, one)) for one in declared),
            ((one, found) for one, found in scales if one in declared and matters(plain, one, found)),
            ((one, other_penalty(plain, one)) for one in declared if not leaves_nothing_over(best, one)),
            ((one, other_labels(plain, one)) for one in declared),
        )
        of, mistake = next(((one, found) for one, found in possible if found is not None), (None, None))
        if mistake is not None:
            return Contradiction(mistake=mistake, cost=None if of is None else computed_cost(plain.stage, of.node))
        mistake, other = misstated_cost(readings, plain)
        if mistake is not None:
            return Contradiction(mistake=mistake)
        if scales:
            second = Alternative(cost=computed_cost(best.stage, scales[0][0].node), mistakes=(scales[0][1],))
        elif odd is not None and odd.expected is not None:
            second = Alternative(cost=replace(assumed(plain), factor=odd.expected.factor), mistakes=(odd,))
        elif stated and not alike:
            second = of_other_kind(plain, stated[0])
        if second is None and other is not None:
            known = [factors for one in alike if (factors := factor_beside(plain, one)) is not None]
            is_alike = any(is_of_rate(plain, factor / expected) for factor, expected, _ in known)
            second = None if is_alike else other
    if best.cost.form is Form.SQUARED:
        mistake = next((found for one in own if (found := at_logits(best, one)) is not None), None)
        return Contradiction(mistake=mistake, second=second)
    return Contradiction(second=second)


def one_sided(best: Reading, stated: Sequence[Stated]) -> Found | None:
    """A cost of ``y log a`` alone whose outputs are not shares of one: nothing makes an output smaller if y is 0."""
    stage = best.stage
    own = [one for one in stated if one.node == best.cost.node and one.form is Form.CATEGORICAL and one.index is None]
    targets = [one.target for one in best.errors if one.target is not None]
    if not own or not targets or not stage.extend([own[0].output]) or has_twin(best, own[0]):
        return None
    known = stage.program.run(targets, {}, stage.program.base)
    if any(set(np.unique(known[one]).tolist()) != {0, 1} for one in targets):
        return None
    outputs = [np.asarray(values[own[0].output], dtype=float) for values in stage.settings]
    axes = (None, *range(outputs[0].ndim))
    if any(all(np.allclose(one.sum(axis=axis), 1.0) for one in outputs) for axis in axes):
        return None
    return found_at(best, own[0].node, "binary-crossentropy-one-sided", ())


def has_twin(reading: Reading, stated: Stated) -> bool:
    """Whether a cost computes its outputs once for each of its parts: ``y log a(z)`` and ``(1 - y) log(1 - a(z))``"""
    stage = reading.stage
    output = stage.node(stated.output)
    others = [
        id
        for id in stage.program.ancestors([stated.node]) - {stated.output}
        if (stage.node(id).operation, stage.node(id).place) == (output.operation, output.place) and stage.extend([id])
    ]
    return any(
        all(np.array_equal(values[id], values[stated.output], equal_nan=True) for values in stage.settings)
        for id in others
    )


def of_other_kind(reading: Reading, stated: Stated) -> Alternative | None:
    """The second reading of a file whose gradients are not those of the cost that it states, but of another kind's."""
    stage, errors = reading.stage, reading.cost.errors
    if errors and errors[0].output == stated.output:
        mistake = of_error(reading, errors[0], "wrong-derivative")
    elif {reading.cost.form, stated.form} == CROSS_ENTROPIES:  # squares are often printed beside either
        mistake = found_at(reading, stated.node, "cost-differs", ())
    else:
        return None
    return Alternative(cost=computed_cost(stage, stated.node), mistakes=(mistake,))


def of_error(reading: Reading, error: Error, id: str) -> Found:
    """A mistake of the line that compares outputs with targets, after which every gradient is wrong."""
    expected = quantity(reading, error.output, None)
    return found_at(reading, error.node, id, reading.stage.steps, got=UNKNOWN, expected=expected)


def leaves_nothing_over(reading: Reading, stated: Stated) -> bool:
    """Whether all steps are the gradient of the stated cost itself, with nothing of the parameters left over."""
    is_this = reading.cost.node == stated.node
    return is_this and all(one is not None and not one.decay for one in reading.matches.values())


def matters(reading: Reading, stated: Stated, scale: Found) -> bool:
    """Whether a scale is more than another learning rate: a wrong count, or one that the penalty does not have."""
    return scale.id == MISCOUNTED or other_penalty(reading, stated) is not None


def other_labels(reading: Reading, stated: Stated) -> Found | None:
    """Labels of the gradient that are those of the stated cost but for a number: they pick another column.

    On one side, they may have become targets of zeros and ones.
    """
    stage, errors = reading.stage, reading.cost.errors
    if len(errors) != 1 or errors[0].output != stated.output:
        return None
    ones = ones_of(stage, [one.target for one in (errors[0], stated) if one.index is None])
    used, meant = (
        labels_of_index(stage, one.index, -1 if ones is None else ones.axis) if one.index is not None else ones
        for one in (errors[0], stated)
    )
    if used is None or meant is None:
        return None
    first, second = (np.ravel(one.labels if isinstance(one, Ones) else one) for one in (used, meant))
    if first.shape != second.shape:
        return None
    # label -1 is the last of the columns
    apart = first - second if ones is None else (first - second) % ones.classes
    return of_error(reading, errors[0], "labels-off-by-one") if len(set(apart)) == 1 and np.any(apart) else None


@dataclass(frozen=True, kw_only=True)
class Ones:
    """Where targets of zeros and ones have their 1."""

    labels: Any  # an array of the number of its column for each observation
    axis: int  # of the columns
    classes: int  # how many there are


def ones_of(stage: Stage, targets: Sequence[int | None]) -> Ones | None:
    """Where one node of targets has a 1 for each observation; None for several, or if it has other numbers."""
    target = targets[0] if len(targets) == 1 else None
    if target is None:
        return None
    values = np.asarray(stage.program.run([target], {}, stage.program.base)[target])
    if not values.ndim or not np.all((values == 0) | (values == 1)):
        return None
    axis = next((axis for axis in range(values.ndim)[::-1] if np.all(values.sum(axis=axis) == 1)), None)
    return None if axis is None else Ones(labels=values.argmax(axis=axis), axis=axis, classes=values.shape[axis])


def scaled_target(reading: Reading, stated: Stated) -> Found | None:
    """Targets of the gradient that are a multiple of those of the stated cost: ``a - y / n`` is not ``(a - y) / n``."""
    stage, errors = reading.stage, reading.cost.errors
    if len(errors) != 1 or stated.target is None or errors[0].target is None or errors[0].output != stated.output:
        return None
    if not stage.extend([stated.target, errors[0].target]):
        return None
    used, meant = (
        np.concatenate([np.ravel(np.asarray(values[one], dtype=float)) for values in stage.settings])
        for one in (errors[0].target, stated.target)
    )
    times = ratio(used, meant) if used.shape == meant.shape else None
    return None if times is None or is_same(times, 1.0) else of_error(reading, errors[0], "target-scaled")


def labels_of_index(stage: Stage, index: Any, axis: int) -> Any:
    """The labels that an index has for an axis, as they were in the user's run; None if it has something else."""
    parts = index if isinstance(index, tuple) else (index,)
    label = parts[axis] if axis < len(parts) else None
    if isinstance(label, Ref):
        label = stage.program.run([label.id], {}, stage.program.base)[label.id]
    found = np.asarray(label) if isinstance(label, (int, np.integer, list, np.ndarray)) else np.zeros(0)
    return found if found.dtype.kind in "iu" and found.size else None


def expected_factor(reading: Reading, stated: Stated) -> float | None:
    """What the gradients of a stated cost are multiplied by, for the observations of the iteration; None if unknown."""
    counts = counts_of(reading)
    if stated.factor is None or counts is None:
        return None
    if any(is_same(stated.factor, half) for half in HALVES):
        return stated.factor  # a sum over observations, however many they are
    return stated.factor * stated.observations / counts.observations


def factor_beside(reading: Reading, stated: Stated) -> tuple[float, float, int] | None:
    """(factor of all gradients, the one that the stated cost gives them, the node that has it); None if not known."""
    expected, common = expected_factor(reading, stated), common_factor(reading)
    return None if expected is None or common is None else (common[0], expected, common[1])


def other_scale(reading: Reading, stated: Stated) -> Found | None:
    """Gradients that are a multiple of those of the stated cost."""
    known = factor_beside(reading, stated)
    if known is None:
        return None
    factor, expected, node_id = known
    times = factor / expected
    if is_same(times, 1.0) or is_of_rate(reading, times):
        return None
    id = name_of_scale(reading, times)
    return found_scale(reading, node_id, id=id, factor=factor, expected=expected, ratio=times)


def other_penalty(reading: Reading, stated: Stated) -> Found | None:
    """Weight decay that is not that of the stated cost's penalty."""
    expected = expected_factor(reading, stated)
    if expected is None or stated.factor is None or not stated.decays:
        return None
    found: list[Found] = []
    for step in reading.stage.steps:
        match = reading.matches.get(step.before)
        known = stated.decays.get(step.parameter)
        if known is None or match is None or match.nothing or match.via is not None:
            continue
        wanted = known.share / stated.factor
        # of a cost that is computed of more observations than a step, a penalty may be divided by their number, or not
        undivided = known.share / expected
        got = match.decay / match.factor + 0.0  # no -0
        spared = decayed_elements(reading, step, match.factor)
        is_meant = is_near_share(got, wanted) or is_near_share(got, undivided)
        if is_meant and (spared is None or np.array_equal(spared, known.elements)):
            continue
        chain = chain_of(reading, step, match.factor)
        unit = abs(chain.gradient)
        if chain.links and is_near_share(got * unit, known.share) and not is_same(unit, expected):
            # the penalty's part is right as it stands, so the data's part is not
            id = name_of_scale(reading, unit / expected)
            return found_scale(reading, chain.node, id=id, factor=unit, expected=expected, ratio=unit / expected)
        shares = [(got, spared), (wanted, known.elements)]
        quantities = [
            Quantity(kind=Kind.DECAY, name=written_part(step.name, elements), factor=share * expected)
            for share, elements in shares
        ]
        id = "weight-decay-sign" if got * wanted < 0 else "weight-decay-differs"
        place = decay_place(reading, step) if match.decay else reading.stage.node(step.after).place
        found.append(found_in_step(reading, step, id, place=place, got=quantities[0], expected=quantities[1]))
    return next(iter(merge_by_id(found)), None)


def is_near_share(share: float, other: float) -> bool:
    """Whether two shares of a penalty are the same, but for what random settings leave open."""
    return abs(share - other) <= 1e-4 * abs(other)


def written_part(name: str, elements: Any) -> str:
    """A parameter, or the block of it that has these elements: ``theta[1:]``."""
    if elements is None or not elements.ndim or elements.all():
        return name
    places = np.argwhere(elements)
    bounds = list(zip(places.min(axis=0), places.max(axis=0) + 1, elements.shape))
    if len(places) != np.prod([stop - start for start, stop, _ in bounds]):
        return name
    ranges = [f"{start or ''}:{stop if stop < size else ''}" for start, stop, size in bounds]
    while ranges[-1] == ":":
        ranges.pop()
    return f"{name}[{', '.join(ranges)}]"


def decayed_elements(reading: Reading, step: Step, factor: float) -> Any:
    """Which elements of a parameter decay; None if none do."""
    stage = reading.stage
    values, gradient = stage.settings[0], reading.gradients[0][step.before]
    rest = np.abs(step.of(values) - factor * gradient)
    largest = float(np.max(rest, initial=0.0))
    whole = float(np.max(np.abs(step.of(values)), initial=0.0))
    return rest > 1e-6 * largest if largest > 1e-8 * whole else None


def at_logits(best: Reading, own: Reading) -> Found | None:
    """Whether ``z - y`` stands where the file's own cost wants ``sigmoid(z) - y`` or ``softmax(z) - y``."""
    stage = best.stage
    if not stage.errors or stage.errors[0].target is None:
        return None
    error = stage.errors[0]
    if any(error.output not in one for one in own.gradients):
        return None
    wanted = samples([one[error.output] for one in own.gradients])
    for axis in (None, 0, 1):
        rows = []
        for values in stage.settings:
            z = np.asarray(values[error.output], dtype=float)
            a = softmax(z, axis) if axis is not None and z.ndim == 2 else 1 / (1 + np.exp(-z))
            rows.append(a - error.target_values(values))
        if ratio(samples(rows).flat, wanted.flat, 1e-6) is not None:
            found = of_error(best, error, "cost-gradient-at-pre-activation")
            return replace(found, got=found.expected, expected=quantity(own, error.output, None))
    return None
