"""Many seeds of one Keras program trained at once, with the meaning of ``fit``.

``train`` runs all members in one compiled loop (vectorised.py) or, if the program does not allow that, by Keras' own
``fit`` one after another (fallback.py). Both use the same initial weights, batches and seeds and return the same type;
``Trained.engine`` says which it was. Why it was ``fit``, ``CannotVectorise`` says if the loop is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from .batches import plan_of
from .costs import cost_of_structure, cost_per_update, members_at_once, rows_at_once, work_of
from .epochs import TrainingTask, loop_key, loop_of, train_members
from .fallback import FitFailed, fit_members, predict_by_model
from .program import Program
from .replay import needed_records, steering_callbacks
from .structure import TrainingData, prepared_data, training_rows, validation_rows
from .trained import Engine, FallbackReason, Trained
from .vectorised import CannotVectorise, VectorisedLoop, known_loop

__all__ = [
    "CannotVectorise", "Engine", "FallbackReason", "FitFailed", "Trained", "cost_of_structure",
    "cost_per_update", "predict", "train",
]  # fmt: skip

Array = NDArray[Any]


def train(
    program: Program,
    *,
    seeds: Sequence[int],
    updates: int | None = None,
    epochs: int | None = None,
    learning_rates: Array | Sequence[float] | None = None,
    initial_weights: Sequence[Array] | None = None,
    engine: Engine | None = None,
    compiled: bool | None = None,
    uses: int = 1,
) -> Trained:
    """Train a program from many seeds.

    Args:
        program: what is trained.
        seeds: one of each member, 0 or above: of its initial weights, the order of its rows, its dropout masks.
        updates: updates of each member; None for ``epochs``.
        epochs: epochs of each member; None for the program's own, if ``updates`` is None too.
        learning_rates: (members,) rates in place of the optimizer's own.
        initial_weights: for each weight of ``model.weights``, (members, ...), in place of weights drawn from the seeds.
        engine: what is to train them; None for the compiled loop if it can, else ``fit``.
        compiled: whether XLA compiles the loop; None if that pays, by an estimate from counts.
        uses: how many trainings of this structure and length are expected; one compilation serves them all.
    Raises:
        ValueError: arguments that do not fit together, such as learning rates for a schedule.
        CannotVectorise: ``engine`` is VECTORISED and the program does not allow it.
        FitFailed: Keras' own ``fit`` raises an exception for this program.
    """
    if not seeds or min(seeds) < 0:
        raise ValueError("seeds must be one or more integers of 0 or above")
    data = training_rows(program)
    plan = plan_of(program, data.rows)
    if updates is None:
        updates = plan.steps * (max(0, program.epochs - program.initial_epoch) if epochs is None else epochs)
    callbacks = steering_callbacks(program.callbacks)
    watches_validation, watches_metrics = needed_records(callbacks)
    validation = validation_rows(program) if watches_validation else None
    rates = None if learning_rates is None else np.broadcast_to(np.asarray(learning_rates, float), (len(seeds),))
    weights = drawn_members(program, seeds) if initial_weights is None else [np.asarray(w) for w in initial_weights]
    has_metrics = bool(program.metrics or program.weighted_metrics) and watches_metrics
    training = TrainingTask(
        program=program,
        data=data,
        plan=plan,
        updates=updates,
        validation=validation,
        callbacks=callbacks,
        has_metrics=has_metrics,
        compiled=compiled,
        uses=uses,
    )
    if engine is not Engine.FIT:
        try:
            return train_members(training, seeds, weights, rates)
        except CannotVectorise:
            if engine is Engine.VECTORISED:
                raise
    return fit_members(training, seeds, weights, rates)


def drawn_members(program: Program, seeds: Sequence[int]) -> list[Array]:
    """For each weight of ``model.weights``, (members, ...), drawn by its own initializer from each seed."""
    return [np.stack(values) for values in zip(*(program.fresh_weights(seed) for seed in seeds))]


def predict(program: Program, trained: Trained, x: Any) -> Any:
    """Outputs of all members in inference mode.

    Args:
        program: the program that was trained, or one of the same structure.
        trained: its members.
        x: inputs, (rows, ...), an array or a list or dict of them.
    Returns:
        (members, rows, ...), or a list or dict of them if the model has several outputs.
    """
    if trained.engine is Engine.FIT:
        return predict_by_model(program, trained, x)
    try:
        return _predict_at_once(program, trained, x)
    except CannotVectorise:
        return predict_by_model(program, trained, x)


def _predict_at_once(program: Program, trained: Trained, x: Any) -> Any:
    """Outputs of all members by the loop of their structure.

    Raises:
        CannotVectorise: TensorFlow cannot trace the model for any number of rows.
    """
    data = training_rows(program)
    inputs = prepared_data(x, None, None).x
    work = work_of(program)
    loop = _any_loop(program, data, trained.members)
    group = loop.members
    parts = []
    for first in range(0, trained.members, group):
        chosen = slice(first, min(first + group, trained.members))
        weights = [_filled(stacked[chosen], group) for stacked in trained.weights]
        state = loop.starting([0] * group, weights, None)
        outputs = loop.predict(state, inputs, rows_at_once(work, group))
        parts.append(keras.tree.map_structure(lambda a, n=chosen.stop - chosen.start: a[:n], outputs))
    return keras.tree.map_structure(lambda *pieces: np.concatenate(pieces), *parts)


def _filled(stacked: Array, count: int) -> Array:
    """The first axis filled up to ``count`` by repeating its last entry."""
    return np.concatenate([stacked, np.repeat(stacked[-1:], count - len(stacked), axis=0)])


def _any_loop(program: Program, data: TrainingData, members: int) -> VectorisedLoop:
    """A loop of this structure for so many members or a group of them, compiled or not; made without XLA if there is
    none."""
    work, batch = work_of(program), min(program.batch_size, data.rows)
    for is_compiled in (True, False):
        group = members_at_once(work, batch=batch, members=members, is_compiled=is_compiled)
        known = known_loop(loop_key(program, data, members=group, is_compiled=is_compiled, has_metrics=False))
        if known is not None:
            return known
    return loop_of(program, data, members=group, is_compiled=False, has_metrics=False)
