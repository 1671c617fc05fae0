"""Lines of a notebook as a person finds them: the number of the code cell, and the line in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from ..recording.graph import Place
from ..recording.source import cell_lengths, cell_of
from .result import CheckResult, Quantity


def with_cells(result: CheckResult, path: Path) -> CheckResult:
    """The result with the cells of its places; as it is, if the file is not a notebook."""
    lengths = cell_lengths(path)
    found: CheckResult = placed(result, path.name, lengths) if lengths else result
    return found


def placed(value: Any, name: str, lengths: Sequence[int]) -> Any:
    """A part of a result with the cells of its places.

    Args:
        value: the part.
        name: of the notebook.
        lengths: how many lines each of its code cells has.
    """
    if isinstance(value, tuple):
        return tuple(placed(one, name, lengths) for one in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    if isinstance(value, Quantity) or (isinstance(value, Place) and Path(value.file).name == name):
        cell, line = cell_of(value.line or 0, lengths) or (None, None)
        return replace(value, cell=cell, cell_line=line)
    return replace(value, **{one.name: placed(getattr(value, one.name), name, lengths) for one in fields(value)})
