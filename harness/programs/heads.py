"""The output of a model: its last layer, how many units it has, and which activations are applied after it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
from keras.src.utils.naming import to_snake_case

OPERATIONS = {
    "Softmax": "softmax", "Sigmoid": "sigmoid", "Relu": "relu", "ReLU": "relu", "Relu6": "relu6", "Tanh": "tanh",
    "LeakyReLU": "leaky_relu", "LeakyRelu": "leaky_relu", "ELU": "elu", "Elu": "elu", "PReLU": "prelu",
    "Softplus": "softplus", "LogSoftmax": "log_softmax",
}  # fmt: skip  # class of a layer or operation that applies an activation -> the activation's name
SHAPING = (
    keras.layers.Flatten, keras.layers.Reshape, keras.layers.Dropout, keras.layers.Permute,
    keras.layers.ActivityRegularization, keras.layers.Identity, keras.layers.GaussianNoise,
)  # fmt: skip  # layers that leave the values as they are in inference
RANGES: dict[str, tuple[float | None, float | None]] = {
    **dict.fromkeys(("linear", "leaky_relu", "prelu", "elu", "selu", "gelu", "silu", "swish", "mish"), (None, None)),
    **dict.fromkeys(("sigmoid", "hard_sigmoid", "softmax"), (0.0, 1.0)),
    **dict.fromkeys(("tanh", "hard_tanh", "softsign"), (-1.0, 1.0)),
    **dict.fromkeys(("relu", "softplus", "exponential"), (0.0, None)),
    "relu6": (0.0, 6.0),
    "log_softmax": (None, 0.0),
}  # the values an activation takes; unbounded sides are None. Those of elu, selu, gelu and their like below 0 are small


@dataclass(frozen=True, kw_only=True)
class AppliedActivation:
    """An activation that is applied after the last layer with weights: its name and the layer that applies it."""

    name: str
    layer: str
    units: int | None = None  # last axis of what it is applied to; None if it is not known


@dataclass(frozen=True, kw_only=True)
class Head:
    """The output of a model."""

    layer: str | None  # name of the last layer with weights; None if the model has none
    kind: str | None  # its class, such as ``Dense``
    shape: tuple[int | None, ...]  # of the output, rows as None
    units: int | None  # last axis of the output; None if it is not known
    # applied one after the other from that layer on, without ``linear``. A function that Keras does not know has its
    # own name with ``custom:`` before it
    activations: tuple[AppliedActivation, ...]
    is_certain: bool  # whether nothing else happens to the values (no other operation, no Lambda layer)

    @property
    def activation(self) -> str:
        """Name of the last activation; ``linear`` if there is none."""
        return self.activations[-1].name if self.activations else "linear"

    @property
    def activation_layer(self) -> str | None:
        """Name of the layer that applies the last activation, else of the last layer with weights."""
        return self.activations[-1].layer if self.activations else self.layer

    @property
    def has_softmax_over_one_unit(self) -> bool:
        """Whether the output comes from a softmax over one unit, and not from one that is sliced or reshaped later."""
        return self.units == 1 and any(one.name == "softmax" and one.units in (1, None) for one in self.activations)

    @property
    def range(self) -> tuple[float | None, float | None] | None:
        """Least and largest output; None if the activation is not known."""
        return RANGES.get(self.activation) if self.is_certain else None


def head_of(model: Any, sample: Any = None) -> Head | None:
    """The output of a model; None if it has several outputs or its shape is not known.

    Args:
        model: built, or buildable on ``sample``.
        sample: a few rows of x, on which the calls of layers in a model of the user's own class are observed.
    """
    shape = output_shape(model, sample)
    if shape is None:
        return None
    found: list[AppliedActivation] = []
    is_certain = True
    for operation in operations_from_output(model, sample):
        names = activations_of(operation)
        if names is None:
            is_certain = is_certain and isinstance(operation, SHAPING)
            if isinstance(operation, SHAPING):
                continue
            is_certain = False
            if not getattr(operation, "weights", None):
                continue
            return _head(operation, shape, found, is_certain)
        units = output_units(operation)
        applied = [AppliedActivation(name=one, layer=operation.name, units=units) for one in names if one != "linear"]
        found = [*applied, *found]
        if getattr(operation, "weights", None) and not isinstance(operation, keras.layers.PReLU):
            return _head(operation, shape, found, is_certain)
    return _head(None, shape, found, is_certain)


def head_in_wrapper(model: Any, sample: Any = None) -> Head | None:
    """The same as ``head_of``, with the layer that a TimeDistributed layer at the end applies to each step."""
    head = head_of(model, sample)
    if head is None or head.kind != "TimeDistributed":
        return head
    is_certain = True
    for operation in operations_from_output(model, sample):
        if isinstance(operation, keras.layers.TimeDistributed):
            inner = operation.layer
            names = activations_of(inner)
            applied = [AppliedActivation(name=name, layer=inner.name) for name in names or () if name != "linear"]
            return dataclasses.replace(
                head,
                layer=inner.name,
                kind=type(inner).__name__,
                activations=(*applied, *head.activations),
                is_certain=is_certain and names is not None,
            )
        is_certain = is_certain and (activations_of(operation) is not None or isinstance(operation, SHAPING))
    return head


def _head(layer: Any, shape: tuple[int | None, ...], found: list[AppliedActivation], is_certain: bool) -> Head:
    """A head with this last layer."""
    return Head(
        layer=None if layer is None else layer.name,
        kind=None if layer is None else type(layer).__name__,
        shape=shape,
        units=shape[-1] if len(shape) > 1 else None,
        activations=tuple(found),
        is_certain=is_certain,
    )


def output_shape(model: Any, sample: Any) -> tuple[int | None, ...] | None:
    """The shape of the only output of a model, rows as None; None if there are several or it is not known."""
    shape: Any = None
    with contextlib.suppress(Exception):  # a model of the user's own class does not know it
        shape = model.output_shape
    if isinstance(shape, (list, dict)):
        shapes = list(shape.values()) if isinstance(shape, dict) else shape
        if len(shapes) != 1:
            return None
        shape = shapes[0]
    if not is_shape(shape):
        try:
            outputs = keras.tree.flatten(model(as_tensors(sample), training=False))
        except Exception:
            return None
        if len(outputs) != 1:
            return None
        shape = outputs[0].shape
    return (None, *(None if size is None else int(size) for size in tuple(shape)[1:]))


def is_shape(value: Any) -> bool:
    """Whether a value is one shape, and not several."""
    return isinstance(value, tuple) and all(size is None or isinstance(size, int) for size in value)


def as_tensors(data: Any) -> Any:
    """Data as tensors."""
    return keras.tree.map_structure(keras.ops.convert_to_tensor, data)


def operations_from_output(model: Any, sample: Any) -> Iterator[Any]:
    """Layers and operations from the output towards the input, as long as each has one input of its own."""
    if isinstance(model, keras.Sequential):
        for layer in reversed(model.layers):
            yield from _inside(layer, sample)
        return
    if hasattr(model, "_operations") and getattr(model, "outputs", None) and len(model.outputs) == 1:
        tensor = model.outputs[0]
        while True:
            history = tensor._keras_history
            operation = history.operation
            if isinstance(operation, keras.layers.InputLayer):
                return
            yield from _inside(operation, sample)
            inputs = operation._inbound_nodes[history.node_index].input_tensors
            if len(inputs) != 1:
                return
            tensor = inputs[0]
    yield from reversed(called_layers(model, sample))


def _inside(layer: Any, sample: Any) -> Iterator[Any]:
    """A layer, or the layers of a model that is used as one."""
    has_one_output = isinstance(layer, keras.Sequential) or len(getattr(layer, "outputs", None) or ()) == 1
    if isinstance(layer, keras.Model) and has_one_output:
        yield from operations_from_output(layer, sample)
    else:
        yield layer


def called_layers(model: Any, sample: Any) -> list[Any]:
    """The layers without layers inside that a model of the user's own class calls, in order."""
    called: list[Any] = []
    leaves = {
        id(layer)
        for layer in model._flatten_layers(include_self=False)
        if not list(layer._flatten_layers(include_self=False))
    }
    plain = keras.Layer.__call__

    def calling(layer: Any, *arguments: Any, **options: Any) -> Any:
        outputs = plain(layer, *arguments, **options)
        if id(layer) in leaves:
            called.append(layer)
        return outputs

    keras.Layer.__call__ = calling
    try:
        model(as_tensors(sample), training=False)
    except Exception:
        return []
    finally:
        keras.Layer.__call__ = plain
    return called


