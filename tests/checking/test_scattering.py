"""Large arrays that are filled item by item: one operation, with the values and gradients of all the writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.checking.check import check_file
from harness.checking.replay import Program
from harness.checking.result import Verdict
from harness.checking.scattering import without_scattered_writes
from harness.recording.record import record_file
from tests.network_files import write_file

ROWS = """\
import numpy as np
np.random.seed(0)
X = np.random.randn(300, 3)
Y = np.random.randn(300, 8)
W = np.random.randn(3, 8)
for epoch in range(4):
    out = np.zeros((300, 8))
    for i in range(300):
        out[i] = X[i] @ W{reads}
    loss = np.mean((out - Y) ** 2)
    delta = 2 * (out - Y) / out.size
    W -= 0.1 * X.T @ {delta}
"""


def test_writes_of_a_line_are_one_operation_with_the_same_values(tmp_path: Path) -> None:
    recording = record_file(write_file(tmp_path / "rows.py", ROWS.format(reads="", delta="delta")))
    nodes = without_scattered_writes(recording).nodes
    together = [node for node in nodes if node.operation == "setitems"]
    assert len(together) >= 3  # one for every iteration
    rng = np.random.RandomState(0)
    inputs, _, weights = rng.randn(300, 3), rng.randn(300, 8), rng.randn(3, 8)
    values = Program(nodes).run([together[0].id], {})
    np.testing.assert_allclose(values[together[0].id], inputs @ weights)


def test_writes_that_are_read_in_between_stay(tmp_path: Path) -> None:
    recording = record_file(write_file(tmp_path / "rows.py", ROWS.format(reads=" + 0 * out[i - 1]", delta="delta")))
    assert without_scattered_writes(recording) is recording


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("delta", "verdict"), [pytest.param("delta", Verdict.CORRECT, marks=pytest.mark.slow), ("out", Verdict.MISTAKE)]
)
def test_networks_that_fill_arrays_row_by_row_are_judged(tmp_path: Path, delta: str, verdict: Verdict) -> None:
    assert check_file(write_file(tmp_path / "rows.py", ROWS.format(reads="", delta=delta))).verdict is verdict
