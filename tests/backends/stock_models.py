"""Ten small models of stock layers, as cases, and differences that are planted in one side of a comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from keras import layers

from harness.backends.case import Case
from harness.backends.configs import changed
from harness.backends.prepare import case_of_program
from harness.programs.fit_calls import program_of
from tests.backends import planted_layers

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


# Under TensorFlow, Adam squares each use of a row of an embedding by itself, and under JAX their sum
OPTIMIZERS = {"Embedding": "sgd"}


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


def with_class(case: Case, class_name: str, other: type, *, name: str | None = None) -> Case:
    """The case with a class of the tests in the place of a class of Keras, in all layers or in the one of a name."""

    def change(key, value):
        is_class = isinstance(value, dict) and value.get("class_name") == class_name
        if is_class and name in (None, value["config"]["name"]):
            return value | {"module": None, "class_name": other.__name__, "registered_name": other.__name__}
        return value

    definitions = Path(planted_layers.__file__).read_text()
    return replace(case, model=changed(case.model, change), runs_code=True, definitions=definitions)


def with_first_weight(case: Case, factor: float) -> Case:
    """The case with one element of the first weight multiplied."""
    first = np.array(case.weights[0])
    first.flat[0] *= factor
    return replace(case, weights=[first, *case.weights[1:]])


def with_loss(case: Case, loss: type[keras.losses.Loss]) -> Case:
    """The case with a loss of the tests."""
    config = keras.saving.serialize_keras_object(loss())
    own = config | {"module": None, "registered_name": loss.__name__}
    return replace(case, loss=own, runs_code=True, definitions=Path(planted_layers.__file__).read_text())


def sure_of_itself(case: Case) -> Case:
    """The case with weights so large that some probabilities are smaller than losses are clipped at."""
    return replace(case, weights=[4.0 * weight for weight in case.weights])


def square():
    return sequential(layers.Dense(5, "tanh"), layers.Dense(5, "relu"), shape=(5,))


def gelu():
    return sequential(layers.Dense(8), layers.Activation("gelu"), shape=(5,))


def leaky():
    return sequential(layers.Dense(8), layers.LeakyReLU(negative_slope=0.2), shape=(5,))


def softmax_inside():
    return sequential(layers.Softmax(axis=-1), layers.Flatten(), shape=(4, 4))


def pooled():
    return images(layers.Conv2D(4, 3, padding="same"), layers.GlobalAveragePooling2D())


def as_it_is(case: Case) -> Case:
    """The case itself."""
    return case


@dataclass(frozen=True, kw_only=True)
class Plant:
    """A difference that is planted in one side.

    Attributes:
        make: the model.
        change: of the case of one side.
        given: the change of both sides before that.
        layer: where it is to be found; "" for the loss, None for the optimizer.
        place: name of the ``Place``.
        reason: name of the ``ReasonKind``.
        key: of the setting that the reason names, if it is one.
    """

    make: Callable[[], keras.Model]
    change: Callable[[Case], Case] = as_it_is
    given: Callable[[Case], Case] = as_it_is
    layer: str | None
    place: str = "LAYER"
    reason: str = "SETTING"
    key: str | None = None


PLANTS = {
    "batch normalization epsilon": Plant(
        make=batch_normalization,
        change=lambda case: with_setting(case, "BatchNormalization", epsilon=1e-5),
        layer="batch_normalization",
        key="epsilon",
    ),
    "batch normalization momentum": Plant(
        make=batch_normalization,
        change=lambda case: with_setting(case, "BatchNormalization", momentum=0.9),
        layer="batch_normalization",
        key="momentum",
    ),
    "layer normalization epsilon": Plant(
        make=layer_normalization,
        change=lambda case: with_setting(case, "LayerNormalization", epsilon=1e-6),
        layer="layer_normalization",
        key="epsilon",
    ),
    "padding": Plant(
        make=pooled,
        change=lambda case: with_setting(case, "Conv2D", padding="valid"),
        layer="conv2d",
        key="padding",
    ),
    "axis": Plant(
        make=softmax_inside,
        change=lambda case: with_setting(case, "Softmax", axis=1),
        layer="softmax",
        key="axis",
    ),
    "activation approximation": Plant(
        make=gelu,
        change=lambda case: with_class(case, "Activation", planted_layers.ApproximateGelu),
        layer="activation",
        key="class",
    ),
    "transposed kernel": Plant(
        make=square,
        change=lambda case: with_class(case, "Dense", planted_layers.TransposedDense, name="dense_1"),
        layer="dense_1",
        key="class",
    ),
    "unseeded draw": Plant(
        make=square,
        change=lambda case: with_class(case, "Dense", planted_layers.NoisyDense, name="dense_1"),
        layer="dense_1",
        reason="UNSEEDED_DRAW",
    ),
    "optimizer epsilon": Plant(
        make=dense,
        change=lambda case: with_setting(case, "Adam", epsilon=1e-5),
        layer=None,
        place="OPTIMIZER",
        key="epsilon",
    ),
    "recurrent activation": Plant(
        make=lstm,
        change=lambda case: with_setting(case, "LSTM", recurrent_activation="hard_sigmoid"),
        layer="lstm",
        key="recurrent_activation",
    ),
    "negative slope": Plant(
        make=leaky,
        change=lambda case: with_setting(case, "LeakyReLU", negative_slope=0.2001),
        layer="leaky_re_lu",
        key="negative_slope",
    ),
    "one weight": Plant(
        make=embedding, change=lambda case: with_first_weight(case, 1.001), layer="embedding", reason="WEIGHTS"
    ),
    "loss from logits": Plant(
        make=dense,
        change=lambda case: replace(
            case,
            loss=keras.saving.serialize_keras_object(keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        ),
        layer="",
        place="LOSS",
        key="class",
    ),
    "bfloat16 inside float32": Plant(
        make=square,
        change=lambda case: with_class(case, "Dense", planted_layers.CoarseDense, name="dense_1"),
        layer="dense_1",
        key="class",
    ),
    "clipped loss": Plant(
        make=dense,
        given=lambda case: sure_of_itself(with_loss(case, planted_layers.ClippedUnderJax)),
        layer="",
        place="LOSS",
        reason="CLIPPED_LOSS",
    ),
}
