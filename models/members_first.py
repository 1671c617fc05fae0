"""The network by hand for many large networks at once: the members are the first axis, and products are ``matmul``.

From some size on a matrix product in a library of its own outruns one that XLA compiles into the loops around it. It
wants a member's numbers side by side: a is (members, observations, units).

Of the parts (members.py) b_l is (members, 1, units) and K_l (members, inputs, units).
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


def hold(weights: Sequence[Float[tf.Tensor, "_rows _units members"]]) -> list[tf.Tensor]:
    """[w_1, w_2, ..], each (inputs + 1, units, members), to [b_1, K_1, b_2, K_2, ..]."""
    return [part for w in weights for part in (tf.transpose(w[:1], (2, 0, 1)), tf.transpose(w[1:], (2, 0, 1)))]


def release(parts: Parts) -> list[Float[tf.Tensor, "_rows _units members"]]:
    """The inverse of ``hold``."""
    return [tf.transpose(tf.concat([bias, kernel], axis=1), (1, 2, 0)) for bias, kernel in zip(parts[::2], parts[1::2])]


def activate_units(name: str, z: Float[tf.Tensor, "members observations units"]) -> tf.Tensor:
    """a_l = f_l(z_l); one that mixes units finds them on axis 1"""
    if activation_named(name).mixes_units:
        return tf.transpose(activate(name, tf.transpose(z, (0, 2, 1))), (0, 2, 1))
    return activate(name, z)


def forward_pass(
    network: Network, parts: Parts, x: Float[tf.Tensor, "observations inputs"]
) -> tuple[list[Float[tf.Tensor, "members observations _units"]], list[tf.Tensor]]:
    """([z_1, .., z_L], [a_0, .., a_L]), z_l = b_l + a_(l-1) K_l; a_0 is x, (observations, inputs), of all members"""
    z: list[tf.Tensor] = []
    a = [x]
    for layer, activation in enumerate(network.activations):
        bias, kernel = parts[2 * layer : 2 * layer + 2]
        product = tf.matmul(a[-1], kernel) if layer else tf.einsum("ni,miu->mnu", x, kernel)
        z.append(bias + product)
        a.append(activate_units(activation, z[-1]))
    return z, a


def weight_gradient(
    a: tf.Tensor, delta: Float[tf.Tensor, "members observations units"]
) -> tuple[Float[tf.Tensor, "members 1 units"], Float[tf.Tensor, "members inputs units"]]:
    """dC/db_l, the sum of delta_l over the observations, and dC/dK_l = a_(l-1)^T delta_l; a_0 has no members"""
    is_shared = a.shape.rank == 2
    of_kernel = tf.einsum("ni,mnu->miu", a, delta) if is_shared else tf.matmul(a, delta, transpose_a=True)
    return tf.reduce_sum(delta, axis=1, keepdims=True), of_kernel


def back_through_weights(
    delta: Float[tf.Tensor, "members observations units"], kernel: Float[tf.Tensor, "members inputs units"]
) -> Float[tf.Tensor, "members observations inputs"]:
    """dC/da_(l-1) = delta_l K_l^T"""
    return tf.matmul(delta, kernel, transpose_b=True)


def gradients(
    network: Network,
    parts: Parts,
    x: Float[tf.Tensor, "observations inputs"],
    y: Float[tf.Tensor, "observations outputs"],
) -> list[tf.Tensor]:
    """[dC/db_1, dC/dK_1, ..], shaped like ``parts``"""
    _, a = forward_pass(network, parts, x)
    # y, (observations, outputs), is the same for all members
    delta = output_delta(network, a[-1], y)
    return backward_pass(network, parts, a, delta, weight_gradient, back_through_weights)


def output(
    network: Network, parts: Parts, x: Float[tf.Tensor, "observations inputs"]
) -> tuple[Float[tf.Tensor, "observations outputs members"], Float[tf.Tensor, "observations outputs members"]]:
    """z_L and a_L, with the members on the last axis, as a cost takes them"""
    z, a = forward_pass(network, parts, x)
    return tf.transpose(z[-1], (1, 2, 0)), tf.transpose(a[-1], (1, 2, 0))
