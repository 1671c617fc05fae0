"""Clones, effective width and spread of weights whose answer is plain."""

from __future__ import annotations

import numpy as np
import pytest

from harness.measures.symmetry import clone_groups, clone_spread, effective_width, hidden_layers, members_with_clones

ONES = [np.ones((3, 3)), np.ones((4, 3)), np.ones((4, 2))]


def test_all_ones_are_one_unit_a_layer():
    assert [effective_width(ONES, layer) for layer in hidden_layers(ONES)] == [1, 1]
    assert [clone_spread(ONES, layer) for layer in hidden_layers(ONES)] == [0, 0]
    assert clone_groups(ONES, 1) == [[0, 1, 2]]


def test_a_random_draw_has_no_clones():
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=w.shape) for w in ONES]
    assert [effective_width(weights, layer) for layer in (1, 2, 3)] == [3, 3, 2]


@pytest.mark.parametrize(("layer", "index"), [(0, (0, 2)), (0, (2, 2)), (1, (3, 1))])
def test_one_other_weight_ends_the_likeness_of_one_unit(layer, index):
    """The bias of unit 2, an incoming weight of it, and one weight that goes out from it."""
    weights = [w.copy() for w in ONES]
    weights[layer][index] += 0.25
    assert clone_groups(weights, 1) == [[0, 1], [2]]
    assert clone_spread(weights, 1) == 0.25


def test_the_bias_of_the_next_layer_is_not_an_outgoing_weight():
    weights = [w.copy() for w in ONES]
    weights[1][0] = [1.0, 2.0, 3.0]
    assert effective_width(weights, 1) == 1
    assert effective_width(weights, 2) == 3


def test_clones_need_not_lie_side_by_side():
    weights = [np.array([[0.0, 1, 0], [2, 3, 2]]), np.array([[9.0], [5], [7], [5]])]
    assert clone_groups(weights, 1) == [[0, 2], [1]]


@pytest.mark.parametrize(("noise", "width"), [(1e-12, 1), (1e-4, 3)])
def test_equal_in_half_of_the_digits_is_equal(noise, width):
    weights = [w + noise * np.arange(w.shape[1]) for w in ONES]
    assert effective_width(weights, 1) == width
    assert len(clone_groups(weights, 1, tolerance=0)) == 3


def test_nan_is_not_a_clone_of_anything_and_ends_the_search():
    weights = [np.full((3, 3), np.nan), np.ones((4, 1))]
    assert effective_width(weights, 1) == 3


def test_infinite_weights_are_not_clones_and_give_no_warning():
    weights = [np.array([[np.inf, np.inf, 1.0], [1.0, 1.0, 2.0]]), np.ones((4, 1))]
    assert clone_groups(weights, 1) == [[0], [1], [2]]
    assert members_with_clones([w[..., None] for w in weights]).tolist() == [False]
    assert not np.isfinite(clone_spread(weights, 1))


# What counts as equal is relative to the layer's largest weight


@pytest.mark.parametrize(("tolerance", "width"), [(0.25, 1), (0.24, 2), (0.26, 1)])
def test_the_tolerance_is_a_share_of_the_largest_weight_and_reaches_its_end(tolerance, width):
    """Two units 1 apart in a layer whose largest weight is 4: a share of a quarter."""
    weights = [np.array([[3.0, 4.0]]), np.ones((3, 1))]
    assert len(clone_groups(weights, 1, tolerance)) == width


@pytest.mark.parametrize(("share", "clones"), [(1.0, True), (1.01, False), (0.99, True)])
def test_the_usual_tolerance_reaches_its_end(share, clones):
    """Of float64, whose epsilon is 2^-52, it is 2^-26; the largest weight is 4."""
    weights = [np.array([[4.0 - share * 2.0**-24, 4.0]]), np.ones((3, 1))]
    assert effective_width(weights, 1) == (1 if clones else 2)
    assert members_with_clones([w[..., None] for w in weights]).tolist() == [clones]


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize(("apart", "clones"), [(1e-9, True), (1e-6, False)])
def test_units_are_not_nearer_because_all_weights_are_small(size, apart, clones):
    """Half of float64's digits are 1.5e-8 of the largest weight."""
    weights = [size * np.array([[1.0, 1.0 + apart], [0.5, 0.5]]), size * np.ones((3, 1))]
    assert effective_width(weights, 1) == (1 if clones else 2)
    assert members_with_clones([w[..., None] for w in weights]).tolist() == [clones]


