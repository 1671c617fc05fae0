"""Clones, effective width and spread of weights whose answer is plain."""

from __future__ import annotations

import numpy as np
import pytest

from harness.symmetry import clone_groups, clone_spread, effective_width, hidden_layers, members_with_clones

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


def test_the_bias_of_the_next_layer_is_no_outgoing_weight():
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
    assert effective_width(weights, 1, tolerance=0) == 3


def test_nan_is_no_clone_of_anything_and_ends_the_search():
    weights = [np.full((3, 3), np.nan), np.ones((4, 1))]
    assert effective_width(weights, 1) == 3


def test_infinite_weights_are_no_clones_and_no_warning():
    weights = [np.array([[np.inf, np.inf, 1.0], [1.0, 1.0, 2.0]]), np.ones((4, 1))]
    assert clone_groups(weights, 1) == [[0], [1], [2]]
    assert members_with_clones([w[..., None] for w in weights]).tolist() == [False]
    assert not np.isfinite(clone_spread(weights, 1))
