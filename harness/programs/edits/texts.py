"""A file of the user's as text and syntax tree, and the edits that replace a piece of it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ...recording.literals import defaults_of
from ...recording.source import called_name
from ..source.places import Source, argument_of, loops_around


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One replacement of text in the user's file."""

    file: str  # as the user knows it
    cell: int | None  # number of the notebook's code cell, from 1; None in a script
    line: int  # of the first character that is replaced, from 1
    # start, end: characters of the file or cell that are replaced, from 0; equal for an insertion
    start: int
    end: int
    old: str  # the text that is replaced; empty for an insertion
    new: str  # the text that takes its place; empty for a removal
    subject: str  # the call or statement around it, as it was, in one line
    fragment: str  # what is new in it, such as ``activation="sigmoid"``


class Unplaced(Exception):
    """The place of a change is not known, or not unambiguous."""


class Text:
    """A file or cell of the user's, with its syntax tree."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tree = ast.parse(source.text)
        self.starts = [0]
        for line in source.text.split("\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def offset(self, line: int, column: int) -> int:
        """The character at a line and a column in bytes."""
        text = self.source.text[self.starts[line - 1] : self.starts[line] - 1]
        return self.starts[line - 1] + len(text.encode()[:column].decode(errors="ignore"))

    def span(self, node: Any) -> tuple[int, int]:
        """First character of a node, and the one after its last."""
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def text(self, node: Any) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.source.text[start:end]

    def loops(self, call: ast.Call) -> list[ast.AST]:
        """The loops around a call: a line before it in them would run again and again."""
        return loops_around(self.source, self.tree, self.source.place(call))

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that a node is part of."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def scope(self, node: ast.AST) -> ast.AST:
        """The function or module that a node is in."""
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                return node
        return self.tree

    def edit(self, start: int, end: int, new: str, subject: str, fragment: str) -> Edit:
        """An edit of this text."""
        return Edit(
            file=self.source.file,
            cell=self.source.cell,
            line=self.source.text.count("\n", 0, start) + 1,
            start=start,
            end=end,
            old=self.source.text[start:end],
            new=new,
            subject=" ".join(subject.split()),
            fragment=fragment,
        )

    def replace(self, node: Any, new: str, subject: Any, fragment: str) -> Edit:
        """The edit that replaces a node."""
        start, end = self.span(node)
        return self.edit(start, end, new, self.text(subject), fragment)

    def insert_before(self, statement: ast.stmt, line: str) -> Edit:
        """The edit that puts a line before a statement."""
        start = self.offset(statement.lineno, statement.col_offset)
        before = self.source.text[self.starts[statement.lineno - 1] : start]
        if before.strip():  # several statements in a line
            return self.edit(start, start, f"{line}; ", "", line)
        return self.edit(start, start, f"{line}\n{before}", "", line)

    def insert_after(self, statement: ast.stmt, line: str) -> Edit:
        """The edit that puts a line after a statement."""
        start, end = self.span(statement)
        before = self.source.text[self.starts[statement.lineno - 1] : start]
        return self.edit(end, end, f"; {line}" if before.strip() else f"\n{before}{line}", "", line)

    def set_argument(self, call: ast.Call, name: str, new: str, position: int | None = None, *aliases: str) -> Edit:
        """The edit that gives an argument of a call a value, whether the call has it or not."""
        for known in (name, *aliases):
            value = argument_of(call, known, position if known == name else None)
            if value is not None:
                return self.set_default(call, value, new) or self.replace(value, new, call, f"{known}={new}")
        if any(keyword.arg is None for keyword in call.keywords):
            raise Unplaced  # **options may have it
        end = self.span(call)[1] - 1
        inner = self.source.text[:end].rstrip()
        lead = "" if inner.endswith(("(", ",")) else ", "
        lead = " " if inner.endswith(",") and not lead else lead
        return self.edit(len(inner), len(inner), f"{lead}{name}={new}", self.text(call), f"{name}={new}")

    def set_default(self, call: ast.Call, value: ast.expr, new: str) -> Edit | None:
        """The edit of the default of a parameter that is handed on to a call as a value.

        None if another value may count, or if the parameter or its function have other uses than this one and calls.
        """
        function = self.scope(value)
        if not isinstance(value, ast.Name) or not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        places = [*function.args.posonlyargs, *function.args.args]
        found = next(((known, old) for known, old in defaults_of(function.args) if known.arg == value.id), None)
        uses = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == value.id]
        if found is None or not isinstance(found[1], ast.Constant) or len(uses) > 1 or function.decorator_list:
            return None
        owner = self.parents[function]
        is_method = isinstance(owner, ast.ClassDef)
        name = owner.name if isinstance(owner, ast.ClassDef) and function.name == "__init__" else function.name
        position = places.index(found[0]) - is_method if found[0] in places else None
        named = [node for node in ast.walk(self.tree) if name in (getattr(node, "id", ""), getattr(node, "attr", ""))]
        calls = [(node, self.parents[node]) for node in named if node is not call.func]
        for node, other in calls:
            if not isinstance(other, ast.Call) or other.func is not node or argument_of(other, value.id, position):
                return None
            if any(isinstance(one, ast.Starred) for one in other.args) or None in {one.arg for one in other.keywords}:
                return None
        start, end = self.span(found[0])[0], self.span(found[1])[1]
        shown = self.source.text[start:end]
        return self.edit(self.span(found[1])[0], end, new, shown, f"{value.id}={new}") if calls else None

    def remove_keyword(self, call: ast.Call, name: str) -> Edit | None:
        """The edit that removes an argument that is given by name; None if the call does not have it."""
        parts = sorted([*call.args, *(keyword.value for keyword in call.keywords)], key=lambda node: self.span(node)[0])
        for keyword in call.keywords:
            if keyword.arg != name:
                continue
            start, end = self.span(keyword)
            number = parts.index(keyword.value)
            if number:
                start = self.span(parts[number - 1])[1]
            elif len(parts) > 1:
                following = next(k for k in call.keywords if k.value is parts[1])
                end = self.span(following)[0]
            return self.edit(start, end, "", self.text(call), f"without {name}")
        return None

    def quoted(self, value: str, like: ast.expr | None = None) -> str:
        """A string literal in the quotes that the file uses."""
        quote = self.text(like)[0] if isinstance(like, ast.Constant) and isinstance(like.value, str) else None
        if quote not in ("'", '"'):
            quote = "'" if self.source.text.count("'") > self.source.text.count('"') else '"'
        return f"{quote}{value}{quote}"

    def imported(self) -> Iterator[tuple[str, str]]:
        """(name in this text, dotted name that it stands for) of everything that is imported at its top level."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    yield (
                        (name.asname, name.name) if name.asname else (name.name.split(".")[0], name.name.split(".")[0])
                    )
            elif isinstance(node, ast.ImportFrom) and node.module:
                for name in node.names:
                    yield name.asname or name.name, f"{node.module}.{name.name}"


def is_add(node: ast.AST) -> bool:
    """Whether a node is a call of ``add`` with one argument."""
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 1
    return is_call and called_name(node) == "add"


def is_docstring(node: ast.stmt) -> bool:
    """Whether a statement is a string alone."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def is_future(node: ast.stmt) -> bool:
    """Whether a statement imports from ``__future__``."""
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def positions_of(method: Callable[..., Any]) -> dict[str, int]:
    """The position of each argument in a call of a method, from 0, by name."""
    return {name: place for place, name in enumerate(list(inspect.signature(method).parameters)[1:])}


def unplaced() -> list[Edit]:
    """Raise Unplaced if an expression is needed."""
    raise Unplaced


def written(value: Any) -> str:
    """A number as people write it; a float stays one, because Keras takes no integer for a learning rate."""
    if not isinstance(value, float):
        return str(value)
    if value == 0:
        return "0"
    text = f"{value:.6g}"
    return text if set(text) & set(".en") else f"{text}.0"
