"""The scale of inputs, and whether it is far from what networks are made for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..models.arrays import Array

MOST_ROWS = 5000  # that are looked at


@dataclass(frozen=True, kw_only=True)
class InputFacts:
    """What one input of the model holds."""

    is_tokens: bool  # whether it goes into an Embedding layer
    # low, high: the smallest and largest finite value of the training rows
    low: float
    high: float
    scale: float  # the largest over the features of |mean| + standard deviation
    spread: float  # the median over the features that vary of their standard deviation
    spread_ratio: float  # the largest standard deviation of a feature over the smallest, of those that vary
    finite: bool  # whether no value is NaN or infinite

    @property
    def doubt(self) -> float:
        """How far they are from a mean near 0 and a standard deviation near 1: from 0 to 2.5, from 1 on unusual."""
        if self.scale > 300 or self.spread < 1e-3:
            return 2.5
        if self.scale > 30 or self.spread < 0.01:
            return 2
        return 1 if self.scale > 5 or self.spread < 0.05 or self.spread_ratio > 100 else 0


def input_facts(values: Array, *, is_tokens: bool = False) -> InputFacts:
    """What one input (observations, ...) holds."""
    flat = values.reshape(len(values), -1).astype(float)[:MOST_ROWS]
    finite = bool(np.all(np.isfinite(flat)))
    flat = np.nan_to_num(flat, posinf=0.0, neginf=0.0)
    spread = flat.std(axis=0)
    varied = spread[spread > 1e-9 * max(1.0, float(np.abs(flat).max(initial=0.0)))]
    return InputFacts(
        is_tokens=is_tokens,
        low=float(flat.min(initial=0.0)),
        high=float(flat.max(initial=0.0)),
        scale=float((np.abs(flat.mean(axis=0)) + spread).max(initial=0.0)),
        spread=float(np.median(varied)) if len(varied) else 0.0,
        spread_ratio=float(varied.max() / varied.min()) if len(varied) else 1.0,
        finite=finite,
    )
