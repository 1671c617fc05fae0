"""Members trained one after another by Keras' own ``fit``: for every program that cannot be vectorised.

The batches, initial weights and seeds are those that the compiled loop would use, so that both give the same numbers.
One model is built and traced, and trained again from each member's weights.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from .batches import BatchPlan
from .copies import derived_seed, forget_states
from .epochs import TrainingTask, first_bad
from .lowering import untracked_variables
from .program import Program, row_count, take_rows
from .replay import copied_callback, steering_callbacks, steers_by_batches
from .structure import TrainingData, prepared_data, template_of
from .trained import Engine, Trained
from .vectorised import SEED_STREAM, seed_places

Array = NDArray[Any]

STEPS_AT_ONCE = 50  # updates of one execution, if the steps of an epoch can be divided so
GLOBAL_STREAM = 4  # tells seeds of Keras' global generator apart from the others


class FitFailed(Exception):
    """Keras' own ``fit`` raised an exception: the program cannot be trained as it is.

    Attributes:
        kind: class of the exception, such as ``ValueError``.
        message: what it says.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self.kind = type(error).__name__
        self.message = str(error)


class FitTrainer:
    """A compiled copy of a program's model, trained again and again from other weights.

    Args:
        program: what is trained.
        data: the rows that are trained on.
        plan: how they are divided into batches.
    """

    def __init__(self, program: Program, data: TrainingData, plan: BatchPlan) -> None:
        self.program = program
        self.data = data
        self.plan = plan
        self.model = template_of(program, data)
        self.callbacks = steering_callbacks(program.callbacks)
        own_steps = program.compile_options.get("steps_per_execution") or 1
        self.at_once = own_steps if steers_by_batches(self.callbacks) else steps_at_once(plan.steps)
        self.model.steps_per_execution = self.at_once
        self.is_settable = isinstance(self.model.optimizer._learning_rate, keras.Variable)
        optimizer = self.model.optimizer
        self.optimizer_variables = [*optimizer.variables, *untracked_variables(optimizer)]
        self.fresh_optimizer = [keras.ops.convert_to_numpy(v) for v in self.optimizer_variables]

    def reset(self, seed: int, weights: Sequence[Array], rate: float | None) -> None:
        """Set weights, the optimizer's state and all seeds to what a member begins with."""
        model = self.model
        keras.utils.set_random_seed(derived_seed(seed, GLOBAL_STREAM))
        model.set_weights(list(weights))
        forget_states(model)
        for variable, value in zip(self.optimizer_variables, self.fresh_optimizer):
            variable.assign(value)
        if rate is not None:
            model.optimizer.learning_rate = rate
        for number, place in enumerate(seed_places(model)):
            variable = model.non_trainable_variables[place]
            variable.assign(np.array([derived_seed(seed, number, SEED_STREAM), 0]))

    def dataset(self, seed: int, first: int, last: int) -> Any:
        """The batches of updates ``first`` .. ``last`` - 1 of a member."""
        batches = self.plan.batches([seed], first, last)[:, 0]
        sizes = self.plan.batch_sizes(first, last)
        leaves = [tf.constant(leaf) for leaf in self.data.leaves()]
        has_one_size = bool((sizes == self.plan.size).all())

        def batch(rows: Any, size: Any) -> Any:
            chosen = rows if has_one_size else rows[:size]
            x, y, weight = self.data.packed([tf.gather(leaf, chosen) for leaf in leaves])
            return (x,) if y is None else (x, y) if weight is None else (x, y, weight)

        rows = tf.data.Dataset.from_tensor_slices((batches, sizes.astype(np.int32)))
        batch = tf.autograph.experimental.do_not_convert(batch)  # whose converted file a killed process leaves behind
        return rows.map(batch, num_parallel_calls=1, deterministic=True).prefetch(2)

    def train(self, seed: int, epochs: int, partial: int, validation: TrainingData | None) -> list[float]:
        """Train from the state that was set.

        Args:
            epochs: whole epochs.
            partial: updates after them.
            validation: evaluated after each epoch, if given.
        Returns:
            The loss of each epoch.
        """
        program, steps = self.program, self.plan.steps
        callbacks = [fresh_callback(callback) for callback in self.callbacks]
        given = None
        if validation is not None:
            given = tuple(a for a in (validation.x, validation.y, validation.sample_weight) if a is not None)
        losses: list[float] = []
        first = program.initial_epoch
        if epochs:
            fitted = self.model.fit(
                self.dataset(seed, 0, epochs * steps),
                initial_epoch=first,
                epochs=first + epochs,
                steps_per_epoch=steps,
                validation_data=given,
                validation_batch_size=None if given is None else program.batch_size,
                shuffle=False,
                callbacks=callbacks,
                verbose=0,
            )
            losses += map(float, fitted.history["loss"])
        if partial and len(losses) == epochs:
            self.model.steps_per_execution = 1
            fitted = self.model.fit(
                self.dataset(seed, epochs * steps, epochs * steps + partial),
                validation_data=given,
                shuffle=False,
                verbose=0,
            )
            self.model.steps_per_execution = self.at_once
            losses += map(float, fitted.history["loss"])
        return losses


