"""Saturation: where an activation function is so flat that hardly any gradient gets through it.

One definition for all of them. At activation a = f(z) a unit is saturated where its slope is small beside the steepest
one that the function has,

    |f'(z)| < 0.05 max_z |f'(z)|

and it is dead on a set of observations where f' is exactly 0 on all of them: no gradient reaches its weights. f' is
written from a, in the table of models/activations.py, so a recorded activation is all that is needed, whoever computed
it. For sigmoid this is a < 0.0127 or a > 0.9873 (|z| > 4.36), for tanh |a| > 0.9747, for relu a = 0, where saturated
and dead on one observation are the same. leaky_relu with its slope of 0.2 and linear never saturate.

An activation that takes one value at two z of different slopes (silu, gelu) has no such f', and is not judged.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..models.activations import ACTIVATIONS
from ..models.network import Array

FLAT = 0.05  # of the largest slope: one that is smaller is saturation


def is_judged(activation: str) -> bool:
    """Whether saturation has a meaning here for the activation of that name."""
    return activation in ACTIVATIONS and ACTIVATIONS[activation].derivative is not None


def judged_names() -> tuple[str, ...]:
    """The activations for which saturation has a meaning here."""
    return tuple(filter(is_judged, ACTIVATIONS))


def relative_slopes(activation: str, a: Array) -> Array:
    """|f'(z)| / max |f'| for each of ``a``, any shape, in float64: from 0 to 1.

    Raises:
        ValueError: the activation is not judged.
    """
    derivative = ACTIVATIONS[activation].derivative if activation in ACTIVATIONS else None
    if derivative is None:
        raise ValueError(f"no saturation for activation {activation!r}; it is known for {', '.join(judged_names())}")
    slopes: Array = derivative(np.asarray(a, np.float64)) / ACTIVATIONS[activation].steepest
    return slopes


def is_saturated(activation: str, a: Array) -> NDArray[np.bool_]:
    """For each of ``a``, any shape, whether it is saturated; NaN is not."""
    return np.asarray(relative_slopes(activation, a) < FLAT)


def saturated_share(activation: str, a: Array) -> float:
    """The share of a (observations, units) that is saturated, 0 to 1."""
    return float(np.mean(is_saturated(activation, a)))


def dead_units(activation: str, a: Array) -> list[int]:
    """The units of a (observations, units) whose slope is exactly 0 on every observation."""
    return np.flatnonzero((relative_slopes(activation, a) == 0).all(axis=0)).tolist()
