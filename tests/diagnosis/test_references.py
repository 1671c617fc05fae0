"""What off-the-shelf learners say about a program: whether a line suffices, and whether they are far nearer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.diagnosis.references import Reference, References, is_any_column_known, measure_references
from harness.diagnosis.splits import split_rows
from harness.diagnosis.tasks import infer_task

CORNERS = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])


def references(x: Any, y: Any, loss: str, activation: str) -> References:
    """The references of a small table, whose training rows judge."""
    task = infer_task(y, loss=loss, output_units=1, output_activation=activation)
    targets = task.read_targets(y)
    split = split_rows([x], targets, task, validation_rows=0, validation_split=0.0, shuffle=True, seed=0)
    return measure_references([x], targets, task, split, token_inputs=(False,), seed=0)


def known(*scores: float, p_value: float | None = 0.002) -> References:
    """References of a regression by their scores; the first is the linear one."""
    names = ("linear regression", "nearest neighbours", "gradient boosting")
    learners = tuple(Reference(name=name, score=value) for name, value in zip(names, scores))
    return References(constant=0.0, learners=learners, best=max(scores), p_value=p_value, apt=True, noise=0.0)


def test_a_line_suffices_for_points_on_a_line() -> None:
    x = np.arange(-1.0, 5.0)[:, None]
    assert references(x, 2 * x - 1, "mse", "linear").line_suffices


@pytest.mark.parametrize(("labels", "suffices"), [([0, 0, 0, 1], True), ([0, 1, 1, 0], False)])  # AND, XOR
def test_a_line_suffices_for_classes_that_it_can_part(labels: list[int], suffices: bool) -> None:
    found = references(CORNERS, np.array(labels), "binary_crossentropy", "sigmoid")
    assert found.line_suffices is suffices


def test_a_line_that_others_leave_far_behind_does_not_suffice() -> None:
    assert not known(0.6, 0.9).line_suffices
    assert known(0.88, 0.9).line_suffices


@pytest.mark.parametrize(
    ("value", "best", "nearer"),
    [
        (0.95, 0.9999, "gradient boosting"),  # 500 times nearer
        (0.95, 0.99, None),  # 5 times
        (0.985, 0.9999, None),  # near enough itself
    ],
)
def test_a_learner_is_much_nearer_if_it_leaves_a_twentieth(value: float, best: float, nearer: str | None) -> None:
    found = known(0.1, 0.9, best).much_nearer(value)
    assert (found.name if found else None) == nearer


def test_least_squares_are_nearer_where_the_training_rows_judge_and_lie_on_a_line() -> None:
    celsius = np.array([-40.0, -10, 0, 8, 15, 22, 38])[:, None]
    found = references(celsius, 1.8 * celsius[:, 0] + 32, "mse", "linear").much_nearer(0.9)
    assert found is not None
    assert (found.name, found.score) == ("least squares", pytest.approx(1.0))
    # of three points, a line says nothing
    assert references(celsius[:3], 1.8 * celsius[:3, 0] + 32, "mse", "linear").much_nearer(0.9) is None


def test_no_learner_is_nearer_where_the_training_rows_judge() -> None:
    assert known(1.0, p_value=None).much_nearer(0.9) is None


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("row", "keeps_state", "is_apt"),
    [
        pytest.param((), False, True, marks=pytest.mark.slow),
        pytest.param((3,), False, True, marks=pytest.mark.slow),
        ((1, 3), False, True),  # one step: the network knows no more than a table says
        ((1, 3), True, False),
        ((3, 1), False, False),
        pytest.param((2, 2, 1), False, False, marks=pytest.mark.slow),
    ],
)
def test_learners_of_tables_suit_rows_of_one_step(row: tuple[int, ...], keeps_state: bool, is_apt: bool) -> None:
    x = np.random.default_rng(0).normal(size=(120, *row))
    y = x.reshape(120, -1).sum(axis=1, keepdims=True)
    task = infer_task(y, loss="mse", output_units=1, output_activation="linear")
    split = split_rows([x], y, task, validation_rows=0, validation_split=0.0, shuffle=True, seed=0)
    found = measure_references([x], y, task, split, token_inputs=(False,), seed=0, keeps_state=keeps_state)
    assert found.apt is is_apt


@pytest.mark.parametrize(
    ("noise", "rows", "name", "low", "high"),
    [
        (0.0, 24, "two nearest neighbours", 0.94, 1.0),  # a smooth function is known nearly as well as by heart
        (0.4, 24, "two nearest neighbours", 0.3, 0.9),  # 0.4 of noise beside a sine leave an R2 of about 0.76
        (0.4, 12, "memory", 1.0, 1.0),  # too few rows to know
        (9.0, 24, "memory", 1.0, 1.0),  # nothing can be predicted from the others
    ],
)
def test_nobody_has_to_know_the_noise_of_a_small_table_by_heart(
    noise: float, rows: int, name: str, low: float, high: float
) -> None:
    x = np.linspace(0, 2 * np.pi, rows)[:, None]
    y = np.sin(x[:, 0]) + noise * np.random.default_rng(1).normal(size=rows)
    found = references(x, y, "mse", "linear")
    assert found.learners[0] == Reference(name=name, score=found.best)
    assert low <= found.best <= high


def circle(rng: np.random.Generator) -> Any:
    """Points of a circle: a column is known from the other, but for its sign, and no line knows it."""
    angles = rng.uniform(0, 2 * np.pi, 400)
    return np.stack([np.cos(angles), np.sin(angles), np.cos(3 * angles)], axis=1)


@pytest.mark.parametrize(
    ("draw", "is_known"),
    [
        (lambda rng: rng.random((400, 12)), False),
        (lambda rng: rng.normal(size=(400, 3)) @ rng.normal(size=(3, 12)), True),
        (circle, True),
        (lambda rng: 2.5 * np.eye(10)[rng.integers(0, 10, 400)], True),
    ],
)
def test_columns_are_unrelated_if_no_learner_predicts_one_from_the_others(draw: Any, is_known: bool) -> None:
    values = draw(np.random.default_rng(0))
    task = infer_task(values, loss="mse", output_units=values.shape[1], output_activation="linear")
    assert is_any_column_known(values[:300], values[300:], task) is is_known
