"""A training loop of the user's own that is followed to its end: the rows of its updates, and the same training by fit.

Only plain loops are translated: one model, one loss, one optimizer, whose gradients are those of the loss. Every row
that an update used is kept once, or as often as it stands in the data.
"""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from ..program import Note, NoteKind, Program

Array = NDArray[Any]

MOST_BYTES = 2**28  # of the rows of a loop
MOST_UPDATES = 20_000  # after which a loop may never end
ENDLESS_UPDATES = 5_000  # that are read of a loop that never ends
FEWEST_PASSES = 2  # over its rows, from which on a loop around them is known to make one each time
GRADIENT_TOLERANCE = 1e-3  # relative to the largest gradient, of float32


class ScriptEnded(BaseException):
    """Ends the user's script on purpose; not an Exception, so that the script does not catch it."""


class OutOfTime(ScriptEnded):
    """Ends a script that runs for too long."""


class LoopRead(ScriptEnded):
    """Ends a script whose loop never ends after as many updates as are read of it."""


class NotPlain(Exception):
    """A loop does something that fit does not do."""


@dataclass
class FollowedLoop:
    """The updates of a loop so far."""

    # model, optimizer, loss: those of the first update; every other has the same
    model: Any
    optimizer: Any
    loss: Any
    deadline: float  # of ``time.monotonic``, after which it is taken for a loop that does not end
    is_endless: bool = False  # whether its text says that it never ends
    # how often a loop around its updates has run to the end, and how often it will; (0, 0) if that is not known
    progress: Callable[[], tuple[int, int]] = lambda: (0, 0)
    long: float = np.inf  # of ``time.monotonic``, after which its end is not waited for if it is known
    may_break_off: bool = False  # whether its text says that it can end before that
    passes: int = 0  # over its rows that a loop would have made to its end, if that was not waited for
    rows: dict[bytes, int] = field(default_factory=dict)  # place of each different row, by its bytes
    # x, y: the different rows, in the order in which they came
    x: list[Array] = field(default_factory=list)
    y: list[Array] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)  # how often each was used
    sizes: list[int] = field(default_factory=list)  # rows of each update
    size: int = 0

    def take(self, model: Any, optimizer: Any, loss: Any, x: Any, y: Any) -> None:
        """One more update.

        Raises:
            NotPlain: it is of another model, optimizer or loss, its rows are not known, or there are too many.
            LoopRead: there are as many as are read of an endless loop.
            OutOfTime: the deadline is over.
        """
        if self.is_endless and len(self.sizes) >= ENDLESS_UPDATES:
            raise LoopRead
        if time.monotonic() > self.long:
            self.passes = self.passes_to_come()
        if time.monotonic() > self.deadline or self.passes:
            raise LoopRead if self.is_endless or self.passes else OutOfTime
        is_same = model is self.model and optimizer is self.optimizer and loss is self.loss
        if len(self.sizes) >= MOST_UPDATES or not is_same:
            raise NotPlain
        inputs, targets = rows_of(x), rows_of(y)
        if len(inputs) != len(targets):
            raise NotPlain
        self.sizes.append(len(inputs))
        for row, target in zip(inputs, targets):
            key = row.tobytes() + target.tobytes()
            if key not in self.rows:
                self.size += row.nbytes + target.nbytes
                if self.size > MOST_BYTES or (self.x and row.shape != self.x[0].shape):
                    raise NotPlain
                self.rows[key] = len(self.x)
                self.x.append(row)
                self.y.append(target)
                self.counts.append(0)
            self.counts[self.rows[key]] += 1

    def passes_to_come(self) -> int:
        """Passes over the rows that the loop makes to its end, if each run of the loop around it is one; else 0."""
        least, most = min(self.counts, default=0), max(self.counts, default=0)
        if least < FEWEST_PASSES or most > least + 1:
            return 0
        done, whole = self.progress()
        return whole if FEWEST_PASSES <= done <= least and most <= done + 1 else 0

    def translated(self, program: Program, how: str, most_rows: int | None = None) -> Program:
        """The program that trains with fit as the loop did, and says so in a note.

        Args:
            program: as it was at the first update.
            how: the loop trains.
            most_rows: of an update, if the loop hands on more at once.
        """
        program = self.with_rows(program, self.copies())
        made = max(1, round(sum(self.sizes) / len(program.y)))
        epochs, size = self.passes or made, Counter(self.sizes).most_common(1)[0][0]
        notes = [note for note in program.notes if note.kind not in (NoteKind.OWN_LOOP, NoteKind.FITS_MERGED)]
        notes.append(Note(kind=NoteKind.LOOP_AS_FIT, count=epochs, detail=how))
        if self.is_endless:
            notes.append(Note(kind=NoteKind.ENDLESS, count=len(self.sizes)))
        if self.passes:
            notes.append(Note(kind=NoteKind.STOPPED, count=min(self.counts)))
        if self.passes and self.may_break_off:
            notes.append(Note(kind=NoteKind.BREAKS_OFF))
        return dataclasses.replace(
            program,
            epochs=epochs,
            batch_size=size if most_rows is None else min(size, most_rows),
            steps_per_epoch=None,
            places=dataclasses.replace(program.places, fit=None),  # no line takes the arguments of fit
            notes=tuple(notes),
        )

    def with_rows(self, program: Program, copies: Array | int = 1) -> Program:
        """The program with the rows of all updates so far, each so many times, in the place of those of the first."""
        x, y = (np.repeat(np.stack(rows), copies, axis=0) for rows in (self.x, self.y))
        return dataclasses.replace(program, x=x, y=y)

    def copies(self) -> Array:
        """How often each row stands in the data of a loop: once, if it does not use all equally often."""
        counts = np.array(self.counts)
        passes = counts.min()
        return counts // passes if not np.any(counts % passes) else np.ones_like(counts)


