"""Each cost and its gradient. Observations lie on axis 0, outputs on axis 1; further axes (members) stay.

The squared errors have a gradient with respect to the activation a, which then goes back through the activation. The
cross-entropies are written from the pre-activation z, where nothing overflows, and give dC/dz at once:
the logarithm and the derivative of sigmoid or softmax cancel (Bishop, Pattern Recognition and Machine Learning, 4.3).
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

CostFunction = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
CostGradient = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def outputs_of_all(y: tf.Tensor) -> tf.Tensor:
    """observations x outputs, as a number of y's dtype: what a mean over all of them divides by"""
    return tf.cast(y.shape[0] * y.shape[1], y.dtype)


def sum_of_squared_errors(z: tf.Tensor, a: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """C = sum_ij (a_ij - y_ij)^2"""
    return tf.reduce_sum(tf.square(a - y), axis=(0, 1))


def sum_of_squared_errors_gradient(a: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """dC/da = 2 (a - y)"""
    return 2 * (a - y)


def mean_squared_error(z: tf.Tensor, a: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """C = mean_ij (a_ij - y_ij)^2, over observations and outputs both, as Keras means it"""
    return tf.reduce_mean(tf.square(a - y), axis=(0, 1))


def mean_squared_error_gradient(a: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """dC/da = 2 (a - y) / (observations x outputs)"""
    return 2 * (a - y) / outputs_of_all(y)


def binary_crossentropy(z: tf.Tensor, a: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """C = -mean_ij (y log a + (1 - y) log(1 - a)), a = sigmoid(z): mean_ij (max(z, 0) - z y + log(1 + exp(-|z|)))"""
    return tf.reduce_mean(tf.maximum(z, tf.zeros_like(z)) - z * y + tf.math.log1p(tf.exp(-tf.abs(z))), axis=(0, 1))


def binary_crossentropy_delta(a: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """dC/dz = (a - y) / (observations x outputs)"""
    return (a - y) / outputs_of_all(y)


def categorical_crossentropy(z: tf.Tensor, a: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """C = -mean_i sum_j y_ij log a_ij, a = softmax(z), with log a_ij = z_ij - logsumexp_j z_ij"""
    log_a = z - tf.reduce_logsumexp(z, axis=1, keepdims=True)
    return -tf.reduce_mean(tf.reduce_sum(y * log_a, axis=1), axis=0)


def categorical_crossentropy_delta(a: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """dC/dz = (a sum_j y_ij - y) / observations; the sum is 1 where y is a distribution"""
    return (a * tf.reduce_sum(y, axis=1, keepdims=True) - y) / tf.cast(y.shape[0], y.dtype)


COSTS: dict[str, CostFunction] = {
    "sum_of_squared_errors": sum_of_squared_errors,
    "mean_squared_error": mean_squared_error,
    "binary_crossentropy": binary_crossentropy,
    "categorical_crossentropy": categorical_crossentropy,
}

# dC/da, still to go back through the output activation
COST_GRADIENTS: dict[str, CostGradient] = {
    "sum_of_squared_errors": sum_of_squared_errors_gradient,
    "mean_squared_error": mean_squared_error_gradient,
}

# dC/dz of the output layer at once
OUTPUT_DELTAS: dict[str, CostGradient] = {
    "binary_crossentropy": binary_crossentropy_delta,
    "categorical_crossentropy": categorical_crossentropy_delta,
}
