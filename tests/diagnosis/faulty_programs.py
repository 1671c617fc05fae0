"""Faulty Keras programs by name, as such faults are made in real programs, with the ids that name them."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from programs import (
    BINARY,
    SGD,
    SPARSE,
    Adam,
    Layers,
    RMSprop,
    bars,
    blob_program,
    blobs,
    cancer,
    circles,
    convolutional,
    dense,
    diabetes,
    diabetes_program,
    digit_program,
    digits,
    iris,
    labels,
    layered,
    moon_program,
    moons,
    program,
    rare_program,
    scaled_bars,
    sequences,
    signal_program,
    sine_program,
    table,
    table_program,
    trained,
)
from sklearn.model_selection import train_test_split

from harness.programs.program import Program

Normal = keras.initializers.RandomNormal
ExponentialDecay = keras.optimizers.schedules.ExponentialDecay
Faulty = tuple[Callable[[], Program], frozenset[str]]


def one(make: Callable[[], Program], *ids: str) -> Faulty:
    """A maker with the ids that name its fault; any of them will do."""
    return make, frozenset(ids)


def dropping(share: float, epochs: int) -> Program:
    """Digits with nearly everything dropped."""
    layers = (Layers.Dense(32, "relu"), Layers.Dropout(share), Layers.Dense(10, "softmax"))
    return digit_program(model=layered(*layers, shape=(64,)), epochs=epochs)


def sorted_digits() -> Program:
    x, y = digits()
    order = np.argsort(y, kind="stable")
    return trained((x[order], y[order]), 64, 10, last="softmax", loss=SPARSE, epochs=15, validation_split=0.2,
                   shuffle=False)  # fmt: skip


def mismatch() -> Program:
    a, b, c, d = train_test_split(*digits(), test_size=0.25, random_state=0)
    return trained((a, c), 64, 10, scaled=lambda x: (x - 0.5) / 0.3, last="softmax", loss=SPARSE, epochs=12,
                   validation_data=(b * 255, d))  # fmt: skip


def frozen() -> Program:
    model = dense(8, 8, 10, inputs=64, last="softmax")
    model.layers[0].trainable = model.layers[1].trainable = False
    return digit_program(model=model, epochs=15)


def frozen_but_last() -> Program:
    """All layers but the last with random weights, not trained, and few of them."""
    model = dense(3, 3, 1, inputs=2, last="sigmoid")
    for layer in model.layers[:-1]:
        layer.trainable = False
    return moon_program(model=model, optimizer=Adam(0.02))


def missing() -> Program:
    x, y = diabetes()
    x = x.copy()
    x[np.random.default_rng(0).random(x.shape) < 0.02] = np.nan
    return trained((x, y), 32, 1, loss="mse", optimizer=Adam(0.01), epochs=60)


def few_points() -> Program:
    """Three points by two linear layers, which learn from most seeds."""
    x = np.array([[-1.0], [0.0], [1.0]], "float32")
    y = np.array([-0.2, 0.2, 0.25], "float32")
    return trained((x, y), 10, 1, network={"hidden": None}, loss="mse", optimizer=Adam(1e-5), epochs=10_000)


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
    return trained((x[:cut], y[:cut]), 32, 4, last="softmax", loss=SPARSE, optimizer=Adam(0.01), epochs=20,
                   validation_data=(x[cut:], y[cut:]))  # fmt: skip


def raw_tokens() -> Program:
    """Numbers of words without an Embedding layer."""
    x, _ = sequences()
    model = layered(Layers.LSTM(16), Layers.Dense(1, "sigmoid"), shape=(20, 1))
    return program(model, x[..., None].astype("float32"), (x[:, :10].mean(axis=1) > 25).astype(int), loss=BINARY,
                   optimizer=Adam(1e-4), epochs=5)  # fmt: skip


def linear_network() -> Program:
    """A ring around the other class, by hidden layers without an activation."""
    x, _ = moons()
    far = np.hypot(*(x - x.mean(axis=0)).T) > 0.9
    return trained((x * [1, 3], far.astype(int)), 16, 16, 1, network={"hidden": None}, last="sigmoid", loss=BINARY,
                   optimizer=Adam(0.01), epochs=30)  # fmt: skip


def sigmoid_convolutions() -> Program:
    """Convolutions with sigmoid activations and plain gradient descent."""
    model = layered(
        Layers.Conv2D(8, 3, activation="sigmoid"), Layers.MaxPooling2D(), Layers.Conv2D(16, 3, activation="sigmoid"),
        Layers.Flatten(), Layers.Dense(32, "sigmoid"), Layers.Dense(4, "softmax"), shape=(10, 10, 1),
    )  # fmt: skip
    return program(model, *scaled_bars(), loss=SPARSE, optimizer=SGD(0.01), epochs=10)


def two_dropouts() -> Program:
    """A small regression of which four fifths of the units are dropped, twice."""
    layers = [Layers.Dense(64, "relu"), Layers.Dropout(0.8), Layers.Dense(64, "relu"), Layers.Dropout(0.8)]
    model = layered(*layers, Layers.Dense(1), shape=(8,))
    return program(model, *table(), loss="mse", optimizer=Adam(0.003), epochs=30)


def fading(epoch: int, rate: float) -> float:
    return rate * 0.1


# The most common mistakes
USUAL = {
    "softmax_one_unit": one(lambda: moon_program(last="softmax", epochs=25), "output-activation"),
    "linear_bce": one(lambda: moon_program(last=None, optimizer=SGD(0.1), epochs=25), "output-activation", "loss"),
    "relu_out": one(lambda: moon_program(last="relu", epochs=25), "output-activation"),
    "sigmoid_regression": one(lambda: diabetes_program(last="sigmoid"), "output-activation", "target-out-of-range"),
    "bce_for_regression": one(lambda: diabetes_program(loss=BINARY), "loss"),
    "mse_multiclass": one(lambda: digit_program(64, 32, 10, loss="mse", epochs=15), "loss"),
    "cce_integers": one(
        lambda: digit_program(64, 32, 10, loss="categorical_crossentropy", epochs=15), "label-encoding", "loss"
    ),
    "labels_scaled": one(lambda: digit_program(64, 32, 10, coded=lambda y: y / 255.0, epochs=15), "label-encoding"),
    "rate_small": one(
        lambda: digit_program(64, 32, 10, optimizer=Adam(1e-6), epochs=15), "learning-rate-too-small", "optimizer"
    ),
    "rate_large": one(
        lambda: digit_program(64, 32, 10, optimizer=Adam(1.0), epochs=15), "learning-rate-too-large", "optimizer"
    ),
    "sgd_large": one(lambda: diabetes_program(optimizer=SGD(0.5)), "learning-rate-too-large", "unscaled-targets"),
    "adadelta": one(
        lambda: digit_program(64, 32, 10, optimizer="adadelta", epochs=15), "optimizer", "learning-rate-too-small"
    ),
    "one_epoch": one(lambda: digit_program(64, 32, 10, epochs=1, batch_size=128), "too-few-epochs", "batch-size"),
    "big_batch": one(
        lambda: digit_program(64, 32, 10, epochs=10, batch_size=1500),
        "batch-size", "too-few-epochs", "learning-rate-too-small",
    ),
    "unscaled_cancer": one(
        lambda: trained(cancer(), 16, 1, last="sigmoid", loss=BINARY, optimizer=SGD(0.01), epochs=20),
        "unscaled-inputs",
    ),
    "unscaled_digits": one(
        lambda: digit_program(64, 32, 10, scaled=lambda x: x * 4000, optimizer=SGD(0.1), epochs=15),
        "unscaled-inputs",
    ),
    "clones": one(
        lambda: digit_program(64, 32, 10, network={"kernel_initializer": "ones"}, epochs=15),
        "clones", "saturation", "initializer",
    ),
    "zeros": one(
        lambda: digit_program(64, 32, 10, network={"kernel_initializer": "zeros"}, epochs=15),
        "zero-gradient", "clones",
    ),
    "no_hidden_activation": one(
        lambda: trained(
            circles(), 32, 1, scaled=lambda x: x.astype("float32"), network={"hidden": None}, last="sigmoid",
            loss=BINARY, optimizer=Adam(0.01), epochs=30,
        ),
        "hidden-activation",
    ),
    "narrow": one(lambda: digit_program(1, 10, epochs=15), "too-narrow"),
    "dropout": one(lambda: dropping(0.95, epochs=10), "dropout"),
    "regularization": one(
        lambda: digit_program(
            64, 32, 10, network={"kernel_regularizer": keras.regularizers.L2(5.0)}, epochs=15
        ),
        "regularization",
    ),
    "sorted": one(sorted_digits, "unshuffled"),
    "no_signal": one(
        lambda: moon_program(coded=np.random.default_rng(3).permutation, epochs=25), "no-signal"
    ),
    "pair": one(
        lambda: digit_program(64, 32, 10, last="sigmoid", optimizer=SGD(1e-4), loss="mse", epochs=15),
        "loss", "learning-rate-too-small",
    ),
    "pair_scale": one(
        lambda: digit_program(64, 32, 10, scaled=lambda x: x * 4000, last="relu", optimizer=SGD(0.1), epochs=15),
        "unscaled-inputs", "output-activation",
    ),
}  # fmt: skip

FAULTY: dict[str, Faulty] = USUAL | {
    "learns_from_most_seeds": one(few_points, "learning-rate-too-small"),
    "labels_from_one": one(lambda: blob_program(coded=lambda y: y + 1), "label-encoding"),
    "one_hot_sparse": one(lambda: blob_program(coded=keras.utils.to_categorical), "label-encoding", "loss"),
    "sigmoid_one_multiclass": one(
        lambda: blob_program(32, 16, 1, last="sigmoid", loss=BINARY), "output-activation", "loss"
    ),
    "relu_softmaxless": one(lambda: blob_program(last="relu"), "output-activation"),
    "no_logits": one(lambda: blob_program(last=None), "output-activation", "loss"),
    "tanh_regression": one(lambda: sine_program(last="tanh", coded=lambda y: 20 * y), "output-activation"),
    "relu_regression": one(lambda: sine_program(last="relu"), "output-activation"),
    "softmax_regression": one(lambda: sine_program(last="softmax"), "output-activation"),
    "unscaled_targets": one(
        lambda: sine_program(coded=lambda y: 5000 * y + 20000),
        "unscaled-targets", "learning-rate-too-small", "too-few-epochs",
    ),
    "unscaled_inputs": one(lambda: sine_program(scaled=lambda x: 1000 * x + 5000), "unscaled-inputs"),
    "mismatch": one(mismatch, "validation-mismatch"),
    "frozen": one(frozen, "frozen-layer"),
    "deep_sigmoid": one(
        lambda: blob_program(*[16] * 6, 4, network={"hidden": "sigmoid"}),
        "hidden-activation", "superfluous-layer", "vanishing-gradient",
    ),
    "hidden_softmax": one(lambda: sine_program(network={"hidden": "softmax"}), "hidden-activation"),
    "flat": one(
        lambda: digit_program(
            model=layered(Layers.Dense(32, "relu"), Layers.Dense(10, "softmax"), shape=(8, 8)),
            scaled=lambda x: x.reshape(-1, 8, 8), epochs=15,
        ),
        "missing-layer",
    ),
    "double_softmax": one(
        lambda: digit_program(
            model=layered(Layers.Dense(32, "relu"), Layers.Dense(10, "softmax"), Layers.Softmax(), shape=(64,)),
            epochs=4,
        ),
        "output-activation",
    ),
    "missing_values": one(missing, "missing-values"),
    "schedule": one(
        lambda: blob_program(optimizer=Adam(ExponentialDecay(0.01, 5, 0.5))), "learning-rate-too-small", "optimizer"
    ),
    "clipped": one(lambda: sine_program(optimizer=SGD(0.1, clipnorm=0.001)), "optimizer"),
    "odd_momentum": one(lambda: blob_program(optimizer=SGD(0.05, momentum=0.999)), "optimizer"),
    "decayed": one(lambda: blob_program(optimizer=keras.optimizers.AdamW(0.01, weight_decay=20.0)), "regularization"),
    "dead": one(lambda: blob_program(network={"bias_initializer": keras.initializers.Constant(-10.0)}), "dead-relu"),
    "huge_start": one(
        lambda: sine_program(network={"kernel_initializer": Normal(stddev=20.0), "hidden": "tanh"}),
        "saturation", "exploding-gradient",
    ),
    "tiny_start": one(
        lambda: blob_program(32, 32, 32, 4, network={"kernel_initializer": Normal(stddev=1e-4)}, epochs=6),
        "vanishing-gradient", "plateau",
    ),
    "rare_unweighted": one(lambda: rare_program(16, 1, epochs=10), "class-imbalance", "too-few-epochs"),
    "inverted_weights": one(
        lambda: rare_program(32, 1, epochs=20, class_weight={0: 20.0, 1: 0.05}), "class-imbalance"
    ),
    "missing_layer": one(
        lambda: trained(circles(), 1, last="sigmoid", loss=BINARY, optimizer=Adam(0.05), epochs=40), "missing-layer"
    ),
    "stopped": one(
        lambda: sine_program(
            callbacks=(keras.callbacks.EarlyStopping(monitor="loss", patience=0, min_delta=1.0),), epochs=60,
            history={"loss": (0.5, 0.4)}, optimizer=Adam(0.001),
        ),
        "too-few-epochs",
    ),
    "metric": one(lambda: sine_program(metrics=["accuracy"]), "metric"),
    "small_batch_updates": one(
        lambda: sine_program(optimizer=Adam(0.001), batch_size=1000, epochs=20),
        "batch-size", "too-few-epochs", "learning-rate-too-small",
    ),
    "images_unscaled": one(
        lambda: program(convolutional(), *bars(), loss=SPARSE, optimizer=SGD(0.05), epochs=10), "unscaled-inputs"
    ),
    "labels_softmax": one(
        lambda: trained(labels(), 32, 4, last="softmax", loss="categorical_crossentropy", epochs=20),
        "output-activation", "loss",
    ),
    "pair_rate_scale": one(
        lambda: sine_program(scaled=lambda x: 300 * x + 900, optimizer=SGD(1e-6)),
        "unscaled-inputs", "learning-rate-too-small",
    ),
    "pair_dropout_epochs": one(lambda: dropping(0.9, epochs=1), "dropout", "too-few-epochs"),
    "pair_clones_loss": one(
        lambda: blob_program(network={"kernel_initializer": "ones"}, loss="categorical_crossentropy"),
        "clones", "label-encoding",
    ),
    "triple": one(
        lambda: blob_program(last="relu", network={"hidden": "sigmoid"}, optimizer=SGD(1e-5), epochs=10),
        "output-activation", "learning-rate-too-small",
    ),
    "triple_regression": one(
        lambda: sine_program(last="sigmoid", optimizer=Adam(1.0), scaled=lambda x: 1000 * x, epochs=10),
        "output-activation", "learning-rate-too-large", "unscaled-inputs",
    ),
    "shuffled": one(
        lambda: trained(
            iris(), 16, 3, coded=np.random.default_rng(2).permutation, last="softmax", loss=SPARSE,
            optimizer=Adam(0.01), epochs=40,
        ),
        "no-signal",
    ),
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
        lambda: digit_program(64, 64, 10, network={"kernel_initializer": keras.initializers.RandomUniform(0.0, 1.0)}),
        "exploding-gradient", "saturation",
    ),
    "wide_start_sigmoid": one(
        lambda: digit_program(32, 10, network={"hidden": "sigmoid", "kernel_initializer": Normal(stddev=5.0)}),
        "saturation", "exploding-gradient",
    ),
    "rare_class": one(
        lambda: rare_program(16, 1, epochs=15), "class-imbalance", "too-few-epochs", "learning-rate-too-small"
    ),
    "mae_for_classes": one(
        lambda: digit_program(loss="mae", coded=keras.utils.to_categorical, optimizer=SGD(0.01)), "loss"
    ),
    "targets_rolled": one(lambda: table_program(coded=lambda y: np.roll(y, 1, axis=0)), "no-signal"),
    "targets_sorted": one(lambda: table_program(coded=lambda y: np.sort(y, axis=0)), "no-signal"),
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
    "dropped_output": one(
        lambda: digit_program(
            model=layered(Layers.Dense(32, "relu"), Layers.Dense(10, "softmax"), Layers.Dropout(0.5), shape=(64,))
        ),
        "dropout",
    ),
    "frozen_but_last": one(frozen_but_last, "frozen-layer"),
    "tanh_under_bce": one(lambda: moon_program(last="tanh", optimizer=SGD(0.1)), "output-activation", "loss"),
    "one_step_an_epoch": one(lambda: digit_program(steps_per_epoch=1, epochs=10), "too-few-epochs", "batch-size"),
    "rmsprop_rate": one(lambda: digit_program(optimizer=RMSprop(3.0)), "learning-rate-too-large"),
    "hinge_zero_one_relu": one(
        lambda: moon_program(last="relu", loss="hinge", optimizer=SGD(0.05)), "output-activation", "loss"
    ),
    "sorted_validation": one(sorted_validation, "unshuffled"),
    "raw_tokens": one(raw_tokens, "unscaled-inputs", "learning-rate-too-small", "too-few-epochs"),
    "linear_network": one(linear_network, "hidden-activation"),
    "images_by_hundreds": one(
        lambda: trained(
            bars(), model=convolutional(), scaled=lambda x: 255 * x, loss=SPARSE, optimizer=SGD(0.05), epochs=6
        ),
        "unscaled-inputs", "learning-rate-too-large",
    ),
    "labels_flipped_coding": one(lambda: moon_program(coded=lambda y: np.where(y, 2, 1)), "label-encoding"),
    "decaying_rate": one(
        lambda: digit_program(optimizer=SGD(ExponentialDecay(0.02, 10, 0.5)), epochs=20), "learning-rate-too-small"
    ),
    "gru_rate": one(lambda: signal_program(Layers.GRU(16), optimizer=Adam(0.5)), "learning-rate-too-large"),
    "crossentropy_of_regression": one(lambda: table_program(loss="categorical_crossentropy"), "loss"),
    "sigmoid_convolutions": one(sigmoid_convolutions, "hidden-activation", "optimizer"),
    "two_dropouts": one(two_dropouts, "dropout"),
    "sgd_tiny_epochs": one(
        lambda: moon_program(optimizer=SGD(0.001), epochs=5),
        "learning-rate-too-small", "optimizer", "too-few-epochs",
    ),
}  # fmt: skip
