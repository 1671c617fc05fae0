"""Observations that are put in a random order without their targets, or targets without their observations."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Kind, references
from .labels import found_at
from .reading import Reading, targets_of
from .result import Found
from .stage import PRODUCTS, Stage

FEWEST_ROWS = 4  # that show that an order is one
JOINING = frozenset({"concatenate", "append", "stack", "vstack", "hstack", "column_stack"})


def unpaired(reading: Reading) -> list[Found]:
    """The first random order that either the inputs or the targets are put in, while the others are in none."""
    stage, program = reading.stage, reading.stage.program
    forward = [stage.node(id) for id in reading.forward.nodes - stage.parameters.keys()]
    inputs = {id for node in forward if node.operation in PRODUCTS for id in node.parents if id not in stage.dependent}
    targets = set(targets_of(reading.errors)) - stage.dependent
    for ordered, others in ((inputs, targets), (targets, inputs - targets)):
        moved, kept = program.ancestors(ordered), program.ancestors(others)
        is_joined = any(stage.node(id).operation in JOINING for id in moved)
        if is_joined or any(True for _ in orders(stage, kept)):
            continue
        for id, order in orders(stage, moved):
            if are_older_rows(stage, kept, order):
                return [found_at(reading, id, "observations-not-paired", stage.steps)]
    return []


def orders(stage: Stage, within: Collection[int]) -> Iterator[tuple[int, int]]:
    """Operations that put rows in a random order, each with the leaf of the order."""
    for id in sorted(within):
        node = stage.node(id)
        if node.operation not in ("getitem", "take") or len(node.arguments) < 2:
            continue
        first = node.arguments[1][0] if isinstance(node.arguments[1], tuple) else node.arguments[1]
        for leaf in stage.program.ancestors(references(first)):
            order = array_of(stage, leaf)
            is_drawn = stage.node(leaf).kind is Kind.RANDOM and order.ndim == 1 and len(order) >= FEWEST_ROWS
            if is_drawn and np.array_equal(np.sort(order), np.arange(len(order))):
                yield id, leaf


def are_older_rows(stage: Stage, within: Collection[int], order: int) -> bool:
    """Whether values are made of arrays with as many different rows as an order has, and that are older than it."""
    leaves = [stage.node(id) for id in within if stage.node(id).is_leaf and stage.node(id).kind is not Kind.FILL]
    arrays = {one.id: array_of(stage, one.id) for one in leaves if one.shape}
    are_rows = all(id < order and len(one) == len(array_of(stage, order)) for id, one in arrays.items())
    return bool(arrays) and are_rows and all(len(np.unique(one, axis=0)) > 1 for one in arrays.values())


def array_of(stage: Stage, leaf: int) -> NDArray[Any]:
    """The array that a leaf is."""
    return np.asarray(stage.node(leaf).value)
