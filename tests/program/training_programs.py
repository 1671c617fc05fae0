"""Small programs for the tests of training: one for each kind of layer, loss and optimizer that matters to the loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from harness.programs.program import Program

ROWS = 70  # with batches of 32, the last one has 6 rows
CROSS_ENTROPY = "sparse_categorical_crossentropy"
layers = keras.layers


def numbers(*shape: int, seed: int = 0) -> Any:
    """Standard normal numbers."""
    return np.random.default_rng(seed).normal(size=shape)


def labels(classes: int = 3, rows: int = ROWS) -> Any:
    """Class labels that can be learned from ``numbers(rows, 6)``."""
    return (numbers(rows, 6)[:, :2] > 0).sum(axis=1) % classes


def program(
    model_layers: list[Any], x: Any, y: Any, loss: Any = "mse", optimizer: Any = None, **options: Any
) -> Program:
    """A program with a Sequential model."""
    return Program(
        name="test",
        model=keras.Sequential(model_layers),
        loss=loss,
        optimizer=optimizer or keras.optimizers.Adam(0.01),
        x=x,
        y=y,
        **options,
    )


def dense(loss: Any = "mse", optimizer: Any = None, **options: Any) -> Program:
    """6-8-2, a regression."""
    model_layers = [keras.Input((6,)), layers.Dense(8, "tanh"), layers.Dense(2)]
    return program(model_layers, numbers(ROWS, 6), numbers(ROWS, 2, seed=1), loss, optimizer, **options)


def classifier(*hidden: Any, **options: Any) -> Program:
    """6-16-3 with softmax, with more layers before the last if given."""
    model_layers = [keras.Input((6,)), layers.Dense(16, "relu"), *hidden, layers.Dense(3, "softmax")]
    return program(model_layers, numbers(ROWS, 6), labels(), CROSS_ENTROPY, **options)


def images(*hidden: Any) -> Program:
    """A classifier of images of 8 x 8 with two channels."""
    model_layers = [keras.Input((8, 8, 2)), *hidden, layers.Flatten(), layers.Dense(3, "softmax")]
    return program(model_layers, numbers(ROWS, 8, 8, 2), labels(), CROSS_ENTROPY)


def words(*hidden: Any, optimizer: Any = None) -> Program:
    """A classifier of sequences of seven words."""
    x = np.random.default_rng(0).integers(0, 20, (ROWS, 7))
    model_layers = [keras.Input((7,), dtype="int32"), *hidden, layers.Dense(3, "softmax")]
    return program(model_layers, x, labels(), CROSS_ENTROPY, optimizer)


def two_inputs() -> Program:
    """A functional model with two inputs."""
    first, second = keras.Input((6,)), keras.Input((3,))
    joined = layers.Concatenate()([layers.Dense(4, "relu")(first), second])
    x = [numbers(ROWS, 6), numbers(ROWS, 3, seed=2)]
    model = keras.Model([first, second], layers.Dense(2)(joined))
    return Program(
        name="test", model=model, loss="mse", optimizer=keras.optimizers.Adam(0.01), x=x, y=numbers(ROWS, 2, seed=1)
    )


def regularised() -> Program:
    """Weight and activity regularisation, and a constraint."""
    model_layers = [
        keras.Input((6,)),
        layers.Dense(8, "relu", kernel_regularizer="l2", kernel_constraint=keras.constraints.MaxNorm(1.0)),
        layers.Dense(4, activity_regularizer="l1"),
        layers.LayerNormalization(),
        layers.Dense(2, bias_regularizer="l1"),
    ]
    return program(model_layers, numbers(ROWS, 6), numbers(ROWS, 2, seed=1))


def cubed_error(y: Any, predicted: Any) -> Any:
    """A loss of the user's own, a scalar for the whole batch."""
    return keras.ops.mean(keras.ops.abs(y - predicted) ** 3)


schedules = keras.optimizers.schedules
optimizers = keras.optimizers

