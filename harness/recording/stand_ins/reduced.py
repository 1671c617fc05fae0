"""A part of the observations that a file reads, for a run that all of them would make too long to record."""

from __future__ import annotations

import builtins
import functools
import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..shortened import places, shortened_lines
from . import files

NUMPY_READERS = ("loadtxt", "genfromtxt", "load")
TABLE_READERS = ("read_csv", "read_table", "read_excel")
DATASETS = ("load_", "make_", "fetch_")  # how the functions of sklearn.datasets begin


def install(
    at_most: int, note: Callable[[], None], when_imported: Callable[[str, Callable[[Any], None]], None]
) -> None:
    """Let everything that reads observations give some of them, evenly spread.

    Args:
        at_most: number of observations.
        note: called if some are left out.
        when_imported: patches a module once it is imported.
    """

    def reduce(module: Any, name: str) -> None:
        setattr(module, name, _reducing(getattr(module, name), at_most, note))

    def of_tables(module: Any) -> None:
        for name in TABLE_READERS:
            reduce(module, name)

    def of_datasets(module: Any) -> None:
        for name in dir(module):
            if name.startswith(DATASETS) and callable(getattr(module, name)):
                reduce(module, name)

    for name in NUMPY_READERS:
        reduce(np, name)
    real_open = builtins.open

    def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        stream = real_open(file, mode, *arguments, **options)
        if mode not in ("r", "rt") or not files.for_user():
            return stream
        try:
            whole = stream.readlines()
        except UnicodeDecodeError:
            whole = []
        part = shortened_lines(whole, at_most)
        if part is whole:
            stream.seek(0)
            return stream
        stream.close()
        note()
        return io.StringIO("".join(part))

    builtins.open = io.open = opened
    when_imported("sklearn.datasets", of_datasets)
    when_imported("pandas", of_tables)


def may_read(text: str) -> bool:
    """Whether a text calls something that reads observations, of which a part can be left out."""
    readers = ("open", "read", *NUMPY_READERS, *TABLE_READERS, *DATASETS)
    return re.search(rf"({'|'.join(readers)})\w*\s*\(", text) is not None


def _reducing(real: Callable[..., Any], at_most: int, note: Callable[[], None]) -> Callable[..., Any]:
    """A function that gives a part of what the real one gives."""

    @functools.wraps(real)
    def read(*arguments: Any, **options: Any) -> Any:
        whole = real(*arguments, **options)
        part = reduced(whole, at_most)
        if part is not whole:
            note()
        return part

    return read


def reduced(value: Any, at_most: int) -> Any:
    """The value with so many observations, or itself if it has no more."""
    if isinstance(value, tuple) and value and all(isinstance(item, np.ndarray) for item in value):
        return tuple([reduced(item, at_most) for item in value]) if len(value[0]) > at_most else value
    if isinstance(value, dict) and isinstance(value.get("data"), np.ndarray) and "target" in value:
        if len(value["data"]) > at_most:
            value.update({key: reduced(value[key], at_most) for key in ("data", "target")})
        return value
    if isinstance(value, np.ndarray) and value.ndim and len(value) > at_most:
        return value[places(len(value), at_most)]
    if hasattr(value, "iloc") and hasattr(value, "columns") and len(value) > at_most:
        return value.iloc[places(len(value), at_most), :].reset_index(drop=True)
    return value
