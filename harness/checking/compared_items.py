"""Targets that a loop makes of the label of another observation than the one whose inputs it takes.

``1 if labels[i - 1] == c else 0`` is a plain number, and the recording does not say of which row. The statements of the
loop do: the output is made of ``data[i]``. If the loop begins at 0, its first turn takes the last label for the first
inputs, which no series asks for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ..recording.graph import Place
from ..recording.source import called_name
from .labels import found_at
from .reading import Reading
from .result import Found
from .sources import Sources, names_in, parts_of

MOST_NAMES = 40  # that are followed back through the statements of a loop

Item = tuple[str, str]  # (the variable that is read, the index)


def unpaired_items(reading: Reading, sources: Sources) -> list[Found]:
    """The targets of plain numbers that are of the observation before that of the inputs."""
    known: set[Place] = set()
    for error in reading.errors:
        place = reading.stage.node(error.node).place
        if error.target is not None or error.constant is None or place is None or place in known:
            continue
        known.add(place)
        line = unpaired_line(place, sources)
        if line is not None:
            lines = sources.texts[place.file].splitlines()
            found = Place(file=place.file, line=line, function=place.function, text=lines[line - 1].strip())
            return [found_at(reading, error.node, "observations-not-paired", reading.stage.steps, place=found)]
    return []


def unpaired_line(place: Place, sources: Sources) -> int | None:
    """The line that reads an item by the number before that of the inputs, on the way to a difference."""
    tree = sources.trees.get(place.file)
    loops = [one for one in ast.walk(tree) if isinstance(one, ast.For)] if tree is not None else []
    for loop in loops:
        counter = counter_from_0(loop)
        if not counter or is_asked_for(loop, counter):
            continue
        differences = [
            node
            for node in ast.walk(loop)
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and node.lineno == place.line
        ]
        if len(differences) == 1:
            sides = [items_behind(loop, one, counter) for one in (differences[0].left, differences[0].right)]
            line = odd_line(sides, counter)
            if line is not None:
                return line
    return None


def counter_from_0(loop: ast.For) -> str:
    """The variable of a loop that counts from 0; "" if it does not."""
    is_range = isinstance(loop.iter, ast.Call) and called_name(loop.iter) == "range" and len(loop.iter.args) == 1
    return loop.target.id if is_range and isinstance(loop.target, ast.Name) else ""


def is_asked_for(loop: ast.For, counter: str) -> bool:
    """Whether the counter of a loop itself is compared with something, as to leave out the first turn."""
    asked: list[ast.expr] = []
    for node in ast.walk(loop):
        if isinstance(node, ast.Compare):
            asked += [node.left, *node.comparators]
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            asked.append(node.operand)
        elif isinstance(node, (ast.If, ast.IfExp)):
            asked.append(node.test)
    return any(isinstance(one, ast.Name) and one.id == counter for one in asked)


def items_behind(loop: ast.For, side: ast.expr, counter: str) -> dict[Item, int]:
    """The items of variables that one side of a difference is made of in a loop, each with its line.

    Only those are looked at whose index is made of the counter.
    """
    found: dict[Item, int] = {}
    expressions: list[ast.expr] = [side]
    known: set[str] = {counter}
    while expressions and len(known) < MOST_NAMES:
        expression = expressions.pop()
        for node in ast.walk(expression):
            if isinstance(node, ast.Subscript) and counter in names_in(node.slice, ast.Load):
                found.setdefault((ast.unparse(node.value), ast.unparse(node.slice)), node.lineno)
            elif isinstance(node, ast.Name) and node.id not in known:
                known.add(node.id)
                expressions += values_of(loop, node.id, side.lineno)
    return found


def values_of(loop: ast.For, name: str, end: int) -> Iterator[ast.expr]:
    """The values that the statements of a loop before a line give to a variable, or write into it."""
    for node in ast.walk(loop):
        if not isinstance(node, (ast.Assign, ast.AugAssign)) or node.lineno >= end:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        bases = [one.value if isinstance(one, ast.Subscript) else one for one in targets]
        if any(isinstance(one, ast.Name) and one.id == name for base in bases for one in parts_of(base)):
            yield node.value
            yield from (one.slice for one in targets if isinstance(one, ast.Subscript))


def odd_line(sides: Sequence[dict[Item, int]], counter: str) -> int | None:
    """The line of the item that one side reads by the number before the counter, if the other side is of the counter.

    None if one variable is read by several numbers, as a window of a series is.
    """
    shared = {name for name, _ in sides[0]} & {name for name, _ in sides[1]}
    own = [{item: line for item, line in side.items() if item[0] not in shared} for side in sides]
    for here, other in (own, own[::-1]):
        if len(here) != 1 or len(other) != 1:
            continue
        ((_, index), line), (_, usual) = next(iter(here.items())), next(iter(other))
        if usual == counter and index == f"{counter} - 1":
            return line
    return None
