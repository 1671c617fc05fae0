"""Random values in the place of recorded ones: parameters that saturate no unit, and data in their own manner."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

MOST_ABOVE_MEAN = 5.0  # how many times as large as all data one observation may be, and saturate no unit


def fan(shape: tuple[int, ...]) -> int:
    """The larger side of a matrix, which is at least the number of terms that a unit sums up"""
    return max(shape, default=1) if len(shape) > 1 else 1


def root_mean_square(data: Array) -> float:
    """Of all data; of the largest observation, up to a factor, if it is far larger, as powers of a feature are."""
    squares = np.square(data, dtype=float)
    # the observations are in rows or in columns
    largest = max((float(np.max(squares.mean(axis=axis))) for axis in range(data.ndim) if data.ndim == 2), default=0.0)
    return max(float(np.sqrt(np.mean(squares))), float(np.sqrt(largest)) / MOST_ABOVE_MEAN)


def draw_parameter(
    rng: np.random.Generator, recorded: Array, manner: tuple[str, float], size_of_data: float = 1.0
) -> Array:
    """Random values for a parameter: fresh ones for inputs of this size, or the recorded ones changed at random."""
    how, scale = manner
    if how == "fresh":
        width = scale / np.sqrt(fan(recorded.shape)) / size_of_data
        return np.asarray(rng.normal(0, width, recorded.shape) + 0.1 * width)
    size = float(np.sqrt(np.mean(np.square(recorded)))) if recorded.size else 0.0
    return np.asarray(recorded + scale * rng.normal(0, max(size, 1e-2), recorded.shape))


def draw_data(rng: np.random.Generator, recorded: Array) -> Array:
    """Random values in the manner of a data leaf: shares stay shares, and the range stays the range."""
    for axis in range(recorded.ndim):
        if recorded.shape[axis] > 1 and np.all(recorded >= 0) and np.allclose(recorded.sum(axis=axis), 1):
            shares = rng.uniform(0.2, 1.0, recorded.shape)
            return np.asarray(shares / shares.sum(axis=axis, keepdims=True))
    low, high = float(np.min(recorded)), float(np.max(recorded))
    low, high = (low, high) if np.isfinite(high - low) else (0.0, 0.0)  # what np.empty leaves may be any number
    if low == high:
        low, high = (low - 0.5 * abs(low), low + 0.5 * abs(low)) if low else (-1.0, 1.0)
    margin = 0.05 * (high - low)
    drawn = rng.uniform(low + margin, high - margin, recorded.shape)
    shares_at = columns_of_shares(recorded)
    if shares_at is not None:
        drawn[:, shares_at] = draw_data(rng, recorded[:, shares_at])
    return drawn


def columns_of_shares(recorded: Array) -> slice | None:
    """The first or the last columns of a table that are the shares of each row, such as targets beside the inputs."""
    if recorded.ndim != 2 or len(recorded) < 2:
        return None
    width = recorded.shape[1]
    last, first = np.cumsum(recorded[:, ::-1], axis=1), np.cumsum(recorded, axis=1)
    for count in range(width - 1, 1, -1):
        for sums, at in ((last, slice(width - count, None)), (first, slice(count))):
            if np.allclose(sums[:, count - 1], 1) and np.all(recorded[:, at] >= 0):
                return at
    return None
