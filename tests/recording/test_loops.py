"""How often the loops go round in which a recording ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.recording.graph import Stop
from harness.recording.record import record_file
from tests.network_files import write_file

BODY = """
    a = X @ w
    w -= 0.1 * X.T @ (a - Y)
"""
HEAD = "import numpy as np\nX, Y = np.random.rand(5, 2), np.random.rand(5, 1)\nw, n = np.random.rand(2, 1), 12\n"


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("loop", "count"),
    [
        ("for i in range(2 * n):", 24),
        ("for i, (x, y) in enumerate(zip(X, [1] * 9)):", 5),
        ("for i in reversed(range(3, n)):", 9),
        ("for i in np.random.permutation(n):", 12),
        ("i = 0\nwhile i <= n:\n    i += 1", 13),
        ("while True:", None),
        ("for i in iter(lambda: 1, 2):", None),
    ],
)
def test_the_rounds_of_a_loop(tmp_path: Path, loop: str, count: int | None) -> None:
    recording = record_file(write_file(tmp_path / "net.py", HEAD + loop + BODY), drive=False)
    assert recording.stop is Stop.ENOUGH
    assert [one.count for one in recording.loops] == [count]


def test_loops_of_all_functions_that_are_running(tmp_path: Path) -> None:
    path = write_file(
        tmp_path / "net.py",
        HEAD
        + "def step():\n    global w\n    for i in range(3):\n        a = X @ w\n        w = w - 0.1 * X.T @ (a - Y)\n"
        + "for epoch in range(n):\n    step()\n",
    )
    assert [(one.line, one.end_line, one.count) for one in record_file(path, drive=False).loops] == [
        (9, 10, 12),
        (6, 8, 3),
    ]