def test_the_spread_is_that_of_one_weight_between_units_not_of_one_unit():
    weights = [np.array([[0.0, 3.0], [10.0, 10.5]]), np.array([[7.0], [-20.0], [-20.0]])]
    assert clone_spread(weights, 1) == 3.0
    assert clone_spread([np.array([[1.0, -4.0]])], 1) == 5.0


def test_an_infinite_spread_is_reported_without_a_warning():
    weights = [np.full((2, 2), np.inf), np.ones((3, 1))]
    with np.errstate(invalid="raise"):
        assert np.isnan(clone_spread(weights, 1))


# Of an ensemble

DISTINCT = [np.array([[1.0, 2, 3], [4, 5, 6]]), np.arange(12.0).reshape(4, 3), np.array([[1.0], [2], [3], [4]])]


def changed(layer, columns, values):
    """Weights of which no two units are equal but for this."""
    weights = [w.copy() for w in DISTINCT]
    weights[layer][:, columns] = np.asarray(values, float)[:, None]
    return weights


def equal_units(layer, units):
    """These units of a hidden layer made clones of one another."""
    weights = changed(layer - 1, units, DISTINCT[layer - 1][:, units[0]])
    weights[layer][[1 + unit for unit in units]] = weights[layer][1 + units[0]]
    return weights


@pytest.mark.parametrize(
    ("weights", "clones"),
    [
        (DISTINCT, False),
        (equal_units(1, [0, 1]), True),
        (equal_units(1, [0, 2]), True),  # not side by side
        (equal_units(1, [1, 2]), True),
        (equal_units(2, [0, 2]), True),  # in the second hidden layer alone
        (changed(0, [0, 1], [1, 4]), False),  # equal coming in, not going out
        (changed(1, [0, 1, 2], [1, 2, 3, 4]), False),
        (changed(2, [0], [1, 1, 1, 1]), False),  # equal going out, not coming in
        ([*DISTINCT[:2], np.ones((4, 2))], False),  # the output's units answer to their targets
    ],
)
def test_clones_of_members_are_found_in_any_hidden_layer_and_place(weights, clones):
    without = [*DISTINCT[:2], weights[2]]
    members = [np.stack([before, w, before], axis=-1) for before, w in zip(without, weights)]
    assert members_with_clones(members).tolist() == [False, clones, False]
    widths = [effective_width(weights, layer) for layer in hidden_layers(weights)]
    assert (min(widths) < 3) == clones


def test_a_member_has_clones_whatever_the_largest_weight_of_others_is():
    """1e-6 apart is clones of weights near 1000 and none of weights near 1."""
    small = [np.array([[1.0, 1.0 + 1e-6]]), np.ones((3, 1))]
    large = [np.array([[1000.0, 1000.0 + 1e-6]]), np.ones((3, 1))]
    members = [np.stack(pair, axis=-1) for pair in zip(small, large)]
    assert members_with_clones(members).tolist() == [False, True]


@pytest.mark.parametrize("sizes", [(1, 5, 1), (2, 5, 5, 5, 1)])
def test_the_last_units_of_a_wide_layer_and_of_the_last_hidden_layer_are_looked_at(sizes):
    rng = np.random.default_rng(0)
    distinct = [rng.normal(size=(inputs + 1, units)) for inputs, units in zip(sizes, sizes[1:])]
    weights = [w.copy() for w in distinct]
    weights[-2][:, 4], weights[-1][5] = weights[-2][:, 3], weights[-1][4]
    assert members_with_clones([np.stack(pair, axis=-1) for pair in zip(distinct, weights)]).tolist() == [False, True]
