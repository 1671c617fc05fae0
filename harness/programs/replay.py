"""Callbacks of a user's ``fit``, replayed for each member of a vectorised training.

The callback objects themselves are run, a copy for each member, with a stand-in for the model that knows what callbacks
ask of it that steer a training: ``stop_training``, ``get_weights``, ``set_weights``, the optimizer's learning rate.
Anything else raises ``NeedsModel``, and Keras' own ``fit`` has to train. Callbacks that only write or print are left
out.
"""

from __future__ import annotations

import contextlib
import copy
import io
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# They write files or report, and change nothing in the training.
WRITERS = (
    "BackupAndRestore", "CSVLogger", "History", "ModelCheckpoint", "OrbaxCheckpoint", "ProgbarLogger", "RemoteMonitor",
    "TensorBoard",
)  # fmt: skip
# Names in the code of a callback of the user's own that suggest that it changes the training.
STEERING = frozenset({
    "assign", "assign_add", "assign_sub", "learning_rate", "load_weights", "lr", "optimizer", "set_model", "set_value",
    "set_weights", "stop_training", "trainable",
})  # fmt: skip
PLAIN_BASES = ("Callback", "MonitorCallback")
BATCH_METHODS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")


class NeedsModel(Exception):
    """A callback asks for something that only a model in ``fit`` has."""


def steering_callbacks(callbacks: Iterable[Any]) -> list[Any]:
    """The callbacks that can change a training; those that only write files or report are left out."""
    return [callback for callback in callbacks if can_steer(callback)]


def can_steer(callback: Any) -> bool:
    """Whether a callback can change the training."""
    kind = type(callback)
    if kind.__module__.startswith("keras."):
        if kind.__name__ == "LambdaCallback":
            return any(bool(STEERING & names_in(f)) for f in vars(callback).values() if callable(f))
        return kind.__name__ not in WRITERS
    if not isinstance(callback, keras.callbacks.Callback):
        return True
    names: set[str] = set()
    for base in kind.__mro__:
        if not base.__module__.startswith(("keras.", "builtins")):
            for value in vars(base).values():
                names |= names_in(value)
        elif base.__module__.startswith("keras.") and base.__name__ not in (*WRITERS, *PLAIN_BASES):
            return True  # made from a callback of Keras' that steers
    return bool(STEERING & names)


def names_in(value: Any) -> set[str]:
    """All names and attribute names in the code of a function, those of functions inside it included."""
    code = getattr(getattr(value, "__func__", value), "__code__", None)
    if code is None:
        return {"optimizer"} if callable(value) and not isinstance(value, (type, types.BuiltinFunctionType)) else set()
    names = set(code.co_names) | {c for c in code.co_consts if isinstance(c, str)}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= names_in(types.SimpleNamespace(__code__=constant))
    return names


class StandInOptimizer:
    """The learning rate of one member, as a callback sees it; anything else raises NeedsModel."""

    def __init__(self, rate: float | None) -> None:
        self.__dict__["rate"] = rate

    @property
    def learning_rate(self) -> Any:
        """The learning rate, which callbacks read as an array of no axes."""
        if self.rate is None:
            raise NeedsModel("the learning rate is a schedule")
        return np.asarray(self.rate, keras.config.floatx())

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in ("learning_rate", "lr") or self.rate is None:
            raise NeedsModel(f"optimizer.{name}")
        self.__dict__["rate"] = float(np.asarray(value))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "optimizers":
            raise AttributeError(name)
        raise NeedsModel(f"optimizer.{name}")


