"""The bounds: what keeps them, what does not, and what they come from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.comparison import rounding
from harness.comparison.trace import COST, Quantity
from harness.models import handwritten
from tests.networks import post_problem, problems


def exact_weights_gradient(problem, precise):
    """The post's network in another precision of NumPy: z, a, delta and gradient by quantity, written out anew."""
    network, weights, x, y = problem
    w = [v.astype(precise) for v in weights]
    x, y, one = x.astype(precise), y.astype(precise), precise(1)
    z, a = [], [x]
    for v in w:
        z.append(a[-1] @ v[1:] + v[0])
        a.append(one / (one + np.exp(-z[-1])))
    values = {COST: np.sum((a[-1] - y) ** 2)}
    delta = 2 * (a[-1] - y) * a[-1] * (one - a[-1])
    for layer in (3, 2, 1):
        values[Quantity("delta", layer)] = delta
        values[Quantity("gradient", layer)] = np.vstack([delta.sum(axis=0), a[layer - 1].T @ delta])
        delta = (delta @ w[layer - 1][1:].T) * a[layer - 1] * (one - a[layer - 1])
    values |= {Quantity("z", layer): z[layer - 1] for layer in (1, 2, 3)}
    return values | {Quantity("a", layer): a[layer] for layer in (1, 2, 3)}


@pytest.mark.parametrize("start", ["ones", "glorot_uniform"])
@pytest.mark.parametrize(("dtype", "precise"), [("float32", np.float64), ("float64", np.longdouble)])
def test_a_computation_keeps_the_bounds_and_uses_a_fair_part_of_them(start, dtype, precise):
    """Against the same in a higher precision; a bound a million times too wide would hide every mistake."""
    problem = post_problem(start).astype(dtype)
    network, weights, x, y = problem
    bounds = rounding.bounds(network, weights, rounding.no_error(weights), x, y, 0.5, dtype)
    computed = exact_weights_gradient(problem, np.dtype(dtype).type)
    exact = exact_weights_gradient(problem, precise)
    shares = {q: float(np.max(np.abs(computed[q].astype(precise) - exact[q]) / bounds[q])) for q in exact}
    assert max(shares.values()) <= 1
    assert max(shares.values()) >= 0.01
    for quantity, value in exact.items():
        assert np.max(bounds[quantity]) <= 200 * np.finfo(dtype).eps * max(1.0, float(np.max(np.abs(value))))


def test_product_error_of_ones_is_the_textbook_gamma():
    """n ones times n ones: the sum is n, and |error| <= n u n (Higham, 3.1)."""
    of = rounding.precision("float64")
    n = 7
    found = rounding.product_error(np.ones((1, n)), np.zeros((1, n)), np.ones((n, 1)), np.zeros((n, 1)), of)
    assert found.item() == pytest.approx(n * n * 2.0**-53, rel=1e-12)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(problem=problems, size=st.sampled_from([1e-12, 1e-9, 1e-6]), seed=st.integers(0, 100))
def test_weights_that_are_off_move_every_quantity_by_no_more_than_the_bound(problem, size, seed):
    """Move the weights by up to ``size`` and compute again."""
    network, weights, x, y = problem
    rng = np.random.default_rng(seed)
    moved = [w + size * rng.uniform(-1, 1, w.shape) for w in weights]
    bounds = rounding.bounds(network, weights, [np.full(w.shape, size) for w in weights], x, y, 0.5, "float64")
    here, there = (handwritten.forward(network, w, x, y) for w in (weights, moved))
    ours, theirs = (handwritten.backward(network, w, x, y) for w in (weights, moved))
    assert abs(here.cost - there.cost) <= 2 * bounds[COST]
    for layer in network.layers:
        at = layer - 1
        for name, left, right in (
            ("z", here.z, there.z),
            ("a", here.a, there.a),
            ("delta", ours.deltas, theirs.deltas),
            ("gradient", ours.gradients, theirs.gradients),
        ):
            assert np.all(np.abs(left[at] - right[at]) <= 2 * bounds[Quantity(name, layer)]), (name, layer)


def test_drift_covers_what_a_disturbed_descent_does():
    """On the quadratic C = w^2 / 2 every update is w - rate w: a disturbance shrinks by (1 - rate) each time."""
    rate, recorded = 0.1, [0, 1, 10, 100]

    def train(weights, begin, end):
        return [w * (1 - rate) ** (end - begin) for w in weights]

    path = [train([np.ones((2, 1))], 0, iteration) for iteration in recorded]
    made = 1e-3
    found = rounding.drift(train, lambda weights, iteration: [np.full((2, 1), made)], recorded, path)
    assert [float(np.max(f[0])) for f in found[:2]] == pytest.approx([0.0, made * 0.9 + made])
    # the worst case that the signs allow: all disturbances carried on to the end, and the last stretch as a whole
    last = 90 * made * 0.9**90 + 9 * made * 0.9**99 + made * 0.9**100 + 90 * made
    assert 90 * made <= float(np.max(found[3][0])) <= last * (1 + 1e-12)
