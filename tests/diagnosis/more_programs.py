"""More small Keras programs, healthy and faulty: text, time series, images, several labels, rare classes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from programs import Layers, dense, diabetes, digits, iris, moons, program, sine
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

Adam, SGD = keras.optimizers.Adam, keras.optimizers.SGD


def wine() -> tuple[np.ndarray, np.ndarray]:
    """178 wines of 3 kinds, unscaled, in random order."""
    x, y = datasets.load_wine(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    return x[order].astype("float32"), y[order]


def blobs(rows: int = 900) -> tuple[np.ndarray, np.ndarray]:
    """Four overlapping clouds."""
    x, y = datasets.make_blobs(rows, centers=4, cluster_std=1.6, random_state=2)
    return StandardScaler().fit_transform(x).astype("float32"), y


def rare(rows: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    """A class of 6 % that is not linear in the inputs."""
    x, y = datasets.make_classification(
        rows, n_features=8, n_informative=5, weights=[0.94], class_sep=1.2, random_state=3
    )
    return x.astype("float32"), y


def labels(rows: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """Four labels, each a function of ten inputs."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(rows, 10)).astype("float32")
    scores = x @ rng.normal(size=(10, 4)) + 0.5 * rng.normal(size=(rows, 4))
    return x, (scores > 0).astype("float32")


