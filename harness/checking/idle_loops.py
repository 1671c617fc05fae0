"""A loop that repeats one forward pass, with the updates after it: there is one step, however long it trains."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from ..recording.graph import Place, Recording, Site
from ..recording.literals import is_sum_with, last_name
from ..recording.loops import Function, enclosing
from .exceptions import GROWING
from .result import Found
from .sources import Sources, names_in
from .stage import MATRIX_PRODUCTS

FEWEST_ROUNDS = 3  # with the same outputs
SHOWING = frozenset({"print", "append", "format", "write", "info", "set_description"})


def update_after_loop(recording: Recording, sources: Sources) -> Found | None:
    """The first update after a loop that only repeats one forward pass, or None.

    Args:
        recording: of a run that ended in that loop before any update, or that updated every parameter once.
        sources: the user's files.
    """
    most = max((len(one.updates) for one in recording.parameters), default=0)
    if most > 1 and not recording.driven.calls:
        return None
    trees = [(name, tree) for name, tree in sources.trees.items() if "range(" in sources.texts[name]]
    for file, tree in trees:
        for loop, rest in loops_with_rest(tree):
            updates = [one for one in rest if is_update(one)]
            if not updates or not only_repeats(loop, rest, updates, sources):
                continue
            if most > 1 and not is_called_from_outside(recording, tree, loop):
                continue
            if (is_last_loop(recording, file, loop) if most == 0 else are_after(recording, file, updates)) and (
                has_same_rounds(recording, file, loop)
            ):
                texts = sources.texts[file].splitlines()
                places = [Place(file=file, line=one.lineno, text=texts[one.lineno - 1].strip()) for one in updates]
                start = Place(file=file, line=loop.lineno, text=texts[loop.lineno - 1].strip())
                return Found(id="update-not-repeated", place=places[0], others=(start, *places[1:]))
    return None


def is_called_from_outside(recording: Recording, tree: ast.Module, loop: ast.For) -> bool:
    """Whether the calls that were found go to the function of a loop, so that theirs is the only other loop."""
    functions = [one for one in ast.walk(tree) if isinstance(one, Function) and loop in ast.walk(one)]
    calls = "\n".join(recording.driven.calls)
    return [*enclosing(tree, loop.lineno)] == [loop] and any(f"{one.name}(" in calls for one in functions)


def loops_with_rest(tree: ast.Module) -> Iterator[tuple[ast.For, list[ast.stmt]]]:
    """The loops that count, each with the statements that follow it in its block."""
    for node in ast.walk(tree):
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if not isinstance(block, list):
                continue
            for place, one in enumerate(block):
                if isinstance(one, ast.For) and isinstance(one.iter, ast.Call) and last_name(one.iter.func) == "range":
                    yield one, block[place + 1 :]


def is_update(statement: ast.stmt) -> bool:
    """Whether a statement adds something to a value or subtracts something from it."""
    if isinstance(statement, ast.AugAssign):
        return isinstance(statement.op, (ast.Add, ast.Sub)) and not isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Assign) and is_sum_with(statement.value, statement.targets[0])


def only_repeats(loop: ast.For, rest: Sequence[ast.stmt], updates: Sequence[ast.stmt], sources: Sources) -> bool:
    """Whether each round of a loop does the same for the updates after it, which use what the last one computed."""
    inside = [node for one in loop.body for node in ast.walk(one)]
    counter = {one.id for one in ast.walk(loop.target) if isinstance(one, ast.Name)}
    shown = {id(node) for one in inside for part in parts_shown(one) for node in ast.walk(part)}
    if any(isinstance(one, ast.Name) and one.id in counter and id(one) not in shown for one in inside):
        return False
    after = {one for statement in rest for one in names_in(statement, ast.Load)}
    grown = [one for one in inside if isinstance(one, ast.stmt) and is_update(one)]
    lists = {ast.unparse(one.value) for one in inside if isinstance(one, ast.Attribute) and one.attr in GROWING}
    if after & (lists | {name for one in grown for name in names_in(one, ast.Store)}):
        return False
    stored = {name for one in (*loop.body, *called_by(loop, sources)) for name in names_in(one, ast.Store)}
    targets = {name for one in updates for name in names_in(one, ast.Store)}
    return bool(stored & after) and not stored & targets


def parts_shown(node: ast.AST) -> list[ast.AST]:
    """The parts of a statement that decide when something is shown, or that are shown."""
    if isinstance(node, ast.If):
        return [node.test]
    return [node] if isinstance(node, ast.Call) and last_name(node.func) in SHOWING else []


def called_by(loop: ast.For, sources: Sources) -> list[ast.AST]:
    """The functions of the project that a loop may call, by way of others too."""
    functions = [one for tree in sources.trees.values() for one in ast.walk(tree) if isinstance(one, Function)]
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [loop]
    while waiting:
        names = {last_name(one.func) for one in ast.walk(waiting.pop()) if isinstance(one, ast.Call)}
        new = [one for one in functions if one.name in names and one not in found]
        found += new
        waiting += new
    return found


def is_last_loop(recording: Recording, file: str, loop: ast.For) -> bool:
    """Whether a run without an update ended in an outermost loop."""
    first = recording.loops[0] if recording.loops else None
    return first is not None and (first.file, first.line) == (file, loop.lineno)


def are_after(recording: Recording, file: str, updates: Sequence[ast.stmt]) -> bool:
    """Whether the updates of the recording are those of these statements."""
    lines: set[Site] = {(file, line) for one in updates for line in range(one.lineno, (one.end_lineno or 0) + 1)}
    places = [recording.nodes[one.after].place for one in recording.updates]
    return bool(places) and all(one is not None and any(part.site in lines for part in one.trail) for one in places)


def has_same_rounds(recording: Recording, file: str, loop: ast.For) -> bool:
    """Whether the products of a loop gave the same in all rounds."""
    rounds: dict[tuple[Site, tuple[int, ...]], list[object]] = {}
    lines = range(loop.lineno, (loop.end_lineno or loop.lineno) + 1)
    for node in recording.nodes:
        if node.operation in MATRIX_PRODUCTS and node.place is not None:
            trail = node.place.trail
            if any(one.file == file and one.line in lines for one in trail):
                rounds.setdefault((node.place.site, node.shape), []).append(node.value)
    return bool(rounds) and all(map(are_equal, rounds.values()))


def are_equal(values: Sequence[object]) -> bool:
    """Whether all are arrays, each of them several times in a row; the last one may be cut off."""
    arrays = [one for one in values if isinstance(one, np.ndarray)]
    starts = [0, *(place for place in range(1, len(arrays)) if not np.array_equal(arrays[place - 1], arrays[place]))]
    lengths = [later - earlier for earlier, later in pairwise([*starts, len(arrays)])]
    return len(arrays) == len(values) and min(lengths[:-1] or lengths) >= FEWEST_ROUNDS
