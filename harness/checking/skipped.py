"""A forward pass that leaves out a layer which its gradients go back through.

The proof is the other program: with the output of that layer in the place of what the next layer was given, and nothing
else changed, every update is the gradient.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..recording.graph import Node, Place, Recording, Ref
from .replay import Program
from .stage import MATRIX_PRODUCTS, Step

MOST_CANDIDATES = 4


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A layer's output that the forward pass could have meant."""

    product: Node  # which is given something else
    output: Node  # of the layer that is left out
    recording: Recording  # as it would be with the layer

    @property
    def lines(self) -> tuple[Place, ...]:
        """Where the output gets its name"""
        trail = () if self.output.place is None else self.output.place.trail
        return tuple(one for one in trail if one.variable in self.output.names)[:1]


def without_skipping(recording: Recording, program: Program, steps: Sequence[Step]) -> Iterator[Skipped]:
    """The recordings in which a product with a parameter is given a value that only the backward pass uses."""
    parameters = {step.before for step in steps}
    computed = sorted(program.descendants(parameters) - parameters)
    tried = 0
    for id in computed:
        node = program.nodes[id]
        given = [one for one in program.parents[id] if one not in parameters]
        if node.operation not in MATRIX_PRODUCTS or len(program.parents[id]) != 2 or len(given) != 1:
            continue
        shape = program.nodes[given[0]].shape
        for other in (one for one in computed if given[0] < one < id):
            output = program.nodes[other]
            is_unused = bool(program.children[other]) and min(program.children[other]) > id
            if not output.names or output.shape != shape or not is_unused:
                continue
            if tried == MOST_CANDIDATES:
                return
            tried += 1
            yield Skipped(product=node, output=output, recording=_with(recording, node, given[0], output))


def _with(recording: Recording, product: Node, given: int, output: Node) -> Recording:
    """The recording in which each run of a product's line is given the latest run of another."""
    nodes, latest, instead = list(recording.nodes), -1, recording.nodes[given].names
    for number, node in enumerate(nodes):
        if (node.operation, node.place, node.names) == (output.operation, output.place, output.names):
            latest = node.id
        if latest < 0 or (node.operation, node.place, node.shape) != (product.operation, product.place, product.shape):
            continue
        own = next((one for one in node.parents if recording.nodes[one].names == instead), None)
        if own is not None:
            arguments: Any = tuple(Ref(latest) if one == Ref(own) else one for one in node.arguments)
            nodes[number] = replace(node, arguments=arguments)
    return replace(recording, nodes=tuple(nodes))
