"""A stage read under one cost: how the step of each parameter is made of its true gradient."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from ..recording.graph import Kind, Ref
from .alignment import NEGLIGIBLE, TOLERANCE, Samples, is_beside_plane, largest_of, ratio, samples, squeezed
from .cost import Cost, Form, ShapesDiffer
from .reading import Array, Bundle, Match, Reading, targets_of
from .replay import CannotReplay, Values
from .settings import SETTINGS
from .stage import JOINING, Stage, Step
from .structure import Forward, lanes_of_rest, make_forward

NOTHING = 1e-11  # relative to the largest gradient and step
ROUNDINGS = 4  # roundings of a parameter that two steps, which are differences of it, may differ by
SHARES_TOLERANCE = 1e-6  # relative to the largest item of a step that is made of shares of several gradients
MOST_SOLVED = 4_096  # elements from which the shares of a step are computed; all are compared with them
# operations that gather the gradients for a norm of all together
GATHERING = JOINING | {"add", "array", "asarray"}
ELEMENTS_PROBED = 3  # of a gradient, when an update rule is tried
SIGNED = (Form.ABSOLUTE, Form.HINGE, Form.PERCEPTRON)  # costs whose gradient may be the same everywhere
# operations that lose the fractions of a gradient
TO_WHOLE = frozenset({"floor", "ceil", "trunc", "fix", "rint", "floor_divide"})
INVERSES = ("linalg.inv", "linalg.pinv", "linalg.solve")


def make_bundles(stage: Stage, forward: Forward) -> dict[int, Bundle]:
    """Which nodes do the same for each observation: the same line and operation, the same one in order."""
    if forward.lane_count == 1:
        return {}
    lanes = lanes_of_rest(stage, forward)
    by_key: dict[tuple[Any, ...], dict[int, list[int]]] = {}
    for id in sorted(lanes):
        node = stage.node(id)
        place = None if node.place is None else (node.place.file, node.place.line, node.place.function)
        by_key.setdefault((place, node.operation, node.shape), {}).setdefault(lanes[id], []).append(id)
    found: dict[int, Bundle] = {}
    for per_lane in by_key.values():
        counts = {len(ids) for ids in per_lane.values()}
        if len(per_lane) != forward.lane_count or len(counts) != 1:
            continue
        for ordinal in range(counts.pop()):
            bundle = tuple(per_lane[lane][ordinal] for lane in range(forward.lane_count))
            for id in bundle:
                found[id] = bundle
    return found


def read(stage: Stage, cost: Cost) -> Reading | None:
    """The stage under this cost; None if the cost cannot be differentiated or does not depend on the parameters."""
    if not stage.extend([*cost.outputs, *targets_of(cost.errors)]):
        return None
    forward = make_forward(stage, cost.outputs)
    if not any(step.before in forward.nodes for step in stage.steps):
        return None
    through = forward.nodes | set(cost.outputs)
    gradients = []
    try:
        for values in stage.settings:
            found = stage.program.gradients(cost.seeds(values), values, through)
            zeros = {id: np.zeros(np.shape(values[id])) for id in forward.nodes if id not in found and id in values}
            gradients.append({**zeros, **found})
        if cost.form in SIGNED and not cost.is_of_branch and is_constant([cost.seeds(one) for one in stage.settings]):
            return None  # errors that are all above 0, or all below, have no part in such a gradient
    except (CannotReplay, ShapesDiffer, ValueError):
        return None
    if not all(
        np.all(np.isfinite(one[step.before])) for one in gradients for step in stage.steps if step.before in one
    ):
        return None
    found_errors = stage.errors
    compared = [node for error in stage.errors for node in (error.node, *error.repeats)]
    given = frozenset() if cost.upstream is None else frozenset({cost.upstream})
    errors = stage.program.descendants([*compared, *given], within=stage.needed)
    reading = Reading(
        stage,
        cost,
        forward,
        gradients,
        bundles=make_bundles(stage, forward),
        errors=found_errors,
        errors_below=errors,
        given=given,
    )
    for step in stage.steps:
        reading.matches[step.before] = match_step(reading, step)
    return reading


def is_constant(seeds: list[dict[int, Array]]) -> bool:
    """Whether the gradients that a cost begins with are one number everywhere."""
    values = np.concatenate([np.ravel(part) for one in seeds for part in one.values()])
    return bool(values.size == 0 or np.ptp(values) == 0)


def match_step(reading: Reading, step: Step) -> Match | None:
    """How the step of a parameter is made of its true gradient under this reading."""
    stage = reading.stage
    if any(step.before not in one for one in reading.gradients):
        return behind_a_branch(reading, step)
    gradient = reading.gradient_samples((step.before,))
    value, parameter = stage.step_samples(step), stage.samples(step.before)
    if gradient is None or parameter is None or value.flat.size != parameter.flat.size:
        return None
    if is_nothing(reading, value, gradient):
        return Match(factor=-1.0, nothing=True)
    found = ratio_of(value.flat, gradient.flat)
    if found is not None:
        return Match(factor=found)
    if is_no_gradient(reading, gradient) and is_rule_of_nothing(reading, step):
        return Match(factor=-1.0, nothing=True)
    # before the decays: the derivative of a penalty on sizes is a constant too while no sign changes
    has_state = carries_a_state(stage, step)
    moved = ratio_of(changes(value.flat), changes(gradient.flat)) if has_state else None
    if moved is not None:
        return Match(factor=moved, constant=True)
    if has_state and is_no_gradient(reading, gradient) and is_the_same(value, parameter):
        return Match(factor=-1.0, constant=True, nothing=True)  # a momentum goes on while the input is 0
    two = decayed_step(value, gradient, parameter)
    if two is None and has_state:  # alpha * (w - w_old) in the place of a velocity
        part = with_decay(*map(changes, (value.flat, gradient.flat, parameter.flat)))
        two = None if part is None else replace(part, constant=True)
    return two or via_another_rule(reading, step, gradient)


def behind_a_branch(reading: Reading, step: Step) -> Match | None:
    """The step of a parameter that the cost does not depend on, as of a unit that is off: 0, its decay or a momentum.

    The line that makes it makes the steps of other parameters too, on which the cost depends.
    """
    stage, place = reading.stage, reading.stage.node(step.after).place
    others = [stage.node(one.after).place for one in stage.steps if one.before in reading.forward.nodes]
    if place is None or not any(one is not None and one.site == place.site for one in others):
        return None
    value = stage.step_samples(step)
    if not np.any(value.flat):
        return Match(factor=-1.0, nothing=True)
    parameter = stage.samples(step.before)
    decay = None if parameter is None else ratio_of(value.flat, parameter.flat)
    if decay is not None and -1 < decay < 0:
        return Match(factor=-1.0, nothing=True)
    goes_on = parameter is not None and carries_a_state(stage, step) and is_the_same(value, parameter)
    return Match(factor=-1.0, constant=True, nothing=True) if goes_on else None


def is_nothing(reading: Reading, value: Samples, gradient: Samples) -> bool:
    """Whether a step and its gradient are both rounding errors next to those of the other parameters"""
    return is_no_gradient(reading, gradient) and largest_of(value.flat) <= NOTHING * reading.stage.largest_step


def is_no_gradient(reading: Reading, gradient: Samples) -> bool:
    """Whether a gradient is a rounding error next to those of the other parameters"""
    return largest_of(gradient.flat) <= NOTHING * reading.largest_gradient


def is_rule_of_nothing(reading: Reading, step: Step) -> bool:
    """Whether a step is a function, such as Adam's, of a gradient that is a rounding error, which it may enlarge."""
    stage = reading.stage
    first, *others = (np.ravel(step.of(values)) for values in stage.settings[:3])
    # a step that is made of a value alone does not move while the value is 0
    may_be_of_zeros = is_the_same_but_for_decay(stage, step, first, others)
    values = ((id, stage.samples(id)) for id in made_with(reading, step, squeezed(step.shape)))
    rounded = ((id, value) for id, value in values if value is not None and is_no_gradient(reading, value))
    possible = (id for id, value in rounded if may_be_of_zeros or np.any(value.flat))
    return any(is_descent_rule(reading, step, id, 1.0) for id in possible)


