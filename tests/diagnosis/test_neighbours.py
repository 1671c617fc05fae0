"""Targets that other rows hold, made so by hand: how much of them each row holds is known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets

from harness.diagnosis.neighbours import Neighbours, telling_neighbours
from harness.diagnosis.tasks import infer_task

X = np.random.default_rng(0).normal(size=(400, 3))


def neighbours_of(x: np.ndarray, y: np.ndarray, *, has_signal: bool = False) -> Neighbours | None:
    """What stands beside the rows of a regression, or of three classes."""
    is_regression = y.dtype.kind == "f"
    task = infer_task(
        y,
        loss="mean_squared_error" if is_regression else "sparse_categorical_crossentropy",
        output_units=1 if is_regression else 3,
        output_activation="linear" if is_regression else "softmax",
    )
    return telling_neighbours([x], task.read_targets(y), task, has_signal=has_signal, seed=0)


@pytest.mark.parametrize("distance", [-2, -1, 1])
def test_targets_of_another_row(distance: int) -> None:
    found = neighbours_of(X, np.roll(X @ np.array([1.0, -2.0, 3.0]), -distance))
    assert found is not None
    assert (found.rows, found.is_shift) == ((distance,), True)
    assert found.score == pytest.approx(1, abs=1e-3)
    assert abs(found.own) < 0.1


def test_classes_of_another_row() -> None:
    x, y = datasets.load_iris(return_X_y=True)
    order = np.random.default_rng(1).permutation(len(x))
    found = neighbours_of(x[order], np.roll(y[order], 1))
    assert found is not None
    assert found.rows == (-1,)
    assert found.score > 0.9


def test_a_mean_of_a_row_and_those_before_it() -> None:
    values = X[:, 0]
    y = (values + np.roll(values, 1) + np.roll(values, 2)) / 3
    found = neighbours_of(values[:, None], y, has_signal=True)
    assert found is not None
    assert (found.rows, found.is_shift) == ((-2, -1, 0), False)
    assert found.score == pytest.approx(1, abs=1e-3)
    assert found.own == pytest.approx(1 / 3, abs=0.1)  # one of three equal parts of the variance


def test_nothing_stands_beside_rows_that_are_independent() -> None:
    x, y = datasets.load_diabetes(return_X_y=True)
    assert neighbours_of(x, y, has_signal=True) is None
    assert neighbours_of(X, np.random.default_rng(2).normal(size=400)) is None
    assert neighbours_of(X, np.random.default_rng(3).integers(0, 3, 400)) is None
    assert neighbours_of(X[:20], X[:20, 0]) is None  # too few to judge
