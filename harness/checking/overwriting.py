"""Arrays that a file refills in place: an item that is written over no longer depends on what stood there.

A file may keep one array for the activations of a layer and write every observation into it. In the recording each
version of that array is made of the one before, so all observations would seem to go into one another. Here every
version is made of what is left in it. Values stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Argument, Node, Recording, Ref, names_every_item, references

Mask = NDArray[np.bool_]

MOST_ELEMENTS = 4096  # of an array whose items are followed one by one
MOST_WORK = 20_000_000  # elements of masks that are looked at, in all arrays together


def without_overwritten(recording: Recording) -> Recording:
    """The recording, with arrays that are refilled in place cut off from what they held before."""
    nodes = list(recording.nodes)
    for node in recording.nodes:
        if node.operation == "setitem" and is_whole(node):
            nodes[node.id] = with_base(node, np.zeros(node.shape, dtype=node.dtype))
    versions = {node for update in recording.updates for node in (update.before, update.after)}
    for chain in chains_of(nodes):
        if not versions & set(chain):  # a parameter whose rows are updated goes on from what it was
            cut_chain(nodes, chain)
    return replace(recording, nodes=tuple(nodes))


def with_base(node: Node, base: Argument) -> Node:
    """The write into another array of the same shape."""
    return replace(node, arguments=(base, *node.arguments[1:]))


def written(shape: tuple[int, ...], index: Any) -> Mask | None:
    """Which items of an array an index means; None if that is not known before a replay."""
    if any(True for _ in references(index)):
        return None
    mask = np.zeros(shape, dtype=bool)
    try:
        mask[index] = True
    except (IndexError, ValueError, TypeError):
        return None
    return mask


def is_whole(node: Node) -> bool:
    """Whether a write goes to every item, as in ``a[:] = z``."""
    parts = node.arguments[1] if isinstance(node.arguments[1], tuple) else (node.arguments[1],)
    if not all(part is Ellipsis or isinstance(part, slice) for part in parts):
        return node.shape == (1,) and parts == (0,)
    if names_every_item(node.arguments[1]):
        return True
    mask = written(node.shape, node.arguments[1])
    return mask is not None and bool(mask.all())


def chains_of(nodes: Sequence[Node]) -> list[list[int]]:
    """The writes into each array, in order, without the arrays that are too large."""
    chains: dict[int, list[int]] = {}  # by the last version
    for node in nodes:
        if node.operation != "setitem" or int(np.prod(node.shape)) > MOST_ELEMENTS:
            continue
        base = node.arguments[0]
        chain = chains.pop(base.id, []) if isinstance(base, Ref) else []
        chain.append(node.id)
        chains[node.id] = chain
    return [chain for chain in chains.values() if len(chain) > 1]


def cut_chain(nodes: list[Node], chain: Sequence[int]) -> None:
    """Let writes begin from the first version of their array if nobody reads what was written in between.

    Args:
        nodes: of the recording; those of the chain are replaced.
        chain: the writes into one array, in order.
    """
    masks = [written(nodes[id].shape, nodes[id].arguments[1]) for id in chain]
    origin = nodes[chain[0]].arguments[0]
    readers = readers_of(nodes, chain)
    stale = np.zeros(nodes[chain[0]].shape, dtype=bool)
    work = 0
    for place, mask in enumerate(masks):
        if mask is None:
            return
        if stale.any() and place and (mask & stale).any():
            fresh = np.zeros_like(stale)
            for later in range(place, len(chain)):
                one = masks[later]
                work += stale.size
                if one is None or work > MOST_WORK:
                    return
                fresh |= one
                left = stale & ~fresh
                if not left.any():
                    nodes[chain[place]] = with_base(nodes[chain[place]], origin)
                    stale = np.zeros_like(stale)
                    break
                if any(reads(reader, chain[later], left) for reader in readers[later]):
                    break
        stale |= mask


def readers_of(nodes: Sequence[Node], chain: Sequence[int]) -> list[list[Node]]:
    """The operations that each version of an array goes into, but for the next write."""
    numbers = {id: place for place, id in enumerate(chain)}
    found: list[list[Node]] = [[] for _ in chain]
    for node in nodes[chain[0] :]:
        for parent in set(node.parents):
            place = numbers.get(parent)
            if place is not None and numbers.get(node.id) != place + 1:
                found[place].append(node)
    return found


def reads(reader: Node, version: int, items: Mask) -> bool:
    """Whether an operation may read some of the items of a version."""
    is_access = reader.operation == "getitem" and reader.arguments[0] == Ref(version)
    mask = written(items.shape, reader.arguments[1]) if is_access else None
    return mask is None or bool((mask & items).any())
