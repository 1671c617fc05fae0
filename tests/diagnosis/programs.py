"""Small Keras programs, healthy and faulty, that the tests of the diagnosis are made of."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from harness.programs.program import Program, Validation

Layers = keras.layers


def program(model: Any, x: Any, y: Any, *, loss: Any, optimizer: Any = "adam", **options: Any) -> Program:
    """A program as the capture of ``fit`` would give it."""
    validation = options.pop("validation_data", None)
    made = keras.optimizers.get(optimizer)
    return Program(
        name=options.pop("name", "program"),
        model=model,
        initial_weights={weight.path: np.asarray(weight) for weight in model.weights},
        loss=loss,
        optimizer=type(made).from_config(made.get_config()),
        x=x,
        y=y,
        validation=None if validation is None else Validation(x=validation[0], y=validation[1]),
        **options,
    )


def dense(*units: int, inputs: int, hidden: Any = "relu", last: Any = None, **options: Any) -> keras.Sequential:
    """A network of Dense layers."""
    layers: list[Any] = [keras.Input((inputs,))]
    layers += [Layers.Dense(count, activation=hidden, **options) for count in units[:-1]]
    return keras.Sequential([*layers, Layers.Dense(units[-1], activation=last, **options)])


def iris() -> tuple[np.ndarray, np.ndarray]:
    """150 flowers of 3 kinds, in random order."""
    x, y = datasets.load_iris(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    return StandardScaler().fit_transform(x)[order].astype("float32"), y[order]


def moons(noise: float = 0.2, rows: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Two interleaved half circles."""
    x, y = datasets.make_moons(rows, noise=noise, random_state=0)
    return x.astype("float32"), y


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Images of 8 by 8, 0 to 1."""
    x, y = datasets.load_digits(return_X_y=True)
    return (x / 16).astype("float32"), y


def diabetes() -> tuple[np.ndarray, np.ndarray]:
    """442 patients, standardised inputs, the progression of the disease."""
    x, y = datasets.load_diabetes(return_X_y=True)
    return StandardScaler().fit_transform(x).astype("float32"), y.astype("float32")


def cancer() -> tuple[np.ndarray, np.ndarray]:
    """569 tumours, unscaled."""
    x, y = datasets.load_breast_cancer(return_X_y=True)
    return x.astype("float32"), y


def sine(rows: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """One period and a half of a noisy sine."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (rows, 1))
    return x.astype("float32"), (np.sin(4 * x) + rng.normal(0, 0.1, x.shape)).astype("float32")


