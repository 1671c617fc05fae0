"""The user's script with the edits of all causes made: what it reaches."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import BadInput
from ..programs.capture import run_edited
from ..programs.changes import Change
from ..programs.costs import STEP_SECONDS_PLAIN, work_of
from ..programs.edits import Edit, edits_for
from ..programs.program import Program
from ..programs.training import Engine, cost_per_update
from .case import Case, all_rows, numbered
from .clock import Clock
from .faults import Fault
from .head_facts import read_head
from .outcomes import MOSTLY, Bar, Share, share_of
from .search import OutOfBudget
from .tasks import infer_task
from .trials import REFUSALS, plan_trials, refusal_text, run_variant, thinned, updates_of
from .variants import Variant

SCORED_SEEDS = 8
PLAIN_SEEDS = 3  # of Keras' own fit, if it is cheap
PLAIN_UPDATE_SECONDS = 0.7e-3  # of one update of Keras' own fit beyond what it computes
PLAIN_SHARE = 0.2  # of the budget that trainings by Keras' own fit may take
FIRST_SCORED_SEED = 3_000_000
BUDGETS = 2.0  # after which the training of the edited script is stopped
NEAR_PROMISE = 0.1  # of the way from constant to best by which the edited script may miss what was promised
MOST_REMEDIES = 3  # edits that are tried until one does what it should


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """An edit of the user's files that may repair the program."""

    faults: tuple[Fault, ...]  # that it repairs
    edits: tuple[Edit, ...]  # the replacements of text
    is_whole: bool  # whether every change has its place in the text
    promised: float | None = None  # the median score that its repairs reached in the search; None if they were not run


@dataclass(frozen=True, kw_only=True)
class EditedRun:
    """What the edited script reaches."""

    # held, training: median scores on the rows that judge and on training rows; None if they could not be measured
    held: float | None
    training: float | None
    learned: Share  # the share of the seeds that learn
    is_plain: bool  # whether Keras' own ``fit`` trained them, and not the compiled loop
    is_stopped: bool  # whether its training was stopped by the time limit
    error: str | None  # why it could not be run; None if it ran

    @property
    def works(self) -> bool:
        """Whether the edited program learns from most seeds."""
        return self.error is None and self.held is not None and self.learned.value >= MOSTLY


def remedy_for(
    program: Program, faults: tuple[Fault, ...], changes: Sequence[Change], promised: float | None = None
) -> Remedy:
    """The edit that makes some changes, as far as they have a place in the user's files."""
    made = edits_for(program, changes)
    return Remedy(faults=faults, edits=made.edits, is_whole=not made.unplaced, promised=promised)


def chosen_remedy(
    case: Case,
    remedies: Sequence[Remedy],
    bar: Bar,
    *,
    members: int,
    budget: float,
    deadline: float = np.inf,
    clock: Clock | None = None,
) -> tuple[Remedy, EditedRun | None]:
    """The first of some edits with which the user's script learns from most seeds and comes near what was promised,
    and what it reaches.

    If none does, the one that comes nearest. Edits that make all their changes are tried before those that leave some
    to the user.

    Args:
        remedies: the best first
        members: seeds of one call, as in the search, so that no loop is compiled anew
        budget: seconds
        deadline: by the clock, from which no further edit is tried; the first may take another budget
        clock: of the diagnosis; None for one that starts here
    """
    clock = clock or Clock()
    last = max(deadline, clock.now() + budget)

    def check_clock() -> None:
        if clock.now() > last:
            raise OutOfBudget

    distinct = list({remedy.edits: remedy for remedy in reversed(remedies) if remedy.edits}.values())[::-1]
    distinct.sort(key=lambda remedy: not remedy.is_whole)  # stable: the best first among equals
    tried: list[tuple[Remedy, EditedRun]] = []
    for remedy in distinct[:MOST_REMEDIES]:
        run = run_edited_program(case, remedy.edits, bar, members=members, budget=budget, tick=check_clock)
        least = -np.inf if remedy.promised is None else bar.fraction(remedy.promised) - NEAR_PROMISE
        if run.works and run.held is not None and bar.fraction(run.held) >= least:
            return remedy, run
        tried.append((remedy, run))
        if clock.now() > deadline:
            break
    if not tried:
        return remedies[0], None
    return max(tried, key=lambda pair: (pair[1].error is None, pair[1].learned.value, pair[1].held or 0.0))


