"""Healthy Keras programs by name, some of which look unusual: noise, few rows, heavy tails, rare classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from programs import (
    BINARY,
    SGD,
    SPARSE,
    Adam,
    Data,
    Layers,
    bars,
    blob_program,
    cancer,
    convolutional,
    diabetes_program,
    digit_program,
    digits,
    digits_of_four,
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
    windows,
    wine,
)
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from harness.programs.program import Program


def digits_split() -> Program:
    a, b, c, d = train_test_split(*digits(), test_size=0.2, random_state=0)
    return trained((a, c), 64, 32, 10, last="softmax", loss=SPARSE, epochs=15, validation_data=(b, d),
                   metrics=["accuracy"])  # fmt: skip


def digits_cnn() -> Program:
    model = layered(
        Layers.Conv2D(16, 3, activation="relu"), Layers.MaxPooling2D(), Layers.Flatten(), Layers.Dense(32, "relu"),
        Layers.Dropout(0.25), Layers.Dense(10, "softmax"), shape=(8, 8, 1),
    )  # fmt: skip
    return digit_program(model=model, scaled=lambda x: x.reshape(-1, 8, 8, 1), coded=keras.utils.to_categorical,
                         loss="categorical_crossentropy", validation_split=0.2)  # fmt: skip


def text() -> Program:
    model = layered(
        Layers.Embedding(50, 8), Layers.GlobalAveragePooling1D(), Layers.Dense(16, "relu"), Layers.Dense(1, "sigmoid"),
        shape=(20,),
    )  # fmt: skip
    return program(model, *sequences(), loss=BINARY, epochs=30)


def flipped(data: Data, seed: int, share: float) -> Data:
    """Data of two classes with a share of wrong labels."""
    x, y = data
    return x, np.where(np.random.default_rng(seed).random(len(y)) < share, 1 - y, y)


def xor() -> Program:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype="float32")
    return trained((x, np.array([0, 1, 1, 0])), 8, 1, network={"hidden": "tanh"}, last="sigmoid", loss=BINARY,
                   optimizer=Adam(0.05), epochs=300)  # fmt: skip


def wine_scaled() -> Program:
    x, y = wine()
    a, b, c, d = train_test_split(StandardScaler().fit_transform(x), y, test_size=0.25, random_state=0)
    held = (b.astype("float32"), keras.utils.to_categorical(d))
    return trained((a.astype("float32"), c), 24, 3, last="softmax", coded=keras.utils.to_categorical, epochs=40,
                   loss="categorical_crossentropy", batch_size=8, validation_data=held)  # fmt: skip


def functional() -> Program:
    x, y = moons()
    first, second = keras.Input((1,)), keras.Input((1,))
    hidden = Layers.Dense(32, activation="relu")(Layers.Concatenate()([first, second]))
    hidden = Layers.Activation("relu")(Layers.BatchNormalization()(Layers.Dense(16)(hidden)))
    model = keras.Model([first, second], Layers.Dense(1, activation="sigmoid")(hidden))
    return program(model, [x[:, :1], x[:, 1:]], y, loss=BINARY, optimizer=Adam(0.01), epochs=30)


def stopping() -> Program:
    callback = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
    return blob_program(32, 4, epochs=60, validation_split=0.2, callbacks=(callback,))


def two_inputs() -> Program:
    """A functional network of two inputs."""
    x, y = table()
    first, second = keras.Input((4,)), keras.Input((4,))
    joined = Layers.Concatenate()([Layers.Dense(16, "relu")(first), Layers.Dense(16, "relu")(second)])
    model = keras.Model([first, second], Layers.Dense(1)(Layers.Dense(16, "relu")(joined)))
    return program(model, [x[:, :4], x[:, 4:]], y, loss="mse", optimizer=Adam(0.005), epochs=25)


def of_targets(change: Callable[[np.ndarray, np.random.Generator], np.ndarray], *units: int, **options: Any) -> Program:
    """The regression with other targets."""
    x, y = table()
    return table_program(*units, data=(x, change(y, np.random.default_rng(4)).astype("float32")), **options)


def residual() -> Program:
    """A network with a sum and BatchNormalization."""
    inputs = keras.Input((64,))
    hidden = Layers.Dense(32, "relu")(inputs)
    other = Layers.BatchNormalization()(Layers.Dense(32, "relu")(hidden))
    return digit_program(model=keras.Model(inputs, Layers.Dense(10, "softmax")(Layers.Add()([hidden, other]))))


def in_time_order() -> Program:
    """A series predicted from its past, not shuffled."""
    rng = np.random.default_rng(5)
    series = np.zeros(1200)
    for step in range(2, 1200):
        series[step] = 1.6 * series[step - 1] - 0.8 * series[step - 2] + 0.3 * rng.normal()
    x = np.stack([series[start : start + 6] for start in range(1190)]).astype("float32")
    return trained((x, series[6:1196, None].astype("float32")), 16, 1, loss="mse", optimizer=Adam(0.005), epochs=12,
                   shuffle=False)  # fmt: skip


def raw_iris() -> Program:
    x, y = datasets.load_iris(return_X_y=True)
    order = np.random.default_rng(0).permutation(150)
    return trained((x[order].astype("float32"), y[order]), 16, 3, last="softmax", loss=SPARSE, optimizer=Adam(0.01),
                   epochs=60, batch_size=16)  # fmt: skip


HEALTHY: dict[str, Callable[[], Program]] = {
    "iris": lambda: trained(iris(), 16, 3, last="softmax", loss=SPARSE, epochs=60, batch_size=8),
    "moons": lambda: moon_program(epochs=25),
    "digits": digits_split,
    "digits_cnn": digits_cnn,
    "diabetes": diabetes_program,
    "sine": sine_program,
    "text": text,
    "noisy": lambda: trained(
        flipped(moons(), 1, 0.2), 32, 1, last="sigmoid", loss=BINARY, optimizer=Adam(0.01), epochs=30
    ),
    "xor": xor,
    "cancer": lambda: trained(
        cancer(), 16, 1, last="sigmoid", loss=BINARY, epochs=20,
        scaled=lambda x: StandardScaler().fit_transform(x).astype("float32"),
    ),
    "wine": wine_scaled,
    "blobs_stopping": stopping,
    "blobs_logits": lambda: blob_program(
        32, 4, last=None, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ),
    "rare_weighted": lambda: rare_program(32, 16, 1, epochs=30, class_weight={0: 1.0, 1: 15.0}),
    "functional": functional,
    "labels": lambda: trained(labels(), 32, 4, last="sigmoid", loss=BINARY, epochs=20),
    "lstm": lambda: program(
        layered(Layers.LSTM(16), Layers.Dense(1), shape=(20, 1)), *windows(), loss="mse", optimizer=Adam(0.01),
        epochs=8, validation_split=0.2,
    ),
    "windows_dense": lambda: trained(
        windows(), 32, 1, scaled=lambda x: x[..., 0], loss="mse", epochs=20, shuffle=False
    ),
    "bars": lambda: trained(
        bars(), model=convolutional(), scaled=lambda x: x / 255, loss=SPARSE, optimizer=Adam(0.01), epochs=20,
        validation_split=0.2,
    ),
    "autoencoder": lambda: trained((digits()[0],) * 2, 32, 16, 32, 64, last="sigmoid", loss="mse", epochs=40),
    "few_epochs": lambda: digit_program(64, 10, optimizer=Adam(0.01), epochs=3, batch_size=16),
    "deep": lambda: moon_program(32, 32, 32, 32, 32, 1, optimizer=Adam(0.003)),
    "tanh_hinge": lambda: moon_program(
        24, 1, network={"hidden": "tanh"}, last="tanh", coded=lambda y: 2.0 * y - 1, loss="hinge", epochs=40
    ),
    "sgd_momentum": lambda: blob_program(32, 4, optimizer=SGD(0.05, momentum=0.9), epochs=20),
    "raw_iris": raw_iris,
    "flipped_labels": lambda: trained(
        flipped(moons(), 3, 0.25), 16, 1, last="sigmoid", loss=BINARY, optimizer=Adam(0.01), epochs=25
    ),
    "heavy_tails": lambda: of_targets(lambda y, rng: y + 0.5 * rng.standard_t(2, y.shape), loss="mae"),
    "heavy_tails_squared": lambda: of_targets(lambda y, rng: y + 0.3 * rng.standard_t(2, y.shape)),
    "weighted_classes": lambda: rare_program(
        16, 16, 1, optimizer=Adam(0.01), epochs=25, class_weight={0: 1.0, 1: 8.0}
    ),
    "skewed_targets": lambda: of_targets(lambda y, rng: np.exp(0.5 * y), last="softplus"),
    "mostly_noise": lambda: of_targets(lambda y, rng: y + 2.5 * rng.normal(size=y.shape), 8, 1, epochs=8),
    "outliers_huber": lambda: of_targets(lambda y, rng: np.where(rng.random(y.shape) < 0.03, y + 15, y), loss="huber"),
    "counts": lambda: of_targets(lambda y, rng: rng.poisson(np.exp(0.4 * y)), loss="poisson", last="exponential"),
    "tiny": lambda: trained(
        tuple(values[::4] for values in digits_of_four()), 8, 3, last="softmax", loss=SPARSE, optimizer=Adam(0.02),
        epochs=60,
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
}  # fmt: skip
