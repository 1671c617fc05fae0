"""Outcomes follow from scores and one bar."""

from __future__ import annotations

import numpy as np
import pytest

from harness.diagnosis.outcomes import Bar, OutcomeKind, Scores, outcome_of, outcome_of_little, share_of

BAR = Bar(constant=0.5, best=0.9, noise=0.0)


def outcome(held: list[float], training: list[float] | None = None, diverged: bool = False) -> OutcomeKind:
    scores = Scores(
        held=np.array(held),
        training=np.array(held if training is None else training),
        diverged=np.full(len(held), diverged),
    )
    return outcome_of(scores, BAR)


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    # Wilson's interval, from Newcombe (1998), Statistics in Medicine 17, 857-872, table I
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_the_published_ones(count: int, of: int, low: float, high: float) -> None:
    found = share_of([True] * count + [False] * (of - count))
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_outcomes() -> None:
    assert outcome([0.88] * 8) is OutcomeKind.LEARNS
    assert outcome([0.5] * 8) is OutcomeKind.DOES_NOT_TRAIN
    assert outcome([0.65] * 8) is OutcomeKind.UNDERFITS
    assert outcome([0.65] * 8, [0.95] * 8) is OutcomeKind.OVERFITS
    assert outcome([0.80] * 8, [0.83] * 8) is OutcomeKind.UNDERFITS  # as good on other rows as on its own, but for 3 %
    assert outcome([0.5] * 8, diverged=True) is OutcomeKind.DIVERGES
    assert outcome([0.5] * 4 + [0.9] * 4) is OutcomeKind.LUCKY


def test_scores_around_the_bar_are_not_luck() -> None:
    assert outcome([0.81, 0.83] * 4) is OutcomeKind.LEARNS


def test_noise_of_few_judged_rows_lowers_the_bar_but_not_below_half() -> None:
    assert Bar(constant=0.5, best=0.9, noise=0.05).learned == pytest.approx(0.77)
    assert Bar(constant=0.5, best=0.9, noise=0.5).learned == pytest.approx(0.72)


def test_nothing_to_learn_is_not_learned() -> None:
    assert not Bar(constant=0.5, best=0.5, noise=0.0).has_learned(np.array([0.5, 0.6])).any()


def test_a_constant_is_not_said_to_learn_where_the_best_prediction_is_hardly_better() -> None:
    bar = Bar(constant=0.5, best=0.53, noise=0.0)
    outcomes = [outcome_of_little(held, 0.5, bar) for held in (0.53, 0.5, 0.45)]
    assert outcomes == [OutcomeKind.LEARNS, OutcomeKind.NOT_JUDGED, OutcomeKind.DOES_NOT_TRAIN]
    assert outcome_of_little(0.5, 0.9, bar) is OutcomeKind.OVERFITS
