"""What a faulty value is compared with: other values, true gradients, derivatives and functions of the errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...recording.graph import Node, Place
from ..alignment import Alignment, Samples, align, ratio
from ..locating import Fault
from ..reading import Reading, caller_of, samples_of_lanes
from ..replay import CannotReplay, Values
from ..sources import Sources
from ..stage import argument_ids
from ..structure import MOVES, Layer, Role

Array = NDArray[Any]


class Name(NamedTuple):
    """The name of a mistake."""

    id: str  # in the catalogue
    places: list[Place]  # the lines, most likely first
    detail: str = ""  # what the text of the mistake mentions, such as the name of a parameter


class Case:
    """One fault of a reading, with all that it may be compared with.

    Attributes:
        reading: the reading.
        sources: the user's files.
        fault: the fault.
        settings: values of all nodes, with earlier faults mended.
        node: the first node of the faulty value.
        target: the forward node whose gradient it should be.
        role: of the target.
        layer: the layer of the target, of its observation.
        aligned: the forward nodes with whose gradients the faulty value is aligned.
        ends: what is compared with targets.
    """

    def __init__(self, reading: Reading, fault: Fault, sources: Sources) -> None:
        self.reading = reading
        self.sources = sources
        self.stage = reading.stage
        self.fault = fault
        self.settings = list(fault.settings)
        self.node: Node = self.stage.node(fault.bundle[0])
        self.target = fault.target[0]
        self.role = reading.forward.roles.get(self.target, Role.INTERMEDIATE)
        self.layer: Layer | None = (
            reading.forward.layer_of_parameter(self.target)
            if self.target in self.stage.parameters
            else reading.forward.layer_of(self.target)
        )
        self.aligned: list[tuple[int, Alignment]] = reading.aligned_with(fault.bundle, self.settings)
        self.ends = set(reading.forward.outputs) | {error.output for error in self.stage.errors}

    # Values

    @cached_property
    def faulty(self) -> Samples | None:
        """The samples of the faulty value"""
        return self.reading.value_samples(self.fault.bundle, self.settings)

    def value(self, id: int) -> Samples | None:
        """The samples of a node, with its counterparts for other observations."""
        return self.reading.value_samples(self.reading.bundle(id), self.settings)

    def gradient(self, id: int) -> Samples | None:
        """The samples of the true gradient with respect to a node."""
        return self.reading.gradient_samples(self.reading.bundle(id))

    def same(self, id: int, expected: Samples | None) -> bool:
        """Whether a node is a multiple of the expected values, perhaps transposed."""
        return equal(self.value(id), expected)

    def computed(self, function: Callable[..., Array], *ids: int) -> Samples | None:
        """A function of forward values, at all settings."""
        return self._sampled(
            lambda values: [
                function(*(np.asarray(values[one], dtype=float) for one in lane))
                for lane in zip(*(self.reading.bundle(id) for id in ids))
            ]
        )

    def _sampled(self, row_at: Callable[[Values], list[Array]]) -> Samples | None:
        """What each setting's values make for all lanes; None if that fails or differs in shape."""
        try:
            with np.errstate(all="ignore"):
                rows = [row_at(values) for values in self.settings]
            return samples_of_lanes(rows) if len({np.shape(item) for row in rows for item in row}) == 1 else None
        except (ValueError, KeyError, IndexError):
            return None

    def delta(self, layer: Layer) -> Samples | None:
        """The true delta of a layer"""
        return self.gradient(layer.z)

    def local_derivative(self, layer: Layer, at: int | None = None) -> Samples | None:
        """f'(z) of a layer, elementwise; ``at``: with this node's value in the place of z."""
        region = set(layer.region)
        if not region:
            return self.computed(np.ones_like, layer.z)
        rows = []
        program = self.stage.program
        bundles = [self.reading.bundle(id) for id in (layer.z, layer.a, layer.z if at is None else at)]
        counterparts = {id: self.reading.bundle(id) for id in region}
        try:
            for values in self.settings:
                row = []
                for lane in range(len(bundles[0])):
                    z, a, place = (bundle[lane if lane < len(bundle) else 0] for bundle in bundles)
                    inner = {bundle[lane] for bundle in counterparts.values() if lane < len(bundle)}
                    known = values if at is None else program.rerun(values, {z: values[place]}, sorted(inner))
                    found = program.gradients({a: np.ones(np.shape(known[a]))}, known, inner | {z})
                    row.append(found.get(z, np.zeros(np.shape(known[z]))))
                rows.append(row)
        except (CannotReplay, KeyError, IndexError, ValueError):
            return None
        return samples_of_lanes(rows)

    def lines(self, *more: Node | None) -> list[Place]:
        """The line of the fault and further ones"""
        nodes = [node for node in (self.node, *more) if node is not None]
        return unique([node.place for node in nodes if node.place is not None])

    def lines_after(self, *places: Place | None) -> list[Place]:
        """These lines, as far as they are known, and then the line of the fault"""
        return unique([*(place for place in places if place is not None), *self.lines()])

    def blamed(self, places: Sequence[Place]) -> list[Place]:
        """The lines of a mistake, with the call of a helper before the helper's own line if that is right.

        A line that runs on the way forward as well is right: what it is given on the way back is wrong. If the faulty
        value is returned, the line that takes it comes last, because it may forget something.
        """
        found = []
        for place in places:
            found += [self.reading.asked_by(place), place]
        return unique([*found, *taker_of(found[0] if found else None)])

    def user_of(self) -> list[Place]:
        """The line that hands the faulty value on to a function, in the function that has it from another"""
        stage, made = self.stage, self.node.place
        users = set(stage.program.children[self.node.id]) & stage.needed - self.reading.forward.nodes
        used = stage.node(min(users)).place if users else None
        if made is None or used is None:
            return []
        known = {(one.function, one.caller): one for one in made.callers}
        return [one for one in used.callers if known.get((one.function, one.caller), one) != one][:1]

    def handed_over(self, node: Node, operand: int) -> list[Place]:
        """The line that hands an operand of a node to the node's function, if another function made it"""
        made, used = self.stage.node(operand).place, node.place
        caller = None if used is None else caller_of(used)
        is_other = made is not None and used is not None and made.function != used.function
        return [caller] if caller is not None and is_other else []

    def apart(self) -> list[Place]:
        """The first line that a right value goes through on its way to the broken steps alone, not to right ones"""
        stage, program = self.stage, self.stage.program
        mended = [stage.parameters[id].after for id in self.fault.mends]
        after = program.descendants(self.fault.bundle, within=stage.needed) - set(self.fault.bundle)
        shared = self.into_right_steps & after
        alone = (program.ancestors(mended, stop=stage.parameters) & after) - shared
        place = stage.node(min(alone)).place if shared and alone else None
        return [] if place is None else [place]

    @cached_property
    def into_right_steps(self) -> frozenset[int]:
        """What the steps are made of that agree with their gradients"""
        matches = ((step, self.reading.matches.get(step.before)) for step in self.stage.steps)
        # of a step of 0, what it is made of may be anything
        right = [step.after for step, match in matches if match is not None and not match.nothing]
        return frozenset(self.stage.program.ancestors(right, stop=self.stage.parameters))

    def operands(self) -> list[int]:
        """The nodes that the faulty value is made of directly"""
        return argument_ids(self.node)

    def origin(self, id: int) -> int:
        """The node that this one rearranges: a parameter, before or after its update, or a value of another kind"""
        while id not in self.stage.parameters and id not in self.stage.applied:
            node = self.stage.node(id)
            sources = argument_ids(node)
            if node.operation not in MOVES or not sources:
                return id
            id = sources[0]
        return id

    def is_output(self, layer: Layer) -> bool:
        """Whether a layer's activation is compared with targets"""
        return bool(self.ends & {layer.z, layer.a, *layer.region, *self.reading.bundle(layer.a)})

    def is_gradient_of(self, id: int, forward: int) -> bool:
        """Whether a node is a multiple of the gradient with respect to a forward node"""
        found = self.reading.aligned_with(self.reading.bundle(id), self.settings)
        return any(one in self.reading.bundle(forward) or one == forward for one, _ in found) or self.same(
            id, self.gradient(forward)
        )

    def same_lane(self, first: Layer, second: Layer) -> bool:
        """Whether two layers belong to the same observation"""
        lanes = self.reading.forward.lanes
        return lanes.get(first.z, 0) == lanes.get(second.z, 0)

    def of_errors(self, function: Callable[[Array, Array], Array], layer: Layer | None = None) -> Samples | None:
        """A function of the outputs (or of a layer's pre-activations) and the targets, of all observations."""
        errors = self.stage.errors
        places = self.reading.bundle(layer.z) if layer is not None else [error.output for error in errors]
        pairs = [(places[min(number, len(places) - 1)], error) for number, error in enumerate(errors)]
        return self._sampled(
            lambda values: [
                function(np.asarray(values[id], dtype=float), error.target_values(values)) for id, error in pairs
            ]
        )


