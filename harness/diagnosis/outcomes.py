"""What became of a training: does it learn, and if not, in which way. The one threshold stands here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from .tasks import Array

LEARNED_FRACTION = 0.8  # of the way from a constant prediction to the best known one: from there on, it learns
NOTHING_FRACTION = 0.15  # of the same way: below it, nothing was learned
NOISE_WIDTHS = 1.0  # standard deviations of the judged score by which the threshold is lowered
LEAST_LOWERED_FRACTION = 0.55  # but not below this share of the way
OVERFITTED_FRACTION = 0.15  # of the way by which an overfitted training scores better on its own rows than on others
FAR_BELOW = 0.25  # of the way below the threshold: a seed that ends there has failed, and not missed it by little
MOSTLY = 0.8  # share of the seeds from which a program is said to learn
LUCKY_SHARES = (0.1, 0.8)  # shares of the seeds between which it depends on the seed
CONFIDENCE_Z = 1.959963984540054  # of a 95 % interval


class OutcomeKind(Enum):
    """What became of a training."""

    LEARNS = "learns"
    UNDERFITS = "underfits"
    OVERFITS = "overfits"
    DOES_NOT_TRAIN = "does-not-train"
    DIVERGES = "diverges"
    LUCKY = "lucky"
    SLOW = "slow"
    NO_SIGNAL = "no-signal"
    NOT_JUDGED = "not-judged"


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share of seeds, with its Wilson 95 % interval."""

    count: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself; 0 of no seeds."""
        return self.count / self.of if self.of else 0.0


def share_of(flags: Sequence[bool] | Array) -> Share:
    """The share of the seeds for which something holds, with its Wilson 95 % interval."""
    of, count = len(flags), int(np.sum(np.asarray(flags, dtype=bool)))
    if of == 0:
        return Share(count=0, of=0, low=0.0, high=1.0)
    z, p = CONFIDENCE_Z, count / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return Share(count=count, of=of, low=max(0.0, middle - half), high=min(1.0, middle + half))


@dataclass(frozen=True, kw_only=True)
class Bar:
    """The scores between which a training is placed, and the one from which it has learned."""

    constant: float  # score of the best constant prediction
    best: float  # the best score known to be possible on the judged rows
    noise: float  # standard deviation of a score that is due to the finite number of judged rows
    needed: float = LEARNED_FRACTION  # the share of the way from constant to best from which a training has learned

    def fraction(self, value: float) -> float:
        """s = (value - constant) / (best - constant); 0 if nothing can be learned."""
        way = self.best - self.constant
        return (value - self.constant) / way if way > 0 else 0.0

    @property
    def learned(self) -> float:
        """The score from which a training has learned."""
        way = self.best - self.constant
        lowered = max(self.needed * way - NOISE_WIDTHS * self.noise, LEAST_LOWERED_FRACTION * way)
        return self.constant + lowered

    @property
    def nothing(self) -> float:
        """The score below which nothing was learned."""
        return self.constant + NOTHING_FRACTION * (self.best - self.constant)

    def has_learned(self, values: Array) -> Array:
        """For each score, whether it has learned. If nothing can be learned, nothing has."""
        if self.best - self.constant <= 0:
            return np.zeros(len(values), dtype=bool)
        return np.asarray(values) >= self.learned - 1e-9


@dataclass(frozen=True, kw_only=True)
class CostBar:
    """The costs between which a scenario is placed, and the one from which it has learned: ``measures.learning``."""

    constant: float  # cost of the best constant prediction
    best: float  # the least cost of any function of the inputs
    learned: float  # the cost at or under which a training has learned

    def has_learned(self, values: Array) -> Array:
        """For each cost, whether it is low enough."""
        return np.asarray(values) <= self.learned


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What one program reaches, one number a seed."""

    held: Array  # on the rows that judge
    training: Array  # on training rows
    diverged: Array  # whether the cost or the weights became NaN or infinite


def outcome_of(scores: Scores, bar: Bar) -> OutcomeKind:
    """The outcome of a program, from what its seeds reach.

    ``SLOW`` and ``NO_SIGNAL`` need more runs, and are decided by the search.

    Args:
        scores: of the seeds
        bar: for the rows that judge, and for the training rows
    """
    if len(scores.held) == 0 or bar.best - bar.constant <= 0:
        return OutcomeKind.NOT_JUDGED
    learned = share_of(bar.has_learned(scores.held))
    if learned.value >= MOSTLY:
        return OutcomeKind.LEARNS
    if np.mean(scores.diverged) > 0.5:
        return OutcomeKind.DIVERGES
    failed = np.mean(scores.held < bar.learned - FAR_BELOW * (bar.best - bar.constant))
    if learned.value > LUCKY_SHARES[0] and failed >= 1 - LUCKY_SHARES[1]:
        return OutcomeKind.LUCKY
    held, trained = float(np.median(scores.held)), float(np.median(scores.training))
    if held >= bar.learned:
        return OutcomeKind.LEARNS
    if trained >= bar.learned and bar.fraction(trained) - bar.fraction(held) >= OVERFITTED_FRACTION:
        return OutcomeKind.OVERFITS
    if max(trained, held) < bar.nothing:
        return OutcomeKind.DOES_NOT_TRAIN
    return OutcomeKind.UNDERFITS


def outcome_of_little(held: float, training: float, bar: Bar) -> OutcomeKind:
    """The outcome of a program if the best known predictions are hardly better than a constant one.

    Args:
        held: what most seeds reach on the rows that judge
        training: what they reach on training rows
        bar: for the rows that judge
    """
    if held > bar.nothing:
        return OutcomeKind.LEARNS  # the little that there is to learn
    if training > bar.constant + NOTHING_FRACTION * (1 - bar.constant):
        return OutcomeKind.OVERFITS
    # a constant prediction is nearly as good as any: nothing shows whether the program could learn more
    return OutcomeKind.NOT_JUDGED if held >= bar.constant else OutcomeKind.DOES_NOT_TRAIN
