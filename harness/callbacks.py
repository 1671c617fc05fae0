"""Keras callbacks that show what the neurons of any model do during ``fit``, and tell when some are clones.

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

PARTED = 1e-3  # clones that have come apart by this share of how far they have moved are parting, not clones


class SymmetryWarning(UserWarning):
    """Some units of a layer are clones."""


def check_every(every: str | int) -> None:
    """Raise ValueError unless ``every`` says how often."""
    if every != "epoch" and (isinstance(every, bool) or not isinstance(every, int) or every < 1):
        raise ValueError(f'every must be "epoch" or a number of batches from 1 on, got {every!r}')


class Periodic(keras.callbacks.Callback):
    """Calls ``look`` at the start of training and then every epoch or every so many batches.

    With ``steps_per_execution`` Keras calls back once for many batches: ``look`` is then called at the first chance
    after it is due.
    """

    def __init__(self, every: str | int) -> None:
        super().__init__()
        check_every(every)
        self.every = every
        self.batches = 0  # since the start of training, where batches count
        self.of_epochs = 0  # of them, those of epochs that are over
        self.due = 0
        self.async_safe = every == "epoch"  # Keras then need not wait for each batch's logs

    def look(self, logs: dict[str, Any] | None) -> None:
        """What a subclass does; ``logs`` are those of the epoch, None at other times."""
        raise NotImplementedError

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        self.batches = self.of_epochs = 0
        self.due = 0 if self.every == "epoch" else int(self.every)
        if self.model.built:
            self.look(None)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self.every == "epoch":
            return
        self.batches = self.of_epochs + batch + 1
        if self.batches >= self.due:
            self.due = (self.batches // int(self.every) + 1) * int(self.every)
            self.look(None)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.of_epochs = self.batches
        if self.every == "epoch":
            self.look(logs)

    @property
    def step(self) -> int:
        """Updates of the weights since the model was compiled."""
        return int(self.model.optimizer.iterations)


@keras.saving.register_keras_serializable(package="harness")
class NeuronHistograms(Periodic):
    """Callback to draw every neuron of a model in TensorBoard during `fit`.

    For each neuron of each layer it writes a histogram of the incoming weights and a curve of their mean, and for each
    layer, as a picture of its symmetry, the effective width (the number of distinct neurons). With data, also a
    histogram of each neuron's activation and the share of activations that is saturated. The Custom Scalars page has
    one chart with all neurons of a layer in it.

    Layers are named as in the model. Drawn are Dense, convolutional, embedding and recurrent layers; a frozen layer
    is drawn once. A layer with more neurons than `max_neurons` is sampled, clones being drawn once, and the Text page
    says so.

    Args:
        log_dir: The folder for the event file. TensorBoard's `--logdir` is this folder or one above it. A folder
            that has event files already gets one more, and TensorBoard shows both as one run.
        every: `"epoch"` (the default), or a whole number: write after each so many batches. The weights before
            training are always written. With `steps_per_execution`, it is the first chance after them.
        x: Optional inputs, in the form that `model(x)` takes, for the activations: some dozens to hundreds of
            observations. Sequential and functional models only.
        max_neurons: At most so many neurons of a layer are drawn. Defaults to 32.

    Example:

    ```python
    model = keras.Sequential([keras.layers.Dense(64, activation="tanh"), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, y, epochs=20, callbacks=[NeuronHistograms("logs/mine", x=x[:200])])
    # then: harness view logs/mine
    ```

    Raises:
        ValueError: `every` is neither, `max_neurons` is under 1, or `x` is given for a model that is no graph.
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
        """The arguments, without the data `x`, which is to be given anew."""
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
        """Begin an event file, and settle which neurons are drawn."""
        now, folder = time.time(), Path(self.log_dir)
        folder.mkdir(parents=True, exist_ok=True)
        names = (folder / f"events.out.tfevents.{int(now):010}.neurons.{os.getpid()}.{n}" for n in itertools.count())
        self.file = open(next(name for name in names if not name.exists()), "xb")  # noqa: SIM115 - on_train_end closes
        self.step_of_file = self.step
        self.shown = {name: shown_neurons(found, self.max_neurons) for name, found in groups.items()}
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
        found = []
        for units, (_, name), a in zip(every, applied, activations(self.probe, self.x)):
            found += activation_series(units.layer.name, a[None], name, self.shown[units.layer.name])
        return found