def is_the_same(value: Samples, parameter: Samples) -> bool:
    """Whether the step of a parameter does not depend on the parameters, but for rounding.

    A momentum that keeps a small share leaves steps that are not much larger than the rounding of the parameter.
    """
    allowed = NOTHING * largest_of(value.flat) + ROUNDINGS * np.finfo(float).eps * largest_of(parameter.flat)
    return not np.any(np.abs(changes(value.flat)) > allowed)


def ratio_of(value: Array, reference: Array) -> float | None:
    """The factor of an aligned step; steps are differences, so they carry the rounding of the parameters."""
    return ratio(value, reference, 1e-6)


def with_decay(value: Array, gradient: Array, *penalties: Array) -> Match | None:
    """A step of gradient and weight decay: shares of the gradients of penalties; the first one is reported"""
    given = (gradient, *penalties)
    if value.size < 3 * len(given):
        return None
    largest = largest_of(value)
    if largest == 0 or not all(map(np.any, given)):
        return None  # the share of a value that is 0 everywhere cannot be known
    if len(penalties) == 1 and is_beside_plane(value, gradient, penalties[0], SHARES_TOLERANCE * largest):
        return None
    found = shares_of(value, given)
    if found is None or not all(np.all(np.isfinite(one)) for one in given):
        return None
    columns = np.stack(given, axis=1)
    if np.max(np.abs(value - columns @ found)) > SHARES_TOLERANCE * largest:
        return None
    parts = np.abs(found) * np.max(np.abs(columns), axis=0)
    if np.any(parts <= SHARES_TOLERANCE * largest):
        return None
    return Match(factor=float(found[0]), decay=float(found[1]))


