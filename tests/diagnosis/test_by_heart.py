"""Programs that learn a few rows: by heart, or with a rule that holds for their validation rows."""

from __future__ import annotations

import numpy as np
import pytest

from harness.diagnosis.diagnosis import diagnose_program
from harness.diagnosis.faults import Fault
from harness.diagnosis.outcomes import OutcomeKind
from harness.report.diagnosing import verdict

from .programs import dense, program

ROWS, COLUMNS = 20, 400
rng = np.random.default_rng(3)
X = rng.normal(size=(2 * ROWS, COLUMNS)).astype("float32")
X[:, 0] += 6 * (np.arange(2 * ROWS) % 2)
KNOWN = np.arange(2 * ROWS) % 2
UNRELATED = rng.permutation(KNOWN)


@pytest.mark.every(2)
@pytest.mark.parametrize(("labels", "outcome"), [(UNRELATED, OutcomeKind.NO_SIGNAL), (KNOWN, OutcomeKind.LEARNS)])
def test_few_rows_that_are_learned_by_heart(labels: np.ndarray, outcome: OutcomeKind) -> None:
    columns = X[:, :3] if outcome is OutcomeKind.LEARNS else X
    few = program(
        dense(8, 1, inputs=columns.shape[1], last="sigmoid"), columns[:ROWS], labels[:ROWS],
        loss="binary_crossentropy", epochs=60, batch_size=2, validation_data=(columns[ROWS:], labels[ROWS:]),
    )  # fmt: skip
    found = diagnose_program(few)
    assert found.outcome is outcome
    assert [cause.fault for cause in found.causes] == [Fault.NO_SIGNAL] * (outcome is OutcomeKind.NO_SIGNAL)
    said = " ".join(verdict(found))
    assert ("on its 20 validation rows" in said) == ("by heart" in said) == (outcome is OutcomeKind.NO_SIGNAL)
