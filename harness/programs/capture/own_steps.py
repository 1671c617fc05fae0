"""A ``train_step`` or ``compute_loss`` of the user's own whose updates are those of Keras.

Such a model is trained by Keras' own step in its place. The step is compared at its first batch: it must hand its
optimizer the gradients of the compiled loss, for all weights that are trained.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import keras
import numpy as np

from ..data_sources import is_dataset
from ..fit_calls import build, overridden_step
from ..program import take_rows
from .followed_loops import NotPlain, check_gradients, noises

FIRST_ROWS = 32  # that the step is compared on, of data without batches
OF_KERAS = {name: getattr(keras.Model, name) for name in ("train_step", "compute_loss")}


class _Updated(Exception):
    """Ends a step when it hands gradients to the optimizer."""


def makes_plain_updates(model: Any, given: dict[str, Any]) -> bool:
    """Whether a compiled model with a step of its own makes the updates that Keras would make of its compiled loss.

    The model is left as it was, but built.

    Args:
        model: the user's.
        given: the arguments of fit.
    """
    if overridden_step(model) == "make_train_function" or given["sample_weight"] is not None or given["class_weight"]:
        return False
    try:
        x, y = first_batch(given["x"], given["y"])
        build(model, x)
        x, y = keras.tree.map_structure(keras.ops.convert_to_tensor, (x, y))
        with without_noise(model):
            pairs = first_update(model, x, y)
            variables = [variable for _, variable in pairs]
            if {id(variable) for variable in variables} != {id(weight) for weight in model.trainable_variables}:
                return False
            check_gradients(model, model._compile_loss, x, y, [gradient for gradient, _ in pairs], variables)
    except Exception:  # NotPlain, or whatever a step does with data that it is not made for
        return False
    return True


def first_batch(x: Any, y: Any) -> tuple[Any, Any]:
    """The first rows of what fit is given.

    Raises:
        NotPlain: it has no targets, or reading it uses it up.
    """
    if is_dataset(x) or isinstance(x, keras.utils.PyDataset):
        batch = x[0] if isinstance(x, keras.utils.PyDataset) else next(iter(x))
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise NotPlain
        x, y = batch
    if y is None:
        raise NotPlain
    rows = keras.tree.map_structure(np.asarray, (x, y))
    floats = keras.tree.map_structure(lambda a: a.astype(np.float32) if a.dtype.kind == "f" else a, rows)
    return take_rows(floats[0], slice(0, FIRST_ROWS)), take_rows(floats[1], slice(0, FIRST_ROWS))


def first_update(model: Any, x: Any, y: Any) -> list[tuple[Any, Any]]:
    """The gradients that the step of a model hands to its optimizer first, with their variables."""
    from keras.src.optimizers.base_optimizer import BaseOptimizer

    pairs: list[tuple[Any, Any]] = []

    def apply(optimizer: Any, grads: Any, trainable_variables: Any = None) -> None:
        pairs.extend(zip(grads, trainable_variables or optimizer._trainable_variables))
        raise _Updated

    before = model.get_weights()
    with mock.patch.object(BaseOptimizer, "apply", apply), contextlib.suppress(_Updated):
        model.train_step((x, y))
    model.set_weights(before)
    return pairs


@contextlib.contextmanager
def without_noise(model: Any) -> Iterator[None]:
    """Let no layer of a model draw random numbers inside the block."""
    with contextlib.ExitStack() as stack:
        for layer, name in noises(model):
            stack.enter_context(mock.patch.object(layer, name, 0.0))
        yield


def trained_by_keras(model: Any) -> None:
    """Let a model with a step of its own be trained by that of Keras."""
    model.__class__ = type(type(model).__name__, (type(model),), OF_KERAS)
