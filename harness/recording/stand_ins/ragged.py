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


def install(note: Callable[..., None]) -> None:
    """Let ``np.array``, ``np.asarray`` and ``np.random.permutation`` take such lists.

    Args:
        note: called with it.
    """
    for name in ("array", "asarray"):
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
            found = RAGGED.search(str(error))
            is_plain = len(arguments) == 1 and not keywords.keys() - {"dtype"}
            if found is None or not is_plain or keywords.get("dtype") not in (None, object):
                raise
            note(Absorbed.MODULE, OLDER_NUMPY)
            return as_objects(arguments[0], [int(part) for part in found[2].split(",") if part.strip()])

    return convert


def as_objects(value: Sequence[Any], shape: Sequence[int]) -> Array:
    """An array of objects of this shape with the items of nested lists."""
    result = np.empty(shape, object)
    for place in np.ndindex(*shape):
        item: Any = value
        for index in place:
            item = item[index]
        result[place] = item
    return result
