"""Vectorised training against NumPy, against Keras' own fit, and against itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import training_programs as programs

from harness.programs import costs
from harness.programs.batches import plan_of
from harness.programs.fit_calls import program_of
from harness.programs.training import CannotVectorise, Engine, FallbackReason, FitFailed, Trained, predict, train

ROUNDING = 1e-10  # ten updates in float64, weights of about 1; a wrong batch, mask or gradient changes them by 1e-3
SEEDS = (3, 5, 8)
layers = keras.layers


@pytest.fixture(name="float64")
def _float64() -> Iterator[None]:
    """Keras' numbers are float64 within a test."""
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def largest_difference(first: Trained, second: Trained) -> float:
    """Between the weights of two trainings."""
    return max(float(np.max(np.abs(a - b))) for a, b in zip(first.weights, second.weights))


# Numbers from elsewhere


@pytest.mark.every(2)
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("engine", [Engine.VECTORISED, Engine.FIT])
def test_linear_regression_is_that_of_numpy(engine: Engine) -> None:
    x, y = programs.numbers(70, 4), programs.numbers(70, 1, seed=1)
    program = programs.program(
        [keras.Input((4,)), layers.Dense(1)], x, y, optimizer=keras.optimizers.SGD(0.1), batch_size=32
    )
    trained = train(program, seeds=[7], updates=8, engine=engine)
    kernel, bias = program.fresh_weights(7)
    plan, losses = plan_of(program, 70), []
    for update in range(8):
        size = plan.batch_sizes(update, update + 1)[0]
        rows = plan.batches([7], update, update + 1)[0, 0][:size]
        error = x[rows] @ kernel + bias - y[rows]
        losses.append((np.mean(error**2), size))
        kernel = kernel - 0.1 * 2 * x[rows].T @ error / size
        bias = bias - 0.1 * 2 * error.mean(axis=0)
    np.testing.assert_allclose(trained.weights[0][0], kernel, rtol=1e-12)
    np.testing.assert_allclose(trained.weights[1][0], bias, rtol=1e-12)
    epochs = [losses[:3], losses[3:6], losses[6:]]
    expected = [sum(loss * size for loss, size in e) / sum(size for _, size in e) for e in epochs]
    np.testing.assert_allclose(trained.loss[0], expected, rtol=1e-12)