def steps_at_once(steps: int) -> int:
    """The most updates of one execution that divide an epoch evenly."""
    return max(count for count in range(1, STEPS_AT_ONCE + 1) if steps % count == 0)


def fresh_callback(callback: Any) -> Any:
    """A callback without what it counted so far; itself if it cannot be copied."""
    try:
        return copied_callback(callback)
    except Exception:
        return callback


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Let nothing that a user's callback or loss prints, and no warning, reach the terminal."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def fit_members(
    training: TrainingTask, seeds: Sequence[int], weights: Sequence[Array], learning_rates: Array | None
) -> Trained:
    """Train all members by Keras' own ``fit``, one after another.

    Args:
        training: what is trained.
        seeds: one of each member.
        weights: for each weight of ``model.weights``, (members, ...).
        learning_rates: (members,) or None for the program's own.
    Raises:
        ValueError: learning rates for an optimizer with a schedule.
        FitFailed: Keras raised an exception.
    """
    try:
        trainer = FitTrainer(training.program, training.data, training.plan)
    except Exception as error:
        raise FitFailed(error) from error
    if learning_rates is not None and not trainer.is_settable:
        raise ValueError("the learning rate is a schedule, so that members cannot have rates of their own")
    plan, validation = training.plan, training.validation
    epochs, partial = divmod(training.updates, plan.steps)
    count = epochs + bool(partial)
    histories, finals, made = [], [], []
    for member, seed in enumerate(seeds):
        rate = None if learning_rates is None else float(learning_rates[member])
        trainer.reset(seed, [stacked[member] for stacked in weights], rate)
        try:
            with silenced():
                histories.append(trainer.train(seed, epochs, partial, validation))
        except Exception as error:
            raise FitFailed(error) from error
        finals.append([np.array(w) for w in trainer.model.get_weights()])
        made.append(int(np.asarray(trainer.model.optimizer.iterations)))

    loss = np.full((len(seeds), count), np.nan)
    for member, history in enumerate(histories):
        loss[member, : len(history)] = history[:count]
    stacked = tuple(np.stack(values) for values in zip(*finals))
    ran = np.array(list(map(len, histories)))
    bad = first_bad(loss.T, ran)  # an epoch
    spoiled = np.array([any(not np.isfinite(w).all() for w in final if w.dtype.kind == "f") for final in finals])
    return Trained(
        seeds=tuple(seeds),
        engine=Engine.FIT,
        loss=loss,
        weights=stacked,
        updates=np.array(made),
        diverged=(bad >= 0) | spoiled,
        diverged_at=np.where(bad >= 0, np.minimum((bad + 1) * plan.steps, made), -1),
    )


def predict_by_model(program: Program, trained: Trained, x: Any) -> Any:
    """Outputs of each member in inference mode by Keras' own ``predict``, (members, rows, ...)."""
    model = program.fresh_model(0) if program.is_copyable else program.model
    inputs = prepared_data(x, None, None).x
    rows, size = row_count(inputs), fixed_batch_size(model)
    if size is not None:  # the last batch is filled up
        inputs = take_rows(inputs, np.arange(-(-rows // size) * size) % rows)
    outputs = []
    for member in range(trained.members):
        model.set_weights(trained.member_weights(member))
        forget_states(model)
        with silenced():
            predicted = model.predict(inputs, batch_size=size or max(program.batch_size, 256), verbose=0)
        outputs.append(take_rows(predicted, slice(rows)))
    return keras.tree.map_structure(lambda *parts: np.stack(parts), *outputs)


def fixed_batch_size(model: keras.Model) -> int | None:
    """The one number of rows that a network takes, such as a recurrent network that keeps its state."""
    inputs = getattr(model, "inputs", None) or ()  # a model of a class of its own has none
    return next((tensor.shape[0] for tensor in inputs if tensor.shape[0] is not None), None)
