"""Lists whose items differ in length, as arrays of objects: what NumPy made of them before version 1.24."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..graph import Absorbed, Array

OLDER_NUMPY = "numpy.array of lists of different lengths"  # what the stand-in is called
RAGGED = re.compile(r"inhomogeneous shape after (\d+) dimensions\. The detected shape was \(([\d, ]*)\)")


class Objects(np.ndarray):
    """An array of objects that also computes with a list whose items differ in length."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        """A ufunc on the objects, each of which records itself."""
        out = keywords.get("out")
        options = keywords if out is None else keywords | {"out": tuple(map(_bare, out))}
        result = getattr(ufunc, method)(*map(_bare, inputs), **options)
        return _as_view(result) if out is None else out[0]


def install(note: Callable[..., None]) -> None:
    """Let the functions that make an array of a list, or move its items, take such lists.

    Args:
        note: called with it.
    """
    for name in ("array", "asarray", "copy", "zeros_like", "ones_like", "roll", "flip"):
        setattr(np, name, _tolerant(getattr(np, name), note))
    draw = np.random.permutation

    @functools.wraps(draw)
    def permutation(x: Any) -> Any:
        return draw(np.array(x) if isinstance(x, (list, tuple)) else x)

    np.random.permutation = permutation


def _tolerant(real: Callable[..., Any], note: Callable[..., None]) -> Callable[..., Any]:
    """A function that makes an array of a list, whatever the lengths of its items are."""

    @functools.wraps(real)
    def convert(*arguments: Any, **keywords: Any) -> Any:
        try:
            return real(*arguments, **keywords)
        except ValueError as error:
            shape = _shape_in(error)
            others = [*arguments[1:], *keywords.values()]  # a shift and an axis, but no dtype
            if shape is None or not all(one in (None, object) or isinstance(one, (int, tuple)) for one in others):
                raise
            note(Absorbed.MODULE, OLDER_NUMPY)
            return _as_view(real(as_objects(arguments[0], shape), *arguments[1:], **keywords))

    return convert


def _shape_in(error: ValueError) -> list[int] | None:
    """The shape of the array of objects that NumPy once made of what it refuses with an error; None if of no list"""
    found = RAGGED.search(str(error))
    return None if found is None else [int(part) for part in found[2].split(",") if part.strip()]


def _as_view(value: Any) -> Any:
    """An array of objects as one that computes with lists; anything else as it is"""
    return value.view(Objects) if isinstance(value, np.ndarray) and value.dtype == object else value


def _bare(value: Any) -> Any:
    """What NumPy computes with: a list whose items differ in length as an array of objects"""
    if isinstance(value, Objects):
        return value.view(np.ndarray)
    try:
        np.shape(value) if isinstance(value, (list, tuple)) else None
    except ValueError as error:
        shape = _shape_in(error)
        return value if shape is None else as_objects(value, shape)
    return value


def as_objects(value: Sequence[Any], shape: Sequence[int]) -> Array:
    """An array of objects of this shape with the items of nested lists."""
    result = np.empty(shape, object)
    for place in np.ndindex(*shape):
        item: Any = value
        for index in place:
            item = item[index]
        result[place] = item
    return result
