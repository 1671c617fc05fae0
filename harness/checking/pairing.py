"""Observations that are put in a random order without their targets, or in another one than their targets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Kind, references
from .labels import found_at
from .reading import Reading, targets_of
from .result import Found
from .stage import JOINING, PRODUCTS, Stage

FEWEST_ROWS = 4  # that show that an order is one


def unpaired(reading: Reading) -> list[Found]:
    """The first random order that only the inputs or the targets are put in, or another one than the others are in."""
    stage, program = reading.stage, reading.stage.program
    forward = [stage.node(id) for id in reading.forward.nodes - stage.parameters.keys()]
    factors = {id for node in forward if node.operation in PRODUCTS for id in node.parents if id not in stage.dependent}
    targets = set(targets_of(reading.errors)) - stage.dependent
    inputs = factors - program.descendants(targets)  # a cross-entropy has factors made of targets
    for ordered, others in ((inputs, targets), (targets, inputs)):
        moved, kept = program.ancestors(ordered), program.ancestors(others)
        if any(stage.node(id).operation in JOINING for id in moved):
            continue
        own, theirs = draws(stage, moved), draws(stage, kept)
        lengths = {len(array_of(stage, leaf)) for leaf in unshared(stage, theirs, own).values()}
        for id, leaf in unshared(stage, own, theirs).items():
            drawn = array_of(stage, leaf)
            is_order = not theirs and np.array_equal(np.sort(drawn), np.arange(len(drawn)))
            if len(drawn) in lengths or (is_order and are_older_rows(stage, kept, leaf)):
                return [found_at(reading, id, "observations-not-paired", stage.steps)]
    return []


def draws(stage: Stage, within: Collection[int]) -> dict[int, int]:
    """Operations that take rows by random numbers, such as an order, each with the leaf of the numbers."""
    found = {}
    for id in sorted(within):
        node = stage.node(id)
        if node.operation not in ("getitem", "take") or len(node.arguments) < 2:
            continue
        first = node.arguments[1][0] if isinstance(node.arguments[1], tuple) else node.arguments[1]
        for leaf in stage.program.ancestors(references(first)):
            drawn = array_of(stage, leaf)
            if stage.node(leaf).kind is Kind.RANDOM and drawn.ndim == 1 and len(drawn) >= FEWEST_ROWS:
                found[id] = leaf
    return found


def unshared(stage: Stage, own: Mapping[int, int], others: Mapping[int, int]) -> dict[int, int]:
    """The draws whose numbers are not those of any other"""
    known = [array_of(stage, leaf) for leaf in others.values()]
    return {
        id: leaf for id, leaf in own.items() if not any(np.array_equal(array_of(stage, leaf), one) for one in known)
    }


def are_older_rows(stage: Stage, within: Collection[int], order: int) -> bool:
    """Whether values are made of arrays with as many different rows as an order has, and that are older than it."""
    leaves = [stage.node(id) for id in within if stage.node(id).is_leaf and stage.node(id).kind is not Kind.FILL]
    arrays = {one.id: array_of(stage, one.id) for one in leaves if one.shape}
    are_rows = all(id < order and len(one) == len(array_of(stage, order)) for id, one in arrays.items())
    return bool(arrays) and are_rows and all(len(np.unique(one, axis=0)) > 1 for one in arrays.values())


def array_of(stage: Stage, leaf: int) -> NDArray[Any]:
    """The array that a leaf is."""
    return np.asarray(stage.node(leaf).value)
