"""Inputs that are text, and the layers of a model that turn them into numbers: both replaced by the numbers.

``TextVectorization``, ``StringLookup`` and ``Hashing`` are adapted before the training and not trained. What they make
of x is the same in every training, so it is computed once, and the rest of the model is what is trained again.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import numpy as np

from ..errors import BadInput
from .data_sources import FitData
from .program import Validation, take_rows

ENCODERS = (keras.layers.TextVectorization, keras.layers.StringLookup, keras.layers.Hashing)


def holds_text(data: Any) -> bool:
    """Whether any of the arrays holds text."""
    return any(np.asarray(part).dtype.kind in "USO" for part in keras.tree.flatten(data))


def without_text(model: Any, data: FitData, validation: Validation | None) -> tuple[Any, FitData, Validation | None]:
    """The model without its layers for text, and data with what these layers make of it; as given if no x is text.

    Args:
        model: built; the layers of the answer are its own.
        data: of the call of fit.
        validation: its validation data.
    Raises:
        BadInput: the model reads text in a way that is not known here.
    """
    if not holds_text(data.x):
        return model, data, validation
    try:
        rest, encode = split_model(model, take_rows(data.x, slice(0, 2)))
        x = encode(data.x)
        if validation is not None:
            validation = dataclasses.replace(validation, x=encode(validation.x))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise BadInput(
            "x: expected numbers, or text that the first layer of the model reads, such as TextVectorization; got text "
            f"that {type(model).__name__} reads otherwise; encode it before fit"
        ) from error
    return rest, dataclasses.replace(data, x=x), validation


def split_model(model: Any, sample: Any) -> tuple[Any, Any]:
    """(the model behind its layers for text, a function that computes what these make of x).

    Args:
        sample: a few rows of x.
    Raises:
        ValueError: no layer for text reads an input.
    """
    if isinstance(model, keras.Sequential):
        encoders = []
        layers = list(model.layers)
        while layers and isinstance(layers[0], (*ENCODERS, keras.layers.InputLayer)):
            encoders.append(layers.pop(0))
        if not any(isinstance(layer, ENCODERS) for layer in encoders):
            raise ValueError("no layer for text")
        rest = keras.Sequential(layers, name=model.name)

        def encode(x: Any) -> Any:
            values = as_strings(x)
            for layer in encoders:
                values = layer(values)
            return np.asarray(keras.ops.convert_to_numpy(values))

        rest(keras.ops.convert_to_tensor(encode(sample)))
        return rest, encode
    return split_functional(model)


def split_functional(model: Any) -> tuple[Any, Any]:
    """``split_model`` for a model of the functional kind; its other inputs stay."""
    readers: list[Any] = []
    tensors: list[Any] = []
    for tensor in model.inputs:
        nodes = tensor._keras_history.operation._outbound_nodes
        reader = nodes[0].operation if len(nodes) == 1 else None
        is_encoder = isinstance(reader, ENCODERS)
        readers.append(reader if is_encoder else None)
        tensors.append(nodes[0].output_tensors[0] if is_encoder else tensor)
    if not any(readers):
        raise ValueError("no layer for text")
    structure = keras.tree.pack_sequence_as(model._inputs_struct, tensors)
    rest = keras.Model(structure, model.outputs[0] if len(model.outputs) == 1 else model.outputs, name=model.name)

    def encode(x: Any) -> Any:
        named = {tensor.name: number for number, tensor in enumerate(model.inputs)}
        if isinstance(x, dict) and not isinstance(model._inputs_struct, dict):
            x = [x[name] for name in named]
        parts = keras.tree.flatten(x)
        encoded = [
            part if reader is None else np.asarray(keras.ops.convert_to_numpy(reader(as_strings(part))))
            for part, reader in zip(parts, readers)
        ]
        return keras.tree.pack_sequence_as(x, encoded)

    return rest, encode


def as_strings(values: Any) -> Any:
    """Text as a tensor."""
    import tensorflow as tf

    array = np.asarray(values)
    return tf.constant(array.astype(str) if array.dtype.kind in "USO" else array)
