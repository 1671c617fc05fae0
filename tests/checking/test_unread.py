"""Biases that are updated, and that no forward pass adds; updates that raise."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict

NETWORK = """
import numpy as np

np.random.seed(3)
X = np.random.rand(6, 3)
T = (X.sum(axis=1, keepdims=True) > 1.5).astype(float)
w1, w2 = 2 * np.random.rand(3, 4) - 1, 2 * np.random.rand(4, 1) - 1
b1, b2 = np.zeros((1, 4)), np.zeros((1, 1))
seen = np.zeros((1, 4))
for epoch in range(50):
    h = np.tanh(X @ w1 + b1)
    out = 1 / (1 + np.exp(-(h @ w2 + b2)))
    delta = (T - out) * out * (1 - out)
    below = delta @ w2.T * (1 - h ** 2)
    w2 += 0.5 * h.T @ delta
    b2 += 0.5 * delta.sum(axis=0, keepdims=True)
    w1 += 0.5 * X.T @ below
    b1 += 0.5 * below.sum(axis=0, keepdims=True)
    seen += h.sum(axis=0, keepdims=True)
"""


def write(folder: Path, *changes: tuple[str, str]) -> Path:
    text = NETWORK
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "net.py").write_text(text)
    return folder / "net.py"


@pytest.mark.parametrize("changes", [(), (("(T - out)", "(-out + T)"),), (("(T - out)", "(T + (-out))"),)])
def test_the_network_is_right_however_the_error_is_written(
    tmp_path: Path, changes: tuple[tuple[str, str], ...]
) -> None:
    result = check_file(write(tmp_path, *changes))
    assert result.verdict is Verdict.CORRECT
    assert result.judged_iterations >= 3


@pytest.mark.parametrize(
    ("missing", "line", "update", "name"), [(" + b1", 11, 18, "b1"), (" + b2", 12, 16, "b2")], ids=["hidden", "output"]
)
def test_a_bias_that_is_updated_and_never_added(
    tmp_path: Path, missing: str, line: int, update: int, name: str
) -> None:
    """Numbers that are summed up beside it, such as the activations that were seen, are not parameters."""
    (mistake,) = check_file(write(tmp_path, (missing, ""))).mistakes
    assert (mistake.id, mistake.parameters) == ("bias-missing-in-forward", (name,))
    assert mistake.place is not None
    assert [one.line for one in (mistake.place, *mistake.others)] == [line, update]


def test_an_update_that_raises_after_others_is_the_mistake(tmp_path: Path) -> None:
    """The parameters before it were updated, and w1 was not: nobody left its update out."""
    (mistake,) = check_file(write(tmp_path, ("X.T @ below", "X @ below"))).mistakes
    assert mistake.id == "exception"
    assert mistake.place is not None
    assert mistake.place.line == 17
