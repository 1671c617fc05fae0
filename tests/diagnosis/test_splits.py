"""Rows are split so that no row that trains judges, and so that tiny tables are still judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.diagnosis.splits import Judged, Split, assign_folds, group_rows, split_rows, tail_is_outside
from harness.diagnosis.tasks import Task, infer_task

RNG = np.random.default_rng(2)


def classes(y: Any) -> Task:
    return infer_task(
        np.asarray(y), loss="sparse_categorical_crossentropy", output_units=3, output_activation="softmax"
    )


def split(x: Any, y: Any, **options: Any) -> Split:
    given = {"validation_rows": 0, "validation_split": 0.0, "shuffle": True, "seed": 0} | options
    task = classes(y)
    return split_rows([np.asarray(x)], task.read_targets(np.asarray(y)), task, **given)


def test_large_tables_are_split_once_and_never_judged_by_training_rows() -> None:
    x, y = RNG.normal(size=(2000, 3)), RNG.integers(0, 3, 2000)
    found = split(x, y)
    assert found.judged is Judged.HELD_OUT
    fold = found.folds[0]
    assert not set(fold.train) & set(fold.search)
    assert not set(fold.train) & set(fold.confirm)
    assert not set(fold.search) & set(fold.confirm)
    assert abs(np.mean(y[fold.search] == 0) - np.mean(y == 0)) < 0.02


def test_of_many_rows_some_of_every_class_are_judged() -> None:
    x, y = np.arange(60_000.0)[:, None], np.arange(60_000) % 3
    fold = split(x, y).folds[0]
    for held in (fold.search, fold.confirm):
        assert len(held) <= 2000
        assert np.allclose(np.bincount(y[held]) / len(held), 1 / 3, atol=0.01)


def test_small_tables_are_judged_by_folds_that_cover_every_row_once() -> None:
    x, y = RNG.normal(size=(203, 3)), RNG.integers(0, 3, 203)
    found = split(x, y)
    assert found.judged is Judged.FOLDS
    assert sorted(np.concatenate([fold.search for fold in found.folds])) == list(range(203))
    assert len({len(fold.train) for fold in found.folds}) == 1


def test_tiny_and_exhaustive_tables_are_judged_by_their_training_rows() -> None:
    xor = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 100)
    assert split(xor, xor.sum(axis=1) % 2).judged is Judged.TRAINING
    assert split(RNG.normal(size=(30, 2)), RNG.integers(0, 3, 30)).judged is Judged.TRAINING


@pytest.mark.parametrize(("rows", "judged"), [(499, Judged.FOLDS), (500, Judged.HELD_OUT)])
def test_fewer_than_500_rows_are_judged_by_folds(rows: int, judged: Judged) -> None:
    assert split(RNG.normal(size=(rows, 3)), RNG.integers(0, 3, rows)).judged is judged


@pytest.mark.parametrize(("unseen", "training_judges"), [(24, True), (25, False)])
def test_an_exhaustive_table_is_judged_by_25_rows_that_it_does_not_have(unseen: int, training_judges: bool) -> None:
    x = np.concatenate([np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (100, 1)), RNG.normal(size=(unseen, 2))])
    judged = split(x, RNG.integers(0, 2, len(x)), validation_rows=unseen).judged
    assert (judged is Judged.TRAINING) == training_judges


def test_equal_rows_stay_on_one_side() -> None:
    x = np.repeat(RNG.normal(size=(400, 2)), 2, axis=0)
    groups = group_rows([x])
    parts = assign_folds(groups, np.zeros(800, dtype=int), 4, 0)
    assert all(parts[2 * row] == parts[2 * row + 1] for row in range(400))
    assert np.bincount(parts).tolist() == [200, 200, 200, 200]


def test_validation_rows_of_the_program_judge() -> None:
    found = split(RNG.normal(size=(900, 2)), RNG.integers(0, 3, 900), validation_rows=150)
    assert found.judged is Judged.VALIDATION
    assert found.folds[0].search.min() == 750
    assert len(found.folds[0].train) == 750


def test_validation_rows_that_are_training_rows_do_not_judge() -> None:
    x, y = RNG.normal(size=(600, 2)), RNG.integers(0, 3, 600)
    repeated = np.concatenate([np.arange(600), np.arange(150), RNG.permutation(600)[:50]])
    found = split(x[repeated], y[repeated], validation_rows=200)
    assert (found.judged, found.known_share) == (Judged.HELD_OUT, 1.0)
    assert found.folds[0].train.max() < 600
    of_split = split(x[repeated], y[repeated], validation_split=0.25)
    assert (of_split.judged, of_split.known_share) == (Judged.HELD_OUT, 1.0)
    fold = of_split.folds[0]
    assert not set(repeated[fold.train]) & set(repeated[fold.confirm])


def test_validation_split_of_sorted_classes_is_not_used() -> None:
    found = split(RNG.normal(size=(900, 2)), np.repeat([0, 1, 2], 300), validation_split=0.2)
    assert found.trailing_fraction == 0.2
    assert set(np.repeat([0, 1, 2], 300)[found.folds[0].search]) == {0, 1, 2}
    assert found.folds[0].train.max() < 800  # the program itself never trains on the rest


def test_validation_rows_of_classes_that_training_hardly_has_do_not_judge() -> None:
    y = np.repeat([0, 1, 2], 300)
    found = split(RNG.normal(size=(900, 2)), y, validation_rows=200)
    assert found.judged is Judged.HELD_OUT
    assert found.trailing_fraction == 200 / 900
    assert set(y[found.folds[0].search]) == {0, 1, 2}
    assert found.folds[0].train.max() < 700  # the program itself never trains on the rest


def test_rarer_classes_among_the_validation_rows_are_not_another_kind() -> None:
    y = np.concatenate(
        [RNG.permutation(np.repeat([0, 1, 2], 200)), RNG.permutation(np.repeat([0, 1, 2], [180, 10, 10]))]
    )
    assert split(RNG.normal(size=(800, 2)), y, validation_rows=200).judged is Judged.VALIDATION


def test_time_order_is_kept_if_the_program_does_not_shuffle() -> None:
    rng = np.random.default_rng(0)
    found = split(rng.normal(size=(900, 2)), rng.integers(0, 3, 900), shuffle=False, ordered_input=True)
    assert found.in_time_order
    assert found.folds[0].train.max() < found.folds[0].search.min()


def test_last_rows_beyond_the_range_of_the_others_are_of_another_kind() -> None:
    sorted_rows = np.arange(100.0)[:, None]
    assert tail_is_outside([sorted_rows], 0.2)
    assert not tail_is_outside([np.random.default_rng(0).permutation(sorted_rows)], 0.2)
    assert not tail_is_outside([np.ones((100, 3))], 0.2)
    rare = (np.arange(100) < 5).astype(float)[:, None]  # no value of the last rows is new
    assert not tail_is_outside([rare], 0.2)
    assert not tail_is_outside([1 - rare], 0.2)
