"""The table of costs: all that this project knows about each, in one place.

Observations lie on axis 0 and outputs on axis 1. The squared errors have a gradient with respect to the activation a,
which then goes back through the activation. The cross-entropies are written from the pre-activation z, where nothing
overflows, and give dC/dz directly: the logarithm and the derivative of sigmoid or softmax cancel (Bishop, Pattern
Recognition and Machine Learning, 4.3).

The formulas are NumPy's, on a (observations, outputs). Those of the compiled loop stand beside them and are given
TensorFlow's module; there further axes (members) may follow the outputs.

To add a cost, write an entry here and a formula in numerical.py, the referee. Everything else reads the table.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import Array


class Targets(enum.Enum):
    """What a cost takes for y."""

    NUMBERS = "numbers"
    PROBABILITIES = "probabilities"  # each from 0 to 1
    DISTRIBUTIONS = "distributions"  # each row from 0 on, with the sum 1


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One cost C, under the name that Keras has for the loss.

    Errors below are bounds: how far a computed value may lie from the exact one when z and a are off by z_error and
    a_error, with ``unit`` the rounding unit of the precision.
    """

    of_outputs: Callable[[Array, Array], float]  # (a, y) to C
    # (a, y) to dC/da, or to dC/dz of the output layer if ``output_activation`` is given
    gradient: Callable[[Array, Array], Array]
    # (z, a, y, z_error, a_error, rounding) to the error of C; ``rounding`` is what a sum of all terms may be off,
    # relative to the sum of their sizes
    error: Callable[[Array, Array, Array, Array, Array, float], float]
    gradient_error: Callable[[Array, Array, Array, float], Array]  # (a, y, a_error, unit) to the error of ``gradient``
    is_sum: bool = False  # whether C is a sum over observations; else it is a mean over them
    targets: Targets = Targets.NUMBERS  # what y may be
    # the one activation of the output layer that the cost is a log-likelihood of. None is any
    output_activation: str | None = None
    # outputs to the prediction that leaves all classes open; None if targets are not classes
    undecided: Callable[[int], float] | None = None
    tensor_function: Callable[[Any, Any, Any, Any], Any]  # (tf, z, a, y) to C, with the axes after the first two kept
    tensor_gradient: Callable[[Any, Any, Any], Any]  # (tf, a, y) to what ``gradient`` is
    keras_loss: Callable[[Any], Callable[..., Any]]  # Keras' module to the class of the loss

    @property
    def is_classifying(self) -> bool:
        """Whether targets are classes: the cost is a cross-entropy."""
        return self.undecided is not None


def logarithm(a: Array) -> Array:
    """log a, finite where a is 0"""
    return np.asarray(np.log(np.maximum(a, np.finfo(np.float64).tiny)))


def outputs_of_all(tf: Any, y: Any) -> Any:
    """observations x outputs, as a number of y's dtype: what a mean over all of them divides by"""
    return tf.cast(y.shape[0] * y.shape[1], y.dtype)


def squared_error(z: Array, a: Array, y: Array, z_error: Array, a_error: Array, rounding: float) -> float:
    """The error of sum_ij (a_ij - y_ij)^2"""
    off = np.sum(2 * np.abs(a - y) * a_error + a_error**2) + rounding * np.sum((np.abs(a - y) + a_error) ** 2)
    return float(off)


def binary_error(z: Array, a: Array, y: Array, z_error: Array, a_error: Array, rounding: float) -> float:
    """The error of the binary cross-entropy: dC/dz = a - y, d2C/dz2 <= 1/4; what is added is as large as |z| and
    log 2"""
    off = np.sum(np.abs(a - y) * z_error + z_error**2 / 8 + rounding * (2 * np.abs(z) + np.log(2)))
    return float(off) / y.size


def categorical_error(z: Array, a: Array, y: Array, z_error: Array, a_error: Array, rounding: float) -> float:
    """The error of the categorical cross-entropy, from that of log a_ij = z_ij - logsumexp_j z_ij"""
    largest = np.max(np.abs(z), axis=1, keepdims=True) + np.log(y.shape[1])
    moved = z_error + np.sum(a * z_error, axis=1, keepdims=True) + rounding * (np.abs(z) + 2 * largest)
    return float(np.sum(np.abs(y) * moved)) / y.shape[0]


def categorical_gradient_error(a: Array, y: Array, a_error: Array, unit: float) -> Array:
    """The error of (a sum_j y_ij - y) / observations"""
    total = np.sum(y, axis=1, keepdims=True)
    off = a_error * total + (4 + y.shape[1]) * unit * (a * total + np.abs(y))
    return np.asarray(off / y.shape[0])


def binary_crossentropy(tf: Any, z: Any, a: Any, y: Any) -> Any:
    """C = -mean_ij (y log a + (1 - y) log(1 - a)), a = sigmoid(z): mean_ij (max(z, 0) - z y + log(1 + exp(-|z|)))"""
    return tf.reduce_mean(tf.maximum(z, tf.zeros_like(z)) - z * y + tf.math.log1p(tf.exp(-tf.abs(z))), axis=(0, 1))