class Watching(keras.callbacks.Callback):
    """Keeps the logs of each epoch; it could stop the training, so it is not left out."""

    seen: ClassVar[list[dict[str, float]]] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep it."""
        self.seen.append(dict(logs))
        self.model.stop_training = False


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
def test_an_unshuffled_training_is_that_of_keras_fit() -> None:
    program = programs.classifier(
        layers.BatchNormalization(),
        shuffle=False,
        metrics=["accuracy"],
        validation_split=0.2,
        class_weight={0: 1.0, 1: 3.0, 2: 0.5},
        callbacks=[Watching()],
    )
    model = program.compile_copy(program.fresh_model(4))
    history = model.fit(
        program.x, program.y, batch_size=32, epochs=3, shuffle=False, validation_split=0.2, verbose=0,
        class_weight=program.class_weight,
    ).history  # fmt: skip
    for engine in Engine:
        Watching.seen.clear()
        trained = train(program, seeds=[4], epochs=3, engine=engine)
        assert trained.engine is engine
        for ours, keras_weight in zip(trained.member_weights(0), model.get_weights()):
            np.testing.assert_allclose(ours, keras_weight, rtol=0, atol=ROUNDING)
        np.testing.assert_allclose(trained.loss[0], history["loss"], rtol=1e-9)
        for name in ("val_loss", "accuracy", "val_accuracy"):
            np.testing.assert_allclose([logs[name] for logs in Watching.seen], history[name], rtol=1e-9)


# Both engines


def assert_same_numbers(name: str, compiled: bool | None) -> None:
    """Ten updates of a program by both engines: of the second of two members, which is beside the first in one."""
    program, seeds = programs.ALL[name](), SEEDS[:2]
    vectorised = train(program, seeds=seeds, updates=10, engine=Engine.VECTORISED, compiled=compiled)
    keras_fit = train(program, seeds=seeds[1:], updates=10, engine=Engine.FIT)
    assert (vectorised.engine, keras_fit.engine) == (Engine.VECTORISED, Engine.FIT)
    for weight, expected in zip(vectorised.member_weights(1), keras_fit.member_weights(0), strict=True):
        assert float(np.max(np.abs(weight - expected))) < ROUNDING
    np.testing.assert_allclose(vectorised.loss[1:], keras_fit.loss, rtol=1e-9, atol=1e-12)
    before = [np.stack(values) for values in zip(*map(program.fresh_weights, seeds))]
    assert max(float(np.max(np.abs(a - b))) for a, b in zip(vectorised.weights, before)) > 1e-4


MARKS = dict.fromkeys(programs.ALIKE, pytest.mark.long)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", [pytest.param(n, marks=MARKS.get(n, pytest.mark.slow)) for n in programs.ALL])
def test_both_engines_give_the_same_numbers(name: str) -> None:
    assert_same_numbers(name, compiled=None)


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", ["dense", "convolution", "embedding"])
def test_xla_gives_the_same_numbers(name: str) -> None:
    assert_same_numbers(name, compiled=True)


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
def test_members_trained_alone_are_those_trained_together() -> None:
    program = programs.classifier(layers.Dropout(0.4))
    together = train(program, seeds=SEEDS, updates=10)
    for member, seed in enumerate(SEEDS):
        alone = train(program, seeds=[seed], updates=10)
        difference = max(float(np.max(np.abs(a[member] - b[0]))) for a, b in zip(together.weights, alone.weights))
        assert difference < ROUNDING


@pytest.mark.parametrize("count", [pytest.param(12, marks=pytest.mark.slow), pytest.param(48, marks=pytest.mark.long)])
def test_dropout_gives_the_same_scores_in_both_engines(count: int) -> None:
    program = programs.classifier(layers.Dropout(0.5))
    seeds = range(count)
    ours = train(program, seeds=seeds, epochs=40).loss[:, -1]
    keras_fit = train(program, seeds=seeds, epochs=40, engine=Engine.FIT).loss[:, -1]
    spread = float(np.std(ours - keras_fit)) / len(seeds) ** 0.5
    assert abs(float(np.mean(ours - keras_fit))) < 3 * spread


# Random numbers


@pytest.mark.slow
def test_a_training_with_dropout_is_repeatable() -> None:
    program = programs.classifier(layers.Dropout(0.4), layers.GaussianNoise(0.1))
    first, second = (train(program, seeds=SEEDS, updates=12) for _ in range(2))
    assert first.engine is Engine.VECTORISED
    assert largest_difference(first, second) == 0.0
    assert len({stacked.tobytes() for stacked in first.weights[0]}) == len(SEEDS)


def test_dropout_keeps_its_share_and_scales_what_it_keeps() -> None:
    import tensorflow as tf

    from harness.programs import lowering

    state = keras.random.SeedGenerator(5)
    kept = np.asarray(lowering.dropout(tf.ones((400, 500)), 0.3, seed=state))
    assert set(np.round(np.unique(kept), 5)) == {0.0, np.float32(1.42857)}
    assert abs(float(np.mean(kept > 0)) - 0.7) < 4 * (0.21 / kept.size) ** 0.5
    again = np.asarray(lowering.dropout(tf.ones((400, 500)), 0.3, seed=state))
    assert abs(float(np.mean((kept > 0) == (again > 0))) - 0.58) < 0.005  # 0.7^2 + 0.3^2: independent masks


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_numbers_have_their_distribution(dtype: str) -> None:
    from scipy import stats

    from harness.programs import lowering

    uniform = np.asarray(lowering.uniform((20000,), seed=3, dtype=dtype))
    normal = np.asarray(lowering.normal((20000,), seed=3, dtype=dtype))
    truncated = np.asarray(lowering.truncated_normal((20000,), seed=3, dtype=dtype))
    assert stats.kstest(uniform, "uniform").pvalue > 0.001
    assert stats.kstest(normal, "norm").pvalue > 0.001
    assert stats.kstest(truncated, stats.truncnorm(-2, 2).cdf).pvalue > 0.001
    assert abs(np.corrcoef(uniform[1:], uniform[:-1])[0, 1]) < 4 / len(uniform) ** 0.5


def test_each_pass_visits_every_row_once_in_another_order() -> None:
    plan = plan_of(programs.dense(), programs.ROWS)
    batches = plan.batches([1, 2], 0, 6)
    sizes = plan.batch_sizes(0, 6)
    assert sizes.tolist() == [32, 32, 6, 32, 32, 6]
    passes = [
        np.concatenate([batches[u, member, : sizes[u]] for u in range(first, first + 3)])
        for member in range(2)
        for first in (0, 3)
    ]
    for rows in passes:
        assert sorted(rows) == list(range(programs.ROWS))
    assert len({rows.tobytes() for rows in passes}) == 4
    np.testing.assert_array_equal(plan.batches([1, 2], 2, 5), batches[2:5])


# Results


def test_members_have_learning_rates_and_initial_weights_of_their_own() -> None:
    program = programs.dense(optimizer=keras.optimizers.SGD(0.5))
    initial = [np.stack([w, w]) for w in program.fresh_weights(1)]
    trained = train(program, seeds=[1, 1], updates=1, learning_rates=[0.1, 0.2], initial_weights=initial)
    for before, after in zip(initial, trained.weights):
        np.testing.assert_allclose((after[1] - before[1]), 2 * (after[0] - before[0]), rtol=1e-3, atol=1e-6)


@pytest.mark.slow
def test_a_diverged_member_is_marked_and_the_others_are_not() -> None:
    program = programs.dense(optimizer=keras.optimizers.SGD(0.01))
    trained = train(program, seeds=[1, 2, 3], updates=300, learning_rates=[0.01, 1e4, 0.01])
    assert trained.diverged.tolist() == [False, True, False]
    assert trained.diverged_at[0] == -1
    assert 1 < trained.diverged_at[1] < 200
    assert np.isnan(trained.loss[:, -1]).tolist() == [False, True, False]


@pytest.mark.slow
@pytest.mark.parametrize("engine", [None, Engine.FIT])
def test_predictions_are_those_of_the_model(engine: Engine | None) -> None:
    program = programs.classifier(layers.BatchNormalization(), layers.Dropout(0.5))
    trained = train(program, seeds=SEEDS, updates=5, engine=engine)
    outputs = predict(program, trained, program.x)
    assert outputs.shape == (3, programs.ROWS, 3)
    model = program.fresh_model(0)
    for member in range(3):
        model.set_weights(trained.member_weights(member))
        np.testing.assert_allclose(outputs[member], model.predict(program.x, verbose=0), atol=1e-6)


@pytest.mark.slow
def test_a_model_of_a_class_of_its_own_predicts_after_keras_fit() -> None:
    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.last = layers.Dense(1)

        def call(self, x: Any) -> Any:
            return self.last(x)

    x, net = programs.numbers(8, 2), Net()
    net(x)  # builds it, and makes no inputs
    net.compile("sgd", "mean_squared_error")
    program = program_of(net, x, x[:, :1], epochs=1)
    trained = train(program, seeds=SEEDS, updates=2, engine=Engine.FIT)
    kernel, bias = trained.member_weights(1)
    np.testing.assert_allclose(predict(program, trained, x)[1], x @ kernel + bias, atol=1e-6)


@pytest.mark.slow
def test_a_network_with_a_state_is_trained_and_predicts_from_no_state() -> None:
    x = programs.numbers(8, 3, 1)
    parts = [keras.Input(batch_shape=(4, 3, 1)), layers.LSTM(2, stateful=True), layers.Dense(1)]
    program = programs.program(parts, x, x[:, 0], "mean_squared_error", batch_size=4, shuffle=False)
    trained = train(program, seeds=SEEDS, updates=2, engine=Engine.FIT)
    outputs = predict(program, trained, x[:6])  # a batch and a half
    assert outputs.shape == (3, 6, 1)
    alone = train(program, seeds=SEEDS[2:], updates=2, engine=Engine.FIT)
    for trained_weights, alone_weights in zip(trained.member_weights(2), alone.member_weights(0)):
        np.testing.assert_array_equal(trained_weights, alone_weights)  # no member begins in the state of another
    for member in range(3):
        model = program.fresh_model(0)
        model.set_weights(trained.member_weights(member))
        np.testing.assert_allclose(outputs[member, :4], model(x[:4]), atol=1e-6)


@pytest.mark.slow
def test_programs_of_one_structure_share_a_loop() -> None:
    from harness.programs import vectorised

    vectorised._LOOPS.clear()
    for rate in (0.01, 0.1):
        train(programs.dense(optimizer=keras.optimizers.Adam(rate)), seeds=SEEDS, updates=2)
    assert len(vectorised._LOOPS) == 1
    train(programs.dense(optimizer=keras.optimizers.SGD(0.1)), seeds=SEEDS, updates=2)
    train(programs.dense("mae"), seeds=SEEDS, updates=2)
    assert len(vectorised._LOOPS) == 3


def test_learning_rates_of_a_shared_loop_are_those_of_each_program() -> None:
    rates = (0.01, 0.1)
    programs_by_rate = [programs.dense(optimizer=keras.optimizers.SGD(rate)) for rate in rates]
    steps = []
    for program in programs_by_rate:
        before = program.fresh_weights(1)[0]
        steps.append(train(program, seeds=[1], updates=1).weights[0][0] - before)
    np.testing.assert_allclose(steps[1], 10 * steps[0], rtol=1e-3, atol=1e-6)


# What falls back


class OwnStep(keras.Model):
    """A model with a training step of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.last = layers.Dense(2)

    def call(self, x: Any) -> Any:
        """The outputs."""
        return self.last(x)

    def train_step(self, data: Any) -> Any:
        """Keras' own step."""
        return super().train_step(data)