class StandInModel:
    """One member, as a callback sees a model; anything that it does not know raises NeedsModel.

    Args:
        template: a compiled model of the same structure.
        rate: the member's learning rate; None if it is a schedule.
        weights: gives the weights that the member has now.
    """

    KNOWN = ("stop_training", "set_to", "steps")
    optimizer: StandInOptimizer
    stop_training: bool
    set_to: list[Array] | None  # weights that a callback set last

    def __init__(self, template: Any, rate: float | None, weights: Callable[[], list[Array]]) -> None:
        self.__dict__.update(
            metrics=template.metrics,
            metrics_names=template.metrics_names,
            name=template.name,
            optimizer=StandInOptimizer(rate),
            get_weights=weights,
            stop_training=False,
            set_to=None,
        )

    def set_weights(self, weights: Any) -> None:
        """Note weights that the member continues or ends with."""
        self.set_to = [np.array(w) for w in weights]

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.KNOWN:
            raise NeedsModel(f"model.{name}")
        self.__dict__[name] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("_compile_metrics",):
            raise AttributeError(name)
        raise NeedsModel(f"model.{name}")


def copied_callback(callback: Any) -> Any:
    """A copy of a callback without its model."""
    attached = getattr(callback, "_model", None)
    with contextlib.suppress(AttributeError):
        callback._model = None
    try:
        return copy.deepcopy(callback)
    finally:
        with contextlib.suppress(AttributeError):
            callback._model = attached


class MemberCallbacks:
    """Copies of the callbacks for one member.

    Raises:
        NeedsModel: a callback cannot be copied, or acts after each batch.
    """

    def __init__(self, callbacks: Sequence[Any], model: StandInModel, params: dict[str, Any]) -> None:
        self.model = model
        self.callbacks = []
        for callback in callbacks:
            if not isinstance(callback, keras.callbacks.Callback):
                raise NeedsModel(type(callback).__name__)
            if acts_on_batches(callback):
                raise NeedsModel(f"{type(callback).__name__} after each batch")
            try:
                copied = copied_callback(callback)
            except Exception as error:
                raise NeedsModel(f"{type(callback).__name__} cannot be copied") from error
            copied.set_params(dict(params))
            copied.set_model(model)
            self.callbacks.append(copied)

    def call(self, method: str, *arguments: Any) -> None:
        """Call one method of every callback; what they print is not shown."""
        with contextlib.redirect_stdout(io.StringIO()):
            for callback in self.callbacks:
                if isinstance(callback, keras.callbacks.TerminateOnNaN):
                    continue
                try:
                    getattr(callback, method)(*arguments)
                except NeedsModel:
                    raise
                except Exception as error:
                    raise NeedsModel(f"{type(callback).__name__}.{method}: {type(error).__name__}") from error


def acts_on_batches(callback: Any) -> bool:
    """Whether a callback does something before or after each batch; TerminateOnNaN is handled apart."""
    if isinstance(callback, keras.callbacks.TerminateOnNaN):
        return type(callback) is not keras.callbacks.TerminateOnNaN
    if isinstance(callback, keras.callbacks.LambdaCallback):
        return any(name in vars(callback) for name in ("on_train_batch_begin", "on_train_batch_end"))
    return any(getattr(type(callback), name) is not getattr(keras.callbacks.Callback, name) for name in BATCH_METHODS)


def steers_by_batches(callbacks: Iterable[Any]) -> bool:
    """Whether one of the callbacks acts after single batches, so that ``fit`` has to run them one by one."""
    return any(acts_on_batches(callback) for callback in callbacks) or ends_on_nan(callbacks)


def needed_records(callbacks: Sequence[Any]) -> tuple[bool, bool]:
    """(validation, metrics): what the logs given to these callbacks must hold."""
    monitors = [getattr(callback, "monitor", None) for callback in callbacks]
    silent = (keras.callbacks.LearningRateScheduler, keras.callbacks.TerminateOnNaN)
    is_open = [m is None and not isinstance(c, silent) for c, m in zip(callbacks, monitors)]
    names = [str(m) for m in monitors if m is not None]
    validation = any(is_open) or any(name.startswith("val_") for name in names)
    metrics = any(is_open) or any(name not in ("loss", "val_loss") for name in names)
    return validation, metrics


def ends_on_nan(callbacks: Iterable[Any]) -> bool:
    """Whether one of the callbacks ends a training whose loss is not finite."""
    return any(isinstance(callback, keras.callbacks.TerminateOnNaN) for callback in callbacks)
