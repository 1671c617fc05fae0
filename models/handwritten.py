"""The network by hand: no automatic differentiation, one named function for each step of the chain rule.

With A_l = [1, a_l] (a column of ones before the activations) and a_0 = x, layer l computes

    z_l = A_(l-1) w_l            a_l = f_l(z_l)

and the chain rule goes back through it

    delta_L = dC/da_L f_L'(z_L)              delta_l = (delta_(l+1) K_(l+1)^T) f_l'(z_l)
    dC/dw_l = A_(l-1)^T delta_l              w_l <- w_l - learning_rate dC/dw_l

where K is w without its bias row and products without a matrix on both sides are elementwise. Under a cross-entropy
delta_L is found at once (costs.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from . import loop, observations_last, transposed_kernels
from .activations import activate
from .costs import cost_of
from .deltas import cost_gradient as cost_gradient
from .deltas import output_delta
from .deltas import through_activation as through_activation
from .network import BROADCAST_AT_MOST, SMALL_PRODUCT, Array, Backward, Forward, Network, Weights, check_weights
from .training import Training

if TYPE_CHECKING:
    from jaxtyping import Float


def product(
    a: Float[tf.Tensor, "rows inner"], b: Float[tf.Tensor, "inner columns"]
) -> Float[tf.Tensor, "rows columns"]:
    """a b: (rows, inner), (inner, columns) to (rows, columns)"""
    if a.shape[0] * a.shape[1] * b.shape[1] <= BROADCAST_AT_MOST:
        return tf.reduce_sum(tf.expand_dims(a, 2) * tf.expand_dims(b, 0), axis=1)
    return a @ b


def with_ones(a: Float[tf.Tensor, "observations units"]) -> Float[tf.Tensor, "observations units+1"]:
    """A = [1, a]: (observations, units) to (observations, 1 + units), so that row 0 of w is the bias"""
    return tf.concat([np.ones((a.shape[0], 1), a.dtype.as_numpy_dtype), a], axis=1)


def pre_activation(
    a: Float[tf.Tensor, "observations inputs"], w: Float[tf.Tensor, "inputs+1 units"]
) -> Float[tf.Tensor, "observations units"]:
    """z_l = A_(l-1) w_l: (observations, inputs), (inputs + 1, units) to (observations, units)"""
    return product(with_ones(a), w)


def weight_gradient(
    a: Float[tf.Tensor, "observations inputs"], delta: Float[tf.Tensor, "observations units"]
) -> Float[tf.Tensor, "inputs+1 units"]:
    """dC/dw_l = A_(l-1)^T delta_l, (inputs + 1, units); its row 0 is the bias' own, the sum of delta_l"""
    return product(tf.transpose(with_ones(a)), delta)


def back_through_weights(
    delta: Float[tf.Tensor, "observations units"], w: Float[tf.Tensor, "inputs_and_bias units"]
) -> Float[tf.Tensor, "observations inputs_and_bias-1"]:
    """dC/da_(l-1) = delta_l K_l^T, (observations, inputs): the bias row has no activation to go back to"""
    return product(delta, tf.transpose(w[1:]))


def forward_pass(
    network: Network, weights: Sequence[Float[tf.Tensor, "_rows _units"]], x: Float[tf.Tensor, "observations inputs"]
) -> tuple[list[Float[tf.Tensor, "observations _units"]], list[Float[tf.Tensor, "observations _units"]]]:
    """([z_1, .., z_L], [a_0 = x, a_1, .., a_L])"""
    z: list[tf.Tensor] = []
    a = [x]
    for w, activation in zip(weights, network.activations):
        z.append(pre_activation(a[-1], w))
        a.append(activate(activation, z[-1]))
    return z, a


def backward_pass(
    network: Network,
    weights: Sequence[Float[tf.Tensor, "_rows _units"]],
    a: Sequence[Float[tf.Tensor, "observations _units"]],
    y: Float[tf.Tensor, "observations outputs"],
) -> tuple[list[Float[tf.Tensor, "observations _units"]], list[Float[tf.Tensor, "_rows _units"]]]:
    """([delta_1, .., delta_L], [dC/dw_1, .., dC/dw_L]) from a = [a_0, .., a_L]"""
    delta = output_delta(network, a[-1], y)
    deltas, gradients = [delta], [weight_gradient(a[-2], delta)]
    for layer in reversed(range(1, network.depth)):
        delta = through_activation(
            network.activations[layer - 1], back_through_weights(delta, weights[layer]), a[layer]
        )
        deltas.insert(0, delta)
        gradients.insert(0, weight_gradient(a[layer - 1], delta))
    return deltas, gradients


def gradients(
    network: Network,
    weights: list[Float[tf.Tensor, "_rows _units"]],
    x: Float[tf.Tensor, "observations inputs"],
    y: Float[tf.Tensor, "observations outputs"],
) -> list[Float[tf.Tensor, "_rows _units"]]:
    """dC/dw of each layer"""
    _, a = forward_pass(network, weights, x)
    return backward_pass(network, weights, a, y)[1]


def forward(
    network: Network, weights: Weights, x: Float[Array, "observations inputs"], y: Float[Array, "observations outputs"]
) -> Forward:
    """See ``network.Implementation``."""
    check_weights(network, weights)
    z, a = forward_pass(network, [tf.constant(w) for w in weights], tf.constant(x))
    return Forward([v.numpy() for v in z], [v.numpy() for v in a[1:]], float(cost_of(network.cost, z[-1], a[-1], y)))


def backward(
    network: Network, weights: Weights, x: Float[Array, "observations inputs"], y: Float[Array, "observations outputs"]
) -> Backward:
    """See ``network.Implementation``."""
    check_weights(network, weights)
    tensors = [tf.constant(w) for w in weights]
    _, a = forward_pass(network, tensors, tf.constant(x))
    deltas, found = backward_pass(network, tensors, a, tf.constant(y))
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


def layout_of(network: Network, observations: int) -> loop.Layout:
    """How the compiled loop trains one network in iterations with so many observations: by the steps as they are here,
    or, if many observations make matrix products of them, by the same steps with the observations last, or with the
    kernels transposed if the products are worth threads."""
    largest = network.largest_product(observations)
    if largest > SMALL_PRODUCT:
        return loop.Layout(transposed_kernels.gradients, transposed_kernels.hold, transposed_kernels.release)
    if largest > BROADCAST_AT_MOST and observations >= observations_last.FEWEST_OBSERVATIONS:
        return loop.Layout(observations_last.gradients, observations_last.hold, observations_last.release)
    return loop.Layout(gradients)


def train(
    network: Network,
    weights: Weights,
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    training: Training,
) -> Iterator[Weights]:
    """See ``network.Implementation``. Stays in one compiled loop, recording included; see ``layout_of``."""
    at_once = loop.batch_size_of(training.batches, len(x)) or len(x)
    return loop.train(layout_of(network, at_once), network, weights, x, y, training)
