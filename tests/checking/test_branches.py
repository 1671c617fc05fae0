"""Backward passes that take branches by comparing numbers: a replay with other weights would take other ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict

POOLING = """\
import numpy as np
np.random.seed(2)
X = np.random.randn(5, 8)
labels = np.array([0, 1, 2, 1, 0])
kernel = np.random.randn(3)
W = np.random.randn(3, 3) / 3
b = np.zeros(3)
hits = 0
for epoch in range(4):
    for x, label in zip(X, labels):
        wide = np.array([np.sum(x[i:i + 3] * kernel) for i in range(6)])
        narrow = np.array([np.max(wide[2 * j:2 * j + 2]) for j in range(3)])
        z = narrow @ W + b
        p = np.exp(z) / np.sum(np.exp(z))
        loss = -np.log(p[label])
        if np.argmax(p) == label:
            hits += 1
        dz = p.copy()
        dz[label] -= 1
        dnarrow = W @ dz
        dwide = np.zeros(6)
        for j in range(3):
            part = wide[2 * j:2 * j + 2]
            for i in range(2):
                if part[i] == np.max(part):
                    dwide[2 * j + i] = dnarrow[j]
        dkernel = np.zeros(3)
        for i in range(6):
            dkernel += dwide[i] * x[{start}:{start} + 3]
        kernel -= 0.05 * dkernel
        W -= 0.05 * np.outer(narrow, dz)
        b -= 0.05 * dz
"""


@pytest.mark.parametrize(("start", "verdict"), [("i", Verdict.CORRECT), ("max(0, i - 1)", Verdict.MISTAKE)])
def test_maxima_that_are_found_by_comparison_stay_the_same_in_every_replay(
    tmp_path: Path, start: str, verdict: Verdict
) -> None:
    file = tmp_path / "pooling.py"
    file.write_text(POOLING.format(start=start))
    assert check_file(file).verdict is verdict
