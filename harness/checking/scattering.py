"""Large arrays that a file fills item by item: all writes of one line become one operation.

``output[i, j] = ...`` in loops over the pixels of an image makes a version of the array for every pixel. Replays would
copy each of them, although nobody reads any but the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..recording.graph import Node, Recording, Ref, references
from .replay import size_of

MIN_COPIED_ELEMENTS = 500_000  # by all writes of a chain, from which on they are taken together


def without_scattered_writes(recording: Recording) -> Recording:
    """The recording, with the writes of a line into a large array as one node in the place of the last of them."""
    chains = chains_of(recording)
    if not chains:
        return recording
    nodes = list(recording.nodes)
    for chain in chains:
        nodes[chain[-1]] = taken_together(recording.nodes, chain)
    return replace(recording, nodes=tuple(nodes))


def chains_of(recording: Recording) -> list[list[int]]:
    """The writes of one line into one array, in order; nothing reads the array before the last."""
    nodes = recording.nodes
    readers = [0] * len(nodes)
    for node in nodes:
        for parent in set(node.parents):
            readers[parent] += 1
    kept = {one for update in recording.updates for one in (update.before, update.after, *update.parts)}
    kept |= {gradient.node for gradient in recording.gradients}
    chains: dict[int, list[int]] = {}  # by the last write
    for node in nodes:
        if node.operation != "setitem" or any(True for _ in references(node.arguments[1])):
            continue
        base = node.arguments[0]
        chain = chains.get(base.id) if isinstance(base, Ref) and base.id not in kept else None
        if chain is not None and readers[chain[-1]] == 1 and nodes[chain[-1]].place == node.place:
            del chains[chain[-1]]
            chain.append(node.id)
            chains[node.id] = chain
        else:
            chains[node.id] = [node.id]
    return [
        chain
        for chain in chains.values()
        if len(chain) > 1 and len(chain) * size_of(nodes[chain[-1]]) >= MIN_COPIED_ELEMENTS
    ]


def taken_together(nodes: Sequence[Node], chain: Sequence[int]) -> Node:
    """All writes of a chain as one node."""
    writes = [nodes[id].arguments for id in chain]
    indices = tuple(write[1] for write in writes)
    return replace(
        nodes[chain[-1]], operation="setitems", arguments=(writes[0][0], indices, [write[2] for write in writes])
    )
