"""A Keras model without a script: a .keras file or a function that returns a model, and its data in a .npz file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from ..errors import BadInput, shown_path
from . import model_files
from .fit_calls import program_of
from .program import Program

# the loss of a model that was saved without one, by the activation of its last layer
LOSS_OF_OUTPUT = {"sigmoid": "binary_crossentropy", "softmax": "categorical_crossentropy"}


def compiled(model: keras.Model, name: str, y: Any) -> keras.Model:
    """The model, compiled as it was saved; with SGD and the loss that its last layer goes with if it was not."""
    if model.compiled:
        return model
    settings = model_files.compile_config(Path(name))
    if settings is not None:
        try:
            model.compile_from_config(settings)
        except Exception as error:
            raise BadInput(
                f"{shown_path(name)}: its loss, metrics or optimizer cannot be read ({model_files.first_line(error)}); "
                "call harness.diagnose(model, x, y) in your own script"
            ) from None
        if model.compiled:
            return model
    last = [layer for layer in model.layers if hasattr(layer, "activation")]
    output = getattr(last[-1].activation, "__name__", "") if last else ""
    loss = LOSS_OF_OUTPUT.get(output, "mean_squared_error")
    if loss == "categorical_crossentropy" and (np.ndim(y) == 1 or np.shape(y)[-1] == 1):
        loss = "sparse_categorical_crossentropy"
    model.compile(optimizer="sgd", loss=loss)
    return model


def program_of_file(
    name: str,
    data: Path,
    *,
    epochs: int | None = None,
    batch_size: int | None = None,
    validation_split: float | None = None,
    seed: int = 0,
) -> Program:
    """The program of a saved model, and the arrays x and y of a .npz file.

    Args:
        name: a .keras file, or "module:function".
        data: the .npz file: x, or one array for each input by its name; y; and x_val and y_val if there are any.
        epochs, batch_size, validation_split: as for ``fit``; its defaults if None.
        seed: of what a function draws.

    Raises:
        BadInput: the model or the data cannot be read, or do not fit.
    """
    model = model_files.load(name, seed)
    arrays = model_files.read_arrays(data)
    x = model_files.load_data(data, model)
    if "y" not in arrays:
        raise BadInput(f"{shown_path(data)} has no array y; give it the targets, one row for each row of x")
    given: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size, "validation_split": validation_split}
    if {"x_val", "y_val"} <= arrays.keys():
        given["validation_data"] = (arrays["x_val"], arrays["y_val"])
    fit_arguments = {key: value for key, value in given.items() if value is not None}
    model = compiled(model, name, arrays["y"])
    return program_of(model, x, arrays["y"], name=Path(name).name, **fit_arguments)
