"""The tables of activations, costs and optimizers: complete, true, and the only place beside the referee."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from harness.comparison import rounding
from harness.models import initializers, numerical, optimizers
from harness.models.activations import ACTIVATIONS, activate, activation_named, derivative_of, trainable_names
from harness.models.costs import COSTS, Targets, cost_named, cost_of, gradient_of_cost
from harness.models.network import Network
from harness.models.training import Training
from tests.networks import ELEMENTWISE

ROOT = Path(__file__).resolve().parent.parent.parent

# z between the kinks (multiples of 1) of all that have some
Z = np.linspace(-8, 8, 1600).reshape(-1, 1) + 1e-3
DERIVED = [name for name, entry in ACTIVATIONS.items() if entry.derivative is not None and not entry.mixes_units]


def keras_slopes(name):
    """f'(z) at Z by central differences of Keras' activation"""
    function = keras.activations.get(name)
    ends = [np.asarray(function(keras.ops.convert_to_tensor(Z + step, "float64"))) for step in (-1e-5, 1e-5)]
    return (ends[1] - ends[0]) / 2e-5


# Nothing is forgotten


def test_the_referee_has_a_formula_for_every_entry_and_no_other():
    assert set(numerical.ACTIVATIONS) == set(trainable_names())
    assert set(numerical.COSTS) == set(COSTS)
    assert set(numerical.RULES) == set(optimizers.OPTIMIZERS)


def test_an_entry_that_can_be_trained_is_complete():
    for name in ELEMENTWISE:
        entry = ACTIVATIONS[name]
        assert None not in (entry.function, entry.derivative, entry.slope_error, entry.tensor_derivative), name
        assert entry.initializer in initializers.VARIANCES, name
    for name in trainable_names():
        if ACTIVATIONS[name].mixes_units:
            assert name in {cost.output_activation for cost in COSTS.values()}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: activation_named("swish"), "unknown activation 'swish'; known are sigmoid, tanh"),
        (lambda: activate("gelu", Z), "'gelu' cannot be trained here"),
        (lambda: derivative_of("softmax", Z), "'softmax' has no elementwise derivative"),
        (lambda: cost_named("hinge"), "unknown cost 'hinge'; known are sum_of_squared_errors"),
        (lambda: numerical.activate("swish", Z), "no formula for activation 'swish'"),
        (lambda: numerical.cost("hinge", Z, Z, Z), "no formula for cost 'hinge'"),
        (lambda: rounding.activation_error("swish", Z, Z, Z, rounding.precision("float64")), "unknown activation"),
        (lambda: optimizers.Optimizer("lion"), "unknown optimizer 'lion'"),
    ],
)
def test_an_unknown_name_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# What an entry says is true


@pytest.mark.parametrize("name", trainable_names())
def test_both_forms_of_an_activation_and_the_referee_are_the_same(name):
    z = np.random.default_rng(1).normal(0, 5, (40, 3))
    ours = ACTIVATIONS[name].function(z)
    np.testing.assert_allclose(ours, activate(name, tf.constant(z)), rtol=1e-14)
    np.testing.assert_allclose(ours, numerical.activate(name, z), rtol=1e-14)
    if name in ELEMENTWISE:
        np.testing.assert_allclose(
            ACTIVATIONS[name].derivative(ours), derivative_of(name, tf.constant(ours)), rtol=1e-14
        )


@pytest.mark.parametrize("name", DERIVED)
def test_facts_of_an_activation_are_those_of_keras(name):
    """Function, derivative, steepest slope, range, monotone, dead stretches, kinks; by Keras' own function."""
    entry = ACTIVATIONS[name]
    a = np.asarray(keras.activations.get(name)(keras.ops.convert_to_tensor(Z, "float64")))
    slopes = keras_slopes(name)
    np.testing.assert_allclose(entry.function(Z), a, rtol=2e-8, atol=1e-12)
    np.testing.assert_allclose(entry.derivative(a), slopes, atol=1e-6)
    assert np.max(np.abs(slopes)) <= entry.steepest * (1 + 1e-6)
    assert np.max(np.abs(slopes)) >= entry.steepest * 0.98
    low, high = entry.range
    assert low - 1e-6 <= np.min(a)
    assert np.max(a) <= high + 1e-6
    for end, reached in ((low, np.min(a)), (high, np.max(a))):
        assert abs(end - reached) < 0.2 if np.isfinite(end) else abs(reached) > 1
    assert entry.is_monotone == bool(np.all(np.diff(a, axis=0) >= -1e-12))
    assert entry.can_die == bool(np.any(entry.derivative(a) == 0))
    bends = np.abs(np.diff(slopes, axis=0)).ravel()
    jumps = {kink.z for kink in entry.kinks}
    step = float(Z[1, 0] - Z[0, 0])
    between = Z[:-1, 0] + step / 2
    away = np.array([all(abs(z - jump) > step for jump in jumps) for z in between])
    assert np.max(bends[away]) <= entry.curvature * step * 1.001 + 1e-5
    for kink in entry.kinks:
        left, right = (float(slopes[np.argmin(np.abs(Z[:, 0] - kink.z - side * step)), 0]) for side in (-1, 1))
        assert (left, right) == pytest.approx((kink.below, kink.above), abs=2 * step * (entry.curvature + 0.01))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_referee_differentiates_an_activation_rightly(name):
    """Its formula must hold for complex numbers: abs() would make the slope of the imaginary step wrong."""
    z = np.random.default_rng(1).normal(0, 5, (40, 3))
    slopes = numerical.activate(name, z + 1j * numerical.STEP).imag / numerical.STEP
    entry = ACTIVATIONS[name]
    np.testing.assert_allclose(slopes, entry.derivative(entry.function(z)), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_error_of_a_slope_written_from_a_is_bounded(name):
    entry = ACTIVATIONS[name]
    a = entry.function(Z)
    for size in (1e-3, 1e-6):
        for sign in (-1, 1):
            moved = a + sign * size
            crossed = ((a > 0) != (moved > 0)) if entry.kinks else np.zeros(Z.shape, bool)
            off = np.abs(entry.derivative(moved) - entry.derivative(a))
            change = 0.0 if entry.slope_error.change is None else np.abs(entry.slope_error.change(a))
            allowed = change * size + entry.slope_error.bend * size**2 + 1e-15
            assert np.all((off <= allowed) | crossed)


def targets(cost, rng):
    """y (6, 3) that the cost is defined for"""
    match cost.targets:
        case Targets.NUMBERS:
            return rng.normal(size=(6, 3))
        case Targets.PROBABILITIES:
            return rng.uniform(size=(6, 3))
        case Targets.DISTRIBUTIONS:
            return rng.dirichlet(np.ones(3), 6)


@pytest.mark.parametrize("name", COSTS)
def test_all_forms_of_a_cost_and_the_referee_are_the_same(name):
    cost, rng = COSTS[name], np.random.default_rng(2)
    z, y = rng.normal(size=(6, 3)), targets(cost, rng)
    a = z if cost.output_activation is None else ACTIVATIONS[cost.output_activation].function(z)
    value = cost.of_outputs(a, y)
    assert float(numerical.cost(name, z, a, y)) == pytest.approx(value, rel=1e-13)
    assert float(cost_of(name, *map(tf.constant, (z, a, y)))) == pytest.approx(value, rel=1e-13)
    loss = cost.keras_loss(keras)(dtype="float64")
    assert float(loss(tf.constant(y), tf.constant(a))) == pytest.approx(value, rel=1e-6)  # Keras clips probabilities
    np.testing.assert_allclose(cost.gradient(a, y), gradient_of_cost(name, tf.constant(a), tf.constant(y)), rtol=1e-14)
    # a single layer of ones as inputs: dC/db is the sum of dC/dz
    network = Network((1, 3), (cost.output_activation or "linear",), name)
    (delta,) = numerical.deltas(network, [np.concatenate([np.zeros((1, 3)), z[:1]])], np.ones((1, 1)), y[:1])
    np.testing.assert_allclose(cost.gradient(a[:1], y[:1]), delta, rtol=1e-12)


@pytest.mark.parametrize("name", COSTS)
def test_the_mean_of_y_is_the_best_constant_and_undecided_is_worse(name):
    cost, rng = COSTS[name], np.random.default_rng(3)
    y = targets(cost, rng)
    mean = np.broadcast_to(y.mean(axis=0), y.shape)
    best = cost.of_outputs(mean, y)
    for _ in range(20):
        other = mean + 1e-3 * rng.normal(size=3)
        if cost.targets is Targets.DISTRIBUTIONS:
            other = other / other.sum(axis=1, keepdims=True)
        assert cost.of_outputs(other, y) >= best
    if cost.undecided is not None:
        assert cost.of_outputs(np.full(y.shape, cost.undecided(3)), y) >= best


# A training


def test_recorded_iterations_must_rise():
    assert Training(0.5, recorded=range(0, 6, 2)).recorded == (0, 2, 4)
    for recorded in ([1, 1], [2, 1], [-1, 0]):
        with pytest.raises(ValueError, match="must rise, from 0 on"):
            Training(0.5, recorded=recorded)


def test_one_network_takes_one_optimizer():
    with pytest.raises(ValueError, match="one network takes one optimizer, got 2"):
        Training(0.5, optimizer=[optimizers.SGD, optimizers.SGD]).single_optimizer  # noqa: B018


# One more: two places, and everything works

NEW_ACTIVATION = """

ACTIVATIONS["arctan"] = Activation(
    function=np.arctan,
    derivative=lambda a: np.cos(a) ** 2,
    range=(-np.pi / 2, np.pi / 2),
    curvature=3 * np.sqrt(3) / 8,
    slope_error=SlopeError(change=lambda a: -np.sin(2 * a), bend=1.0, rounding=constant(20)),
    tensor_function=lambda tf, z: tf.atan(z),
    tensor_derivative=lambda tf, a: tf.square(tf.cos(a)),
    keras_function=lambda keras, z: keras.ops.arctan(z),
)
"""

# the mean of (a - y)^4 over observations and outputs
NEW_COST = """


def keras_fourth_powers(keras):
    class MeanFourthPower(keras.losses.Loss):
        def __init__(self, dtype=None):
            super().__init__(name="mean_fourth_power", reduction="sum_over_batch_size", dtype=dtype)

        def call(self, y_true, y_pred):
            return keras.ops.mean(keras.ops.square(keras.ops.square(y_pred - y_true)), axis=-1)

    return MeanFourthPower


COSTS["mean_fourth_power"] = Cost(
    of_outputs=lambda a, y: float(np.mean((a - y) ** 4)),
    gradient=lambda a, y: 4 * (a - y) ** 3 / y.size,
    error=lambda z, a, y, z_error, a_error, rounding: float(
        np.sum(4 * (np.abs(a - y) + a_error) ** 3 * a_error + 4 * rounding * (np.abs(a - y) + a_error) ** 4) / y.size
    ),
    gradient_error=lambda a, y, a_error, unit: (
        12 * (np.abs(a - y) + a_error) ** 2 * a_error + 40 * unit * (np.abs(a - y) + a_error) ** 3
    )
    / y.size,
    tensor_function=lambda tf, z, a, y: tf.reduce_mean(tf.square(tf.square(a - y)), axis=(0, 1)),
    tensor_gradient=lambda tf, a, y: 4 * (a - y) * tf.square(a - y) / outputs_of_all(tf, y),
    keras_loss=keras_fourth_powers,
)
"""

NEW_TO_THE_REFEREE = """

ACTIVATIONS["arctan"] = np.arctan
COSTS["mean_fourth_power"] = lambda z, a, y: np.mean(((a - y) ** 2) ** 2, axis=(-2, -1))
"""


@pytest.fixture
def checkout(tmp_path):
    """A copy of the package that may be written to."""
    shutil.copytree(ROOT / "harness", tmp_path / "harness", ignore=shutil.ignore_patterns("__pycache__", "models"))
    shutil.copytree(ROOT / "models", tmp_path / "harness" / "models", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def compare_new(checkout):
    """``compare`` on a network with the made-up activation and cost."""
    command = [
        sys.executable,
        "-m",
        "harness",
        "compare",
        "--json",
        "--no-log",
        "--iterations",
        "50",
        "--record",
        "log",
    ]
    command += ["--activations", "arctan", "--cost", "mean_fourth_power", "--init", "glorot_uniform"]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, env=environment)


def append(checkout, module, text):
    with open(checkout / "harness" / "models" / module, "a") as file:
        file.write(text)


@pytest.mark.slow
def test_an_activation_and_a_cost_are_added_in_two_places(checkout):
    append(checkout, "activations.py", NEW_ACTIVATION)
    append(checkout, "costs.py", NEW_COST)
    append(checkout, "numerical.py", NEW_TO_THE_REFEREE)
    done = compare_new(checkout)
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    found = json.loads(done.stdout)
    assert found["agrees"] is True


@pytest.mark.slow
def test_an_entry_without_the_referees_formula_is_an_error(checkout):
    append(checkout, "activations.py", NEW_ACTIVATION)
    append(checkout, "costs.py", NEW_COST)
    done = compare_new(checkout)
    assert done.returncode != 0
    assert "the referee has no formula for activation 'arctan'" in done.stderr
