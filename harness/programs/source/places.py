"""Where things were written: from a frame of the user's code to file, line and columns, and the lines of a name."""

from __future__ import annotations

import ast
import dis
import functools
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import FrameType
from typing import Any

from ...recording.literals import nodes_of
from ...recording.source import called_name, place_words

CROSS_VALIDATION = ("cross_val_score", "cross_val_predict", "cross_validate")  # functions of scikit-learn
LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something was written in the user's file."""

    file: str  # the user's own file, as the user knows it (not the copy that was run)
    line: int  # first line, from 1; in a notebook the line within its cell
    end_line: int  # last line of the expression
    # column, end_column: characters from 0 of the start and end of the expression; None if Python does not know
    column: int | None = None
    end_column: int | None = None
    text: str = ""  # of the first line, without indentation
    cell: int | None = None  # number of the notebook's code cell, from 1; None in a script

    def __str__(self) -> str:
        return place_words(self.file, self.line, self.cell)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A piece of the user's code that is run as one: a script, a module, or a cell of a notebook."""

    file: str  # the user's file, as the user knows it
    text: str  # the code as it is run; the same lines as in the file or cell
    cell: int | None = None  # number of the cell from 1; None in a script

    @property
    def lines(self) -> list[str]:
        """The lines of the code."""
        return self.text.splitlines()

    def place(self, node: ast.AST) -> Place:
        """Where a node of the parsed code is."""
        at: Any = node
        return self.position(at.lineno, at.end_lineno or at.lineno, at.col_offset, at.end_col_offset)

    def position(self, line: int, end: int, column: int | None, end_column: int | None) -> Place:
        """A place from Python's positions, whose columns count bytes."""
        lines = self.lines
        first = lines[line - 1] if 0 < line <= len(lines) else ""
        last = lines[end - 1] if 0 < end <= len(lines) else ""
        return Place(
            file=self.file,
            line=line,
            end_line=end,
            column=None if column is None else characters(first, column),
            end_column=None if end_column is None else characters(last, end_column),
            text=first.strip(),
            cell=self.cell,
        )


def characters(line: str, column: int) -> int:
    """The number of characters in the first ``column`` bytes of a line."""
    return len(line.encode()[:column].decode(errors="ignore"))


class Sources:
    """The user's code by the file name under which Python runs it."""

    def __init__(self, root: str, shown: Any) -> None:
        """Take files under the folder ``root`` as the user's; ``shown`` maps their paths to what the user knows."""
        self.root = os.path.realpath(root) + os.sep
        self.shown = shown
        self.known: dict[str, Source | None] = {}

    def add(self, filename: str, source: Source) -> None:
        """Make code known that is run under ``filename``."""
        self.known[filename] = source

    def get(self, filename: str) -> Source | None:
        """The source that is run under a file name; None if it is not the user's."""
        if filename not in self.known:
            self.known[filename] = None  # while it is read, by an ``open`` that may ask for it
            self.known[filename] = self._read(filename)
        return self.known[filename]

    def _read(self, filename: str) -> Source | None:
        """The source of a module of the user's."""
        path = os.path.abspath(filename)
        if not path.startswith(self.root) or "site-packages" in path:
            return None
        try:
            with open(path, encoding="utf-8") as file:
                return Source(file=str(self.shown(path)), text=file.read())
        except (OSError, UnicodeDecodeError):
            return None

    def here(self) -> Place | None:
        """The place of the innermost call that the user's code is in; None if there is none."""
        frame = self.frame()
        source = None if frame is None else self.get(frame.f_code.co_filename)
        return None if frame is None or source is None else place_in_frame(frame, source)

    def frame(self) -> FrameType | None:
        """The innermost frame of the user's code; None if there is none."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and self.get(frame.f_code.co_filename) is None:
            frame = frame.f_back
        return frame

    def outermost_loop(self) -> tuple[ast.AST, Mapping[str, Any]] | None:
        """The loop of the user's code that everything now runs in, and the names at its body; None outside of loops."""
        found, frame = None, self.frame()
        while frame is not None:
            source = self.get(frame.f_code.co_filename)
            line = frame.f_lineno
            for loop in loops_of(source.text) if source is not None else ():
                if loop.lineno <= line <= (loop.end_lineno or 0):
                    found = loop, {**frame.f_globals, **frame.f_locals}
                    break
            frame = frame.f_back
        return found

    def of_error(self, error: BaseException) -> Place | None:
        """The innermost place in the user's code that an exception passed through."""
        place = None
        if isinstance(error, SyntaxError) and error.filename and error.lineno:
            source = self.get(error.filename)
            if source is not None:
                return source.position(error.lineno, error.lineno, None, None)
        traceback = error.__traceback__
        while traceback is not None:
            source = self.get(traceback.tb_frame.f_code.co_filename)
            if source is not None:
                line = traceback.tb_lineno
                place = source.position(line, line, None, None)
            traceback = traceback.tb_next
        return place

    def of(self, place: Place) -> Source | None:
        """The source that a place is in."""
        for source in self.known.values():
            if source is not None and source.file == place.file and source.cell == place.cell:
                return source
        return None


