"""Perceptrons whose outputs and errors are kept in arrays, and networks that share data made before they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.report import checking as report

KEPT = """
import random
import numpy as np

random.seed(4)

def limit(z):
    return 0 if z < 0.0 else 1

def learn(X, wanted, rate):
    w = np.array([random.uniform(-0.5, 0.5), random.uniform(-0.5, 0.5)])
    b = random.uniform(1.0, 5)
    for _ in range(20):
        out, error = np.zeros(4), np.zeros(4)
        for n in range(4):
            z = 0
            for k in range(2):
                z += w[k] * X[k, n]
            out[n] = limit(z + b)
            error[n] = wanted[n] - out[n]
            for k in range(2):
                w[k] += rate * error[n] * X[k, n]
            b += rate * error[n]
    return w, b

learn(np.array([[0, 0, 1, 1], [0, 1, 0, 1]]), np.array([0, 1, 1, 1]), 0.5)
"""
SHARED = """
import numpy as np

class Unit:
    def fit(self, X, y):
        self.w, self.b = np.random.RandomState(1).normal(0.0, 0.01, X.shape[1]), 0.0
        for _ in range(9):
            for x, target in zip(X, y):
                error = target - self.predict(x.reshape(1, -1))[0]
                if error != 0:
                    self.w += 0.1 * error * x
                    self.b += 0.1 * error

    def predict(self, X):
        return np.where(np.dot(X, self.w) + self.b >= 0.0, 1, 0)

def main():
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    both = np.array([0, 0, 0, 1])
    Unit().fit(X, both)
    either = np.array([0, 1, 1, 1])
    Unit().fit(X, either)

main()
"""


def checked(folder: Path, text: str) -> tuple[Verdict, str]:
    path = folder / "mine.py"
    path.write_text(text)
    result = check_file(path)
    return result.verdict, report.text(result)


@pytest.mark.parametrize("text", [pytest.param(KEPT, id="kept"), pytest.param(SHARED, id="shared")])
def test_right_ones_are_correct(tmp_path: Path, text: str) -> None:
    verdict, shown = checked(tmp_path, text)
    assert verdict is Verdict.CORRECT, shown
    assert "perceptron criterion" in shown


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        pytest.param(KEPT, "b += rate * error[n]", "b -= rate * error[n]", id="bias-turned"),
        pytest.param(KEPT, "error[n] * X[k, n]", "error[n]", id="without-input"),
        pytest.param(SHARED, "self.b += 0.1", "self.b -= 0.1", id="shared-bias-turned"),
    ],
)
def test_slips_are_found(tmp_path: Path, text: str, old: str, new: str) -> None:
    assert old in text
    verdict, shown = checked(tmp_path, text.replace(old, new))
    assert verdict is Verdict.MISTAKE, shown


MATRICES_IN_PAIRS = """
from numpy import exp, insert, matrix, multiply, random, transpose

def squash(x):
    return 1 / (1 + exp(-x))

def with_one(x):
    return insert(x, 0, 1, axis=0)

random.seed(1)
pairs = [([0, 0], [1, 1]), ([0, 1], [0, 0]), ([1, 0], [0, 1])]
pairs = [(transpose(matrix(x)), transpose(matrix(y))) for x, y in pairs]
w = [random.rand(3, 3), random.rand(4, 2)]
for _ in range(10):
    for x, y in pairs:
        hidden = squash(transpose(w[0]) * with_one(x))
        delta = squash(transpose(w[1]) * with_one(hidden)) - y
        back = multiply(w[1][1:] * delta, multiply(hidden, 1 - hidden))
        w[1] = w[1] - 0.3 * with_one(hidden) * transpose(delta)
        w[0] = w[0] - 0.3 * with_one(x) * transpose(back)
"""


@pytest.mark.parametrize(
    ("slip", "verdict"), [(("", ""), Verdict.CORRECT), (("1 - hidden", "hidden"), Verdict.MISTAKE)]
)
def test_matrices_that_no_name_is_given_are_data(tmp_path: Path, slip: tuple[str, str], verdict: Verdict) -> None:
    path = tmp_path / "net.py"
    path.write_text(MATRICES_IN_PAIRS.replace(*slip), encoding="utf-8")
    assert check_file(path).verdict is verdict
