"""The data and the networks of the small Keras programs that the tests of the diagnosis are made of."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from sklearn import datasets
from sklearn.preprocessing import StandardScaler

from harness.programs.program import Program, Validation

Layers = keras.layers
Adam, SGD, RMSprop = keras.optimizers.Adam, keras.optimizers.SGD, keras.optimizers.RMSprop
SPARSE, BINARY = "sparse_categorical_crossentropy", "binary_crossentropy"
Data = tuple[np.ndarray, np.ndarray]


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


def iris() -> Data:
    """150 flowers of 3 kinds, in random order."""
    x, y = datasets.load_iris(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    return StandardScaler().fit_transform(x)[order].astype("float32"), y[order]


def moons(noise: float = 0.2, rows: int = 600) -> Data:
    """Two interleaved half circles."""
    x, y = datasets.make_moons(rows, noise=noise, random_state=0)
    return x.astype("float32"), y


def digits() -> Data:
    """Images of 8 by 8, 0 to 1."""
    x, y = datasets.load_digits(return_X_y=True)
    return (x / 16).astype("float32"), y


def diabetes() -> Data:
    """442 patients, standardised inputs, the progression of the disease."""
    x, y = datasets.load_diabetes(return_X_y=True)
    return StandardScaler().fit_transform(x).astype("float32"), y.astype("float32")


def cancer() -> Data:
    """569 tumours, unscaled."""
    x, y = datasets.load_breast_cancer(return_X_y=True)
    return x.astype("float32"), y


def sine(rows: int = 1000) -> Data:
    """One period and a half of a noisy sine."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (rows, 1))
    return x.astype("float32"), (np.sin(4 * x) + rng.normal(0, 0.1, x.shape)).astype("float32")


def sequences(rows: int = 800) -> Data:
    """Sequences of 20 tokens of 50; the class is whether more tokens are even."""
    rng = np.random.default_rng(0)
    x = rng.integers(1, 50, (rows, 20))
    return x, ((x % 2 == 0).sum(axis=1) > 10).astype(int)


def wine() -> Data:
    """178 wines of 3 kinds, unscaled, in random order."""
    x, y = datasets.load_wine(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    return x[order].astype("float32"), y[order]


def blobs(rows: int = 900) -> Data:
    """Four overlapping clouds."""
    x, y = datasets.make_blobs(rows, centers=4, cluster_std=1.6, random_state=2)
    return StandardScaler().fit_transform(x).astype("float32"), y


def rare(rows: int = 1500) -> Data:
    """A class of 6 % that is not linear in the inputs."""
    x, y = datasets.make_classification(
        rows, n_features=8, n_informative=5, weights=[0.94], class_sep=1.2, random_state=3
    )
    return x.astype("float32"), y


def labels(rows: int = 1000) -> Data:
    """Four labels, each a function of ten inputs."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(rows, 10)).astype("float32")
    scores = x @ rng.normal(size=(10, 4)) + 0.5 * rng.normal(size=(rows, 4))
    return x, (scores > 0).astype("float32")


def windows(rows: int = 1200, width: int = 20) -> Data:
    """The next value of a noisy wave, from the last twenty."""
    rng = np.random.default_rng(6)
    time = np.arange(rows + width)
    wave = np.sin(time / 5) + 0.5 * np.sin(time / 13) + rng.normal(0, 0.1, len(time))
    x = np.stack([wave[i : i + width] for i in range(rows)])
    return x[..., None].astype("float32"), wave[width : width + rows].astype("float32")


def bars(rows: int = 900, size: int = 10) -> Data:
    """Images, 0 to 255, with a horizontal, vertical or diagonal bar somewhere."""
    rng = np.random.default_rng(7)
    x = rng.integers(0, 60, (rows, size, size, 1))
    y = rng.integers(0, 3, rows)
    for image, kind in zip(x, y):
        place = rng.integers(1, size - 1)
        if kind == 0:
            image[place, 2:8] = 220
        elif kind == 1:
            image[2:8, place] = 220
        else:
            for step in range(6):
                image[2 + step, (place + step) % size] = 220
    return x.astype("float32"), y


def convolutional(outputs: int = 3, last: Any = "softmax", size: int = 10) -> keras.Sequential:
    """A small network of convolutions."""
    return keras.Sequential(
        [
            keras.Input((size, size, 1)),
            Layers.Conv2D(12, 3, activation="relu"),
            Layers.MaxPooling2D(),
            Layers.Conv2D(24, 3, activation="relu"),
            Layers.GlobalAveragePooling2D(),
            Layers.Dense(outputs, activation=last),
        ]
    )


def table(rows: int = 800, features: int = 8, noise: float = 0.3, seed: int = 11) -> Data:
    """Normal inputs and a smooth function of them with noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, features)).astype("float32")
    y = x[:, :1] - 0.5 * x[:, 1:2] + np.abs(x[:, 2:3]) + noise * rng.normal(size=(rows, 1))
    return x, y.astype("float32")


