"""Each activation, and its derivative written from the activation a itself: f'(z) as a function of a = f(z).

Elementwise TensorFlow ops, so any layout of a will do. softmax alone mixes units, which lie on axis 1; it stands under
a cross-entropy, whose delta needs no derivative of it (costs.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

NEGATIVE_SLOPE = 0.2  # of leaky_relu for z < 0, as keras.activations.leaky_relu has it


class Activation(NamedTuple):
    """``function``: z to a. ``derivative``: a to da/dz, elementwise."""

    function: Callable[[tf.Tensor], tf.Tensor]
    derivative: Callable[[tf.Tensor], tf.Tensor]


def sigmoid(z: tf.Tensor) -> tf.Tensor:
    """1 / (1 + exp(-z))"""
    return tf.sigmoid(z)


def sigmoid_derivative(a: tf.Tensor) -> tf.Tensor:
    """(a - 1) a (-1) = a (1 - a), in the form that the post gives it"""
    return (a - 1) * a * -1


def tanh(z: tf.Tensor) -> tf.Tensor:
    """(exp(z) - exp(-z)) / (exp(z) + exp(-z))"""
    return tf.tanh(z)


def tanh_derivative(a: tf.Tensor) -> tf.Tensor:
    """1 - a^2"""
    return 1 - a * a


def relu(z: tf.Tensor) -> tf.Tensor:
    """max(z, 0)"""
    return tf.nn.relu(z)


def relu_derivative(a: tf.Tensor) -> tf.Tensor:
    """1 where a > 0, else 0: at z = 0 the value that TensorFlow takes"""
    return tf.cast(a > 0, a.dtype)


def leaky_relu(z: tf.Tensor) -> tf.Tensor:
    """z where z > 0, else slope z"""
    return tf.where(z > 0, z, NEGATIVE_SLOPE * z)


def leaky_relu_derivative(a: tf.Tensor) -> tf.Tensor:
    """1 where a > 0, else slope: a has the sign of z"""
    return tf.where(a > 0, tf.ones_like(a), NEGATIVE_SLOPE * tf.ones_like(a))


def linear(z: tf.Tensor) -> tf.Tensor:
    """z"""
    return z


def linear_derivative(a: tf.Tensor) -> tf.Tensor:
    """1"""
    return tf.ones_like(a)


# Elementwise activations only: every one has a derivative that is elementwise too.
ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": Activation(sigmoid, sigmoid_derivative),
    "tanh": Activation(tanh, tanh_derivative),
    "relu": Activation(relu, relu_derivative),
    "leaky_relu": Activation(leaky_relu, leaky_relu_derivative),
    "linear": Activation(linear, linear_derivative),
}


def softmax(z: tf.Tensor) -> tf.Tensor:
    """exp(z_i) / sum_j exp(z_j) over the units j; z (observations, units, ...)"""
    return tf.nn.softmax(z, axis=1)


def activate(name: str, z: tf.Tensor) -> tf.Tensor:
    """a = f(z) for the activation of that name, softmax included."""
    return softmax(z) if name == "softmax" else ACTIVATIONS[name].function(z)
