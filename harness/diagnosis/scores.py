"""Scores that mean the same whatever the loss: balanced accuracy, area under the ROC curve, R2.

Higher is better, 1 is perfect. A constant prediction scores 1 / classes, 0.5 and 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .tasks import Array, Indices, Task, TaskKind

WORST_R2 = -1.0  # R2 has no lower end; what is below says nothing more than that it is bad
MOST_SEPARATE_COLUMNS = 16  # targets up to which each counts the same; above, each counts by its variance


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How classes are read from the outputs of a network."""

    threshold: float  # of an output that stands for one label: above it, the label is set
    # class index that each output column stands for, -1 for none; of outputs with several columns
    column_classes: Indices


@dataclass(frozen=True, kw_only=True)
class Score:
    """How good predictions are."""

    value: float  # balanced accuracy, or R2
    auc: float | None  # area under the ROC curve of a binary or multi-label task, None of others


def constant_score(task: Task, targets: Array) -> float:
    """The score of the best prediction that is the same for every observation.

    Args:
        targets: as ``Task.read_targets`` gives them
    """
    if task.kind is TaskKind.REGRESSION:
        return 0.0
    if task.kind is TaskKind.MULTILABEL:
        return 0.5
    return 1.0 / max(1, len(np.unique(targets)))


def read_classes(task: Task, outputs: Array, reading: Reading) -> Indices:
    """The predicted class of each row of ``outputs`` (rows, columns), of binary and multiclass tasks."""
    if outputs.shape[1] > 1:
        best = np.argmax(np.nan_to_num(outputs, nan=-np.inf), axis=1)
        return reading.column_classes[best]
    column = outputs[:, 0]
    if task.kind is TaskKind.BINARY:
        return (column > reading.threshold).astype(np.intp)
    distances = np.abs(np.nan_to_num(column)[:, None] - task.values[None, :])
    return np.argmin(distances, axis=1)


def balanced_accuracy(predicted: Indices, targets: Array) -> float:
    """The mean over the classes of the share of their observations that is predicted rightly."""
    classes, places = np.unique(targets, return_inverse=True)
    hits = np.bincount(places, weights=(predicted == targets).astype(float), minlength=len(classes))
    return float(np.mean(hits / np.bincount(places, minlength=len(classes))))


def area_under_curve(values: Array, positive: npt.NDArray[np.bool_]) -> float:
    """The probability that a positive observation has a larger value than a negative one; ties count half."""
    from scipy.stats import rankdata

    values, positive = np.asarray(values, dtype=float), np.asarray(positive, dtype=bool)
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if positives == 0 or negatives == 0 or not np.all(np.isfinite(values)):
        return 0.5
    ranks = rankdata(values)
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def r_squared(outputs: Array, targets: Array) -> float:
    """1 minus the squared error relative to that of the mean, at least ``WORST_R2``.

    Up to ``MOST_SEPARATE_COLUMNS`` columns count the same, whatever their units; of more (images, say), each counts by
    its variance. Constant columns do not count. The error of a single row is relative to that of a prediction of 0.
    """
    if outputs.shape[1] == 1 and targets.shape[1] > 1:
        outputs = np.broadcast_to(outputs, targets.shape)
    elif targets.shape[1] == 1 and outputs.shape[1] > 1:
        outputs = outputs.mean(axis=1, keepdims=True)  # several outputs against one target
    elif outputs.shape[1] != targets.shape[1]:
        return WORST_R2
    with np.errstate(all="ignore"):
        errors = np.sum((outputs - targets) ** 2, axis=0)
        spreads = np.sum((targets - (targets.mean(axis=0) if len(targets) > 1 else 0)) ** 2, axis=0)
    kept = spreads > 1e-12 * max(float(spreads.max()), 1e-300)
    if not np.any(kept):
        return 0.0
    if targets.shape[1] > MOST_SEPARATE_COLUMNS:
        value = 1 - float(errors[kept].sum() / spreads[kept].sum())
    else:
        shares = 1 - errors[kept] / spreads[kept]
        value = float(np.mean(np.clip(np.nan_to_num(shares, nan=WORST_R2, neginf=WORST_R2), WORST_R2, 1)))
    return max(WORST_R2, value) if np.isfinite(value) else WORST_R2


def score(task: Task, outputs: Array, targets: Array, reading: Reading) -> Score:
    """The score of predictions.

    Args:
        outputs: of the network, (observations, ...), in the unit of the targets
        targets: as ``Task.read_targets`` gives them
        reading: how classes are read from the outputs
    """
    rows = len(targets)
    outputs = np.asarray(outputs, dtype=float)
    outputs = outputs.reshape(rows, -1) if outputs.size % max(rows, 1) == 0 else outputs.reshape(len(outputs), -1)
    if len(outputs) != rows:
        return Score(value=WORST_R2 if task.kind is TaskKind.REGRESSION else 0.0, auc=None)
    if task.kind is TaskKind.REGRESSION:
        return Score(value=r_squared(outputs, targets), auc=None)
    if task.kind is TaskKind.MULTILABEL:
        return _multilabel_score(outputs, targets, reading)
    value = balanced_accuracy(read_classes(task, outputs, reading), targets)
    auc = None
    if task.kind is TaskKind.BINARY:
        ranks = outputs[:, 0] if outputs.shape[1] == 1 else outputs[:, 1] - outputs[:, 0]
        auc = area_under_curve(ranks, targets == 1)
    return Score(value=value, auc=auc)


def _multilabel_score(outputs: Array, targets: Array, reading: Reading) -> Score:
    """The mean over the labels of balanced accuracy and of the area under the curve; constant labels do not count."""
    columns = range(targets.shape[1] if outputs.shape[1] == targets.shape[1] else 0)
    varied = [column for column in columns if 0 < targets[:, column].sum() < len(targets)]
    if not varied:
        return Score(value=0.5, auc=0.5)
    values = [balanced_accuracy((outputs[:, c] > reading.threshold).astype(float), targets[:, c]) for c in varied]
    areas = [area_under_curve(outputs[:, c], targets[:, c] == 1) for c in varied]
    return Score(value=float(np.mean(values)), auc=float(np.mean(areas)))
