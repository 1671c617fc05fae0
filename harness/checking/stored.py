"""Numbers that a file keeps in items of an array, as in ``y[i] = step(z)``, and reads from there.

In the recording such a number is made of the whole array, and so of all that was written into it before. Here what
reads an item takes what was put there.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..recording.graph import Node, Recording, Ref, holds_numbers_alone


class Writes:
    """What was written into single items of arrays, by the version that each statement left.

    Versions that follow one another are a series, so that what an item holds is looked up and not searched.

    Args:
        kept: the versions of arrays that are left as they are; a series ends there.
    """

    def __init__(self, kept: set[int]) -> None:
        self.kept = kept
        self.series: dict[int, int] = {}  # the number of its series, by version
        self.lasts: dict[int, int] = {}  # the last version, by series
        self.written: dict[tuple[int, Any], list[tuple[int, Any]]] = {}  # versions and numbers, by series and item

    def add(self, node: Node) -> None:
        """Take in a node that writes into an array; one that writes more than an item begins anew."""
        base, item, number = node.arguments
        if not is_item(item) or node.id in self.kept:
            return
        before = base.id if isinstance(base, Ref) else -1
        series = self.series.get(before, -1)
        if self.lasts.get(series) != before:
            series = len(self.lasts)
        self.series[node.id], self.lasts[series] = series, node.id
        self.written.setdefault((series, item), []).append((node.id, number))

    def last(self, version: int, item: Any) -> Any:
        """What was last written into an item of a version; None if that is not known."""
        series = self.series.get(version)
        found = self.written.get((series, item), []) if series is not None and is_item(item) else []
        place = bisect.bisect_right(found, version, key=lambda one: one[0])
        return found[place - 1][1] if place else None


def with_stored_numbers(recording: Recording) -> Recording:
    """The recording, with the numbers that were written into items instead of the items, those of parameters left."""
    writes = Writes({id for one in recording.updates for id in (one.before, one.after, *one.parts)})
    numbers: dict[int, Any] = {}  # by the node that reads an item
    nodes = list(recording.nodes)
    for node in recording.nodes:
        if numbers.keys() & node.parents:
            node = replace(node, arguments=tuple(with_numbers(one, numbers) for one in node.arguments))
            nodes[node.id] = node
        if node.operation == "setitem":
            writes.add(node)
        number = stored_number(nodes, node, writes) if node.operation == "getitem" and node.shape == () else None
        if number is not None:
            numbers[node.id] = number
    return replace(recording, nodes=tuple(nodes)) if numbers else recording


def stored_number(nodes: Sequence[Node], node: Node, writes: Writes) -> Any:
    """What was put into the item that a node reads; None if it was there from the beginning, or if that is not known"""
    source, item = node.arguments
    number = writes.last(source.id, item) if isinstance(source, Ref) else None
    if number is None:
        return None
    value = np.asarray(nodes[number.id].value if isinstance(number, Ref) else number)
    return number if value.ndim == 0 and float(value) == float(np.asarray(node.value)) else None


def is_item(index: Any) -> bool:
    """Whether an index means one item, counted from the beginning of the array."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(type(part) is int and part >= 0 for part in parts)


def with_numbers(tree: Any, numbers: dict[int, Any]) -> Any:
    """An argument with numbers in place of the nodes that read them."""
    if isinstance(tree, Ref):
        return numbers.get(tree.id, tree)
    if isinstance(tree, (list, tuple)) and not holds_numbers_alone(tree):
        return type(tree)(with_numbers(item, numbers) for item in tree)
    return tree
