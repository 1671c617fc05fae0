"""Learning rates that optimizers are usually given: below and above them, a rate is questioned."""

from __future__ import annotations

from typing import Any

# class of the optimizer: lowest usual, typical, highest usual rate
USUAL_RATES = {
    "SGD": (3e-3, 5e-2, 0.5),
    "SGD with momentum": (3e-4, 1e-2, 0.11),
    "Adam": (2e-4, 1e-3, 2e-2),
    "AdamW": (2e-4, 1e-3, 2e-2),
    "Nadam": (2e-4, 1e-3, 2e-2),
    "RMSprop": (2e-4, 1e-3, 2e-2),
    "Adamax": (3e-4, 2e-3, 3e-2),
    "Adagrad": (5e-3, 5e-2, 0.5),
    "Adadelta": (0.1, 1.0, 3.0),
    "Ftrl": (1e-2, 5e-2, 0.5),
    "Lion": (3e-5, 3e-4, 3e-3),
    "Adafactor": (5e-4, 5e-3, 5e-2),
    "Muon": (1e-4, 1e-3, 2e-2),
}
MUCH_MOMENTUM = 0.5  # from which SGD takes smaller rates


def first_rate(optimizer: Any) -> tuple[float, float]:
    """The learning rate that an optimizer begins with, 0 if it is not known, and the momentum of SGD."""
    config = {} if optimizer is None else optimizer.get_config()
    rate = config.get("learning_rate")
    if isinstance(rate, dict):  # a schedule
        rate = rate.get("config", {}).get("initial_learning_rate")
    momentum = config.get("momentum") if type(optimizer).__name__ == "SGD" else None
    return (float(rate) if isinstance(rate, (int, float)) else 0.0), float(momentum or 0.0)


def effective_rate(rate: float, momentum: float) -> float:
    """A learning rate with the momentum that multiplies it."""
    return float(f"{rate / (1 - min(momentum, 0.99)):.6g}")  # the rate itself is a float32


def usual_rates(optimizer: str, momentum: float = 0.0) -> tuple[float, float, float]:
    """Lowest usual, typical and highest usual rate of an optimizer; Adam's for those that are not in the table.

    Args:
        optimizer: name of its class.
        momentum: of SGD.
    """
    kind = "SGD with momentum" if optimizer == "SGD" and momentum > MUCH_MOMENTUM else optimizer
    return USUAL_RATES.get(kind, USUAL_RATES["Adam"])
