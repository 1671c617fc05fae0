"""Scores agree with scikit-learn's, and read classes from any output head."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from harness.diagnosis.scores import (
    Reading,
    area_under_curve,
    balanced_accuracy,
    constant_score,
    r_squared,
    read_classes,
    score,
)
from harness.diagnosis.tasks import LabelFormat, Task, TaskKind, infer_task

RNG = np.random.default_rng(1)
ONE = Reading(threshold=0.5, column_classes=np.zeros(1, dtype=np.intp))


def test_balanced_accuracy_is_that_of_scikit_learn() -> None:
    truth, predicted = RNG.integers(0, 4, 300), RNG.integers(0, 4, 300)
    assert balanced_accuracy(predicted, truth) == pytest.approx(metrics.balanced_accuracy_score(truth, predicted))


def test_area_under_curve_is_that_of_scikit_learn_with_ties() -> None:
    truth, values = RNG.integers(0, 2, 300), RNG.integers(0, 8, 300)
    assert area_under_curve(values, truth == 1) == pytest.approx(metrics.roc_auc_score(truth, values))


def test_r_squared_is_that_of_scikit_learn() -> None:
    targets = RNG.normal(size=(200, 3)) * [1, 10, 100]
    outputs = targets + RNG.normal(size=(200, 3))
    assert r_squared(outputs, targets) == pytest.approx(metrics.r2_score(targets, outputs))


def test_r_squared_has_a_lower_end_and_survives_nan() -> None:
    targets = RNG.normal(size=(50, 1))
    assert r_squared(targets + 1e9, targets) == -1.0
    assert r_squared(np.full((50, 1), np.nan), targets) == -1.0


def test_the_error_of_a_single_row_is_relative_to_that_of_0() -> None:
    targets = np.array([[2.0, 4.0]])
    assert [r_squared(outputs, targets) for outputs in (targets, 0 * targets, targets / 2)] == [1.0, 0.0, 0.75]


def binary() -> Task:
    return infer_task(np.array([0, 1, 1, 0]), loss="binary_crossentropy", output_units=1, output_activation="sigmoid")


def test_constant_scores() -> None:
    assert constant_score(binary(), np.array([0, 0, 0, 1])) == 0.5
    regression = Task(kind=TaskKind.REGRESSION, format=LabelFormat.VALUES, values=np.empty(0), columns=1)
    assert constant_score(regression, np.zeros((3, 1))) == 0.0


def test_one_column_is_read_by_the_threshold() -> None:
    outputs = np.array([[0.2], [0.7], [0.4], [0.9]])
    assert read_classes(binary(), outputs, ONE).tolist() == [0, 1, 0, 1]
    at_zero = Reading(threshold=0.0, column_classes=ONE.column_classes)
    assert read_classes(binary(), outputs - 0.5, at_zero).tolist() == [0, 1, 0, 1]


def test_one_column_for_several_classes_is_the_nearest_label() -> None:
    task = infer_task(
        np.array([0, 1, 2] * 20), loss="sparse_categorical_crossentropy", output_units=1, output_activation="linear"
    )
    assert read_classes(task, np.array([[-3.0], [1.2], [1.7]]), ONE).tolist() == [0, 1, 2]


def test_columns_that_stand_for_no_class_are_wrong() -> None:
    reading = Reading(threshold=0.5, column_classes=np.array([-1, 0, 1]))
    outputs = np.array([[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.1, 0.2, 0.7]])
    assert read_classes(binary(), outputs, reading).tolist() == [-1, 0, 1]


def test_two_columns_have_an_area_under_the_curve() -> None:
    truth = RNG.integers(0, 2, 100)
    outputs = np.eye(2)[truth] + 0.3 * RNG.random((100, 2))
    found = score(binary(), outputs, truth, Reading(threshold=0.5, column_classes=np.arange(2)))
    assert (found.value, found.auc) == (1.0, 1.0)


def test_labels_that_do_not_vary_do_not_count() -> None:
    task = Task(kind=TaskKind.MULTILABEL, format=LabelFormat.MULTI_HOT, values=np.empty(0), columns=2)
    truth = np.array([[0, 1], [1, 1], [0, 1], [1, 1]], dtype=float)
    outputs = np.array([[0.1, 0.0], [0.9, 0.0], [0.2, 0.0], [0.3, 0.0]])
    assert score(task, outputs, truth, ONE).value == 0.75


def test_outputs_for_another_number_of_labels_predict_nothing() -> None:
    task = Task(kind=TaskKind.MULTILABEL, format=LabelFormat.MULTI_HOT, values=np.empty(0), columns=2)
    truth = np.array([[0, 1], [1, 0], [0, 1], [1, 0]], dtype=float)
    assert score(task, truth[:, :1], truth, ONE).value == 0.5
