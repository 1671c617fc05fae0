"""Saturation: where an activation function is so flat that hardly any gradient gets through it.

One definition for all of them. At activation a = f(z) a unit is saturated where its slope is small beside the steepest
one that the function has,

    |f'(z)| < 0.05 max_z |f'(z)|

and it is dead on a set of observations where f' is exactly 0 on all of them: no gradient reaches its weights. f' is
written from a, as in models/activations.py, so a recorded activation is all that is needed, whoever computed it. For
sigmoid this is a < 0.0127 or a > 0.9873 (|z| > 4.36), for tanh |a| > 0.9747, for relu a = 0, where saturated and dead
on one observation are the same. leaky_relu with its slope of 0.2 and linear never saturate.

An activation that takes one value at two z of different slopes (silu, gelu) has no such f', and is not judged.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..models.network import Array

FLAT = 0.05  # of the largest slope: one that is smaller is saturation

SELU_ALPHA = 1.6732632423543772  # Klambauer et al., Self-Normalizing Neural Networks, 2017
SELU_SCALE = 1.0507009873554805

# a to |f'| / max |f'|, by Keras' names with Keras' default arguments
RELATIVE_SLOPES: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda a: 4 * a * (1 - a),  # f' = a (1 - a), 1/4 at a = 1/2
    "tanh": lambda a: 1 - a * a,
    "relu": lambda a: (a > 0) * 1.0,
    "relu6": lambda a: ((a > 0) & (a < 6)) * 1.0,
    "leaky_relu": lambda a: np.where(a > 0, 1.0, 0.2),
    "linear": lambda a: np.ones_like(a),
    "elu": lambda a: np.where(a > 0, 1.0, a + 1),
    "selu": lambda a: np.where(a > 0, 1 / SELU_ALPHA, a / (SELU_SCALE * SELU_ALPHA) + 1),  # steepest just below 0
    "softplus": lambda a: 1 - np.exp(-a),  # f = log(1 + e^z), so f' = sigmoid(z) = 1 - e^-a
    "softsign": lambda a: (1 - np.abs(a)) ** 2,
    "hard_sigmoid": lambda a: ((a > 0) & (a < 1)) * 1.0,
    "hard_tanh": lambda a: (np.abs(a) < 1) * 1.0,
    # of softmax the diagonal of the Jacobian, da_i/dz_i = a_i (1 - a_i)
    "softmax": lambda a: 4 * a * (1 - a),
}


def is_judged(activation: str) -> bool:
    """Whether saturation has a meaning here for the activation of that name."""
    return activation in RELATIVE_SLOPES


def relative_slopes(activation: str, a: Array) -> Array:
    """|f'(z)| / max |f'| for each of ``a``, any shape, in float64: from 0 to 1.

    Raises:
        ValueError: the activation is not judged.
    """
    if not is_judged(activation):
        raise ValueError(f"no saturation for activation {activation!r}; it is known for {', '.join(RELATIVE_SLOPES)}")
    return RELATIVE_SLOPES[activation](np.asarray(a, np.float64))


def is_saturated(activation: str, a: Array) -> NDArray[np.bool_]:
    """For each of ``a``, any shape, whether it is saturated; NaN is not."""
    return np.asarray(relative_slopes(activation, a) < FLAT)


def saturated_share(activation: str, a: Array) -> float:
    """The share of a (observations, units) that is saturated, 0 to 1."""
    return float(np.mean(is_saturated(activation, a)))


def saturated_units(activation: str, a: Array) -> list[int]:
    """The units of a (observations, units) that are saturated on every observation."""
    return np.flatnonzero(is_saturated(activation, a).all(axis=0)).tolist()


def dead_units(activation: str, a: Array) -> list[int]:
    """The units of a (observations, units) whose slope is exactly 0 on every observation."""
    return np.flatnonzero((relative_slopes(activation, a) == 0).all(axis=0)).tolist()
