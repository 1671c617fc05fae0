"""One iteration of a recording: the parameters before it, the steps that it makes, and replays at random settings."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Guard, Kind, Node, Place, Recording, Ref, Update, references
from .alignment import Samples, are_alike, largest_of, samples
from .inputs import listed_numbers, plain_inputs
from .random_values import draw_data, draw_parameter, fan, root_mean_square
from .replay import CannotReplay, Program, Values, resolve, size_of
from .vjps import CHOICE

Array = NDArray[Any]

SETTINGS = 8
# operations that weights and values are multiplied by
CONTRACTIONS = frozenset({"matmul", "dot", "inner", "vdot", "tensordot", "einsum"})  # products that sum over an axis
MATRIX_PRODUCTS = CONTRACTIONS | {"outer", "multiply.outer"}
PRODUCTS = MATRIX_PRODUCTS | {"multiply"}
JOINING = frozenset({"concatenate", "append", "stack", "vstack", "hstack", "column_stack"})
MOST_VERSIONS = 8  # of a parameter, transposed or reshaped, whose products are looked at
FIRST_GUARDS = 64  # that are looked at before more of an iteration is replayed
MOST_DRAWS = 6  # for one setting in one manner, if guards do not hold
VARIED_KINDS = frozenset({Kind.LITERAL, Kind.DATA, Kind.ARGUMENT})
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


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one iteration does to one parameter."""

    parameter: int  # index in the recording's parameters; -1 for a gradient that is only returned
    name: str  # the user's own name of the parameter
    before: int  # the node of the version that the forward pass used
    after: int  # the node of the new version; of a returned gradient, the gradient
    returned: bool  # whether ``after`` is a gradient that nothing applies
    shape: tuple[int, ...]  # of the parameter
    # the index of the items that it writes, as of ``W[i] -= g``; all if it is made otherwise
    part: Any = field(default=..., compare=False)

    def of(self, values: Values) -> Array:
        """The step that the parameter makes, which descends along the gradient if it is right."""
        if self.returned:
            return -np.asarray(values[self.after], dtype=float)
        return np.asarray(values[self.after], dtype=float) - np.asarray(values[self.before], dtype=float)


def parameter_name(recording: Recording, parameter: int) -> str:
    """The user's name of a parameter, or its line."""
    known = recording.parameters[parameter]
    if known.name:
        return known.name
    place = recording.nodes[known.node].place
    return place.variable if place is not None and place.variable else f"parameter {parameter + 1}"


def steps_of(recording: Recording, iteration: int) -> tuple[Step, ...]:
    """The step of every parameter that has so many updates; doubtful ones only if all are."""
    found = []
    doubtful = set(doubtful_parameters(recording))
    chosen = {
        number: parameter.updates[iteration]
        for number, parameter in enumerate(recording.parameters)
        if len(parameter.updates) > iteration and number not in doubtful
    }
    for number, one in in_one_pass(recording, chosen).items():
        if one >= 0:
            update = recording.updates[one]
            found.append(
                Step(
                    parameter=number,
                    name=parameter_name(recording, number),
                    before=update.before,
                    after=update.after,
                    returned=False,
                    shape=recording.nodes[update.before].shape,
                    part=written_part(recording, update),
                )
            )
    return tuple(found)


def written_part(recording: Recording, update: Update) -> Any:
    """The index of the items that an update writes, if it is one write; all of them (``...``) otherwise."""
    node = recording.nodes[update.after]
    base = node.arguments[0] if node.operation == "setitem" else None
    if not isinstance(base, Ref) or base.id != update.before:
        return ...
    known = {id: recording.nodes[id].value for id in references(node.arguments[1])}
    is_known = all(isinstance(one, np.ndarray) for one in known.values())
    return resolve(node.arguments[1], known) if is_known else ...