def output_units(operation: Any) -> int | None:
    """The last axis of what a layer or operation returns; None if it is not known, as in a model of one's own class."""
    with contextlib.suppress(AttributeError, ValueError, IndexError):
        size = operation.output.shape[-1]
        return None if size is None else int(size)
    return None


def activations_of(operation: Any) -> list[str] | None:
    """The names of the activations that a layer or operation ends with; None if it does something else."""
    name = OPERATIONS.get(type(operation).__name__)
    if name is not None and type(operation).__module__.startswith("keras."):
        axis = getattr(operation, "axis", -1)
        return [name] if name not in ("softmax", "log_softmax") or axis in (-1, None) else None
    function = getattr(operation, "activation", None)
    if function is None:
        return [] if isinstance(operation, keras.Layer) and _is_weighted(operation) else None
    return [activation_name(function)]


def _is_weighted(layer: Any) -> bool:
    """Whether a layer computes weighted sums and nothing after them."""
    return isinstance(layer, (keras.layers.Dense, keras.layers.EinsumDense)) or "Conv" in type(layer).__name__


def activation_name(function: Any) -> str:
    """The name of an activation; one that Keras does not know has ``custom:`` before it."""
    known = function if isinstance(function, str) else getattr(function, "__name__", None)
    if known is None:
        known = OPERATIONS.get(type(function).__name__, to_snake_case(type(function).__name__))
    module = str(getattr(function, "__module__", "keras."))
    if module.startswith("tensorflow.") and hasattr(keras.activations, str(known).removesuffix("_v2")):
        return str(known).removesuffix("_v2")  # tf.nn.softmax
    return str(known) if module.startswith("keras.") and known != "<lambda>" else f"custom:{known}"
