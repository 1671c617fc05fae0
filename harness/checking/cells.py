"""Lines as a person finds them: the number of a notebook's code cell and the line in it, and Python 2 as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from ..recording.graph import Place
from ..recording.project import root_of
from ..recording.source import cell_lengths, cell_of
from .result import CheckResult, GradientResult, Quantity, Remark
from .sources import read_old


def as_written(result: CheckResult, path: Path) -> CheckResult:
    """The result with the cells of its places in a notebook, and with the lines of Python 2 as they are written."""
    lengths = cell_lengths(path)
    root = root_of(path.resolve())
    own = path.resolve().relative_to(root).as_posix()
    old: dict[str, list[str]] = {own: read_old(root / own)}

    def text_of(file: str, line: int, text: str) -> str:
        if file not in old:
            old[file] = read_old(root / file)
        return old[file][line - 1].strip() if text and 0 < line <= len(old[file]) else text

    def changed(one: Any) -> Any:
        if isinstance(one, GradientResult):
            return replace(one, text=text_of(own, one.line, one.text))
        if isinstance(one, Place):
            one = replace(one, text=text_of(one.file, one.line, one.text))
        if lengths and (isinstance(one, Quantity) or (isinstance(one, Place) and Path(one.file).name == path.name)):
            cell, line = cell_of(one.line or 0, lengths) or (None, None)
            return replace(one, cell=cell, cell_line=line)
        return one

    found: CheckResult = _with_each(result, changed)
    files = ", ".join(file for file, lines in old.items() if lines)
    return replace(found, notes=(*found.notes, (Remark.PYTHON_2, None, files))) if files else found


def _with_each(value: Any, change: Callable[[Any], Any]) -> Any:
    """A part of a result with each of its parts changed."""
    if isinstance(value, tuple):
        return tuple(_with_each(one, change) for one in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    parts = {one.name: _with_each(getattr(value, one.name), change) for one in fields(value)}
    return change(replace(value, **parts))
