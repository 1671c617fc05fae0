"""The definition of "learned", against costs written out here."""

import numpy as np
import pytest

from harness.measures.learning import SHARE_OF_CROSS_ENTROPY, SHARE_OF_SQUARED_ERROR, target_of

from ..networks import COSTS


def entropy(p):
    return -p * np.log(p) - (1 - p) * np.log(1 - p)


def test_the_target_of_squared_errors_lies_a_fortieth_above_the_floor():
    x, y = np.array([[0.0], [0.0], [1.0]]), np.array([[0.0], [1.0], [2.0]])
    found = target_of("sum_of_squared_errors", x, y)
    assert found.constant == pytest.approx(2.0)  # of the mean, 1
    assert found.floor == pytest.approx(0.5)  # of 0.5 for both rows with x = 0
    assert found.cost == pytest.approx(0.5 + SHARE_OF_SQUARED_ERROR * 1.5)


def test_the_floor_of_a_cross_entropy_is_the_entropy_of_rows_with_equal_inputs():
    x = np.array([[0.0, 1.0]] * 4 + [[1.0, 0.0]] * 4)
    y = np.array([[1.0], [0.0], [0.0], [0.0], [1.0], [1.0], [1.0], [1.0]])
    found = target_of("binary_crossentropy", x, y)
    assert found.constant == pytest.approx(entropy(5 / 8), rel=1e-5)
    assert found.floor == pytest.approx(entropy(1 / 4) / 2, rel=1e-5)
    assert found.cost == pytest.approx(found.floor + SHARE_OF_CROSS_ENTROPY * (found.constant - found.floor))


@pytest.mark.parametrize("cost", COSTS)
def test_a_constant_prediction_has_not_learned(cost):
    rng = np.random.default_rng(3)
    for rows in (2, 5, 40):
        x, y = rng.normal(size=(rows, 2)), rng.dirichlet(np.ones(3), rows)
        found = target_of(cost, x, y)
        assert found.floor <= found.cost < found.constant


@pytest.mark.parametrize("cost", COSTS)
def test_the_order_of_rows_does_not_matter(cost):
    rng = np.random.default_rng(4)
    x, y = rng.integers(0, 2, (12, 2)).astype(float), np.eye(3)[rng.integers(0, 3, 12)]
    order = rng.permutation(12)
    assert target_of(cost, x[order], y[order]) == pytest.approx(target_of(cost, x, y))


@pytest.mark.parametrize("value", [0.0, 0.001, -3.0, 1e6])
def test_of_one_answer_for_every_row_a_fortieth_of_its_size_is_near_enough(value):
    found = target_of("mean_squared_error", np.eye(3), np.full((3, 2), value))
    assert found.constant == found.floor == 0
    assert found.cost == pytest.approx((SHARE_OF_SQUARED_ERROR * (abs(value) or 1.0)) ** 2)


@pytest.mark.parametrize(("classes", "wrong"), [(2, 0.5), (4, 0.25)])
def test_of_one_class_for_every_row_what_is_near_it_is_not_near_undecided(classes, wrong):
    y = np.tile(np.eye(classes)[0], (5, 1))
    found = target_of("categorical_crossentropy", np.arange(5.0)[:, None], y)
    assert 0 < found.cost < -np.log(wrong) / 4
    assert found.floor == pytest.approx(0, abs=1e-6)
