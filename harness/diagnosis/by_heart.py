"""Whether a program that learns a few rows knows anything that holds for other rows.

Too few rows are judged by the training score, which a network reaches by heart as well. The program's own validation
rows show that, even if there are too few of them to judge by: neither the program nor a learner off the shelf is better
on them than a constant, and the program learns its rows as well with their targets shuffled.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from .case import Case, token_inputs
from .outcomes import MOSTLY, Bar, Share, share_of
from .program_search import FIRST_SEARCH_SEED, ProgramSearch
from .references import SIGNAL_LEVEL, measure_references
from .splits import Fold, Judged, Split, group_rows
from .tasks import Array, Indices, TaskKind
from .trials import Trial, estimated_seconds, run_variant

FEWEST_OTHER_ROWS = 12  # validation rows that say something
FEWEST_OF_A_CLASS = 4  # rows of each class among them, and among the training rows


@dataclass(frozen=True, kw_only=True)
class ByHeart:
    """That nothing of what a program has learned holds for its validation rows."""

    rows: int  # its validation rows that are not training rows
    score: float  # the median of what it reaches on them
    constant: float  # what a constant prediction reaches on them
    shuffled: Share  # of the seeds, those that learn the training rows with their targets shuffled


def learned_by_heart(search: ProgramSearch) -> ByHeart | None:
    """What shows that a program has learned its training rows by heart; None if that is not shown, or not asked.

    Args:
        search: of a program that learns its training rows.
    Raises:
        OutOfBudget: the trainings would take too long.
    """
    case = search.case
    other = other_rows(case)
    if len(other) == 0:
        return None
    fold = Fold(train=np.arange(case.rows), search=other, confirm=other)
    split = Split(judged=Judged.VALIDATION, folds=(fold,))
    references = measure_references(
        case.inputs, case.targets, case.task, split,
        token_inputs=token_inputs(case.program, len(case.inputs)), seed=case.seed
    )  # fmt: skip
    is_signal = references.p_value is None or references.p_value <= SIGNAL_LEVEL
    if is_signal or not references.apt:
        return None
    judged = dataclasses.replace(case, split=split, references=references)
    score = trained_as_it_is(search, judged).median
    least = Bar(constant=references.constant, best=1.0, noise=0.0).nothing
    if score >= least:
        return None
    trial = trained_as_it_is(search, with_shuffled_targets(judged))
    shuffled = share_of(search.bar.has_learned(trial.scores.training))
    if shuffled.value < MOSTLY:
        return None
    return ByHeart(rows=len(other), score=score, constant=references.constant, shuffled=shuffled)


def other_rows(case: Case) -> Indices:
    """The validation rows that are not training rows; none if the program is judged by other rows, or they are few."""
    nothing = np.arange(0)
    kinds = (TaskKind.BINARY, TaskKind.MULTICLASS)
    if case.split.judged is not Judged.TRAINING or case.task.kind not in kinds or case.task.positions > 1:
        return nothing
    groups = group_rows(case.inputs)
    places = np.arange(case.rows, len(groups))
    other = places[~np.isin(groups[places], groups[: case.rows])]
    if len(other) < FEWEST_OTHER_ROWS:
        return nothing
    labels = np.asarray(case.targets).reshape(-1).astype(np.intp)
    counts = [np.bincount(labels[rows], minlength=case.task.classes) for rows in (np.arange(case.rows), other)]
    return other if np.min(counts) >= FEWEST_OF_A_CLASS else nothing


def trained_as_it_is(search: ProgramSearch, case: Case) -> Trial:
    """What the program of a search reaches in a case that differs from the search's own."""
    ledger, plan = search.ledger, search.plan
    seeds = [FIRST_SEARCH_SEED + case.seed * 1000 + number for number in range(plan.search_seeds)]
    ledger.check_clock()
    ledger.spend(estimated_seconds(search.user, case.rows, plan, len(seeds)), optional=True)
    return run_variant(case, search.user, seeds, plan=plan, tick=ledger.check_clock)


def with_shuffled_targets(case: Case) -> Case:
    """The case with the targets of the training rows in random order."""
    order = np.arange(len(case.targets))
    order[: case.rows] = np.random.default_rng([case.seed, 11]).permutation(case.rows)

    def shuffled(values: Array) -> Array:
        return np.asarray(values)[order]

    return dataclasses.replace(
        case,
        targets_given=shuffled(case.targets_given),
        text_targets=None if case.text_targets is None else shuffled(case.text_targets),
        targets=shuffled(case.targets),
    )
