"""Weight decay of some weights that is not that of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from tests.network_files import write_file

DECAYED = """\
import numpy as np

X, Y = np.random.randn(12, 3), np.random.randn(12, 2)
W, V, penalty = np.random.randn(3, 4), np.random.randn(4, 2), {penalty}
for i in range(9):
    h = np.tanh(X @ W)
    d = (h @ V - Y) / 12
    dV = h.T @ d + {of_V}
    dW = X.T @ (d @ V.T * (1 - h ** 2)) + {of_W}
    V -= 0.1 * dV
    W -= 0.1 * dW
"""


@pytest.mark.parametrize(
    ("penalty", "of_V", "of_W", "line"),
    [
        ("0.0", "penalty * V", "penalty * W", None),
        ("0.0", "V", "penalty * W", 8),
        ("0.01", "penalty * V", "W", 9),
        ("0.01", "penalty / 2 * V", "penalty * W", None),
        ("0.01", "V", "W", None),
    ],
)
def test_a_decay_without_the_coefficient_that_another_has_is_a_mistake(
    tmp_path: Path, penalty: str, of_V: str, of_W: str, line: int | None
) -> None:
    path = write_file(tmp_path / "decayed.py", DECAYED.format(penalty=penalty, of_V=of_V, of_W=of_W))
    result = check_file(path)
    found = [(one.id, one.place and one.place.line) for one in result.mistakes]
    assert found == ([] if line is None else [("weight-decay-differs", line)])
    assert line is not None or result.verdict is Verdict.CORRECT


ONCE = """\
import numpy as np

X, Y = np.random.randn(12, 3), np.random.randn(12, 2)
W, V = np.random.randn(3, 4), np.random.randn(4, 2)
for i in range(9):
    h = np.tanh(X @ W)
    e = h @ V - Y
    cost = np.sum(e ** 2) / 12 + 0.01 * (np.sum(W ** 2) + np.sum(V ** 2))
    d = 2 * e / 12
    part = {part}
    dV = h.T @ d + part * V
    dW = X.T @ (d @ V.T * (1 - h ** 2)) + part * W
    V -= 0.1 * dV
    W -= 0.1 * dW
"""


@pytest.mark.parametrize(("part", "ids"), [("0.02", []), ("0.02 if i == 0 else 0.0", ["weight-decay-differs"])])
def test_the_gradient_of_a_penalty_that_is_left_out_from_the_second_iteration_on_is_missed(
    tmp_path: Path, part: str, ids: list[str]
) -> None:
    result = check_file(write_file(tmp_path / "once.py", ONCE.format(part=part)))
    assert [one.id for one in result.mistakes] == ids
    assert ids or result.verdict is Verdict.CORRECT
