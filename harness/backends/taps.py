"""The outputs of every layer while a model is called, and the same with a small disturbance of each."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras

STEP = 0.61803398875  # of the phase from one element to the next: no two elements are disturbed alike


@dataclass(frozen=True, kw_only=True)
class TappedLayer:
    """A layer of a model."""

    path: str  # its name, after those of the models that it is in
    layer: Any  # the Keras layer


@dataclass(frozen=True, kw_only=True)
class Disturbance:
    """What every output of a layer is multiplied by: 1 + ``size`` * a number from -1 to 1."""

    size: Any  # a scalar tensor
    phase: Any  # a scalar tensor; another one gives another disturbance

    def apply(self, values: Any, place: int) -> Any:
        """Disturbed values of the output of that place."""
        shape = tuple(values.shape)
        index = keras.ops.arange(math.prod(shape), dtype="float64") + (1.0 + place)
        # squares, so that sums of neighbours do not cancel as those of a sine would
        noise = keras.ops.sin(STEP * index * index + self.phase)
        factor = 1.0 + self.size * keras.ops.reshape(noise, shape)
        return values * keras.ops.cast(factor, values.dtype)


@dataclass(frozen=True, kw_only=True)
class Tapped:
    """One output of one call of a layer."""

    path: str  # of the layer
    inputs: int  # elements of what the layer was given, the observations of the batch included
    output: Any  # a tensor


def layers_inside(model: Any, path: str = "") -> Iterator[TappedLayer]:
    """The layers of a model, and of the models in it; what is inside a layer belongs to that layer."""
    for layer in model.layers:
        name = f"{path}{layer.name}"
        if isinstance(layer, keras.Model):
            yield from layers_inside(layer, f"{name}/")
        elif not isinstance(layer, keras.layers.InputLayer):
            yield TappedLayer(path=name, layer=layer)


class Taps:
    """Records what the layers of a model give while it is called.

    Args:
        model: built; its layers get a ``call`` that records, which computes the same.
    """

    def __init__(self, model: Any) -> None:
        self.layers = list(layers_inside(model))
        self.recorded: list[Tapped] | None = None
        self.disturbance: Disturbance | None = None
        for tapped in self.layers:
            tapped.layer.call = self._recording(tapped.path, tapped.layer.call)

    def record(self, call: Callable[[], Any], disturbance: Disturbance | None = None) -> tuple[Any, list[Tapped]]:
        """What a call of the model returns, and the outputs of its layers in the order of their calls."""
        self.recorded, self.disturbance = [], disturbance
        try:
            returned = call()
            return returned, self.recorded
        finally:
            self.recorded = self.disturbance = None

    def _recording(self, path: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """A ``call`` that records."""

        @functools.wraps(call)
        def recording(*arguments: Any, **options: Any) -> Any:
            outputs = call(*arguments, **options)
            if self.recorded is None:
                return outputs
            inputs = sum(math.prod(v.shape) for v in keras.tree.flatten((arguments, options)) if _is_float(v))
            numbers = itertools.count(len(self.recorded))

            def one(values: Any) -> Any:
                if not _is_float(values):
                    return values
                assert self.recorded is not None
                if self.disturbance is not None:
                    values = self.disturbance.apply(values, next(numbers))
                self.recorded.append(Tapped(path=path, inputs=inputs, output=values))
                return values

            return keras.tree.map_structure(one, outputs)

        return recording


def _is_float(values: Any) -> bool:
    """Whether it is a tensor of real numbers."""
    return keras.ops.is_tensor(values) and keras.backend.is_float_dtype(keras.backend.standardize_dtype(values.dtype))
