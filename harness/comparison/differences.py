"""Two traces of the same iteration, quantity by quantity, in the order of computation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..models.network import Array
from .rounding import Bounds
from .trace import Quantity, Trace


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The difference between two arrays of one quantity, at its worst.

    Attributes:
        quantity: which one.
        max_abs: the largest |left - right|; infinity if one side alone is not a finite number.
        max_rel: the largest |left - right| / max(|left|, |right|) of one element.
        max_ulp: max_abs in units in the last place of the quantity's largest element: what cancellation leaves of a
            small element says nothing about the computation.
        where: the index of the element that comes nearest to, or farthest over, what is allowed.
        allowed: how large |left - right| may be there; see ``rounding.bounds``.
        of_allowed: |left - right| there as a share of that.

    The two agree when no element differs by more than it may.
    """

    quantity: Quantity
    max_abs: float
    max_rel: float
    max_ulp: float
    where: tuple[int, ...]
    allowed: float
    of_allowed: float

    @property
    def agrees(self) -> bool:
        return self.of_allowed <= 1


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One quantity of one iteration, computed by two implementations from one start."""

    left: str
    right: str
    initializer: str
    iteration: int
    difference: Difference


def largest(values: Array) -> float:
    """The largest of them, leaving NaN out; 0 for none."""
    return float(np.fmax.reduce(values, axis=None, initial=0.0))


def differ(quantity: Quantity, left: Array, right: Array, bound: Array, dtype: str) -> Difference:
    """The difference between ``left`` and ``right``; each may be off by ``bound``.

    Elements that are masked on either side are not compared. The same infinity, or NaN, on both sides agrees: there
    the computation diverged on both sides alike. A bound that is not finite allows anything.

    Args:
        left, right, bound: arrays of one shape.
        dtype: the precision whose units in the last place are reported.
    """
    masked = np.ma.getmaskarray(left) | np.ma.getmaskarray(right)
    left, right = np.asarray(left, np.float64), np.asarray(right, np.float64)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        same = masked | (left == right) | (np.isnan(left) & np.isnan(right))
        off = np.where(same, 0.0, np.abs(left - right))
        off = np.where(np.isfinite(off), off, np.inf)
        magnitude = np.fmax(np.abs(left), np.abs(right))
        allowed = np.where(np.isfinite(bound), 2 * bound, np.inf)
        # over 1 is too far; nothing over nothing is 0
        share = np.where(off == 0, 0.0, np.where(allowed == np.inf, 0.0, off / allowed))
        relative = off / magnitude  # of two zeros NaN, which is left out
    top = largest(np.where(np.isfinite(magnitude) & ~masked, magnitude, 0.0))
    where = np.unravel_index(int(np.argmax(share)), share.shape)
    return Difference(
        quantity=quantity,
        max_abs=float(np.max(off)),
        max_rel=largest(relative),
        max_ulp=float(np.max(off) / np.spacing(np.asarray(top, dtype)).astype(np.float64)),
        where=tuple(int(i) for i in where),
        allowed=float(allowed[where]),
        of_allowed=float(share[where]),
    )


def compare_traces(left: Trace, right: Trace, bounds: Bounds, dtype: str) -> Iterator[Difference]:
    """The difference of every quantity that both traces have, in the order of computation."""
    return (differ(q, left[q], right[q], bounds[q], dtype) for q in left if q in right)
