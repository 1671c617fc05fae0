"""The structure of a program: what decides how its training step is traced, and the model that it is traced with.

Programs that differ only in weights, learning rate, seeds or values of the data share a structure, so that the compiled
loop of one serves the others.
"""

from __future__ import annotations

import types
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras.src import losses as keras_losses
from keras.src.trainers.data_adapters.data_adapter_utils import class_weight_to_sample_weights

from .program import Program

Array = np.ndarray[Any, Any]

# Layers that treat each row of a batch on its own, so that a row of weight 0 changes nothing.
ROWWISE_LAYERS = frozenset([
    "Activation", "AlphaDropout", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "Add", "Average",
    "Bidirectional", "Concatenate", "Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D", "Cropping1D",
    "Cropping2D", "Dense", "DepthwiseConv1D", "DepthwiseConv2D", "Dot", "Dropout", "ELU", "Embedding", "Flatten",
    "Functional", "GRU", "GRUCell", "GaussianDropout", "GaussianNoise", "GlobalAveragePooling1D",
    "GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GroupNormalization", "InputLayer", "LSTM",
    "LSTMCell", "LayerNormalization", "LeakyReLU", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "Maximum",
    "Minimum", "MultiHeadAttention", "Multiply", "PReLU", "Permute", "ReLU", "RepeatVector", "Reshape",
    "SeparableConv1D", "SeparableConv2D", "Sequential", "SimpleRNN", "SimpleRNNCell", "Softmax", "SpatialDropout1D",
    "SpatialDropout2D", "Subtract", "UnitNormalization", "UpSampling1D", "UpSampling2D", "ZeroPadding1D",
    "ZeroPadding2D",
])  # fmt: skip
ROWWISE_REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum")
UNSTRUCTURAL = frozenset({"seed", "learning_rate", "build_config", "module", "registered_name", "name"})
INITIALIZERS = ("initializer",)  # keys that end so do not change the step


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """The rows that are trained on, as ``fit`` would hand them to the model."""

    x: Any  # the input, or a list or dict of inputs, each (rows, ...)
    y: Any  # targets; None if the model is trained without
    sample_weight: Any  # (rows,) with class weights multiplied in, or None
    rows: int  # how many

    def leaves(self) -> list[Array]:
        """All arrays, in a fixed order."""
        return [a for a in keras.tree.flatten((self.x, self.y, self.sample_weight)) if a is not None]

    def packed(self, leaves: list[Any]) -> tuple[Any, Any, Any]:
        """(x, y, sample_weight) with ``leaves`` in the places of the arrays."""
        remaining = iter(leaves)
        structure = (self.x, self.y, self.sample_weight)
        return keras.tree.map_structure(lambda a: None if a is None else next(remaining), structure)


def as_fit_reads(values: Any) -> Array:
    """An array in the type that ``fit`` converts it to: floating numbers become Keras' default type."""
    array = np.asarray(values)
    if array.dtype.kind == "f":
        return array.astype(keras.config.floatx(), copy=False)
    return array


def prepared_data(x: Any, y: Any, sample_weight: Any, class_weight: Any = None) -> TrainingData:
    """Data as ``fit`` would hand it to the model; class weights become sample weights."""
    x = keras.tree.lists_to_tuples(keras.tree.map_structure(as_fit_reads, x))
    y = None if y is None else keras.tree.map_structure(as_fit_reads, y)
    weight = None if sample_weight is None else keras.tree.map_structure(as_fit_reads, sample_weight)
    if class_weight is not None:
        weight = class_weight_to_sample_weights(y, dict(class_weight))
    return TrainingData(x=x, y=y, sample_weight=weight, rows=int(keras.tree.flatten(x)[0].shape[0]))


def training_rows(program: Program) -> TrainingData:
    """The data that ``fit`` trains a program on."""
    return prepared_data(*program.training_data(), program.class_weight)


def validation_rows(program: Program) -> TrainingData | None:
    """The program's validation data; None if there is none."""
    validation = program.validation_data()
    if validation is None:
        return None
    return prepared_data(validation.x, validation.y, validation.sample_weight)


def template_of(program: Program, data: TrainingData) -> Any:
    """A model of the program's structure, compiled and built, whose weights do not matter; a copy if it can be."""
    model = program.fresh_model(0) if program.is_copyable else program.model
    program.compile_copy(model)
    count = min(data.rows, program.batch_size)
    batch = keras.tree.map_structure(lambda a: None if a is None else a[:count], (data.x, data.y, data.sample_weight))
    model._symbolic_build(data_batch=batch)
    return model


def has_rowwise_step(program: Program, model: Any) -> bool:
    """Whether a row of weight 0 leaves a training step unchanged, so that a smaller last batch can be padded.

    The layers treat each row on its own, the loss is one of Keras' own with one value per row, and nothing else is
    added to it that depends on the batch.
    """
    layers = [layer for layer in model._flatten_layers() if layer is not model] + [model]
    for layer in layers:
        known = type(layer).__module__.startswith("keras.") and type(layer).__name__ in ROWWISE_LAYERS
        if not known or getattr(layer, "activity_regularizer", None) is not None:
            return False
        if getattr(layer, "stateful", False) or getattr(layer, "mask_zero", False):
            return False
    outputs = model.output_shape if hasattr(model, "output_shape") else None
    if not isinstance(outputs, tuple) or len(outputs) != 2:
        return False
    return is_rowwise_loss(program.loss)