def signals(rows: int = 700, steps: int = 24) -> Data:
    """Noisy waves of one of two frequencies, (rows, steps, 1)."""
    rng = np.random.default_rng(12)
    y = rng.integers(0, 2, rows)
    phase, time = rng.uniform(0, 6, (rows, 1)), np.arange(steps)
    x = np.sin(time * np.where(y, 0.9, 0.5)[:, None] + phase) + rng.normal(0, 0.3, (rows, steps))
    return x[..., None].astype("float32"), y


def digits_of_four() -> Data:
    """160 points of three classes in four dimensions."""
    rng = np.random.default_rng(6)
    y = rng.integers(0, 3, 160)
    return (rng.normal(size=(160, 4)) + 1.5 * np.eye(4)[y]).astype("float32"), y


def layered(*layers: Any, shape: tuple[int, ...]) -> keras.Sequential:
    """A network of some layers."""
    return keras.Sequential([keras.Input(shape), *layers])


def circles() -> Data:
    """Circles inside circles, which no linear network separates."""
    return datasets.make_circles(600, noise=0.05, factor=0.4, random_state=0)


def scaled_bars() -> Data:
    """Images between 0 and 1."""
    x, y = bars()
    return (x / 255.0).astype("float32"), y


def trained(data: Data, *units: int, last: Any = None, **options: Any) -> Program:
    """A network of Dense layers with options, or another model, for data that may be scaled and coded."""
    x, y = data
    network, scaled, coded = (options.pop(name, None) for name in ("network", "scaled", "coded"))
    model = options.pop("model", None) or dense(*units, inputs=x.shape[1], last=last, **(network or {}))
    return program(model, scaled(x) if scaled else x, coded(y) if coded else y, **options)


def digit_program(*units: int, **options: Any) -> Program:
    """Digits by a network of Dense layers."""
    return trained(digits(), *(units or (32, 10)), **({"last": "softmax", "loss": SPARSE, "epochs": 12} | options))


def moon_program(*units: int, **options: Any) -> Program:
    """Moons by a network of Dense layers."""
    usual = {"last": "sigmoid", "loss": BINARY, "optimizer": Adam(0.01), "epochs": 30}
    return trained(moons(), *(units or (16, 16, 1)), **(usual | options))


def blob_program(*units: int, **options: Any) -> Program:
    """Four classes by a network of Dense layers."""
    usual = {"last": "softmax", "loss": SPARSE, "optimizer": Adam(0.01), "epochs": 25}
    return trained(blobs(), *(units or (32, 16, 4)), **(usual | options))


def sine_program(**options: Any) -> Program:
    """A sine by a network of Dense layers."""
    return trained(sine(), 32, 32, 1, **({"loss": "mse", "optimizer": Adam(0.01), "epochs": 40} | options))


def diabetes_program(**options: Any) -> Program:
    """A regression of few rows by a network of Dense layers."""
    usual = {"loss": "mse", "optimizer": Adam(0.01), "epochs": 60, "validation_split": 0.2}
    return trained(diabetes(), 32, 1, **(usual | options))


def table_program(*units: int, **options: Any) -> Program:
    """A regression by a network of Dense layers."""
    data = options.pop("data", None) or table()
    return trained(data, *(units or (32, 16, 1)), **({"loss": "mse", "optimizer": Adam(0.005), "epochs": 25} | options))


def rare_program(*units: int, **options: Any) -> Program:
    """A rare class by a network of Dense layers."""
    return trained(rare(), *units, **({"last": "sigmoid", "loss": BINARY} | options))


def signal_program(*layers: Any, **options: Any) -> Program:
    """Waves by a recurrent or convolutional network."""
    usual = {"loss": BINARY, "optimizer": Adam(0.005), "epochs": 10}
    return program(layered(*layers, Layers.Dense(1, "sigmoid"), shape=(24, 1)), *signals(), **(usual | options))
