"""Differences: their measures, what agrees, and the order."""

from __future__ import annotations

import numpy as np
import pytest

from harness.comparison.differences import compare_traces, differ
from harness.comparison.trace import COST, Quantity

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
def test_what_is_not_a_number_agrees_with_itself_only(value):
    here, finite = np.array([[value, 1.0]]), np.array([[0.0, 1.0]])
    assert differ(Z1, here, here.copy(), bound(1e-9, (1, 2)), "float64").agrees
    found = differ(Z1, here, finite, bound(1e-9, (1, 2)), "float64")
    assert not found.agrees
    assert found.max_abs == np.inf
    assert found.where == (0, 0)


def test_infinities_of_other_sign_differ():
    assert not differ(Z1, np.array([[np.inf]]), np.array([[-np.inf]]), bound(1.0, (1, 1)), "float64").agrees


def test_a_bound_that_is_not_a_number_allows_anything_finite():
    assert differ(Z1, np.array([[1.0]]), np.array([[2.0]]), bound(np.nan, (1, 1)), "float64").agrees


def test_masked_elements_are_not_compared():
    right = np.ma.array([[1.0, 99.0]], mask=[[False, True]])
    found = differ(Z1, np.array([[1.0, 2.0]]), right, bound(1e-9, (1, 2)), "float64")
    assert found.agrees
    assert found.max_abs == 0


def test_a_difference_where_none_is_allowed():
    found = differ(Z1, np.array([[1.0]]), np.array([[1.0 + 1e-16 * 4]]), bound(0.0, (1, 1)), "float64")
    assert not found.agrees


@pytest.mark.parametrize(("right", "share", "agrees"), [(1.0, 0.5, True), (2.0, 1.0, True), (2.5, 1.25, False)])
def test_twice_the_bound_is_allowed_and_no_more(right, share, agrees):
    """Each of the two may be off by the bound."""
    found = differ(Z1, np.array([[0.0]]), np.array([[right]]), bound(1.0, (1, 1)), "float64")
    assert (found.of_allowed, found.agrees) == (share, agrees)
    assert (found.max_abs, found.max_rel) == (right, 1.0)


@pytest.mark.parametrize("value", [0.0, 3.0, np.inf])
def test_equal_is_equal_where_nothing_is_allowed(value):
    here = np.array([[value]])
    found = differ(Z1, here, here.copy(), bound(0.0, (1, 1)), "float64")
    assert (found.max_abs, found.max_rel, found.max_ulp, found.of_allowed, found.agrees) == (0, 0, 0, 0, True)


@pytest.mark.parametrize("of_bound", [np.nan, np.inf])
@pytest.mark.parametrize("value", [2.0, np.nan, np.inf])
def test_what_is_allowed_anything_uses_no_share_of_it(of_bound, value):
    found = differ(Z1, np.array([[1.0]]), np.array([[value]]), bound(of_bound, (1, 1)), "float64")
    assert (found.allowed, found.of_allowed, found.agrees) == (np.inf, 0, True)


def test_relative_to_the_larger_of_the_two():
    found = differ(Z1, np.array([[1.0, -8.0]]), np.array([[2.0, -9.0]]), bound(1.0, (1, 2)), "float64")
    assert found.max_rel == 0.5


def test_what_is_masked_or_infinite_sets_no_unit_in_the_last_place():
    """Of 0.5 it is 2^-53, of the others it would be far more."""
    left = np.ma.array([[0.5, 1e300, np.inf]], mask=[[False, True, False]])
    right = np.array([[0.5 + 2.0**-53, 7.0, np.inf]])
    assert differ(Z1, left, right, bound(1.0, (1, 3)), "float64").max_ulp == 1.0


def test_an_element_that_both_sides_mask_is_not_compared_either():
    left = np.ma.array([[1.0, 2.0, np.inf]], mask=[[False, True, True]])
    right = np.ma.array([[1.0, 99.0, np.inf]], mask=[[False, True, True]])
    assert differ(Z1, left, right, bound(0.0, (1, 3)), "float64").max_abs == 0


def test_traces_are_compared_in_the_order_of_computation_and_only_where_both_have_a_quantity():
    gradient = Quantity("gradient", 1)
    left = {Z1: np.ones((1, 1)), COST: np.asarray(1.0), gradient: np.ones((1, 1))}
    right = {gradient: np.ones((1, 1)), Z1: np.ones((1, 1))}
    bounds = {Z1: np.zeros((1, 1)), COST: np.asarray(0.0), gradient: np.zeros((1, 1))}
    assert [d.quantity for d in compare_traces(left, right, bounds, "float64")] == [Z1, gradient]
