"""A parameter through several iterations: its steps, and the values that their gradients come in by."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .alignment import ratio
from .matching import gradient_nodes
from .reading import Reading
from .replay import Program, size_of
from .stage import Step

Array = NDArray[Any]

ELEMENTS = 4  # of one parameter that a rule is compared at


@dataclass(frozen=True, kw_only=True)
class Chain:
    """One parameter through several iterations."""

    steps: tuple[Step, ...]  # its steps
    gradients: tuple[int, ...]  # for each, the node that its gradient comes in by
    signs: tuple[float, ...]  # for each, the sign of that node's factor
    # other nodes that are computed as the same gradient, each with its iteration and its multiple of it
    twins: tuple[tuple[int, int, float], ...] = ()

    @property
    def is_of_one_part(self) -> bool:
        """Whether all its steps write the same items, such as all of them; else those of each show little of a state"""
        return all(np.array_equal(mask, self.written[0]) for mask in self.written)

    @cached_property
    def written(self) -> list[Array]:
        """For each step, whether it writes an item, in the shape of the parameter."""
        masks = [np.zeros(step.shape, dtype=bool) for step in self.steps]
        for step, mask in zip(self.steps, masks):
            mask[step.part] = True
        return masks

    @cached_property
    def compared(self) -> Array:
        """The places of the items that a rule is compared at: the first that each step writes."""
        return np.unique(np.concatenate([np.flatnonzero(mask)[:ELEMENTS] for mask in self.written]))

    def given(self, program: Program, drawn: Sequence[Array]) -> dict[int, Any]:
        """The values of its gradient nodes, and of their twins, for a gradient of the parameter at each step."""
        found: dict[int, Any] = {}
        for step, id, sign, one in zip(self.steps, self.gradients, self.signs, drawn):
            shape = program.nodes[id].shape
            value = one if math.prod(shape) == one.size else one[step.part]
            found[id] = sign * value.reshape(shape)
        return found | {id: factor * found[self.gradients[number]] for number, id, factor in self.twins}

    @property
    def name(self) -> str:
        """The user's name of the parameter."""
        return self.steps[0].name


def gradient_node(reading: Reading, step: Step) -> tuple[int, float] | None:
    """The first node that is the gradient of a step, and through which alone the step depends on the iteration."""
    stage = reading.stage
    program = stage.program
    others = {one.after for one in stage.steps if one.before != step.before}
    shared: tuple[int, float] | None = None
    nodes = sorted(gradient_nodes(reading, step))
    clipped = [(one, factor) for gradient, factor in nodes for one in clipped_nodes(reading, gradient)]
    for id, factor in (*nodes, *clipped):
        left = program.ancestors([step.after], stop=[*stage.parameters, id]) & stage.dependent
        if left & (reading.forward.nodes | set(stage.parameters)) <= {step.before}:
            # a delta times a constant input is a gradient, and so is the delta itself, which others are made of too
            if not program.descendants([id], within=stage.needed) & others:
                return id, factor
            shared = shared or (id, factor)
    return shared


def clipped_nodes(reading: Reading, gradient: int) -> Iterator[int]:
    """The products of a gradient with a positive number that gradients are made into, such as a share of their norm."""
    stage = reading.stage
    for id in sorted(set(stage.program.children[gradient]) & stage.needed):
        others = [one for one in stage.program.parents[id] if one != gradient]
        if stage.node(id).operation not in ("multiply", "divide") or len(others) != 1 or size_of(stage.node(id)) < 2:
            continue
        share = (
            stage.samples(others[0]) if size_of(stage.node(others[0])) == 1 and others[0] in stage.dependent else None
        )
        if share is not None and np.all(share.flat > 0):
            yield id


def twins_of(reading: Reading, step: Step, known: int) -> list[tuple[int, float]]:
    """What a file computes once more as the gradient of a step beside a node, for a later one, with its factor.

    The gradient of the step before is often kept, but ``last = x.T @ delta`` is another product of the same arrays.
    """
    stage, gradient = reading.stage, reading.gradient_samples((step.before,))
    own = stage.samples(known)
    others = stage.dependent - stage.needed - reading.forward.nodes - stage.program.descendants([known])
    alike = [id for id in sorted(others) if stage.node(id).shape == step.shape != ()]
    if gradient is None or own is None or not stage.extend(alike):
        return []
    values = [(id, value) for id in alike if (value := stage.samples(id)) is not None]
    found = [(id, ratio(value.flat, own.flat)) for id, value in values]
    return [(id, factor) for id, factor in found if factor is not None]


def chains_of(readings: Sequence[Reading]) -> list[Chain] | None:
    """Every parameter's steps with their gradients, through all iterations; None if one gradient is not found.

    A parameter whose gradient is 0 in one of them, as that of a weight whose input is 0, is left out.
    """
    by_parameter: dict[int, list[tuple[Step, int, float]]] = {}
    twins: dict[int, list[tuple[int, int, float]]] = {}
    for number, reading in enumerate(readings):
        for step in reading.stage.steps:
            found = gradient_node(reading, step)
            match = reading.matches.get(step.before)
            if found is None and match is not None and match.nothing:
                continue
            if found is None or step.parameter < 0:
                return None
            by_parameter.setdefault(step.parameter, []).append((step, *found))
            beside = twins_of(reading, step, found[0])
            twins.setdefault(step.parameter, []).extend((number, id, factor) for id, factor in beside)
    return [
        Chain(
            steps=tuple(one[0] for one in rows),
            gradients=tuple(one[1] for one in rows),
            signs=tuple(float(np.sign(one[2])) for one in rows),
            twins=tuple(twins[parameter]),
        )
        for parameter, rows in by_parameter.items()
        if len(rows) == len(readings)
    ]
