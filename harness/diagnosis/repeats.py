"""Rows that have the inputs of another row: how well any function of the inputs can do on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .scores import Reading, balanced_accuracy, constant_score, score
from .splits import group_rows
from .tasks import Array, Task, TaskKind


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """What equal inputs with different targets leave to be learned."""

    rows: int  # number of training rows
    contradicted: int  # rows for which another row has the same inputs and another target
    constant: float  # the score of the best constant prediction on all training rows
    best: float  # the score of the best function of the inputs on them

    @property
    def learnable(self) -> float:
        """How far the best function of the inputs comes on the way from the constant to a perfect prediction."""
        return (self.best - self.constant) / (1 - self.constant) if self.constant < 1 else 1.0


def measure_repeats(inputs: Sequence[Array], targets: Array, task: Task, rows: int) -> Repeats | None:
    """How well any function of the inputs can do on the training rows; None if no row contradicts another.

    Args:
        inputs: one array (rows, ...) for each input
        targets: as ``Task.read_targets`` gives them
        rows: number of training rows, which come first
    """
    if task.positions > 1 or rows == 0:
        return None
    groups = group_rows([values[:rows] for values in inputs])
    count = int(groups.max()) + 1
    if count == rows:
        return None
    truth = targets[:rows]
    is_classes = task.kind in (TaskKind.BINARY, TaskKind.MULTICLASS)
    columns = np.eye(task.classes)[np.maximum(truth, 0)] if is_classes else truth.astype(float)
    sizes = np.bincount(groups, minlength=count)
    means = np.stack([np.bincount(groups, weights=column, minlength=count) / sizes for column in columns.T], axis=1)
    differs = np.any(np.abs(columns - means[groups]) > 1e-9 * max(1.0, float(np.abs(columns).max())), axis=1)
    if not np.any(differs):
        return None
    if is_classes:
        # balanced accuracy counts each class the same, so a rare class wins a group by its share of the class
        shares = means * sizes[:, None] / np.maximum(columns.sum(axis=0), 1)
        best = balanced_accuracy(np.argmax(shares, axis=1)[groups], np.maximum(truth, 0))
    else:
        plain = Reading(threshold=0.5, column_classes=np.arange(columns.shape[1]))
        best = score(task, means[groups], truth, plain).value
    return Repeats(rows=rows, contradicted=int(differs.sum()), constant=constant_score(task, truth), best=best)
