"""Lines of a notebook as a person finds them: the number of the code cell, and the line in it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import fields, is_dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from ..recording.graph import Place
from ..recording.source import cell_lengths
from .result import CheckResult, Quantity


def with_cells(result: CheckResult, path: Path) -> CheckResult:
    """The result with the cells of its places; as it is, if the file is not a notebook."""
    ends = list(accumulate(cell_lengths(path)))
    if not ends:
        return result

    def placed(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(placed, value))
        if not is_dataclass(value) or isinstance(value, type):
            return value
        if isinstance(value, Quantity) or (isinstance(value, Place) and Path(value.file).name == path.name):
            return in_cell(value, ends)
        new = {one.name: placed(getattr(value, one.name)) for one in fields(value)}
        return replace(value, **{name: item for name, item in new.items() if item is not getattr(value, name)})

    found: CheckResult = placed(result)
    return found


def in_cell(place: Any, ends: list[int]) -> Any:
    """A place or a quantity with its cell; as it is, if its line is not known.

    Args:
        place: to be found.
        ends: the number of the last line of each cell, in the text of all cells.
    """
    number = bisect_left(ends, place.line or 0)
    if not place.line or number == len(ends):
        return place
    return replace(place, cell=number + 1, cell_line=place.line - (ends[number - 1] if number else 0))
