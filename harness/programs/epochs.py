"""A vectorised training from its first epoch to its last: chunks of updates, validation, callbacks of each member."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .batches import BatchPlan
from .costs import compiling_pays, members_at_once, rows_at_once, work_of
from .program import Program
from .replay import MemberCallbacks, NeedsModel, StandInModel, ends_on_nan
from .structure import TrainingData, is_rowwise_loss, structure_key
from .trained import Engine, FallbackReason, Trained, joined
from .vectorised import CannotVectorise, Members, VectorisedLoop, loop_for, remember

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class TrainingTask:
    """What is trained."""

    program: Program  # its model, loss and optimizer
    data: TrainingData  # the rows that are trained on
    plan: BatchPlan  # how they are divided into batches
    updates: int  # of each member
    validation: TrainingData | None  # data evaluated after each epoch; None if no callback needs it
    callbacks: Sequence[Any]  # of the user's ``fit`` that can change the training
    has_metrics: bool  # whether metrics are computed
    compiled: bool | None = None  # whether XLA compiles the loop; None for what pays
    uses: int = 1  # how many trainings of this structure and length are expected, for what pays


def loop_of(
    program: Program, data: TrainingData, *, members: int, is_compiled: bool, has_metrics: bool
) -> VectorisedLoop:
    """The loop of a program's structure, made if it was not made before.

    Raises:
        CannotVectorise: there can be none.
    """
    return loop_for(
        loop_key(program, data, members=members, is_compiled=is_compiled, has_metrics=has_metrics),
        lambda: VectorisedLoop(program, data, members=members, is_compiled=is_compiled, has_metrics=has_metrics),
    )


def loop_key(
    program: Program, data: TrainingData, *, members: int, is_compiled: bool, has_metrics: bool
) -> tuple[Any, ...]:
    """What a loop is kept under."""
    metrics = repr((program.metrics, program.weighted_metrics)) if has_metrics else ""
    return (structure_key(program, data), members, is_compiled, metrics)


def train_members(
    training: TrainingTask, seeds: Sequence[int], weights: Sequence[Array], rates: Array | None
) -> Trained:
    """Train all members at once, or in groups if they do not fit into memory.

    Args:
        seeds: one of each member.
        weights: for each weight of ``model.weights``, (members, ...).
        rates: (members,) learning rates or None for the program's own.
    Raises:
        CannotVectorise: the program does not allow it.
        ValueError: learning rates for a schedule.
    """
    work, batch = work_of(training.program), training.plan.size
    is_compiled = training.compiled
    if is_compiled is None:
        group = members_at_once(work, batch=batch, members=len(seeds), is_compiled=True)
        calls = training.uses * -(-len(seeds) // group)
        is_compiled = compiling_pays(work, batch=batch, members=group, updates=training.updates * calls)
    group = members_at_once(work, batch=batch, members=len(seeds), is_compiled=is_compiled)
    parts = []
    tensors: dict[bool, list[Any]] = {}
    for first in range(0, len(seeds), group):
        chosen = np.minimum(np.arange(first, first + group), len(seeds) - 1)  # the last group is filled up
        part_seeds = [seeds[member] for member in chosen]
        part_weights = [stacked[chosen] for stacked in weights]
        part_rates = None if rates is None else rates[chosen]
        part, is_compiled = _train_group(training, part_seeds, part_weights, part_rates, is_compiled, tensors)
        parts.append(first_members(part, min(group, len(seeds) - first)))
    return joined(parts)


def first_members(trained: Trained, count: int) -> Trained:
    """The first members of a training."""
    if count == trained.members:
        return trained
    return replace(
        trained,
        seeds=trained.seeds[:count],
        loss=trained.loss[:count],
        weights=tuple(stacked[:count] for stacked in trained.weights),
        updates=trained.updates[:count],
        diverged=trained.diverged[:count],
        diverged_at=trained.diverged_at[:count],
    )


def _train_group(
    training: TrainingTask,
    seeds: Sequence[int],
    weights: Sequence[Array],
    rates: Array | None,
    is_compiled: bool,
    tensors: dict[bool, list[Any]],
) -> tuple[Trained, bool]:
    """Train members at once, without XLA if XLA cannot compile their loop; also returns whether it was compiled.

    Args:
        tensors: the data as the loop takes it, without and with weights of padded rows, as far as it was made.
    """
    members, has_metrics = len(seeds), training.has_metrics
    if is_compiled:
        try:
            loop = loop_of(training.program, training.data, members=members, is_compiled=True, has_metrics=has_metrics)
            return EpochLoop(training, loop, seeds, weights, rates, tensors).train(), True
        except CannotVectorise as error:
            if error.reason is not FallbackReason.EXECUTION:
                raise
            remember(
                loop_key(training.program, training.data, members=members, is_compiled=True, has_metrics=has_metrics),
                error,
            )
    loop = loop_of(training.program, training.data, members=members, is_compiled=False, has_metrics=has_metrics)
    return EpochLoop(training, loop, seeds, weights, rates, tensors).train(), False


class EpochLoop:
    """The training of some members by one loop.

    Args:
        training: what is trained.
        loop: of its structure.
        seeds, weights, rates: of the members.
        tensors: the data as loops without and with padding take it; made if it is not there.
    """

    def __init__(
        self,
        training: TrainingTask,
        loop: VectorisedLoop,
        seeds: Sequence[int],
        weights: Sequence[Array],
        rates: Array | None,
        tensors: dict[bool, list[Any]],
    ) -> None:
        self.training = training
        self.loop = loop
        self.seeds = list(seeds)
        own = own_rate(training.program)
        if rates is not None and own is None:
            raise ValueError("the learning rate is a schedule, so that members cannot have rates of their own")
        self.rates = None if own is None else np.full(len(seeds), own) if rates is None else np.array(rates)
        self.state = loop.starting(self.seeds, weights, self.rates)
        self.work = work_of(training.program)
        if loop.pads not in tensors:
            tensors[loop.pads] = loop.tensors(training.data)
        self.leaves = tensors[loop.pads]
        self.made = 0
        self.losses: list[Array] = []
        self.updates = np.full(len(seeds), training.updates)
        self.is_running = np.ones(len(seeds), bool)
        self.finals: dict[int, list[Array]] = {}

    def train(self) -> Trained:
        """All updates of all members.

        Raises:
            CannotVectorise: TensorFlow cannot run the loop, or a callback needs the model itself.
        """
        try:
            if self.training.callbacks:
                self._train_with_callbacks()
            else:
                self._advance(self.training.updates)
        except NeedsModel as error:
            raise CannotVectorise(FallbackReason.CALLBACK, str(error)) from error
        return self._result()

    def _advance(self, last: int) -> None:
        """Make updates until ``last`` are made."""
        while self.made < last:
            upper = min(last, self.made + self.loop.chunk)
            batches = self.training.plan.batches(self.seeds, self.made, upper)
            sizes = self.training.plan.batch_sizes(self.made, upper)
            self.state, losses = self.loop.run(self.state, batches, sizes, self.leaves)
            self.losses.append(losses)
            self.made = upper

    def _train_by_epochs(
        self, begin: Callable[[int], None], end: Callable[[int, list[dict[str, float]]], None]
    ) -> None:
        """Train epoch by epoch.

        Args:
            begin: called before each epoch with its number.
            end: called after it with its number and the logs of each member, as ``fit`` gives them to callbacks.
        """
        steps, start = self.training.plan.steps, self.training.program.initial_epoch
        for epoch in range(-(-self.training.updates // steps)):
            first = self.made
            self.state = self.loop.with_fresh_metrics(self.state)
            begin(start + epoch)
            self._advance(min(self.training.updates, (epoch + 1) * steps))
            logs = dict(self.loop.metric_results(self.state))
            logs["loss"] = self._epoch_losses(first)[:, -1]
            if self.training.validation is not None:
                is_mean = is_rowwise_loss(self.training.program.loss)
                piece = rows_at_once(self.work, len(self.seeds)) if is_mean else self.training.plan.size
                loss, metrics = self.loop.evaluate(self.state, self.training.validation, piece)
                logs |= {f"val_{name}": values for name, values in metrics.items()} | {"val_loss": loss}
            end(start + epoch, [{name: float(v[m]) for name, v in logs.items()} for m in range(len(self.seeds))])
            if not self.is_running.any():
                break

    def _epoch_losses(self, first: int = 0) -> Array:
        """(members, epochs) mean losses of the epochs from update ``first`` on, each batch weighted by its rows."""
        losses = np.concatenate(self.losses).astype(np.float64) if self.losses else np.zeros((0, len(self.seeds)))
        losses = losses[first:]
        sizes = self.training.plan.batch_sizes(first, self.made).astype(np.float64)
        starts = np.arange(0, len(losses), self.training.plan.steps)
        if not len(starts):
            return np.zeros((len(self.seeds), 0))
        with np.errstate(invalid="ignore", over="ignore"):
            total = np.add.reduceat(losses * sizes[:, None], starts, axis=0)
        return (total / np.add.reduceat(sizes, starts)[:, None]).T

    # Callbacks

    def _train_with_callbacks(self) -> None:
        """Train epoch by epoch with copies of the callbacks for each member."""
        training = self.training
        params = {
            "epochs": training.program.initial_epoch + -(-training.updates // training.plan.steps),
            "steps": training.plan.steps,
            "verbose": 0,
        }
        models = [
            StandInModel(
                self.loop.model,
                None if self.rates is None else float(self.rates[member]),
                lambda member=member: self._snapshot(member),  # type: ignore[misc]
            )
            for member in range(len(self.seeds))
        ]
        members = [MemberCallbacks(training.callbacks, model, params) for model in models]
        for callbacks in members:
            callbacks.call("on_train_begin")

        def begin(epoch: int) -> None:
            for member in self._running():
                members[member].call("on_epoch_begin", epoch)
                if models[member].set_to is not None:
                    raise NeedsModel("set_weights during the training")
            self._take_rates(models)

        def end(epoch: int, logs: list[dict[str, float]]) -> None:
            for member in self._running():
                model = models[member]
                members[member].call("on_epoch_end", epoch, dict(logs[member]))
                if model.set_to is not None:
                    raise NeedsModel("set_weights during the training")
                bad = self._first_bad(member) if ends_on_nan(training.callbacks) else -1
                if bad >= 0:
                    model.stop_training = True
                if model.stop_training:
                    self._stop(member, bad)
                    members[member].call("on_train_end", logs[member])
                    self.finals[member] = model.set_to or self.finals[member]
            self._take_rates(models)

        self._train_by_epochs(begin, end)
        for member in self._running():
            members[member].call("on_train_end")
            last = models[member].set_to
            if last is not None:
                self.finals[member] = last

    def _running(self) -> list[int]:
        """The members that no callback has stopped."""
        return [int(member) for member in np.flatnonzero(self.is_running)]

    def _take_rates(self, models: Sequence[StandInModel]) -> None:
        """Use the learning rates that the callbacks have set."""
        if self.rates is None:
            return
        rates = np.array([model.optimizer.rate for model in models])
        if not np.array_equal(rates, self.rates):
            self.rates = rates
            self.state = self.loop.with_rates(self.state, rates)

    def _stop(self, member: int, bad: int) -> None:
        """Keep a member as it is now; what the loop goes on to do with it does not count."""
        self.is_running[member] = False
        self.updates[member] = self.made if bad < 0 else bad + 1
        self.finals[member] = self._snapshot(member)

    def _snapshot(self, member: int) -> list[Array]:
        """A copy of the weights of one member now."""
        return [np.array(stacked[member]) for stacked in self._weights()]

    def _weights(self) -> list[Array]:
        """The weights of all members now; copied from TensorFlow once for each state."""
        if getattr(self, "_copied_state", None) is not self.state:
            self._copied_state: Members | None = self.state
            self._copied = self.loop.weights(self.state)
        return self._copied

    def _first_bad(self, member: int) -> int:
        """The first update, from 0, whose loss is not finite; -1 if there is none."""
        return int(first_bad(np.concatenate([losses[:, [member]] for losses in self.losses]), np.array([self.made]))[0])

    # Result

    def _result(self) -> Trained:
        """What was trained."""
        members = len(self.seeds)
        weights = [np.array(stacked) for stacked in self._weights()]
        for member, snapshot in self.finals.items():
            for stacked, value in zip(weights, snapshot):
                stacked[member] = value
        loss = self._epoch_losses()
        losses = np.concatenate(self.losses) if self.losses else np.zeros((0, members))
        bad = first_bad(losses, self.updates)
        spoiled = np.zeros(members, bool)
        for stacked in weights:
            if stacked.dtype.kind == "f":
                spoiled |= ~np.isfinite(stacked.reshape(members, -1)).all(axis=1)
        ran = -(-self.updates // self.training.plan.steps)
        epochs = -(-self.training.updates // self.training.plan.steps)
        is_past = np.arange(epochs) >= ran[:, None]
        filled = np.full((members, epochs), np.nan)
        filled[:, : loss.shape[1]] = loss
        return Trained(
            seeds=tuple(self.seeds),
            engine=Engine.VECTORISED,
            loss=np.where(is_past, np.nan, filled),
            weights=tuple(weights),
            updates=self.updates,
            diverged=(bad >= 0) | spoiled,
            diverged_at=np.where(bad >= 0, bad + 1, -1),
        )


def first_bad(losses: Array, updates: Array) -> Array:
    """(members,) the first update, or epoch, from 0, whose loss is not finite; -1 if there is none.

    Args:
        losses: (updates, members), or (epochs, members).
        updates: (members,) how many of them count.
    """
    bad = ~np.isfinite(losses) & (np.arange(len(losses))[:, None] < updates)
    return np.where(bad.any(axis=0), bad.argmax(axis=0) if len(losses) else 0, -1)


def own_rate(program: Program) -> float | None:
    """The learning rate of a program's optimizer; None if it is a schedule."""
    rate = program.optimizer._learning_rate
    return float(np.asarray(rate)) if hasattr(rate, "assign") else None
