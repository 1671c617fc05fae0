"""The optimizers against Keras' own, update by update, and as text."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf

from harness.models import handwritten, loop, sequential, tape, updates
from harness.models.optimizers import OPTIMIZER_NAMES, SGD, Optimizer, parse
from harness.models.training import Training
from tests.networks import post_problem

UPDATES = 20
OTHER_SETTINGS = [
    Optimizer("momentum", (("momentum", 0.5),)),
    Optimizer("nesterov", (("momentum", 0.99),)),
    Optimizer("rmsprop", (("rho", 0.6), ("epsilon", 1e-3))),
    Optimizer("adam", (("beta_1", 0.8), ("beta_2", 0.95), ("epsilon", 1e-2))),
]


def ours(optimizer: Optimizer, w: np.ndarray, gradients: np.ndarray, learning_rate: float) -> list[np.ndarray]:
    """w after each update."""
    weights, seen = [tf.constant(w)], []
    state = updates.start(optimizer.name, weights)
    rate, settings = tf.constant(learning_rate, w.dtype), loop.settings_of(optimizer)
    for number, gradient in enumerate(gradients, start=1):
        weights, state = updates.apply(
            optimizer.name, weights, [tf.constant(gradient)], state, rate, tf.constant(number, tf.int64), settings
        )
        seen.append(weights[0].numpy())
    return seen


def theirs(optimizer: Optimizer, w: np.ndarray, gradients: np.ndarray, learning_rate: float) -> list[np.ndarray]:
    """w after each update, by keras.optimizers."""
    dtype = str(w.dtype)
    variable, seen = keras.Variable(w, dtype=dtype), []
    with sequential.floatx(dtype):
        keras_own = sequential.keras_optimizer(optimizer, dtype)
        keras_own.build([variable])
        keras_own.learning_rate = learning_rate
    for gradient in gradients:
        keras_own.apply([tf.constant(gradient)], [variable])
        seen.append(variable.numpy())
    return seen


@pytest.mark.every(4)
@pytest.mark.parametrize("optimizer", [*map(Optimizer, OPTIMIZER_NAMES), *OTHER_SETTINGS], ids=str)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_each_update_is_that_of_keras(optimizer: Optimizer, dtype: str) -> None:
    rng = np.random.default_rng(5)
    w = rng.normal(size=(4, 3)).astype(dtype)
    gradients = (rng.normal(size=(UPDATES, 4, 3)) * 10.0 ** rng.uniform(-4, 1, (UPDATES, 1, 1))).astype(dtype)
    pairs = zip(ours(optimizer, w, gradients, 0.03), theirs(optimizer, w, gradients, 0.03))
    for number, (own, keras_own) in enumerate(pairs, start=1):
        # an update may round in another order: a few ulp of the largest weight, more with each update
        allowed = 4 * number * np.finfo(dtype).eps * np.max(np.abs(keras_own))
        np.testing.assert_allclose(own, keras_own, rtol=0, atol=allowed, err_msg=f"update {number}")


def test_momentum_and_nesterov_differ_and_settings_matter() -> None:
    rng = np.random.default_rng(6)
    w, gradients = rng.normal(size=(2, 2)), rng.normal(size=(5, 2, 2))
    ends = [ours(optimizer, w, gradients, 0.1)[-1] for optimizer in (*map(Optimizer, OPTIMIZER_NAMES), *OTHER_SETTINGS)]
    assert all(np.max(np.abs(a - b)) > 1e-3 for i, a in enumerate(ends) for b in ends[:i])


@pytest.mark.parametrize("optimizer", OTHER_SETTINGS, ids=str)
def test_settings_and_rates_of_members_act_on_their_member_alone(optimizer: Optimizer) -> None:
    rng = np.random.default_rng(7)
    w, gradients = rng.normal(size=(3, 2, 2)), rng.normal(size=(10, 3, 2, 2))
    usual, rates = Optimizer(optimizer.name), np.array([0.1, 0.02])
    weights = [tf.constant(w)]
    state = updates.start(optimizer.name, weights)
    settings = {name: tf.constant([a, b], tf.float64) for (name, a), (_, b) in zip(usual.settings, optimizer.settings)}
    for number, gradient in enumerate(gradients, start=1):
        weights, state = updates.apply(
            optimizer.name, weights, [tf.constant(gradient)], state, tf.constant(rates), tf.constant(number), settings
        )
    for member, own in enumerate((usual, optimizer)):
        alone = ours(own, w[..., member], gradients[..., member], rates[member])[-1]
        np.testing.assert_allclose(weights[0].numpy()[..., member], alone, rtol=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", [OTHER_SETTINGS[3], Optimizer("momentum"), Optimizer("rmsprop")], ids=str)
def test_training_goes_the_same_way_in_every_implementation(optimizer: Optimizer) -> None:
    network, weights, x, y = post_problem("glorot_uniform")
    recorded = [0, 1, 2, 10, 50]
    runs = [
        list(implementation.train(network, weights, x, y, Training(0.01, optimizer=optimizer, recorded=recorded)))
        for implementation in (handwritten, tape, sequential)
    ]
    for implementation in (handwritten, tape, sequential):
        first = implementation.update(network, weights, x, y, Training(0.01, optimizer=optimizer))
        assert all(np.allclose(a, b, rtol=0, atol=1e-14) for a, b in zip(first, runs[0][1]))
    for by_hand, *others in zip(*runs):
        for other in others:
            for a, b in zip(by_hand, other):
                np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


@pytest.mark.slow
def test_two_runs_of_one_keras_model_keep_their_own_optimizer_state() -> None:
    network, weights, x, y = post_problem("glorot_uniform")
    adam = OTHER_SETTINGS[3]

    def run(start: list[np.ndarray], rate: float) -> Iterator[list[np.ndarray]]:
        return sequential.train(network, start, x, y, Training(rate, optimizer=adam, recorded=[5, 10]))

    others = [w + 0.1 for w in weights]
    alone = [list(run(weights, 0.01)), list(run(others, 0.1))]
    in_turns = list(zip(run(weights, 0.01), run(others, 0.1)))
    for number, pair in enumerate(in_turns):
        for one, expected in zip(pair, (alone[0][number], alone[1][number])):
            assert all(np.array_equal(a, b) for a, b in zip(one, expected))


@pytest.mark.parametrize(
    ("text", "optimizer"),
    [
        ("sgd", SGD),
        (" adam ", Optimizer("adam", (("beta_1", 0.9), ("beta_2", 0.999), ("epsilon", 1e-7)))),
        ("adam()", Optimizer("adam")),
        ("adam(epsilon=1e-8, beta_1=0.8)", Optimizer("adam", (("beta_1", 0.8), ("epsilon", 1e-8)))),
        ("rmsprop(rho=.5)", Optimizer("rmsprop", (("rho", 0.5),))),
        ("momentum(momentum=0.12345678)", Optimizer("momentum", (("momentum", 0.12345678),))),
    ],
)
def test_parse(text: str, optimizer: Optimizer) -> None:
    assert parse(text) == optimizer
    assert hash(parse(text)) == hash(optimizer)
    assert parse(str(optimizer)) == optimizer


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("adamw", "unknown optimizer 'adamw'; known are sgd, momentum, nesterov, rmsprop, adam"),
        ("adam(rho=0.9)", "adam has no setting 'rho'; it has beta_1, beta_2, epsilon"),
        ("sgd(momentum=0.9)", "sgd has no setting 'momentum'; it has none"),
        ("adam(beta_1=1)", r"beta_1 of adam must be at least 0 and under 1, got 1.0"),
        ("adam(epsilon=0)", "epsilon of adam must be above 0, got 0.0"),
        ("adam(epsilon=nan)", "epsilon of adam must be above 0, got nan"),
        ("adam(0.9)", "cannot read '0.9' in the optimizer"),
        ("adam(beta_1=high)", "cannot read 'beta_1=high' in the optimizer"),
        ("adam(", "cannot read the optimizer"),
        ("", "cannot read the optimizer"),
    ],
)
def test_a_mistake_in_the_text_is_explained(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse(text)


def test_the_defaults_are_those_of_keras() -> None:
    for name, keras_own in (("rmsprop", keras.optimizers.RMSprop()), ("adam", keras.optimizers.Adam())):
        assert dict(Optimizer(name).settings) == {
            setting: getattr(keras_own, setting) for setting, _ in Optimizer(name).settings
        }


def test_reading_an_optimizer_needs_no_tensorflow() -> None:
    code = "import sys, harness.models.optimizers; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