def windows(rows: int = 1200, width: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """The next value of a noisy wave, from the last twenty."""
    rng = np.random.default_rng(6)
    time = np.arange(rows + width)
    wave = np.sin(time / 5) + 0.5 * np.sin(time / 13) + rng.normal(0, 0.1, len(time))
    x = np.stack([wave[i : i + width] for i in range(rows)])
    return x[..., None].astype("float32"), wave[width : width + rows].astype("float32")


def bars(rows: int = 900, size: int = 10) -> tuple[np.ndarray, np.ndarray]:
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


def healthy() -> dict[str, Any]:
    """Makers of healthy programs by name."""

    def wine_scaled() -> Any:
        x, y = wine()
        a, b, c, d = train_test_split(StandardScaler().fit_transform(x), y, test_size=0.25, random_state=0)
        return program(
            dense(24, 3, inputs=13, last="softmax"),
            a.astype("float32"),
            keras.utils.to_categorical(c),
            loss="categorical_crossentropy",
            epochs=40,
            batch_size=8,
            validation_data=(b.astype("float32"), keras.utils.to_categorical(d)),
        )

    def rare_weighted() -> Any:
        x, y = rare()
        return program(
            dense(32, 16, 1, inputs=8, last="sigmoid"),
            x,
            y,
            loss="binary_crossentropy",
            epochs=30,
            class_weight={0: 1.0, 1: 15.0},
        )

    def functional() -> Any:
        x, y = moons()
        first, second = keras.Input((1,)), keras.Input((1,))
        hidden = Layers.Concatenate()([first, second])
        hidden = Layers.Dense(32, activation="relu")(hidden)
        hidden = Layers.Dense(16)(hidden)
        hidden = Layers.BatchNormalization()(hidden)
        hidden = Layers.Activation("relu")(hidden)
        model = keras.Model([first, second], Layers.Dense(1, activation="sigmoid")(hidden))
        return program(model, [x[:, :1], x[:, 1:]], y, loss="binary_crossentropy", optimizer=Adam(0.01), epochs=30)

    def lstm() -> Any:
        x, y = windows()
        model = keras.Sequential([keras.Input((20, 1)), Layers.LSTM(16), Layers.Dense(1)])
        return program(model, x, y, loss="mse", optimizer=Adam(0.01), epochs=8, validation_split=0.2)

    def stopping() -> Any:
        x, y = blobs()
        callback = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
        return program(
            dense(32, 4, inputs=2, last="softmax"),
            x,
            y,
            loss="sparse_categorical_crossentropy",
            optimizer=Adam(0.01),
            epochs=60,
            validation_split=0.2,
            callbacks=(callback,),
        )

    def logits() -> Any:
        return program(
            dense(32, 4, inputs=2),
            *blobs(),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            optimizer=Adam(0.01),
            epochs=25,
        )

    def autoencoder() -> Any:
        x, _ = digits()
        return program(dense(32, 16, 32, 64, inputs=64, last="sigmoid"), x, x, loss="mse", epochs=40)

    return {
        "wine": wine_scaled,
        "blobs_stopping": stopping,
        "blobs_logits": logits,
        "rare_weighted": rare_weighted,
        "functional": functional,
        "labels": lambda: program(
            dense(32, 4, inputs=10, last="sigmoid"), *labels(), loss="binary_crossentropy", epochs=20
        ),
        "lstm": lstm,
        "windows_dense": lambda: program(
            dense(32, 1, inputs=20), windows()[0][..., 0], windows()[1], loss="mse", epochs=20, shuffle=False
        ),
        "bars": lambda: program(
            convolutional(), bars()[0] / 255, bars()[1], loss="sparse_categorical_crossentropy", optimizer=Adam(0.01),
            epochs=20, validation_split=0.2,
        ),
        "autoencoder": autoencoder,
        "few_epochs": lambda: program(
            dense(64, 10, inputs=64, last="softmax"), *digits(), loss="sparse_categorical_crossentropy",
            optimizer=Adam(0.01), epochs=3, batch_size=16,
        ),
        "deep": lambda: program(
            dense(32, 32, 32, 32, 32, 1, inputs=2, last="sigmoid"), *moons(), loss="binary_crossentropy",
            optimizer=Adam(0.003), epochs=30,
        ),
        "tanh_hinge": lambda: program(
            dense(24, 1, inputs=2, hidden="tanh", last="tanh"), moons()[0], 2.0 * moons()[1] - 1, loss="hinge",
            optimizer=Adam(0.01), epochs=40,
        ),
        "sgd_momentum": lambda: program(
            dense(32, 4, inputs=2, last="softmax"), *blobs(), loss="sparse_categorical_crossentropy",
            optimizer=SGD(0.05, momentum=0.9), epochs=20,
        ),
        "raw_iris": lambda: program(
            dense(16, 3, inputs=4, last="softmax"),
            datasets.load_iris().data[np.random.default_rng(0).permutation(150)].astype("float32"),
            datasets.load_iris().target[np.random.default_rng(0).permutation(150)],
            loss="sparse_categorical_crossentropy", optimizer=Adam(0.01), epochs=60, batch_size=16,
        ),
    }  # fmt: skip


def faulty() -> dict[str, tuple[Any, frozenset[str]]]:
    """Makers of faulty programs by name, with ids that may name one of their faults."""

    def one(make: Any, *ids: str) -> tuple[Any, frozenset[str]]:
        return make, frozenset(ids)

    def blob_program(last: Any = "softmax", loss: Any = "sparse_categorical_crossentropy", **options: Any) -> Any:
        x, y = blobs()
        coded = options.pop("coded", None)
        network = options.pop("network", {})
        units = options.pop("units", (32, 16, 4))
        made = {"optimizer": Adam(0.01), "epochs": 25} | options
        return program(
            dense(*units, **({"inputs": 2, "last": last} | network)),
            x,
            y if coded is None else coded(y),
            loss=loss,
            **made,
        )

    def wave(**options: Any) -> Any:
        last = options.pop("last", None)
        network = options.pop("network", {})
        units = options.pop("units", (32, 32, 1))
        x, y = sine()
        x, y = options.pop("scaled", lambda a: a)(x), options.pop("coded", lambda a: a)(y)
        made = {"loss": "mse", "optimizer": Adam(0.01), "epochs": 40} | options
        return program(dense(*units, **({"inputs": 1, "last": last} | network)), x, y, **made)

    def mismatch() -> Any:
        x, y = digits()
        a, b, c, d = train_test_split(x, y, test_size=0.25, random_state=0)
        return program(
            dense(64, 10, inputs=64, last="softmax"), (a - 0.5) / 0.3, c, loss="sparse_categorical_crossentropy",
            epochs=12, validation_data=(b * 255, d),
        )  # fmt: skip

    def frozen() -> Any:
        model = dense(8, 8, 10, inputs=64, last="softmax")
        model.layers[0].trainable = model.layers[1].trainable = False
        return program(model, *digits(), loss="sparse_categorical_crossentropy", epochs=15)

    def deep_sigmoid() -> Any:
        return blob_program(units=(16, 16, 16, 16, 16, 16, 4), network={"hidden": "sigmoid"})

    def flat() -> Any:
        model = keras.Sequential(
            [keras.Input((8, 8)), Layers.Dense(32, activation="relu"), Layers.Dense(10, activation="softmax")]
        )
        x, y = digits()
        return program(model, x.reshape(-1, 8, 8), y, loss="sparse_categorical_crossentropy", epochs=15)

    def double_softmax() -> Any:
        model = keras.Sequential(
            [
                keras.Input((64,)),
                Layers.Dense(32, activation="relu"),
                Layers.Dense(10, activation="softmax"),
                Layers.Softmax(),
            ]
        )
        return program(model, *digits(), loss="sparse_categorical_crossentropy", epochs=4)

    def missing() -> Any:
        x, y = diabetes()
        x = x.copy()
        x[np.random.default_rng(0).random(x.shape) < 0.02] = np.nan
        return program(dense(32, 1, inputs=10), x, y, loss="mse", optimizer=Adam(0.01), epochs=60)

    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 5, 0.5)
    normal = keras.initializers.RandomNormal

    def bend(**options: Any) -> Any:
        x = np.array([[-1.0], [0.0], [1.0]], "float32")
        y = np.array([-0.2, 0.2, 0.25], "float32")
        return program(dense(10, 1, inputs=1, hidden=None), x, y, loss="mse", **options)

    return {
        "learns_from_most_seeds": one(lambda: bend(optimizer=Adam(1e-5), epochs=10_000), "learning-rate-too-small"),
        "labels_from_one": one(lambda: blob_program(coded=lambda y: y + 1), "label-encoding"),
        "one_hot_sparse": one(lambda: blob_program(coded=keras.utils.to_categorical), "label-encoding", "loss"),
        "sigmoid_one_multiclass": one(
            lambda: blob_program("sigmoid", "binary_crossentropy", units=(32, 16, 1)), "output-activation", "loss"
        ),
        "relu_softmaxless": one(lambda: blob_program("relu"), "output-activation"),
        "no_logits": one(lambda: blob_program(None), "output-activation", "loss"),
        "tanh_regression": one(lambda: wave(last="tanh", coded=lambda y: 20 * y), "output-activation"),
        "relu_regression": one(lambda: wave(last="relu"), "output-activation"),
        "softmax_regression": one(lambda: wave(last="softmax"), "output-activation"),
        "unscaled_targets": one(
            lambda: wave(coded=lambda y: 5000 * y + 20000), "unscaled-targets", "learning-rate-too-small",
            "too-few-epochs",
        ),
        "unscaled_inputs": one(lambda: wave(scaled=lambda x: 1000 * x + 5000), "unscaled-inputs"),
        "mismatch": one(mismatch, "validation-mismatch"),
        "frozen": one(frozen, "frozen-layer"),
        "deep_sigmoid": one(deep_sigmoid, "hidden-activation", "superfluous-layer", "vanishing-gradient"),
        "hidden_softmax": one(lambda: wave(network={"hidden": "softmax"}), "hidden-activation"),
        "flat": one(flat, "missing-layer"),
        "double_softmax": one(double_softmax, "output-activation"),
        "missing_values": one(missing, "missing-values"),
        "schedule": one(lambda: blob_program(optimizer=Adam(schedule)), "learning-rate-too-small", "optimizer"),
        "clipped": one(lambda: wave(optimizer=SGD(0.1, clipnorm=0.001)), "optimizer"),
        "odd_momentum": one(lambda: blob_program(optimizer=SGD(0.05, momentum=0.999)), "optimizer"),
        "decayed": one(
            lambda: blob_program(optimizer=keras.optimizers.AdamW(0.01, weight_decay=20.0)), "regularization"
        ),
        "dead": one(
            lambda: blob_program(network={"bias_initializer": keras.initializers.Constant(-10.0)}), "dead-relu"
        ),
        "huge_start": one(
            lambda: wave(network={"kernel_initializer": normal(stddev=20.0), "hidden": "tanh"}), "saturation",
            "exploding-gradient",
        ),
        "tiny_start": one(
            lambda: blob_program(units=(32, 32, 32, 4), network={"kernel_initializer": normal(stddev=1e-4)}, epochs=6),
            "vanishing-gradient", "plateau",
        ),
        "rare_unweighted": one(
            lambda: program(
                dense(16, 1, inputs=8, last="sigmoid"), *rare(), loss="binary_crossentropy", epochs=10
            ),
            "class-imbalance", "too-few-epochs",
        ),
        "inverted_weights": one(
            lambda: program(
                dense(32, 1, inputs=8, last="sigmoid"), *rare(), loss="binary_crossentropy", epochs=20,
                class_weight={0: 20.0, 1: 0.05},
            ),
            "class-imbalance",
        ),
        "missing_layer": one(
            lambda: program(
                dense(1, inputs=2, last="sigmoid"), *datasets.make_circles(600, noise=0.05, factor=0.4, random_state=0),
                loss="binary_crossentropy", optimizer=Adam(0.05), epochs=40,
            ),
            "missing-layer",
        ),
        "stopped": one(
            lambda: wave(
                callbacks=(keras.callbacks.EarlyStopping(monitor="loss", patience=0, min_delta=1.0),),
                epochs=60,
                history={"loss": (0.5, 0.4)},
                optimizer=Adam(0.001),
            ),
            "too-few-epochs",
        ),
        "metric": one(lambda: wave(metrics=["accuracy"]), "metric"),
        "small_batch_updates": one(
            lambda: wave(optimizer=Adam(0.001), batch_size=1000, epochs=20), "batch-size", "too-few-epochs",
            "learning-rate-too-small",
        ),
        "images_unscaled": one(
            lambda: program(
                convolutional(), *bars(), loss="sparse_categorical_crossentropy", optimizer=SGD(0.05), epochs=10
            ),
            "unscaled-inputs",
        ),
        "labels_softmax": one(
            lambda: program(
                dense(32, 4, inputs=10, last="softmax"), *labels(), loss="categorical_crossentropy", epochs=20
            ),
            "output-activation", "loss",
        ),
        "pair_rate_scale": one(
            lambda: wave(scaled=lambda x: 300 * x + 900, optimizer=SGD(1e-6)), "unscaled-inputs",
            "learning-rate-too-small",
        ),
        "pair_dropout_epochs": one(
            lambda: program(
                keras.Sequential(
                    [
                        keras.Input((64,)), Layers.Dense(32, activation="relu"), Layers.Dropout(0.9),
                        Layers.Dense(10, activation="softmax"),
                    ]
                ),
                *digits(), loss="sparse_categorical_crossentropy", epochs=1,
            ),
            "dropout", "too-few-epochs",
        ),
        "pair_clones_loss": one(
            lambda: blob_program(network={"kernel_initializer": "ones"}, loss="categorical_crossentropy"),
            "clones", "label-encoding",
        ),
        "triple": one(
            lambda: blob_program("relu", network={"hidden": "sigmoid"}, optimizer=SGD(1e-5), epochs=10),
            "output-activation", "learning-rate-too-small",
        ),
        "triple_regression": one(
            lambda: wave(last="sigmoid", optimizer=Adam(1.0), scaled=lambda x: 1000 * x, epochs=10),
            "output-activation", "learning-rate-too-large", "unscaled-inputs",
        ),
        "shuffled": one(
            lambda: program(
                dense(16, 3, inputs=4, last="softmax"), iris()[0], np.random.default_rng(2).permutation(iris()[1]),
                loss="sparse_categorical_crossentropy", optimizer=Adam(0.01), epochs=40,
            ),
            "no-signal",
        ),
    }  # fmt: skip
