"""New weights that are written item by item into an array of zeros, which takes their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict

NETWORK = """\
import numpy as np
X = np.array([[0.5, 0.1], [0.9, 0.4], [0.2, 0.8]])
Y = np.array([[0.3], [0.7], [0.1]])
W, V = np.random.rand(2, 3), np.random.rand(3, 1)
for turn in range(100):
    H = 1 / (1 + np.exp(-X @ W))
    A = 1 / (1 + np.exp(-H @ V))
    d = (A - Y) * A * (1 - A)
    dV, dW = H.T @ d, X.T @ (d @ V.T * H * (1 - H))
    new = np.zeros(W.shape)
    for k in range(2):
        for j in range(3):
            new[k][j] = W[k][j] - 0.5 * dW[k][j]
    W = new
    V = V - 0.5 * dV
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("item", ["new[k][j]", "new[k, j]"])
def test_weights_that_are_written_item_by_item_into_zeros_are_judged(tmp_path: Path, item: str) -> None:
    text = NETWORK.replace("new[k][j]", item)
    (tmp_path / "right.py").write_text(text)
    result = check_file(tmp_path / "right.py")
    assert (result.verdict, len(result.parameters)) == (Verdict.CORRECT, 2)
    (tmp_path / "wrong.py").write_text(text.replace("d @ V.T * H * (1 - H)", "d @ V.T"))
    found = check_file(tmp_path / "wrong.py").mistakes
    assert [(one.id, one.place and one.place.line) for one in found] == [("missing-hidden-activation-derivative", 9)]