def categorical_crossentropy(tf: Any, z: Any, a: Any, y: Any) -> Any:
    """C = -mean_i sum_j y_ij log a_ij, a = softmax(z), with log a_ij = z_ij - logsumexp_j z_ij"""
    log_a = z - tf.reduce_logsumexp(z, axis=1, keepdims=True)
    return -tf.reduce_mean(tf.reduce_sum(y * log_a, axis=1), axis=0)


@functools.cache
def sum_of_squared_errors_loss(keras: Any) -> Callable[..., Any]:
    """The class of a Keras loss: summed over outputs in ``call``, over observations by the reduction."""

    class SumOfSquaredErrors(keras.losses.Loss):
        """C = sum_ij (a_ij - y_ij)^2"""

        def __init__(self, name: str = "sum_of_squared_errors", dtype: str | None = None) -> None:
            super().__init__(name=name, reduction="sum", dtype=dtype)

        def call(self, y_true: Any, y_pred: Any) -> Any:
            """(observations, outputs) twice to (observations,)"""
            return keras.ops.sum(keras.ops.square(y_pred - y_true), axis=-1)

    return SumOfSquaredErrors


COSTS: dict[str, Cost] = {
    # C = sum_ij (a_ij - y_ij)^2, with no factor
    "sum_of_squared_errors": Cost(
        of_outputs=lambda a, y: float(np.sum((a - y) ** 2)),
        gradient=lambda a, y: 2.0 * (a - y),
        error=squared_error,
        gradient_error=lambda a, y, a_error, unit: 2.0 * (a_error + 3 * unit * (np.abs(a - y) + a_error)),
        is_sum=True,
        tensor_function=lambda tf, z, a, y: tf.reduce_sum(tf.square(a - y), axis=(0, 1)),
        tensor_gradient=lambda tf, a, y: 2 * (a - y),
        keras_loss=sum_of_squared_errors_loss,
    ),
    # C = mean_ij (a_ij - y_ij)^2, over observations and outputs both, as Keras means it
    "mean_squared_error": Cost(
        of_outputs=lambda a, y: float(np.mean((a - y) ** 2)),
        gradient=lambda a, y: 2.0 / y.size * (a - y),
        error=lambda z, a, y, z_error, a_error, rounding: squared_error(z, a, y, z_error, a_error, rounding) / y.size,
        gradient_error=lambda a, y, a_error, unit: 2.0 / y.size * (a_error + 3 * unit * (np.abs(a - y) + a_error)),
        tensor_function=lambda tf, z, a, y: tf.reduce_mean(tf.square(a - y), axis=(0, 1)),
        tensor_gradient=lambda tf, a, y: 2 * (a - y) / outputs_of_all(tf, y),
        keras_loss=lambda keras: keras.losses.MeanSquaredError,
    ),
    "binary_crossentropy": Cost(
        of_outputs=lambda a, y: float(np.mean(-y * logarithm(a) - (1 - y) * logarithm(1 - a))) + 0.0,  # no -0
        gradient=lambda a, y: (a - y) / y.size,
        error=binary_error,
        gradient_error=lambda a, y, a_error, unit: (a_error + 4 * unit * (np.abs(a) + np.abs(y))) / y.size,
        targets=Targets.PROBABILITIES,
        output_activation="sigmoid",
        undecided=lambda outputs: 0.5,
        tensor_function=binary_crossentropy,
        tensor_gradient=lambda tf, a, y: (a - y) / outputs_of_all(tf, y),
        keras_loss=lambda keras: keras.losses.BinaryCrossentropy,
    ),
    "categorical_crossentropy": Cost(
        of_outputs=lambda a, y: float(np.mean(np.sum(-y * logarithm(a), axis=1))) + 0.0,
        # the sum is 1 if y is a distribution
        gradient=lambda a, y: (a * np.sum(y, axis=1, keepdims=True) - y) / y.shape[0],
        error=categorical_error,
        gradient_error=categorical_gradient_error,
        targets=Targets.DISTRIBUTIONS,
        output_activation="softmax",
        undecided=lambda outputs: 1 / outputs,
        tensor_function=categorical_crossentropy,
        tensor_gradient=lambda tf, a, y: (
            (a * tf.reduce_sum(y, axis=1, keepdims=True) - y) / tf.cast(y.shape[0], y.dtype)
        ),
        keras_loss=lambda keras: keras.losses.CategoricalCrossentropy,
    ),
}


def cost_named(name: str) -> Cost:
    """The entry of that name.

    Raises:
        ValueError: there is none; the message lists what is known.
    """
    if name not in COSTS:
        raise ValueError(f"unknown cost {name!r}; known are {', '.join(COSTS)}")
    return COSTS[name]


def cost_of(name: str, z: Any, a: Any, y: Any) -> Any:
    """C of the output layer in TensorFlow: z, a, y (observations, outputs, ...) to a number, or (...)"""
    import tensorflow as tf

    return cost_named(name).tensor_function(tf, z, a, y)


def gradient_of_cost(name: str, a: Any, y: Any) -> Any:
    """dC/da in TensorFlow, or dC/dz if the cost has an ``output_activation``; (observations, outputs, ...)"""
    import tensorflow as tf

    return cost_named(name).tensor_gradient(tf, a, y)


def weight_of_piece(cost: str, piece: int, observations: int) -> float:
    """What the cost of ``piece`` of the observations counts in the cost of all: C = sum_pieces weight C_piece"""
    return 1.0 if cost_named(cost).is_sum else piece / observations
