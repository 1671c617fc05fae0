"""Every implementation against every other, and all of them against what owes nothing to this project's code."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from tensorflow.python.eager.polymorphic_function import polymorphic_function

from harness.comparison import rounding
from harness.comparison.differences import compare_traces
from harness.comparison.trace import COST, Quantity, take
from harness.models import (
    activations,
    costs,
    deltas,
    handwritten,
    loop,
    numerical,
    observations_last,
    optimizers,
    sequential,
    tape,
    transposed_kernels,
)
from harness.models.network import Network, from_keras, to_keras
from harness.models.training import Training
from tests.networks import Problem, post_problem, problems, random_problem

IMPLEMENTATIONS = {"handwritten": handwritten, "tape": tape, "sequential": sequential}
PAIRS = list(combinations(IMPLEMENTATIONS, 2))
DTYPES = ("float64", "float32")


def disagreements(problem: Problem, left: str, right: str, dtype: str) -> list[str]:
    """The quantities of one iteration in which two implementations differ by more than rounding allows."""
    network, weights, x, y = problem.astype(dtype)
    bounds = rounding.bounds(network, weights, rounding.no_error(weights), x, y, 0.5, dtype)
    traces = [take(IMPLEMENTATIONS[name], network, weights, x, y, 0.5) for name in (left, right)]
    return [str(d.quantity) for d in compare_traces(*traces, bounds, dtype) if not d.agrees]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("start", ["ones", "glorot_uniform"])
@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_pairs_agree_on_the_post(left, right, start, dtype):
    assert disagreements(post_problem(start), left, right, dtype) == []


@pytest.mark.every(2)
@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("left", "right"), PAIRS)
@settings(max_examples=8, deadline=None)
@given(problem=problems)
def test_pairs_agree_on_random_networks(left, right, dtype, problem):
    assert disagreements(problem, left, right, dtype) == []


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
@settings(max_examples=15, deadline=None)
@given(problem=problems)
def test_gradients_are_the_numerical_derivatives(name, problem):
    network, weights, x, y = problem
    bounds = rounding.bounds(network, weights, rounding.no_error(weights), x, y, 0.5, "float64")
    found = IMPLEMENTATIONS[name].backward(network, weights, x, y).gradients
    referee = numerical.differentiate(network, weights, x, y)
    for layer in network.layers:
        off = np.abs(found[layer - 1] - referee.gradients[layer - 1])
        assert np.all(off <= bounds[Quantity("gradient", layer)] + referee.errors[layer - 1])


@pytest.mark.parametrize(
    "count", [pytest.param(50, marks=pytest.mark.slow), pytest.param(1000, marks=pytest.mark.long)]
)
def test_many_random_networks_in_float64(count):
    """Depth 1 to 4, width 1 to 16, every activation and cost: all within bounds, and all but one under 100 ulp."""
    ulps = []
    for seed in range(count):
        network, weights, x, y = random_problem(np.random.default_rng(seed))
        bounds = rounding.bounds(network, weights, rounding.no_error(weights), x, y, 0.5, "float64")
        traces = [take(module, network, weights, x, y, 0.5) for module in IMPLEMENTATIONS.values()]
        for left, right in combinations(traces, 2):
            for difference in compare_traces(left, right, bounds, "float64"):
                assert difference.agrees, (seed, difference)
                ulps.append(difference.max_ulp)
    ulps.sort()
    print(f"{len(ulps)} comparisons: worst {ulps[-1]:.0f} ulp, the next {ulps[-2]:.0f}")
    # One quantity of one network is a single number whose terms cancel to a thousandth: 768 ulp of what is left.
    assert ulps[-2] <= 100
    assert ulps[-1] <= 1000


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_the_post_s_thousand_iterations(name):
    """Every implementation within 5e-7 of the outputs that the post prints."""
    network, weights, x, y = post_problem()
    (after,) = IMPLEMENTATIONS[name].train(network, weights, x, y, Training(0.5, recorded=[1000]))
    printed = [[0.5992708, 0.1997655], [0.5993174, 0.2004307]]
    np.testing.assert_allclose(IMPLEMENTATIONS[name].forward(network, after, x, y).a[-1], printed, rtol=0, atol=5e-7)


@pytest.mark.every(3)
@pytest.mark.parametrize(("left", "right"), PAIRS)
@pytest.mark.parametrize("start", ["ones", "glorot_uniform"])
def test_pairs_stay_together_over_the_post_s_thousand_iterations(left, right, start):
    network, weights, x, y = post_problem(start)
    recorded = [0, 1, 10, 100, 1000]
    paths = [
        list(IMPLEMENTATIONS[name].train(network, weights, x, y, Training(0.5, recorded=recorded)))
        for name in (left, right)
    ]
    for ours, theirs in zip(*paths):
        for a, b in zip(ours, theirs):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-10)


@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_clones_are_exact_after_ten_thousand_iterations(name, dtype):
    """And the cost is what POST.md measured with NumPy: the plateau was left with the clones as they were."""
    network, weights, x, y = post_problem().astype(dtype)
    (after,) = IMPLEMENTATIONS[name].train(network, weights, x, y, Training(0.5, recorded=[10000]))
    for w in after[:2]:
        assert np.all(w == w[:, :1])
    for w in after[1:]:
        assert np.all(w[1:] == w[1])
    assert IMPLEMENTATIONS[name].forward(network, after, x, y).cost == pytest.approx(0.000342, abs=1e-6)


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_training_is_update_after_update(name):
    network, weights, x, y = post_problem("glorot_uniform")
    recorded = [0, 1, 2, 3]
    expected = [weights]
    for _ in range(3):
        expected.append(IMPLEMENTATIONS[name].update(network, expected[-1], x, y, Training(0.5)))
    for got, wanted in zip(
        IMPLEMENTATIONS[name].train(network, weights, x, y, Training(0.5, recorded=recorded)), expected
    ):
        for a, b in zip(got, wanted):
            np.testing.assert_allclose(a, b, rtol=1e-14)


@pytest.mark.every(2)
@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
@pytest.mark.parametrize("layout", [observations_last, transposed_kernels], ids=lambda module: module.__name__)
def test_a_single_network_with_many_observations_is_trained_as_its_steps_say(output, layout, monkeypatch):
    """Two updates by the steps read one by one, and by the compiled loop, in each layout that it has for products."""
    if layout is transposed_kernels:
        monkeypatch.setattr(handwritten, "SMALL_PRODUCT", 128 * 9 * 7 - 1)
    cost = "categorical_crossentropy" if output == "softmax" else "mean_squared_error"
    network = Network((5, 9, 7, 3), ("sigmoid", "relu", output), cost)
    rng = np.random.default_rng(3)
    weights = [rng.normal(size=shape) for shape in network.shapes]
    x, y = rng.normal(size=(128, 5)), rng.dirichlet(np.ones(3), 128)
    assert handwritten.layout_of(network, 128).gradients is layout.gradients
    assert handwritten.layout_of(network, 2).gradients is handwritten.gradients
    (after,) = handwritten.train(network, weights, x, y, Training(0.5, recorded=[2]))
    for _ in range(2):
        found = [np.asarray(g) for g in numerical.differentiate(network, weights, x, y).gradients]
        weights = [w - 0.5 * g for w, g in zip(weights, found)]
    for got, wanted in zip(after, weights):
        np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-13)


@pytest.mark.every(2)
@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_arguments_are_left_alone_and_keep_their_dtype(name):
    network, weights, x, y = post_problem().astype("float32")
    before = [w.copy() for w in weights]
    module = IMPLEMENTATIONS[name]
    module.forward(network, weights, x, y)
    module.backward(network, weights, x, y)
    module.update(network, weights, x, y, Training(0.5))
    (after,) = module.train(network, weights, x, y, Training(0.5, recorded=[2]))
    assert all(np.array_equal(a, b) for a, b in zip(before, weights))
    assert {w.dtype for w in after} == {np.dtype("float32")}


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_weights_of_another_shape_are_refused(name):
    network, weights, x, y = post_problem()
    with pytest.raises(ValueError, match=r"\(3, 3\), \(4, 3\), \(4, 2\)"):
        IMPLEMENTATIONS[name].forward(network, [w.T for w in weights], x, y)


def test_no_retracing_between_runs_of_the_same_shapes():
    network, weights, x, y = post_problem()
    list(handwritten.train(network, weights, x, y, Training(0.5, recorded=[1])))
    descent = loop.compiled_descent(loop.Layout(handwritten.gradients), loop.weights_themselves, network, "sgd", None)
    before = descent.experimental_get_tracing_count()
    list(handwritten.train(network, weights, x, y, Training(0.1, recorded=[5, 17, 100])))
    list(handwritten.train(network, [2 * w for w in weights], x, y, Training(3.0, recorded=[0, 1])))
    assert descent.experimental_get_tracing_count() == before


def test_tensorflow_does_not_warn_about_a_program_for_each_network(monkeypatch):
    messages: list[str] = []
    monkeypatch.setattr(polymorphic_function, "FREQUENT_TRACING_WARNING_THRESHOLD", 1)
    monkeypatch.setattr(polymorphic_function.logging, "warning", messages.append)
    network = Network((2, 1), ("linear",))
    list(handwritten.train(network, [np.ones((3, 1))], np.ones((5, 2)), np.ones((5, 1)), Training(0.5, recorded=[1])))
    assert messages == []


def test_sequential_offers_no_z_and_no_delta():
    network, weights, x, y = post_problem()
    names = {quantity.name for quantity in take(sequential, network, weights, x, y, 0.5)}
    assert names == {"a", "cost", "gradient", "weights"}


# The parts, against Keras


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "linear", "softmax"])
def test_activations_are_keras_own(name):
    z = np.linspace(-30, 30, 122).reshape(61, 2)
    np.testing.assert_allclose(activations.activate(name, z), keras.activations.get(name)(tf.constant(z)), rtol=1e-15)


def test_leaky_relu_is_keras_own_but_for_the_slope_in_single_precision():
    z = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(
        activations.activate("leaky_relu", z), keras.activations.leaky_relu(tf.constant(z)), rtol=2e-8
    )


@pytest.mark.parametrize("name", [name for name in activations.trainable_names() if name != "softmax"])
def test_derivatives_written_from_a_are_those_of_the_tape(name):
    z = tf.constant(np.linspace(-8, 8, 161))  # 0 among them, where relu has its kink
    with tf.GradientTape() as watching:
        watching.watch(z)
        a = activations.activate(name, z)
    np.testing.assert_allclose(activations.derivative_of(name, a), watching.gradient(a, z), rtol=1e-12, atol=1e-15)


LOSSES = {
    "mean_squared_error": keras.losses.MeanSquaredError,
    "binary_crossentropy": lambda dtype: keras.losses.BinaryCrossentropy(from_logits=True, dtype=dtype),
    "categorical_crossentropy": lambda dtype: keras.losses.CategoricalCrossentropy(from_logits=True, dtype=dtype),
}


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_costs_mean_what_keras_means(name):
    rng = np.random.default_rng(0)
    z, y = 5 * rng.normal(size=(7, 3)), rng.dirichlet(np.ones(3), 7)
    wanted = float(LOSSES[name](dtype="float64")(y, z))
    assert float(costs.cost_of(name, tf.constant(z), tf.constant(z), y)) == pytest.approx(wanted, rel=1e-14)


def test_sum_of_squared_errors_has_no_factor():
    a, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 2))
    assert float(costs.cost_of("sum_of_squared_errors", a, a, y)) == 30.0


@pytest.mark.parametrize("cost", ["binary_crossentropy", "categorical_crossentropy"])
@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_cross_entropy_of_a_saturated_output_is_finite_and_right(name, cost):
    """z = +-800 against the targets: the cost is 800 by hand, and a sigmoid or softmax written naively gives inf."""
    output = "sigmoid" if cost == "binary_crossentropy" else "softmax"
    network = Network((1, 2), (output,), cost)
    kernel = np.array([[0.0, 0.0], [400.0, -400.0]]) * (2 if output == "sigmoid" else 1)
    x, y = np.array([[1.0]]), np.array([[0.0, 1.0]])
    module = IMPLEMENTATIONS[name]
    assert module.forward(network, [kernel], x, y).cost == pytest.approx(800.0, rel=1e-12)
    wanted = [[0.5, -0.5]] if output == "sigmoid" else [[1.0, -1.0]]
    np.testing.assert_allclose(module.backward(network, [kernel], x, y).gradients[0][1:], wanted, rtol=1e-12)


def test_weights_go_to_keras_and_back():
    _, weights, _, _ = random_problem(np.random.default_rng(3))
    arrays = to_keras(weights)
    assert [a.ndim for a in arrays[:2]] == [2, 1]
    assert all(np.array_equal(a, b) for a, b in zip(from_keras(arrays), weights))


# A suite that cannot fail proves nothing: each step of the chain rule is broken, and the comparison has to say where.

BROKEN = {
    "pre_activation": (lambda right: lambda a, w: a @ w[1:], "z1"),
    "cost_gradient": (lambda right: lambda cost, a, y: right(cost, a, y) / 2, "delta3"),
    "through_activation": (lambda right: lambda activation, gradient, a: gradient, "delta3"),
    "weight_gradient": (lambda right: lambda a, delta: right(a, delta) / a.shape[0], "gradient3"),
    "back_through_weights": (lambda right: lambda delta, w: delta @ tf.transpose(w[:-1]), "delta2"),
}


@pytest.mark.parametrize("step", sorted(BROKEN))
def test_a_broken_step_is_noticed_where_it_breaks(step, monkeypatch):
    change, first = BROKEN[step]
    broken = change(getattr(handwritten, step))
    for module in (deltas, handwritten):  # the output layer's steps are in deltas.py
        monkeypatch.setattr(module, step, broken, raising=module is handwritten)
    network, weights, x, y = post_problem("glorot_uniform")
    biased = Problem(network, [w + 0.1 for w in weights], x, y)  # a bias left out does not show while it is zero
    assert disagreements(biased, "handwritten", "tape", "float64")[0] == first


def test_a_broken_update_is_noticed(monkeypatch):
    upward = replace(optimizers.OPTIMIZERS["sgd"], update=lambda tf, w, g, state, rate, *_: (w + rate * g, ()))
    monkeypatch.setitem(optimizers.OPTIMIZERS, "sgd", upward)
    assert disagreements(post_problem(), "handwritten", "sequential", "float64") == ["weights1", "weights2", "weights3"]


def test_every_quantity_of_a_trace_is_compared():
    network, weights, x, y = post_problem()
    bounds = rounding.bounds(network, weights, rounding.no_error(weights), x, y, 0.5, "float64")
    trace = take(handwritten, network, weights, x, y, 0.5)
    assert set(trace) == set(bounds)
    assert COST in trace
    assert len(trace) == 5 * 3 + 1


@pytest.mark.parametrize(
    ("sizes", "activations", "cost", "told"),
    [
        ((2,), (), "sum_of_squared_errors", "two or more positive whole numbers"),
        ((2, 0), ("tanh",), "sum_of_squared_errors", "positive whole numbers"),
        ((2, 1.5), ("tanh",), "sum_of_squared_errors", "positive whole numbers"),
        ((2, 3, 1), ("tanh",), "sum_of_squared_errors", "one for each of the 2 layers, got 1"),
        ((2, 1), ("swish",), "sum_of_squared_errors", "unknown activation 'swish'"),
        ((2, 1), ("tanh",), "hinge", "unknown cost 'hinge'"),
        ((2, 3, 2), ("softmax", "softmax"), "categorical_crossentropy", "softmax is for the output layer"),
        ((2, 1), ("tanh",), "binary_crossentropy", "needs sigmoid on the output layer"),
        ((2, 1), ("softmax",), "categorical_crossentropy", "over one output is always 1"),
        ((2, 2), ("softmax",), "sum_of_squared_errors", "needs categorical_crossentropy"),
    ],
)
def test_networks_that_cannot_be_are_refused(sizes, activations, cost, told):
    with pytest.raises(ValueError, match=told):
        Network(sizes, activations, cost)
