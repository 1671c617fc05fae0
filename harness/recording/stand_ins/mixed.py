"""Choices between words and numbers, which NumPy turned into words before version 2."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph import Absorbed
from ..values import plain


def install(note: Callable[..., None]) -> None:
    """Let ``np.where`` and ``np.select`` choose between words and numbers.

    Args:
        note: called with it.
    """
    real_where, real_select = np.where, np.select

    @functools.wraps(real_where)
    def where(condition: Any, *choices: Any, **keywords: Any) -> Any:
        try:
            return real_where(condition, *choices, **keywords)
        except TypeError:
            if not _are_mixed(choices):
                raise
            note(Absorbed.MODULE, "numpy.where of words and numbers")
            return real_where(condition, *map(_as_array, choices))

    @functools.wraps(real_select)
    def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
        try:
            return real_select(condlist, choicelist, default)
        except TypeError:
            if not _are_mixed([*choicelist, default]):
                raise
            note(Absorbed.MODULE, "numpy.select of words and numbers")
            return real_select(condlist, list(map(_as_array, choicelist)), _as_array(default))

    np.where, np.select = where, select


def _as_array(choice: Any) -> Any:
    """A number as an array, whose type NumPy converts to words; a number of Python's it does not."""
    return np.asarray(plain(choice))


def _are_mixed(choices: Any) -> bool:
    """Whether there are words and numbers."""
    kinds = {_as_array(choice).dtype.kind for choice in choices}
    return "U" in kinds and bool(kinds & set("fiu"))
