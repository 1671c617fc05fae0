"""Functions of TensorFlow that are called on symbolic tensors of Keras.

Keras 2 in TensorFlow made a layer of each such call, and Keras 3 refuses it.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any
from unittest import mock

import keras

OF_TENSORS = "functions of TensorFlow on symbolic tensors"  # what is noted of them


class FunctionLayer(keras.layers.Lambda):
    """A layer of a function, whose outputs are of the type that the function gives."""

    def __init__(self, function: Callable[..., Any], **options: Any) -> None:
        """Call ``function`` on the inputs as they are."""
        super().__init__(function, **options)
        self.autocast = False

    def compute_output_spec(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        """Shape and type of the output."""
        return keras.src.backend.compute_output_spec(self.function, inputs)


@contextlib.contextmanager
def layers_of_functions(supplied: list[str]) -> Iterator[None]:
    """Make a layer of each function of TensorFlow that is called on a symbolic tensor inside the block.

    Args:
        supplied: gets a word about it.
    """
    from tensorflow.python.util import dispatch

    class Layers(dispatch.GlobalOpDispatcher):
        """Answers the calls that TensorFlow refuses."""

        def handle(self, op: Callable[..., Any], args: Any, kwargs: Any) -> Any:
            """The output of a layer that calls ``op``."""
            parts = keras.tree.flatten((args, kwargs))
            places = [place for place, part in enumerate(parts) if isinstance(part, keras.KerasTensor)]
            if not places or is_training():
                return self.NOT_SUPPORTED
            inputs = [parts[place] for place in places]
            try:
                output = FunctionLayer(calling(op, (args, kwargs), places))(inputs[0] if len(inputs) == 1 else inputs)
            except Exception:  # TensorFlow says why
                return self.NOT_SUPPORTED
            supplied.append(OF_TENSORS)
            return output

    with mock.patch.object(dispatch, "_GLOBAL_DISPATCHERS", [*dispatch._GLOBAL_DISPATCHERS, Layers()]):
        yield


def calling(op: Callable[..., Any], given: tuple[Any, Any], places: list[int]) -> Callable[[Any], Any]:
    """A function that calls ``op`` with tensors at some places of the arguments and options ``given``."""
    parts = keras.tree.flatten(given)
    kept = [None if place in places else part for place, part in enumerate(parts)]

    def call(tensors: Any) -> Any:
        values = list(kept)
        for place, tensor in zip(places, tensors if isinstance(tensors, (list, tuple)) else [tensors]):
            values[place] = tensor
        arguments, options = keras.tree.pack_sequence_as(given, values)
        return op(*arguments, **options)

    return call


def is_training() -> bool:
    """Whether Keras trains or evaluates a model now: a loss that reads a symbolic tensor is wrong in any version."""
    from keras.src.backend.tensorflow import trainer

    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == trainer.__file__:
            return True
        frame = frame.f_back
    return False
