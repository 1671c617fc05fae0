"""Steps that are gradients, but not all in one proportion: a wrong sign, a mean for a sum, a rate too many."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..recording.graph import Place, Ref
from .cost import CROSS_ENTROPIES
from .labels import found_at, found_in_step, quantity
from .matching import gradient_nodes
from .reading import Reading
from .result import Found, merge_by_line, merge_by_place
from .stage import Step
from .structure import Role
from .updates import numbers_in
from .written_rates import is_scaled_in_place, rate_names, written_rate

SAME = 1e-6  # relative
RATE_MISSING = "learning-rate-missing"
MOST_LEFT_OUT = 4  # layers in which one factor of the forward pass is left out


@dataclass(frozen=True, kw_only=True)
class Chain:
    """How the factor of one parameter's gradient develops."""

    step: Step  # the parameter's
    links: tuple[tuple[int, float], ...]  # the nodes that are its gradient, in order, with their factors
    factor: float  # of the step itself
    node: int  # the last of the links before the step is made of it: the gradient as the file has it
    gradient: float  # its factor


def is_same(first: float, second: float) -> bool:
    """Whether two factors are equal"""
    return abs(first - second) <= SAME * max(abs(first), abs(second))


def chain_of(reading: Reading, step: Step, factor: float) -> Chain:
    """The nodes that are this parameter's gradient, in the order of execution."""
    stage = reading.stage
    links = sorted(gradient_nodes(reading, step))
    named = [one for one in links if stage.node(one[0]).names and not is_update_place(reading, step, one[0])]
    if named:
        first = set(stage.node(named[0][0]).names)
        named = [one for one in named if first & set(stage.node(one[0]).names)]
    outside = [one for one in links if not is_update_place(reading, step, one[0])]
    node, of_gradient = (named or outside or links[:1] or [(step.after, factor)])[-1]
    return Chain(step=step, links=tuple(links), factor=factor, node=node, gradient=of_gradient)


def is_update_place(reading: Reading, step: Step, id: int) -> bool:
    """Whether a node is made on the line of the update"""
    one, other = reading.stage.node(id).place, reading.stage.node(step.after).place
    return one is not None and other is not None and one.site == other.site


def factor_mistakes(reading: Reading) -> list[Found]:
    """The mistakes that show as different factors of the parameters' steps, or as ascent."""
    stage = reading.stage
    factors = reading.factors
    if not factors:
        return []
    chains = [chain_of(reading, step, factors[step.before]) for step in stage.steps if step.before in factors]
    magnitudes = [abs(one.factor) for one in chains]
    signs = {np.sign(one.factor) for one in chains}
    if signs == {1.0}:
        return [ascent(reading, chains), *unequal(reading, chains)]
    if all(is_same(one, magnitudes[0]) for one in magnitudes) and signs == {-1.0}:
        return []
    found: list[Found] = []
    wrong_sign = [one for one in chains if one.factor > 0]
    if wrong_sign:
        right_sign = [one for one in chains if one.factor < 0]
        found = merge_by_line([sign_mistake(reading, one, right_sign) for one in wrong_sign])
    return found + unequal(reading, chains)


def ascent(reading: Reading, chains: Sequence[Chain]) -> Found:
    """Every step climbs the cost."""
    stage = reading.stage
    first = chains[0]
    if first.gradient > 0:
        node = stage.node(first.step.after)
        others = tuple(
            dict.fromkeys(
                place for one in chains[1:] if (place := stage.node(one.step.after).place) and place != node.place
            )
        )
        turned = turned_difference(reading)
        return found_in_step(
            reading,
            first.step,
            "momentum-sign" if turns_in_velocity(reading, first) else "gradient-ascent",
            others=others if turned is None else (*others, turned),
            got=quantity(reading, first.step.before, first.factor),
            expected=quantity(reading, first.step.before, -first.factor),
            parameters=tuple(one.step.name for one in chains),
            ratio=-1.0,
        )
    source = first_of_sign(reading)
    node = stage.node(source if source is not None else first.node)
    turned = turned_difference(reading)
    return found_at(
        reading,
        node.id,
        "wrong-sign",
        [one.step for one in chains],
        place=turned or node.place,
        others=(node.place,) if turned not in (None, node.place) and node.place is not None else (),
        got=quantity(reading, first.step.before, first.gradient),
        expected=quantity(reading, first.step.before, -first.gradient),
        ratio=-1.0,
    )


