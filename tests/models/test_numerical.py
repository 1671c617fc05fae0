"""The referee itself, against closed forms and central differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from harness.models import numerical
from harness.models.network import Network
from tests.networks import problems, random_problem


def test_a_linear_layer_has_the_closed_form_of_least_squares():
    """C = |Aw - y|^2, dC/dw = 2 A^T (Aw - y)"""
    rng = np.random.default_rng(0)
    network = Network((3, 2), ("linear",))
    w, x, y = rng.normal(size=(4, 2)), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    a = np.hstack([np.ones((5, 1)), x])
    found = numerical.differentiate(network, [w], x, y)
    np.testing.assert_allclose(found.gradients[0], 2 * a.T @ (a @ w - y), rtol=1e-13)
    assert found.errors[0] < 1e-13


@settings(max_examples=30, deadline=None)
@given(problem=problems)
def test_complex_steps_are_central_differences(problem):
    """(C(w + h) - C(w - h)) / 2h, whose own error is about h^2 and eps / h; kinks of relu are passed over."""
    network, weights, x, y = problem
    if {"relu", "leaky_relu"} & set(network.activations):
        return
    found = numerical.differentiate(network, weights, x, y)
    h = 1e-5
    for layer, gradient in enumerate(found.gradients):
        for index in np.ndindex(*gradient.shape):
            ends = []
            for sign in (1, -1):
                moved = [w.copy() for w in weights]
                moved[layer][index] += sign * h
                ends.append(numerical.forward(network, moved, x, y).cost)
            assert gradient[index] == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-6, abs=1e-8)
        if gradient.size > 60:
            break


def test_the_error_estimate_covers_the_error_in_a_higher_precision():
    """tanh(w x) - y squared in long double against the estimate: d/dw = 2 (tanh(wx) - y) (1 - tanh^2) x"""
    network = Network((1, 1), ("tanh",))
    for seed in range(50):
        rng = np.random.default_rng(seed)
        w, x, y = rng.normal(size=(2, 1)), rng.normal(size=(3, 1)), rng.normal(size=(3, 1))
        wide = np.longdouble
        a = np.tanh(x.astype(wide) * w[1].astype(wide) + w[0].astype(wide))
        delta = 2 * (a - y) * (1 - a * a)
        exact = np.vstack([delta.sum(axis=0), (x * delta).sum(axis=0)])
        found = numerical.differentiate(network, [w], x, y)
        scale = float(np.abs(2 * (a - y)).max() * max(1, np.abs(x).max()))
        assert np.max(np.abs(found.gradients[0] - exact)) <= 10 * found.errors[0] + 8 * 2.0**-53 * scale


def test_some_entries_are_those_of_all():
    network, weights, x, y = random_problem(np.random.default_rng(5))
    everything = numerical.differentiate(network, weights, x, y)
    some = numerical.differentiate(network, weights, x, y, at_most=3)
    for whole, part in zip(everything.gradients, some.gradients):
        assert part.count() == min(3, part.size)
        assert np.ma.allclose(part, whole, rtol=1e-15)


def test_the_reverse_of_the_reverse_is_the_network_itself():
    network, weights, _, _ = random_problem(np.random.default_rng(1))
    back = numerical.reverse(numerical.reverse(weights))
    assert all(np.array_equal(a, b) for a, b in zip(back, weights))
    assert network.depth == len(weights)


def test_large_layers_are_done_in_chunks(monkeypatch):
    network, weights, x, y = random_problem(np.random.default_rng(7))
    whole = numerical.differentiate(network, weights, x, y)
    monkeypatch.setattr(numerical, "CHUNK", 50)
    for a, b in zip(whole.gradients, numerical.differentiate(network, weights, x, y).gradients):
        np.testing.assert_allclose(a, b, rtol=1e-14)