@cache
def part_solved(size: int) -> Array:
    """The places of a part of an array of so many elements, or of all of them if they are few."""
    if size <= MOST_SOLVED:
        return np.arange(size)
    return np.random.default_rng(size).integers(0, size, MOST_SOLVED)


def shares_of(value: Array, given: Sequence[Array]) -> Array | None:
    """The shares of some arrays that a value may be made of, from a part of long ones, which spares the time for the
    whole; None if the part shows that there are none, or none but dependent ones."""
    is_long, part = value.size > MOST_SOLVED, part_solved(value.size)
    columns, wanted = np.stack([one[part] for one in given], axis=1), value[part]
    if not np.all(np.isfinite(columns)) or not np.all(np.isfinite(wanted)):
        return None
    found, _, rank, _ = np.linalg.lstsq(columns, wanted, rcond=None)
    # the largest error that least squares may leave if no item of the whole is off by more
    allowed = SHARES_TOLERANCE * np.sqrt(wanted.size) * largest_of(value)
    if is_long and np.max(np.abs(wanted - columns @ found)) > allowed:
        return None
    if is_long and rank < len(given):  # as of a gradient of few rows
        found, _, rank, _ = np.linalg.lstsq(np.stack(given, axis=1), value, rcond=None)
    return found if rank == len(given) else None


def decayed_step(value: Samples, gradient: Samples, parameter: Samples) -> Match | None:
    """A step of gradient and weight decay, which may spare the first or the last items along an axis, as biases, or
    those that do not move, as the rows of an embedding that no observation looks up."""
    if not may_be_decayed(value, gradient, parameter):
        return None
    found = with_decay(value.flat, gradient.flat, parameter.flat)
    found = found or with_decay(value.flat, gradient.flat, np.sign(parameter.flat))  # of a penalty on sizes
    found = found or with_decay(value.flat, gradient.flat, parameter.flat, np.sign(parameter.flat))  # of both
    if found is not None:
        return found
    if value.shape != parameter.shape:
        return None
    weights, moves = (one.reshape(-1, *parameter.shape) for one in (parameter.flat, value.flat != 0))
    for axis in range(1, weights.ndim):
        still = ~np.any(moves, axis=tuple(other for other in range(weights.ndim) if other != axis))
        for spared in (0, -1, still):
            decayed = weights.copy()
            np.moveaxis(decayed, axis, 0)[spared] = 0
            found = with_decay(value.flat, gradient.flat, decayed.ravel())
            if found is not None:
                return found
    return None


