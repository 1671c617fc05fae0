"""A judgement that takes too much arithmetic ends without a verdict, at the same place on every machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.checking import verdict
from harness.checking.check import check_file
from harness.checking.replay import Program, TooMuchWork
from harness.checking.result import Reason, Verdict
from harness.recording.graph import Kind, Node, Ref


def test_work_is_counted_in_elements_and_ends_a_program() -> None:
    """A product of (2, 3) and (3, 4): 8 results, 6 + 12 operands, and 24 products of numbers, of which 8 count 1"""
    left = Node(id=0, operation="leaf", kind=Kind.DATA, value=np.ones((2, 3)), shape=(2, 3), dtype="<f8")
    right = Node(id=1, operation="leaf", kind=Kind.DATA, value=np.ones((3, 4)), shape=(3, 4), dtype="<f8")
    arguments = (Ref(id=0), Ref(id=1))
    product = Node(id=2, operation="matmul", arguments=arguments, shape=(2, 4), dtype="<f8")
    program = Program([left, right, product], most_work=29)
    program.run([2], {})
    assert program.work == 8 + 6 + 12 + 3
    with pytest.raises(TooMuchWork):
        program.run([2], {})


def test_a_file_that_takes_too_much_is_not_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "MOST_WORK", 1_000)
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "X, y, w = np.random.rand(20, 3), np.random.rand(20, 1), np.random.rand(3, 1)\n"
        "for i in range(5):\n"
        "    w -= 0.1 * X.T @ (X @ w - y)\n"
    )
    result = check_file(tmp_path / "mine.py")
    assert (result.verdict, result.reason) == (Verdict.NOT_JUDGED, Reason.TOO_MANY)
