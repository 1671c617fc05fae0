"""The child process of a recording: which one is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.recording.child_process import child_started
from harness.recording.record import record_file
from harness.sandbox import Launch, Limits

STEPS = """
import numpy as np
X, Y = np.random.rand(5, 3), np.random.rand(5, 2)
w = np.random.normal(size=(3, 2))
for i in range(20):
    w -= 0.1 * X.T @ (X @ w - Y)
"""


@pytest.mark.parametrize(
    ("seconds", "started"),
    [(5.0, 2), (6.0, 3)],  # of two recordings, the first takes what was started for it, and no other
)
def test_a_child_that_was_started_for_a_file_is_taken_once(
    seconds: float, started: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launches, start = [], Launch.start
    monkeypatch.setattr(Launch, "start", lambda launch: launches.append(launch) or start(launch))
    file = tmp_path / "net.py"
    file.write_text(STEPS)
    with child_started(file, Limits(seconds=seconds, megabytes=2048)):
        recordings = [record_file(file, seconds=5.0, megabytes=2048, drive=False) for _ in range(2)]
    assert len(launches) == started
    assert [[one.name for one in recording.parameters] for recording in recordings] == [["w"]] * 2
    assert not any(launch.started for launch in launches)  # all have ended


@pytest.mark.parametrize("name", ["missing.py", "notes.txt", "."])
def test_of_what_is_no_program_nothing_is_started(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes.txt").write_text("w = 1")
    monkeypatch.setattr(Launch, "start", lambda launch: pytest.fail("started"))
    with child_started(tmp_path / name, Limits(seconds=5.0, megabytes=2048)):
        pass