def turns_in_velocity(reading: Reading, chain: Chain) -> bool:
    """Whether a gradient is subtracted from what earlier iterations left, before it is subtracted once more."""
    stage = reading.stage
    between = stage.program.ancestors([chain.step.after], stop=stage.parameters) & stage.dependent
    between -= {error.node for error in reading.errors}  # outputs less their targets
    for id in sorted(between & stage.program.descendants([chain.node])):
        node = stage.node(id)
        if node.operation != "subtract" or is_update_place(reading, chain.step, id):
            continue
        if any(one not in stage.dependent and stage.node(one).shape == node.shape for one in stage.program.parents[id]):
            return True
    return False


def turned_difference(reading: Reading) -> Place | None:
    """Where outputs are subtracted from targets, if that is how they are compared everywhere"""
    stage = reading.stage
    places = []
    for error in reading.errors:
        node = stage.node(error.node)
        if node.operation == "subtract" and error.target is not None and node.arguments[0] == Ref(error.target):
            places.append(node.place)
    return places[0] if len(places) == len(reading.errors) and len(set(places)) == 1 else None


def first_of_sign(reading: Reading) -> int | None:
    """The first backward operation that is a gradient with the wrong sign"""
    for bundle in reading.backward_bundles():
        if reading.errors_below and bundle[0] not in reading.errors_below:
            continue  # values of the forward pass may look like gradients, as e ** z does
        if any(one.factor < 0 for _, one in reading.aligned_with(bundle)):
            return bundle[0]
    return None


def sign_mistake(reading: Reading, chain: Chain, right: Sequence[Chain]) -> Found:
    """One parameter climbs while others descend: the sign turns on the way to it."""
    usual = np.sign(right[0].gradient) if right else 1.0
    place_node = chain.step.after
    match = reading.matches[chain.step.before]
    if match is not None and match.decay and not chain.links:
        place_node = named_before(reading, chain.step)
    elif np.sign(chain.gradient) != usual and not is_right_delta(reading, chain, usual):
        place_node = turning_node(reading, chain, usual)
    at_update = place_node == chain.step.after
    factor = chain.factor if at_update else chain.gradient
    got, expected = (quantity(reading, chain.step.before, one) for one in (factor, -factor))
    if at_update:
        return found_in_step(reading, chain.step, "gradient-ascent", got=got, expected=expected, ratio=-1.0)
    return found_at(reading, place_node, "wrong-sign", [chain.step], got=got, expected=expected, ratio=-1.0)


def is_right_delta(reading: Reading, chain: Chain, usual: float) -> bool:
    """Whether a gradient is the delta of its layer, of the usual sign: a threshold that is subtracted has the other."""
    found = reading.aligned_with(reading.bundle(chain.node))
    return any(id not in reading.stage.parameters and np.sign(one.factor) == usual for id, one in found)


def named_before(reading: Reading, step: Step) -> int:
    """The last value before an update that has the parameter's shape and a name of its own"""
    stage = reading.stage
    for id in sorted(stage.program.ancestors([step.after], stop=stage.parameters) - {step.after}, reverse=True):
        node = stage.node(id)
        own = id not in reading.forward.nodes and node.names and not is_update_place(reading, step, id)
        if own and node.shape == step.shape and id in stage.dependent:
            return id
    return step.after


def turning_node(reading: Reading, chain: Chain, usual: float) -> int:
    """The first operation on the way to a parameter's gradient that has the unusual sign"""
    stage = reading.stage
    leading = stage.program.ancestors([chain.node], stop=stage.parameters)
    for bundle in reading.backward_bundles():
        if bundle[0] not in leading:
            continue
        found = reading.aligned_with(bundle)
        if found and np.sign(found[0][1].factor) != usual:
            return bundle[0]
    return chain.node


def scaled_values(reading: Reading) -> dict[int, float]:
    """Where factors come in that some gradients have and others have not, and how large these are."""
    factors = reading.factors
    chains = [chain_of(reading, step, factors[step.before]) for step in reading.stage.steps if step.before in factors]
    groups = by_factor(chains)
    if len(groups) < 2:
        return {}
    reference = reference_group(reading, groups)
    return {
        departing_node(reading, one, reference[0]): abs(one.gradient / reference[0].gradient)
        for group in groups
        for one in group
        if group is not reference
    }


