"""Whether the rows around a row hold what its own inputs do not: a window that is too short, or targets one row off.

Rows may stand in an order that says it. A learner off the shelf is fitted with the inputs of other rows and without
them, and judged on the same rows, once on the last ones and once on the first ones: that is the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .references import MOST_TRAINING_ROWS, SIGNAL_LEVEL, fitted_outputs, make_learners, permutation_p, value_of
from .scores import constant_score
from .tasks import Array, Indices, Task

FEWEST_ROWS = 100  # of a table in order that are looked at
MOST_FEATURES = 20  # of one row
JUDGED_FRACTION = 0.25  # of the rows, at either end
FARTHEST = 3  # rows away that are looked at
# rows by their distance: one other in the place of the row itself, and the row with those before it
SHIFTS = tuple((distance,) for distance in (-1, 1, -2, 2))
WINDOWS = tuple(tuple(range(-far, 1)) for far in range(1, FARTHEST + 1))
LEARNERS = ("linear regression", "logistic regression", "gradient boosting")
CLEARLY_MORE = 0.2  # of the way from chance to a perfect score that other rows must bring if the row itself brings none
NEARLY_ALL = 0.9  # of the same way, from which rows hold nearly all that a target depends on
TIMES_LESS = 5  # times less that is left unexplained with the rows before a row, if it brings something itself


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Other rows that hold what the targets depend on."""

    rows: tuple[int, ...]  # by their distance: -1 for the row before, 0 for the row itself
    learner: str  # that was fitted off the shelf
    score: float  # that it reaches from them
    own: float  # that it reaches from the row itself, on the same rows

    @property
    def is_shift(self) -> bool:
        """Whether one other row alone does, in the place of the row itself."""
        return len(self.rows) == 1


def telling_neighbours(
    inputs: Sequence[Array], targets: Array, task: Task, *, has_signal: bool, seed: int
) -> Neighbours | None:
    """The fewest other rows that hold clearly more than the row itself; None if none do, or the table is not apt.

    Args:
        inputs: one array (rows, ...) for each input: the training rows, in the program's order
        targets: as ``Task.read_targets`` gives them
        task: what is to be learned
        has_signal: whether a row holds something of its own target; only nearly all of the rest counts then
        seed: of the draws
    """
    rows = min(len(targets), MOST_TRAINING_ROWS)
    table = np.concatenate([np.asarray(values)[:rows].reshape(rows, -1).astype(float) for values in inputs], axis=1)
    if rows < FEWEST_ROWS or table.shape[1] > MOST_FEATURES or not np.all(np.isfinite(table)):
        return None
    table = (table - table.mean(axis=0)) / np.maximum(table.std(axis=0), 1e-12)
    asked = np.arange(FARTHEST, rows - FARTHEST)
    judged = int(len(asked) * JUDGED_FRACTION)
    ends = ((asked[:-judged], asked[-judged:]), (asked[judged:], asked[:judged]))
    learners = {name: make for name, make in make_learners(task, targets).items() if name in LEARNERS}
    for name, make in learners.items():
        for distances in WINDOWS if has_signal else (*SHIFTS, *WINDOWS):
            scores = []  # from other rows and from the row itself, at each end
            for known, held in ends:
                outputs = outputs_of(make, table, targets, known, held, distances, task)
                own_outputs = outputs_of(make, table, targets, known, held, (0,), task)
                score, own = (value_of(task, one, targets[held]) for one in (outputs, own_outputs))
                if not tells_more(score, own, constant_score(task, targets), has_signal=has_signal):
                    break
                if permutation_p(task, [outputs], targets[held], seed) > SIGNAL_LEVEL:
                    break
                scores.append((score, own))
            else:
                score, own = (float(np.mean(one)) for one in zip(*scores))
                return Neighbours(rows=distances, learner=name, score=score, own=own)
    return None


def outputs_of(
    make: Callable[[], Any],
    table: Array,
    targets: Array,
    known: Indices,
    held: Indices,
    distances: Sequence[int],
    task: Task,
) -> Array:
    """What a learner predicts of some rows from those so far from each of them, fitted to others."""
    x, test = (np.concatenate([table[rows + one] for one in distances], axis=1) for rows in (known, held))
    return fitted_outputs(make, x, targets[known], test, task)


def tells_more(score: float, own: float, chance: float, *, has_signal: bool) -> bool:
    """Whether a score from other rows is so much better than that from the row itself that it is not by chance."""
    if not has_signal:
        return score - max(own, chance) >= CLEARLY_MORE * (1 - chance)
    return score >= chance + NEARLY_ALL * (1 - chance) and 1 - own >= TIMES_LESS * (1 - score)
