"""A Keras program as it was when it called ``fit``: model, data, compile and fit arguments, and where each was written.

Everything that repeats or varies a training takes a ``Program``. It is frozen; ``dataclasses.replace`` makes a variant
with another model, loss, optimizer or data.
"""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from .copies import Drawing, copied_model, drawings_of, drawn_weights, set_weights
from .source.places import Place

Array = NDArray[Any]
Data = Any  # an array, or a list, tuple or dict of arrays, one for each input or output of the model
SAMPLE_ROWS = 2  # rows of x on which a model without an input shape is built


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the parts of a program were written, as far as is known."""

    layers: Mapping[str, Place] = field(default_factory=dict)  # name of a layer -> the call that made it
    compile: Place | None = None  # the call of ``compile``
    fit: Place | None = None  # the call of ``fit``
    optimizer: Place | None = None  # the call that made the optimizer; None if it was given by name
    loss: Place | None = None  # the call that made the loss; None if it was given by name
    # x, y: the lines that last assigned the values of x and y before ``fit``, in order
    x: tuple[Place, ...] = ()
    y: tuple[Place, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Validation:
    """The validation data that ``fit`` was given."""

    x: Data
    y: Data
    sample_weight: Array | None = None


class MadeUp(Enum):
    """How much of the data of a program had to be made up."""

    NOTHING = "nothing"  # all of it is the user's
    VALUES = "values"  # shapes, ranges and labels are those of a known data set, the values are not
    FORMATS = "formats"  # nothing is known of x and y but what the program itself makes of them


class NoteKind(Enum):
    """What the capture changed or could not keep."""

    MATERIALISED = "materialised"  # a dataset or generator was read into arrays; ``count`` rows
    TRUNCATED = "truncated"  # reading stopped at ``count`` rows or batches
    FITS_MERGED = "fits-merged"  # ``count`` calls of fit on the same model were counted as one training
    MORE_FITS = "more-fits"  # the script calls fit ``count`` times
    EARLIER_FIT = "earlier-fit"  # an earlier call of fit, at ``detail``, was not captured: this one is wrong for sure
    STOPPED = "stopped"  # the captured fit was stopped after ``count`` epochs by the time limit
    SCRIPT_FAILED = "script-failed"  # the script failed after the captured fit; ``detail`` says how
    SCRIPT_STOPPED = "script-stopped"  # by the time limit, after the captured fit or ``count`` updates of a loop
    MODULE_REPLACED = "module-replaced"  # one that is not installed and does not touch the data: an empty one is there
    OLD_NAME = "old-name"  # a name that this version of Keras no longer has was supplied; ``detail`` says which
    NOT_COPIED = "not-copied"  # the model cannot be copied; ``detail`` says why
    FILE_FOUND = "file-found"  # the file ``detail`` was read, which the script names by a path that does not exist
    MADE_UP = "made-up"  # something that was not there was made up; ``detail`` says what
    CALLED = "called"  # a function that trains and that the script never calls was called; ``detail`` is its name
    FAILS_BEFORE_FIT = "fails-before-fit"  # the script as it is; ``detail`` is where and how
    IMPORT_SUPPLIED = "import-supplied"  # a usual import that a snippet lacks was supplied; ``detail`` is its name
    OWN_LOOP = "own-loop"  # the script trains without Keras' fit; ``detail`` says how
    NEVER_FIT = "never-fit"  # the script compiles a model and does not train it
    ENDLESS = "endless"  # such a loop never ends; its first ``count`` updates were taken
    LOOP_AS_FIT = "loop-as-fit"  # a loop of the user's own was taken for a fit of ``count`` epochs; ``detail`` says how
    BREAKS_OFF = "breaks-off"  # such a loop can end before its last pass, and was not followed so far
    STEP_OF_KERAS = "step-of-keras"  # a step of the model's own, ``detail``, makes the updates of Keras: left out
    HAND_WRITTEN = "hand-written"  # the program was read from a NumPy file
    WEIGHTS_SET = "weights-set"  # ``count`` weights were set by the script and are not drawn anew


# sorts of what is made up; its name follows in ``detail``
FILE, VALUE, DATA_SET, ARGUMENT, WEIGHTS = "the file", "the value of", "the data set", "the argument", "the weights"


@dataclass(frozen=True, kw_only=True)
class Note:
    """One thing that the capture changed or could not keep."""

    kind: NoteKind
    count: int | None = None
    detail: str = ""


def made_up_parts(notes: Iterable[Note]) -> tuple[str, ...]:
    """What had to be made up, such as ``the file train.csv``."""
    return tuple(dict.fromkeys(note.detail for note in notes if note.kind is NoteKind.MADE_UP))


def real_rows(program: Program) -> int | None:
    """How many rows a program trains on with its real data; None if that is not known."""
    cuts = [note.count for note in program.notes if note.kind is NoteKind.MADE_UP]
    known = [count for count in cuts if count is not None]
    if program.made_up is MadeUp.FORMATS or len(known) < len(cuts):
        return None
    return program.split_rows() * max(known, default=1)


def made_up_names(notes: Iterable[Note], what: str) -> set[str]:
    """The names of what had to be made up of one sort, such as ``FILE``."""
    parts = [part.removeprefix(f"{what} ") for part in made_up_parts(notes) if part.startswith(f"{what} ")]
    return {name for part in parts for name in part.split(", ")}


@dataclass(frozen=True, kw_only=True)
class FitError:
    """An exception that ``fit`` raised in the user's script."""

    kind: str  # class of the exception, such as ``ValueError``
    message: str  # what it says
    place: Place | None  # the user's line


