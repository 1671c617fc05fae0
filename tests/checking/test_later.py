"""Files that train several networks: the later ones are judged too, or the answer is not "correct"."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import CheckResult, Reason, Verdict

FIRST = """\
import numpy as np

np.random.seed(1)
X = np.random.randn(20, 2)
Y = (X[:, :1] * X[:, 1:] > 0).astype(float)
rate = 0.5


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def backward(a, V):
    return X.T @ (a - Y) / 20


V = np.random.randn(2, 1)
for i in range(8):
    V = V - rate * backward(sigmoid(X @ V), V)
"""
SECOND = """

def backward_deep(acts, weights):
    d = acts[-1] - Y
    for k in reversed(range(len(weights))):
        back = d @ weights[k].T * acts[k] * (1 - acts[k])
        weights[k] = weights[k] - rate * acts[k].T @ d / 20
        d = back


def train_deep(weights):
    for i in range(9):
        acts = [X]
        for W in weights:
            acts.append(sigmoid(acts[-1] @ W))
        backward_deep(acts, weights)


print(sigmoid(X @ V))
weights = [np.random.randn(2, 4), np.random.randn(4, 1)]
"""
CALL = "train_deep(weights)\n"
RIGHT = FIRST + SECOND + CALL


@pytest.fixture
def checked(tmp_path: Path):
    """What is said of a file with this text."""

    def check(text: str) -> CheckResult:
        path = tmp_path / "net.py"
        path.write_text(text)
        return check_file(path)

    return check


def test_both_networks_are_right(checked) -> None:
    result = checked(RIGHT)
    assert result.verdict is Verdict.CORRECT
    assert [one.name for one in result.parameters] == ["V", "weights[1]", "weights[0]"]
    assert not result.notes


def test_a_mistake_of_the_second_network_is_found(checked) -> None:
    old = RIGHT.splitlines(keepends=True)
    (number,) = [number for number, line in enumerate(old) if "back = d @" in line]
    old[number], old[number + 1] = old[number + 1], old[number]
    (found,) = checked("".join(old)).mistakes
    assert found.id == "updated-weights-in-backward"
    assert found.place is not None
    assert found.place.line == number + 2


def test_a_second_network_that_cannot_be_judged_is_not_passed_over(checked) -> None:
    result = checked(RIGHT.replace("d = acts[-1] - Y", "d = acts[-1] ** 3 - 0.2"))
    assert (result.verdict, result.reason) == (Verdict.NOT_JUDGED, Reason.NETWORKS_LEFT)
    assert result.detail == "backward_deep"


def test_a_network_that_nothing_trains_is_a_remark(checked) -> None:
    result = checked(FIRST + SECOND)
    assert result.verdict is Verdict.CORRECT
    assert ("did-not-run", None, "backward_deep") in result.notes
