"""A stage read under one cost: the true gradients of all its nodes, and what the recorded values are aligned with."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Place, Site, references
from .alignment import Alignment, Index, Samples, are_alike, largest_of, ratio, samples
from .cost import Cost, Error, ShapesDiffer
from .exceptions import RUN_FILE
from .replay import CannotReplay, Values
from .stage import PRODUCTS, Stage, Step
from .structure import MOVES, Forward, Role

Array = NDArray[Any]

MOST_INDEXED = 20_000  # backward nodes that are compared with gradients


@dataclass(frozen=True, kw_only=True)
class Match:
    """How the step of a parameter is made of its true gradient."""

    factor: float  # ``step = factor * gradient + decay * parameter + constant``; descent is negative
    decay: float = 0.0  # of the weight decay, 0 without one
    constant: bool = False  # whether a constant (of earlier iterations) is added
    # the node that is the gradient, if the step is another function of it (Adam, clipping); None otherwise
    via: int | None = None
    nothing: bool = False  # whether both gradient and step are 0 but for rounding (a bias before a normalisation)


Bundle = tuple[int, ...]


@dataclass
class Reading:
    """A stage under one cost."""

    stage: Stage
    cost: Cost
    forward: Forward
    # at each setting, the gradient of the cost with respect to every node of the forward pass
    gradients: list[dict[int, Array]]
    # for the node of each parameter, how its step is made of its gradient; None if it is not
    matches: dict[int, Match | None] = field(default_factory=dict)
    # for each node, the nodes that do the same for each observation (itself alone without lanes)
    bundles: dict[int, Bundle] = field(default_factory=dict)
    errors: tuple[Any, ...] = ()  # where outputs and targets are compared (of cost.Error)
    errors_below: set[int] = field(default_factory=set)  # the nodes that depend on a comparison of outputs with targets
    given: frozenset[int] = frozenset()  # nodes that are right as they are (a gradient that came from above)
    _gradient_samples: dict[Bundle, Samples | None] = field(default_factory=dict)
    _lane_gradients: dict[int, list[dict[int, Array]]] = field(default_factory=dict)
    _index: Index | None = None
    _aligned: dict[Bundle, list[tuple[int, Alignment]]] = field(default_factory=dict)
    _by_key: dict[int, Bundle] = field(default_factory=dict)

    # Values and gradients of bundles

    def bundle(self, id: int) -> Bundle:
        """The bundle of a node."""
        return self.bundles.get(id, (id,))

    def gradient_samples(self, bundle: Bundle) -> Samples | None:
        """The true gradients with respect to the nodes of a bundle, at all settings."""
        if bundle not in self._gradient_samples:
            found: Samples | None = None
            if self.is_per_lane(bundle):
                found = samples_of_lanes(
                    [
                        [self.lane_gradients(number)[lane][bundle[0]] for lane in range(len(bundle))]
                        for number in range(len(self.gradients))
                    ]
                )
            elif not any(isinstance(one.get(id, ()), (list, tuple)) for id in bundle for one in self.gradients):
                # np.split gives a list
                found = samples_of_lanes([[one[id] for id in bundle] for one in self.gradients])
            self._gradient_samples[bundle] = found
        return self._gradient_samples[bundle]

    def items_of(self, step: Step) -> tuple[Array, Array] | None:
        """A step and its gradient, each (settings, items); None if it is not applied or is of another shape."""
        if step.returned or any(step.before not in one for one in self.gradients):
            return None
        steps = np.array([np.ravel(step.of(values)) for values in self.stage.settings])
        gradients = np.array([np.ravel(one[step.before]) for one in self.gradients])
        return (steps, gradients) if steps.shape == gradients.shape else None

    @cached_property
    def largest_gradient(self) -> float:
        """The largest absolute value of the gradients of all parameters at all settings."""
        known = [step.before for step in self.stage.steps]
        return max(largest_of(one[id]) for one in self.gradients for id in known if id in one)

    def is_per_lane(self, bundle: Bundle) -> bool:
        """Whether a bundle stands for what each observation gives to the gradient of one parameter."""
        return len(bundle) > 1 and bundle[0] == bundle[1] and bundle[0] in self.stage.parameters

    def lane_gradients(self, number: int) -> list[dict[int, Array]]:
        """The gradients of the parameters at one setting that each observation alone gives."""
        if number not in self._lane_gradients:
            values, program = self.stage.settings[number], self.stage.program
            seeds = self.cost.seeds(values)
            found = []
            for output in self.forward.outputs:
                one = program.gradients({output: seeds[output]}, values, self.forward.nodes | {output})
                zeros = {id: np.zeros(np.shape(values[id])) for id in self.stage.parameters}
                found.append({**zeros, **{id: one[id] for id in self.stage.parameters if id in one}})
            self._lane_gradients[number] = found
        return self._lane_gradients[number]

    def gradient_at(self, number: int, target: Bundle, lane: int) -> Array:
        """The gradient with respect to one node of a target at one setting."""
        if self.is_per_lane(target):
            return self.lane_gradients(number)[lane][target[0]]
        return self.gradients[number][target[lane if lane < len(target) else 0]]

    def value_samples(self, bundle: Bundle, settings: list[Values] | None = None) -> Samples | None:
        """The values of the nodes of a bundle, at all settings."""
        values = self.stage.settings if settings is None else settings
        rows = [[one.get(id) for id in bundle] for one in values]
        return samples_of_lanes(rows) if are_alike([item for row in rows for item in row]) else None

    def forward_bundles(self) -> list[Bundle]:
        """The bundles of the forward pass, parameters included."""
        return list(dict.fromkeys(self.bundle(id) for id in sorted(self.forward.nodes)))

    def index(self) -> Index:
        """All gradients of the forward pass, to look up what a value is aligned with."""
        if self._index is None:
            references: dict[int, Samples] = {}
            for bundle in self.forward_bundles():
                found = self.gradient_samples(bundle)
                if found is not None and np.any(found.flat):
                    references[bundle[0]] = found
                    self._by_key[bundle[0]] = bundle
            self._index = Index(references)
        return self._index

    def aligned_with(self, bundle: Bundle, settings: list[Values] | None = None) -> list[tuple[int, Alignment]]:
        """The forward nodes with whose gradients a bundle is aligned.

        Parameters, pre-activations and activations come before what lies between them, and later nodes before earlier.

        Args:
            bundle: nodes that do the same for each observation.
            settings: values of all nodes; those of the stage if None.
        """
        if settings is not None:
            return self._align(bundle, settings)
        if bundle not in self._aligned:
            self._aligned[bundle] = self._align(bundle, None)
        return self._aligned[bundle]

    def _align(self, bundle: Bundle, settings: list[Values] | None) -> list[tuple[int, Alignment]]:
        """See ``aligned_with``; computed anew."""
        value = self.value_samples(bundle, settings)
        if value is None or not np.any(value.flat):
            return []
        return sorted(self.index().find(value), key=lambda one: (self.rank(one[0]), -one[0]))

    def rank(self, id: int) -> int:
        """0 for what a network is described with, 1 for what lies between."""
        if id in self.stage.parameters:
            return 0
        role = self.forward.roles.get(id)
        return 0 if role in (Role.PRE_ACTIVATION, Role.ACTIVATION) else 1

    def backward_bundles(self) -> list[Bundle]:
        """The bundles that the steps are made with and that do not belong to the forward pass, in order."""
        stage = self.stage
        ids = sorted((stage.needed & stage.dependent) - self.forward.nodes - set(stage.parameters))
        found: dict[Bundle, None] = {}
        for id in ids[:MOST_INDEXED]:
            found[self.bundle(id)] = None
        return list(found)

    def lines_of_use(self, parameter: int) -> set[Site]:
        """The lines of the forward pass that a parameter goes into."""
        nodes = map(self.stage.node, self.forward.nodes & set(self.stage.program.children[parameter]))
        return {node.place.site for node in nodes if node.place is not None}

    def value_of_line(self, id: int) -> int:
        """The last value that the line of a value of the backward pass makes of it alone."""
        stage, place = self.stage, self.stage.node(id).place
        while True:
            users = {one for one in stage.program.children[id] if one in stage.needed} - self.forward.nodes
            user = stage.node(next(iter(users))).place if len(users) == 1 else None
            if user is None or place is None or user.site != place.site:
                return id
            (id,) = users

    def way_to(self, step: Step) -> set[int]:
        """The values of the backward pass and the update rule that a step is made with."""
        above = self.stage.program.ancestors([step.after], stop=self.stage.parameters) & self.stage.dependent
        return above - self.forward.nodes - {step.before, step.after}

    @cached_property
    def decaying(self) -> set[int]:
        """The parameters that may decay: something that is made of parameters alone is added up in their steps."""
        stage = self.stage
        alone = set(stage.parameters)
        for id in sorted((stage.needed & stage.dependent) - self.forward.nodes):
            if all(one in alone for one in stage.program.parents[id] if one in stage.dependent):
                alone.add(id)

        def is_added_up(step: Step, id: int) -> bool:
            if stage.node(id).operation in MOVES | PRODUCTS:
                return False
            return any(one in alone and (id, one) != (step.after, step.before) for one in stage.program.parents[id])

        ways = [(step, (*self.way_to(step), step.after)) for step in stage.steps]
        return {step.before for step, way in ways if any(is_added_up(step, id) for id in way)}

    # Places

    def asked_by(self, place: Place) -> Place:
        """The call of a helper whose line is right, in the place of that line.

        Right are lines that run on the way forward as well, and operators of a class, such as ``__mul__`` of a matrix.
        """
        if id(place) in self.backward_places:
            place = place.outside_operators
        caller = caller_of(place)
        while caller is not None and id(place) in self.backward_places and place.site in self.forward_lines:
            place, caller = caller, caller_of(caller)
        return place

    def call_of_right_line(self, id: int) -> Place | None:
        """The call of a helper that made a wrong value, if the helper's line makes true gradients for another call."""
        made = self.stage.node(id).place
        caller = None if made is None else caller_of(made)
        if made is None or caller is None:
            return None
        for other in sorted((self.stage.needed & self.stage.dependent) - self.forward.nodes):
            place = self.stage.node(other).place
            call = None if place is None or place.site != made.site else caller_of(place)
            is_of_other_call = call is not None and call.function == caller.function and call.site != caller.site
            if is_of_other_call and self.value_of_line(other) == other and self.aligned_with(self.bundle(other)):
                return caller
        return None

    @functools.cached_property
    def forward_lines(self) -> set[tuple[str, int]]:
        """The lines that run in the forward pass, and those that call them and do nothing else in the backward pass"""
        backward = (self.stage.needed & self.stage.dependent) - self.forward.nodes
        forward, own = (
            [place for one in ids if (place := self.stage.node(one).place) is not None]
            for ids in (self.forward.nodes - set(self.stage.parameters), backward)
        )
        calling = {one.site for place in forward for one in place.trail} - {place.site for place in own}
        return {place.site for place in forward} | calling

    @functools.cached_property
    def backward_places(self) -> set[int]:
        """The ids of the places of the backward pass, with all that called them"""
        nodes = map(self.stage.node, (self.stage.needed & self.stage.dependent) - self.forward.nodes)
        places = [node.place for node in nodes if node.place is not None]
        return {id(one) for place in places for one in place.trail}

    @functools.cached_property
    def made_by_errors(self) -> set[int]:
        """What the errors went into, in this iteration or later, by another way than through updated parameters.

        The state of a cell that the next sequence begins with is made by those.
        """
        program, updates = self.stage.program, self.stage.recording.updates
        unmoved = set(range(len(program.nodes))) - {update.after for update in updates}
        compared = {frozenset(program.parents[error.node]): error.output for error in self.errors}
        # a line of its own may compare the same two once more, for a parameter that is not known
        again = [
            id
            for parents, output in compared.items()
            for id in program.children[output]
            if frozenset(program.parents[id]) == parents
        ]
        return program.descendants([*again, *(error.node for error in self.errors)], within=unmoved)

    # The verdict on steps

    @property
    def unexplained(self) -> tuple[Step, ...]:
        """The steps that are not made of their gradients."""
        return tuple(step for step in self.stage.steps if self.matches.get(step.before) is None)

    @property
    def factors(self) -> dict[int, float]:
        """The factor of each parameter's step, for steps that are a multiple of their gradient."""
        return {
            id: one.factor
            for id, one in self.matches.items()
            if one is not None and one.via is None and not one.nothing
        }

    @property
    def same_factor(self) -> bool:
        """Whether all steps have one factor."""
        found = list(self.factors.values())
        return all(abs(one - found[0]) <= 1e-6 * abs(found[0]) for one in found)

    @property
    def climbs(self) -> bool:
        """Whether the steps of all parameters climb the cost."""
        return bool(self.factors) and all(factor > 0 for factor in self.factors.values())

    @property
    def descends(self) -> bool:
        """Whether every step is made of its gradient, all in one proportion and downhill."""
        return (
            not self.unexplained
            and self.same_factor
            and all(one is not None and one.factor < 0 for one in self.matches.values())
        )


