"""Shapes as layers of the user's own got and gave them before Keras 3: those of TensorFlow, with ``as_list()``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ..heads import is_shape

OF_SHAPES = ("build", "compute_output_shape")  # methods of a layer that are given a shape


class Shape(tuple[Any, ...]):
    """A tuple that also answers as a shape of TensorFlow does."""

    def as_list(self) -> list[Any]:
        """The sizes of the axes."""
        return list(self)

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self)

    ndims = rank

    def __getitem__(self, index: Any) -> Any:
        """A size, or a shape of some axes."""
        part = super().__getitem__(index)
        return Shape(part) if isinstance(index, slice) else part


def take_shapes(layer_class: type) -> None:
    """Let the methods of a new class of layers be given ``Shape``, and give tuples."""
    for name in OF_SHAPES:
        method = vars(layer_class).get(name)
        if callable(method):
            setattr(layer_class, name, _with_shapes(method))


def _with_shapes(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of a layer whose shapes are those of earlier versions."""

    @functools.wraps(method)
    def calling(layer: Any, *shapes: Any, **named: Any) -> Any:
        result = method(layer, *map(_old, shapes), **{name: _old(shape) for name, shape in named.items()})
        return tuple(result.as_list()) if isinstance(result, tf.TensorShape) else result

    return calling


def _old(shape: Any) -> Any:
    """A shape as earlier versions gave it; everything else as it is."""
    return Shape(shape) if is_shape(shape) else shape
