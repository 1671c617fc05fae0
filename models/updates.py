"""The update rule of each optimizer by hand, in the forms of keras.optimizers.

w is a weight, g = dC/dw its gradient, t = 1, 2, .. counts the updates. Every operation is elementwise: w may be
(inputs + 1, units) or (inputs + 1, units, members), and the learning rate and the settings scalars or (members,).
The settings come in float64, so that 1 - beta_2 loses no digits in a float32 run; Keras computes it in float64 too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

State = tuple[tf.Tensor, ...]
Settings = Mapping[str, tf.Tensor]
Rule = Callable[[tf.Tensor, tf.Tensor, State, tf.Tensor, tf.Tensor, Settings], tuple[tf.Tensor, State]]


def sgd(
    w: tf.Tensor, g: tf.Tensor, state: State, learning_rate: tf.Tensor, t: tf.Tensor, settings: Settings
) -> tuple[tf.Tensor, State]:
    """w <- w - learning_rate g"""
    return w - learning_rate * g, ()


def momentum(
    w: tf.Tensor, g: tf.Tensor, state: State, learning_rate: tf.Tensor, t: tf.Tensor, settings: Settings
) -> tuple[tf.Tensor, State]:
    """v <- momentum v - learning_rate g;  w <- w + v"""
    v = tf.cast(settings["momentum"], w.dtype) * state[0] - learning_rate * g
    return w + v, (v,)


def nesterov(
    w: tf.Tensor, g: tf.Tensor, state: State, learning_rate: tf.Tensor, t: tf.Tensor, settings: Settings
) -> tuple[tf.Tensor, State]:
    """v <- momentum v - learning_rate g;  w <- w + momentum v - learning_rate g"""
    decay = tf.cast(settings["momentum"], w.dtype)
    v = decay * state[0] - learning_rate * g
    return w + (decay * v - learning_rate * g), (v,)


def rmsprop(
    w: tf.Tensor, g: tf.Tensor, state: State, learning_rate: tf.Tensor, t: tf.Tensor, settings: Settings
) -> tuple[tf.Tensor, State]:
    """v <- rho v + (1 - rho) g^2;  w <- w - learning_rate g / sqrt(v + epsilon)"""
    rho, complement = tf.cast(settings["rho"], w.dtype), tf.cast(1 - settings["rho"], w.dtype)
    v = rho * state[0] + complement * tf.square(g)
    return w - learning_rate * g / tf.sqrt(v + tf.cast(settings["epsilon"], w.dtype)), (v,)


def adam(
    w: tf.Tensor, g: tf.Tensor, state: State, learning_rate: tf.Tensor, t: tf.Tensor, settings: Settings
) -> tuple[tf.Tensor, State]:
    """m <- m + (1 - beta_1) (g - m);  v <- v + (1 - beta_2) (g^2 - v);
    w <- w - learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)

    Kingma and Ba, Adam (ICLR 2015), in the order of its section 2, where epsilon stands beside the uncorrected sqrt(v).
    """
    m = state[0] + tf.cast(1 - settings["beta_1"], w.dtype) * (g - state[0])
    v = state[1] + tf.cast(1 - settings["beta_2"], w.dtype) * (tf.square(g) - state[1])
    count = tf.cast(t, w.dtype)
    beta_1_power = tf.pow(tf.cast(settings["beta_1"], w.dtype), count)
    beta_2_power = tf.pow(tf.cast(settings["beta_2"], w.dtype), count)
    rate = learning_rate * tf.sqrt(1 - beta_2_power) / (1 - beta_1_power)
    return w - rate * m / (tf.sqrt(v) + tf.cast(settings["epsilon"], w.dtype)), (m, v)


RULES: dict[str, Rule] = {"sgd": sgd, "momentum": momentum, "nesterov": nesterov, "rmsprop": rmsprop, "adam": adam}

# how many tensors shaped like w a rule keeps from one update to the next
SLOTS = {"sgd": 0, "momentum": 1, "nesterov": 1, "rmsprop": 1, "adam": 2}


def start(name: str, weights: Sequence[tf.Tensor]) -> list[State]:
    """The state of each weight before the first update: zeros."""
    return [tuple(tf.zeros_like(w) for _ in range(SLOTS[name])) for w in weights]


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
    updated = [RULES[name](w, g, s, learning_rate, t, settings) for w, g, s in zip(weights, gradients, state)]
    return [w for w, _ in updated], [s for _, s in updated]