def run_edited_program(
    case: Case, edits: Sequence[Edit], bar: Bar, *, members: int, budget: float, tick: Callable[[], None] | None = None
) -> EditedRun:
    """Run the user's script with edits made in a copy as far as its ``fit``, and train and score the program there.

    Args:
        case: of the script as it is; its task, rows and references judge the edited one too
        edits: of all causes
        bar: as the diagnosis placed the program
        members: seeds of one call
        budget: seconds
        tick: called before each training; ``OutOfBudget`` ends them
    """
    try:
        program = run_edited(case.program, edits, seconds=BUDGETS * budget, seed=case.seed, trains=False)
    except BadInput as error:
        return _failed(str(error))
    if program.error is not None:
        return _failed(f"{program.error.kind}: {program.error.message.splitlines()[0]}")
    try:
        edited = edited_case(case, program)
    except BadInput as error:
        return _failed(str(error))
    unscored = EditedRun(
        held=None, training=None, learned=share_of([]), is_plain=False, is_stopped=program.is_stopped, error=None
    )
    if edited is None or case.has_equal_targets:
        return unscored
    plan = dataclasses.replace(plan_trials(edited, max(budget, 1.0)), members=members)
    is_plain = plan.prefix_updates is None and plain_seconds(edited) < PLAIN_SHARE * budget
    count = PLAIN_SEEDS if is_plain else SCORED_SEEDS
    seeds = [FIRST_SCORED_SEED + case.seed * 1000 + number for number in range(count)]
    try:
        trial = run_variant(
            thinned(edited, plan),
            Variant(program=program, head=edited.head),
            seeds,
            plan=plan,
            confirm=True,
            engine=Engine.FIT if is_plain else None,
            tick=tick,
        )
    except OutOfBudget:
        return dataclasses.replace(unscored, is_stopped=True)
    except REFUSALS as problem:
        return _failed(refusal_text(problem))
    if trial.error is not None:
        return _failed(trial.error)
    return EditedRun(
        held=float(np.median(trial.scores.held)),
        training=float(np.median(trial.scores.training)),
        learned=share_of(bar.has_learned(trial.scores.held)),
        is_plain=is_plain,
        is_stopped=program.is_stopped,
        error=None,
    )


def plain_seconds(case: Case) -> float:
    """What Keras' own fit takes for all its seeds, by the formula of ``programs.costs``."""
    updates = updates_of(case.program, len(case.split.folds[0].train))
    of_steps = STEP_SECONDS_PLAIN * work_of(case.program).time_steps
    return PLAIN_SEEDS * updates * (PLAIN_UPDATE_SECONDS + of_steps + cost_per_update(case.program, 1))


def edited_case(case: Case, program: Program) -> Case | None:
    """The case of the edited program, judged on the same rows; None if its data have other rows.

    Raises:
        BadInput: its output cannot be read.
    """
    try:
        inputs, targets, rows = all_rows(program)
    except BadInput:
        return None
    if (len(targets), rows) != (len(case.targets_given), case.rows):
        return None
    given, text = numbered(targets)
    head = read_head(program)
    task = infer_task(
        given[: case.rows],
        loss=head.loss,
        output_units=head.units,
        output_activation=head.activation,
        output_rank=head.rank,
        has_accuracy=case.task.is_classification,
    )
    if task.kind is not case.task.kind or task.classes != case.task.classes or task.positions != case.task.positions:
        return None
    try:
        read = task.read_targets(given)
    except (ValueError, TypeError):
        return None
    return dataclasses.replace(
        case, program=program, task=task, head=head, inputs=inputs, targets_given=given, text_targets=text, targets=read
    )


def _failed(error: str) -> EditedRun:
    """An edited program that could not be run."""
    return EditedRun(held=None, training=None, learned=share_of([]), is_plain=False, is_stopped=False, error=error)