def is_rowwise_loss(loss: Any) -> bool:
    """Whether a loss is one of Keras' own that is a weighted mean or sum over rows."""
    try:
        resolved = keras_losses.get(loss) if isinstance(loss, str) else loss
    except ValueError:
        return False
    if isinstance(resolved, types.FunctionType):
        return resolved.__module__.startswith("keras.") and "ctc" not in resolved.__name__
    if not isinstance(resolved, keras.losses.Loss) or not type(resolved).__module__.startswith("keras."):
        return False
    function = getattr(resolved, "fn", None)
    is_known = function is not None and str(getattr(function, "__module__", "")).startswith("keras.")
    return is_known and resolved.reduction in ROWWISE_REDUCTIONS and "ctc" not in type(resolved).__name__.lower()


# Keys


def structure_key(program: Program, data: TrainingData) -> Hashable:
    """What decides how the step is traced: equal for programs that can share a compiled loop."""
    spec = keras.tree.map_structure(
        lambda a: None if a is None else (a.shape[1:], str(a.dtype)), (data.x, data.y, data.sample_weight)
    )
    return (
        model_key(program.model),
        object_key(program.loss),
        object_key(program.loss_weights),
        optimizer_key(program.optimizer),
        repr(spec),
        min(program.batch_size, data.rows),
        data.rows % min(program.batch_size, data.rows),
        keras.config.floatx(),
    )


class _Kept:
    """An object as part of a key: equal only to itself, and kept alive by the key."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def model_key(model: Any) -> Hashable:
    """A key of a model's layers: from their configuration if that says everything, else the model itself."""
    layers = [layer for layer in model._flatten_layers() if layer is not model] + [model]
    if not all(is_described_by_config(layer) for layer in layers):
        return _Kept(model)
    names = {layer.name: f"layer {number}" for number, layer in enumerate(layers)}
    names |= {tensor.name: f"input {number}" for number, tensor in enumerate(getattr(model, "inputs", None) or [])}
    try:
        variables = tuple((tuple(v.shape), str(v.dtype), v.trainable) for v in model.variables)
        return (type(model).__name__, described(model.get_config(), names), variables)
    except (TypeError, ValueError, NotImplementedError):
        return _Kept(model)


def is_described_by_config(layer: Any) -> bool:
    """Whether the configuration of a layer says all that decides what it computes."""
    module = type(layer).__module__
    is_model = type(layer).__name__ in ("Sequential", "Functional") and module.startswith("keras.")
    if not is_model and not module.startswith("keras.src.layers."):
        return False
    if ".preprocessing." in module or type(layer).__name__ == "Lambda":
        return False
    return all(map(is_known_kind, vars(layer).values()))


KNOWN_ROOTS = frozenset({"keras", "tensorflow", "numpy", "builtins", "collections", "inspect"})


def is_known_kind(value: Any) -> bool:
    """Whether a value held by a layer is of Keras, TensorFlow, NumPy or Python, not of the user's own making."""
    kind = value if isinstance(value, (type, types.FunctionType, types.MethodType)) else type(value)
    return str(getattr(kind, "__module__", "")).split(".")[0] in KNOWN_ROOTS


def described(config: Any, names: dict[str, str]) -> Hashable:
    """A configuration as a key, without seeds, initializers and the particular names of layers."""
    if isinstance(config, dict):
        if config.get("class_name") == "__keras_tensor__":
            layer, *place = config["config"]["keras_history"]
            return (names.get(layer, layer), *map(str, place))
        kept: list[tuple[str, Hashable]] = []
        for key, value in sorted(config.items(), key=lambda item: str(item[0])):
            if key in UNSTRUCTURAL or str(key).endswith(INITIALIZERS):
                if key == "name" and isinstance(value, str):
                    kept.append(("name", names.get(value, value)))
                continue
            if key in ("input_layers", "output_layers"):
                kept.append((str(key), renamed(value, names)))
                continue
            kept.append((str(key), described(value, names)))
        return tuple(kept)
    if isinstance(config, (list, tuple)):
        return tuple(described(value, names) for value in config)
    if isinstance(config, (str, int, float, bool, type(None))):
        return config
    return repr(config)


def renamed(value: Any, names: dict[str, str]) -> Hashable:
    """Lists of [layer, node, tensor] with the layers' names replaced."""
    if isinstance(value, (list, tuple)):
        return tuple(renamed(part, names) for part in value)
    if isinstance(value, dict):
        return tuple((names.get(key, key), renamed(part, names)) for key, part in sorted(value.items()))
    return names.get(value, value) if isinstance(value, str) else value


def object_key(value: Any) -> Hashable:
    """A key of a loss or another argument of compile: by its configuration if it is Keras' own, else itself."""
    if isinstance(value, (str, int, float, type(None))):
        return value
    if isinstance(value, (list, tuple)):
        return tuple(map(object_key, value))
    if isinstance(value, dict):
        return tuple((key, object_key(part)) for key, part in sorted(value.items()))
    if isinstance(value, keras.losses.Loss) and type(value).__module__.startswith("keras."):
        function = getattr(value, "fn", None)
        if function is None or str(getattr(function, "__module__", "")).startswith("keras."):
            config = {key: part for key, part in value.get_config().items() if key not in ("name", "fn")}
            return (type(value).__name__, getattr(function, "__name__", ""), repr(sorted(config.items(), key=str)))
    return _Kept(value)


def optimizer_key(optimizer: Any) -> Hashable:
    """A key of an optimizer without its learning rate, unless that is a schedule."""
    if not type(optimizer).__module__.startswith("keras."):
        return _Kept(optimizer)
    config = dict(optimizer.get_config())
    rate = config.pop("learning_rate", None)
    config.pop("name", None)
    settings = (type(optimizer).__name__, repr(sorted(config.items(), key=str)))
    schedule = optimizer._learning_rate
    if isinstance(schedule, keras.Variable):
        return settings
    return (*settings, repr(rate) if type(schedule).__module__.startswith("keras.") else _Kept(schedule))
