"""What a program is asked to learn, inferred from its targets, its loss and its output layer.

Class labels are read as what they are, whatever the loss: 0/1 targets under a squared error are still classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from ..programs.loss_names import (
    BINARY_CROSSENTROPIES,
    CATEGORICAL_CROSSENTROPIES,
    HINGE_LOSSES,
    REGRESSION_LOSSES,
    SPARSE_CROSSENTROPIES,
)

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.intp]

MOST_CLASSES = 1000  # distinct labels above which a column of integers is not taken for classes
MOST_CLASSES_WITHOUT_LOSS = 20  # the same if the loss does not say that these are classes
FEWEST_OF_A_CLASS = 0.02  # share of the rows: below it, integers under a regression loss are counts, not classes

OF_SEVERAL_CLASSES = SPARSE_CROSSENTROPIES | CATEGORICAL_CROSSENTROPIES | {"categorical_hinge"}  # losses
CLASS_LOSSES = OF_SEVERAL_CLASSES | BINARY_CROSSENTROPIES | HINGE_LOSSES


class TaskKind(Enum):
    """What is to be learned."""

    REGRESSION = "regression"
    BINARY = "binary"
    MULTICLASS = "multiclass"
    MULTILABEL = "multilabel"


class LabelFormat(Enum):
    """How the targets are written."""

    VALUES = "values"  # real numbers
    INDICES = "indices"  # one number per observation that stands for a class
    ONE_HOT = "one_hot"  # one column per class, a single 1 in each row
    MULTI_HOT = "multi_hot"  # one column per label, any number of 1s in each row


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a program is asked to learn."""

    kind: TaskKind  # regression, binary, multiclass or multilabel
    format: LabelFormat  # how the targets are written
    # the distinct label values in ascending order (INDICES), or 0 to columns - 1 (ONE_HOT); empty otherwise
    values: Array
    columns: int  # number of target columns
    # number of labelled positions per observation: time steps or pixels; 1 if an observation has one
    positions: int = 1

    @property
    def classes(self) -> int:
        """Number of classes; 0 of a regression, 2 of a binary task, the labels of a multi-label task."""
        return self.columns if self.kind is TaskKind.MULTILABEL else len(self.values)

    @property
    def is_classification(self) -> bool:
        """Whether the targets are classes or labels."""
        return self.kind is not TaskKind.REGRESSION

    def read_targets(self, y: Array) -> Array:
        """The targets in the one form that scores are computed from.

        Args:
            y: targets as the program has them, (observations, ...)

        Returns:
            class indices (observations * positions,) of binary and multiclass tasks, -1 for a label that the training
            targets do not have; else (observations * positions, columns)
        """
        y = np.asarray(y)
        if self.format is LabelFormat.INDICES:
            return class_indices(y.reshape(-1), self.values)
        if self.format is LabelFormat.ONE_HOT:
            return np.argmax(y.reshape(-1, self.columns), axis=1)
        return y.reshape(-1, self.columns).astype(float)


def class_indices(labels: Array, values: Array) -> Indices:
    """Where each label stands among the ascending ``values``; -1 if it is not among them."""
    places = np.clip(np.searchsorted(values, labels), 0, len(values) - 1)
    return np.where(np.isclose(values[places], labels, rtol=1e-6, atol=1e-9), places, -1)


def infer_task(
    y: Array, *, loss: str, output_units: int, output_activation: str, output_rank: int = 2, has_accuracy: bool = False
) -> Task:
    """The task of a program.

    Args:
        y: targets, (observations, ...)
        loss: canonical name of the loss, such as "mean_squared_error"
        output_units: units of the last layer
        output_activation: name of its activation
        output_rank: number of axes of the outputs, with that of the observations
        has_accuracy: whether the program asks for a metric of classes
    """
    y = np.asarray(y)
    if y.dtype == bool:
        y = y.astype(np.int8)
    per_position = output_rank > 2 and y.ndim >= 2 and y.shape[1:-1] != () and output_rank == y.ndim
    if output_rank > 2 and loss in SPARSE_CROSSENTROPIES:
        return _of_labels(y.reshape(-1), positions=int(np.prod(y.shape[1:])))
    columns = int(y.shape[-1]) if y.ndim > 1 else 1
    positions = int(np.prod(y.shape[1:-1])) if y.ndim > 2 else 1
    flat = y.reshape(-1, columns)
    if columns == 1:
        labels = flat[:, 0]
        if _are_classes(labels, loss, output_units, output_activation, has_accuracy):
            return _of_labels(labels, positions=positions)
    elif _is_zero_one(flat):
        one_hot = bool(np.all(flat.sum(axis=1) == 1))
        if one_hot and not (loss in REGRESSION_LOSSES and (per_position or columns > MOST_CLASSES)):
            kind = TaskKind.BINARY if columns == 2 else TaskKind.MULTICLASS
            values = np.arange(columns, dtype=float)
            return Task(kind=kind, format=LabelFormat.ONE_HOT, values=values, columns=columns, positions=positions)
        return Task(
            kind=TaskKind.MULTILABEL,
            format=LabelFormat.MULTI_HOT,
            values=np.empty(0),
            columns=columns,
            positions=positions,
        )
    return Task(
        kind=TaskKind.REGRESSION, format=LabelFormat.VALUES, values=np.empty(0), columns=columns, positions=positions
    )


def _is_zero_one(y: Array) -> bool:
    """Whether all targets are 0 or 1, and both occur."""
    return bool(np.all((y == 0) | (y == 1)) and np.any(y == 0) and np.any(y == 1))


def _of_labels(labels: Array, *, positions: int) -> Task:
    """A task whose targets are one number per observation (or position) that stands for a class."""
    values = np.unique(labels.astype(float))
    kind = TaskKind.BINARY if len(values) <= 2 else TaskKind.MULTICLASS
    return Task(kind=kind, format=LabelFormat.INDICES, values=values, columns=1, positions=positions)


def _are_classes(labels: Array, loss: str, units: int, activation: str, has_accuracy: bool) -> bool:
    """Whether a column of numbers stands for classes.

    Two values are always classes. A loss of classes with few distinct, evenly spaced values says so. Under a
    regression loss, a few whole numbers are classes only if the output has several units or a softmax, or if
    the program counts correct classes and each class is frequent; everything else is a quantity.
    """
    if not np.all(np.isfinite(labels)):
        labels = labels[np.isfinite(labels)]
    values, counts = np.unique(labels, return_counts=True)
    count = len(values)
    if count < 2:
        return loss in CLASS_LOSSES
    if count == 2:
        return True
    steps = np.diff(values.astype(float))
    evenly = bool(np.allclose(steps, np.round(steps / steps.min()) * steps.min(), rtol=1e-3))
    whole = bool(np.all(values == np.round(values)))
    few = count <= min(MOST_CLASSES, max(MOST_CLASSES_WITHOUT_LOSS, len(labels) // 10)) and count <= len(labels) // 2
    if loss in OF_SEVERAL_CLASSES:
        return few and evenly and (whole or count <= MOST_CLASSES_WITHOUT_LOSS)
    if loss in CLASS_LOSSES:
        return few and evenly and count <= MOST_CLASSES_WITHOUT_LOSS
    if count > MOST_CLASSES_WITHOUT_LOSS or not few:
        return False
    consecutive = bool(np.all(steps == 1)) and values[0] in (0, 1)
    if units > 1 or activation == "softmax":
        return consecutive
    return has_accuracy and consecutive and counts.min() >= max(2, FEWEST_OF_A_CLASS * len(labels))
