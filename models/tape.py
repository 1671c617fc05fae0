"""The network with TensorFlow's GradientTape: a custom training loop that writes the forward pass and no derivative."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import tensorflow as tf

from . import loop
from .activations import activate
from .costs import cost_of
from .network import Array, Backward, Forward, Network, Weights, check_weights
from .training import Training


def forward_pass(
    network: Network, weights: Sequence[tf.Tensor], x: tf.Tensor
) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    """([z_1, .., z_L], [a_1, .., a_L]) with z = a kernel + bias, as a layer of Keras computes it"""
    z: list[tf.Tensor] = []
    a: list[tf.Tensor] = []
    for w, activation in zip(weights, network.activations):
        kernel, bias = w[1:], w[0]
        z.append(tf.matmul(a[-1] if a else x, kernel) + bias)
        a.append(activate(activation, z[-1]))
    return z, a


def gradients(network: Network, weights: list[tf.Tensor], x: tf.Tensor, y: tf.Tensor) -> list[tf.Tensor]:
    """dC/dw of each layer"""
    with tf.GradientTape() as tape:
        tape.watch(weights)
        z, a = forward_pass(network, weights, x)
        cost = cost_of(network.cost, z[-1], a[-1], y)
    return tape.gradient(cost, weights)


def forward(network: Network, weights: Weights, x: Array, y: Array) -> Forward:
    """See ``network.Implementation``."""
    check_weights(network, weights)
    z, a = forward_pass(network, [tf.constant(w) for w in weights], tf.constant(x))
    return Forward([v.numpy() for v in z], [v.numpy() for v in a], float(cost_of(network.cost, z[-1], a[-1], y)))


def backward(network: Network, weights: Weights, x: Array, y: Array) -> Backward:
    """See ``network.Implementation``. The tape watches the weights; z comes of them, so delta = dC/dz is on it too."""
    check_weights(network, weights)
    watched = [tf.constant(w) for w in weights]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        z, a = forward_pass(network, watched, tf.constant(x))
        cost = cost_of(network.cost, z[-1], a[-1], tf.constant(y))
    deltas, found = tape.gradient(cost, (z, watched))
    return Backward([v.numpy() for v in deltas], [v.numpy() for v in found])


def update(network: Network, weights: Weights, x: Array, y: Array, training: Training) -> Weights:
    """See ``network.Implementation``."""
    return loop.update(gradients, network, weights, x, y, training)


def train(network: Network, weights: Weights, x: Array, y: Array, training: Training) -> Iterator[Weights]:
    """See ``network.Implementation``. Stays in one compiled loop, recording included."""
    return loop.train(gradients, network, weights, x, y, training)