def may_be_decayed(value: Samples, gradient: Samples, parameter: Samples) -> bool:
    """Whether a part of a step leaves it open that it is made as ``decayed_step`` says: one least-squares solution for
    all the ways that are tried there, whose error is not above that of any of them."""
    part = part_solved(value.flat.size)
    part = part[value.flat[part] != 0]  # elsewhere it depends on the whole step whether a decay is spared
    weights = parameter.flat[part]
    given = [gradient.flat[part], weights, np.sign(weights)]
    if value.shape == parameter.shape and value.shape:
        places = np.unravel_index(part % math.prod(value.shape), value.shape)
        given += [weights * (place == end) for place, n in zip(places, value.shape) for end in (0, n - 1)]
    columns, wanted = np.stack(given, axis=1), value.flat[part]
    if not np.all(np.isfinite(columns)) or not np.all(np.isfinite(wanted)):
        return False
    lengths = np.linalg.norm(columns, axis=0)
    columns = columns[:, lengths > 0] / lengths[lengths > 0]
    error = wanted - columns @ np.linalg.lstsq(columns, wanted, rcond=None)[0]
    return bool(np.linalg.norm(error) <= 1e-6 * np.sqrt(wanted.size) * largest_of(value.flat))


def carries_a_state(stage: Stage, step: Step) -> bool:
    """Whether earlier iterations left an array, such as a velocity or old weights, that is added to a step's gradient.

    Targets are constants of an iteration as well: what is wrong with them must not pass for a velocity.
    """
    first = stage.recording.parameters[step.parameter].node if step.parameter >= 0 else step.before
    if first == step.before:
        return False
    between = stage.program.ancestors([step.after], stop=stage.parameters) & stage.dependent - {step.before}
    shape = written_shape(stage, step)
    added = {
        other
        for id in between
        if stage.node(id).operation in ("add", "subtract") and stage.node(id).shape == shape
        for other in stage.program.parents[id]
        if other not in stage.dependent and stage.node(other).shape == shape
    }
    if shape == step.shape:
        return any(other == first or not stage.node(other).is_leaf for other in added)
    # an item has the shape of a target's, but only what was carried over was made of the first weights
    return any(first in stage.program.ancestors([other]) for other in added)


def written_shape(stage: Stage, step: Step) -> tuple[int, ...]:
    """The shape of what an update computes at once: of the parameter, or of the items that it writes one by one."""
    node = stage.node(step.after)
    while node.operation == "setitem" and isinstance(node.arguments[2], Ref):
        node = stage.node(node.arguments[2].id)
    return node.shape


def changes(samples_of_one: Array, settings: int = SETTINGS) -> Array:
    """What the values at all settings differ by from those at the first: without what is the same at all of them."""
    rows = samples_of_one.reshape(settings, -1)
    return np.ravel(rows[1:] - rows[0])


def made_with(reading: Reading, step: Step, shape: tuple[int, ...]) -> list[int]:
    """The values of a shape, of the backward pass and the update rule, that a step is made with, the latest first."""
    node = reading.stage.node
    return sorted((id for id in reading.way_to(step) if squeezed(node(id).shape) == shape), reverse=True)