def caller_of(place: Place) -> Place | None:
    """The line of the user's files that called the function of a line; None if none is known"""
    return None if place.caller is None or place.caller.file == RUN_FILE else place.caller


def samples_of_lanes(rows: list[list[Any]]) -> Samples:
    """Samples of a bundle: one row a setting, one value a lane."""
    if len(rows[0]) == 1:
        return samples([row[0] for row in rows])
    lanes = [samples([row[lane] for row in rows]) for lane in range(len(rows[0]))]
    return Samples(lanes[0].shape, np.concatenate([one.flat for one in lanes]))


def lane_gradient(reading: Reading, step: Step, lane: int) -> Samples | None:
    """The gradient of a parameter that one observation alone gives."""
    try:
        return samples([reading.lane_gradients(one)[lane][step.before] for one in range(len(reading.gradients))])
    except (CannotReplay, ShapesDiffer, KeyError):
        return None


def same_cost(first: Reading, second: Reading) -> bool:
    """Whether two costs have the same gradients but for a factor"""
    for step in first.stage.steps:
        one, other = first.gradient_samples((step.before,)), second.gradient_samples((step.before,))
        if one is None or other is None or not np.any(other.flat):
            return False
        if ratio(one.flat, other.flat, 1e-4) is None:
            return False
    return True


def targets_of(errors: Sequence[Error]) -> list[int]:
    """The nodes of the targets, of labels, of what observations count, and of decided outputs"""
    found = [error.target for error in errors if error.target is not None]
    found += [one for error in errors for one in error.weights]
    found += [error.decided for error in errors if error.decided is not None]
    return found + [one for error in errors for one in references(error.index)]