@dataclass(frozen=True, kw_only=True)
class Program:
    """A Keras program as it was when it called ``fit``."""

    name: str  # short name for reports, such as the file's
    path: Path | None = None  # the user's file; None for a model given in Python
    # the model, never to be trained itself: train copies. It is a copy with the weights as they were when fit was
    # called, unless ``is_copyable`` is False
    model: Any
    # path of a weight (``dense/kernel``) -> value when fit was called
    initial_weights: Mapping[str, Array] = field(default_factory=dict)
    # paths of the weights that the script set itself (pretrained, loaded, or trained by an earlier fit); they are kept
    # by every copy
    set_weights: frozenset[str] = frozenset()
    # whether copies of the model can be made. If not, train ``model`` itself from ``fresh_weights``
    is_copyable: bool = True
    loss: Any = None  # as given to compile: a name, a Keras loss, a function, or a list or dict of them
    loss_weights: Any = None  # as given to compile
    optimizer: Any = None  # a Keras optimizer that was never used; ``new_optimizer`` makes one to train with
    # metrics, weighted_metrics: as given to compile; None if there are none
    metrics: Any = None
    weighted_metrics: Any = None
    # other arguments of compile that matter (run_eagerly, jit_compile, steps_per_execution)
    compile_options: Mapping[str, Any] = field(default_factory=dict)
    x: Data  # inputs, (rows, ...), an array or a list, tuple or dict of arrays
    y: Data = None  # targets as given; None if the model is trained without
    sample_weight: Array | None = None  # (rows,) or None
    class_weight: Mapping[int, float] | None = None  # class -> weight, or None
    validation: Validation | None = None  # validation data, or None. See ``split_rows`` for ``validation_split``
    validation_split: float = 0.0  # the share of the last rows that fit keeps apart; 0 if there is none
    epochs: int = 1  # of the whole training (fits of one loop added up)
    batch_size: int = 32  # rows of one update, resolved (Keras' default is 32)
    steps_per_epoch: int | None = None  # updates of an epoch; None for one pass over all rows
    shuffle: bool = True  # whether fit shuffles rows before each epoch
    initial_epoch: int = 0  # where counting starts
    callbacks: tuple[Any, ...] = ()  # given to fit by the user, not attached to a model
    places: Places = Places()  # where things were written
    # of the captured fit, by metric; None if fit was not run or failed
    history: Mapping[str, tuple[float, ...]] | None = None
    seconds: float | None = None  # the captured fit took; None if it was not run
    is_stopped: bool = False  # whether the captured fit was stopped by the time limit
    error: FitError | None = None  # what fit raised, if it did
    fit_number: int = 1  # which call of fit was captured, from 1
    arguments: tuple[str, ...] = ()  # that the script was run with
    # kind of x that fit was given: ``arrays``, ``tensors``, ``dataframe``, ``tf.data``, ``generator``, ``PyDataset``
    source: str = "arrays"
    notes: tuple[Note, ...] = ()  # what the capture changed or could not keep
    # how much of the data had to be made up; such a program is not judged by trainings
    made_up: MadeUp = MadeUp.NOTHING

    @property
    def can_be_trained(self) -> bool:
        """Whether trainings of it say something: its data are the user's, fit trains it, and it has one output."""
        return self.is_fit_on_own_data and self.outputs == 1

    @property
    def is_fit_on_own_data(self) -> bool:
        """Whether fit trains it, on data of the user's."""
        return self.made_up is MadeUp.NOTHING and not self.is_trained_otherwise

    @property
    def is_trained_otherwise(self) -> bool:
        """Whether it was captured without a call of fit: at an update of a loop, or never trained."""
        return any(note.kind in (NoteKind.OWN_LOOP, NoteKind.NEVER_FIT) for note in self.notes)

    @property
    def never_ends(self) -> bool:
        """Whether it was made from a loop that never ends, so that its length is not the user's choice."""
        return any(note.kind is NoteKind.ENDLESS for note in self.notes)

    @property
    def outputs(self) -> int:
        """Outputs of the model; 1 if they are not known."""
        return len(getattr(self.model, "outputs", None) or [None])

    def of_outputs(self) -> Iterator[Program]:
        """For each output of a model with several, the program with this output, its loss and its targets alone."""
        if self.outputs == 1:
            return
        names = self.model.output_names
        for number, (name, output) in enumerate(zip(names, self.model.outputs)):
            loss, y = (part_of(value, number, name) for value in (self.loss, self.y))
            validation = self.validation
            if validation is not None:
                validation = dataclasses.replace(validation, y=part_of(validation.y, number, name), sample_weight=None)
            yield dataclasses.replace(
                self,
                model=keras.Model(self.model.inputs, output),
                loss=loss,
                y=y,
                validation=validation,
                loss_weights=None,
                metrics=None,
                weighted_metrics=None,
                history=None if self.history is None else loss_history(self.history, name),
            )

    @property
    def rows(self) -> int:
        """Rows of x, those of ``validation_split`` included."""
        return row_count(self.x)

    @property
    def sample(self) -> Data:
        """The first rows of x, enough to build a model on; one number a row is a column, as fit takes it."""
        return keras.tree.map_structure(as_column, take_rows(self.x, slice(0, SAMPLE_ROWS)))

    def fed_inputs(self) -> list[tuple[Any, Array]]:
        """Each input of the model, with the data that it is given; empty if their numbers differ."""
        tensors = list(getattr(self.model, "inputs", None) or [])  # a model of a class of its own has none
        by_name = self.x if isinstance(self.x, dict) else {}
        parts: list[Any] = [by_name.get(tensor.name) for tensor in tensors]
        if any(part is None for part in parts):
            parts = keras.tree.flatten(self.x)
        return list(zip(tensors, parts)) if len(tensors) == len(parts) else []

    def split_rows(self) -> int:
        """How many of the first rows fit trains on; the rest is Keras' ``validation_split``."""
        if self.validation_split and self.validation is None:
            return int(self.rows * (1.0 - self.validation_split))  # as Keras rounds it
        return self.rows

    def training_data(self) -> tuple[Data, Data, Array | None]:
        """(x, y, sample_weight) of the rows that fit trains on."""
        rows = slice(0, self.split_rows())
        return take_rows(self.x, rows), take_rows(self.y, rows), take_rows(self.sample_weight, rows)

    def validation_data(self) -> Validation | None:
        """The validation data, given or split off; None if there is none."""
        if self.validation is not None:
            return self.validation
        start = self.split_rows()
        if start == self.rows:
            return None
        rows = slice(start, None)
        return Validation(
            x=take_rows(self.x, rows), y=take_rows(self.y, rows), sample_weight=take_rows(self.sample_weight, rows)
        )

    def new_optimizer(self) -> Any:
        """An optimizer like the user's, without state."""
        return type(self.optimizer).from_config(self.optimizer.get_config())

    def fresh_model(self, seed: int) -> Any:
        """A copy of the model, not compiled, with weights drawn anew by its own initializers.

        Args:
            seed: of initial weights, dropout and noise. The same seed gives the same copy.
        Raises:
            BadInput: the model cannot be copied (``is_copyable`` is False).
        """
        copy = copied_model(self.model, seed, sample=self.sample)
        set_weights(copy, self.fresh_weights(seed))
        return copy

    def fresh_weights(self, seed: int) -> list[Array]:
        """Initial weights drawn anew, in the order of ``model.weights``; the same as those of ``fresh_model(seed)``."""
        drawings = self.drawings()
        known = self._initial_values(drawings)
        kept = [value if path in self.set_weights else None for path, value in known]
        return drawn_weights(drawings, seed, kept)

    def _initial_values(self, drawings: Sequence[Drawing]) -> list[tuple[str, Array | None]]:
        """(path in ``initial_weights``, value) of each weight of a model; (its own path, None) if it is a new one.

        Weights that a copy numbers differently are known by their position, if all shapes are those of the captured
        model, else by their paths.
        """
        initial = list(self.initial_weights.items())
        if [value.shape for _, value in initial] == [drawing.shape for drawing in drawings]:
            return list(initial)
        found: list[tuple[str, Array | None]] = []
        for drawing in drawings:
            value = self.initial_weights.get(drawing.path)
            found.append((drawing.path, value if value is not None and value.shape == drawing.shape else None))
        return found

    def drawings(self) -> tuple[Drawing, ...]:
        """How each weight is drawn; computed once for each model object."""
        known = _DRAWINGS.get(id(self.model))
        if known is None:
            known = _DRAWINGS[id(self.model)] = drawings_of(self.model, self.sample)
            weakref.finalize(self.model, _DRAWINGS.pop, id(self.model), None)
        return known

    def initial_model(self, seed: int = 0) -> Any:
        """A copy of the model, not compiled, with the weights that it had when fit was called.

        Args:
            seed: of dropout and noise, and of the weights of layers that the captured model did not have.
        """
        copy = copied_model(self.model, seed, sample=self.sample)
        known = self._initial_values(self.drawings())
        fresh = self.fresh_weights(seed)
        values = [drawn if value is None else value for (_, value), drawn in zip(known, fresh)]
        set_weights(copy, values)
        return copy

    def compile_copy(self, model: Any) -> Any:
        """Compile ``model`` with this program's loss, metrics and a new optimizer; returns it."""
        options = {name: value for name, value in self.compile_options.items() if name in COMPILE_OPTIONS}
        model.compile(
            optimizer=self.new_optimizer(),
            loss=self.loss,
            loss_weights=self.loss_weights,
            metrics=new_metrics(self.metrics),
            weighted_metrics=new_metrics(self.weighted_metrics),
            **options,
        )
        return model

    def with_model(self, model: Any, **changes: Any) -> Program:
        """A variant with another model, whose weights are drawn by its own initializers, and other changes."""
        return dataclasses.replace(self, model=model, **changes)


