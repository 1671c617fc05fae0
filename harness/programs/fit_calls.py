"""A call of fit as a ``Program``: its arguments by name, its data as arrays, and a copy of the model as it was."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ..errors import BadInput
from ..recording.stand_ins.absorbed import Absorbing
from .copies import array_of, copied_model, is_built, set_weights
from .data_sources import FitData, training_data
from .program import Note, NoteKind, Places, Program, Validation, row_count, take_rows
from .targets import only_item
from .text_inputs import without_text

DEFAULT_BATCH_SIZE = 32  # Keras' own
NO_PLACES = Places()
FIT_DEFAULTS = {
    name: parameter.default
    for name, parameter in inspect.signature(keras.Model.fit).parameters.items()
    if parameter.default is not parameter.empty
}


def program_of(model: Any, x: Any, y: Any = None, *, name: str | None = None, **fit_arguments: Any) -> Program:
    """The program of a compiled model, data, and the arguments that would be given to ``fit``.

    Args:
        model: a compiled ``keras.Model``; it is not changed.
        x, y: as for fit.
        name: of the program; the model's by default.
        fit_arguments: epochs, batch_size, validation_data and all others of fit.
    Raises:
        BadInput: the model is not a compiled Keras model, the data cannot be read, or an argument is unknown.
    """
    if not isinstance(model, keras.Model):
        raise BadInput(f"model: expected a keras.Model, got {type(model).__module__}.{type(model).__name__}")
    if not model.compiled:
        raise BadInput("model: expected a compiled model, got one that is not; call model.compile() first")
    step = overridden_step(model)
    if step is not None:
        raise BadInput(
            f"model: expected a model that Keras trains, got {type(model).__name__}, which overrides {step}(); "
            f"use compile(loss=...) and Keras' own {step}()"
        )
    try:
        bound = inspect.signature(keras.Model.fit).bind(model, x, y, **fit_arguments)
    except TypeError as error:
        raise BadInput(f"diagnose: expected the arguments of fit, {error}") from None
    bound.apply_defaults()
    given = {key: value for key, value in bound.arguments.items() if key != "self"}
    data = training_data(x, y, given["sample_weight"], given["steps_per_epoch"])
    validation = validation_of(given)
    build(model, data.x)
    if not is_built(model):
        raise BadInput(f"model: {model.name} cannot be built on x of shape {np.shape(keras.tree.flatten(data.x)[0])}")
    kept = weights_that_are_kept(model)
    return program_of_fit(
        model,
        given,
        data,
        validation,
        name=name or model.name,
        path=None,
        compile_arguments=compile_arguments(model, None),
        is_set=lambda weight: id(weight) in kept,
    )


def weights_that_are_kept(model: Any) -> set[int]:
    """The ids of the weights of layers that are not trained or are adapted to data: they may not be draws."""
    return {
        id(weight)
        for layer in model._flatten_layers(include_self=False)
        if not layer.trainable or hasattr(layer, "finalize_state")
        for weight in layer.weights
    }


def program_of_fit(
    model: Any,
    given: Mapping[str, Any],
    data: FitData,
    validation: Validation | None,
    *,
    name: str,
    path: Path | None,
    compile_arguments: Mapping[str, Any],
    is_set: Callable[[Any], bool],
    places: Places = NO_PLACES,
) -> Program:
    """The program of a model and the arguments of compile and fit, with a copy of the model as it is now.

    Args:
        model: the user's model.
        given: all arguments of fit, by name.
        data: x, y and sample weights as arrays.
        validation: validation data as arrays.
        compile_arguments: of compile, by name.
        is_set: whether a weight of the model is not a draw, and so is kept in every training.
    Raises:
        BadInput: the model reads text that cannot be turned into numbers.
    """
    if has_one_output(model):
        data, validation, compile_arguments = of_one_output(data, validation, compile_arguments)
    model, data, validation = without_text(model, data, validation)
    notes = list(data.notes)
    copy, is_copyable = model, True
    try:
        copy = copied_model(model, 0, sample=take_rows(data.x, slice(0, 2)) if is_built(model) else None)
        if is_built(model):
            set_weights(copy, model.get_weights())
    except Exception as error:
        copy, is_copyable = model, False
        notes.append(Note(kind=NoteKind.NOT_COPIED, detail=str(error)))
    pairs = zip(*(one._flatten_layers(include_self=False) for one in (model, copy)))
    known = {new.name: places.layers.get(old.name) for old, new in pairs}  # a copied class names its layers anew
    layers = {name: place for name, place in known.items() if place is not None}
    paths = [weight.path for weight in copy.weights]  # a copy may build a layer elsewhere, and name it differently
    rows, steps = row_count(data.x), given["steps_per_epoch"]
    batch_size = data.batch_size or given["batch_size"]
    if not batch_size:
        batch_size = -(-rows // steps) if steps else DEFAULT_BATCH_SIZE
    options = {
        key: compile_arguments[key] for key in ("run_eagerly", "steps_per_execution") if compile_arguments.get(key)
    }
    optimizer = compile_arguments.get("optimizer")
    return Program(
        name=name,
        path=path,
        model=copy,
        initial_weights={path: array_of(weight) for path, weight in zip(paths, model.weights)},
        set_weights=frozenset(path for path, weight in zip(paths, model.weights) if is_set(weight)),
        is_copyable=is_copyable,
        loss=compile_arguments.get("loss"),
        loss_weights=compile_arguments.get("loss_weights"),
        optimizer=None if optimizer is None else unused_optimizer(optimizer),
        metrics=compile_arguments.get("metrics"),
        weighted_metrics=compile_arguments.get("weighted_metrics"),
        compile_options=options,
        x=data.x,
        y=data.y,
        sample_weight=data.sample_weight,
        class_weight=given["class_weight"],
        validation=validation,
        validation_split=float(given["validation_split"] or 0.0),
        epochs=int(given["epochs"]) - int(given["initial_epoch"]),
        batch_size=int(batch_size),
        steps_per_epoch=steps,
        shuffle=bool(given["shuffle"]) if data.shuffle is None else data.shuffle,
        initial_epoch=int(given["initial_epoch"]),
        callbacks=tuple(callbacks_of(given["callbacks"])),
        places=dataclasses.replace(places, layers=layers),
        source=data.kind,
        notes=tuple(notes),
    )


def has_one_output(model: Any) -> bool:
    """Whether a model gives one array, and not a dict of one."""
    is_dict = isinstance(getattr(model, "_outputs_struct", None), dict)
    return len(getattr(model, "outputs", None) or ()) == 1 and not is_dict


def of_one_output(
    data: FitData, validation: Validation | None, compile_arguments: Mapping[str, Any]
) -> tuple[FitData, Validation | None, Mapping[str, Any]]:
    """Data and arguments of compile without the lists and dicts that hold what belongs to the only output."""
    data = dataclasses.replace(data, y=only_item(data.y), sample_weight=only_item(data.sample_weight))
    if validation is not None:
        weights = only_item(validation.sample_weight)
        validation = dataclasses.replace(validation, y=only_item(validation.y), sample_weight=weights)
    arguments = dict(compile_arguments)
    for name in ("loss", "loss_weights"):
        arguments[name] = only_item(arguments.get(name))
    for name in ("metrics", "weighted_metrics"):
        if isinstance(arguments.get(name), dict):
            given = only_item(arguments[name])
            arguments[name] = given if isinstance(given, (list, tuple, dict)) else [given]
    return data, validation, arguments


def compile_arguments(model: Any, arguments: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The arguments of compile by name; from the model itself if the call was not seen.

    An optimizer that was given by its name is the one that was made of it, whose rate may have been set since.
    """
    if arguments is not None:
        made = getattr(model, "optimizer", None)
        is_set = isinstance(arguments.get("optimizer"), str) and isinstance(made, keras.optimizers.Optimizer)
        return {**arguments, "optimizer": getattr(made, "inner_optimizer", made)} if is_set else arguments
    config = getattr(model, "_compile_config", None)
    config = dict(getattr(config, "config", config) or {})
    if getattr(model, "compiled", False):
        config |= {"optimizer": model.optimizer, "loss": getattr(model, "loss", None)}
    return config