def by_factor(chains: Sequence[Chain]) -> list[list[Chain]]:
    """The chains, those of one factor together"""
    groups: list[list[Chain]] = []
    for one in chains:
        for group in groups:
            if is_same(abs(group[0].factor), abs(one.factor)):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def beside_rates(reading: Reading, chains: Sequence[Chain]) -> Sequence[Chain]:
    """The chains with their gradients as they are without the rates of the lines of updates that they are part of.

    They stay as they are unless that brings all of them into one proportion.
    """
    found = []
    for one in chains:
        is_on_line = one.node == one.step.after or is_update_place(reading, one.step, one.node)
        rate = written_rate(reading, one.step) if is_on_line else 1.0
        if rate is None:
            return chains
        found.append(replace(one, gradient=one.factor / rate) if is_on_line else one)
    return found if are_common(found) else chains


def before_scaling(reading: Reading, chains: Sequence[Chain]) -> Sequence[Chain]:
    """The chains with their gradients as they are before a statement of its own multiplies them: ``db *= 2``.

    That is a rate on purpose, as ``2 * rate`` is, if it brings all of them into one proportion.
    """
    found = []
    for one in chains:
        place, names = reading.stage.node(one.node).place, reading.stage.names_of_arrays
        is_scaled = place is not None and is_scaled_in_place(place.text, names)
        before = [link for link in one.links if link[0] < one.node and not is_same(link[1], one.gradient)]
        found.append(replace(one, node=before[-1][0], gradient=before[-1][1]) if is_scaled and before else one)
    return found if are_common(found) else chains


def are_common(chains: Sequence[Chain]) -> bool:
    """Whether all gradients have one factor, whatever their signs"""
    return all(is_same(abs(one.gradient), abs(chains[0].gradient)) for one in chains)


def unequal(reading: Reading, chains: Sequence[Chain]) -> list[Found]:
    """Steps of different proportions: the fewer ones are wrong, unless their own rates say so."""
    if len(by_factor(chains)) == 1:
        return []
    chains = before_scaling(reading, beside_rates(reading, chains))
    groups = by_factor(chains)
    # gradients in one proportion whose rates differ are a choice: a rate for biases, a rate for each layer
    if are_common(chains):
        return rate_mistakes(reading, groups)
    bare = without_rate(reading, groups)
    if bare:
        rated = [one for group in groups if group not in bare for one in group]
        usual = max(groups, key=len)
        factors = [abs(group[0].factor / usual[0].factor) for group in bare]
        found = [found_rate(reading, RATE_MISSING, one, usual, factor) for one, factor in zip(bare, factors)]
        return [*found, *unequal(reading, rated)]
    return other_factors(reading, groups)


def hidden_factors(reading: Reading) -> list[Found]:
    """Gradients in different proportions under a rule such as Adam's, which makes steps of one size of them."""
    made = [(step, one) for step in reading.stage.steps if (one := reading.matches[step.before]) and not one.nothing]
    chains = [chain_of(reading, step, -1.0) for step, one in made if one.via is not None]
    chains = [replace(one, factor=one.gradient) for one in chains if one.links]
    known = [factors_before_update(reading, one) for one in chains]
    # all have a proportion in common somewhere on the way, as before a mean is taken
    is_common = not known or any(all(any(is_same(one, other) for other in each) for each in known) for one in known[0])
    if is_common or len(chains) < len(made):
        return []
    return other_factors(reading, by_factor(chains))


def factors_before_update(reading: Reading, chain: Chain) -> list[float]:
    """The factors that a gradient has on its way, without those of the update's own line, such as a rate."""
    outside = [factor for id, factor in chain.links if not is_update_place(reading, chain.step, id)]
    return [abs(one) for one in outside or [factor for _, factor in chain.links]]


def other_factors(reading: Reading, groups: Sequence[list[Chain]]) -> list[Found]:
    """The groups whose factor is not that of the group that is taken for right."""
    reference = reference_group(reading, groups)
    return merge_by_place([scaled_mistake(reading, group, reference) for group in groups if group is not reference])


def reference_group(reading: Reading, groups: Sequence[list[Chain]]) -> list[Chain]:
    """The group that is taken for right: the gradient of the file's own cost, else the most parameters."""
    if reading.cost.node is not None:
        exact = [group for group in groups if is_same(abs(group[0].gradient), 1.0)]
        if len(exact) == 1:
            return exact[0]
    kernels = [sum(reading.forward.roles.get(one.step.before) is Role.KERNEL for one in group) for group in groups]
    # of as many, those nearest to the output: what goes wrong on the way back is wrong from there on
    layers = [layers_of(reading, group) for group in groups]
    plain = [is_plain(reading, group) for group in groups]
    order = sorted(
        range(len(groups)), key=lambda one: (-len(groups[one]), not plain[one], -kernels[one], -layers[one], one)
    )
    return groups[order[0]]


