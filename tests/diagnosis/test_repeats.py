"""Equal inputs with different targets: the best that any function of the inputs reaches, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from harness.diagnosis.repeats import measure_repeats
from harness.diagnosis.tasks import infer_task

X = np.array([[0.0], [0.0], [1.0], [1.0]])


def test_classes_that_contradict_each_other() -> None:
    y = np.array([0, 1, 1, 1])
    task = infer_task(y, loss="binary_crossentropy", output_units=1, output_activation="sigmoid")
    found = measure_repeats([X], task.read_targets(y), task, 4)
    assert found is not None
    assert (found.rows, found.contradicted, found.constant) == (4, 2, 0.5)
    # of x = 0, the only 0 weighs more than one of three 1s: all 0s and two of three 1s are right
    assert found.best == pytest.approx((1 + 2 / 3) / 2)
    assert found.learnable == pytest.approx(2 / 3)


def test_quantities_that_contradict_each_other() -> None:
    y = np.array([0.0, 2.0, 5.0, 5.0])
    task = infer_task(y, loss="mean_squared_error", output_units=1, output_activation="linear")
    found = measure_repeats([X], task.read_targets(y), task, 4)
    assert found is not None
    # the means 1 and 5 leave 1 + 1 of (9 + 1 + 4 + 4)
    assert (found.contradicted, found.best) == (2, pytest.approx(1 - 2 / 18))


def test_rows_with_inputs_of_their_own_contradict_nothing() -> None:
    y = np.array([0, 1, 1, 1])
    task = infer_task(y, loss="binary_crossentropy", output_units=1, output_activation="sigmoid")
    assert measure_repeats([np.arange(4.0)[:, None]], task.read_targets(y), task, 4) is None
