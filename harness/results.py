"""What every result can do: print itself in a terminal and a notebook, and become a JSON document.

The sentences and tables are made in ``report/``, whose modules register themselves here for the types they describe, so
that nothing below has to know them.
"""

from __future__ import annotations

import enum
import functools
import io
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

Document = dict[str, Any]
WIDTH = 100  # columns, if there is no terminal
SCHEMA_VERSION = 1  # of all JSON documents; it grows when a key is renamed or removed, or changes its meaning


def plain(value: Any) -> Any:
    """A value as JSON has it: dataclasses by their fields, enums by their values, arrays as lists, NaN as null."""
    if isinstance(value, float):  # first, because a document may have a million of them
        return value if math.isfinite(value) else None
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value) if one.compare}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if hasattr(value, "tolist"):  # an array or a number of NumPy, which is not imported for those who have none
        return plain(value.tolist())
    return value


def versioned(document: Document) -> Document:
    """A document as JSON has it, with the version of its keys as ``schema_version``."""
    return {"schema_version": SCHEMA_VERSION, **plain(document)}


@functools.singledispatch
def as_document(result: object) -> Document:
    """The JSON document of a result; its keys are described in docs/json.md."""
    raise TypeError(f"no report describes {type(result).__name__}")


@functools.singledispatch
def as_verdict(result: object) -> Any:
    """The answer in at most 25 lines, for rich to print."""
    raise TypeError(f"no report describes {type(result).__name__}")


@functools.singledispatch
def as_report(result: object) -> Any:
    """All tables, and the answer last, for rich to print."""
    raise TypeError(f"no report describes {type(result).__name__}")


@functools.singledispatch
def as_page(result: object) -> Any:
    """The page of a result: ``html()`` is a file for a browser, ``fragment()`` a piece for a notebook."""
    raise TypeError(f"no report describes {type(result).__name__}")


@functools.singledispatch
def as_figure(result: object) -> Any:
    """The chart that shows a result at one look; None if there is nothing to draw."""
    raise TypeError(f"no figure shows {type(result).__name__}")


@functools.singledispatch
def as_cards(result: object) -> dict[str, bytes]:
    """The answer as PNG files of the size of a TensorBoard card, by name; none if nothing draws such results."""
    return {}


class Result:
    """A result of the public API: typed attributes, and the ways to read it."""

    def to_dict(self) -> Document:
        """The JSON document that ``--json`` prints."""
        return versioned(as_document(self))

    def __rich__(self) -> Any:
        return as_verdict(self)

    def __str__(self) -> str:
        from rich.console import Console

        console = Console(file=io.StringIO(), width=WIDTH)
        console.print(self)
        return console.file.getvalue().rstrip("\n")  # type: ignore[attr-defined]

    def _repr_html_(self) -> str:
        fragment: str = as_page(self).fragment()
        return fragment