ALL: dict[str, Callable[[], Program]] = {
    "dense": dense,
    "BatchNormalization": lambda: classifier(layers.BatchNormalization(), layers.ReLU()),
    "convolution": lambda: images(layers.Conv2D(4, 3, padding="same"), layers.ReLU(), layers.MaxPooling2D()),
    "embedding": lambda: words(layers.Embedding(20, 4), layers.GlobalAveragePooling1D()),
    "two inputs": two_inputs,
    "own loss": lambda: dense(cubed_error),
    "class weights": lambda: classifier(class_weight={0: 1.0, 1: 2.0, 2: 0.5}),
    "clipped": lambda: dense(optimizer=optimizers.SGD(0.1, momentum=0.9, global_clipnorm=0.1)),
    "schedule": lambda: dense(optimizer=optimizers.Adam(schedules.CosineDecay(0.1, 8))),
    "strided, pooled": lambda: images(
        layers.Conv2D(4, 3, strides=2, padding="same"), layers.AveragePooling2D(2, padding="same")
    ),
    "dilated, overlapping": lambda: images(
        layers.Conv2D(4, 3, dilation_rate=2, activation="relu"), layers.MaxPooling2D(3, strides=1, padding="same")
    ),
    "separable": lambda: images(layers.SeparableConv2D(4, 3, activation="relu"), layers.DepthwiseConv2D(3)),
    "transposed": lambda: images(layers.Conv2DTranspose(4, 3, strides=2, activation="relu")),
    "one-dimensional": lambda: program(
        [
            keras.Input((9, 3)),
            layers.Conv1D(4, 3, padding="causal", activation="relu"),
            layers.MaxPooling1D(2),
            layers.GlobalMaxPooling1D(),
            layers.Dense(2),
        ],
        numbers(ROWS, 9, 3),
        numbers(ROWS, 2, seed=1),
    ),
    "LSTM": lambda: words(layers.Embedding(20, 4), layers.LSTM(5)),
    "masked GRU": lambda: words(layers.Embedding(20, 4, mask_zero=True), layers.GRU(3)),
    "bidirectional": lambda: words(layers.Embedding(20, 4), layers.Bidirectional(layers.SimpleRNN(3))),
    "masked, bidirectional": lambda: words(
        layers.Embedding(20, 4, mask_zero=True),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
        layers.GRU(3),
    ),
    "long sequence": lambda: program(
        [keras.Input((70, 2)), layers.SimpleRNN(4), layers.Dense(2)], numbers(ROWS, 70, 2), numbers(ROWS, 2, seed=1)
    ),
    "embedding, RMSprop": lambda: words(layers.Embedding(20, 4), layers.Flatten(), optimizer=optimizers.RMSprop(0.01)),
    "regularised": regularised,
    "frozen": lambda: program(
        [keras.Input((6,)), layers.Dense(8, "relu", trainable=False), layers.Dense(2)],
        numbers(ROWS, 6),
        numbers(ROWS, 2, seed=1),
    ),
    "sample weights": lambda: dense(sample_weight=np.abs(numbers(ROWS, seed=3))),
    "steps_per_epoch, unshuffled": lambda: dense(shuffle=False, steps_per_epoch=2),
    "one batch": lambda: dense(batch_size=128),
    "summed loss": lambda: dense(keras.losses.MeanSquaredError(reduction="sum")),
}
# which differ from others in a formula of Keras alone, or join what two others have
ALIKE = ("masked, bidirectional", "mae", "huber", "log_cosh", "binary_focal_crossentropy")
ALIKE += ("Adadelta", "Adagrad", "Adamax", "Ftrl", "Lion", "Nadam", "RMSprop")
for _name in ("mae", "huber", "log_cosh", "cosine_similarity"):
    ALL[_name] = lambda loss=_name: dense(loss)  # type: ignore[misc]
for _name in ("hinge", "binary_crossentropy", "binary_focal_crossentropy"):
    ALL[_name] = lambda loss=_name: program(  # type: ignore[misc]
        [keras.Input((6,)), layers.Dense(1, "sigmoid")], numbers(ROWS, 6), labels(2), loss
    )
for _kind in (
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adamax",
    "AdamW",
    "Ftrl",
    "Lamb",
    "Lion",
    "Muon",
    "Nadam",
    "RMSprop",
):
    ALL[_kind] = lambda kind=_kind: dense(optimizer=getattr(optimizers, kind)(0.01))  # type: ignore[misc]
