"""Random settings of weights and data at which an iteration is replayed, and the branches that all of them take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Guard, Node, Ref, references
from .inputs import listed_numbers, plain_inputs
from .random_values import draw_data, draw_parameter, fan, root_mean_square
from .replay import CannotReplay, Program, Values, resolve, size_of
from .stage import PRODUCTS, VARIED_KINDS, Stage, argument_ids, function_of
from .vjps import CHOICE

Array = NDArray[Any]

SETTINGS = 8
MOST_VERSIONS = 8  # of a parameter, transposed or reshaped, whose products are looked at
FIRST_GUARDS = 64  # that are looked at before more of an iteration is replayed
MOST_DRAWS = 6  # for one setting in one manner, if guards do not hold
MOST_CLIPPED = 1e-3  # a clip to this distance of 0 and 1 guards a logarithm
MOST_REDRAWN = 12_000  # operations that are repeated for each setting; with more, those on data keep their results
MAX_VARIED_ELEMENTS = 200_000  # of a data leaf; larger ones are random enough
STEERING = frozenset(
    {
        *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "argmax", "argmin", "unique", "isin"),
        *("bincount", "nonzero", "argsort", "searchsorted", "round", "rint", "floor", "ceil", "any", "all"),
        CHOICE,
    }
)
# operations that give as many items as there are different ones, as a score by classes does: other settings have others
LISTING = frozenset({"unique", "union1d", "intersect1d", "setdiff1d", "bincount"})


def size_of_inputs(stage: Stage, parameter: int, given: Values) -> float:
    """The root mean square of the largest data that a parameter is multiplied by, at least 1, or of their sum.

    Args:
        stage: where it is used.
        parameter: a version of it.
        given: data in the place of the recorded ones, by node.

    Fresh weights are divided by it: units that pixels or prices saturate have no derivative that could be compared.
    """
    program, ends = stage.program, [parameter]
    sizes = [1.0]
    for id in ends:  # grows by transposed and reshaped versions
        for child in program.children[id]:
            others = [one for one in program.parents[child] if one != id]
            if not others and len(ends) < MOST_VERSIONS:
                ends.append(child)
            elif stage.node(child).operation in PRODUCTS and child in stage.dependent:
                data = [one for one in others if one not in stage.dependent and size_of(stage.node(one)) > 1]
                known = program.run(data, given, None if given else program.base)
                arrays = [np.asarray(known[one]) for one in data if not isinstance(known[one], tuple)]
                terms = np.sqrt(max(stage.node(id).shape, default=1) / fan(stage.node(parameter).shape))
                sums_up = stage.node(child).operation in ("dot", "matmul")  # a vector's fan says nothing of it
                sizes += [
                    root_mean_square(one) * (terms if sums_up else 1.0) for one in arrays if one.dtype.kind in "fiu"
                ]
    return max(one for one in sizes if np.isfinite(one))


def may_vary(stage: Stage, leaf: Node, needed: set[int], steered: set[int], fixed: Sequence[list[Any]]) -> bool:
    """Whether a leaf holds numbers that only arithmetic is done with, and that stand nowhere as a list besides."""
    if leaf.kind not in VARIED_KINDS or leaf.value is None or isinstance(leaf.value, tuple):
        return False
    if not 2 <= size_of(leaf) <= MAX_VARIED_ELEMENTS or np.asarray(leaf.value).dtype.kind not in "fiu":
        return False
    if np.asarray(leaf.value).tolist() in fixed:
        return False
    if leaf.place is not None and leaf.id > stage.first_branches.get(function_of(leaf.place), leaf.id):
        return False  # chosen by what its function had looked at, as in ``[1 if z > 0 else 0 for z in layer]``
    same = (leaf.id, *listed_numbers(stage.program, leaf, needed))
    return all(is_for_arithmetic(stage, id, needed, steered) for id in same)


def is_for_arithmetic(stage: Stage, leaf: int, needed: set[int], steered: set[int]) -> bool:
    """Whether what is made of a leaf before the parameters come in is not an index and steers nothing."""
    for id in stage.program.descendants([leaf], within=needed - stage.dependent):
        node = stage.node(id)
        if id in steered or node.operation in STEERING:
            return False
        if node.operation == "astype" and np.dtype(node.dtype).kind in "iub":
            return False
        for child in stage.program.children[id]:
            other = stage.node(child)
            if child not in needed:
                continue
            if other.operation in STEERING and id not in stage.dependent:
                return False
            if other.operation in ("getitem", "setitem", "take", "add_at") and id in references(other.arguments[1]):
                return False
    return True


def targets_of_choices(stage: Stage, needed: set[int]) -> list[int]:
    """Numbers that are compared with what a branch decided: of one target, every error could have one sign.

    What takes the name of the number, as in ``total -= y``, goes on from it and is compared with nothing.
    """
    sums = [stage.node(id) for id in needed if stage.node(id).operation in ("subtract", "add")]
    decided = [
        one
        for made in sums
        if len(pair := argument_ids(made)) == 2
        for one, other in (pair, pair[::-1])
        if stage.node(other).operation == CHOICE and set(stage.node(one).names).isdisjoint(made.names)
    ]
    return sorted({one for one in decided if one not in stage.dependent and stage.node(one).value is not None})


def read_again(stage: Stage, numbers: Sequence[int]) -> dict[int, dict[int, int]]:
    """The numbers that are an item of an array which an earlier one is too, each as the only item of that one."""
    first, found = dict[str, int](), dict[int, dict[int, int]]()
    for node in map(stage.node, numbers):
        if node.operation == "getitem" and node.shape == ():
            found.setdefault(first.setdefault(repr(node.arguments), node.id), {})[node.id] = 0
    return {id: again for id, again in found.items() if len(again) > 1}


def lists_in(stage: Stage, needed: set[int]) -> list[Any]:
    """The lists of numbers that stand in operations as they are: an array of the same cannot vary without them"""
    listed = [one for id in sorted(needed) for one in stage.node(id).arguments if isinstance(one, list)]
    return [one for one in listed if not any(isinstance(item, (Ref, np.ndarray)) for item in one)]


def relevant_guards(stage: Stage, needed: set[int]) -> list[Guard]:
    """The guards on values that the steps are made of."""
    return [guard for guard in stage.recording.guards if guard.node in needed and guard.node in stage.dependent]


def branches(stage: Stage) -> list[int]:
    """The values that steered the iteration and that the steps are not made of, such as which number is the largest."""
    looked_at = {guard.node for guard in stage.recording.guards if guard.node <= stage.end}
    found = (looked_at & stage.dependent) - stage.needed
    listing = [id for id in stage.dependent if stage.node(id).operation in LISTING] if found else []
    return sorted(found - stage.program.descendants(listing, within=stage.dependent))


def take_other_branches(stage: Stage, steering: Sequence[int]) -> bool:
    """Whether the iteration would have taken other branches at one of the settings.

    Args:
        stage: with its settings.
        steering: the values that say which branch is taken.
    """
    guards = [guard for guard in stage.recording.guards if guard.node in set(steering)]
    for values in stage.settings:
        given = {id: values[id] for id in (*stage.parameters, *stage.varied)}
        known = None if stage.varied else stage.program.base
        if not stage.program.guards_hold(guards, stage.program.run(list(steering), given, known)):
            return True
    return False


def draw_settings(stage: Stage, steering: Sequence[int] = ()) -> bool:
    """Replay the stage at random settings, as different from one another as its guards allow.

    Args:
        stage: gets the settings.
        steering: values that say which branches are taken, and that the steps are not made of: they hold as well.

    Returns:
        Whether all settings could be replayed.

    Raises:
        CannotReplay: an operation is unknown, so that no setting can be replayed.
    """
    stage.steering = tuple(steering)
    targets = [*(step.after for step in stage.steps), *steering]
    needed = stage.program.ancestors(targets, stop=stage.parameters)
    steered = {guard.node for guard in stage.recording.guards if guard.how in ("int", "index", "bool")}
    leaves = [id for id in sorted(needed) if stage.node(id).is_leaf and id not in stage.parameters]
    few = len(needed) <= MOST_REDRAWN
    fixed = lists_in(stage, needed)
    varied = tuple(id for id in leaves if few and may_vary(stage, stage.node(id), needed, steered, fixed))
    listed = {id: listed_numbers(stage.program, stage.node(id), needed) for id in varied}
    varied += tuple(id for numbers in listed.values() for id in numbers)
    choices = targets_of_choices(stage, needed)
    varied += tuple(id for id in (*choices, *plain_inputs(stage.program, needed)) if id not in varied)
    listed |= read_again(stage, choices)
    guards = relevant_guards(stage, needed)
    recorded = stage.program.run(list(stage.parameters), {}, stage.program.base)
    failure: CannotReplay | None = None
    for vary in (varied, ()) if varied else ((),):
        for manner in (
            ("fresh", 1.0),
            ("fresh", 0.3),
            ("near", 1.0),
            ("near", 0.2),
            ("near", 0.02),
            ("near", 1e-3),
            ("near", 1e-5),
        ):
            try:
                settings = settings_in(stage, targets, vary, listed, guards, recorded, manner)
            except CannotReplay as error:
                failure = error
                break
            if settings is not None:
                stage.replace_settings(settings, vary, manner)
                return True
    if failure is not None:
        raise failure
    return False


def settings_in(
    stage: Stage,
    targets: Sequence[int],
    varied: Sequence[int],
    listed: Mapping[int, Mapping[int, int]],
    guards: Sequence[Guard],
    recorded: Values,
    manner: tuple[str, float],
) -> list[Values] | None:
    """All settings drawn in one manner; None if one cannot be drawn so that its guards hold and all is finite.

    Args:
        stage: the stage.
        targets: the nodes to compute.
        varied: the data that are drawn too.
        listed: the numbers that are items of such data, each with its place, by the node of the data.
        guards: what branches looked at.
        recorded: the recorded values.
        manner: as for ``draw_parameter``.
    """
    settings: list[Values] = []
    known = None if varied else stage.program.base
    drawn = {id: draw_data(np.random.default_rng(0), np.asarray(stage.node(id).value, dtype=float)) for id in varied}
    # powers of data that are drawn anew may be far larger than those of the recorded ones
    sizes = {id: max(size_of_inputs(stage, id, one) for one in ({}, drawn)) for id in stage.parameters}
    for number in range(SETTINGS):
        for attempt in range(MOST_DRAWS):
            rng = np.random.default_rng((0, number, attempt))
            given: Values = {
                id: draw_parameter(rng, np.asarray(recorded[id], dtype=float), manner, sizes[id])
                for id in stage.parameters
            }
            for id in varied:
                given[id] = draw_data(rng, np.asarray(stage.node(id).value, dtype=float))
            for id, numbers in listed.items() if varied else ():
                given |= {one: np.asarray(given[id].flat[place]) for one, place in numbers.items()}
            values = replayed_under(stage.program, guards, targets, given, known)
            if values is not None and is_healthy(stage, values):
                settings.append(values)
                break
        else:
            return None
    return settings


def replayed_under(
    program: Program, guards: Sequence[Guard], targets: Sequence[int], given: Values, known: Values | None
) -> Values | None:
    """The values of the targets if all guards hold; None if one does not, most often before all is computed."""
    values, start, count = given, 0, FIRST_GUARDS
    while start < len(guards):
        part = guards[start : start + count]
        values = program.run([guard.node for guard in part], values, known)
        if not program.guards_hold(part, values):
            return None
        start, count = start + count, 2 * count
    return program.run(targets, values, known)


def is_healthy(stage: Stage, values: Values) -> bool:
    """Whether all steps are finite, and no clip that keeps outputs between 0 and 1 cuts anything off."""
    finite = all(np.all(np.isfinite(np.asarray(values[step.after], dtype=float))) for step in stage.steps)
    return finite and not any(is_cut_off(stage.node(id), values) for id in stage.needed if id in values)


def size_one(argument: Any, values: Values) -> bool:
    """Whether an argument is one number"""
    return argument is not None and np.size(resolve(argument, values)) == 1


def is_cut_off(node: Node, values: Values) -> bool:
    """Whether a clip to almost 0 to 1 changes its argument: outputs outside of that are not what the clip is for."""
    if node.operation != "clip" or len(node.arguments) != 3 or not isinstance(node.arguments[0], Ref):
        return False
    low, high = (
        np.asarray(resolve(one, values)).item() if size_one(one, values) else None for one in node.arguments[1:]
    )
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
        return False
    if not (0 < low <= MOST_CLIPPED and 1 - MOST_CLIPPED <= high < 1):
        return False
    value = np.asarray(values[node.arguments[0].id], dtype=float)
    return bool(np.any((value < low) | (value > high)))
