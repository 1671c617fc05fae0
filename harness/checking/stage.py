"""One iteration of a recording: the parameters before it, the steps that it makes, and what a replay of it gives."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Kind, Node, Place, Recording, Ref, Update, references
from .alignment import Samples, are_alike, largest_of, samples
from .replay import CannotReplay, Program, Values, resolve

Array = NDArray[Any]

# operations that weights and values are multiplied by
CONTRACTIONS = frozenset({"matmul", "dot", "inner", "vdot", "tensordot", "einsum"})  # products that sum over an axis
MATRIX_PRODUCTS = CONTRACTIONS | {"outer", "multiply.outer"}
PRODUCTS = MATRIX_PRODUCTS | {"multiply"}
JOINING = frozenset({"concatenate", "append", "stack", "vstack", "hstack", "column_stack"})
VARIED_KINDS = frozenset({Kind.LITERAL, Kind.DATA, Kind.ARGUMENT})


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

    def replace_settings(self, settings: list[Values], varied: tuple[int, ...], spread: tuple[str, float]) -> None:
        """Take other settings, and forget what nodes and steps were at those before."""
        self.settings, self.varied, self.spread = settings, varied, spread
        self._samples.clear()
        self._step_samples.clear()

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


def argument_ids(node: Node) -> list[int]:
    """The ids of arguments that are a node themselves"""
    return [one.id for one in node.arguments if isinstance(one, Ref)]
