"""The optimizers' rules applied to all weights of a network. The rules themselves are in optimizers.py."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from .optimizers import OPTIMIZERS, Settings, State


def start(name: str, weights: Sequence[tf.Tensor]) -> list[State]:
    """The state of each weight before the first update: zeros."""
    return [tuple(tf.zeros_like(w) for _ in range(OPTIMIZERS[name].slots)) for w in weights]


def apply(
    name: str,
    weights: Sequence[tf.Tensor],
    gradients: Sequence[tf.Tensor],
    state: Sequence[State],
    learning_rate: tf.Tensor,
    t: tf.Tensor,
    settings: Settings,
) -> tuple[list[tf.Tensor], list[State]]:
    """The weights and the state after update ``t`` (1, 2, ..) by the rule of that name."""
    rule = OPTIMIZERS[name].update
    updated = [rule(tf, w, g, s, learning_rate, t, settings) for w, g, s in zip(weights, gradients, state)]
    return [w for w, _ in updated], [s for _, s in updated]
