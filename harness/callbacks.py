"""Keras callbacks that show what the neurons of any model do during ``fit``, and warn when some are clones.

from harness.callbacks import NeuronHistograms, SymmetryMonitor

model.fit(x, y, epochs=20, callbacks=[NeuronHistograms("logs/mine"), SymmetryMonitor()])
"""

from __future__ import annotations

import itertools
import os
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import keras
import numpy as np

from .board.events import (
    Series,
    Templates,
    event_of,
    file_version,
    layout_value,
    record,
    records_of,
    scalar_series,
    text_value,
)
from .board.first_page import ANSWER, Pin, write_pins
from .board.runs import event_file
from .board.series import (
    MAX_NEURONS,
    Shown,
    activation_series,
    charts_of,
    gradient_series,
    neurons_text,
    shown_neurons,
    similarity_series,
    symmetry_tag,
    tag_of,
    weight_series,
    width_series,
)
from .measures.symmetry import mean_cosine
from .models.network import Array
from .programs.gradients import LossGradient, gradients_of_units
from .programs.units import (
    Units,
    activations,
    applied_activation,
    consumers,
    groups_of,
    near_groups_of,
    probe_of,
    spread_of,
    units_of,
)
from .report.clones import clone_advice, near_clone_advice

SEPARATED_FRACTION = 1e-3  # units whose difference exceeds this share of how far they moved are not clones
MIN_NEAR_UPDATES = 50  # before which nearly identical units are not reported: they may be about to separate
LIBRARIES = ("harness", "keras", "tensorflow", "jax", "torch")  # whose lines are not the user's


