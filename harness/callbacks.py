"""Keras callbacks that show what the neurons of any model do during ``fit``, and warn when some are clones.

from harness.callbacks import NeuronHistograms, SymmetryMonitor

model.fit(x, y, epochs=20, callbacks=[NeuronHistograms("logs/mine"), SymmetryMonitor()])
"""

from __future__ import annotations

import itertools
import os
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from .board.events import Series, event_of, file_version, layout_value, record, records_of, scalar_series, text_value
from .board.series import (
    MAX_NEURONS,
    Shown,
    activation_series,
    charts_of,
    neuron_curves,
    neuron_histograms,
    neurons_text,
    shown_neurons,
)
from .models.network import Array
from .programs.units import Units, activations, applied_activation, consumers, groups_of, probe_of, spread_of, units_of

SEPARATED_FRACTION = 1e-3  # units whose difference exceeds this share of how far they moved are not clones


class SymmetryWarning(UserWarning):
    """Some units of a layer are clones."""


def check_every(every: str | int) -> None:
    """Raise ValueError unless ``every`` is "epoch" or a positive integer."""
    if every != "epoch" and (isinstance(every, bool) or not isinstance(every, int) or every < 1):
        raise ValueError(f'every must be "epoch" or a positive number of batches, got {every!r}')


class Periodic(keras.callbacks.Callback):
    """Calls ``look`` at the start of training and then once per epoch or per number of batches.

    With ``steps_per_execution``, Keras calls back once for many batches. ``look`` is then called at the next of these
    calls.
    """

    def __init__(self, every: str | int) -> None:
        super().__init__()
        check_every(every)
        self.every = every
        self.batches = 0  # since the start of training, where batches count
        self.finished_batches = 0  # of them, those of finished epochs
        self.due = 0
        self.async_safe = every == "epoch"  # Keras then need not wait for each batch's logs

    def look(self, logs: dict[str, Any] | None) -> None:
        """What a subclass does; ``logs`` are those of the epoch, or None."""
        raise NotImplementedError

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        self.batches = self.finished_batches = 0
        self.due = 0 if self.every == "epoch" else int(self.every)
        if self.model.built:
            self.look(None)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self.every == "epoch":
            return
        self.batches = self.finished_batches + batch + 1
        if self.batches >= self.due:
            self.due = (self.batches // int(self.every) + 1) * int(self.every)
            self.look(None)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.finished_batches = self.batches
        if self.every == "epoch":
            self.look(logs)

    @property
    def step(self) -> int:
        """Updates of the weights since the model was compiled."""
        return int(self.model.optimizer.iterations)


@keras.saving.register_keras_serializable(package="harness")
class NeuronHistograms(Periodic):
    """Callback to draw every neuron of a model in TensorBoard during `fit`.

    For each neuron it writes a histogram of the incoming weights and a curve of their mean. For each layer it writes
    the effective width, the number of distinct neurons. With data it also writes a histogram of each neuron's
    activation, and the share of activations that is saturated. The Custom Scalars page has one chart per layer with
    all its neurons.

    Layers have their names in the model. Dense, convolutional, embedding and recurrent layers are drawn; a frozen
    layer is drawn once. If a layer has more neurons than `max_neurons`, a sample is drawn, with one of each group of
    clones, and the Text page says so.

    Args:
        log_dir: Folder for the event file. TensorBoard's `--logdir` is this folder or one above it. If the folder
            has event files already, TensorBoard shows all of them as one run.
        every: `"epoch"` (the default), or a number of batches after which to write. The weights before training are
            always written. With `steps_per_execution`, writing waits until Keras calls back.
        x: Optional inputs for the activations, in the form that `model(x)` takes: dozens to hundreds of
            observations. Only for Sequential and functional models.
        max_neurons: Maximum number of neurons drawn per layer. Defaults to 32.

    Example:

    ```python
    model = keras.Sequential([keras.layers.Dense(64, activation="tanh"), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, y, epochs=20, callbacks=[NeuronHistograms("logs/mine", x=x[:200])])
    # then: harness view logs/mine
    ```

    Raises:
        ValueError: `every` is something else, `max_neurons` is less than 1, or `x` is given for a subclassed model.
    """

    def __init__(
        self, log_dir: str | os.PathLike[str], every: str | int = "epoch", x: Any = None, max_neurons: int = MAX_NEURONS
    ) -> None:
        super().__init__(every)
        if max_neurons < 1:
            raise ValueError(f"max_neurons must be 1 or more, got {max_neurons}")
        self.log_dir = os.fspath(log_dir)
        self.x = x
        self.max_neurons = max_neurons
        self.file: Any = None
        self.shown: dict[str, Shown] = {}
        self.probe: keras.Model | None = None

    def get_config(self) -> dict[str, Any]:
        """The arguments, without the data `x`, which must be given again."""
        return {"log_dir": self.log_dir, "every": self.every, "max_neurons": self.max_neurons}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> NeuronHistograms:
        """The callback with these arguments."""
        return cls(**config)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        self.file, self.probe, self.shown = None, None, {}
        super().on_train_begin(logs)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        if self.file is not None:
            self.file.close()

    def look(self, logs: dict[str, Any] | None) -> None:
        """Write one event."""
        every = units_of(self.model)
        groups = {units.layer.name: groups_of(units) for units in every}
        if self.file is None:
            self.open(every, groups)
        drawn = [units for units in every if units.layer.trainable or self.step_of_file == self.step]
        series = [one for units in drawn for one in layer_series(units, groups[units.layer.name], self.shown)]
        if self.x is not None:
            series += self.activation_series(every)
        for data in records_of(series, [self.step], time.time()):
            self.file.write(data)
        self.file.flush()

    def open(self, every: Sequence[Units], groups: Mapping[str, list[list[int]]]) -> None:
        """Open an event file, and choose the neurons to draw."""
        now, folder = time.time(), Path(self.log_dir)
        folder.mkdir(parents=True, exist_ok=True)
        names = (folder / f"events.out.tfevents.{int(now):010}.neurons.{os.getpid()}.{n}" for n in itertools.count())
        self.file = open(next(name for name in names if not name.exists()), "xb")  # noqa: SIM115 - on_train_end closes
        self.step_of_file = self.step
        self.shown = {name: shown_neurons(clones, self.max_neurons) for name, clones in groups.items()}
        once = [layout_value(charts_of([units.layer.name for units in every], self.x is not None))]
        texts = [neurons_text(u.layer.name, u.count, self.shown[u.layer.name], "first event") for u in every]
        if any(texts):
            once.append(text_value("which_neurons", "Which neurons are drawn.", "\n".join(filter(None, texts))))
        self.file.write(file_version(now) + record(event_of(once, self.step, now)))

    def activation_series(self, every: Sequence[Units]) -> list[Series]:
        """The activations of each layer on the data."""
        graph = consumers(self.model)
        applied = [applied_activation(units.layer, graph) for units in every]
        if self.probe is None:
            self.probe = probe_of(self.model, [operation for operation, _ in applied])
        series = []
        for units, (_, name), a in zip(every, applied, activations(self.probe, self.x)):
            series += activation_series(units.layer.name, a[None], name, self.shown[units.layer.name])
        return series


def layer_series(units: Units, groups: Sequence[Sequence[int]], all_shown: Mapping[str, Shown]) -> list[Series]:
    """The weights of the neurons of a layer at one step, and the effective width."""
    name = units.layer.name
    shown, last, weights = all_shown[name], units.count - 1, units.incoming[None]
    series = [
        *neuron_histograms(
            "weights",
            name,
            weights,
            shown,
            last,
            "The incoming weights of neuron {unit}, bias included. Compare it with the other neurons of `{group}`: "
            "**the same picture at every step means the same weights**.",
        ),
        *neuron_curves("weight_mean", name, weights, shown, last, "The mean of the incoming weights of neuron {unit}."),
    ]
    if units.is_hidden:
        described = f"The number of distinct units, out of {units.count}. **Under {units.count} some are clones.**"
        series.append(scalar_series(f"{name}/effective_width", described, [len(groups)]))
    return series


@keras.saving.register_keras_serializable(package="harness")
class SymmetryMonitor(Periodic):
    """Callback to warn when units of a hidden layer are clones.

    Clones have equal incoming and equal outgoing weights. They compute the same and get the same gradient, so they
    stay equal however long training lasts. The layer computes no more than one with its effective width, the number
    of distinct units. The usual reason is a constant initializer (`"ones"`, `"zeros"`).

    A layer is reported once, when some of its units are equal up to rounding after at least one update and have not
    begun to separate. Dense, convolutional, embedding and recurrent layers are watched; gamma and beta of a
    normalisation count as weights of the units that it normalises. Output layers are not watched, because their units
    have different targets, nor are frozen layers. Dropout separates clones by itself, so there is nothing to report.

    At the end of each epoch, `logs` (and so `History` and `CSVLogger`) gets `<layer name>_effective_width`.

    Args:
        every: `"epoch"` (the default), or a number of batches after which to check. With `steps_per_execution`, the
            check waits until Keras calls back.
        stop_training: Whether to stop training when there are clones. Defaults to `False`.
        tolerance: Largest difference between two weights that count as equal, relative to the layer's largest weight.
            `None` (the default) is the square root of the dtype's epsilon.

    Attributes:
        effective_widths: `{layer name: [(updates, effective width), ...]}` of all checks.

    Example:

    ```python
    model = keras.Sequential(
        [
            keras.layers.Dense(64, "tanh", kernel_initializer="ones"),
            keras.layers.Dense(1, "sigmoid", kernel_initializer="ones"),
        ]
    )
    model.compile("sgd", "binary_crossentropy")
    model.fit(x, y, epochs=20, callbacks=[SymmetryMonitor(stop_training=True)])
    # SymmetryWarning: layer 'dense': 1 of its 64 units is distinct after 4 updates. ...
    ```

    Raises:
        ValueError: `every` is something else, or `tolerance` is below 0.
    """

    def __init__(self, every: str | int = "epoch", stop_training: bool = False, tolerance: float | None = None) -> None:
        super().__init__(every)
        if tolerance is not None and tolerance < 0:
            raise ValueError(f"tolerance must be 0 or more, got {tolerance}")
        self.stop_training = stop_training
        self.tolerance = tolerance
        self.effective_widths: dict[str, list[tuple[int, int]]] = {}
        self.start: dict[str, Array] = {}
        self.warned: set[str] = set()

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {"every": self.every, "stop_training": self.stop_training, "tolerance": self.tolerance}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SymmetryMonitor:
        """The callback with these arguments."""
        return cls(**config)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        self.effective_widths, self.start = {}, {}
        super().on_train_begin(logs)

    def look(self, logs: dict[str, Any] | None) -> None:
        """Find the clones of each hidden layer, and warn about those that stay clones."""
        step = self.step
        for units in units_of(self.model):
            name = units.layer.name
            if not units.is_hidden or not units.layer.trainable:
                continue
            groups = groups_of(units, self.tolerance)
            self.effective_widths.setdefault(name, []).append((step, len(groups)))
            if logs is not None:
                logs[f"{name}_effective_width"] = len(groups)
            if name not in self.start:
                self.start[name] = units.columns
            elif name not in self.warned and stay_clones(units, self.start[name], groups):
                self.warned.add(name)
                warnings.warn(advice(units, len(groups), step), SymmetryWarning, stacklevel=2)
                if self.stop_training:
                    self.model.stop_training = True


def stay_clones(units: Units, start: Array, groups: Sequence[Sequence[int]]) -> bool:
    """Whether some groups of clones have not begun to separate since training started from ``start``.

    Weights that are close only because little was learned yet separate about as far as they move.
    """
    moved = np.max(np.abs(units.columns - start), axis=0)
    return any(
        spread_of(units, group) <= SEPARATED_FRACTION * np.max(moved[list(group)]) for group in groups if len(group) > 1
    )


def advice(units: Units, width: int, step: int) -> str:
    """What is wrong with a layer, and what to do."""
    argument = "embeddings_initializer" if isinstance(units.layer, keras.layers.Embedding) else "kernel_initializer"
    unsure = (
        ""
        if units.outgoing is not None
        else " (judged by their incoming weights, because their outgoing weights are not known)"
    )
    return (
        f"layer '{units.layer.name}': {width} of its {units.count} units {'is' if width == 1 else 'are'} distinct "
        f"after {step} update{'' if step == 1 else 's'}{unsure}. Units with equal weights get equal gradients and stay "
        f'equal. Give the layer a random {argument}, for example "glorot_uniform", and check the next layer too.'
    )