class UnseededNoise(layers.Layer):
    """Noise that no seed of the model controls."""

    def call(self, x: Any) -> Any:
        """The inputs with noise."""
        import tensorflow as tf

        return x + tf.random.normal(tf.shape(x))


@pytest.mark.slow
def test_what_cannot_be_vectorised_says_why_and_is_trained_by_fit() -> None:
    own_step = OwnStep()
    own_step.build((None, 6))
    step = replace(programs.dense(), model=own_step, is_copyable=False)
    noise = programs.classifier(UnseededNoise())
    averaged = programs.dense(optimizer=keras.optimizers.Adam(0.01, use_ema=True))
    reasons = {
        FallbackReason.TRAIN_STEP: step,
        FallbackReason.RANDOM: noise,
        FallbackReason.OPTIMIZER: averaged,
    }
    for reason, program in reasons.items():
        trained = train(program, seeds=[1], updates=3)
        assert trained.engine is Engine.FIT
        assert np.isfinite(trained.loss).all()
        with pytest.raises(CannotVectorise) as caught:
            train(program, seeds=[1], updates=3, engine=Engine.VECTORISED)
        assert caught.value.reason is reason
        assert caught.value.detail


def test_a_program_that_fit_rejects_raises_one_typed_exception() -> None:
    program = programs.dense()
    with pytest.raises(FitFailed) as caught:
        train(replace(program, y=programs.numbers(programs.ROWS, 5)), seeds=[1], updates=3)
    assert caught.value.kind


