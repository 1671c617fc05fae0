"""Running one variant of a program from several seeds, and judging what it reaches."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from ..errors import BadInput
from ..programs.copies import first_line
from ..programs.fallback import FitFailed
from ..programs.program import Program
from ..programs.training import Engine, cost_per_update, predict, train
from .case import Case
from .clock import Clock
from .cluster import do_in_order
from .outcomes import Scores
from .scores import constant_score, score
from .search import OutOfBudget
from .tasks import Array
from .variants import Prepared, Start, Variant, prepare_fold

# What is raised about a variant that cannot be made or trained; everything else is a fault of the harness.
REFUSALS = (BadInput, FitFailed, ValueError, TypeError, tf.errors.OpError)

# (seeds of one call, seeds of a training while searching), from the best to the cheapest. The calls of the search
# and of the confirmation have the same number of members, so that a structure is compiled once.
MEMBERS_OF_ONE_SPLIT = ((8, 8), (4, 4))
MEMBERS_OF_FOLDS = ((4, 16), (2, 8), (1, 4))
TRIALS_OF_BUDGET = 10  # trainings of the program's own length that a budget is to suffice for
LONG_TRIALS_OF_BUDGET = 5  # trainings of the largest number of updates
# Trainings on each fold that are expected of one structure, for which it is compiled once.
USES_OF_OWN_MODEL = 6  # with other rates, scales and seeds, in the search and to confirm
USES_OF_CHANGED_MODEL = 2
NEEDED_FACTOR = 2.5  # times the budget that trainings which decide the answer may take
FEWEST_PREFIX_UPDATES = 200
FEWEST_TRIALS = 4  # of a diagnosis: as it is, repaired, and both once more to confirm
ABORT_FACTOR = 6.0  # times the budget after which the clock aborts, see ``Clock``
LEAST_SECONDS = 20.0  # before which it never does
CONFIRM_SHARE = 0.3  # of the time until then, which is kept to confirm what the search found
MOST_CONFIRM_SHARE = 0.5  # of the time that is left, which a search may have to keep for this
FLAT_FRACTION = 0.01  # of its first value by which a loss changes at most on a plateau
FEWEST_ROWS_OF_PREFIX = 2000


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one variant reaches."""

    scores: Scores  # one a seed
    auc: float | None  # median area under the ROC curve on the rows that judge; None if ranking has no meaning
    updates: int  # that each seed was trained for
    error: str | None = None  # what Keras raised instead of training; None if it trained
    flat: float = 0.0  # median share of the epochs, from the first, for which the training loss hardly changes

    @property
    def median(self) -> float:
        """The median score on the rows that judge."""
        return float(np.median(self.scores.held))


class TooSlow(BadInput):
    """Not even the fewest trainings that prove something fit into the budget.

    Args:
        name: of the program.
        update_seconds: that one update takes, estimated.
        budget: seconds that would suffice.
    """

    def __init__(self, name: str, update_seconds: float, budget: float) -> None:
        super().__init__(
            f"{name}: an update takes about {update_seconds:.2g} s, which is too long for the budget",
            hint=f"give a budget of {budget:,.0f} s, or shorter rows",
        )
        self.budget = budget