def gradient_nodes(reading: Reading, step: Step) -> Iterator[tuple[int, float]]:
    """The values that a step is made with and that are its gradient, the latest first, with their factors.

    Those that are the gradient of the items alone that it writes come after those of its shape.
    """
    for gradient in (reading.gradient_samples((step.before,)), gradient_of_part(reading, step)):
        if gradient is None or not np.any(gradient.flat):
            continue
        for id in made_with(reading, step, gradient.shape):
            value = reading.stage.samples(id)
            if value is None or value.shape != gradient.shape:
                continue
            factor = ratio(value.flat, gradient.flat, TOLERANCE)
            if factor is not None:
                yield id, factor


def gradient_of_part(reading: Reading, step: Step) -> Samples | None:
    """The gradient of the items that a step writes; None if it writes all, or if others have a gradient as well."""
    if step.part is ... or any(step.before not in one for one in reading.gradients):
        return None
    gradients = [np.array(one[step.before]) for one in reading.gradients]
    parts = [one[step.part].copy() for one in gradients]
    for one in gradients:
        one[step.part] = 0
    return None if any(np.any(one) for one in gradients) else samples(parts)


def step_for(step: Step, values: Values, gradient: Array) -> Array:
    """A step as a gradient is given: whole, or the items that it writes if the gradient is of those alone."""
    whole = step.of(values)
    return np.ravel(whole if np.size(gradient) == whole.size else whole[step.part])


def via_another_rule(reading: Reading, step: Step, gradient: Samples) -> Match | None:
    """The step as another function of the gradient (Adam, clipping): elementwise, or along it, and downhill."""
    for id, factor in gradient_nodes(reading, step):
        if is_descent_rule(reading, step, id, factor):
            return Match(factor=-abs(factor), via=id)
    return decayed_via_another_rule(reading, step, gradient, made_with(reading, step, squeezed(step.shape)))


def is_turned_by_a_matrix(reading: Reading, step: Step) -> bool:
    """Whether a step is its gradient times the inverse of a matrix, as in Newton's method"""
    inverses = (id for id in reading.way_to(step) if reading.stage.node(id).operation in INVERSES)
    return any(inverses) and next(gradient_nodes(reading, step), None) is not None


def climbs_by_a_rule(reading: Reading, step: Step) -> bool:
    """Whether a step is another function of its gradient that goes uphill"""
    return any(is_descent_rule(reading, step, id, -factor) for id, factor in gradient_nodes(reading, step))


def decayed_via_another_rule(reading: Reading, step: Step, gradient: Samples, between: list[int]) -> Match | None:
    """The step as another function of gradient plus weight decay, which is the gradient of a cost with a penalty."""
    stage = reading.stage
    parameter = stage.samples(step.before)
    for id in between if np.any(gradient.flat) else ():
        value = stage.samples(id)
        if parameter is None or value is None or value.shape != gradient.shape:
            continue
        if value.flat.size != parameter.flat.size:
            continue
        found = with_decay(value.flat, gradient.flat, parameter.flat)
        if found is None or found.factor * found.decay <= 0:
            continue
        if is_descent_rule(reading, step, id, found.factor):
            return Match(factor=-abs(found.factor), decay=-abs(found.decay), via=id)
    return None


def is_descent_rule(reading: Reading, step: Step, via: int, factor: float) -> bool:
    """Whether the step is a function of the gradient node that goes against it, element by element or as a whole."""
    stage = reading.stage
    if is_joined_by_inputs(reading, step, via):
        return False
    chain = stage.way_on(step, via)
    if any(stage.node(id).operation in TO_WHOLE for id in chain - {via}):
        return False
    within, values = sorted(chain), computed_with(stage, step, chain, 0)
    rng = np.random.default_rng(5)
    known = stage.settings[0][via]
    size = float(np.max(np.abs(known))) or 1.0
    base = rng.normal(0, size, np.shape(known))

    def stepped(replacement: Array) -> Array:
        try:
            return step_for(step, stage.program.rerun(values, {via: replacement}, within), replacement)
        except CannotReplay:
            return np.full(base.size, np.nan)

    first, opposite = stepped(base), stepped(-base)
    if not depends_on_gradient_alone(reading, step, via, base, first, within):
        return is_scaled_with_others(reading, step, via, factor)
    sign = np.sign(factor)
    if not np.all(np.isfinite(first)) or first.size != base.size:
        return False
    if np.any((first == 0) & (opposite == 0)):
        return False  # a part of the parameter stays as it is
    if not carries_a_state(stage, step) and moves_without_gradient(stepped(np.zeros_like(base)), first):
        return False
    along = float((first - opposite) @ base.ravel()) * sign
    if along >= 0:
        return False
    parallel = ratio((first - opposite), base.ravel(), 1e-6)
    if parallel is not None:
        return True
    for place in range(min(ELEMENTS_PROBED, base.size)):
        moved = base.copy().ravel()
        moved[place] = -moved[place]
        changed = stepped(moved.reshape(base.shape)) - first
        changed[place], own = 0.0, changed[place]
        if np.max(np.abs(changed), initial=0.0) > 1e-9 * abs(own) + NEGLIGIBLE:
            return False
        if own * sign * moved[place] >= 0:
            return False
    return True


