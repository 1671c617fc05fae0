"""Softmax that overflows only with large weights: a hint beside the verdict, never a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from tests.network_files import write_file

SOFTMAX = """\
import numpy as np

rng = np.random.RandomState(0)
X, Y = rng.randn(7, 4), np.eye(3)[rng.randint(0, 3, 7)]
W = rng.randn(4, 3)
for i in range(3):
    z = X @ W
    e = np.exp({z})
    p = e / e.sum(axis=1, keepdims=True)
    W -= 0.1 * X.T @ (p - Y)
"""


@pytest.mark.parametrize(("z", "lines"), [("z", [8]), ("z - z.max(axis=1, keepdims=True)", [])])
def test_an_exponential_of_large_values_is_a_hint_at_its_line(tmp_path: Path, z: str, lines: list[int]) -> None:
    result = check_file(write_file(tmp_path / "net.py", SOFTMAX.format(z=z)))
    assert result.verdict is Verdict.CORRECT
    assert [place.line for id, place, _ in result.notes if id == "overflow-at-large-values" and place] == lines
