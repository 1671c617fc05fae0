"""What the trainings of two setups come to, and whether that differs by more than seeds do."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..models.network import Array

SURE = 0.01  # probability up to which a difference is not left to chance
FEWEST_SEEDS = 5  # below, no ranks are that unlikely


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What the trainings of one setup came to."""

    losses: Array  # (seeds,) on the rows that judge
    accuracies: Array | None  # (seeds,) share of those rows that are right; None if the targets are not classes

    @property
    def values(self) -> Array:
        """The accuracies, or the losses if there are none."""
        return self.losses if self.accuracies is None else self.accuracies


@dataclass(frozen=True, kw_only=True)
class ScoreDifference:
    """The scores of two setups."""

    # left, right: means over the seeds
    left: float
    right: float
    of_seeds: float  # standard deviation from seed to seed, of both
    chance: float  # probability that two sets of seeds of the same setup differ as much (Mann-Whitney)

    @property
    def differs(self) -> bool:
        """Whether the setups differ by more than seeds do."""
        return self.chance <= SURE


def accuracies_of(predictions: Array, y: Array) -> Array | None:
    """The share of rows whose class is right.

    Args:
        predictions: (seeds, rows, columns).
        y: (rows,) or (rows, 1) class indices or 0 and 1, or (rows, columns) with one 1 each.
    """
    if predictions.ndim != 3:
        return None
    columns = predictions.shape[2]
    if y.ndim == 2 and y.shape[1] == columns > 1:
        is_one_hot = np.all((y == 0) | (y == 1)) and np.all(y.sum(axis=1) == 1)
        classes = np.argmax(y, axis=1) if is_one_hot else None
    else:
        labels = y.reshape(len(y), -1)
        is_labels = labels.shape[1] == 1 and np.all(labels == np.round(labels))
        is_labels = is_labels and labels.min() >= 0 and labels.max() < max(columns, 2)
        classes = labels[:, 0].astype(int) if is_labels else None
    if classes is None:
        return None
    chosen = np.argmax(predictions, axis=2) if columns > 1 else (predictions[:, :, 0] > 0.5).astype(int)
    return np.mean(chosen == classes, axis=1)


def compare_scores(left: Scores, right: Scores) -> ScoreDifference | None:
    """The scores of two setups; None if there are too few seeds."""
    from scipy.stats import mannwhitneyu

    ours, theirs = left.values, right.values
    if min(len(ours), len(theirs)) < FEWEST_SEEDS:
        return None
    ranked = [np.nan_to_num(values, nan=math.inf) for values in (ours, theirs)]  # NaN is the largest loss
    chance = float(mannwhitneyu(*ranked).pvalue)
    spread = math.sqrt((np.var(ours, ddof=1) + np.var(theirs, ddof=1)) / 2)
    return ScoreDifference(
        left=float(np.mean(ours)),
        right=float(np.mean(theirs)),
        of_seeds=spread,
        chance=1.0 if math.isnan(chance) else chance,
    )
