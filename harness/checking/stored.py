"""Numbers that a file keeps in items of an array, as in ``y[i] = step(z)``, and reads from there.

In the recording such a number is made of the whole array, and so of all that was written into it before. Here what
reads an item takes what was put there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..recording.graph import Node, Recording, Ref, holds_numbers_alone


def with_stored_numbers(recording: Recording) -> Recording:
    """The recording, with the numbers that were written into items instead of the items, those of parameters left."""
    kept = {id for one in recording.updates for id in (one.before, one.after, *one.parts)}
    numbers: dict[int, Any] = {}  # by the node that reads an item
    nodes = list(recording.nodes)
    for node in recording.nodes:
        if numbers.keys() & node.parents:
            node = replace(node, arguments=tuple(with_numbers(one, numbers) for one in node.arguments))
            nodes[node.id] = node
        number = stored_number(nodes, node, kept) if node.operation == "getitem" and node.shape == () else None
        if number is not None:
            numbers[node.id] = number
    return replace(recording, nodes=tuple(nodes)) if numbers else recording


def stored_number(nodes: Sequence[Node], node: Node, kept: set[int]) -> Any:
    """What was put into the item that a node reads; None if it was there from the beginning, or if that is not known.

    Args:
        kept: the versions of arrays that are left as they are.
    """
    source, item = node.arguments
    while isinstance(source, Ref) and source.id not in kept and nodes[source.id].operation == "setitem":
        base, written, number = nodes[source.id].arguments
        if written == item and is_item(item):
            value = np.asarray(nodes[number.id].value if isinstance(number, Ref) else number)
            is_same = value.ndim == 0 and float(value) == float(np.asarray(node.value))
            return number if is_same else None
        if not is_item(item) or not is_item(written):
            return None
        source = base
    return None


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
