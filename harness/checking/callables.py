"""A function that trains for a few steps when it is called, judged like a file."""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..recording.python_2 import is_python
from ..recording.source import defined_names, read_text, undefined_names, without_magics
from ..scratch import scratch_folder
from .check import check_file
from .result import CheckResult

PACKAGE = __name__.partition(".")[0]
NOTEBOOK = "notebook.ipynb"  # what the cells of a notebook that runs are called, whose own name they do not know


def check_callable(
    function: Callable[[], Any], *, run: str | None = None, seed: int, seconds: float, megabytes: int
) -> CheckResult:
    """Judge what a function does when it is called: its file is run without what it runs by itself, then the function.

    Args:
        function: takes no arguments, and is defined at the top level of a file or class.
        run: lines that are run in the place of a call of the function.
        seed: of random generators.
        seconds: time limit of the run.
        megabytes: memory limit of the run.

    Raises:
        BadInput: the function needs arguments, or its file is not known.
    """
    name = getattr(function, "__qualname__", type(function).__name__)
    cells = run_cells(function)
    try:
        file = NOTEBOOK if cells else inspect.getsourcefile(inspect.unwrap(function))
        arguments = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        file, arguments = None, ()  # type: ignore[assignment]
    if file is None or not (cells or Path(file).is_file()) or "<" in name:
        raise BadInput(
            f"{name}: expected a function at the top level of a file or in a cell of a notebook, so that it can be run."
        )
    required = [
        one.name
        for one in arguments
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]
    if required and run is None:
        raise BadInput(f"{name}: expected a function without arguments, got one that needs {', '.join(required)}.")
    path = Path(file).resolve()
    with scratch_folder() as folder:
        copy = folder.resolve() / path.name
        for beside in path.parent.iterdir():
            if beside.name != path.name:
                (copy.parent / beside.name).symlink_to(beside)
        running = running_line(function)
        if running is not None:
            running += sum(len(cell.split("\n")) for cell in cells[:-1])
        text = without_calls("\n".join(cells) if cells else read_text(path), running)
        copy.write_text(as_notebook(text, cells) if cells else text, encoding="utf-8")
        return check_file(copy, run=run or f"{name}()", seed=seed, seconds=seconds, megabytes=megabytes)


def run_cells(function: Callable[[], Any]) -> list[str]:
    """The cells that a notebook has run so far, if the function was defined in one of them: IPython keeps them.

    A cell that is not Python was refused, and has empty lines.
    """
    cells = getattr(sys.modules["__main__"], "In", None) if getattr(function, "__module__", "") == "__main__" else None
    texts = [without_magics(cell) for cell in cells[1:]] if isinstance(cells, list) else []  # the first is In[1]
    return [text if is_python(text) else "\n" * text.count("\n") for text in texts]


def running_line(function: Callable[[], Any]) -> int | None:
    """The line that runs at the top level of the function's file, or of the last cell; None if it is imported."""
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_locals is frame.f_globals is getattr(function, "__globals__", None):
            return frame.f_lineno
        frame = frame.f_back
    return None


def as_notebook(text: str, cells: Sequence[str]) -> str:
    """A file of the lines of all cells, one after the other, as a notebook."""
    lines, written = iter(text.split("\n")), []
    for cell in cells:
        part = itertools.islice(lines, len(cell.split("\n")))
        written.append({"cell_type": "code", "source": "\n".join(part), "metadata": {}, "outputs": []})
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def without_calls(text: str, running: int | None = None) -> str:
    """A file without the statements at its top level that only call or show something, on the same lines.

    Those that use this package are left out too, such as those that keep the answer of another check, and those that
    use what they would have assigned.

    Args:
        text: of the file.
        running: the line that asks for this very check, before which the file ends.
    """
    lines, absent = text.split("\n"), set[str]()
    for node in ast.parse(text).body:
        end = node.end_lineno or node.lineno
        if running is not None and end >= running:
            return "\n".join([*lines[: node.lineno - 1], "raise SystemExit"])
        is_main = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        is_left_out = is_main or not absent.isdisjoint(names_read(node))
        if is_left_out:
            absent |= defined_names(ast.unparse(node))
        else:
            absent = absent - defined_names(ast.unparse(node)) | names_of_package(node)
        if is_left_out or isinstance(node, ast.Expr):
            lines[node.lineno - 1 : end] = [""] * (end - node.lineno + 1)
    return "\n".join(lines)


def names_read(node: ast.stmt) -> list[str]:
    """The names that a statement needs when it runs; a function or class needs its own only when it is called."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return []
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    return undefined_names(ast.unparse(value or node))


def names_of_package(node: ast.stmt) -> set[str]:
    """The names by which a statement imports this package, its modules or what is in them."""
    names: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Import):
            names |= {alias.asname or PACKAGE for alias in one.names if alias.name.partition(".")[0] == PACKAGE}
        elif isinstance(one, ast.ImportFrom) and not one.level and (one.module or "").partition(".")[0] == PACKAGE:
            names |= {alias.asname or alias.name for alias in one.names}
    return names
