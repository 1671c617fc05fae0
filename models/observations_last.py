"""The network by hand with the observations as the last axis, for one large network or for many at once.

With many observations a product's rows are then long, which suits both the library of matrix products and a processor's
vector units. The first layer of all members is one product, because they share x.

Of the parts (members.py) b_l is (members, units, 1) and K_l (members, units, inputs); a is (members, units,
observations). A single network lacks the axis of members, so a transposition is the reversal of all axes.

The form of a transposition decides in which order XLA holds an array: with the arguments transpose_a and transpose_b of
``matmul`` a single 64-64-32-10 with 32 observations takes 1.7 times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import tensorflow as tf

from .activations import activate, activation_named
from .deltas import output_delta
from .members import Parts, backward_pass
from .network import Network

if TYPE_CHECKING:
    from jaxtyping import Float

FEWEST_OBSERVATIONS = 32  # from which on this is faster than observations before units; measured in docs/speed.md


def hold(weights: Sequence[Float[tf.Tensor, "_rows _units *members"]]) -> list[tf.Tensor]:
    """[w_1, w_2, ..], each (inputs + 1, units, members), to [b_1, K_1, b_2, K_2, ..]."""
    return [tf.transpose(part) for w in weights for part in (w[:1], w[1:])]


def release(parts: Parts) -> list[Float[tf.Tensor, "_rows _units *members"]]:
    """The inverse of ``hold``."""
    # a transposition of the two joined would make XLA hold the parts transposed, in which products are slow
    return [tf.concat([tf.transpose(b), tf.transpose(k)], axis=0) for b, k in zip(parts[::2], parts[1::2])]


def activate_units(name: str, z: Float[tf.Tensor, "*members units observations"]) -> tf.Tensor:
    """a_l = f_l(z_l); one that mixes units finds them on axis 1"""
    if activation_named(name).mixes_units:  # only there: with transpositions in between XLA copies products
        return tf.transpose(activate(name, tf.transpose(z)))
    return activate(name, z)


def forward_pass(
    network: Network, parts: Parts, x: Float[tf.Tensor, "observations inputs"]
) -> tuple[list[Float[tf.Tensor, "*members _units observations"]], list[tf.Tensor]]:
    """([z_1, .., z_L], [a_0, .., a_L]), z_l = K_l a_(l-1) + b_l; a_0 is x^T, (inputs, observations), of all members"""
    z: list[tf.Tensor] = []
    a = [tf.transpose(x)]
    for bias, kernel, activation in zip(parts[::2], parts[1::2], network.activations):
        is_shared = a[-1].shape.rank < kernel.shape.rank
        z.append((tf.tensordot(kernel, a[-1], 1) if is_shared else kernel @ a[-1]) + bias)
        a.append(activate_units(activation, z[-1]))
    return z, a


def weight_gradient(
    a: tf.Tensor, delta: Float[tf.Tensor, "*members units observations"]
) -> tuple[Float[tf.Tensor, "*members units 1"], Float[tf.Tensor, "*members units inputs"]]:
    """dC/db_l, the sum of delta_l over the observations, and dC/dK_l = delta_l a_(l-1)^T; a_0 has no members"""
    is_shared = a.shape.rank < delta.shape.rank
    of_kernel = tf.tensordot(delta, a, ([-1], [-1])) if is_shared else delta @ tf.linalg.matrix_transpose(a)
    return tf.reduce_sum(delta, axis=-1, keepdims=True), of_kernel


def back_through_weights(
    delta: Float[tf.Tensor, "*members units observations"], kernel: Float[tf.Tensor, "*members units inputs"]
) -> Float[tf.Tensor, "*members inputs observations"]:
    """dC/da_(l-1) = K_l^T delta_l"""
    return tf.linalg.matrix_transpose(kernel) @ delta


def gradients(
    network: Network,
    parts: Parts,
    x: Float[tf.Tensor, "observations inputs"],
    y: Float[tf.Tensor, "observations outputs"],
) -> list[tf.Tensor]:
    """[dC/db_1, dC/dK_1, ..], shaped like ``parts``"""
    _, a = forward_pass(network, parts, x)
    if activation_named(network.activations[-1]).mixes_units:
        of_all = tf.reshape(y, y.shape + [1] * (a[-1].shape.rank - 2))
        delta = tf.transpose(output_delta(network, tf.transpose(a[-1]), of_all))
    else:
        delta = output_delta(network, a[-1], tf.transpose(y))
    return backward_pass(network, parts, a, delta, weight_gradient, back_through_weights)


def output(
    network: Network, parts: Parts, x: Float[tf.Tensor, "observations inputs"]
) -> tuple[Float[tf.Tensor, "observations outputs *members"], Float[tf.Tensor, "observations outputs *members"]]:
    """z_L and a_L"""
    z, a = forward_pass(network, parts, x)
    return tf.transpose(z[-1]), tf.transpose(a[-1])