@dataclass
class Ledger:
    """What the search has spent, and what it may spend, in seconds by the formula of ``programs.costs``."""

    budget: float  # seconds that optional trainings may be spent on
    deadline: float  # by the clock, at which the search is aborted
    reserved: float = 0.0  # seconds of the most that only trainings which confirm a cause may be spent on
    reserved_time: float = 0.0  # seconds by the clock before the deadline, kept for the same
    spent: float = 0.0  # so far
    trials: int = 0  # number of trainings made
    clock: Clock = field(default_factory=Clock)

    @property
    def is_late(self) -> bool:
        """Whether the clock has run out for all but what confirms a cause."""
        return self.clock.now() > self.deadline - self.reserved_time

    def reserve_time(self, seconds: float, now: float) -> None:
        """Keep ``seconds`` to confirm a cause, but at most half of what is left, because the search would end."""
        self.reserved_time = max(self.reserved_time, min(seconds, MOST_CONFIRM_SHARE * (self.deadline - now)))

    def check_clock(self, *, reserved: bool = False) -> None:
        """Raise ``OutOfBudget`` if the clock has run out; ``reserved`` as in ``spend``."""
        if self.clock.now() > self.deadline if reserved else self.is_late:
            raise OutOfBudget

    def spend(self, seconds: float, *, optional: bool, reserved: bool = False) -> None:
        """Book a training; raise ``OutOfBudget`` if there is no room for it.

        Args:
            optional: whether the answer stands without it
            reserved: whether it may take what is reserved for confirming
        """
        most = self.budget if optional else NEEDED_FACTOR * self.budget
        if reserved and not optional:
            seconds_left = np.inf if self.spent <= most else 0.0  # one that was begun is ended, whatever it costs
        else:
            seconds_left = most - min(self.reserved, most / 2) * (not reserved) - self.spent
        if seconds > seconds_left:
            raise OutOfBudget
        self.spent += seconds
        self.trials += 1


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long each training may be, so that the budget suffices for a search."""

    members: int  # seeds that are trained in one call
    search_seeds: int  # seeds of a training while searching
    most_updates: int  # of the longest training
    prefix_updates: int | None  # to which the program's own training is cut; None if it is not


def plan_trials(case: Case, budget: float) -> Plan:
    """The plan for a budget of seconds, from the program's size alone.

    Raises:
        TooSlow: not even the fewest trainings that prove something fit into the budget.
    """
    folds = len(case.split.folds)
    own = updates_of(case.program, len(case.split.folds[0].train))
    for members, seeds in MEMBERS_OF_FOLDS if folds > 1 else MEMBERS_OF_ONE_SPLIT:
        cost = cost_per_update(case.program, members) * seeds / members
        most = int(budget / TRIALS_OF_BUDGET / cost)
        if own <= most:
            longest = int(budget / LONG_TRIALS_OF_BUDGET / cost)
            return Plan(members=members, search_seeds=seeds, most_updates=max(longest, own), prefix_updates=None)
    least = FEWEST_TRIALS * cost * min(own, FEWEST_PREFIX_UPDATES)
    if least > max(ABORT_FACTOR * budget, LEAST_SECONDS):
        raise TooSlow(case.program.name, cost_per_update(case.program, 1), least / ABORT_FACTOR)
    most = max(most, FEWEST_PREFIX_UPDATES)
    return Plan(members=members, search_seeds=seeds, most_updates=most, prefix_updates=most if own > most else None)


def updates_of(program: Program, rows: int) -> int:
    """Updates that a training makes."""
    per_epoch = program.steps_per_epoch or max(1, -(-rows // max(1, program.batch_size)))
    return per_epoch * max(1, program.epochs - program.initial_epoch)


def thinned(case: Case, plan: Plan) -> Case:
    """The case without training rows that the first updates of a long training do not reach."""
    if plan.prefix_updates is None:
        return case
    most = max(FEWEST_ROWS_OF_PREFIX, plan.prefix_updates * max(1, case.program.batch_size))
    rng = np.random.default_rng([case.seed, 9])
    folds = tuple(
        dataclasses.replace(fold, train=np.sort(rng.choice(fold.train, most, replace=False)))
        if len(fold.train) > most
        else fold
        for fold in case.split.folds
    )
    return dataclasses.replace(case, split=dataclasses.replace(case.split, folds=folds))


def estimated_seconds(variant: Variant, rows: int, plan: Plan, seeds: int) -> float:
    """What training a variant from so many seeds costs, by the formula of ``programs.costs``."""
    per_update = cost_per_update(variant.program, plan.members) * max(1, -(-seeds // plan.members))
    return updates_of(variant.program, rows) * per_update


def run_variant(
    case: Case,
    variant: Variant,
    seeds: Sequence[int],
    *,
    plan: Plan,
    confirm: bool = False,
    learning_rates: Sequence[float] | None = None,
    engine: Engine | None = None,
    tick: Callable[[], None] | None = None,
) -> Trial:
    """Train a variant once for each seed, and score it.

    The seeds are dealt to the folds in turn, so that each fold is judged by about as many.

    Args:
        plan: how many are trained in one call
        confirm: whether the rows for confirmation judge
        learning_rates: one a seed, instead of the program's own
        engine: what trains; None for the compiled loop if it can
        tick: called before each training, for progress and time limits
    """
    held = np.full(len(seeds), np.nan)
    training = np.full(len(seeds), np.nan)
    diverged = np.zeros(len(seeds), dtype=bool)
    areas: list[float] = []
    flat: list[float] = []
    error: str | None = None
    updates = 0
    folds = case.split.folds
    uses = USES_OF_OWN_MODEL if variant.program.model is case.program.model else USES_OF_CHANGED_MODEL
    begun: collections.deque[tuple[Prepared, list[int]]] = collections.deque()

    def jobs() -> Iterator[Job]:
        nonlocal updates
        for number, fold in enumerate(folds):
            dealt = range(number, len(seeds), len(folds))
            if len(dealt) == 0:
                continue
            prepared = prepare_fold(case, variant, fold, confirm=confirm)
            updates = updates_of(prepared.program, round(len(fold.train) * variant.rows_share))
            for start in range(0, len(dealt), plan.members):
                members = list(dealt[start : start + plan.members])
                if tick is not None:
                    tick()
                begun.append((prepared, members))
                numbers = [int(seeds[member]) for member in members]
                yield Job(
                    prepared=prepared,
                    seeds=numbers,
                    learning_rates=None if learning_rates is None else np.asarray(learning_rates)[members],
                    start=variant.start,
                    engine=engine,
                    uses=uses * len(folds),
                )

    for found in do_in_order(train_job, jobs()):
        prepared, members = begun.popleft()
        if isinstance(found, str):
            error = found
            held[members] = training[members] = constant_score(case.task, prepared.held_targets)
            continue
        flat += flat_shares(found.loss)
        for place, member in enumerate(members):
            held[member], area = _score(case, prepared, found.held[place], prepared.held_targets)
            training[member], _ = _score(case, prepared, found.training[place], prepared.training_targets)
            diverged[member] = bool(found.diverged[place]) or not np.all(np.isfinite(found.held[place]))
            if area is not None:
                areas.append(area)
    return Trial(
        scores=Scores(held=held, training=training, diverged=diverged),
        auc=float(np.median(areas)) if areas else None,
        updates=updates,
        error=error,
        flat=float(np.median(flat)) if flat else 0.0,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Job:
    """Members of a variant that are trained in one call, from these seeds; see ``Variant`` and ``training.train``."""

    prepared: Prepared
    seeds: Sequence[int]
    learning_rates: Array | None
    start: Start | None
    engine: Engine | None
    uses: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Outputs:
    """What came of a job.

    Attributes:
        loss: (members, epochs)
        diverged: (members,)
        held, training: outputs for the rows that judge, and for some that were trained on, (members, ...)
    """

    loss: Array
    diverged: Array
    held: Any
    training: Any


def train_job(job: Job) -> Outputs | str:
    """Train members, and keep their outputs; or say why Keras does not train them, which is a result."""
    prepared = job.prepared
    try:
        trained = train(
            prepared.program,
            seeds=job.seeds,
            learning_rates=job.learning_rates,
            initial_weights=starts_of(job.start, prepared.program, job.seeds),
            engine=job.engine,
            uses=job.uses,
        )
        return Outputs(
            loss=trained.loss,
            diverged=trained.diverged,
            held=predict(prepared.program, trained, prepared.held),
            training=predict(prepared.program, trained, prepared.training),
        )
    except REFUSALS as problem:
        return refusal_text(problem)


def starts_of(start: Start | None, program: Program, seeds: Sequence[int]) -> list[Array] | None:
    """The initial weights of all seeds, stacked weight by weight; None if the initializers draw them."""
    if start is None:
        return None
    return [np.stack(values) for values in zip(*(start(program, seed) for seed in seeds))]


def flat_shares(losses: Array) -> list[float]:
    """For each member, the share of its epochs, from the first, for which its loss stays near the first one.

    Args:
        losses: (members, epochs), NaN after a member stopped
    """
    shares = []
    for values in losses:
        known = values[np.isfinite(values)]
        moved = np.flatnonzero(np.abs(known - known[:1]) > FLAT_FRACTION * np.abs(known[:1]))
        shares.append(float(moved[0] / len(known)) if len(moved) else 1.0)
    return shares


def refusal_text(problem: BaseException) -> str:
    """What Keras or the repair raised, in one line."""
    cause = problem.__cause__ if isinstance(problem, FitFailed) and problem.__cause__ is not None else problem
    return f"{type(cause).__name__}: {first_line(cause)}"


def joined_trials(parts: Sequence[Trial]) -> Trial:
    """One trial of the seeds of several."""
    areas = [part.auc for part in parts if part.auc is not None]
    return Trial(
        scores=Scores(
            held=np.concatenate([part.scores.held for part in parts]),
            training=np.concatenate([part.scores.training for part in parts]),
            diverged=np.concatenate([part.scores.diverged for part in parts]),
        ),
        auc=float(np.median(areas)) if areas else None,
        updates=parts[0].updates,
        flat=float(np.median([part.flat for part in parts])),
        error=next((part.error for part in parts if part.error is not None), None),
    )


def _score(case: Case, prepared: Prepared, outputs: Array, targets: Array) -> tuple[float, float | None]:
    """Score and area under the curve of one member's outputs."""
    outputs = np.asarray(outputs, dtype=float)
    if outputs.shape[-1:] == prepared.factor.shape or prepared.factor.size == 1:
        outputs = outputs * prepared.factor + prepared.offset
    found = score(case.task, outputs, targets, prepared.reading)
    return found.value, found.auc
