"""The network by hand for one network whose products are large enough for threads.

The library of matrix products shares such a product out among threads, and does so best if the observations are the
rows of every array and a kernel has the inputs as its columns, as x has them.

Of the parts (members.py) b_l is (1, units) and K_l^T (units, inputs); a is (observations, units).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import tensorflow as tf

from .activations import activate
from .deltas import output_delta
from .members import Parts, backward_pass
from .network import Network

if TYPE_CHECKING:
    from jaxtyping import Float


def hold(weights: Sequence[Float[tf.Tensor, "_rows _units"]]) -> list[tf.Tensor]:
    """[w_1, w_2, ..], each (inputs + 1, units), to [b_1, K_1^T, b_2, K_2^T, ..]."""
    return [part for w in weights for part in (w[:1], tf.transpose(w[1:]))]


def release(parts: Parts) -> list[Float[tf.Tensor, "_rows _units"]]:
    """The inverse of ``hold``."""
    return [tf.concat([bias, tf.transpose(kernel)], axis=0) for bias, kernel in zip(parts[::2], parts[1::2])]


def forward_pass(
    network: Network, parts: Parts, x: Float[tf.Tensor, "observations inputs"]
) -> list[Float[tf.Tensor, "observations _units"]]:
    """[a_0 = x, a_1, .., a_L], z_l = a_(l-1) K_l + b_l"""
    a = [x]
    for bias, kernel, activation in zip(parts[::2], parts[1::2], network.activations):
        a.append(activate(activation, tf.matmul(a[-1], kernel, transpose_b=True) + bias))
    return a


def weight_gradient(
    a: Float[tf.Tensor, "observations inputs"], delta: Float[tf.Tensor, "observations units"]
) -> tuple[Float[tf.Tensor, "1 units"], Float[tf.Tensor, "units inputs"]]:
    """dC/db_l, the sum of delta_l over the observations, and dC/dK_l^T = delta_l^T a_(l-1)"""
    return tf.reduce_sum(delta, axis=0, keepdims=True), tf.matmul(delta, a, transpose_a=True)


def back_through_weights(
    delta: Float[tf.Tensor, "observations units"], kernel: Float[tf.Tensor, "units inputs"]
) -> Float[tf.Tensor, "observations inputs"]:
    """dC/da_(l-1) = delta_l K_l^T"""
    return delta @ kernel


def gradients(
    network: Network,
    parts: Parts,
    x: Float[tf.Tensor, "observations inputs"],
    y: Float[tf.Tensor, "observations outputs"],
) -> list[tf.Tensor]:
    """[dC/db_1, dC/dK_1^T, ..], shaped like ``parts``"""
    a = forward_pass(network, parts, x)
    return backward_pass(network, parts, a, output_delta(network, a[-1], y), weight_gradient, back_through_weights)