def loss_history(history: Mapping[str, tuple[float, ...]], output: str) -> dict[str, tuple[float, ...]] | None:
    """The losses of one output of several, as those of a model that has it alone; None if they were not recorded."""
    losses = history.get(f"{output}_loss")
    return None if losses is None else {"loss": losses}


def part_of(value: Any, number: int, name: str) -> Any:
    """What one output is given of a list or dict of values for all of them, or of one value for all; else None."""
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, (list, tuple)):
        return value[number] if number < len(value) else None
    return value if isinstance(value, str) or callable(value) else None


COMPILE_OPTIONS = ("run_eagerly", "jit_compile", "steps_per_execution")
_DRAWINGS: dict[int, tuple[Drawing, ...]] = {}  # of each model that is still in use, by its id


def new_metrics(metrics: Any) -> Any:
    """The same metrics without what they have counted: Keras' metric objects are made again."""
    if isinstance(metrics, keras.metrics.Metric):
        try:
            return type(metrics).from_config(metrics.get_config())
        except (TypeError, ValueError, NotImplementedError):
            return None  # a metric of the user's own that cannot be made again; training does not depend on it
    if isinstance(metrics, dict):
        return {name: new_metrics(metric) for name, metric in metrics.items()}
    if isinstance(metrics, (list, tuple)):
        return [metric for metric in map(new_metrics, metrics) if metric is not None]
    return metrics


def row_count(data: Data) -> int:
    """Rows of an array or of the first of several arrays."""
    first = keras.tree.flatten(data)[0]
    return int(np.shape(first)[0])


def take_rows(data: Data, rows: slice | Array) -> Data:
    """Some rows of an array or of each of several arrays; None stays None."""
    if data is None:
        return None
    return keras.tree.map_structure(lambda values: values[rows], data)


def as_column(values: Any) -> Any:
    """One number a row as a column; all else as it is."""
    return values[:, None] if np.ndim(values) == 1 else values