def is_plain(reading: Reading, group: Sequence[Chain]) -> bool:
    """Whether gradients are sums or means of those of a cross-entropy, whose factors have no 2 to be argued about."""
    sizes = {1, *sizes_of_run(reading)}
    gradient = abs(group[0].gradient)
    return reading.cost.form in CROSS_ENTROPIES and any(is_same(gradient, 1 / size) for size in sizes if size)


def layers_of(reading: Reading, group: Sequence[Chain]) -> int:
    """The number of the last layer that parameters of a group belong to"""
    found = [reading.forward.layer_of_parameter(one.step.before) for one in group]
    return max((one.number for one in found if one is not None), default=0)


def sizes_of_run(reading: Reading) -> set[int]:
    """The numbers of observations, features and outputs"""
    stage, layers = reading.stage, reading.forward.layers
    ends = [layers[-1].z, *stage.program.parents[layers[0].z]] if layers else []
    return {reading.forward.lane_count, *(size for id in ends for size in stage.node(id).shape)}


def scaled_mistake(reading: Reading, group: Sequence[Chain], reference: Sequence[Chain]) -> Found:
    """The name of a factor that some parameters have and others have not."""
    stage = reading.stage
    ratio = abs(group[0].factor / reference[0].factor)
    roles = {reading.forward.roles.get(one.step.before) for one in group}
    others = {reading.forward.roles.get(one.step.before) for one in reference}
    sizes = [size for size in sizes_of_run(reading) if size > 2]  # a 2 is rather that of the derivative of a square
    is_count = any(is_same(ratio, size) or is_same(ratio, 1 / size) for size in sizes)
    id = "gradient-scaled-differently"
    if is_count:
        if ratio < 1 and roles == {Role.BIAS}:
            id = "bias-gradient-averaged"
        elif ratio < 1 and roles == {Role.KERNEL} and others == {Role.BIAS}:
            id = "kernel-gradient-averaged"
        else:
            id = "mean-instead-of-sum" if ratio < 1 else "sum-instead-of-mean"
    elif is_rate(ratio, reference):
        id = "learning-rate-twice"
    elif is_same(ratio, 2.0):
        id = "extra-factor-two"
    elif is_same(ratio, 0.5):
        id = "missing-factor-two"
    elif is_power(ratio, forward_factors(reading)):
        id = "forward-factor-missing"
    chain = group[0]
    node, *further = [stage.node(departing_node(reading, one, reference[0])) for one in group]
    places = tuple(dict.fromkeys(one.place for one in further if one.place and one.place != node.place))
    return found_at(
        reading,
        node.id,
        id,
        [one.step for one in group],
        others=places,
        got=quantity(reading, chain.step.before, chain.factor),
        expected=quantity(reading, chain.step.before, float(np.sign(chain.factor)) * abs(reference[0].factor)),
        ratio=ratio,
    )


def forward_factors(reading: Reading) -> set[float]:
    """The constants that values are multiplied by on the way to the outputs: masks of 0 and a number have that number.

    The zeros of a mask are in the gradient all the same, if the derivative of a relu is taken after it.
    """
    stage, found = reading.stage, set[float]()
    for id in stage.program.ancestors(reading.forward.outputs, stop=stage.parameters) & stage.dependent:
        node = stage.node(id)
        if node.operation not in ("multiply", "divide") or id in stage.parameters:
            continue
        constants = [one for one in stage.program.parents[id] if one not in stage.dependent]
        known = stage.program.run(constants, {}, stage.program.base)
        numbers = [np.unique(np.asarray(known[one], dtype=float)) for one in constants]
        numbers += [np.array([one]) for one in numbers_in(node)]
        for values in numbers:
            kept = values[values != 0]
            if len(kept) == 1:
                found.add(float(kept[0] if node.operation == "multiply" else 1 / kept[0]))
    return found


def is_power(ratio: float, factors: Iterable[float]) -> bool:
    """Whether a ratio is that of leaving out one of some factors, once or in each of several layers."""
    return any(is_same(ratio * one**count, 1.0) for one in factors for count in range(1, MOST_LEFT_OUT + 1))


