"""What an optimizer does, and how far its learning rate is from what is usual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..programs.usual_rates import usual_rates

ADAM_RATE = 1e-3


@dataclass(frozen=True, kw_only=True)
class OptimizerFacts:
    """What an optimizer does."""

    name: str  # of its class
    rate: float  # at the first update
    last_rate: float  # at the last update, of a schedule
    momentum: float  # of SGD; 0 of others
    clip: float | None  # the smallest clipping threshold, None if it does not clip
    weight_decay: float  # 0 if there is none
    odd: bool  # whether another setting is far from usual (betas, rho, epsilon, momentum)

    @property
    def usual(self) -> tuple[float, float, float]:
        """Lowest usual, typical and highest usual rate of its kind."""
        return usual_rates(self.name, self.momentum)

    @property
    def distance(self) -> float:
        """The factor by which the rate is outside of what is usual; below 1 if it is too small, 1 if it is usual."""
        low, _, high = self.usual
        if self.rate < low:
            return self.rate / low
        if self.rate > high:
            return self.rate / high
        if self.last_rate < low / 30:
            return self.last_rate / low
        return 1.0


def optimizer_facts(optimizer: Any, updates: int) -> OptimizerFacts:
    """What an optimizer does in a training of so many updates."""
    config = optimizer.get_config()
    schedule = getattr(optimizer, "_learning_rate", None)
    if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        rate, last = (float(np.asarray(schedule(step))) for step in (0, max(0, updates // 2)))
    else:
        rate = last = float(np.asarray(optimizer.learning_rate))
    clips = [config.get(name) for name in ("clipnorm", "clipvalue", "global_clipnorm")]
    given = [float(clip) for clip in clips if clip is not None]
    momentum = float(config.get("momentum") or 0.0) if type(optimizer).__name__ == "SGD" else 0.0
    odd = (
        momentum > 0.995
        or float(config.get("beta_1", 0.9)) > 0.99
        or float(config.get("beta_2", 0.999)) < 0.5
        or float(config.get("rho", 0.9)) < 0.3
        or float(config.get("epsilon") or 1e-7) > 0.02
        or float(config.get("initial_accumulator_value") or 0.1) > 10
    )
    return OptimizerFacts(
        name=type(optimizer).__name__,
        rate=rate,
        last_rate=last,
        momentum=momentum,
        clip=min(given) if given else None,
        weight_decay=float(config.get("weight_decay") or 0.0),
        odd=odd,
    )
