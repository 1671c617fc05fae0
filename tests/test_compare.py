"""Differences: their measures, what agrees, and the order."""

from __future__ import annotations

import numpy as np
import pytest

from harness.compare import compare_traces, differ
from harness.trace import COST, Quantity

Z1 = Quantity("z", 1)


def bound(value, shape=(2, 2)):
    return np.full(shape, value)


def test_measures_of_a_known_difference():
    left = np.array([[1.0, 2.0], [3.0, 0.001]])
    right = left + np.array([[0.0, 0.0], [0.0, 1e-6]])
    found = differ(Z1, left, right, bound(1e-6), "float64")
    assert found.max_abs == pytest.approx(1e-6)
    assert found.max_rel == pytest.approx(1e-6 / 0.001001)
    assert found.max_ulp == pytest.approx(1e-6 / 2.0**-51)  # the largest element is 3, its ulp 2^-51
    assert found.where == (1, 1)
    assert found.allowed == pytest.approx(2e-6)
    assert found.of_allowed == pytest.approx(0.5)
    assert found.agrees


def test_ulps_are_those_of_the_dtype():
    left = np.array([[1.0, 1.0]], np.float32)
    right = np.array([[1.0, 1.0 + 2.0**-23]], np.float32)
    assert differ(Z1, left, right, bound(1.0, (1, 2)), "float32").max_ulp == 1.0


def test_each_element_has_its_own_bound():
    left, right = np.zeros((1, 2)), np.array([[1e-3, 1e-9]])
    found = differ(Z1, left, right, np.array([[1.0, 1e-12]]), "float64")
    assert not found.agrees
    assert found.where == (0, 1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_agrees_with_itself_only(value):
    here, finite = np.array([[value, 1.0]]), np.array([[0.0, 1.0]])
    assert differ(Z1, here, here.copy(), bound(1e-9, (1, 2)), "float64").agrees
    found = differ(Z1, here, finite, bound(1e-9, (1, 2)), "float64")
    assert not found.agrees
    assert found.max_abs == np.inf
    assert found.where == (0, 0)


def test_infinities_of_other_sign_differ():
    assert not differ(Z1, np.array([[np.inf]]), np.array([[-np.inf]]), bound(1.0, (1, 1)), "float64").agrees


def test_a_bound_that_is_no_number_allows_anything_finite():
    assert differ(Z1, np.array([[1.0]]), np.array([[2.0]]), bound(np.nan, (1, 1)), "float64").agrees


def test_masked_elements_are_not_compared():
    right = np.ma.array([[1.0, 99.0]], mask=[[False, True]])
    found = differ(Z1, np.array([[1.0, 2.0]]), right, bound(1e-9, (1, 2)), "float64")
    assert found.agrees
    assert found.max_abs == 0


def test_a_difference_where_none_is_allowed():
    found = differ(Z1, np.array([[1.0]]), np.array([[1.0 + 1e-16 * 4]]), bound(0.0, (1, 1)), "float64")
    assert not found.agrees


def test_traces_are_compared_in_the_order_of_computation_and_only_where_both_have_a_quantity():
    gradient = Quantity("gradient", 1)
    left = {Z1: np.ones((1, 1)), COST: np.asarray(1.0), gradient: np.ones((1, 1))}
    right = {gradient: np.ones((1, 1)), Z1: np.ones((1, 1))}
    bounds = {Z1: np.zeros((1, 1)), COST: np.asarray(0.0), gradient: np.zeros((1, 1))}
    assert [d.quantity for d in compare_traces(left, right, bounds, "float64")] == [Z1, gradient]
