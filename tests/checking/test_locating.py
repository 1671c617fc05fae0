"""The search for the place of a mistake ends after a counted amount of work, and the verdict stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking import locating
from harness.checking.check import check_file
from harness.checking.result import Verdict

from .programs import PLANTS, RIGHT


def test_work_grows_with_the_elements_of_an_array() -> None:
    assert locating.work_of(()) == 1
    assert locating.work_of((784, 100)) == 1 + 78_400 // 4_000


def test_a_search_that_is_over_leaves_the_mistake_without_a_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, old, new, _ = PLANTS[0]
    file = tmp_path / "mine.py"
    file.write_text(RIGHT[name].replace(old, new, 1))
    monkeypatch.setattr(locating, "MOST_WORK", -1)
    result = check_file(file)
    assert result.verdict is Verdict.MISTAKE
    assert [one.id for one in result.mistakes] == ["wrong-value"]


SQUARE = """
import numpy as np
X, T = np.random.normal(size=(30, 6)), np.eye(8)[np.random.randint(0, 8, 30)]
W, b, V = np.random.normal(size=(6, 8)), np.zeros(8), np.random.normal(size=(8, 8))
for epoch in range(5):
    a = np.tanh(X @ W + b)
    e = np.exp(a @ V)
    d = (e / e.sum(axis=1, keepdims=True) - T) / 30
    dV = d.T @ a
    dz = d @ V * (1 - a ** 2)
    W -= 0.1 * X.T @ dz
    b -= 0.1 * dz.sum(axis=0)
    V -= 0.1 * dV
"""


def test_two_mistakes_in_matrices_that_are_square_are_each_at_their_line(tmp_path: Path) -> None:
    (tmp_path / "square.py").write_text(SQUARE)
    named = {(one.id, one.place and one.place.line) for one in check_file(tmp_path / "square.py").mistakes}
    assert named == {("transposed-gradient", 9), ("transposed-weights", 10)}


CLIMBING = """
import numpy as np
X, T = np.random.rand(3, 50), np.random.rand(2, 50)
w = [np.random.randn(5, 3), np.random.randn(2, 5)]
b = [np.random.randn(5, 1), np.random.randn(2, 1)]
def sigmoid(z): return 1 / (1 + np.exp(-z))
def slope(z): return sigmoid(z) * (1 - sigmoid(z))
for epoch in range(5):
    z0 = w[0] @ X + b[0]
    a = sigmoid(z0)
    y = sigmoid(w[1] @ a + b[1])
    d1 = (y - T) * slope(y)
    d0 = w[1].T @ d1 * slope(z0)
    for layer, d, x in ((0, d0, X), (1, d1, a)):
        w[layer] -= 0.1 * d @ x.T
        b[layer] += 0.1 * d.sum(axis=1, keepdims=True)
"""


def test_biases_that_climb_are_named_beside_a_mistake_that_spoils_all_steps(tmp_path: Path) -> None:
    (tmp_path / "climbing.py").write_text(CLIMBING)
    mistakes = check_file(tmp_path / "climbing.py").mistakes
    named = {(one.id, one.place and one.place.line): set(one.parameters) for one in mistakes}
    assert set(named) == {("derivative-of-activation", 12), ("gradient-ascent", 16)}
    assert all(name.startswith("b") for name in named["gradient-ascent", 16])


IN_PLACE = """
import numpy as np
X, y = np.random.normal(size=(30, 6)), np.random.normal(size=(30, 2))
W, V = np.random.normal(size=(6, 8)), np.random.normal(size=(8, 2))
def slope(a):
    a[a < 0] = 0
    a[a > 0] = 1
    a[a == 0] = 0.5
    return a
for epoch in range(5):
    a = X @ W
    a[a < 0] = 0
    d = a @ V - y
    dV = a.T @ d
    dW = X.T @ (d @ V.T * slope(a))
    V -= 0.01 * dV
    W -= 0.01 * dW
"""


@pytest.mark.parametrize(("wrong", "line"), [("0.5", 8), ("0", 0)])
def test_of_the_steps_of_a_derivative_that_changes_its_argument_the_wrong_one_is_named(
    tmp_path: Path, wrong: str, line: int
) -> None:
    file = tmp_path / "net.py"
    file.write_text(IN_PLACE.replace("0.5", wrong))
    result = check_file(file)
    assert [one.place and one.place.line for one in result.mistakes] == ([line] if line else [])
    assert (result.verdict is Verdict.MISTAKE) == bool(line)
