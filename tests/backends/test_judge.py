"""The verdict on what two setups computed."""

from dataclasses import replace

import numpy as np
import pytest

from harness.backends.compare import Place
from harness.backends.judge import Cause
from harness.backends.outcomes import FEWEST_SEEDS, Scores, accuracies_of, compare_scores
from tests.backends.results_for_tests import (
    GRADIENT,
    HIDDEN,
    LOSS,
    ROUNDOFF32,
    ROUNDOFF64,
    TERMS,
    TOP,
    WEIGHTS,
    computed,
    pair_of,
)

# 32 roundings of float64, each of which moves a side by its spread and by the rounding of values of 1, on two sides;
# and one rounding of float32
ALLOWED64 = TERMS * 4 * ROUNDOFF64 + 2 * ROUNDOFF32


def test_roundings_of_the_dtype_agree():
    pair = pair_of(computed(), computed())
    assert pair.agrees
    assert pair.place is None
    first = pair.differences[0]
    assert first.by_rounding == pytest.approx(2 * ROUNDOFF32)
    assert first.allowed_in_float64 == pytest.approx(ALLOWED64)


@pytest.mark.parametrize(("off", "agrees"), [(0.9 * ALLOWED64, True), (1.1 * ALLOWED64, False)])
def test_the_limit_is_that_of_float64(off, agrees):
    assert pair_of(computed(), computed(off={HIDDEN: off})).agrees is agrees


def test_a_difference_that_float32_hides_is_still_one():
    hidden = pair_of(computed(imprecise={TOP: ROUNDOFF32}), computed(off={TOP: 2.5 * ROUNDOFF32}))
    assert hidden.first.cause is Cause.COMPUTATION
    assert not hidden.first.is_visible
    assert pair_of(computed(), computed(off={TOP: 1e-3})).first.is_visible


def test_an_error_of_both_sides_is_not_a_difference():
    """A probability of 1 that float32 clips elsewhere than float64, for instance."""
    shared = {LOSS: 0.1}
    assert pair_of(computed(imprecise=shared), computed(imprecise=shared)).agrees
    apart = pair_of(computed(imprecise=shared), computed(imprecise={LOSS: -0.1}))
    assert apart.first.imprecise == ("left", "right")


@pytest.mark.parametrize(
    ("quantities", "place", "layer"),
    [
        ([HIDDEN, TOP, LOSS, GRADIENT], Place.LAYER, "hidden"),
        ([TOP, LOSS, GRADIENT], Place.LAYER, "top"),
        ([LOSS, GRADIENT], Place.LOSS, ""),
        ([GRADIENT, *WEIGHTS], Place.LAYER, "hidden"),
        (WEIGHTS, Place.OPTIMIZER, "hidden"),
    ],
)
def test_the_first_difference_says_where_they_part(quantities, place, layer):
    pair = pair_of(computed(), computed(off=dict.fromkeys(quantities, 1e-3)))
    assert pair.place is place
    assert pair.first.quantity.layer == layer


def test_weights_that_no_gradient_changes_belong_to_their_layer():
    statistics = replace(WEIGHTS[0], weight="moving_mean")
    left, right = computed(), computed()
    for side, value in ((left, 0.0), (right, 1e-4)):
        side.values[statistics] = side.reference[statistics] = np.full(3, value)
        side.shapes[statistics] = (3,)
        side.spread[statistics] = side.exact_spread[statistics] = 0.0
    assert pair_of(left, right).place is Place.LAYER


def test_errors_larger_than_those_of_the_dtype_are_low_precision():
    limit = TERMS * 2 * ROUNDOFF32
    assert pair_of(computed(), computed(imprecise={HIDDEN: 0.9 * limit})).agrees
    pair = pair_of(computed(), computed(imprecise={HIDDEN: 1.1 * limit}))
    assert pair.first.cause is Cause.PRECISION
    assert pair.first.imprecise == ("right",)


def test_nan_on_one_side_is_a_difference_and_on_both_sides_none():
    left, right = computed(), computed()
    right.values[TOP][1] = np.nan
    assert pair_of(left, right).first.cause is Cause.NOT_FINITE
    for side in (left, right):
        side.values[TOP][1] = side.reference[TOP][1] = np.nan
    assert pair_of(left, right).agrees


def test_other_shapes_are_a_difference():
    right = computed()
    right.shapes[HIDDEN] = (3, 1)
    assert pair_of(computed(), right).first.cause is Cause.SHAPE


def test_scores_differ_if_seeds_do_not_explain_it():
    losses = np.arange(6) / 10
    assert not compare_scores(*(Scores(losses=losses + shift, accuracies=None) for shift in (0, 0.05))).differs
    assert compare_scores(*(Scores(losses=losses + shift, accuracies=None) for shift in (0, 1))).differs
    few = Scores(losses=losses[: FEWEST_SEEDS - 1], accuracies=None)
    assert compare_scores(few, few) is None


@pytest.mark.parametrize(
    ("predictions", "y", "expected"),
    [
        ([[0.9, 0.1], [0.2, 0.8]], [0, 0], 0.5),
        ([[0.9, 0.1], [0.2, 0.8]], [[1, 0], [0, 1]], 1.0),
        ([[0.9], [0.2]], [1, 1], 0.5),
        ([[0.9], [0.2]], [[0.3], [0.7]], None),
        ([[0.9, 0.1], [0.2, 0.8]], [[0.5, 0.5], [1, 0]], None),
    ],
)
def test_accuracy_is_that_of_classes(predictions, y, expected):
    found = accuracies_of(np.array([predictions]), np.array(y))
    assert (None if found is None else found.tolist()) == (None if expected is None else [expected])


def test_a_derived_bound_takes_the_place_of_the_estimate():
    left, right = (
        replace(side, bound={HIDDEN: 1e-6}, exact_bound={HIDDEN: 1e-15})
        for side in (computed(imprecise={HIDDEN: 5e-7}), computed(off={HIDDEN: 1.9e-15}))
    )
    pair = pair_of(left, right)
    assert pair.agrees
    assert (pair.differences[0].is_derived, pair.differences[0].by_rounding) == (True, 2e-6)
    assert pair_of(replace(left, bound={HIDDEN: 4e-7}), right).first.imprecise == ("left",)
    assert pair_of(left, replace(right, exact_bound={HIDDEN: 0.8e-15})).first.cause is Cause.COMPUTATION