def is_rate(ratio: float, reference: Sequence[Chain]) -> bool:
    """Whether a factor is the learning rate, below 1, that the updates of others are made with."""
    first = reference[0]
    rate = abs(first.factor / first.gradient) if first.gradient else abs(first.factor)
    return any(one < 1 and is_same(ratio, one) for one in (rate, abs(first.factor)))


def departing_node(reading: Reading, chain: Chain, reference: Chain) -> int:
    """Where a factor comes in (or should): on the way of the deltas, or in the gradient, or in the update."""
    if is_same(abs(chain.gradient), abs(reference.gradient)):
        return chain.step.after
    delta = departing_delta(reading, chain, reference)
    if delta is not None:
        return delta
    ratio = abs(chain.gradient / reference.gradient)
    program, parameters = reading.stage.program, reading.stage.parameters
    # what the reference is made with as well is right: numbers of a row may make an error look like a gradient
    shared = program.ancestors([reference.step.after], stop=parameters)
    for id, factor in chain.links:
        apart = any(is_same(abs(factor), ratio * abs(other)) for _, other in reference.links)
        if apart and id not in shared and not is_update_place(reading, chain.step, id):
            return id
    if chain.node not in shared:
        return chain.node
    own = program.ancestors([chain.step.after], stop=parameters) & reading.stage.dependent - shared
    # nothing is its own if the reference is made with the updated parameter
    return min(own - reading.forward.nodes - set(parameters), default=chain.node)


def departing_delta(reading: Reading, chain: Chain, reference: Chain) -> int | None:
    """The first delta on the way to a gradient whose factor is not that of the deltas before it"""
    stage = reading.stage
    program = stage.program
    leading = program.ancestors([chain.node], stop=stage.parameters)
    shared = program.ancestors([reference.node], stop=stage.parameters)
    usual: float | None = None
    last, odd = None, 0.0
    between: list[tuple[int, float]] = []  # values since the last delta that are gradients of what lies between
    for bundle in reading.backward_bundles():
        id = bundle[0]
        if id not in leading:
            continue
        found = [one for one in reading.aligned_with(bundle) if one[0] not in stage.parameters]
        if not found:
            continue
        factor = abs(found[0][1].factor)
        if reading.rank(found[0][0]) > 0:
            between.append((id, factor))
        elif usual is None or id in shared:
            usual, between = factor, []
        elif not is_same(factor, usual):
            last, odd = id, factor
            break
    if last is None:
        return None
    return next((id for id, factor in between if is_same(factor, odd)), last)


def without_rate(reading: Reading, groups: Sequence[list[Chain]]) -> list[list[Chain]]:
    """Steps that are gradients themselves, if most others are made on one line with a rate, which these lack."""
    usual = max(groups, key=len)
    rates = rates_of(reading, [one.step for one in usual])
    return [
        group
        for group in groups
        if any(rate < 1 and is_same(abs(usual[0].factor), rate * abs(group[0].factor)) for rate in rates)
        and all(is_same(abs(one.factor), abs(one.gradient)) for one in group)
        and not rates_of(reading, [one.step for one in group])
    ]


def rates_of(reading: Reading, steps: Sequence[Step] | None = None) -> set[float]:
    """The numbers that gradients are multiplied by on the line of their update, if they have no line of their own.

    Args:
        reading: the reading.
        steps: whose rates; those of all parameters if it is None.
    """
    stage = reading.stage
    found: set[float] = set()
    for step in stage.steps if steps is None else steps:
        match = reading.matches.get(step.before)
        if match is None or match.nothing:
            continue
        if not is_update_place(reading, step, chain_of(reading, step, match.factor).node):
            continue
        for id in stage.program.ancestors([step.after], stop=stage.parameters) - reading.forward.nodes:
            if is_update_place(reading, step, id) or stage.node(id).is_leaf:
                found |= numbers_in(stage.node(id))
    return found - {0.0, 1.0}


def shared_factors(reading: Reading) -> set[float]:
    """The numbers that multiply all gradients on lines without a quotient, as a rate in ``gW = rate * X.T @ d``."""
    stage = reading.stage
    found: list[set[float]] = []
    for step in stage.steps:
        inner = stage.program.ancestors([step.after], stop=stage.parameters) - reading.forward.nodes
        nodes = [stage.node(id) for id in inner]
        factors = [one for one in nodes if one.operation == "multiply" and one.place and "/" not in one.place.text]
        found.append({number for one in factors for number in numbers_in(one)})
    return set.intersection(*found) - {0.0, 1.0}


