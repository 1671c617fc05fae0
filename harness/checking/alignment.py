"""Whether two quantities are the same function up to a factor and a transpose.

Both are replayed at several random settings, and one factor must hold at all of them: arrays can be equal by accident,
functions of random numbers cannot.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

TOLERANCE = 1e-7  # relative, of replays in float64; other functions of random numbers differ by far more
NEGLIGIBLE = 1e-13  # relative to the largest value around; below it an array is rounding error
MOST_COMPARED_AT_ONCE = 8192  # elements; of longer arrays a part is compared first
MARGIN = 2  # times the allowed error that a few items may show, because their products are rounded
PART_COMPARED = 997


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """``value = factor * reference``, with the reference transposed if ``transposed`` is set."""

    factor: float
    transposed: bool = False


@dataclass(frozen=True)
class Samples:
    """The values of one quantity at all settings."""

    shape: tuple[int, ...]  # of one value, without axes of length 1
    flat: Array  # (settings * size) the values one after the other

    @cached_property
    def turned(self) -> Array | None:
        """The same with each value transposed; None unless it is a matrix."""
        if len(self.shape) != 2:
            return None
        count = self.flat.size // max(math.prod(self.shape), 1)
        return np.ravel(self.flat.reshape(count, *self.shape).swapaxes(1, 2))


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape without axes of length 1"""
    return tuple(length for length in shape if length != 1)


def samples(values: Sequence[Any]) -> Samples:
    """The values of a quantity at all settings, ready to be compared."""
    arrays = [np.squeeze(np.asarray(value, dtype=float)) for value in values]
    return Samples(arrays[0].shape, np.concatenate([np.ravel(one) for one in arrays]))


def largest_of(values: Array) -> float:
    """The largest absolute value, without a copy of a long array; NaN if there is one."""
    return max(float(values.max()), -float(values.min())) if values.size else 0.0


def are_alike(values: Sequence[Any]) -> bool:
    """Whether values are arrays of numbers, all of one shape."""
    if any(one is None or isinstance(one, tuple) for one in values):
        return False
    arrays = [np.asarray(one) for one in values]
    return all(one.dtype.kind in "fiub" and one.shape == arrays[0].shape for one in arrays)


def ratio(value: Array, reference: Array, tolerance: float = TOLERANCE) -> float | None:
    """The one factor with ``value = factor * reference`` at all settings, None if there is none."""
    if value.shape != reference.shape or not value.size:
        return None
    largest = largest_of(value)
    if is_beside_line(value, reference, tolerance * largest):
        return None
    if value.size > MOST_COMPARED_AT_ONCE and not may_be_aligned(value, reference, tolerance):
        return None
    square = float(reference @ reference)
    if not np.isfinite(square) or square == 0 or not np.isfinite(value).all():
        return None
    factor = float(value @ reference) / square
    if factor == 0 or largest == 0:
        return None
    return factor if float(np.abs(value - factor * reference).max()) <= tolerance * largest else None


def is_beside_line(value: Array, reference: Array, allowed: float) -> bool:
    """Whether two items show that a value is not a multiple of a reference, which saves comparing the others.

    Args:
        value, reference: of one size.
        allowed: the largest error of an item of a multiple.
    """
    first, second = value.size // 3, value.size - 1
    one, other = reference.item(first), reference.item(second)
    area = value.item(first) * other - value.item(second) * one
    return abs(area) > MARGIN * allowed * (abs(one) + abs(other))


def is_beside_plane(value: Array, one: Array, other: Array, allowed: float) -> bool:
    """Whether three items show that a value is not made of shares of two arrays; see ``is_beside_line``."""
    items = (0, value.size // 2, value.size - 1)
    a, b, c = (one.item(item) for item in items)
    d, e, f = (other.item(item) for item in items)
    u, v, w = (value.item(item) for item in items)
    volume = u * (b * f - c * e) + v * (c * d - a * f) + w * (a * e - b * d)
    areas = abs(b * f) + abs(c * e) + abs(c * d) + abs(a * f) + abs(a * e) + abs(b * d)
    return abs(volume) > MARGIN * allowed * areas


def may_be_aligned(value: Array, reference: Array, tolerance: float) -> bool:
    """Whether a part of two long arrays leaves it open that they are multiples of one another."""
    step = value.size // PART_COMPARED
    one, other = value[::step], reference[::step]
    square = float(other @ other)
    if square == 0 or not np.isfinite(square):
        return True
    factor = float(one @ other) / square
    return bool(np.max(np.abs(one - factor * other)) <= 1e3 * tolerance * largest_of(value))


def align(value: Samples, reference: Samples) -> Alignment | None:
    """How the value is aligned with the reference, None if it is not."""
    if value.shape == reference.shape:
        factor = ratio(value.flat, reference.flat)
        if factor is not None:
            return Alignment(factor=factor)
    if reference.turned is not None and value.shape == reference.shape[::-1]:
        factor = ratio(value.flat, reference.turned)
        if factor is not None:
            return Alignment(factor=factor, transposed=True)
    return None


class Index:
    """Many quantities, looked up by what is aligned with a value."""

    def __init__(self, references: Mapping[int, Samples]) -> None:
        self.references = dict(references)
        self.by_print: dict[tuple[tuple[int, ...], int], list[int]] = {}
        self.probes: dict[int, Array] = {}
        self.forms: set[tuple[tuple[int, ...], int]] = set()  # shapes with the number of elements at all settings
        for id, one in self.references.items():
            for shape, flat in ((one.shape, one.flat), (one.shape[::-1], one.turned)):
                if flat is not None:
                    self.forms.add((shape, flat.size))
                    for key in self._keys(flat):
                        self.by_print.setdefault((shape, key), []).append(id)

    def _keys(self, flat: Array) -> tuple[int, ...]:
        """Two neighbouring rounded projections of the normalised values, the same for all multiples of them"""
        length = float(np.sqrt(flat @ flat))
        if not np.isfinite(length) or length == 0:
            return ()
        probe = self.probes.get(flat.size)
        if probe is None:
            probe = np.random.default_rng(flat.size).normal(size=flat.size)
            self.probes[flat.size] = probe
        scaled = abs(float(probe @ flat)) / length * 1e4
        return (int(np.floor(scaled)), int(np.floor(scaled + 0.5)) + 2**40)

    def find(self, value: Samples) -> list[tuple[int, Alignment]]:
        """All quantities that the value is aligned with, the latest node first."""
        if (value.shape, value.flat.size) not in self.forms:
            return []
        candidates: dict[int, None] = {}
        for key in self._keys(value.flat):
            for id in self.by_print.get((value.shape, key), ()):
                candidates[id] = None
        found = []
        for id in sorted(candidates, reverse=True):
            alignment = align(value, self.references[id])
            if alignment is not None:
                found.append((id, alignment))
        return found
