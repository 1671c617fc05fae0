"""The network by hand for many small networks at once: the members are the last axis of every array.

Neighbouring numbers then belong to neighbouring members and go through the same operations, which is what a
processor's vector units want. A matrix product is a sum of elementwise ones, which XLA compiles into the loops around
it. Long sums are cut into pieces (``total``), long passes too (``gradients``).

Of the parts (members.py) b_l is (units, members) and K_l (inputs, units, members).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import tensorflow as tf

from .activations import activate
from .costs import weight_of_piece
from .deltas import output_delta
from .members import Parts, backward_pass
from .network import Network

if TYPE_CHECKING:
    from jaxtyping import Float

# Terms of a sum that XLA adds up in one loop. LLVM unrolls a loop of so many and vectorises over the members; a longer
# one it leaves scalar: 8-16-16-4 with 32 observations at once takes 11 us per member and iteration instead of 3.
TERMS_AT_ONCE = 16

# Observations in a pass; more are taken in pieces, whose gradients are added. A pass then stays in the cache too.
OBSERVATIONS_AT_ONCE = TERMS_AT_ONCE


def hold(weights: Sequence[Float[tf.Tensor, "_rows _units members"]]) -> list[tf.Tensor]:
    """[w_1, w_2, ..], each (inputs + 1, units, members), to [b_1, K_1, b_2, K_2, ..]."""
    return [part for w in weights for part in (w[0], w[1:])]


def release(parts: Parts) -> list[Float[tf.Tensor, "_rows _units members"]]:
    """The inverse of ``hold``."""
    return [tf.concat([bias[None], kernel], axis=0) for bias, kernel in zip(parts[::2], parts[1::2])]


def total(length: int, terms: Callable[[slice], tf.Tensor], axis: int) -> tf.Tensor:
    """The sum along ``axis`` of ``terms``, which gives those of any slice of 0 .. ``length`` - 1."""
    result = tf.reduce_sum(terms(slice(0, TERMS_AT_ONCE)), axis=axis)
    for first in range(TERMS_AT_ONCE, length, TERMS_AT_ONCE):
        result += tf.reduce_sum(terms(slice(first, min(first + TERMS_AT_ONCE, length))), axis=axis)
    return result


def pass_size(observations: int) -> int:
    """How many observations a pass takes: the most that leave none over, unless that is under half a pass."""
    fitting = [count for count in range(1, OBSERVATIONS_AT_ONCE + 1) if observations % count == 0]
    return fitting[-1] if 2 * fitting[-1] >= OBSERVATIONS_AT_ONCE else min(observations, OBSERVATIONS_AT_ONCE)


def pre_activation(
    a: Float[tf.Tensor, "observations inputs _members"],
    bias: Float[tf.Tensor, "units members"],
    kernel: Float[tf.Tensor, "inputs units members"],
) -> Float[tf.Tensor, "observations units members"]:
    """z_l = b_l + a_(l-1) K_l"""
    return bias + total(a.shape[1], lambda i: a[:, i, None] * kernel[i], axis=1)


def weight_gradient(
    a: Float[tf.Tensor, "observations inputs _members"], delta: Float[tf.Tensor, "observations units members"]
) -> tuple[Float[tf.Tensor, "units members"], Float[tf.Tensor, "inputs units members"]]:
    """dC/db_l, the sum of delta_l over the observations, and dC/dK_l = a_(l-1)^T delta_l"""
    observations = a.shape[0]
    of_bias = total(observations, lambda n: delta[n], axis=0)
    of_kernel = total(observations, lambda n: a[n, :, None] * delta[n, None], axis=0)
    return of_bias, of_kernel


def back_through_weights(
    delta: Float[tf.Tensor, "observations units members"], kernel: Float[tf.Tensor, "inputs units members"]
) -> Float[tf.Tensor, "observations inputs members"]:
    """dC/da_(l-1) = delta_l K_l^T"""
    return total(delta.shape[1], lambda u: delta[:, None, u] * kernel[:, u], axis=2)


def forward_pass(
    network: Network, parts: Parts, x: Float[tf.Tensor, "observations inputs"]
) -> tuple[
    list[Float[tf.Tensor, "observations _units members"]], list[Float[tf.Tensor, "observations _units _members"]]
]:
    """([z_1, .., z_L], [a_0, .., a_L]), each (observations, units, members); a_0 is x, (observations, inputs, 1)"""
    z: list[tf.Tensor] = []
    a = [x[:, :, None]]
    for bias, kernel, activation in zip(parts[::2], parts[1::2], network.activations):
        z.append(pre_activation(a[-1], bias, kernel))
        a.append(activate(activation, z[-1]))
    return z, a


def gradients_of_piece(
    network: Network,
    parts: Parts,
    x: Float[tf.Tensor, "observations inputs"],
    y: Float[tf.Tensor, "observations outputs"],
) -> list[tf.Tensor]:
    """[dC/db_1, dC/dK_1, ..], for a cost of these observations alone"""
    _, a = forward_pass(network, parts, x)
    delta = output_delta(network, a[-1], y[:, :, None])
    return backward_pass(network, parts, a, delta, weight_gradient, back_through_weights)


def gradients(
    network: Network,
    parts: Parts,
    x: Float[tf.Tensor, "observations inputs"],
    y: Float[tf.Tensor, "observations outputs"],
) -> list[tf.Tensor]:
    """[dC/db_1, dC/dK_1, ..], shaped like ``parts``: dC/dw = sum_pieces weight dC_piece/dw"""
    observations = x.shape[0]
    size = pass_size(observations)
    whole, left = divmod(observations, size)
    if whole == 1 and not left:
        return gradients_of_piece(network, parts, x, y)

    def added(sums: Parts, first: tf.Tensor, count: int) -> list[tf.Tensor]:
        share = tf.constant(weight_of_piece(network.cost, count, observations), x.dtype)
        of_piece = (tf.slice(v, [first, 0], [count, v.shape[1]]) for v in (x, y))
        return [s + share * g for s, g in zip(sums, gradients_of_piece(network, parts, *of_piece))]

    _, sums = tf.while_loop(
        lambda piece, sums: piece < whole,
        lambda piece, sums: (piece + 1, added(sums, piece * size, size)),
        (tf.constant(0), [tf.zeros_like(part) for part in parts]),
    )
    return added(sums, tf.constant(whole * size), left) if left else sums


def output(
    network: Network, parts: Parts, x: Float[tf.Tensor, "observations inputs"]
) -> tuple[Float[tf.Tensor, "observations outputs members"], Float[tf.Tensor, "observations outputs members"]]:
    """z_L and a_L"""
    z, a = forward_pass(network, parts, x)
    return z[-1], a[-1]