def place_in_frame(frame: FrameType, source: Source) -> Place:
    """The place of the expression that a frame is at."""
    code, positions = frame.f_code, None
    if hasattr(code, "co_positions"):  # Python 3.11
        positions = next(islice(code.co_positions(), frame.f_lasti // 2, None), None)
    line, end, column, end_column = positions or (None, None, None, None)
    if line is None:
        return call_of_instruction(frame, source)
    return source.position(line, end or line, column, end_column)


def call_of_instruction(frame: FrameType, source: Source) -> Place:
    """The place of the call that a frame is in, by counting the calls of its line; else of the line (Python 3.10)."""
    line, current, offsets = frame.f_lineno, 0, []
    for instruction in dis.get_instructions(frame.f_code):
        current = instruction.starts_line or current
        if current == line and instruction.opname.startswith("CALL_"):
            offsets.append(instruction.offset)
    calls = [node for node in evaluated(source.text) if isinstance(node, ast.Call) and node.lineno == line]
    if len(calls) == len(offsets) and frame.f_lasti in offsets:
        return source.place(calls[offsets.index(frame.f_lasti)])
    return source.position(line, line, None, None)


def evaluated(text: str) -> Iterator[ast.AST]:
    """The nodes of a piece of code in the order in which they are evaluated, arguments before their call."""

    def below(node: ast.AST) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            yield from below(child)
        yield node

    try:
        yield from below(ast.parse(text))
    except (SyntaxError, ValueError):
        return


def node_at(text: str, place: Place) -> ast.expr | None:
    """The expression at the position of a place, else the only call in its line."""
    source = Source(file=place.file, text=text, cell=place.cell)
    calls = []
    for node in nodes_of(text):
        if not isinstance(node, ast.expr):
            continue
        at = source.place(node)
        if place.column is not None and (at.line, at.column, at.end_line, at.end_column) == (
            place.line, place.column, place.end_line, place.end_column,
        ):  # fmt: skip
            return node
        if isinstance(node, ast.Call) and at.line == place.line:
            calls.append(node)
    return calls[0] if place.column is None and len(calls) == 1 else None


def call_at(text: str, place: Place | None) -> ast.Call | None:
    """The call at a place; None if there is none."""
    node = None if place is None else node_at(text, place)
    return node if isinstance(node, ast.Call) else None


def argument_of(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """An argument of a call by name, or by position from 0; None if the call does not give it.

    Rows are those of ``fit``, which functions that cross-validate take after the model.
    """
    if name in ("x", "y") and position is not None and called_name(call) in CROSS_VALIDATION:
        name, position = {"x": "X"}.get(name, name), position + 1
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is not None and position < len(call.args) and not isinstance(call.args[position], ast.Starred):
        return call.args[position]
    return None


@functools.cache
def calls_fit(text: str) -> bool:
    """Whether a text calls ``fit`` of anything but scalers and other objects of scikit-learn."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return ".fit(" in text or "fit_generator" in text
    if any(wrapper in text for wrapper in ("KerasClassifier", "KerasRegressor")):
        return True  # in a pipeline, for instance
    modules = [(node.module or "", node.names) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {"sklearn"} | {one.asname or one.name for module, found in modules if "sklearn" in module for one in found}

    def is_of_sklearn(node: ast.AST) -> bool:
        while isinstance(node, (ast.Call, ast.Attribute)):
            node = node.func if isinstance(node, ast.Call) else node.value
        return isinstance(node, ast.Name) and node.id in names

    made = [node.targets for node in ast.walk(tree) if isinstance(node, ast.Assign) and is_of_sklearn(node.value)]
    known = {ast.unparse(target) for targets in made for target in targets}
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    fits = [node.value for node in called if isinstance(node, ast.Attribute) and node.attr in ("fit", "fit_generator")]
    return not all(is_of_sklearn(owner) or ast.unparse(owner) in known for owner in fits)


def base_name(node: ast.expr | None) -> str | None:
    """The variable that an expression is, or is a slice of rows of."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def assignments(sources: Mapping[str, Source | None], name: str, before: Place) -> tuple[Place, ...]:
    """The statements of the file of ``before``, up to its line, that assign a value to a name, in order.

    Assignments to parts of it (``x[:, 0] = ...``) and in place (``x /= 255``) count.
    """
    found = []
    for source in sources.values():
        if source is None or source.file != before.file or (source.cell or 0) > (before.cell or 0):
            continue
        for node in nodes_of(source.text):
            targets: list[Any] = []
            if isinstance(node, ast.Assign):
                targets = node.targets
            elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
                targets = [node.target]
            if any(name in names_of(target) for target in targets):
                place = source.place(node)
                if source.cell != before.cell or place.line <= before.line:
                    found.append(place)
    return tuple(sorted(found, key=lambda place: (place.cell or 0, place.line)))


def names_of(target: ast.AST) -> set[str]:
    """The names that an assignment to ``target`` changes."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return set().union(*(names_of(part) for part in target.elts)) if target.elts else set()
    while isinstance(target, (ast.Subscript, ast.Starred)):
        target = target.value
    return {target.id} if isinstance(target, ast.Name) else set()


def names_in(node: ast.expr | ast.stmt | None) -> set[str]:
    """The names in an expression or a statement."""
    return set() if node is None else {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def names_from_outside(function: ast.FunctionDef | ast.Lambda) -> set[str]:
    """The names that a function reads and neither gets as arguments nor sets itself."""
    nodes = list(ast.walk(function))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
    return {name.id for name in names} - own


def is_at(source: Source, node: ast.AST, place: Place | None) -> bool:
    """Whether a node begins where a place does."""
    line = getattr(node, "lineno", None)
    return place is not None and (source.file, line, source.cell) == (place.file, place.line, place.cell)


@functools.cache
def loops_of(text: str) -> tuple[ast.For | ast.While, ...]:
    """The for and while loops of a text, each before those in its body."""
    return tuple(node for node in nodes_of(text) if isinstance(node, (ast.For, ast.While)))


def loops_around(source: Source, tree: ast.Module, place: Place | None) -> list[ast.AST]:
    """The loops, comprehensions included, that a call is written in."""
    return [
        loop
        for loop in ast.walk(tree)
        if isinstance(loop, LOOPS)
        and any(isinstance(node, ast.Call) and is_at(source, node, place) for node in ast.walk(loop))
    ]


def passes_of(loops: Iterable[ast.AST], names: Mapping[str, Any]) -> int:
    """How often nested loops over a ``range`` run their body; 0 if a loop is of another kind.

    Args:
        names: the values of names at the body
    """
    passes = 1
    for loop in loops:
        passes *= len(range_of(loop, names) or ())
    return passes


def range_of(loop: ast.AST, names: Mapping[str, Any]) -> range | None:
    """The numbers that a loop goes through; None if it is not one over a ``range`` whose ends are known.

    Args:
        names: the values of names at its body
    """
    call = loop.iter if isinstance(loop, ast.For) else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"):
        return None
    ends = [names.get(end.id) if isinstance(end, ast.Name) else getattr(end, "value", None) for end in call.args]
    numbers = [end for end in ends if isinstance(end, int)]
    return None if len(numbers) < len(ends) else range(*numbers)


def run_so_far(loop: ast.AST, names: Mapping[str, Any]) -> tuple[int, int]:
    """How often a loop over a ``range`` has run its body to the end, and how often it will; (0, 0) if not known."""
    numbers = range_of(loop, names) or range(0)
    target = loop.target if isinstance(loop, ast.For) else None
    current = names.get(target.id) if isinstance(target, ast.Name) else None
    return (numbers.index(current), len(numbers)) if isinstance(current, int) and current in numbers else (0, 0)


def may_break_off(loop: ast.AST) -> bool:
    """Whether a loop can end before its last pass, by a ``break`` of its own or a ``return``."""
    parts = list(ast.iter_child_nodes(loop))
    while parts:
        part = parts.pop()
        if isinstance(part, (ast.Break, ast.Return)):
            return True
        if isinstance(part, (ast.For, ast.While)):  # a break in it ends that loop alone
            parts += [node for node in ast.walk(part) if isinstance(node, ast.Return)]
        elif not isinstance(part, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            parts += ast.iter_child_nodes(part)
    return False


def never_ends(loop: ast.AST) -> bool:
    """Whether a loop is ``while True`` without anything in it that ends it."""
    if not (isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant) and loop.test.value):
        return False
    return not any(
        isinstance(node, (ast.Break, ast.Return, ast.Raise))
        or (isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("exit", "quit")))
        for node in ast.walk(loop)
    )