def rows_of(values: Any) -> Array:
    """The rows of one array.

    Raises:
        NotPlain: there are several arrays, or values that are not known yet.
    """
    if values is None or isinstance(values, (list, tuple, dict)):
        raise NotPlain
    try:
        found = np.asarray(keras.ops.convert_to_numpy(values))
    except Exception:  # a tensor without values: the update is traced
        raise NotPlain from None
    if found.ndim == 0 or found.dtype.kind not in "fiub":
        raise NotPlain
    return found


def check_gradients(model: Any, loss: Any, x: Any, y: Any, given: list[Any], variables: list[Any]) -> None:
    """Check that the gradients of an update are those of its loss, if nothing random is in the way.

    The model is left as it was.

    Args:
        given: the gradients, one for each variable; None if there is none.

    Raises:
        NotPlain: they are others, scaled, clipped or of a cost that has more parts.
    """
    import tensorflow as tf

    if loss is None:
        raise NotPlain
    if any(getattr(layer, name) for layer, name in noises(model)):
        return
    before = model.get_weights()
    with tf.GradientTape() as tape:
        value = loss(y, model(x, training=True)) + sum(model.losses)
    wanted = tape.gradient(value, [getattr(variable, "value", variable) for variable in variables])
    model.set_weights(before)
    for one, other in zip(given, wanted):
        if (one is None) != (other is None):
            raise NotPlain
        if one is None:
            continue
        a, b = np.asarray(tf.convert_to_tensor(one)), np.asarray(tf.convert_to_tensor(other))
        if np.max(np.abs(a - b), initial=0.0) > GRADIENT_TOLERANCE * max(np.max(np.abs(b), initial=0.0), 1e-12):
            raise NotPlain


def noises(model: Any) -> list[tuple[Any, str]]:
    """The layers of a model that draw random numbers, each with the attribute that says how strongly."""
    kinds = (
        (keras.layers.Dropout, "rate"),
        (keras.layers.GaussianDropout, "rate"),
        (keras.layers.GaussianNoise, "stddev"),
    )
    return [(layer, name) for layer in model._flatten_layers() for kind, name in kinds if isinstance(layer, kind)]
