"""The user's script with the edits of all causes made: what it reaches."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import BadInput
from ..programs.capture import run_edited
from ..programs.edits import Edit
from ..programs.program import Program
from .case import Case, all_rows, numbered
from .heads import read_head
from .outcomes import Bar, Share, share_of
from .tasks import infer_task
from .trials import REFUSALS, plan_trials, refusal_text, run_variant, thinned
from .variants import Variant

SCORED_SEEDS = 4
FIRST_SCORED_SEED = 3_000_000
BUDGETS = 2.0  # after which the training of the edited script is stopped


@dataclass(frozen=True, kw_only=True)
class EditedRun:
    """What the edited script reaches.

    Attributes:
        held, training: median scores on the rows that judge and on training rows; None if they could not be measured
        learned: the share of the seeds that learn
        is_stopped: whether its training was stopped by the time limit
        error: why it could not be run; None if it ran
    """

    held: float | None
    training: float | None
    learned: Share
    is_stopped: bool
    error: str | None


def run_edited_program(case: Case, edits: Sequence[Edit], bar: Bar, *, budget: float) -> EditedRun:
    """Run the user's script once with edits made in a copy, and score the program that it then trains.

    Args:
        case: of the script as it is; its task, rows and references judge the edited one too
        edits: of all causes
        bar: as the diagnosis placed the program
        budget: seconds
    """
    try:
        program = run_edited(case.program, edits, seconds=BUDGETS * budget, seed=case.seed).program
    except BadInput as error:
        return _failed(str(error))
    if program.error is not None:
        return _failed(f"{program.error.kind}: {program.error.message.splitlines()[0]}")
    edited = edited_case(case, program)
    if edited is None:
        return EditedRun(held=None, training=None, learned=share_of([]), is_stopped=program.is_stopped, error=None)
    seeds = [FIRST_SCORED_SEED + case.seed * 1000 + number for number in range(SCORED_SEEDS)]
    try:
        plan = plan_trials(edited, max(budget, 1.0))
        trial = run_variant(
            thinned(edited, plan), Variant(program=program, head=edited.head), seeds, plan=plan, confirm=True
        )
    except REFUSALS as problem:
        return _failed(refusal_text(problem))
    if trial.error is not None:
        return _failed(trial.error)
    return EditedRun(
        held=float(np.median(trial.scores.held)),
        training=float(np.median(trial.scores.training)),
        learned=share_of(bar.has_learned(trial.scores.held)),
        is_stopped=program.is_stopped,
        error=None,
    )


def edited_case(case: Case, program: Program) -> Case | None:
    """The case of the edited program, judged on the same rows; None if its data have other rows."""
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
    return EditedRun(held=None, training=None, learned=share_of([]), is_stopped=False, error=error)
