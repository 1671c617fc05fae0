"""How many updates are recorded before the file is stopped."""

from harness.recording.graph import Stop
from harness.recording.record import record_file

BATCHES = """
import numpy as np
X = np.random.randn(22, 3)
y = np.random.randn(22, 1)
W = np.zeros((3, 1))
for epoch in range(50):
    for start in range(0, len(X), 4):
        x, t = X[start:start + 4], y[start:start + 4]
        W -= 0.1 * x.T @ (x @ W - t) / len(x)
"""


def test_a_smaller_last_batch_is_waited_for(tmp_path):
    path = tmp_path / "batches.py"
    path.write_text(BATCHES)
    recording = record_file(path)
    (parameter,) = recording.parameters
    assert len(parameter.updates) == 6  # five batches of 4 and one of 2
    heights = {n.shape[0] for n in recording.nodes if n.place and n.place.line == 8 and n.operation == "getitem"}
    assert {2, 4} <= heights
    assert recording.stop is Stop.ENOUGH


def test_a_last_batch_that_is_far_away_is_not(tmp_path):
    path = tmp_path / "batches.py"
    path.write_text(BATCHES.replace("22", "222"))
    recording = record_file(path)
    (parameter,) = recording.parameters
    assert len(parameter.updates) == 3