def taker_of(place: Place | None) -> list[Place]:
    """The line that takes what a line returns; none if it returns nothing, or nothing of the user's called it"""
    taker = caller_of(place) if place is not None and place.variable == "return" else None
    return [] if taker is None else [taker]


def equal(value: Samples | None, expected: Samples | None) -> bool:
    """Whether values are a multiple of the expected ones, perhaps transposed"""
    return value is not None and expected is not None and align(value, expected) is not None


def is_multiple(value: Samples, expected: Array) -> bool:
    """Whether values are a multiple of expected ones of the same shape"""
    return ratio(value.flat, expected) is not None


def unique(places: Sequence[Place]) -> list[Place]:
    """The places without repetitions of a line"""
    found: dict[tuple[str, int], Place] = {}
    for place in places:
        found.setdefault(place.site, place)
    return list(found.values())


def naming_places(sources: Sources, node: Node) -> list[Place]:
    """Where a value gets its name from a function that makes it, or from another name: a factor may be missing there"""
    if not node.names or node.place is None:
        return []
    found = [sources.renaming_of(node.names), sources.call_of(node.place.function, node.names)]
    return [one for one in found if one is not None]


def first_name(tests: Sequence[Callable[..., Name | None]], *arguments: Any) -> Name | None:
    """The answer of the first test that has one"""
    return next((found for test in tests if (found := test(*arguments)) is not None), None)
