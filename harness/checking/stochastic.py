"""Samples that a file draws by comparing random numbers with probabilities, such as actions and states of units.

A sample is data, whatever its probability is made of: a gradient goes through the probability, not through the choice.
"""

from __future__ import annotations

from dataclasses import replace

from ..recording.graph import Kind, Node, Recording
from .decisions import ORDERS
from .replay import Program
from .several import as_data


def with_samples_as_data(recording: Recording) -> Recording:
    """The recording, with comparisons of random numbers and values that depend on parameters as random draws."""
    nodes = recording.nodes
    compared = [node for node in nodes if node.operation in ORDERS and any(map(is_drawn, operands(recording, node)))]
    if not compared:
        return recording
    program = Program(nodes)
    dependent = program.descendants([one.before for one in recording.updates])
    samples = [one.id for one in compared if one.id in dependent and has_drawn_threshold(recording, one, dependent)]
    values = program.run(samples, {}, program.base)
    drawn = {id: replace(as_data(nodes[id], values[id]), kind=Kind.RANDOM) for id in samples}
    return replace(recording, nodes=tuple(drawn.get(node.id, node) for node in nodes))


def operands(recording: Recording, node: Node) -> list[Node]:
    """The values that an operation is given"""
    return [recording.nodes[id] for id in node.parents]


def is_drawn(node: Node) -> bool:
    """Whether a value is drawn by a random generator"""
    return node.kind is Kind.RANDOM


def has_drawn_threshold(recording: Recording, node: Node, dependent: set[int]) -> bool:
    """Whether a comparison is one with random numbers other than parameters."""
    return any(is_drawn(one) and one.id not in dependent for one in operands(recording, node))