def unused_optimizer(optimizer: Any) -> Any:
    """A new optimizer like the given one, or like that of the given name."""
    optimizer = keras.optimizers.get(optimizer)
    return type(optimizer).from_config(optimizer.get_config())


def callbacks_of(callbacks: Any) -> list[Any]:
    """The callbacks given to fit as a list, without Keras' own history and progress bar."""
    if callbacks is None:
        return []
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    if not isinstance(callbacks, (list, tuple)):
        callbacks = [callbacks]
    own = (keras.callbacks.History, keras.callbacks.ProgbarLogger, Absorbing)
    return [callback for callback in callbacks if not isinstance(callback, own)]


def validation_of(given: Mapping[str, Any]) -> Validation | None:
    """The validation data given to fit, as arrays.

    Raises:
        BadInput: it cannot be read as arrays.
    """
    data = given["validation_data"]
    if data is None:
        return None
    if isinstance(data, (tuple, list)) and 2 <= len(data) <= 3:
        read = training_data(data[0], data[1], data[2] if len(data) == 3 else None)
    else:
        if not hasattr(data, "__len__") and not hasattr(data, "element_spec"):
            return None  # a generator, which Keras could not read a second time
        read = training_data(data, None, None, given["validation_steps"])
    return Validation(x=read.x, y=read.y, sample_weight=read.sample_weight)


def build(model: Any, x: Any) -> Exception | None:
    """Build a model on its first rows of x, as fit does.

    Returns:
        The error that prevents it; fit will raise one too, which says less because the model was half built.
    """
    if is_built(model):
        return None
    try:
        model(keras.tree.map_structure(keras.ops.convert_to_tensor, take_rows(x, slice(0, 2))), training=False)
    except Exception as error:
        return error
    return None


def same_data(data: tuple[Any, Any], given: Mapping[str, Any]) -> bool:
    """Whether a call of fit gets the same x and y as an earlier one."""
    for old, new in zip(data, (given["x"], given["y"])):
        if old is new:
            continue
        if old is None or new is None:
            return False
        parts = zip(keras.tree.flatten(old), keras.tree.flatten(new))
        if not all(hasattr(a, "shape") and hasattr(b, "shape") and np.array_equal(a, b) for a, b in parts):
            return False
    return True


def overridden_step(model: Any) -> str | None:
    """The method by which a model trains in a way of its own; None if Keras trains it."""
    own = ("train_step", "compute_loss", "make_train_function")
    return next((name for name in own if getattr(type(model), name) is not getattr(keras.Model, name)), None)
