"""What is changed in a scenario, one thing or several, and what comes of it: facts; report/ puts them into words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

import numpy as np

from ..models.arrays import Array
from .outcomes import Share, share_of

ENOUGH = 0.95  # the share of members that must reach the target


class Family(str, Enum):
    """What kind of thing is changed."""

    NOTHING = "none"
    NOISE = "noise"  # of a standard deviation
    NOISE_CLONED = "noise-cloned"  # the same for the units of a layer: clones stay clones
    MIRRORED = "mirrored"  # initial weights multiplied by -1
    SCALE_DOWN = "scale-down"  # or by another factor
    SCALE_UP = "scale-up"
    HEALTHY = "healthy"  # starts of a textbook initializer
    HEALTHY_CLONED = "healthy-cloned"  # their units made clones
    HEALTHY_SCALED = "healthy-scaled"  # multiplied by a factor
    HEALTHY_SCALED_CLONED = "healthy-scaled-cloned"
    RATE_UP = "rate-up"  # learning rate multiplied by a factor
    RATE_DOWN = "rate-down"
    ITERATIONS = "iterations"  # multiplied by a factor
    LONG_LOOK = "long-look"  # many starts of clones, many rates, so many iterations
    OPTIMIZER = "optimizer"  # with a rate
    ACTIVATION = "activation"  # of the hidden layers
    INPUTS = "inputs"  # standardised
    OUTPUTS = "outputs"  # a linear output layer, or targets mapped into bounds
    WIDER = "wider"  # so many hidden units; healthy starts if an initializer is named
    LIFT = "lift"  # hidden biases raised
    TOGETHER = "together"  # several changes, one after the other


PARTING = (Family.NOISE, Family.HEALTHY, Family.HEALTHY_SCALED)  # kinds of changes after which no two units are equal


@dataclass(frozen=True)
class Change:
    """One thing changed, and by how much: facts; report/ puts them into words."""

    family: Family
    size: float  # how much was changed; the weakest comes first
    apply: Callable[[Any], Any] = field(compare=False)  # from a trial to the trial with it
    amounts: tuple[float, ...] = ()  # a factor, deviation, rate or number, bounds, or units, as the family says
    name: str = ""  # of an initializer, optimizer or activation
    parts: tuple[Change, ...] = ()  # of several changes at once
    replaces: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Unique among the changes of a case: "noise 0.01"."""
        return " ".join([self.family.value, *filter(None, [self.name]), *(f"{amount:g}" for amount in self.amounts)])

    @property
    def single(self) -> tuple[Change, ...]:
        """The changes that this one is made of."""
        return self.parts or (self,)

    @property
    def symmetric(self) -> bool:
        """Whether clones stay clones."""
        return all(change.family not in PARTING for change in self.single)

    @property
    def block(self) -> str:
        """The kind of thing that is changed: rates up and down are of one kind."""
        return self.family.value.split("-")[0]


@dataclass(frozen=True, eq=False)
class Result:
    """What came of a change."""

    change: Change
    costs: Array  # (members,) after the last iteration
    reached: int  # how many came to the target
    chance: bool  # whether the members differed
    iterations: int  # of each

    @property
    def members(self) -> int:
        return len(self.costs)

    @property
    def learned(self) -> Share:
        """The share of the members that came to the target; without chance, one that is certain."""
        share = share_of(np.arange(self.members) < self.reached)
        return share if self.chance else replace(share, low=share.value, high=share.value)

    @property
    def share(self) -> float:
        return self.learned.value

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share."""
        return self.learned.low, self.learned.high

    @property
    def median(self) -> float:
        """The median cost; one that is not a number counts as infinite."""
        return float(np.quantile(np.where(np.isfinite(self.costs), self.costs, np.inf), 0.5, method="inverted_cdf"))

    @property
    def enough(self) -> bool:
        """Whether as many as are needed to name a cause reached the target."""
        return self.share >= ENOUGH
