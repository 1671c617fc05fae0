"""The network with TensorFlow's GradientTape: a custom training loop that writes the forward pass and no derivative."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import tensorflow as tf

from . import loop
from .activations import activate
from .costs import cost_of
from .network import Array, Backward, Forward, Network, Weights, check_weights
from .training import Training

if TYPE_CHECKING:
    from jaxtyping import Float


def forward_pass(
    network: Network, weights: Sequence[Float[tf.Tensor, "_rows _units"]], x: Float[tf.Tensor, "observations inputs"]
) -> tuple[list[Float[tf.Tensor, "observations _units"]], list[Float[tf.Tensor, "observations _units"]]]:
    """([z_1, .., z_L], [a_1, .., a_L]) with z = a kernel + bias, as a layer of Keras computes it"""
    z: list[tf.Tensor] = []
    a: list[tf.Tensor] = []
    for w, activation in zip(weights, network.activations):
        kernel, bias = w[1:], w[0]
        z.append(tf.matmul(a[-1] if a else x, kernel) + bias)
        a.append(activate(activation, z[-1]))
    return z, a


def gradients(
    network: Network,
    weights: list[Float[tf.Tensor, "_rows _units"]],
    x: Float[tf.Tensor, "observations inputs"],
    y: Float[tf.Tensor, "observations outputs"],
) -> list[Float[tf.Tensor, "_rows _units"]]:
    """dC/dw of each layer"""
    with tf.GradientTape() as tape:
        tape.watch(weights)
        z, a = forward_pass(network, weights, x)
        cost = cost_of(network.cost, z[-1], a[-1], y)
    return tape.gradient(cost, weights)


def forward(
    network: Network, weights: Weights, x: Float[Array, "observations inputs"], y: Float[Array, "observations outputs"]
) -> Forward:
    """See ``network.Implementation``."""
    check_weights(network, weights)
    z, a = forward_pass(network, [tf.constant(w) for w in weights], tf.constant(x))
    return Forward([v.numpy() for v in z], [v.numpy() for v in a], float(cost_of(network.cost, z[-1], a[-1], y)))


def backward(
    network: Network, weights: Weights, x: Float[Array, "observations inputs"], y: Float[Array, "observations outputs"]
) -> Backward:
    """See ``network.Implementation``. The tape watches the weights; z comes of them, so delta = dC/dz is on it too."""
    check_weights(network, weights)
    watched = [tf.constant(w) for w in weights]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        z, a = forward_pass(network, watched, tf.constant(x))
        cost = cost_of(network.cost, z[-1], a[-1], tf.constant(y))
    deltas, found = tape.gradient(cost, (z, watched))
    return Backward([v.numpy() for v in deltas], [v.numpy() for v in found])


def update(
    network: Network,
    weights: Weights,
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    training: Training,
) -> Weights:
    """See ``network.Implementation``."""
    return loop.update(gradients, network, weights, x, y, training)


def train(
    network: Network,
    weights: Weights,
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    training: Training,
) -> Iterator[Weights]:
    """See ``network.Implementation``. Stays in one compiled loop, recording included."""
    return loop.train(loop.Layout(gradients), network, weights, x, y, training)
