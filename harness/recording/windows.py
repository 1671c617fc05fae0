"""``as_strided``: windows on an array, which NumPy lets reach beyond its memory and takes out of the recording."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .failures import BEYOND_MEMORY
from .graph import Array
from .values import TAPE, RecordedArray, link, plain, record, wrap


class Windows:
    """What is known of the windows of a run.

    Attributes:
        is_bounded: whether it is an error that they reach beyond the memory of their array; it may be harmless if
            nothing beyond is looked at.
        is_beyond: whether it has happened.
    """

    is_bounded = False
    is_beyond = False


def watch_windows(is_bounded: bool) -> None:
    """Record windows on recorded arrays, and notice those that reach beyond the memory of their array.

    For runs with and without recording.

    Args:
        is_bounded: whether these raise a ValueError.
    """
    tricks = np.lib.stride_tricks
    real = tricks.as_strided
    Windows.is_bounded = is_bounded

    @functools.wraps(real)
    def as_strided(x: Any, *arguments: Any, **keywords: Any) -> Any:
        result = real(x, *arguments, **keywords)
        whole = plain(x) if isinstance(x, np.ndarray) else result
        while isinstance(whole.base, np.ndarray):
            whole = whole.base
        (low, high), (first, end) = np.lib.array_utils.byte_bounds(whole), np.lib.array_utils.byte_bounds(result)
        if not low <= first <= end <= high:
            Windows.is_beyond = True
            if Windows.is_bounded:
                raise ValueError(f"{BEYOND_MEMORY} {max(end - high, low - first)} bytes beyond the array")
        return _recorded(x, result) if isinstance(x, RecordedArray) and TAPE.on else result

    tricks.as_strided = as_strided


def _recorded(x: RecordedArray, windows: Array) -> Array:
    """The windows as elements of a recorded array, and a view of it; as they are if some elements are not its own."""
    have, wanted = _addresses(plain(x)).ravel(), _addresses(windows)
    if not have.size:
        return windows
    order = np.argsort(have, kind="stable")
    places = order[np.searchsorted(have, wanted, sorter=order).clip(max=have.size - 1)]
    if not np.array_equal(have[places], wanted):
        return windows
    node = record("getitem", (x, np.unravel_index(places, x.shape)), {}, windows)
    recorded: Array = wrap(windows, node)
    if np.unique(places).size == places.size:  # else a write changes several items, and what held them is lost
        link(recorded, x, node)
    return recorded


def _addresses(array: Array) -> Array:
    """Where in memory each element of an array is."""
    steps = np.ix_(*(np.arange(size) * stride for size, stride in zip(array.shape, array.strides)))
    start = np.full(array.shape, array.__array_interface__["data"][0], dtype=np.int64)
    return sum(steps, start=start)
