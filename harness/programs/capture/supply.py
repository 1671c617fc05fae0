"""What was made up in a run: made-up values stand where nothing else can, and prove nothing."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from numpy.typing import NDArray

from ...recording.stand_ins.absorbed import number_type
from ...recording.stand_ins.files import Missing
from ...recording.stand_ins.hints import Hints, read_hints
from ..program import FILE, MadeUp, Note, NoteKind

Array = NDArray[Any]
ROWS = 120  # of made-up data, if the program does not say how many it has
COLUMNS = 8  # of a made-up table after its targets
MODULE_FILES = re.compile(r"[/\\](importlib|harness[/\\]programs|harness[/\\]recording)|<frozen")


class Supply:
    """What was made up in a run.

    Attributes:
        hints: sizes that the program's text suggests.
        notes: one for each thing that was made up.
        unused: packages that are imported and used for no value, so that nothing of them is missing.
        extent: how much of x and y is not known.
    """

    def __init__(
        self, text: str, is_users: Callable[[str], bool], readable: Callable[[Any], Any] = lambda path: path
    ) -> None:
        """Nothing is made up yet.

        Args:
            text: of the program.
            is_users: whether a file is the user's.
            readable: gives the path to read a path from.
        """
        self.text = text
        self.is_users = is_users
        self.readable = readable
        self.hints: Hints = read_hints(text, rows=ROWS)
        self.notes: list[Note] = []
        self.extent = MadeUp.NOTHING
        self.missing = Missing(self.note_file, self.hints)
        self.unused = unused_packages(text)

    def note(self, what: str, name: str, extent: MadeUp = MadeUp.FORMATS, *, count: int | None = None) -> None:
        """Remember that something was made up; ``count`` is how many times fewer rows it has than the real thing."""
        note = Note(kind=NoteKind.MADE_UP, count=count, detail=f"{what} {name}".strip())
        if note not in self.notes:
            self.notes.append(note)
        if extent is MadeUp.FORMATS or self.extent is MadeUp.NOTHING:
            self.extent = extent

    def note_file(self, kind: Any, name: str, *shapes: tuple[int, ...]) -> None:
        """Remember a made-up file; called by ``Missing``."""
        self.note(FILE, name)

    def is_missing(self, path: Any) -> bool:
        """Whether a path names a file that does not exist."""
        if not isinstance(path, (str, os.PathLike)) or not str(path) or Path(path).name.startswith("<"):
            return False
        return not os.path.exists(self.readable(path))

    def asked_by_user(self) -> bool:
        """Whether the user's code is what asks, by way of the standard library or directly."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            name = frame.f_code.co_filename
            if self.is_users(name):
                return True
            if name.endswith(("linecache.py", "warnings.py")):
                return False
            if "site-packages" in name and not MODULE_FILES.search(name):
                return False
            frame = frame.f_back
        return False


def unused_packages(text: str) -> frozenset[str]:
    """Packages that a program imports and never uses, or whose names it defines anew before it uses them.

    A type of numbers that it asks for, such as ``theano.config.floatX``, is known, and a setting is only written.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return frozenset()
    idle = {name for node in ast.walk(tree) if isinstance(node, ast.Attribute) for name in name_without_value(node)}
    read: dict[str, int] = {}  # name -> first line that reads it
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node not in idle:
            read[node.id] = min(node.lineno, read.get(node.id, node.lineno))
    defined = {node.name: node.lineno for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    used: dict[str, bool] = {}
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        for alias in node.names:
            package = (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
            root = package.partition(".")[0]
            name = alias.asname or (root if isinstance(node, ast.Import) else alias.name)
            is_replaced = node.lineno < defined.get(name, 0) < read.get(name, 0)
            used[root] = used.get(root, False) or name == "*" or (name in read and not is_replaced)
    return frozenset(root for root, is_used in used.items() if not is_used)


def name_without_value(node: ast.Attribute) -> Iterator[ast.Name]:
    """The name that an attribute begins with, if it is a type of numbers or is only assigned to."""
    if not isinstance(node.ctx, ast.Store) and number_type(node.attr) is None:
        return
    first: ast.expr = node
    while isinstance(first, ast.Attribute):
        first = first.value
    if isinstance(first, ast.Name):
        yield first


def table_width(text: str) -> int | None:
    """Columns of a table, from the slices that a program takes of it: ``[:, 0:8]`` and ``[:, 8]``; None if unknown."""
    starts = [int(match) for match in re.findall(r"\[\s*:\s*,\s*(\d+)\s*\]", text)]
    ends = [int(match) for match in re.findall(r"\[\s*:\s*,\s*\d*\s*:\s*(\d+)\s*\]", text)]
    rests = [int(match) for match in re.findall(r"\[\s*:\s*,\s*(\d+)\s*:\s*\]", text)]
    if not ends or max(rests, default=0) >= max(ends):
        ends += [rest + COLUMNS for rest in rests]  # all columns from one on
    widths = [start + 1 for start in starts] + ends
    dims = [int(match) for match in re.findall(r"input_dim\s*=\s*(\d+)", text)]
    return max([*widths, *(dim + 1 for dim in dims[:1])], default=None)
