"""A function that trains for a few steps when it is called, judged like a file."""

from __future__ import annotations

import ast
import inspect
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..recording.source import read_text
from .check import check_file
from .result import CheckResult


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
    try:
        file = inspect.getsourcefile(inspect.unwrap(function))
        arguments = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        file, arguments = None, ()  # type: ignore[assignment]
    if file is None or not Path(file).is_file() or "<" in name:
        raise BadInput(
            f"{name}: expected a function that is defined at the top level of a file, so that it can be run."
        )
    required = [
        one.name
        for one in arguments
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]
    if required and run is None:
        raise BadInput(f"{name}: expected a function without arguments, got one that needs {', '.join(required)}.")
    path = Path(file).resolve()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve() / path.name
        for beside in path.parent.iterdir():
            if beside.name != path.name:
                (copy.parent / beside.name).symlink_to(beside)
        copy.write_text(without_calls(read_text(path)), encoding="utf-8")
        return check_file(copy, run=run or f"{name}()", seed=seed, seconds=seconds, megabytes=megabytes)


def without_calls(text: str) -> str:
    """A file without the statements at its top level that only call something, on the same lines."""
    lines = text.split("\n")
    for node in ast.parse(text).body:
        is_call = isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Await))
        is_main = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        if is_call or is_main:
            lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or node.lineno) - node.lineno + 1)
    return "\n".join(lines)
