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


CHOICE = """\
import numpy as np

np.random.seed(2)
X = np.random.randn(24, 3)
Y = np.sin(X[:, :1])


class Net:
    def __init__(self, kind="tanh"):
        self.kind = kind
        self.W, self.V = np.random.randn(3, 5), np.random.randn(5, 1)

    def squash(self, z, slope=False):
        if self.kind == "tanh":
            return 1 - np.tanh(z) ** 2 if slope else np.tanh(z)
        return np.where(z > 0, 1.0, 0.5) if slope else np.maximum(z, 0)

    def fit(self, turns):
        for i in range(turns):
            z = X @ self.W
            h = self.squash(z)
            d = (h @ self.V - Y) / len(X)
            dW = X.T @ (d @ self.V.T * self.squash(z, slope=True))
            self.V -= 0.1 * h.T @ d
            self.W -= 0.1 * dW


one = Net()
one.fit(9)
"""
OTHER = 'two = Net(kind="relu")\ntwo.fit(9)\n'


def test_a_second_training_with_another_option_is_judged_too(checked) -> None:
    (found,) = checked(CHOICE + OTHER).mistakes
    assert (found.id, found.place and found.place.line) == ("wrong-derivative", 23)
    right = CHOICE.replace("np.where(z > 0, 1.0, 0.5)", "np.where(z > 0, 1.0, 0.0)")
    assert checked(right + OTHER).verdict is Verdict.CORRECT


def test_a_second_training_with_another_option_is_not_passed_over_if_the_run_ends_before(checked) -> None:
    result = checked(f"{CHOICE}one.forget()\n{OTHER}")
    assert (result.reason, result.detail) == (Reason.NETWORKS_LEFT, "relu")
    assert checked(f"{CHOICE}print(one.kind)\none.forget()\n").verdict is Verdict.CORRECT
