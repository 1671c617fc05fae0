"""Faults as they are made in real programs, and healthy programs that look unusual: noise, few rows, heavy tails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from more_programs import bars, blobs, convolutional, rare
from programs import Layers, dense, digits, moons, program, sequences, sine

from harness.programs.program import Program

Adam, SGD, RMSprop = keras.optimizers.Adam, keras.optimizers.SGD, keras.optimizers.RMSprop
Normal = keras.initializers.RandomNormal
SPARSE, BINARY = "sparse_categorical_crossentropy", "binary_crossentropy"


def table(rows: int = 800, features: int = 8, noise: float = 0.3, seed: int = 11) -> tuple[np.ndarray, np.ndarray]:
    """Normal inputs and a smooth function of them with noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, features)).astype("float32")
    y = x[:, :1] - 0.5 * x[:, 1:2] + np.abs(x[:, 2:3]) + noise * rng.normal(size=(rows, 1))
    return x, y.astype("float32")


def signals(rows: int = 700, steps: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Noisy waves of one of two frequencies, (rows, steps, 1)."""
    rng = np.random.default_rng(12)
    y = rng.integers(0, 2, rows)
    phase, time = rng.uniform(0, 6, (rows, 1)), np.arange(steps)
    x = np.sin(time * np.where(y, 0.9, 0.5)[:, None] + phase) + rng.normal(0, 0.3, (rows, steps))
    return x[..., None].astype("float32"), y


def digit_program(*units: int, coded: Any = None, **options: Any) -> Program:
    """Digits by a network of Dense layers."""
    x, y = digits()
    last, network = options.pop("last", "softmax"), options.pop("network", {})
    model = options.pop("model", None) or dense(*(units or (32, 10)), inputs=64, last=last, **network)
    given: dict[str, Any] = {"loss": SPARSE, "epochs": 12} | options
    return program(model, x, y if coded is None else coded(y), **given)


def moon_program(*units: int, **options: Any) -> Program:
    """Moons by a network of Dense layers."""
    x, y = moons()
    last, network = options.pop("last", "sigmoid"), options.pop("network", {})
    coded, scaled = options.pop("coded", None), options.pop("scaled", None)
    given: dict[str, Any] = {"loss": BINARY, "optimizer": Adam(0.01), "epochs": 30} | options
    model = dense(*(units or (16, 16, 1)), inputs=2, last=last, **network)
    return program(model, x if scaled is None else scaled(x), y if coded is None else coded(y), **given)


def table_program(*units: int, **options: Any) -> Program:
    """A regression by a network of Dense layers."""
    x, y = options.pop("data", None) or table()
    last, network = options.pop("last", None), options.pop("network", {})
    given: dict[str, Any] = {"loss": "mse", "optimizer": Adam(0.005), "epochs": 25} | options
    return program(dense(*(units or (32, 16, 1)), inputs=x.shape[1], last=last, **network), x, y, **given)


def layered(*layers: Any, shape: tuple[int, ...]) -> keras.Sequential:
    """A network of some layers."""
    return keras.Sequential([keras.Input(shape), *layers])


def signal_program(*layers: Any, **options: Any) -> Program:
    """Waves by a recurrent or convolutional network."""
    x, y = signals()
    given: dict[str, Any] = {"loss": BINARY, "optimizer": Adam(0.005), "epochs": 10} | options
    return program(layered(*layers, Layers.Dense(1, activation="sigmoid"), shape=(24, 1)), x, y, **given)


def dropped_output() -> Program:
    """Dropout behind the last layer."""
    model = layered(Layers.Dense(32, "relu"), Layers.Dense(10, "softmax"), Layers.Dropout(0.5), shape=(64,))
    return digit_program(model=model)


def frozen_but_last() -> Program:
    """All layers but the last with random weights, not trained, and few of them."""
    x, y = moons()
    model = dense(3, 3, 1, inputs=2, last="sigmoid")
    for layer in model.layers[:-1]:
        layer.trainable = False
    return program(model, x, y, loss=BINARY, optimizer=Adam(0.02), epochs=30)


def gap_in_table() -> Program:
    """A constant feature and one with missing values."""
    x, y = table()
    x[:, 5], x[::17, 6] = 3.0, np.nan
    return table_program(data=(x, y))


def one_large_feature() -> Program:
    """One feature in millions that says nothing."""
    x, y = table()
    x[:, 7] = np.random.default_rng(1).normal(size=len(x)) * 1e6
    return table_program(data=(x, y))


def sorted_validation() -> Program:
    """Validation data of classes that are not trained on."""
    x, y = blobs()
    order = np.argsort(y, kind="stable")
    x, y = x[order], y[order]
    cut = int(0.75 * len(x))
    model = dense(32, int(y.max()) + 1, inputs=x.shape[1], last="softmax")
    return program(model, x[:cut], y[:cut], loss=SPARSE, optimizer=Adam(0.01), epochs=20,
                   validation_data=(x[cut:], y[cut:]))  # fmt: skip


def raw_tokens() -> Program:
    """Numbers of words without an Embedding layer."""
    x, y = sequences()
    model = layered(Layers.LSTM(16), Layers.Dense(1, "sigmoid"), shape=(20, 1))
    return program(model, x[..., None].astype("float32"), (x[:, :10].mean(axis=1) > 25).astype(int), loss=BINARY,
                   optimizer=Adam(1e-4), epochs=5)  # fmt: skip


def linear_network() -> Program:
    """A ring around the other class, by hidden layers without an activation."""
    x, _ = moons()
    far = np.hypot(*(x - x.mean(axis=0)).T) > 0.9
    model = dense(16, 16, 1, inputs=2, hidden=None, last="sigmoid")
    return program(model, x * [1, 3], far.astype(int), loss=BINARY, optimizer=Adam(0.01), epochs=30)


def hundreds() -> tuple[np.ndarray, np.ndarray]:
    """Images whose pixels are far above 255."""
    x, y = bars()
    return 255 * x.astype("float32"), y


def decaying_rate() -> Program:
    """A schedule that halves the rate every few updates."""
    schedule = keras.optimizers.schedules.ExponentialDecay(0.02, 10, 0.5)
    return digit_program(optimizer=SGD(schedule), epochs=20)


def sigmoid_convolutions() -> Program:
    """Convolutions with sigmoid activations and plain gradient descent."""
    model = layered(
        Layers.Conv2D(8, 3, activation="sigmoid"), Layers.MaxPooling2D(), Layers.Conv2D(16, 3, activation="sigmoid"),
        Layers.Flatten(), Layers.Dense(32, "sigmoid"), Layers.Dense(4, "softmax"), shape=bars()[0].shape[1:],
    )  # fmt: skip
    return program(model, *scaled_bars(), loss=SPARSE, optimizer=SGD(0.01), epochs=10)


def two_dropouts() -> Program:
    """A small regression of which four fifths of the units are dropped, twice."""
    x, y = table()
    model = layered(
        Layers.Dense(64, "relu"), Layers.Dropout(0.8), Layers.Dense(64, "relu"), Layers.Dropout(0.8), Layers.Dense(1),
        shape=(8,),
    )  # fmt: skip
    return program(model, x, y, loss="mse", optimizer=Adam(0.003), epochs=30)


def one(make: Callable[[], Program], *ids: str) -> tuple[Callable[[], Program], frozenset[str]]:
    """A maker with the ids that name its fault."""
    return make, frozenset(ids)


def faulty() -> dict[str, tuple[Callable[[], Program], frozenset[str]]]:
    """Makers of faulty programs by name, each with the ids that name its fault."""

    def fading(epoch: int, rate: float) -> float:
        return rate * 0.1

    return {
        "deep_sigmoid_sgd": one(
            lambda: moon_program(*[16] * 6, 1, network={"hidden": "sigmoid"}, optimizer=SGD(0.1)),
            "hidden-activation", "vanishing-gradient", "optimizer", "superfluous-layer",
        ),
        "deep_tanh_small_start": one(
            lambda: moon_program(
                *[16] * 5, 1, optimizer=SGD(0.05), network={"hidden": "tanh", "kernel_initializer": Normal(stddev=0.01)}
            ),
            "vanishing-gradient", "plateau",
        ),
        "relu_killed_by_rate": one(
            lambda: digit_program(64, 64, 10, optimizer=SGD(2.0)), "learning-rate-too-large", "dead-relu"
        ),
        "rnn_relu_explodes": one(
            lambda: signal_program(Layers.SimpleRNN(32, activation="relu"), optimizer=SGD(0.3)),
            "learning-rate-too-large", "exploding-gradient", "hidden-activation", "optimizer",
        ),
        "bottleneck": one(lambda: digit_program(64, 1, 10), "too-narrow"),
        "positive_start": one(
            lambda: digit_program(
                64, 64, 10, network={"kernel_initializer": keras.initializers.RandomUniform(0.0, 1.0)}
            ),
            "exploding-gradient", "saturation",
        ),
        "wide_start_sigmoid": one(
            lambda: digit_program(32, 10, network={"hidden": "sigmoid", "kernel_initializer": Normal(stddev=5.0)}),
            "saturation", "exploding-gradient",
        ),
        "rare_class": one(
            lambda: program(dense(16, 1, inputs=rare()[0].shape[1], last="sigmoid"), *rare(), loss=BINARY, epochs=15),
            "class-imbalance", "too-few-epochs", "learning-rate-too-small",
        ),
        "mae_for_classes": one(
            lambda: digit_program(loss="mae", coded=keras.utils.to_categorical, optimizer=SGD(0.01)), "loss"
        ),
        "targets_rolled": one(lambda: table_program(data=(table()[0], np.roll(table()[1], 1, axis=0))), "no-signal"),
        "targets_sorted": one(lambda: table_program(data=(table()[0], np.sort(table()[1], axis=0))), "no-signal"),
        "missing_in_table": one(gap_in_table, "missing-values"),
        "one_large_feature": one(one_large_feature, "unscaled-inputs"),
        "activity_penalty": one(
            lambda: digit_program(network={"activity_regularizer": keras.regularizers.L1(1.0)}), "regularization"
        ),
        "weight_decay": one(
            lambda: digit_program(optimizer=keras.optimizers.AdamW(0.01, weight_decay=10.0)), "regularization"
        ),
        "momentum_and_rate": one(
            lambda: digit_program(optimizer=SGD(1.0, momentum=0.99)), "learning-rate-too-large", "optimizer"
        ),
        "fading_rate": one(
            lambda: digit_program(
                optimizer=SGD(0.05), callbacks=(keras.callbacks.LearningRateScheduler(fading),), epochs=30
            ),
            "learning-rate-too-small",
        ),
        "dropped_output": one(dropped_output, "dropout"),
        "frozen_but_last": one(frozen_but_last, "frozen-layer"),
        "tanh_under_bce": one(lambda: moon_program(last="tanh", optimizer=SGD(0.1)), "output-activation", "loss"),
        "one_step_an_epoch": one(
            lambda: digit_program(steps_per_epoch=1, epochs=10), "too-few-epochs", "batch-size"
        ),
        "rmsprop_rate": one(lambda: digit_program(optimizer=RMSprop(3.0)), "learning-rate-too-large"),
        "hinge_zero_one_relu": one(
            lambda: moon_program(last="relu", loss="hinge", optimizer=SGD(0.05)), "output-activation", "loss"
        ),
        "sorted_validation": one(sorted_validation, "unshuffled"),
        "raw_tokens": one(raw_tokens, "unscaled-inputs", "learning-rate-too-small", "too-few-epochs"),
        "linear_network": one(
            linear_network,
            "hidden-activation",
        ),
        "images_by_hundreds": one(
            lambda: program(
                convolutional(), *hundreds(), loss=SPARSE, optimizer=SGD(0.05), epochs=6
            ),
            "unscaled-inputs", "learning-rate-too-large",
        ),
        "labels_flipped_coding": one(
            lambda: moon_program(coded=lambda y: np.where(y, 2, 1)), "label-encoding"
        ),
        "decaying_rate": one(decaying_rate, "learning-rate-too-small"),
        "gru_rate": one(lambda: signal_program(Layers.GRU(16), optimizer=Adam(0.5)), "learning-rate-too-large"),
        "crossentropy_of_regression": one(lambda: table_program(loss="categorical_crossentropy"), "loss"),
        "sigmoid_convolutions": one(sigmoid_convolutions, "hidden-activation", "optimizer"),
        "two_dropouts": one(two_dropouts, "dropout"),
        "sgd_tiny_epochs": one(
            lambda: moon_program(optimizer=SGD(0.001), epochs=5),
            "learning-rate-too-small", "optimizer", "too-few-epochs",
        ),
    }  # fmt: skip


def two_inputs() -> Program:
    """A functional network of two inputs."""
    x, y = table()
    first, second = keras.Input((4,)), keras.Input((4,))
    joined = Layers.Concatenate()([Layers.Dense(16, "relu")(first), Layers.Dense(16, "relu")(second)])
    model = keras.Model([first, second], Layers.Dense(1)(Layers.Dense(16, "relu")(joined)))
    return program(model, [x[:, :4], x[:, 4:]], y, loss="mse", optimizer=Adam(0.005), epochs=25)


def flipped(share: float = 0.25) -> Program:
    """A quarter of the labels is wrong."""
    x, y = moons()
    wrong = np.random.default_rng(3).random(len(y)) < share
    return program(dense(16, 1, inputs=2, last="sigmoid"), x, np.where(wrong, 1 - y, y), loss=BINARY,
                   optimizer=Adam(0.01), epochs=25)  # fmt: skip


def of_targets(change: Callable[[np.ndarray, np.random.Generator], np.ndarray], *units: int, **options: Any) -> Program:
    """The regression with other targets."""
    x, y = table()
    return table_program(*units, data=(x, change(y, np.random.default_rng(4)).astype("float32")), **options)


def residual() -> Program:
    """A network with a sum and BatchNormalization."""
    x, y = digits()
    inputs = keras.Input((64,))
    hidden = Layers.Dense(32, "relu")(inputs)
    other = Layers.BatchNormalization()(Layers.Dense(32, "relu")(hidden))
    model = keras.Model(inputs, Layers.Dense(10, "softmax")(Layers.Add()([hidden, other])))
    return program(model, x, y, loss=SPARSE, epochs=12)


def in_time_order() -> Program:
    """A series predicted from its past, not shuffled."""
    rng = np.random.default_rng(5)
    series = np.zeros(1200)
    for step in range(2, 1200):
        series[step] = 1.6 * series[step - 1] - 0.8 * series[step - 2] + 0.3 * rng.normal()
    x = np.stack([series[start : start + 6] for start in range(1190)]).astype("float32")
    return program(dense(16, 1, inputs=6), x, series[6:1196, None].astype("float32"), loss="mse",
                   optimizer=Adam(0.005), epochs=12, shuffle=False)  # fmt: skip


def weighted_classes() -> Program:
    """A rare class that counts more."""
    x, y = rare()
    return program(dense(16, 16, 1, inputs=x.shape[1], last="sigmoid"), x, y, loss=BINARY, optimizer=Adam(0.01),
                   epochs=25, class_weight={0: 1.0, 1: 8.0})  # fmt: skip


def healthy() -> dict[str, Callable[[], Program]]:
    """Makers of healthy programs that look unusual."""
    return {
        "flipped_labels": flipped,
        "heavy_tails": lambda: of_targets(lambda y, rng: y + 0.5 * rng.standard_t(2, y.shape), loss="mae"),
        "heavy_tails_squared": lambda: of_targets(lambda y, rng: y + 0.3 * rng.standard_t(2, y.shape)),
        "weighted_classes": weighted_classes,
        "skewed_targets": lambda: of_targets(lambda y, rng: np.exp(0.5 * y), last="softplus"),
        "mostly_noise": lambda: of_targets(lambda y, rng: y + 2.5 * rng.normal(size=y.shape), 8, 1, epochs=8),
        "outliers_huber": lambda: of_targets(
            lambda y, rng: np.where(rng.random(y.shape) < 0.03, y + 15, y), loss="huber"
        ),
        "counts": lambda: of_targets(lambda y, rng: rng.poisson(np.exp(0.4 * y)), loss="poisson", last="exponential"),
        "tiny": lambda: program(
            dense(8, 3, inputs=4, last="softmax"), *(values[::4] for values in digits_of_four()), loss=SPARSE,
            optimizer=Adam(0.02), epochs=60,
        ),
        "small_units": lambda: of_targets(lambda y, rng: 0.05 * y, epochs=40),
        "two_inputs": two_inputs,
        "residual": residual,
        "in_time_order": in_time_order,
        "five_targets": lambda: of_targets(
            lambda y, rng: np.concatenate([y, -y, 2 * y, y + 1, y**2], axis=1), 48, 5, epochs=40
        ),
        "convolution_of_signals": lambda: signal_program(
            Layers.Conv1D(16, 5, activation="relu"), Layers.GlobalMaxPooling1D(), epochs=15
        ),
        "gru_of_signals": lambda: signal_program(Layers.GRU(16), epochs=15),
        "images": lambda: program(convolutional(), *scaled_bars(), loss=SPARSE, epochs=12),
        "nesterov": lambda: digit_program(optimizer=SGD(0.05, momentum=0.9, nesterov=True)),
        "many_batches": lambda: digit_program(batch_size=8, epochs=8),
        "large_batches": lambda: digit_program(batch_size=128, epochs=40),
        "sigmoid_hidden": lambda: moon_program(network={"hidden": "sigmoid"}, optimizer=Adam(0.05), epochs=60),
        "l2_and_dropout": lambda: digit_program(
            model=layered(
                Layers.Dense(64, "relu", kernel_regularizer=keras.regularizers.L2(1e-4)), Layers.Dropout(0.3),
                Layers.Dense(10, "softmax"), shape=(64,),
            ),
            epochs=20,
        ),
        "noisy_sine": lambda: program(dense(32, 32, 1, inputs=1), *sine(), loss="mse", optimizer=Adam(0.01), epochs=40),
    }  # fmt: skip


def scaled_bars() -> tuple[np.ndarray, np.ndarray]:
    """Images between 0 and 1."""
    x, y = bars()
    return (x / 255.0).astype("float32"), y


def digits_of_four() -> tuple[np.ndarray, np.ndarray]:
    """160 points of three classes in four dimensions."""
    rng = np.random.default_rng(6)
    y = rng.integers(0, 3, 160)
    return (rng.normal(size=(160, 4)) + 1.5 * np.eye(4)[y]).astype("float32"), y