def from_first_use(program: Program, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps, of parameters that a step of 0 was taken off first from what they were before it.

    A velocity that is added before it is computed is 0 in the first iteration. So the first step is made of a forward
    pass before that.
    """
    found = []
    versions = [step.before for step in steps]  # of 0 and a step, the step may have gone into other parameters
    for step in steps:
        origin = step.before
        if not step.returned and program.nodes[origin].operation in ("add", "subtract"):
            known = program.run([origin, *program.parents[origin]], {}, program.base)
            inner = program.ancestors([step.after], stop=versions)
            same = [one for one in program.parents[origin] if np.array_equal(known[one], known[origin])]
            origin = next((one for one in same if one in inner), origin)
        found.append(replace(step, before=origin))
    return tuple(found)


def in_one_pass(recording: Recording, chosen: dict[int, int]) -> dict[int, int]:
    """Updates of one forward pass, if a parameter was left out of earlier ones (its input was 0, a unit was dead).

    Args:
        recording: the recording.
        chosen: for each parameter, one of its updates.

    Returns:
        For each parameter, the update that belongs to the pass of the latest of them.
    """
    if not chosen:
        return chosen
    last = max(chosen.values(), key=lambda one: recording.updates[one].after)
    end = recording.updates[last].after
    late = [
        number
        for number, one in chosen.items()
        if any(
            recording.updates[other].after < end
            for other in recording.parameters[number].updates
            if recording.updates[other].iteration > recording.updates[one].iteration
        )
    ]
    if not late:
        return chosen
    leading, stack = set(), [end]
    while stack:
        id = stack.pop()
        if id not in leading:
            leading.add(id)
            stack.extend(recording.nodes[id].parents)
    found = dict(chosen)
    for number in late:
        updates = [one for one in recording.parameters[number].updates if recording.updates[one].before in leading]
        found[number] = updates[-1] if updates else found[number]
    return found


def doubtful_parameters(recording: Recording) -> list[int]:
    """Parameters none of whose updates was seen to feed a later forward pass, if those of others were."""
    confirmed = [any(recording.updates[one].confirmed for one in found.updates) for found in recording.parameters]
    return [number for number, one in enumerate(confirmed) if not one] if any(confirmed) else []


def returned_steps(recording: Recording) -> tuple[Step, ...]:
    """A step for every gradient that was only returned, the first of each parameter."""
    found: dict[int, Step] = {}
    for gradient in recording.gradients:
        if gradient.of is not None and gradient.of not in found:
            node = recording.nodes[gradient.of]
            name = node.names[0] if node.names else gradient.name
            found[gradient.of] = Step(
                parameter=-1, name=name, before=gradient.of, after=gradient.node, returned=True, shape=node.shape
            )
    return tuple(found.values())


@dataclass
class Stage:
    """One iteration, with what a replay of it needs."""

    recording: Recording
    program: Program  # the graph
    steps: tuple[Step, ...]  # of all parameters that are updated in it
    end: int  # the last node of an update
    dependent: set[int]  # the nodes that depend on the parameters before the iteration
    needed: set[int]  # the nodes that the steps are made of, back to the parameters; the new versions included
    last: int = 0  # the last node that may belong to the iteration, such as a cost that is computed after the update
    settings: list[Values] = field(default_factory=list)  # the values of nodes at each random setting
    varied: tuple[int, ...] = ()  # the leaves other than parameters that were redrawn
    # values that the steps are not made of, and that take the same branches at all settings
    steering: tuple[int, ...] = ()
    spread: tuple[str, float] = ("fresh", 1.0)
    errors: tuple[Any, ...] = ()  # where outputs and targets are compared (of cost.Error)
    _samples: dict[int, Samples | None] = field(default_factory=dict)
    _step_samples: dict[Step, Samples] = field(default_factory=dict)
    # the ways to the step that was asked about last: its node, what it is made of, and each way by its value
    _ways: tuple[int, set[int], dict[int, set[int]]] = (-1, set(), {})
    # the parameter that a node is a view of, or None, for the nodes that were asked about
    viewed: dict[int, int | None] = field(default_factory=dict)
    # the forward passes that were asked for (of structure.Forward), by their outputs
    forwards: dict[tuple[int, ...], Any] = field(default_factory=dict)

    @functools.cached_property
    def parameters(self) -> dict[int, Step]:
        """The steps by the node of the parameter before."""
        return {step.before: step for step in self.steps}

    @functools.cached_property
    def applied(self) -> dict[int, Step]:
        """The steps that are applied, by the node of the parameter after."""
        return {step.after: step for step in self.steps if not step.returned}

    @functools.cached_property
    def into_updates(self) -> set[int]:
        """All values that the updates are made of, those of the iterations after this one included."""
        return self.needed | self.program.ancestors([one.after for one in self.recording.updates])

    @functools.cached_property
    def names_of_arrays(self) -> set[str]:
        """The bare names of all arrays"""
        return {name.rpartition(".")[2] for node in self.program.nodes if node.shape for name in node.names}

    @functools.cached_property
    def first_branches(self) -> dict[tuple[str, str], int]:
        """For each function, the first value of the iteration on which it branches, or a function that it calls."""
        found: dict[tuple[str, str], int] = {}
        for guard in self.recording.guards:
            if guard.place is not None and guard.node in self.dependent:
                for place in guard.place.trail:
                    found.setdefault(function_of(place), guard.node)
        return found

    def node(self, id: int) -> Node:
        """A node of the recording"""
        return self.recording.nodes[id]

    def samples(self, id: int) -> Samples | None:
        """The values of a node at all settings; None if it is not a float array of one shape."""
        if id not in self._samples:
            values = [one.get(id) for one in self.settings]
            self._samples[id] = samples(values) if are_alike(values) else None
        return self._samples[id]

    @property
    def first_computed(self) -> int:
        """The first value that is made of a parameter; what is older is data."""
        return min(self.dependent - self.parameters.keys(), default=0)

    def step_samples(self, step: Step) -> Samples:
        """What a step is at all settings."""
        if step not in self._step_samples:
            self._step_samples[step] = samples([step.of(values) for values in self.settings])
        return self._step_samples[step]

    @functools.cached_property
    def largest_step(self) -> float:
        """The largest item of any parameter's step, without its sign."""
        return max(largest_of(self.step_samples(step).flat) for step in self.steps)

    def way_on(self, step: Step, via: int) -> set[int]:
        """A value that a step is made with, the step, and what lies between the two."""
        if self._ways[0] != step.after:
            self._ways = (step.after, self.program.ancestors([step.after], within=self.needed), {})
        _, above, known = self._ways
        if via not in known:
            below = self.program.descendants([via], within=above)
            known[via] = self.program.ancestors([step.after], stop=self.parameters, within=below)
        return known[via]

    def extend(self, targets: Iterable[int]) -> bool:
        """Compute more nodes at all settings; False if that fails."""
        wanted = [id for id in targets if any(id not in values for values in self.settings)]
        if not wanted:
            return True
        try:
            for values in self.settings:
                values.update(self.program.run(wanted, values, self.program.base if not self.varied else None))
        except CannotReplay:
            return False
        return True


def function_of(place: Place) -> tuple[str, str]:
    """The file and the function of a place; a lambda is a part of the function that it is in."""
    return place.file, place.function.partition(".<locals>.<")[0]


def make_stage(recording: Recording, program: Program, steps: tuple[Step, ...]) -> Stage:
    """The iteration that consists of these steps."""
    end = max(step.after for step in steps)
    before = [step.before for step in steps]
    last = max(end, following_end(recording, steps))
    dependent = program.descendants(before, within=set(range(last + 1)))
    after = program.descendants([step.after for step in steps if not step.returned], within=dependent)
    dependent = {id for id in dependent if id <= end or id not in after}
    needed = program.ancestors([step.after for step in steps], stop=before)
    return Stage(recording, program, steps, end, dependent, needed, last=last)


def projected(recording: Recording) -> dict[str, Place | None]:
    """The parameters whose new values are clipped or the like before they are used, and where."""
    found: dict[str, Place | None] = {}
    for number, parameter in enumerate(recording.parameters):
        updates = [recording.updates[one] for one in parameter.updates]
        for one, following in zip(updates, updates[1:]):
            if following.before != one.after:
                found[parameter_name(recording, number)] = recording.nodes[following.before].place
    return found


def following_end(recording: Recording, steps: Sequence[Step]) -> int:
    """The last node that may belong to an iteration: the one before the updates of the next."""
    found = []
    for step in steps:
        if step.parameter < 0:
            return len(recording.nodes) - 1
        updates = recording.parameters[step.parameter].updates
        numbers = [one for one in updates if recording.updates[one].before >= step.after]
        found.append(recording.updates[numbers[0]].after if numbers else len(recording.nodes) - 1)
    return max(found)


# Random settings


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
                stage.settings, stage.varied, stage.spread = settings, vary, manner
                stage._samples.clear()
                stage._step_samples.clear()
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


def argument_ids(node: Node) -> list[int]:
    """The ids of arguments that are a node themselves"""
    return [one.id for one in node.arguments if isinstance(one, Ref)]
