"""Which observations train, which are searched with, and which confirm.

Rows that are equal stay on one side. Classes are stratified. Small data are judged by cross-validation, very small or
exhaustive tables (XOR) on the training rows themselves, because no other rows exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from .tasks import Array, Indices, Task, TaskKind

FEWEST_HELD_OUT = 50  # observations below which the training score is judged
FEWEST_FOR_ONE_SPLIT = 500  # observations below which cross-validation is used
FOLDS = 4  # of the cross-validation
HELD_OUT_FRACTION = 0.25  # of the rows, if the program has no validation data
UNSEEN_FRACTION = 0.25  # of its share of the validation rows that a class must have of the training rows to be seen
MOSTLY_UNSEEN = 0.3  # share of the validation rows of classes that training hardly sees: they are of another kind
MOSTLY_KNOWN = 0.5  # share of the validation rows that are training rows too: they say nothing about new rows
MOSTLY_OUTSIDE = 0.5  # share of the last rows beyond the range of the others in a feature: they are of another kind
MOST_JUDGED_ROWS = 2000  # held-out rows of either kind; more would cost time and change nothing
FEWEST_SEPARATE_ROWS = 300  # held-out rows from which searching and confirming use different rows


class Judged(Enum):
    """Which rows decide whether a program learns."""

    TRAINING = "training"  # the training rows: the table is tiny or exhaustive
    VALIDATION = "validation"  # the program's own validation rows
    HELD_OUT = "held_out"  # rows that this split keeps from training
    FOLDS = "folds"  # the same, several times, so that every row is judged once


@dataclass(frozen=True, kw_only=True)
class Fold:
    """One way to train and judge, as row numbers of the table (training rows, then validation rows where given)."""

    train: Indices  # rows that are trained on, in the program's order
    search: Indices  # rows that judge while searching
    confirm: Indices  # rows that judge in the end; the same as ``search`` if there are few


@dataclass(frozen=True, kw_only=True)
class Split:
    """How the table is split."""

    judged: Judged  # which rows decide
    folds: tuple[Fold, ...]  # one, or several if the data are few
    # share of the rows, from their end, that the program itself keeps from training (by its ``validation_split``, or as
    # its validation data); 0 if those are judged
    trailing_fraction: float = 0.0
    in_time_order: bool = False  # whether the held-out rows are the last ones
    # share of the program's validation rows that are training rows too, if that is most of them; they do not judge then
    known_share: float = 0.0


def group_rows(inputs: Sequence[Array]) -> Indices:
    """A number for each row; equal rows have the same number.

    Args:
        inputs: one array (observations, ...) for each input of the model
    """
    rows = len(inputs[0])
    parts = [np.ascontiguousarray(np.asarray(part).reshape(rows, -1)) for part in inputs]
    table = np.concatenate([part.view(np.uint8).reshape(rows, -1) for part in parts], axis=1)
    keys = np.ascontiguousarray(table).view(np.dtype((np.void, table.shape[1]))).reshape(-1)
    _, places = np.unique(keys, return_inverse=True)
    return places.reshape(-1)


def split_rows(
    inputs: Sequence[Array],
    targets: Array,
    task: Task,
    *,
    validation_rows: int,
    validation_split: float,
    shuffle: bool,
    seed: int,
    ordered_input: bool = False,
) -> Split:
    """Split a table of ``rows`` training rows followed by ``validation_rows`` validation rows.

    Args:
        inputs: one array (rows + validation_rows, ...) for each input of the model
        targets: as ``Task.read_targets`` gives them, for all rows; of positions within an observation, the first counts
        task: what is to be learned
        validation_rows: how many of the last rows are the program's validation data
        validation_split: the share of the training rows that the program keeps from training, from their end
        shuffle: whether the program shuffles
        seed: of the draws
        ordered_input: whether the order of the rows may be one of time; they are then held out from the end if the
            program does not shuffle
    """
    total = len(inputs[0])
    rows = total - validation_rows
    groups = group_rows(inputs)
    strata = _strata(task, targets, total)
    everything = np.arange(rows)
    unseen = np.setdiff1d(groups[rows:], groups[:rows])
    if len(unseen) < FEWEST_HELD_OUT // 2 and _must_judge_training(groups[:rows], rows):
        return Split(judged=Judged.TRAINING, folds=(Fold(train=everything, search=everything, confirm=everything),))
    rng = np.random.default_rng([seed, 1])
    if validation_rows >= FEWEST_HELD_OUT // 2:
        held = np.arange(rows, total)
        known_share = share_known(groups, everything, held)
        if known_share > MOSTLY_KNOWN:
            return _without_known_rows(groups[:rows], strata[:rows], seed, known_share)
        if task.kind in (TaskKind.BINARY, TaskKind.MULTICLASS) and _is_unseen(strata, everything, held):
            return _held_out(groups, strata, seed, trailing_fraction=validation_rows / total)
        search, confirm = _in_two(held, strata, rng)
        return Split(judged=Judged.VALIDATION, folds=(Fold(train=everything, search=search, confirm=confirm),))
    if validation_split > 0:
        kept = int(rows * (1 - validation_split))
        tail = np.arange(kept, rows)
        known_share = share_known(groups, everything[:kept], tail)
        if known_share > MOSTLY_KNOWN:
            return _without_known_rows(groups[:rows], strata[:rows], seed, known_share)
        if len(tail) >= FEWEST_HELD_OUT and kept > 0 and _is_representative(strata, everything[:kept], tail):
            search, confirm = _in_two(tail, strata, rng)
            fold = Fold(train=everything[:kept], search=search, confirm=confirm)
            return Split(judged=Judged.VALIDATION, folds=(fold,))
        if len(tail) and not _is_representative(strata, everything[:kept], tail):
            return _held_out(groups[:rows], strata[:rows], seed, trailing_fraction=validation_split)
    if not shuffle and ordered_input and not _is_sorted_by(strata[:rows]):
        kept = int(rows * (1 - HELD_OUT_FRACTION))
        search, confirm = _in_two(np.arange(kept, rows), strata, rng)
        fold = Fold(train=everything[:kept], search=search, confirm=confirm)
        return Split(judged=Judged.HELD_OUT, folds=(fold,), in_time_order=True)
    return _held_out(groups[:rows], strata[:rows], seed, trailing_fraction=0.0)


def share_known(groups: Indices, train: Indices, held: Indices) -> float:
    """The share of some rows that are equal to a training row; 0 of no rows."""
    return float(np.isin(groups[held], groups[train]).mean()) if len(held) else 0.0


def _without_known_rows(groups: Indices, strata: Indices, seed: int, known_share: float) -> Split:
    """The split of a program that was trained on its validation rows: other rows are kept from training."""
    return replace(_held_out(groups, strata, seed, trailing_fraction=0.0), known_share=known_share)


def split_apart_from_tail(inputs: Sequence[Array], targets: Array, task: Task, *, tail: float, seed: int) -> Split:
    """The split of a program whose ``validation_split`` keeps rows of another kind than those it trains on: rows of all
    kinds judge, and the program's own are kept from training all the same.

    Args:
        inputs, targets: as for ``split_rows``; training rows only
        tail: the program's validation split
    """
    return _held_out(group_rows(inputs), _strata(task, targets, len(inputs[0])), seed, trailing_fraction=tail)


def tail_is_outside(inputs: Sequence[Array], tail: float) -> bool:
    """Whether most of the last rows lie outside of the range of the others in some feature, as with sorted inputs.

    Args:
        inputs: one array (rows, ...) for each input
        tail: share of the rows
    """
    kept = int(len(inputs[0]) * (1 - tail))
    for values in inputs:
        flat = np.asarray(values).reshape(len(values), -1)
        if not 0 < kept < len(flat) or flat.dtype.kind not in "fiu":
            continue
        known, other = flat[:kept], flat[kept:]
        outside = (other < known.min(axis=0)) | (other > known.max(axis=0))
        varied = np.ptp(known, axis=0) > 0
        if np.any(outside.mean(axis=0)[varied] > MOSTLY_OUTSIDE):
            return True
    return False


def _must_judge_training(groups: Indices, rows: int) -> bool:
    """Whether there are too few different rows to keep any from training."""
    different = len(np.unique(groups))
    return rows < FEWEST_HELD_OUT or different < FEWEST_HELD_OUT or different <= rows // 8


def _strata(task: Task, targets: Array, rows: int) -> Indices:
    """A class for each row to stratify by; quarters of the first target of a regression."""
    per_row = np.asarray(targets).reshape(rows, -1)[:, 0]
    if task.kind is TaskKind.REGRESSION:
        finite = np.nan_to_num(per_row.astype(float))
        return np.searchsorted(np.quantile(finite, [0.25, 0.5, 0.75]), finite)
    return per_row.astype(np.intp)


def _is_sorted_by(strata: Indices) -> bool:
    """Whether equal classes stand together: far fewer changes from row to row than in any mixed order."""
    changes = int(np.count_nonzero(np.diff(strata)))
    return changes < 3 * len(np.unique(strata))


def _is_representative(strata: Indices, train: Indices, held: Indices) -> bool:
    """Whether the held-out rows have about the classes (quarters of the target) of the training rows."""
    count = int(strata.max()) + 1 if len(strata) else 1
    shares = [np.bincount(np.maximum(strata[rows], 0), minlength=count) / len(rows) for rows in (train, held)]
    distance = 0.5 * float(np.abs(shares[0] - shares[1]).sum())
    noise = float(np.sqrt(count / len(held)))  # what chance alone makes of it
    return distance < 0.3 + 0.5 * noise


def _is_unseen(strata: Indices, train: Indices, held: Indices) -> bool:
    """Whether many of the held-out rows are of classes that the training rows hardly have, as with sorted rows."""
    count = int(strata.max()) + 1
    known, asked = (np.bincount(np.maximum(strata[rows], 0), minlength=count) / len(rows) for rows in (train, held))
    return bool(asked[known < UNSEEN_FRACTION * asked].sum() > MOSTLY_UNSEEN)


def _in_two(held: Indices, strata: Indices, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Held-out rows in two stratified halves; the same rows twice if they are few."""
    if len(held) < FEWEST_SEPARATE_ROWS:
        return held, held
    shuffled = held[rng.permutation(len(held))]
    order = shuffled[np.argsort(strata[shuffled], kind="stable")]
    order = order[:: -(-len(order) // (2 * MOST_JUDGED_ROWS))]  # some of every class, not the first classes
    return np.sort(order[0::2]), np.sort(order[1::2])


def _held_out(groups: Indices, strata: Indices, seed: int, *, trailing_fraction: float) -> Split:
    """Rows that the harness chooses are held out: once, or in ``FOLDS`` folds if they are few."""
    rows = len(groups)
    rng = np.random.default_rng([seed, 2])
    folds = []
    parts = assign_folds(groups, strata, FOLDS, seed)
    for number in range(FOLDS if rows < FEWEST_FOR_ONE_SPLIT else 1):
        held = np.flatnonzero(parts == number)
        train = np.flatnonzero(parts != number)
        if trailing_fraction > 0:
            train = train[train < int(rows * (1 - trailing_fraction) + 1e-9)]
        search, confirm = (held, held) if rows < FEWEST_FOR_ONE_SPLIT else _in_two(held, strata, rng)
        folds.append(Fold(train=train, search=search, confirm=confirm))
    fewest = min(len(fold.train) for fold in folds)  # equal lengths, so that one compiled training serves all folds
    folds = [Fold(train=fold.train[:fewest], search=fold.search, confirm=fold.confirm) for fold in folds]
    judged = Judged.FOLDS if len(folds) > 1 else Judged.HELD_OUT
    return Split(judged=judged, folds=tuple(folds), trailing_fraction=trailing_fraction)


def assign_folds(groups: Indices, strata: Indices, folds: int, seed: int) -> Indices:
    """The fold (0 to ``folds`` - 1) of each row: equal rows together, classes spread evenly."""
    rng = np.random.default_rng([seed, 3])
    _, first, places = np.unique(groups, return_index=True, return_inverse=True)
    leaders = strata[first]
    shuffled = rng.permutation(len(first))
    order = shuffled[np.argsort(leaders[shuffled], kind="stable")]
    fold_of_group = np.empty(len(first), dtype=np.intp)
    fold_of_group[order] = np.arange(len(first)) % folds
    return fold_of_group[places.reshape(-1)]
