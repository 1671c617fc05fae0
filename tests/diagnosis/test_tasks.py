"""Tasks are inferred from targets as what they are, whatever the loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.diagnosis.tasks import LabelFormat, TaskKind, infer_task

RNG = np.random.default_rng(0)
INTEGERS = RNG.integers(0, 3, 200)


def task(y: Any, loss: str = "mean_squared_error", units: int = 1, activation: str = "linear", **options: Any) -> Any:
    return infer_task(np.asarray(y), loss=loss, output_units=units, output_activation=activation, **options)


@pytest.mark.parametrize(
    ("y", "loss", "units", "activation", "kind"),
    [
        (RNG.normal(size=200), "mean_squared_error", 1, "linear", TaskKind.REGRESSION),
        (RNG.integers(0, 2, 200), "mean_squared_error", 1, "linear", TaskKind.BINARY),
        (RNG.integers(0, 2, 200) * 2 - 1, "hinge", 1, "tanh", TaskKind.BINARY),
        (INTEGERS, "sparse_categorical_crossentropy", 3, "softmax", TaskKind.MULTICLASS),
        (INTEGERS / 255, "sparse_categorical_crossentropy", 3, "softmax", TaskKind.MULTICLASS),
        (INTEGERS, "categorical_crossentropy", 3, "softmax", TaskKind.MULTICLASS),
        (INTEGERS, "binary_crossentropy", 1, "sigmoid", TaskKind.MULTICLASS),
        (INTEGERS, "mean_squared_error", 3, "softmax", TaskKind.MULTICLASS),
        (INTEGERS, "mean_squared_error", 1, "linear", TaskKind.REGRESSION),
        (RNG.integers(20, 300, 400), "binary_crossentropy", 1, "linear", TaskKind.REGRESSION),
        (np.eye(3)[INTEGERS], "categorical_crossentropy", 3, "softmax", TaskKind.MULTICLASS),
        (np.eye(2)[INTEGERS % 2], "mean_squared_error", 2, "softmax", TaskKind.BINARY),
        (RNG.integers(0, 2, (200, 4)), "binary_crossentropy", 4, "sigmoid", TaskKind.MULTILABEL),
        (RNG.normal(size=(200, 2)), "mean_squared_error", 2, "linear", TaskKind.REGRESSION),
    ],
)
def test_kind_of_task(y: Any, loss: str, units: int, activation: str, kind: TaskKind) -> None:
    assert task(y, loss, units, activation).kind is kind


def test_accuracy_makes_frequent_integers_classes() -> None:
    assert task(INTEGERS, has_accuracy=True).kind is TaskKind.MULTICLASS


def test_counts_with_rare_values_stay_a_regression() -> None:
    counts = RNG.poisson(3, 500)
    assert task(counts, has_accuracy=True).kind is TaskKind.REGRESSION


def test_labels_are_read_by_their_value() -> None:
    found = task([10.0, 20.0, 30.0, 10.0, 20.0, 30.0], "sparse_categorical_crossentropy", 3, "softmax")
    assert found.format is LabelFormat.INDICES
    assert found.read_targets(np.array([30.0, 10.0, 99.0])).tolist() == [2, 0, -1]


@pytest.mark.parametrize("axes", [(), (1,)])
def test_labels_of_positions(axes: tuple[int, ...]) -> None:
    y = RNG.integers(0, 4, (50, 6, *axes))
    found = task(y, "sparse_categorical_crossentropy", 4, "softmax", output_rank=3)
    assert (found.kind, found.positions) == (TaskKind.MULTICLASS, 6)
    assert found.read_targets(y).shape == (300,)


@pytest.mark.parametrize("values", [(0.0, 1.5, 3.0), (0.5, 1.5, 2.5)])
def test_few_values_that_are_not_whole_are_not_classes_of_a_regression_loss(values: tuple[float, ...]) -> None:
    assert task(np.array(values)[INTEGERS], units=3, activation="softmax").kind is TaskKind.REGRESSION


def test_a_class_is_frequent_among_its_rows() -> None:
    rare = np.concatenate([np.zeros(1000), np.ones(1000), np.full(3, 2.0)])  # 0.15 % of the rows
    assert task(rare, has_accuracy=True).kind is TaskKind.REGRESSION