def layer_series(units: Units, groups: Sequence[Sequence[int]], all_shown: Mapping[str, Shown]) -> list[Series]:
    """The weights of a layer's neurons, at one step, and how many are distinct."""
    name = units.layer.name
    shown, last, weights = all_shown[name], units.count - 1, units.incoming[None]
    found = [
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
        described = f"How many of the {units.count} units are distinct. **Under {units.count} some are clones.**"
        found.append(scalar_series(f"{name}/effective_width", described, [len(groups)]))
    return found


@keras.saving.register_keras_serializable(package="harness")
class SymmetryMonitor(Periodic):
    """Callback to warn when units of a hidden layer are clones.

    Clones have equal incoming and equal outgoing weights. They compute the same, get the same gradient, and so stay
    equal however long training lasts: the layer is as good as one with its effective width, the number of distinct
    units. It comes of a constant initializer (`"ones"`, `"zeros"`), where every weight should have been drawn.

    A layer is reported when some of its units, after at least one update of the weights, are equal up to rounding and
    have not begun to part, and once only: with its name, the numbers and what to do. Watched are Dense, convolutional,
    embedding and recurrent layers, gamma and beta of a normalisation counting as weights of the units that it
    normalises. Output layers are not watched (their units answer to targets), nor are frozen layers, which no
    training changes. Dropout parts clones by itself, and then there is nothing to report.

    At the end of each epoch, `logs` (and so `History` and `CSVLogger`) gets `<layer name>_effective_width`.

    Args:
        every: `"epoch"` (the default), or a whole number: look after each so many batches. With
            `steps_per_execution`, it is the first chance after them.
        stop_training: Whether to end training when clones are found. Defaults to `False`.
        tolerance: How far apart, relative to the layer's largest weight, two weights may lie and count as equal.
            `None` (the default) is the square root of the dtype's epsilon.

    Attributes:
        effective_widths: `{layer name: [(updates, effective width), ...]}`, of all looks.

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
    # SymmetryWarning: layer 'dense': 1 of its 64 units is distinct ...
    ```

    Raises:
        ValueError: `every` is neither, or `tolerance` is below 0.
    """

    def __init__(self, every: str | int = "epoch", stop_training: bool = False, tolerance: float | None = None) -> None:
        super().__init__(every)
        if tolerance is not None and tolerance < 0:
            raise ValueError(f"tolerance must be 0 or more, got {tolerance}")
        self.stop_training = stop_training
        self.tolerance = tolerance
        self.effective_widths: dict[str, list[tuple[int, int]]] = {}
        self.start: dict[str, Array] = {}
        self.told: set[str] = set()

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
        """Find the clones of each hidden layer, and tell of those that stay."""
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
            elif name not in self.told and stay_clones(units, self.start[name], groups):
                self.told.add(name)
                warnings.warn(advice(units, len(groups), step), SymmetryWarning, stacklevel=2)
                if self.stop_training:
                    self.model.stop_training = True


def stay_clones(units: Units, start: Array, groups: Sequence[Sequence[int]]) -> bool:
    """Whether some of the groups of clones have not begun to part since training started from ``start``.

    Weights that are near each other because little was learned yet come apart as far as they move.
    """
    moved = np.max(np.abs(units.columns - start), axis=0)
    return any(spread_of(units, group) <= PARTED * np.max(moved[list(group)]) for group in groups if len(group) > 1)


def advice(units: Units, width: int, step: int) -> str:
    """What is the matter with a layer, and what to do."""
    argument = "embeddings_initializer" if isinstance(units.layer, keras.layers.Embedding) else "kernel_initializer"
    unsure = "" if units.outgoing is not None else " (judged by their incoming weights: what they feed is not known)"
    return (
        f"layer '{units.layer.name}': of its {units.count} units {width} {'is' if width == 1 else 'are'} distinct "
        f"after {step} update{'' if step == 1 else 's'}{unsure}. Units with equal weights get equal gradients and stay "
        f'equal. Give the layer a random {argument}, "glorot_uniform" for example, and look at the next layer\'s too.'
    )