def computed_with(stage: Stage, step: Step, chain: set[int], number: int) -> Values:
    """The values at one setting from which the way from a gradient to its step is computed, and those of the step."""
    ids = {step.before, step.after, *chain}.union(*(stage.program.parents[id] for id in chain))
    values = stage.settings[number]
    return {id: values[id] for id in ids if id in values}


def is_joined_by_inputs(reading: Reading, step: Step, via: int) -> bool:
    """Whether inputs of the forward pass go into a step once more, on the way from its gradient.

    Inputs that are drawn in every iteration are the same at all settings, as numbers of a rule are.
    """
    stage, program = reading.stage, reading.stage.program
    chain = stage.way_on(step, via)
    others = {one for id in chain - {via} for one in program.parents[id]} - chain - stage.dependent
    made = program.ancestors(others - stage.parameters.keys(), stop=stage.parameters)
    drawn = {id for id in made if stage.node(id).kind is Kind.RANDOM and stage.node(id).shape}
    if not drawn:
        return False
    inputs = program.ancestors(reading.forward.outputs, stop=stage.parameters) - stage.parameters.keys()
    return not drawn.isdisjoint(inputs)


def moves_without_gradient(still: Array, usual: Array) -> bool:
    """Whether a gradient of 0 moves all of a parameter by one number, as a rate alone in the place of a decay does.

    Args:
        still: what the step is if its gradient is 0.
        usual: what it is of a gradient of the usual size.
    """
    largest = np.max(np.abs(still), initial=0.0)
    if not np.isfinite(largest) or largest <= 1e-6 * np.max(np.abs(usual), initial=0.0):
        return False  # 0 / 0, as of a mean of squares without a small constant, is not a move
    return bool(still.size > 1 and np.ptp(still) <= 1e-6 * largest)


def is_scaled_with_others(reading: Reading, step: Step, via: int, factor: float) -> bool:
    """Whether a step is its gradient times a number that is made of the gradients of all parameters, as in clipping, or
    of counts or sizes of errors, as a rate that falls with them.

    Args:
        reading: the reading.
        step: the step.
        via: the node that is its gradient.
        factor: what the node is of the gradient.
    """
    stage = reading.stage
    chain = stage.way_on(step, via)
    known = chain | {step.before, via}
    joined = [id for id in chain - {via} if (set(stage.program.parents[id]) - known) & stage.dependent]
    gathered = {id for id in joined if stage.node(id).operation in GATHERING}
    if not joined or not all(id in gathered or is_scaled_by_rate(stage, id, known) for id in joined):
        return False
    pairs = [(step_for(step, one, one[via]), np.ravel(np.asarray(one[via], dtype=float))) for one in stage.settings]
    # a rate made of counts may be 0
    factors = [ratio(value, gradient, 1e-6) for value, gradient in pairs if gathered or np.any(value)]
    # one number is a multiple of any other, so a step that something is added to shows in what is left without it
    zeros = {via: np.zeros_like(stage.settings[0][via], dtype=float)}
    values = computed_with(stage, step, chain, 0)
    left = step.of(stage.program.rerun(values, zeros, sorted(chain | {step.after})))
    if np.max(np.abs(left)) > 1e-6 * np.max(np.abs(pairs[0][0])):
        return False
    return bool(factors) and all(one is not None and one * factor < 0 for one in factors)


