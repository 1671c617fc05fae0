"""The scale of inputs, against means and deviations that are known."""

from __future__ import annotations

import numpy as np
import pytest

from harness.measures.inputs import input_facts

PAIR = np.array([[-1.0, 2.0], [1.0, 2.0]])  # means 0 and 2, standard deviations 1 and 0


def test_what_inputs_hold() -> None:
    facts = input_facts(PAIR)
    assert (facts.low, facts.high, facts.scale) == (-1.0, 2.0, 2.0)
    assert (facts.spread, facts.spread_ratio) == (1.0, 1.0)  # a feature that never changes does not count
    assert facts.finite
    assert not input_facts(np.array([[np.nan], [1.0]])).finite


@pytest.mark.parametrize(
    ("values", "doubt"),
    [
        (PAIR, 0),
        (6 * PAIR, 1),  # a mean of 12
        (PAIR * [1.0, 20.0], 2),  # a mean of 40
        (1000 * PAIR, 2.5),
        (PAIR * [0.04, 1.0], 1),
        (PAIR * [0.004, 1.0], 2),
        (np.array([[-1.0, 0.01], [1.0, -0.01]]), 0),  # 100 times apart
        (np.array([[-1.0, 0.009], [1.0, -0.009]]), 1),
    ],
)
def test_how_far_they_are_from_usual_ones(values: np.ndarray, doubt: float) -> None:
    assert input_facts(values).doubt == doubt
