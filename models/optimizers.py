"""Each optimizer as data: its name, its settings and their usual values, and how one is written in text.

The update rules themselves are in updates.py. The names and meanings of the settings are those of keras.optimizers.
Nothing here imports TensorFlow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Every setting with its value where none is given: Keras' own; Keras has no momentum by default, 0.9 is customary.
DEFAULTS: dict[str, dict[str, float]] = {
    "sgd": {},
    "momentum": {"momentum": 0.9},
    "nesterov": {"momentum": 0.9},
    "rmsprop": {"rho": 0.9, "epsilon": 1e-7},
    "adam": {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
}

OPTIMIZER_NAMES = tuple(DEFAULTS)

WRITTEN = re.compile(r"\s*(\w+)\s*(?:\((.*)\))?\s*", re.DOTALL)


def exact(value: float) -> str:
    """In six digits where they say all, else in as many as it takes."""
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
    """One optimizer; its learning rate is no part of it.

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