def rate_mistakes(reading: Reading, groups: Sequence[list[Chain]]) -> list[Found]:
    """A learning rate that is missing or multiplied in twice for some parameters, or a number beside the rates."""
    numbered = {place: known for place, group in enumerate(groups) if (known := number_of_group(reading, group))}
    if numbered and len(numbered) < len(groups):
        usual = max((group for place, group in enumerate(groups) if place not in numbered), key=len)
        return [number_mistake(reading, groups[place], usual, *known) for place, known in numbered.items()]
    # of as many, those that have a rate
    reference = max(groups, key=lambda group: (len(group), not is_same(abs(group[0].factor), abs(group[0].gradient))))
    rate = abs(reference[0].factor / reference[0].gradient) if reference[0].gradient else 1.0
    found = []
    for group in groups:
        if group is reference:
            continue
        own = abs(group[0].factor / group[0].gradient)
        id = ""
        sizes = [size for size in sizes_of_run(reading) if size > 2]
        if any(is_same(own / rate, size) for size in sizes):
            id = "sum-instead-of-mean"
        elif any(is_same(rate / own, size) for size in sizes):
            id = "mean-instead-of-sum"
        elif is_same(own, 1.0) and rate < 1.0 and not is_same(rate, 1.0):
            id = RATE_MISSING
        elif is_same(own, rate * rate) and not is_same(rate, 1.0):
            id = "learning-rate-twice"
        elif all(names_rate_twice(reading, one) for one in group) and any(
            is_same(own / rate, one) for one in rates_of(reading, [one.step for one in group])
        ):
            id = "learning-rate-twice"  # the gradient itself is not on a line of its own, so it has one of them
        elif (
            is_same(rate, own * own)
            and len(group) == len(reference)
            and all(names_rate_twice(reading, one) for one in reference)
        ):
            found.append(found_rate(reading, "learning-rate-twice", reference, group, rate / own))
        if id:
            found.append(found_rate(reading, id, group, reference, own / rate))
    return found


def names_rate_twice(reading: Reading, chain: Chain) -> bool:
    """Whether the line of an update multiplies by one rate two times, or by its square"""
    place = reading.stage.node(chain.step.after).place
    text = "" if place is None else place.text
    rates = rate_names(text)
    is_squared = any(re.search(rf"{re.escape(one)}\s*\*\*\s*2\b", text) for one in rates)
    return is_squared or len(set(rates)) < len(rates)


def number_beside_rate(reading: Reading, chain: Chain) -> tuple[int, float] | None:
    """Where a gradient is multiplied by a number above 1 before the line of its update, with this number.

    A line that names a rate may have one for each layer, and so may a statement of its own, ``dW *= 2``. Otherwise,
    ``2 * dW`` is a gradient that is twice as large.
    """
    arrays = reading.stage.names_of_arrays
    for id, factor in chain.links:
        place, number = reading.stage.node(id).place, abs(factor / chain.gradient)
        if id <= chain.node or place is None or is_update_place(reading, chain.step, id):
            continue
        is_rate = rate_names(place.text) or is_scaled_in_place(place.text, arrays)
        if number > 1 and not is_same(number, 1.0) and not is_rate:
            return id, number
    return None


def number_of_group(reading: Reading, group: Sequence[Chain]) -> tuple[int, float] | None:
    """The place and the number of the first of several gradients; None if one of them is not multiplied by any."""
    found = [number_beside_rate(reading, one) for one in group]
    return None if None in found else found[0]


def number_mistake(reading: Reading, group: Sequence[Chain], usual: Sequence[Chain], id: int, number: float) -> Found:
    """The gradients of some parameters that are multiplied by a number at a node, which those of the others are not."""
    got, expected = (quantity(reading, group[0].step.before, one.factor) for one in (group[0], usual[0]))
    name = "extra-factor-two" if is_same(number, 2.0) else "gradient-scaled-differently"
    return found_at(reading, id, name, [one.step for one in group], got=got, expected=expected, ratio=number)


def found_rate(reading: Reading, id: str, group: Sequence[Chain], usual: Sequence[Chain], ratio: float) -> Found:
    """A mistake in the rate of some steps, whose factors are a multiple of the usual ones."""
    chain = group[0]
    got, expected = (quantity(reading, chain.step.before, one.factor) for one in (chain, usual[0]))
    names = tuple(one.step.name for one in group)
    return found_in_step(reading, chain.step, id, got=got, expected=expected, parameters=names, ratio=ratio)