@pytest.mark.parametrize(
    ("layers", "compiled", "plain"),
    [
        ([keras.layers.Conv1D(4, 3), keras.layers.Flatten()], 8, 1),  # without XLA, TensorFlow's own convolution
        ([keras.layers.Conv1D(4, 3), keras.layers.LSTM(4)], 8, 8),
        ([keras.layers.Flatten()], 8, 8),
        ([keras.layers.Conv1D(512, 3), keras.layers.Conv1D(512, 3), keras.layers.Flatten()], 1, 1),
    ],
)
def test_convolutions_are_trained_one_by_one_where_that_is_faster(layers: list[Any], compiled: int, plain: int) -> None:
    work = costs.work_of_model(keras.Sequential([keras.Input((20, 3)), *layers, keras.layers.Dense(2)]))
    found = [costs.members_at_once(work, batch=32, members=8, is_compiled=xla) for xla in (True, False)]
    assert found == [compiled, plain]


@pytest.mark.parametrize("steps", [20, 50])
def test_steps_of_any_number_cost_as_many_as_the_data_have(steps: int) -> None:
    def model_of(length: int | None) -> keras.Model:
        parts = [keras.layers.LSTM(3, return_sequences=True), keras.layers.Dense(1)]
        return keras.Sequential([keras.Input((length, 2)), *parts])

    model = model_of(None)
    model.compile("sgd", "mse")
    work = costs.work_of(program_of(model, np.zeros((4, steps, 2)), np.zeros((4, steps, 1))))
    assert work.time_steps == steps
    assert work == costs.work_of_model(model_of(steps))
