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
from ..recording.source import called_name, read_text, without_magics
from ..scratch import scratch_folder
from .check import check_file
from .result import CheckResult

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
        text = without_calls("\n".join(cells) if cells else read_text(path))
        copy.write_text(as_notebook(text, cells) if cells else text, encoding="utf-8")
        return check_file(copy, run=run or f"{name}()", seed=seed, seconds=seconds, megabytes=megabytes)


def run_cells(function: Callable[[], Any]) -> list[str]:
    """The cells that a notebook has run so far, if the function was defined in one of them: IPython keeps them."""
    cells = getattr(sys.modules["__main__"], "In", None) if getattr(function, "__module__", "") == "__main__" else None
    return [without_magics(cell) for cell in cells[1:]] if isinstance(cells, list) else []  # the first is In[1]


def as_notebook(text: str, cells: Sequence[str]) -> str:
    """A file of the lines of all cells, one after the other, as a notebook."""
    lines, written = iter(text.split("\n")), []
    for cell in cells:
        part = itertools.islice(lines, len(cell.split("\n")))
        written.append({"cell_type": "code", "source": "\n".join(part), "metadata": {}, "outputs": []})
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def without_calls(text: str) -> str:
    """A file without the statements at its top level that only call or show something, on the same lines.

    It ends where it asks for this very check and keeps the answer.
    """
    lines = text.split("\n")
    for node in ast.parse(text).body:
        is_main = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        if isinstance(node, ast.Expr) or is_main:
            lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or node.lineno) - node.lineno + 1)
        elif asks_for_check(node):
            return "\n".join([*lines[: node.lineno - 1], "raise SystemExit"])
    return "\n".join(lines)


def asks_for_check(node: ast.stmt) -> bool:
    """Whether a statement that is run at once calls ``harness.check``, under whatever name the module has."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    return any(called_name(one) == "check" for one in ast.walk(node))
