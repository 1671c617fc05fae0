"""The table of optimizers: settings, update rule and Keras' counterpart of each; and how one is written in text.

w is a weight, g = dC/dw its gradient, t = 1, 2, .. counts the updates. The rules have the forms of keras.optimizers,
and the names and meanings of the settings are Keras' too. Every operation is elementwise: w may be (inputs + 1, units)
or (inputs + 1, units, members), and the learning rate and the settings scalars or (members,). The settings come in
float64, so that 1 - beta_2 loses no digits in a float32 run; Keras computes it in float64 too.

The rules are given TensorFlow's module, so that the table is read without loading it. To add an optimizer, write an
entry here and a rule in numerical.py, the referee.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

State = tuple[Any, ...]  # tensors shaped like w that a rule keeps from one update to the next
Settings = Mapping[str, Any]
# (tf, w, g, state, learning rate, t, settings) to (w, state)
UpdateRule = Callable[[Any, Any, Any, State, Any, Any, Settings], tuple[Any, State]]


@dataclass(frozen=True, kw_only=True)
class OptimizerRule:
    """One kind of optimizer."""

    # each with the value it has if none is given: Keras' own, but for momentum, which is 0 in Keras and customarily
    # 0.9
    settings: Mapping[str, float]
    slots: int  # how many tensors shaped like w the rule keeps from one update to the next; zeros before the first
    update: UpdateRule  # the rule
    # Keras' module to its counterpart, which takes the settings as keyword arguments
    keras_optimizer: Callable[[Any], Callable[..., Any]]


def sgd(tf: Any, w: Any, g: Any, state: State, learning_rate: Any, t: Any, settings: Settings) -> tuple[Any, State]:
    """w <- w - learning_rate g"""
    return w - learning_rate * g, ()


def momentum(
    tf: Any, w: Any, g: Any, state: State, learning_rate: Any, t: Any, settings: Settings
) -> tuple[Any, State]:
    """v <- momentum v - learning_rate g;  w <- w + v"""
    v = tf.cast(settings["momentum"], w.dtype) * state[0] - learning_rate * g
    return w + v, (v,)


def nesterov(
    tf: Any, w: Any, g: Any, state: State, learning_rate: Any, t: Any, settings: Settings
) -> tuple[Any, State]:
    """v <- momentum v - learning_rate g;  w <- w + momentum v - learning_rate g"""
    decay = tf.cast(settings["momentum"], w.dtype)
    v = decay * state[0] - learning_rate * g
    return w + (decay * v - learning_rate * g), (v,)


def rmsprop(tf: Any, w: Any, g: Any, state: State, learning_rate: Any, t: Any, settings: Settings) -> tuple[Any, State]:
    """v <- rho v + (1 - rho) g^2;  w <- w - learning_rate g / sqrt(v + epsilon)"""
    rho, complement = tf.cast(settings["rho"], w.dtype), tf.cast(1 - settings["rho"], w.dtype)
    v = rho * state[0] + complement * tf.square(g)
    return w - learning_rate * g / tf.sqrt(v + tf.cast(settings["epsilon"], w.dtype)), (v,)


def adam(tf: Any, w: Any, g: Any, state: State, learning_rate: Any, t: Any, settings: Settings) -> tuple[Any, State]:
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


OPTIMIZERS: dict[str, OptimizerRule] = {
    "sgd": OptimizerRule(settings={}, slots=0, update=sgd, keras_optimizer=lambda keras: keras.optimizers.SGD),
    "momentum": OptimizerRule(
        settings={"momentum": 0.9}, slots=1, update=momentum, keras_optimizer=lambda keras: keras.optimizers.SGD
    ),
    "nesterov": OptimizerRule(
        settings={"momentum": 0.9},
        slots=1,
        update=nesterov,
        keras_optimizer=lambda keras: functools.partial(keras.optimizers.SGD, nesterov=True),
    ),
    "rmsprop": OptimizerRule(
        settings={"rho": 0.9, "epsilon": 1e-7},
        slots=1,
        update=rmsprop,
        keras_optimizer=lambda keras: keras.optimizers.RMSprop,
    ),
    "adam": OptimizerRule(
        settings={"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
        slots=2,
        update=adam,
        keras_optimizer=lambda keras: keras.optimizers.Adam,
    ),
}

OPTIMIZER_NAMES = tuple(OPTIMIZERS)

DEFAULTS: dict[str, dict[str, float]] = {name: dict(rule.settings) for name, rule in OPTIMIZERS.items()}

WRITTEN = re.compile(r"\s*(\w+)\s*(?:\((.*)\))?\s*", re.DOTALL)


def exact(value: float) -> str:
    """A number in six digits if they say all of it, else in as many as it takes."""
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))


def check_setting(optimizer: str, setting: str, value: float) -> None:
    """Raise ValueError unless the value is in that setting's range: [0, 1) for a decay, above 0 for epsilon."""
    if setting == "epsilon":
        if not 0 < value < float("inf"):
            raise ValueError(f"epsilon of {optimizer} must be above 0, got {value}")
    elif not 0 <= value < 1:
        raise ValueError(f"{setting} of {optimizer} must be at least 0 and under 1, got {value}")


@dataclass(frozen=True)
class Optimizer:
    """One optimizer; its learning rate is not a part of it.

    Args:
        name: from ``OPTIMIZER_NAMES``.
        settings: (setting, value) pairs; those left out take the value of ``DEFAULTS``. Afterwards all are there, in
            the order of ``DEFAULTS``, so that equal optimizers are equal objects.

    Raises:
        ValueError: an unknown name or setting, or a value out of its range; the message says which and what would be.

    Example:
        >>> print(Optimizer("nesterov", (("momentum", 0.8),)))
        nesterov(momentum=0.8)
    """

    name: str = "sgd"
    settings: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if self.name not in DEFAULTS:
            raise ValueError(f"unknown optimizer {self.name!r}; known are {', '.join(OPTIMIZER_NAMES)}")
        known = DEFAULTS[self.name]
        for setting, value in self.settings:
            if setting not in known:
                has = f"it has {', '.join(known)}" if known else "it has none"
                raise ValueError(f"{self.name} has no setting {setting!r}; {has}")
            check_setting(self.name, setting, value)
        given = {setting: float(value) for setting, value in self.settings}
        object.__setattr__(self, "settings", tuple({**known, **given}.items()))

    def __str__(self) -> str:
        """As ``parse`` reads it, without the settings that have their usual value."""
        given = [f"{name}={exact(value)}" for name, value in self.settings if value != DEFAULTS[self.name][name]]
        return f"{self.name}({', '.join(given)})" if given else self.name


SGD = Optimizer("sgd")


def parse(text: str) -> Optimizer:
    """ "adam" or "adam(beta_1=0.8, epsilon=1e-8)" to the optimizer.

    Raises:
        ValueError: the text has another form, or ``Optimizer`` refuses what it says.
    """
    written = WRITTEN.fullmatch(text)
    if written is None:
        raise ValueError(f"cannot read the optimizer {text!r}; write it like adam or adam(beta_1=0.8)")
    name, inside = written.group(1), written.group(2) or ""
    settings: list[tuple[str, float]] = []
    for part in inside.split(",") if inside.strip() else []:
        setting, equals, value = part.partition("=")
        try:
            settings.append((setting.strip(), float(value)))
        except ValueError:
            raise ValueError(
                f"cannot read {part.strip()!r} in the optimizer {text!r}; write it like {name}(setting=0.8)"
            ) from None
    return Optimizer(name, tuple(settings))