def sequences(rows: int = 800) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of 20 tokens of 50; the class is whether more tokens are even."""
    rng = np.random.default_rng(0)
    x = rng.integers(1, 50, (rows, 20))
    return x, ((x % 2 == 0).sum(axis=1) > 10).astype(int)


def healthy() -> dict[str, Any]:
    """Makers of healthy programs by name."""

    def digits_split() -> Program:
        x, y = digits()
        a, b, c, d = train_test_split(x, y, test_size=0.2, random_state=0)
        model = dense(64, 32, 10, inputs=64, last="softmax")
        return program(
            model, a, c, loss="sparse_categorical_crossentropy", epochs=15, validation_data=(b, d), metrics=["accuracy"]
        )

    def digits_cnn() -> Program:
        x, y = digits()
        model = keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                Layers.Conv2D(16, 3, activation="relu"),
                Layers.MaxPooling2D(),
                Layers.Flatten(),
                Layers.Dense(32, activation="relu"),
                Layers.Dropout(0.25),
                Layers.Dense(10, activation="softmax"),
            ]
        )
        return program(
            model,
            x.reshape(-1, 8, 8, 1),
            keras.utils.to_categorical(y),
            loss="categorical_crossentropy",
            epochs=12,
            validation_split=0.2,
        )

    def text() -> Program:
        x, y = sequences()
        model = keras.Sequential(
            [
                keras.Input((20,)),
                Layers.Embedding(50, 8),
                Layers.GlobalAveragePooling1D(),
                Layers.Dense(16, activation="relu"),
                Layers.Dense(1, activation="sigmoid"),
            ]
        )
        return program(model, x, y, loss="binary_crossentropy", epochs=30)

    def noisy() -> Program:
        x, y = moons()
        flip = np.random.default_rng(1).random(len(y)) < 0.2
        return program(
            dense(32, 1, inputs=2, last="sigmoid"),
            x,
            np.where(flip, 1 - y, y),
            loss="binary_crossentropy",
            optimizer=keras.optimizers.Adam(0.01),
            epochs=30,
        )

    def xor() -> Program:
        x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype="float32")
        return program(
            dense(8, 1, inputs=2, hidden="tanh", last="sigmoid"),
            x,
            np.array([0, 1, 1, 0]),
            loss="binary_crossentropy",
            optimizer=keras.optimizers.Adam(0.05),
            epochs=300,
        )

    def scaled_cancer() -> Program:
        x, y = cancer()
        return program(
            dense(16, 1, inputs=30, last="sigmoid"),
            StandardScaler().fit_transform(x).astype("float32"),
            y,
            loss="binary_crossentropy",
            epochs=20,
        )

    return {
        "iris": lambda: program(
            dense(16, 3, inputs=4, last="softmax"),
            *iris(),
            loss="sparse_categorical_crossentropy",
            epochs=60,
            batch_size=8,
        ),
        "moons": lambda: program(
            dense(16, 16, 1, inputs=2, last="sigmoid"),
            *moons(),
            loss="binary_crossentropy",
            optimizer=keras.optimizers.Adam(0.01),
            epochs=25,
        ),
        "digits": digits_split,
        "digits_cnn": digits_cnn,
        "diabetes": lambda: program(
            dense(32, 1, inputs=10),
            *diabetes(),
            loss="mse",
            optimizer=keras.optimizers.Adam(0.01),
            epochs=60,
            validation_split=0.2,
        ),
        "sine": lambda: program(
            dense(32, 32, 1, inputs=1), *sine(), loss="mse", optimizer=keras.optimizers.Adam(0.01), epochs=40
        ),
        "text": text,
        "noisy": noisy,
        "xor": xor,
        "cancer": scaled_cancer,
    }


def faulty() -> dict[str, tuple[Any, frozenset[str]]]:
    """Makers of faulty programs by name, each with the ids of its faults; any id of one fault will do if it has one."""

    def moons_program(last: Any = "sigmoid", loss: Any = "binary_crossentropy", **options: Any) -> Program:
        options = {"optimizer": keras.optimizers.Adam(0.01), "epochs": 25} | options
        hidden = options.pop("hidden", "relu")
        return program(dense(16, 16, 1, inputs=2, hidden=hidden, last=last), *moons(), loss=loss, **options)

    def digits_program(last: Any = "softmax", loss: Any = "sparse_categorical_crossentropy", **options: Any) -> Program:
        x, y = digits()
        y = options.pop("coded", lambda labels: labels)(y)
        x = options.pop("scaled", lambda values: values)(x)
        network = {"inputs": 64, "last": last} | options.pop("network", {})
        units = options.pop("units", (64, 32, 10))
        return program(dense(*units, **network), x, y, loss=loss, **({"epochs": 15} | options))

    def regression(last: Any = None, **options: Any) -> Program:
        x, y = diabetes()
        made = {"loss": "mse", "optimizer": keras.optimizers.Adam(0.01), "epochs": 60, "validation_split": 0.2}
        return program(dense(32, 1, inputs=10, last=last), x, y, **(made | options))

    def one(make: Any, *ids: str) -> tuple[Any, frozenset[str]]:
        return make, frozenset(ids)

    def unscaled_cancer() -> Program:
        x, y = cancer()
        sgd = keras.optimizers.SGD(0.01)
        return program(
            dense(16, 1, inputs=30, last="sigmoid"), x, y, loss="binary_crossentropy", optimizer=sgd, epochs=20
        )

    def no_signal() -> Program:
        x, y = moons()
        shuffled = np.random.default_rng(3).permutation(y)
        return program(
            dense(16, 16, 1, inputs=2, last="sigmoid"),
            x,
            shuffled,
            loss="binary_crossentropy",
            optimizer=keras.optimizers.Adam(0.01),
            epochs=25,
        )

    def sorted_digits() -> Program:
        x, y = digits()
        order = np.argsort(y, kind="stable")
        return program(
            dense(64, 10, inputs=64, last="softmax"),
            x[order],
            y[order],
            loss="sparse_categorical_crossentropy",
            epochs=15,
            validation_split=0.2,
            shuffle=False,
        )

    sgd = keras.optimizers.SGD
    adam = keras.optimizers.Adam
    return {
        "softmax_one_unit": one(lambda: moons_program("softmax"), "output-activation"),
        "linear_bce": one(lambda: moons_program(None, optimizer=sgd(0.1)), "output-activation", "loss"),
        "relu_out": one(lambda: moons_program("relu"), "output-activation"),
        "sigmoid_regression": one(lambda: regression("sigmoid"), "output-activation", "target-out-of-range"),
        "bce_for_regression": one(lambda: regression(loss="binary_crossentropy"), "loss"),
        "mse_multiclass": one(lambda: digits_program(loss="mse"), "loss"),
        "cce_integers": one(lambda: digits_program(loss="categorical_crossentropy"), "label-encoding", "loss"),
        "labels_scaled": one(lambda: digits_program(coded=lambda y: y / 255.0), "label-encoding"),
        "rate_small": one(lambda: digits_program(optimizer=adam(1e-6)), "learning-rate-too-small", "optimizer"),
        "rate_large": one(lambda: digits_program(optimizer=adam(1.0)), "learning-rate-too-large", "optimizer"),
        "sgd_large": one(lambda: regression(optimizer=sgd(0.5)), "learning-rate-too-large", "unscaled-targets"),
        "adadelta": one(lambda: digits_program(optimizer="adadelta"), "optimizer", "learning-rate-too-small"),
        "one_epoch": one(lambda: digits_program(epochs=1, batch_size=128), "too-few-epochs", "batch-size"),
        "big_batch": one(
            lambda: digits_program(epochs=10, batch_size=1500),
            "batch-size",
            "too-few-epochs",
            "learning-rate-too-small",
        ),
        "unscaled_cancer": one(unscaled_cancer, "unscaled-inputs"),
        "unscaled_digits": one(
            lambda: digits_program(scaled=lambda x: x * 4000, optimizer=sgd(0.1)), "unscaled-inputs"
        ),
        "clones": one(
            lambda: digits_program(network={"kernel_initializer": "ones"}), "clones", "saturation", "initializer"
        ),
        "zeros": one(lambda: digits_program(network={"kernel_initializer": "zeros"}), "zero-gradient", "clones"),
        "no_hidden_activation": one(
            lambda: moons_program(hidden=None, rows=None) if False else _linear_circles(), "hidden-activation"
        ),
        "narrow": one(lambda: digits_program(units=(1, 10)), "too-narrow"),
        "dropout": one(_dropout_digits, "dropout"),
        "regularization": one(
            lambda: digits_program(network={"kernel_regularizer": keras.regularizers.L2(5.0)}), "regularization"
        ),
        "sorted": one(sorted_digits, "unshuffled"),
        "no_signal": one(no_signal, "no-signal"),
        "pair": one(
            lambda: digits_program(last="sigmoid", optimizer=sgd(1e-4), loss="mse"),
            "loss",
            "learning-rate-too-small",
        ),
        "pair_scale": one(
            lambda: digits_program(scaled=lambda x: x * 4000, coded=lambda y: y, last="relu", optimizer=sgd(0.1)),
            "unscaled-inputs",
            "output-activation",
        ),
    }


def _linear_circles() -> Program:
    """Circles inside circles, which no linear network separates."""
    x, y = datasets.make_circles(600, noise=0.05, factor=0.4, random_state=0)
    return program(
        dense(32, 1, inputs=2, hidden=None, last="sigmoid"),
        x.astype("float32"),
        y,
        loss="binary_crossentropy",
        optimizer=keras.optimizers.Adam(0.01),
        epochs=30,
    )


def _dropout_digits() -> Program:
    """Digits with nearly everything dropped."""
    x, y = digits()
    model = keras.Sequential(
        [
            keras.Input((64,)),
            Layers.Dense(32, activation="relu"),
            Layers.Dropout(0.95),
            Layers.Dense(10, activation="softmax"),
        ]
    )
    return program(model, x, y, loss="sparse_categorical_crossentropy", epochs=10)
