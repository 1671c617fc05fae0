"""Ten small models of stock layers, as cases, and differences that are planted in one side of a comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
import numpy as np
from keras import layers

from harness.backends.case import Case
from harness.backends.configs import changed
from harness.backends.prepare import case_of_program
from harness.programs.capture import program_of

ROWS, CLASSES = 64, 3


def sequential(*parts, shape):
    return keras.Sequential([keras.Input(shape), *parts, layers.Dense(CLASSES, "softmax")])


def images(*parts):
    return sequential(*parts, layers.Flatten(), shape=(6, 6, 2))


def words(*parts):
    return sequential(*parts, shape=(7,))


def steps(*parts):
    return sequential(*parts, shape=(6, 4))


def dense():
    return sequential(layers.Dense(12, "relu"), layers.Dense(8, "tanh"), shape=(5,))


def convolution():
    return images(layers.Conv2D(4, 3, padding="same", activation="relu"), layers.MaxPooling2D(2))


def depthwise():
    return images(layers.DepthwiseConv2D(3, activation="gelu"), layers.AveragePooling2D(2))


def batch_normalization():
    return sequential(layers.Dense(8), layers.BatchNormalization(), layers.Activation("relu"), shape=(5,))


def layer_normalization():
    return sequential(layers.Dense(8, "relu"), layers.LayerNormalization(), shape=(5,))


def lstm():
    return steps(layers.LSTM(6))


def gru():
    return steps(layers.GRU(6))


def embedding():
    return words(layers.Embedding(20, 6), layers.GlobalAveragePooling1D())


def attention():
    inputs = keras.Input((6, 4))
    attended = layers.MultiHeadAttention(2, 3)(inputs, inputs)
    pooled = layers.GlobalAveragePooling1D()(layers.Add()([inputs, attended]))
    return keras.Model(inputs, layers.Dense(CLASSES, "softmax")(pooled))


def branched():
    inputs = keras.Input((5,))
    left, right = layers.Dense(6, "relu")(inputs), layers.Dense(6, "elu")(inputs)
    return keras.Model(inputs, layers.Dense(CLASSES, "softmax")(layers.Concatenate()([left, right])))


MODELS: dict[str, Callable[[], keras.Model]] = {
    "Dense": dense,
    "Conv2D": convolution,
    "DepthwiseConv2D": depthwise,
    "BatchNormalization": batch_normalization,
    "LayerNormalization": layer_normalization,
    "LSTM": lstm,
    "GRU": gru,
    "Embedding": embedding,
    "MultiHeadAttention": attention,
    "branched": branched,
}


def case_of(make: Callable[[], keras.Model], *, seed: int = 0, seeds: int = 0, optimizer: str = "adam") -> Case:
    """The case of a model with random data and weights."""
    keras.utils.clear_session()  # layers are numbered from the start
    keras.utils.set_random_seed(seed)
    model = make()
    random = np.random.default_rng(seed)
    shape = (ROWS, *model.inputs[0].shape[1:])
    is_words = isinstance(model.layers[0], layers.Embedding)
    x = random.integers(0, 20, shape) if is_words else random.normal(size=shape).astype("float32")
    y = random.integers(0, CLASSES, ROWS)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return case_of_program(program_of(model, x, y, batch_size=16, epochs=10), seed=seed, seeds=seeds)


def with_setting(case: Case, class_name: str, **settings: object) -> Case:
    """The case with other settings of every layer of a class."""

    def change(key, value):
        if isinstance(value, dict) and value.get("class_name") == class_name:
            return value | {"config": value["config"] | settings}
        return value

    return replace(case, model=changed(case.model, change), optimizer=changed(case.optimizer, change))


def with_class(case: Case, class_name: str, other: type) -> Case:
    """The case with a class of the tests in the place of a class of Keras."""

    def change(key, value):
        if isinstance(value, dict) and value.get("class_name") == class_name:
            own = {"module": other.__module__, "class_name": other.__name__, "registered_name": None}
            return value | own
        return value

    return replace(case, model=changed(case.model, change), runs_code=True)


@dataclass(frozen=True, kw_only=True)
class Plant:
    """A difference that is planted in one side.

    Attributes:
        make: the model.
        change: of the case of one side.
        layer: where it is to be found; "" for the loss and the optimizer.
        place: name of the ``Place``.
        reason: name of the ``ReasonKind``; None where no known one can be proven.
        optimizer: of both sides.
    """

    make: Callable[[], keras.Model]
    change: Callable[[Case], Case]
    layer: str
    place: str = "LAYER"
    reason: str | None = "SETTING"
    optimizer: str = "adam"