def is_scaled_by_rate(stage: Stage, id: int, chain: set[int]) -> bool:
    """Whether a value of a chain is multiplied or divided by one number that depends on the parameters as a rate may.

    That is through counts alone, such as the share of right predictions: truth values and whole numbers, which have no
    gradient. Or as a mean or a sum of what is never below 0, such as sizes of errors, if all steps have this number.
    """
    node, program = stage.node(id), stage.program
    others = (set(program.parents[id]) - chain) & stage.dependent
    if node.operation not in ("multiply", "divide") or any(np.prod(stage.node(one).shape) != 1 for one in others):
        return False
    made = program.ancestors(others, stop=stage.parameters)
    counts = {one for one in made if stage.node(one).dtype and np.dtype(stage.node(one).dtype).kind in "biu"}
    if stage.parameters.keys().isdisjoint(program.ancestors(others, stop=counts | stage.parameters.keys())):
        return True
    sizes = [size_of_errors(stage, one) for one in others]
    if None in sizes:
        return False
    return all({*sizes} <= program.ancestors([step.after], stop=stage.parameters) for step in stage.steps)


def size_of_errors(stage: Stage, id: int) -> int | None:
    """The mean or sum of several numbers that are never below 0 that a number is a multiple of; None if it is not."""
    program, node = stage.program, stage.node(id)
    while node.operation in ("multiply", "divide") and len(own := set(program.parents[node.id]) & stage.dependent) == 1:
        node = stage.node(own.pop())
    parts = [one for one in program.parents[node.id] if one in stage.dependent]
    if node.operation not in ("mean", "sum", "average") or len(parts) != 1 or np.prod(stage.node(parts[0]).shape) < 2:
        return None
    is_size = all(np.all(np.asarray(values.get(parts[0], -1)) >= 0) for values in stage.settings)
    return node.id if is_size else None


def depends_on_gradient_alone(
    reading: Reading, step: Step, via: int, base: Array, first: Array, within: Sequence[int]
) -> bool:
    """Whether the step stays the same at other settings if its gradient does, but for weight decay.

    Args:
        reading: the reading.
        step: the step.
        via: the node that is its gradient.
        base: what is put in the place of the gradient.
        first: the step that is made with it at the first setting.
        within: what lies between the gradient and the step.
    """
    stage = reading.stage

    def stepped(number: int) -> Array:
        values = computed_with(stage, step, set(within), number)
        return step_for(step, stage.program.rerun(values, {via: base}, within), base)

    try:
        return is_the_same_but_for_decay(stage, step, first, map(stepped, (1, 2)))
    except CannotReplay:
        return False


def is_the_same_but_for_decay(stage: Stage, step: Step, first: Array, others: Iterable[Array]) -> bool:
    """Whether a step is the same at several settings, but for what weight decay adds.

    Args:
        stage: the iteration.
        step: the step.
        first: the step at the first setting.
        others: the step at each of the settings that follow.
    """
    decays: list[float] = []  # any two numbers are multiples of each other, so all settings must have the same
    for number, other in enumerate(others, start=1):
        change = other - first
        largest = float(np.max(np.abs(first), initial=0.0))
        if np.max(np.abs(change), initial=0.0) <= 1e-9 * largest + NEGLIGIBLE:
            continue
        moved = stage.settings[number][step.before] - stage.settings[0][step.before]
        moved = np.ravel(moved if moved.size == first.size else moved[step.part])
        decay = ratio(change, moved, 1e-6)
        if decay is None or decay > 0:
            return False
        decays.append(decay)
    return not decays or max(decays) - min(decays) <= 1e-6 * abs(decays[0])
