"""What members_first.py, members_last.py, observations_last.py and transposed_kernels.py share.

The biases and kernels of the layers are held apart, as parts [b_1, K_1, b_2, K_2, ..]: cutting them out of one array,
and joining their gradients, would cost copies in every iteration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import tensorflow as tf

from .deltas import through_activation
from .network import Network

Parts: TypeAlias = Sequence[tf.Tensor]


def backward_pass(
    network: Network,
    parts: Parts,
    a: Sequence[tf.Tensor],
    delta: tf.Tensor,
    weight_gradient: Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]],
    back_through_weights: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
) -> list[tf.Tensor]:
    """[dC/db_1, dC/dK_1, ..], shaped like ``parts``, in any layout.

    Args:
        parts: [b_1, K_1, ..] in the layout.
        a: [a_0, .., a_L] in the layout.
        delta: delta_L in the layout.
        weight_gradient: (a_(l-1), delta_l) to (dC/db_l, dC/dK_l).
        back_through_weights: (delta_l, K_l) to dC/da_(l-1).
    """
    found = [*weight_gradient(a[-2], delta)]
    for layer in reversed(range(1, network.depth)):
        back = back_through_weights(delta, parts[2 * layer + 1])
        delta = through_activation(network.activations[layer - 1], back, a[layer])
        found = [*weight_gradient(a[layer - 1], delta), *found]
    return found
