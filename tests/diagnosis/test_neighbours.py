"""Targets that other rows hold, made so by hand: how much of them each row holds is known."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from programs import dense, program
from sklearn import datasets

from harness.diagnosis.diagnosis import diagnose_program
from harness.diagnosis.faults import Fault
from harness.diagnosis.neighbours import Neighbours, telling_neighbours
from harness.diagnosis.outcomes import OutcomeKind
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


@pytest.mark.slow
def test_nothing_stands_beside_rows_that_are_independent() -> None:
    x, y = datasets.load_diabetes(return_X_y=True)
    assert neighbours_of(x, y, has_signal=True) is None
    assert neighbours_of(X, np.random.default_rng(2).normal(size=400)) is None
    assert neighbours_of(X, np.random.default_rng(3).integers(0, 3, 400)) is None
    assert neighbours_of(X[:20], X[:20, 0]) is None  # too few to judge


@pytest.mark.slow
@pytest.mark.parametrize(
    ("y", "outcome", "fault", "rows"),
    [
        pytest.param(np.roll(X[:, 0], 1), OutcomeKind.NO_SIGNAL, Fault.NO_SIGNAL, (-1,), marks=pytest.mark.slow),
        (X[:, 0] + np.roll(X[:, 0], 1), OutcomeKind.UNDERFITS, Fault.WINDOW, (-1, 0)),
    ],
)
def test_a_network_of_rows_that_lack_others(
    y: np.ndarray, outcome: OutcomeKind, fault: Fault, rows: tuple[int, ...]
) -> None:
    made = program(dense(1, inputs=1), X[:, :1], y, loss="mse", optimizer=keras.optimizers.Adam(0.1), epochs=30)
    found = diagnose_program(made, budget=3)
    assert (found.outcome, [cause.fault for cause in found.causes]) == (outcome, [fault])
    assert found.neighbours is not None
    assert found.neighbours.rows == rows
    assert found.user is not None
    assert found.user.learned.count == 0


@pytest.mark.slow
def test_a_network_of_few_different_rows_that_lack_others() -> None:
    """Of ten different rows all are training rows, and a look-up of them explains as little."""
    x = np.random.default_rng(4).integers(0, 10, 400).astype(float)
    y = (x + np.roll(x, 1)) / 2
    made = program(dense(1, inputs=1), x[:, None] / 10, y, loss="mse", optimizer=keras.optimizers.Adam(0.1), epochs=30)
    found = diagnose_program(made, budget=3)
    assert (found.outcome, [cause.fault for cause in found.causes]) == (OutcomeKind.UNDERFITS, [Fault.WINDOW])
    assert found.neighbours is not None
    assert found.neighbours.rows == (-1, 0)


@pytest.mark.slow
def test_noise_beside_few_different_rows_is_not_of_other_rows() -> None:
    x = np.tile(np.arange(8.0), 50)
    y = x + np.random.default_rng(5).normal(size=400) * 3
    made = program(dense(1, inputs=1), x[:, None] / 8, y, loss="mse", optimizer=keras.optimizers.Adam(0.1), epochs=60)
    assert Fault.WINDOW not in [cause.fault for cause in diagnose_program(made, budget=3).causes]
