"""Running one variant of a program from several seeds, and judging what it reaches."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from .. import BadInput
from ..programs.copies import first_line
from ..programs.program import Program
from ..programs.training import predict, train
from .case import Case
from .outcomes import Scores
from .scores import constant_score, score
from .tasks import Array
from .variants import Prepared, Variant, prepare_fold

# What Keras and TensorFlow raise about a program that cannot be trained; everything else is an accident of ours.
REFUSALS = (BadInput, ValueError, TypeError, tf.errors.OpError)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one variant reaches.

    Attributes:
        scores: one a seed
        auc: median area under the ROC curve on the rows that judge; None where ranking has no meaning
        updates: that each seed was trained for
        error: what Keras raised instead of training; None if it trained
    """

    scores: Scores
    auc: float | None
    updates: int
    error: str | None = None


class OutOfTime(Exception):
    """The clock ended the search."""


@dataclass
class Ledger:
    """What the search has spent, and what it may spend.

    Attributes:
        updates_left: updates (of one member) that may still be made
        deadline: ``time.monotonic`` at which the search is aborted
        trials: number of trials made
    """

    updates_left: float
    deadline: float
    trials: int = 0

    def check(self) -> None:
        """Raise ``OutOfTime`` if the clock has run out."""
        if time.monotonic() > self.deadline:
            raise OutOfTime


def updates_of(program: Program, rows: int) -> int:
    """Updates that a training makes."""
    per_epoch = program.steps_per_epoch or max(1, -(-rows // max(1, program.batch_size)))
    return per_epoch * max(1, program.epochs - program.initial_epoch)


def run_variant(
    case: Case,
    variant: Variant,
    seeds: Sequence[int],
    *,
    confirm: bool = False,
    learning_rates: Sequence[float] | None = None,
    tick: Callable[[], None] | None = None,
) -> Trial:
    """Train a variant once for each seed, and score it.

    The seeds are dealt to the folds in turn, so that each fold is judged by about as many.

    Args:
        confirm: whether the rows for confirmation judge
        learning_rates: one a seed, instead of the program's own
        tick: called before each training, for progress and time limits
    """
    held = np.full(len(seeds), np.nan)
    training = np.full(len(seeds), np.nan)
    diverged = np.zeros(len(seeds), dtype=bool)
    areas: list[float] = []
    error: str | None = None
    updates = 0
    folds = case.split.folds
    for number, fold in enumerate(folds):
        members = range(number, len(seeds), len(folds))
        if len(members) == 0:
            continue
        if tick is not None:
            tick()
        prepared = prepare_fold(case, variant, fold, confirm=confirm)
        updates = updates_of(prepared.program, len(fold.train))
        rates = None if learning_rates is None else np.asarray(learning_rates)[list(members)]
        try:
            trained = train(prepared.program, seeds=[int(seeds[member]) for member in members], learning_rates=rates)
            outputs = predict(prepared.program, trained, prepared.held)
            own = predict(prepared.program, trained, prepared.training)
        except REFUSALS as problem:  # what Keras says about a variant is a result
            error = f"{type(problem).__name__}: {first_line(problem)}"
            held[list(members)] = training[list(members)] = constant_score(case.task, prepared.held_targets)
            continue
        for place, member in enumerate(members):
            held[member], area = _score(case, prepared, outputs[place], prepared.held_targets)
            training[member], _ = _score(case, prepared, own[place], prepared.training_targets)
            diverged[member] = bool(trained.diverged[place]) or not np.all(np.isfinite(outputs[place]))
            if area is not None:
                areas.append(area)
    return Trial(
        scores=Scores(held=held, training=training, diverged=diverged),
        auc=float(np.median(areas)) if areas else None,
        updates=updates,
        error=error,
    )


def _score(case: Case, prepared: Prepared, outputs: Array, targets: Array) -> tuple[float, float | None]:
    """Score and area under the curve of one member's outputs."""
    outputs = np.asarray(outputs, dtype=float)
    if outputs.shape[-1:] == prepared.factor.shape or prepared.factor.size == 1:
        outputs = outputs * prepared.factor + prepared.offset
    found = score(case.task, outputs, targets, prepared.reading)
    return found.value, found.auc