class SymmetryWarning(UserWarning):
    """Some units of a layer are clones, or nearly so."""


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
        self.epoch: int | None = None  # the last one that ended; the one before the first at the start of training
        self.batches = 0  # since the start of training, if batches count
        self.finished_batches = 0  # of them, those of finished epochs
        self.due = 0
        self.async_safe = every == "epoch"  # Keras then need not wait for each batch's logs

    def look(self, logs: dict[str, Any] | None) -> None:
        """What a subclass does; ``logs`` are those of the epoch or batch, or None at the start."""
        raise NotImplementedError

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        self.epoch = None
        self.batches = self.finished_batches = 0
        self.due = 0 if self.every == "epoch" else int(self.every)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self.epoch is None:
            self.epoch = epoch - 1
            if self.model.built:
                self.look(None)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self.every == "epoch":
            return
        self.batches = self.finished_batches + batch + 1
        if self.batches >= self.due:
            self.due = (self.batches // int(self.every) + 1) * int(self.every)
            if hasattr(self.model, "jax_state_sync"):  # until an epoch ends, JAX keeps the weights elsewhere
                self.model.jax_state_sync()
            self.look(dict(logs or {}))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch = epoch
        self.finished_batches = self.batches
        if self.every == "epoch":
            self.look({} if logs is None else logs)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Periodic:
        """The callback with these arguments."""
        return cls(**config)

    @property
    def updates(self) -> int:
        """Updates of the weights since the model was compiled."""
        return int(self.model.optimizer.iterations)


@keras.saving.register_keras_serializable(package="harness")
class NeuronHistograms(Periodic):
    """Callback to draw every neuron of a model in TensorBoard during `fit`.

    For each neuron it writes a histogram of the incoming weights and a curve of their mean. For each layer it writes
    the effective width, the number of distinct neurons, and how similar the neurons are. With inputs `x` it also
    writes a histogram of each neuron's activation, and the share of activations that is saturated. With targets `y`
    too, it writes a histogram of each neuron's gradient and the norm of each layer's gradient. The Custom Scalars page
    has one chart per layer with all its neurons.

    The loss, the metrics and the learning rate are written as `keras.callbacks.TensorBoard` writes them: the same
    names (`epoch_loss`), the same folders (`train` and `validation` in `log_dir`) and the same steps. With
    `every="epoch"`, the step is the number of the epoch, from 0; the weights before training are at step -1. With a
    number of batches, it is the number of updates. If the callback is used for another `fit` that also begins at epoch
    0, its steps go on from the last one.

    Layers have their names in the model. Dense, convolutional, embedding and recurrent layers are drawn; a frozen
    layer is drawn once. If a layer has more neurons than `max_neurons`, a sample is drawn, with one of each group of
    clones, and the Text page says so.

    Args:
        log_dir: Folder for the folders `train` and `validation`. `harness view` takes this folder or one above it. If
            it has event files already, TensorBoard shows all of them as one run.
        every: `"epoch"` (the default), or a number of batches after which to write. The weights before training are
            always written. With `steps_per_execution`, writing waits until Keras calls back. Each time writes about
            2 kB per neuron drawn, so a small number of batches soon fills a disk.
        x: Optional inputs for activations and gradients, in the form that `model(x)` takes: dozens to hundreds of
            observations. Activations need a Sequential or functional model.
        y: Optional targets for `x`, in the form that the model's loss takes. The gradients are those of the compiled
            loss on `x` and `y`, without dropout.
        max_neurons: Maximum number of neurons drawn per layer. Defaults to 32.

    Example:

    ```python
    model = keras.Sequential([keras.layers.Dense(64, activation="tanh"), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, y, epochs=20, callbacks=[NeuronHistograms("logs/mine", x=x[:200], y=y[:200])])
    # then: harness view logs/mine
    ```

    Raises:
        ValueError: `every` is something else, `max_neurons` is less than 1, `y` is given without `x`, the loss cannot
            be computed from `x` and `y`, or `x` is given without `y` for a subclassed model.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        every: str | int = "epoch",
        x: Any = None,
        y: Any = None,
        max_neurons: int = MAX_NEURONS,
    ) -> None:
        super().__init__(every)
        if max_neurons < 1:
            raise ValueError(f"max_neurons must be 1 or more, got {max_neurons}")
        if y is not None and x is None:
            raise ValueError("y was given without x; give the inputs x that the targets y belong to")
        self.log_dir = os.fspath(log_dir)
        self.x, self.y = x, y
        self.max_neurons = max_neurons
        self.files: dict[str, EventFile] = {}
        self.shown: dict[str, Shown] = {}
        self.hidden: list[Summary] = []
        self.probe: keras.Model | None = None
        self.gradient: LossGradient | None = None
        self.later = 0  # steps that this fit's epochs come later than their numbers
        self.last_step: int | None = None

    def get_config(self) -> dict[str, Any]:
        """The arguments, without the data `x` and `y`, which must be given again."""
        return {"log_dir": self.log_dir, "every": self.every, "max_neurons": self.max_neurons}

    @property
    def step(self) -> int:
        """TensorBoard's step."""
        assert self.epoch is not None  # or training would not have begun
        return self.epoch + self.later if self.every == "epoch" else self.updates

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        self.files, self.probe, self.gradient, self.shown = {}, None, None, {}
        super().on_train_begin(logs)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self.epoch is None:
            self.later = 0 if self.last_step is None else max(0, self.last_step - (epoch - 1))
        super().on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_epoch_end(epoch, logs)
        if self.every != "epoch":
            self.write([], logs or {}, "epoch_", epoch + self.later)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        if self.hidden:
            text = text_value(ANSWER, "What the layers are like at the end.", layers_text(self.hidden, self.updates))
            self.file("train").add([text], self.step)
        for file in self.files.values():
            file.close()

    def look(self, logs: dict[str, Any] | None) -> None:
        """Write one event."""
        every = units_of(self.model)
        groups = {units.layer.name: groups_of(units) for units in every}
        is_first = not self.shown
        if is_first:
            self.shown = {name: shown_neurons(clones, self.max_neurons) for name, clones in groups.items()}
        self.hidden = [Summary.of(units, groups[units.layer.name]) for units in every if units.is_hidden]
        drawn = [units for units in every if units.layer.trainable or is_first]
        series = [
            one
            for hidden in self.hidden
            for one in (
                *width_series(hidden.name, hidden.units, [hidden.width]),
                *similarity_series(hidden.name, [hidden.similarity]),
            )
        ]
        for units in drawn:
            series += weight_series(units.layer.name, units.incoming[None], self.shown[units.layer.name])
        if self.x is not None:
            series += self.activation_series(every)
        if self.y is not None:
            series += self.gradient_series(every)
        if is_first:
            self.file("train").add(self.once(every), self.step)
            write_pins(Path(self.log_dir) / "train", self.pins(every))
        self.write(series, logs or {}, "epoch_" if self.every == "epoch" else "batch_", self.step)
        if self.every == "epoch":
            self.last_step = self.step

    def write(self, series: Sequence[Series], logs: Mapping[str, Any], prefix: str, step: int) -> None:
        """Write series, and the logs as Keras' own callback names and places them."""
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        validation = {name[4:]: value for name, value in logs.items() if name.startswith("val_")}
        rate = getattr(self.model.optimizer, "learning_rate", None)
        if train and prefix == "epoch_" and rate is not None:
            train["learning_rate"] = float(keras.ops.convert_to_numpy(rate))
        self.file("train").write([*log_series(prefix, train), *series], step)
        if validation:
            self.file("validation").write(log_series(prefix, validation), step)

    def file(self, name: str) -> EventFile:
        """The event file in the folder of that name."""
        if name not in self.files:
            self.files[name] = EventFile(Path(self.log_dir) / name)
        return self.files[name]

    def once(self, every: Sequence[Units]) -> list[Any]:
        """What the file says once: the Custom Scalars page, and which neurons are drawn."""
        charts = charts_of([units.layer.name for units in every], activations=self.x is not None)
        texts = [neurons_text(u.layer.name, u.count, self.shown[u.layer.name], "first event") for u in every]
        description = "\n".join(filter(None, texts))
        which = [text_value("which_neurons", "Which neurons are drawn.", description)] if description else []
        return [layout_value(charts), *which]

    def pins(self, every: Sequence[Units]) -> list[Pin]:
        """The cards that `harness view` shows first: the loss, and how distinct the first hidden layer's units are."""
        first = [units.layer.name for units in every if units.is_hidden][:1]
        tags = ["epoch_loss" if self.every == "epoch" else "batch_loss"]
        tags += [symmetry_tag(name, what) for name in first for what in ("effective_width", "similarity")]
        if self.y is not None:
            tags += [tag_of(units.layer.name, "gradient_norm") for units in every[:1]]
        return [Pin(plugin="scalars", tag=tag) for tag in tags]

    def activation_series(self, every: Sequence[Units]) -> list[Series]:
        """The activations of each layer on the data; none of a model without a graph if it has gradients to show."""
        graph = consumers(self.model)
        applied = [applied_activation(units.layer, graph) for units in every]
        if self.probe is None:
            try:
                self.probe = probe_of(self.model, [operation for operation, _ in applied])
            except ValueError:
                if self.y is None:
                    raise
                return []
        series = []
        for units, (_, name), a in zip(every, applied, activations(self.probe, self.x)):
            series += activation_series(units.layer.name, a[None], name, self.shown[units.layer.name])
        return series

    def gradient_series(self, every: Sequence[Units]) -> list[Series]:
        """The gradients of each trainable layer's weights."""
        if self.gradient is None:
            self.gradient = LossGradient(self.model, self.x, self.y)
        layers = [units.layer for units in every if units.layer.trainable]
        series = []
        for layer, gradient in zip(layers, gradients_of_units(layers, self.gradient())):
            series += gradient_series(layer.name, gradient[None], self.shown[layer.name])
        return series


class EventFile:
    """An event file that is written step by step, with the description of each tag where the tag first occurs.

    Args:
        folder: made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        now = time.time()
        folder.mkdir(parents=True, exist_ok=True)
        names = (f"neurons.{os.getpid()}.{number}" for number in itertools.count())
        paths = (folder / event_file(f"{int(now):010}", name) for name in names)
        self.opened = open(next(path for path in paths if not path.exists()), "xb")  # noqa: SIM115 - close() closes it
        self.opened.write(file_version(now))
        self.templates: Templates = {}

    def add(self, values: Sequence[Any], step: int) -> None:
        """Add values that come once."""
        self.opened.write(record(event_of(values, step, time.time())))

    def write(self, series: Sequence[Series], step: int) -> None:
        """Write one event, so that it can be seen at once."""
        for data in records_of(series, [step], time.time(), self.templates):
            self.opened.write(data)
        self.opened.flush()

    def close(self) -> None:
        """Close the file."""
        self.opened.close()


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How distinct the units of a hidden layer are."""

    name: str
    units: int
    width: int
    similarity: float

    @classmethod
    def of(cls, units: Units, groups: Sequence[Sequence[int]]) -> Summary:
        """That of a layer whose units are in these groups of clones."""
        return cls(name=units.layer.name, units=units.count, width=len(groups), similarity=mean_cosine(units.columns))


def layers_text(hidden: Sequence[Summary], updates: int) -> str:
    """The hidden layers in Markdown."""
    rows = "\n".join(f"| {one.name} | {one.units} | {one.width} | {one.similarity:.3f} |" for one in hidden)
    return (
        f"After {updates:,} updates:\n\n| hidden layer | units | distinct | mean cosine similarity |\n"
        f"| --- | ---: | ---: | ---: |\n{rows}\n"
    )


def log_series(prefix: str, logs: Mapping[str, Any]) -> list[Series]:
    """Losses and metrics."""
    described = "`{}` of the epoch." if prefix == "epoch_" else "`{}`, the mean since the epoch began."
    return [
        scalar_series(f"{prefix}{name}", described.format(name), [float(value)])
        for name, value in logs.items()
        if np.ndim(value) == 0
    ]


@keras.saving.register_keras_serializable(package="harness")
class SymmetryMonitor(Periodic):
    """Callback to warn when units of a hidden layer are clones, or nearly so.

    Clones have equal incoming and equal outgoing weights. They compute the same and get the same gradient, so they
    stay equal however long training lasts. The layer computes no more than one with its effective width, the number
    of distinct units. The usual reason is a constant initializer (`"ones"`, `"zeros"`).

    A layer is reported once, with a warning at the line that calls `fit`, when some of its units are equal up to
    rounding after at least one update and have not begun to separate. Dropout and other noise separate clones, but
    often so slowly that the layer stays as good as a narrow one. A layer is therefore also reported when more than
    half of its units were nearly identical before training (their weights differ by less than a tenth of their
    length) and still are at the end of an epoch, after at least 50 updates.

    Dense, convolutional, embedding and recurrent layers are watched; gamma and beta of a normalisation count as
    weights of the units that it normalises. Output layers are not watched, because their units have different
    targets, nor are frozen layers.

    At the end of each epoch, `History` gets `<layer name>_effective_width`. It is also in `logs`, and so in the
    progress line and `CSVLogger`, while it is smaller than the number of units.

    Args:
        every: `"epoch"` (the default), or a number of batches after which to check. With `steps_per_execution`, the
            check waits until Keras calls back.
        stop_training: Whether to stop training when there are clones. Defaults to `False`. Nearly identical units do
            not stop it.
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
        self.were_clones: dict[str, bool] = {}
        self.near_at_start: dict[str, list[int]] = {}
        self.looked_at: list[Units] = []
        self.warned: set[str] = set()

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {"every": self.every, "stop_training": self.stop_training, "tolerance": self.tolerance}

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        self.effective_widths, self.start = {}, {}
        super().on_train_begin(logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_epoch_end(epoch, logs)
        every = self.looked_at if self.every == "epoch" else self.watched()
        self.looked_at = []
        for units in every:
            if units.layer.name in self.effective_widths:
                self.report_width(units, {} if logs is None else logs)
            if units.layer.name not in self.warned:
                self.warn_of_near_clones(units)

    def watched(self) -> list[Units]:
        """The hidden layers that are trained."""
        return [units for units in units_of(self.model) if units.is_hidden and units.layer.trainable]

    def look(self, logs: dict[str, Any] | None) -> None:
        """Find the clones of each hidden layer, and warn about those that stay clones."""
        self.looked_at = self.watched()
        for units in self.looked_at:
            name = units.layer.name
            groups = groups_of(units, self.tolerance)
            self.effective_widths.setdefault(name, []).append((self.updates, len(groups)))
            if name not in self.start:
                self.start[name] = units.columns
                self.were_clones[name] = len(groups) < units.count
                self.near_at_start[name] = largest_near_group(units)
            elif name not in self.warned and stay_clones(units, self.start[name], groups):
                self.warned.add(name)
                warn_user(clone_advice(units, len(groups), self.updates, self.were_clones[name]))
                if self.stop_training:
                    self.model.stop_training = True

    def report_width(self, units: Units, logs: dict[str, Any]) -> None:
        """Put a layer's last effective width into the history, and into the logs if it is too small."""
        key = f"{units.layer.name}_effective_width"
        width = self.effective_widths[units.layer.name][-1][1]
        if width < units.count:
            logs[key] = width
        elif getattr(self.model, "history", None) is not None:
            self.model.history.history.setdefault(key, []).append(width)

    def warn_of_near_clones(self, units: Units) -> None:
        """Warn if most units of a layer began nearly identical and are so still."""
        before = self.near_at_start.get(units.layer.name, [])
        if not before or self.updates < MIN_NEAR_UPDATES:
            return
        group = sorted(set(largest_near_group(units)) & set(before))
        if 2 * len(group) > units.count:
            self.warned.add(units.layer.name)
            warn_user(near_clone_advice(units, group, self.updates))


def stay_clones(units: Units, start: Array, groups: Sequence[Sequence[int]]) -> bool:
    """Whether some groups of clones have not begun to separate since training started from ``start``.

    Weights that are close only because little was learned yet separate about as far as they move.
    """
    moved = np.max(np.abs(units.columns - start), axis=0)
    return any(
        spread_of(units, group) <= SEPARATED_FRACTION * np.max(moved[list(group)]) for group in groups if len(group) > 1
    )


def largest_near_group(units: Units) -> list[int]:
    """The largest group of nearly identical units; empty if it has not more than half of the layer's units."""
    group = max(near_groups_of(units), key=len, default=[])
    return group if 2 * len(group) > units.count else []


def warn_user(message: str) -> None:
    """A ``SymmetryWarning`` at the line outside of Keras, its backend and this package that led here: the user's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] in LIBRARIES:
        frame = frame.f_back
    if frame is None:
        warnings.warn(message, SymmetryWarning, stacklevel=2)
        return
    warnings.warn_explicit(
        message,
        SymmetryWarning,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno,
        module=frame.f_globals.get("__name__"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )
