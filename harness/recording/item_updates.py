"""Updates that are made item by item: of an array, of its rows, or of a new array that takes its place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .found import leaf_of
from .graph import Argument, Kind, Ref, names_every_item
from .known import KnownVersions
from .steps import (
    MAX_PATH,
    Path,
    candidates_of,
    index_by_value,
    index_of,
    indices_of,
    items_of,
    moved_by_number,
    original_of,
)
from .tape import Step, Tape

MAX_TERMS = 4  # of a sum that replaces an item: a step, a share of the last one, a penalty
LISTED = frozenset({"array", "stack", "vstack"})  # operations that put the items of a list together


def is_item_update(known: KnownVersions, base: int, version: int, index: object, value: int) -> bool:
    """Whether ``base[index] = value`` is ``base[index] = base[index] - change``, if by way of a row of the base."""
    origin, indices = _access(known, base)
    item = origin, tuple(one for one in (*indices, index_by_value(known.tape, index)) if not names_every_item(one))
    inner = known.tape.steps[value]
    if inner.operation == "setitem" and isinstance(inner.arguments[0], Ref) and isinstance(inner.arguments[2], Ref):
        row = inner.arguments[0].id
        return _access(known, row) == item and is_item_update(
            known, row, version, inner.arguments[1], inner.arguments[2].id
        )
    moved = moved_by_number(inner)
    if moved is not None and _access(known, moved) == item and known.is_moved_by_branch(version):
        return True
    return any(known.depends(change, version) for change in _added_to(known, inner, item, MAX_TERMS))


def _added_to(known: KnownVersions, step: Step, item: tuple[int, tuple[object, ...]], terms: int) -> Iterator[int]:
    """What a sum of a few terms adds to an item or subtracts from it, such as a step and the share of the last one."""
    for operand, change, _ in candidates_of(step) if terms else ():
        if _access(known, operand) == item:
            yield change
        elif inner := list(_added_to(known, known.tape.steps[operand], item, terms - 1)):
            yield from (*inner, change)


def assembled_version(known: KnownVersions, step: Step) -> int | None:
    """The version that a new array replaces: ``np.array([w - change for w, change in zip(weights, changes)])``."""
    if step.operation not in LISTED or not step.arguments or not isinstance(step.arguments[0], list):
        return None
    version, is_changed = None, False
    for place, item in items_of(step.arguments[0]):
        inner = known.tape.steps[item.id] if isinstance(item, Ref) else step
        changes = list(candidates_of(inner))
        kept = [item] if inner.operation not in ("add", "subtract") else inner.arguments[:1]  # if the change is 0
        operands = [operand for operand, _, _ in changes] or [one.id for one in kept if isinstance(one, Ref)]
        replaced = _first_array_of(known, operands, place)
        if replaced is None or version not in (None, replaced):
            return None
        version = replaced
        is_changed = is_changed or any(known.depends(change, version) for _, change, _ in changes)
    return version if is_changed and version is not None and known.tape.steps[version].shape == step.shape else None


def filled_version(known: KnownVersions, step: Step) -> int | None:
    """The version that zeros take the place of when their last item is written: ``new[i] = w[i] - change``."""
    last = tuple(length - 1 for length in step.shape)
    if not last or written_item(known.tape, step)[0] != last:
        return None
    version, is_changed, written = None, False, set()
    while step.operation == "setitem" and step.id not in known.owner:
        base, (path, value) = step.arguments[0], written_item(known.tape, step)
        if path is None or not (isinstance(base, Ref) and isinstance(value, Ref)):
            return None
        item = known.tape.steps[value.id]
        changes = list(candidates_of(item))
        replaced = _first_array_of(known, [operand for operand, _, _ in changes], path)
        if replaced is None or version not in (None, replaced):
            return None
        version = replaced
        is_changed = is_changed or any(
            known.depends(change, version)
            # a target less an output that only shares its origin with it
            and (version in known.owner or known.leads_to(item, version, operand, change))
            for operand, change, _ in changes
        )
        written.add(path)
        step = known.tape.steps[base.id]
    zeros = known.tape.steps[leaf_of(known.tape, step.id)]
    is_whole = zeros.kind is Kind.FILL and len(written) == math.prod(step.shape)
    is_like = version is not None and known.tape.steps[version].shape == step.shape
    return version if is_changed and is_whole and is_like else None


def written_item(tape: Tape, step: Step) -> tuple[Path | None, Argument]:
    """The place and the value of an item that a step writes, also by way of its row: ``new[k][j] = value``."""
    base, index, value = step.arguments
    path = indices_of(index)
    while path is not None and isinstance(value, Ref) and tape.steps[value.id].operation == "setitem":
        row, index, inner = tape.steps[value.id].arguments
        if not isinstance(row, Ref):
            break
        view = tape.steps[row.id]
        if index_of(view) != path or view.arguments[0] != base:
            break  # another array, which takes the place of a row
        rest = indices_of(index)
        path, base, value = (path + rest if rest is not None else None), row, inner
    return path, value


def _first_array_of(known: KnownVersions, nodes: Sequence[int], place: Path) -> int | None:
    """The latest version of the first array that has one of the nodes as its item at this place."""
    return next((version for one in nodes if (version := _array_of(known, one, place)) is not None), None)


def _array_of(known: KnownVersions, node: int, place: Path) -> int | None:
    """The latest version of an array that has the node as its item at this place."""
    path: Path = ()
    while (index := index_of(known.tape.steps[node])) is not None:
        node, path = known.tape.steps[node].parents[0], index + path
    version, is_scaled = known.version_of(node)
    return version if path == place and not is_scaled else None


def _access(known: KnownVersions, node: int) -> tuple[int, tuple[object, ...]]:
    """(first version or array, indices) of an item."""
    indices: list[object] = []
    for _ in range(MAX_PATH):
        node = original_of(known.tape, node)
        step = known.tape.steps[node]
        if step.operation != "getitem" or not isinstance(step.arguments[0], Ref) or node in known.owner:
            break
        if not names_every_item(step.arguments[1]):
            indices.insert(0, index_by_value(known.tape, step.arguments[1]))
        node = step.arguments[0].id
    version, _ = known.version_of(node)
    chain = known.owner.get(node if version is None else version)
    return (node if version is None else version) if chain is None else chain.first, tuple(indices)
