"""Networks that round their values to a few digits, as some do to print them or to follow them by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Remark, Verdict
from tests.network_files import write_file

OF_ARRAYS = """import numpy as np
np.random.seed(4)
X = np.array([[0.1, 0.9], [0.8, 0.3], [0.5, 0.4], [0.2, 0.7]])
y = np.array([[1.0], [0.0], [0.0], [1.0]])
V, W = np.random.rand(2, 3) - 0.5, np.random.rand(3, 1) - 0.5
def squash(z):
    return np.around(1 / (1 + np.exp(-z)), 3)
for turn in range(20):
    h = squash(np.around(X @ V, 3))
    out = squash(np.around(h @ W, 3))
    error = out - y
    d = error * out * (1 - out)
    back = d @ W.T * h * (1 - h)
    W -= 0.5 * np.around(h.T @ d, 3)
    V -= 0.5 * np.around(X.T @ back, 3)
"""

OF_NUMBERS = """import math, random
random.seed(2)
rows = [((0.2, 0.7), 0.3), ((0.9, 0.1), 0.8), ((0.4, 0.4), 0.5), ((0.6, 0.8), 0.2)]
a, b, c = [random.uniform(-1, 1) for _ in range(3)]
for turn in range(10):
    loss = 0
    for (u, v), t in rows:
        out = round(1 / (1 + math.exp(-(a * u + b * v + c))), 4)
        loss += (out - t) ** 2
        slope = 2 * (out - t) * out * (1 - out)
        a -= round(0.1 * slope * u, 4)
        b -= round(0.1 * slope * v, 4)
        c -= round(0.1 * slope, 4)
"""


@pytest.mark.parametrize(("text", "line"), [(OF_ARRAYS, 9), (OF_NUMBERS, 8)], ids=["arrays", "numbers"])
def test_rounded_values_are_judged_within_their_rounding(tmp_path: Path, text: str, line: int) -> None:
    result = check_file(write_file(tmp_path / "net.py", text))
    assert result.verdict is Verdict.CORRECT
    assert [place and place.line for id, place, _ in result.notes if id is Remark.VALUES_ROUNDED] == [line]


@pytest.mark.parametrize(
    ("text", "old", "new", "line"),
    [
        (OF_ARRAYS, "d @ W.T * h * (1 - h)", "d @ W.T", 13),
        (OF_ARRAYS, "d @ W.T * h * (1 - h)", "error @ W.T * h * (1 - h)", 13),
        (OF_NUMBERS, "2 * (out - t) * out * (1 - out)", "2 * (out - t) * out", 10),
    ],
)
def test_a_mistake_among_rounded_values_has_its_line(tmp_path: Path, text: str, old: str, new: str, line: int) -> None:
    result = check_file(write_file(tmp_path / "net.py", text.replace(old, new)))
    assert result.verdict is Verdict.MISTAKE
    assert line in {found.place.line for found in result.mistakes if found.place is not None}


def test_outputs_that_are_rounded_to_whole_numbers_are_still_thresholds(tmp_path: Path) -> None:
    """No gradient flows through a threshold, so what is trained by it is another cost."""
    result = check_file(write_file(tmp_path / "net.py", OF_ARRAYS.replace("(1 / (1 + np.exp(-z)), 3)", "(z, 0)")))
    assert result.verdict is not Verdict.CORRECT
