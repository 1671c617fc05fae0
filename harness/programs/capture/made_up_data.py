"""The data of a call of fit in a run on made-up data: what the program made of it, or what fits the model."""

from __future__ import annotations

import contextlib
from typing import Any

import keras
import numpy as np

from ..data_sources import FitData, training_data
from ..heads import head_of
from ..program import MadeUp, row_count, take_rows
from ..rules.data_rules import repeats_batch
from ..targets import TargetKind, describe_targets
from .supply import ROWS, Supply

LENGTH = 10  # of an axis whose size a model leaves open
FIRST_SHAPES: tuple[tuple[tuple[type, ...], tuple[int, ...]], ...] = (
    ((keras.layers.Dense,), (8,)),
    ((keras.layers.RNN, keras.layers.LSTM, keras.layers.GRU, keras.layers.Conv1D, keras.layers.Bidirectional), (20, 4)),
    ((keras.layers.Conv2D, keras.layers.Flatten), (32, 32, 3)),
)  # shapes of a row for the first layer of a model
DEFAULTS = {"epochs": 1, "initial_epoch": 0, "batch_size": None, "steps_per_epoch": None, "validation_steps": None,
            "validation_split": 0.0, "class_weight": None, "sample_weight": None}  # fmt: skip


def with_numbers(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of fit with usual numbers in the place of what has no value."""
    given = dict(given)
    for name, default in DEFAULTS.items():
        value = given.get(name)
        wanted = (dict, type(None)) if name == "class_weight" else (int, float, type(None), np.generic, np.ndarray)
        if not isinstance(value, wanted):
            given[name] = default
    if given["epochs"] is None:
        given["epochs"] = 1
    if not isinstance(given.get("callbacks"), (list, tuple, keras.callbacks.Callback)):
        given["callbacks"] = None
    return given


def data_made_up(supply: Supply, model: Any, given: dict[str, Any]) -> FitData:
    """x as the program gives it if the model can read it, else as the model reads it; y if its form is known.

    Args:
        supply: what was made up so far.
        given: the arguments of fit.
    """
    data = None
    for y in (given["y"], None)[: 2 if supply.extent is MadeUp.FORMATS else 1]:
        with contextlib.suppress(Exception):
            data = data or training_data(given["x"], y, given["sample_weight"], 2)
    x = None if data is None else data.x
    if x is None or not can_read(model, x):
        if supply.extent is not MadeUp.FORMATS and data is not None:
            return data  # the shapes are known: that they do not fit is the user's
        x = repeated_as(data, rows_for(model))
        supply.note("the data", "of fit")
    y = None if data is None else data.y
    if supply.extent is MadeUp.FORMATS and not is_one_hot(model, x, y):
        y = None
    if x is None:
        x = unknown_data(model).x
    if y is not None and row_count(y) != row_count(x):
        rows = slice(0, min(row_count(x), row_count(y)))
        x, y = take_rows(x, rows), take_rows(y, rows)
    return FitData(
        x=x,
        y=y,
        sample_weight=None,
        kind="arrays" if data is None or has_all_rows(supply, data) else data.kind,
        batch_size=None if data is None else data.batch_size,
    )


def repeated_as(data: FitData | None, x: Any) -> Any:
    """Rows that a model can read, in batches that repeat if those of the program's generator do."""
    size = 0 if data is None or data.kind != "generator" or x is None else data.batch_size or 0
    if not 0 < size < row_count(x) or data is None:
        return x
    if not all(repeats_batch(np.asarray(part), size) for part in keras.tree.flatten(data.x)):
        return x
    return keras.tree.map_structure(lambda part: np.concatenate([part[:size]] * 2), x)


def has_all_rows(supply: Supply, data: FitData) -> bool:
    """Whether a batch of a generator is so large that it holds all rows that were made up, and the next one too."""
    return data.kind == "generator" and (data.batch_size or 0) >= supply.hints.rows


def unknown_data(model: Any) -> FitData:
    """Rows that a model can read, as far as that is known, and no targets."""
    x = rows_for(model)
    x = np.zeros((ROWS, 8), np.float32) if x is None else x
    return FitData(x=x, y=None, sample_weight=None, kind="arrays")


def can_read(model: Any, x: Any) -> bool:
    """Whether a model can be called on the first rows of x."""
    with contextlib.suppress(Exception):
        sample = keras.tree.map_structure(keras.ops.convert_to_tensor, take_rows(x, slice(0, 2)))
        if getattr(model, "inputs", None):
            shapes = [tensor.shape for tensor in model.inputs]
            parts = keras.tree.flatten(sample)
            return len(parts) == len(shapes) and all(map(fits, (part.shape for part in parts), shapes))
        wanted = rows_for_layer(next(iter(model.layers), None))
        if wanted is not None and not fits_first_layer(model.layers[0], sample, wanted):
            return False  # a call would build the layers for it
        model(sample, training=False)
        return True
    return False


def fits_first_layer(layer: Any, sample: Any, wanted: Any) -> bool:
    """Whether rows have as many axes as those that the first layer of a model reads."""
    is_flexible = isinstance(layer, (keras.layers.Dense, keras.layers.Flatten))
    return is_flexible or np.ndim(sample) == np.ndim(wanted)


def fits(shape: Any, wanted: Any) -> bool:
    """Whether an array of a shape is one that an input of another takes."""
    if len(shape) == len(wanted) - 1 and wanted[-1] == 1:
        return True
    return len(shape) == len(wanted) and all(b in (None, a) for a, b in zip(shape[1:], wanted[1:]))


def rows_for(model: Any) -> Any:
    """Rows that a model can read; None if the shapes of its inputs are not known."""
    inputs = getattr(model, "inputs", None)
    if not inputs:
        return rows_for_layer(next(iter(model.layers), None))
    tokens = [layer.input_dim for layer in model._flatten_layers() if isinstance(layer, keras.layers.Embedding)]
    rng = np.random.default_rng(0)
    made = []
    for tensor in inputs:
        shape = [LENGTH if size is None else int(size) for size in tensor.shape[1:]]
        rows = ROWS if np.prod(shape) < 20_000 else 4
        if tokens:
            made.append(rng.integers(0, max(1, min(tokens)), (rows, *shape)))
        else:
            made.append(rng.normal(size=(rows, *shape)).astype(np.float32))
    return made[0] if len(made) == 1 else made


def rows_for_layer(layer: Any) -> Any:
    """Rows that the first layer of a model without an input shape can read; None if it is not known which."""
    rng = np.random.default_rng(0)
    if isinstance(layer, keras.layers.Embedding):
        return rng.integers(0, layer.input_dim, (ROWS, LENGTH))
    for kinds, shape in FIRST_SHAPES:
        if isinstance(layer, kinds):
            return rng.normal(size=(ROWS, *shape)).astype(np.float32)
    return None


def is_one_hot(model: Any, x: Any, y: Any) -> bool:
    """Whether the program itself made one column for each unit of the output, which holds whatever the values."""
    targets = describe_targets(y)
    if targets is None or targets.kind is not TargetKind.ONE_HOT or targets.width < 2:
        return False
    with contextlib.suppress(Exception):
        head = head_of(model, take_rows(x, slice(0, 2)))
        return head is not None and head.units == targets.width
    return False
