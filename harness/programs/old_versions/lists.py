"""Lists of numbers, and a dict for one output, as data: Keras 3 does not take them, and earlier versions did."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import keras
import numpy as np

from ..targets import only_item

OF_LISTS = "lists of numbers"  # what is noted of data that are converted
OF_ONE_OUTPUT = "a dict of targets for one output"
OF_INPUTS = "lists of numbers in a list of inputs"  # the same of data that hold a list for each input or output


def data_from_lists(given: dict[str, Any], model: Any, supplied: list[str]) -> dict[str, Any]:
    """The arguments of ``fit`` with arrays in the place of lists of numbers.

    Args:
        given: all arguments of fit, by name.
        model: whose inputs the lists are for.
        supplied: gets a word about what was replaced.
    """
    given = dict(given)
    x, y = given["x"], given["y"]
    given["x"], given["y"], given["sample_weight"] = _arrays(model, x, y, given["sample_weight"])
    validation = given["validation_data"]
    if isinstance(validation, (tuple, list)) and 2 <= len(validation) <= 3:
        given["validation_data"] = _arrays(model, *validation)
    for before, after in ((x, given["x"]), (y, given["y"])):
        if after is not before:
            is_whole = isinstance(after, np.ndarray) and after.ndim == depth_of(before)
            if isinstance(before, dict):
                supplied.append(OF_ONE_OUTPUT)
            elif is_list(before) or any(map(is_list, before)):
                supplied.append(OF_LISTS if is_whole else OF_INPUTS)
    return given


@contextlib.contextmanager
def taking_lists() -> Iterator[None]:
    """Let ``predict``, ``evaluate`` and their like take lists of numbers inside the block."""
    with contextlib.ExitStack() as stack:
        for name in ("predict", "evaluate", "predict_on_batch", "test_on_batch", "train_on_batch"):
            method = _with_lists(getattr(keras.Model, name))
            stack.enter_context(mock.patch.object(keras.Model, name, method))
        yield


def _with_lists(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of a model whose data may be lists of numbers."""
    signature = inspect.signature(method)
    others = [name for name in ("y", "sample_weight") if name in signature.parameters]

    @functools.wraps(method)
    def taking(model: Any, *arguments: Any, **options: Any) -> Any:
        try:
            given = signature.bind(model, *arguments, **options).arguments
        except TypeError:  # arguments that the method is to refuse itself
            return method(model, *arguments, **options)
        given.pop("self")
        extra = given.pop("kwargs", {})
        named = [name for name in ("x", *others) if name in given]
        if "x" in given:
            given.update(zip(named, _arrays(model, *(given[name] for name in named))))
        return method(model, **given, **extra)

    return taking


def _arrays(model: Any, x: Any, *others: Any) -> tuple[Any, ...]:
    """Inputs, targets and weights of rows as arrays."""
    shapes = shapes_of(model, "inputs")
    x = inputs_from_lists(x, shapes)
    rows = next((part.shape[0] for part in keras.tree.flatten(x) if getattr(part, "shape", ())), None)
    outputs = len(shapes_of(model, "outputs"))
    return x, *(None if other is None else targets_from_lists(other, outputs, rows) for other in others)


def shapes_of(model: Any, tensors: str) -> list[tuple[int | None, ...]]:
    """The shapes of the ``inputs`` or ``outputs`` of a model with the axis of rows; empty if they are not known yet."""
    try:
        return [tuple(tensor.shape) for tensor in getattr(model, tensors)]
    except (AttributeError, TypeError, ValueError):  # a model of the user's own, or one that was not called yet
        return []


def inputs_from_lists(x: Any, shapes: list[tuple[int | None, ...]]) -> Any:
    """Inputs with arrays in the place of lists: a list of as many items as the model has inputs may hold one for each.

    Args:
        x: as given to fit.
        shapes: of the inputs of the model.
    """
    if len(shapes) == 1 and _fits(whole := array_from_list(x), shapes[0]):
        return whole
    return _items(x, len(shapes), lambda number, item: _fits(item, shapes[number]))


def targets_from_lists(y: Any, outputs: int, rows: int | None) -> Any:
    """The same for targets or weights of rows: what belongs to one output has as many items as there are rows.

    Args:
        y: as given to fit.
        outputs: of the model.
        rows: of the inputs; None if it is not known.
    """
    if outputs == 1 and isinstance(y, dict):
        y = only_item(y)
    if outputs == 1 and isinstance(y, (list, tuple)):
        if len(y) == rows:
            return array_from_list(y)
        if len(y) == 1 and getattr(y[0], "shape", ())[:1] == (rows,):
            return y[0]
    return _items(y, outputs, lambda number, item: len(item) == rows)


def _items(value: Any, count: int, is_wanted: Callable[[int, Any], bool]) -> Any:
    """An array for each item of a list, if there are ``count`` items that are wanted, and else one array for all.

    Args:
        is_wanted: called with the number of an item and its array.
    """
    is_of_lists = isinstance(value, (list, tuple)) and any(map(is_list, value))
    if is_of_lists and len(value) == count:
        items = [array_from_list(item) for item in value]
        if all(getattr(item, "shape", ()) and is_wanted(number, item) for number, item in enumerate(items)):
            return items if count > 1 else items[0]
    return array_from_list(value)


def _fits(array: Any, shape: tuple[int | None, ...]) -> bool:
    """Whether an array has the shape of an input; one number a row may be written without an axis of its own."""
    if not isinstance(array, np.ndarray):
        return False
    sizes = array.shape if array.ndim != 1 or len(shape) != 2 else (*array.shape, 1)
    return len(sizes) == len(shape) and all(
        size == expected for size, expected in zip(sizes[1:], shape[1:]) if expected is not None
    )


def is_list(value: Any) -> bool:
    """Whether a value is a list of numbers, or of such lists, and not of arrays for several inputs."""
    return depth_of(value) > 0


def depth_of(value: Any) -> int:
    """How many lists stand one in another around the first number; 0 if it is not a list of numbers."""
    depth = 0
    while isinstance(value, (list, tuple)) and value:
        value, depth = value[0], depth + 1
    return depth if isinstance(value, (int, float, np.generic)) else 0


def array_from_list(value: Any) -> Any:
    """An array for a list of numbers; whatever else is given as it is."""
    if not is_list(value):
        return value
    try:
        return np.array(value)
    except ValueError:  # rows of different lengths
        return value
