"""The head of a network: output units, activation, loss and how the targets are written, as facts.

These belong together: a repair of one of them often needs another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..programs.program import Program
from .scores import Reading
from .tasks import HINGE_LOSSES, LabelFormat, Task, TaskKind, class_indices

ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "logcosh": "log_cosh",
    "huber_loss": "huber",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "cosine_proximity": "cosine_similarity",
}
CUSTOM = "custom"  # canonical name of a loss of the user's own
UNKNOWN = "unknown"  # activation that cannot be read
ACTIVATION_LAYERS = {
    "Softmax": "softmax",
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "PReLU": "prelu",
}
BOUNDED = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softsign": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "relu6": (0.0, 6.0),
    "relu": (0.0, np.inf),
    "softplus": (0.0, np.inf),
    "exponential": (0.0, np.inf),
}


@dataclass(frozen=True, kw_only=True)
class Head:
    """The head of a network.

    Attributes:
        layer: name of the layer that has the output units; None if it cannot be read
        activation_layer: name of a separate activation layer behind it, or None
        units: of the outputs
        activation: canonical name; "unknown" if it cannot be read
        loss: canonical name; "custom" for a function of the user's own
        from_logits: whether the loss takes the outputs for logits
        rank: number of axes of the outputs, with that of the observations
    """

    layer: str | None
    activation_layer: str | None
    units: int
    activation: str
    loss: str
    from_logits: bool
    rank: int


def activation_name(activation: Any) -> str:
    """Canonical name of a Keras activation: a function, a name, or None."""
    if activation is None:
        return "linear"
    if isinstance(activation, str):
        return activation
    name = getattr(activation, "__name__", None) or getattr(activation, "name", None) or type(activation).__name__
    return str(name)


def loss_name(loss: Any) -> str:
    """Canonical name of a Keras loss: a name, an object or a function."""
    if isinstance(loss, (list, tuple)) and len(loss) == 1:
        loss = loss[0]
    if isinstance(loss, dict) and len(loss) == 1:
        loss = next(iter(loss.values()))
    if isinstance(loss, str):
        lowered = snake_case(loss) if not loss.islower() else loss
        try:
            function = keras.losses.get(loss)
        except ValueError:
            return ALIASES.get(lowered, CUSTOM)
        return loss_name(function)
    if isinstance(loss, keras.losses.Loss):
        name = snake_case(type(loss).__name__)
    elif str(getattr(loss, "__module__", "")).startswith(("keras", "tensorflow", "tf_keras")):
        name = str(getattr(loss, "__name__", CUSTOM))
    else:
        return CUSTOM
    name = ALIASES.get(name, name)
    return name if getattr(keras.losses, name, None) is not None or name in ALIASES.values() else CUSTOM


def snake_case(name: str) -> str:
    """BinaryCrossentropy -> binary_crossentropy"""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def takes_logits(loss: Any) -> bool:
    """Whether a loss object takes outputs for logits."""
    if isinstance(loss, (list, tuple)) and len(loss) == 1:
        loss = loss[0]
    if not isinstance(loss, keras.losses.Loss):
        return False
    try:
        config = loss.get_config()
    except Exception:  # a loss of the user's own
        return False
    keywords = config.get("fn_kwargs") or {}
    return bool(config.get("from_logits", keywords.get("from_logits", False)))


def output_layers(model: Any) -> list[Any]:
    """The last layers of a model, the very last first, while they are in a row; of models inside models too."""
    if isinstance(model, keras.Sequential):
        layers = list(reversed(model.layers))
    elif hasattr(model, "_operations") and getattr(model, "outputs", None):
        layers, tensor = [], model.outputs[0]
        while True:
            operation, _, _ = tensor._keras_history
            layers.append(operation)
            inputs = getattr(operation, "_inbound_nodes", None)
            previous = inputs[-1].input_tensors if inputs else []
            if len(previous) != 1:
                break
            tensor = previous[0]
    else:
        flat = [layer for layer in model._flatten_layers(include_self=False) if layer.weights]
        layers = list(reversed(flat))
    chain = []
    for layer in layers:
        chain += output_layers(layer) if isinstance(layer, keras.Model) else [layer]
    return chain


def read_head(program: Program) -> Head:
    """The head of a program's network."""
    activation, activation_layer, layer = UNKNOWN, None, None
    for candidate in output_layers(program.model):
        kind = type(candidate).__name__
        if isinstance(candidate, keras.layers.Activation):
            activation, activation_layer = activation_name(candidate.activation), candidate.name
        elif kind in ACTIVATION_LAYERS:
            activation, activation_layer = ACTIVATION_LAYERS[kind], candidate.name
        elif kind in ("Dropout", "Reshape", "Flatten", "InputLayer"):
            continue
        else:
            own = activation_name(getattr(candidate, "activation", None)) if hasattr(candidate, "activation") else None
            layer = candidate.name
            if activation == UNKNOWN or activation == "linear":
                activation = own if own is not None else ("linear" if activation == "linear" else UNKNOWN)
            elif own is not None and own != "linear":
                activation = f"{own}+{activation}"  # two activations in a row
            break
    shape = output_shape(program)
    return Head(
        layer=layer,
        activation_layer=activation_layer,
        units=int(shape[-1]) if len(shape) > 1 and shape[-1] is not None else 1,
        activation=activation,
        loss=loss_name(program.loss),
        from_logits=takes_logits(program.loss),
        rank=len(shape),
    )


def output_shape(program: Program) -> tuple[int | None, ...]:
    """Shape of the outputs, with None for the observations."""
    shape = getattr(program.model, "output_shape", None)
    if isinstance(shape, tuple):
        return shape
    sample = keras.tree.map_structure(keras.ops.convert_to_tensor, program.sample)
    outputs = program.model(sample, training=False)
    return (None, *outputs.shape[1:])


def reading_of(task: Task, head: Head) -> Reading:
    """How classes are read from the outputs: as the loss means them."""
    if head.units > 1 and task.kind is not TaskKind.MULTILABEL:
        columns = np.arange(head.units)
        known = columns
        if task.format is LabelFormat.INDICES:
            known = class_indices(columns.astype(float), task.values)
        elif head.units != task.columns:
            known = np.where(columns < task.columns, columns, -1)
        return Reading(threshold=0.5, column_classes=known)
    one = np.zeros(1, dtype=np.intp)
    if head.from_logits and not head.activation.endswith("sigmoid"):
        return Reading(threshold=0.0, column_classes=one)
    if head.loss in HINGE_LOSSES:
        return Reading(threshold=0.0, column_classes=one)
    if task.kind is TaskKind.BINARY and task.format is LabelFormat.INDICES and len(task.values) == 2:
        return Reading(threshold=float(np.mean(task.values)), column_classes=one)
    return Reading(threshold=0.5, column_classes=one)
