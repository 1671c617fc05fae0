"""What the steps of a tape show by themselves, with nothing known of parameters: indices, copies, written items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from .graph import Argument, Kind, Node, Ref
from .tape import Step, Tape
from .versions import FORMS, Role

MAX_PATH = 64  # operations between a parameter and the operand of its update

Path: TypeAlias = tuple[int, ...]  # the indices that lead to an item or a row of an array


def container_of(name: str) -> str:
    """A name without its last index: self.weights for self.weights[0]."""
    return name.rpartition("[")[0] if name.endswith("]") else name


def attribute_of(name: str) -> str:
    """A container without what it belongs to: weights for self.weights[0] and layer.weights."""
    return container_of(name).rpartition(".")[2]


def indices_of(index: Argument) -> Path | None:
    """The integers that an index is made of; None if it is made of something else."""
    parts = index if isinstance(index, tuple) else (index,)
    whole = tuple(one for one in parts if isinstance(one, int) and one >= 0)
    return whole if len(whole) == len(parts) else None


def items_of(values: list[Argument], place: Path = ()) -> Iterator[tuple[Path, Argument]]:
    """(place, item) of nested lists."""
    for number, value in enumerate(values):
        if isinstance(value, list):
            yield from items_of(value, (*place, number))
        else:
            yield (*place, number), value


def index_of(step: Step) -> Path | None:
    """The index of an item or a row that a step reads; None if it reads something else."""
    return indices_of(step.arguments[1]) if step.operation == "getitem" and len(step.arguments) == 2 else None


def candidates_of(step: Step) -> Iterator[tuple[int, int, int]]:
    """(operand, change, sign) of every way to read a step as an update."""
    operands = step.arguments
    if step.operation in ("add", "subtract") and len(operands) == 2:
        left, right = operands
        if isinstance(left, Ref) and isinstance(right, Ref):
            yield left.id, right.id, 1 if step.operation == "add" else -1
            if step.operation == "add" and not step.in_place:
                yield right.id, left.id, 1


def moved_by_number(step: Step) -> int | None:
    """The operand that a plain number is added to or subtracted from: ``b + 0.1``; None if it is not such a sum."""
    if step.operation not in ("add", "subtract") or len(step.arguments) != 2:
        return None
    left, right = step.arguments
    return left.id if isinstance(left, Ref) and isinstance(right, (int, float)) else None


def role_of(step: Step, place: int) -> Role | None:
    """What an operation does with one of its operands, and where.

    The operand before it may be a plain number in one turn of a loop and recorded in another: 0.5 * w, x * w.
    """
    if step.place is None:
        return None
    if place < len(step.parents) < len(step.arguments):
        recorded = [number for number, one in enumerate(step.arguments) if isinstance(one, Ref)]
        place = recorded[place] if len(recorded) == len(step.parents) else place
    return (*step.place.site, step.operation, place)


def is_square(step: Step | Node) -> bool:
    """Whether a step makes the square of an array."""
    if step.operation == "multiply":
        return len(step.parents) == 2 and step.parents[0] == step.parents[1]
    return step.operation == "square" or (step.operation == "power" and step.arguments[1:] == (2,))


def is_part(tape: Tape, node: int) -> bool:
    """Whether a node is a part of an array, as the weights of one layer in a flat vector of all."""
    while tape.steps[node].operation in FORMS and tape.steps[node].parents:
        node = tape.steps[node].parents[0]
    return tape.steps[node].operation == "getitem"


def is_replaced(tape: Tape, version: int, path: Path, closed: int) -> bool:
    """Whether an item was written since the last forward pass; writing one item leaves the others as they were."""
    while version != closed:
        step = tape.steps[version]
        read = index_of(step)
        if read is not None:  # the rest of a row is that of the array it was read from
            version, path = step.parents[0], read + path
            continue
        written = indices_of(step.arguments[1]) if step.operation == "setitem" else None
        if written is None or not isinstance(step.arguments[0], Ref):
            return version > closed
        if path[: len(written)] == written[: len(path)]:
            value = step.arguments[2]
            if len(path) <= len(written) or not isinstance(value, Ref):
                return True
            version, path = value.id, path[len(written) :]
        else:
            version = step.arguments[0].id
    return False


def original_of(tape: Tape, node: int) -> int:
    """The node that a copy was made of, in another type as well; the node itself if it is not a copy."""
    for _ in range(MAX_PATH):
        step = tape.steps[node]
        if step.operation not in ("copy", "astype") or not step.parents:
            return node
        node = step.parents[0]
    return node


def index_by_value(tape: Tape, index: object) -> object:
    """An index; a list of rows, which is made an array each time that it is used, by its numbers."""
    if isinstance(index, Ref):
        step = tape.steps[index.id]
        if step.kind is Kind.DATA and step.value is not None and not isinstance(step.value, tuple):
            return step.shape, step.value.tobytes()
    return index
