"""Perceptrons of several classes: the class of the largest output is picked, and compared with the label.

Of a wrong class, its input is subtracted from the weights, and added to those of the label. That descends the largest
output minus that of the label (K. Crammer and Y. Singer, Ultraconservative online algorithms for multiclass problems,
JMLR 3, 2003). A class that is picked is a whole number, which the recording may hold as a plain one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..recording.graph import Node, Recording, Ref
from .decisions import EQUALITIES
from .replay import Program

PICKS = "argmax"
BY_INDEX = frozenset({"getitem", "setitem", "add_at", "subtract_at"})


def with_picked_classes(recording: Recording) -> Recording:
    """The recording, with each class that was picked as the operation that picks it, and without asking whether it is
    right: of such a class, as much is added to its weights as is subtracted."""
    nodes = recording.nodes
    if not any(node.operation == PICKS and node.shape == () for node in nodes):
        return recording
    versions = {id for one in recording.updates for id in (one.before, one.after, *one.parts)}
    whole = {guard.node: guard.value for guard in recording.guards if guard.how in ("int", "index")}
    known: dict[int, Ref] = {}  # the latest pick of each number
    changed: list[Node] = []
    for node in nodes:
        if node.operation == PICKS and node.id in whole:
            known = {int(whole[node.id]): Ref(node.id)}
        base = node.arguments[0] if node.arguments else None
        if node.operation in BY_INDEX and isinstance(base, Ref) and base.id in versions:
            node = replace(node, arguments=(base, with_picks(node.arguments[1], known), *node.arguments[2:]))
        elif node.operation in EQUALITIES and len(node.parents) == 1:
            node = replace(node, arguments=tuple(with_picks(one, known) for one in node.arguments))
        changed.append(node)
    picks = Program(changed).ancestors([one.after for one in recording.updates])
    picks = {id for id in picks if changed[id].operation == PICKS}
    if not picks:
        return recording
    asked = {node.id for node in changed if node.operation in EQUALITIES and picks & set(node.parents)}
    guards = tuple(one for one in recording.guards if one.node not in asked | picks)
    return replace(recording, nodes=tuple(changed), guards=guards)


def with_picks(index: Any, known: Mapping[int, Ref]) -> Any:
    """An index, or a part of it, as the pick of that number"""
    if isinstance(index, tuple):
        return tuple(with_picks(one, known) for one in index)
    return known.get(index, index) if type(index) is int else index
