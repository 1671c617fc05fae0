"""Units that are objects of plain numbers: biases that are constants, and weights that nothing trains."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Remark, Verdict
from harness.report import checking as report

UNITS = """
import math
import random

random.seed(3)


class Unit:
    def __init__(self, inputs, linear):
        self.weights, self.moved = [0.0] * inputs, [0.0] * inputs
        self.bias, self.delta, self.linear = BIAS, 0.0, linear
        for i in range(inputs):
            tmp_weight = random.uniform(-1, 1)
            self.weights[i] = tmp_weight

    def out(self, x):
        total = self.bias
        for i in range(len(self.weights)):
            total = total + x[i] * self.weights[i]
        self.a = total if self.linear else 1 / (1 + math.exp(-total))
        return self.a

    def learn(self, x, rate, keep):
        for i in range(len(self.weights)):
            self.moved[i] = keep * self.moved[i] + rate * self.delta * x[i]
            self.weights[i] = self.weights[i] + self.moved[i]


first = [Unit(2, False) for _ in range(2)]
hidden, last = [Unit(2, False) for _ in range(3)], Unit(3, True)
rows = [([0.3, 0.9], 0.2), ([0.8, 0.1], 0.7), ([0.5, 0.4], 0.4)]
squares = 0.0
for epoch in range(20):
    for number, (x, y) in enumerate(rows):
        BEGIN
        h = [unit.out(x) for unit in hidden]
        a = last.out(h)
        last.delta = y - a
        for unit, weight in zip(hidden, last.weights):
            unit.delta = last.delta * weight * unit.a * (1 - unit.a)
        last.learn(h, 0.02, 0.02)
        for unit in hidden:
            unit.learn(x, 0.02, 0.02)
        squares += (y - a) ** 2
        error = math.sqrt(squares / (number + 1))
    print(error)
    squares = 0.0
"""


def written(folder: Path, bias: str, begin: str) -> Path:
    """The file with these biases, and the first line of its loop."""
    path = folder / "units.py"
    path.write_text(UNITS.replace("BIAS", bias).replace("BEGIN", begin))
    return path


@pytest.mark.every(2)
@pytest.mark.parametrize("bias", ["1.0", "0.0"])
def test_constant_biases_of_units_are_not_missed_beside_a_momentum_and_a_printed_error(
    tmp_path: Path, bias: str
) -> None:
    """A share of the last step and the root of one squared error are multiples of the gradient of a bias as well."""
    result = check_file(written(tmp_path, bias, "pass"))
    assert result.verdict is Verdict.CORRECT, report.text(result)
    assert len(result.parameters) == 9


@pytest.mark.slow
def test_a_first_layer_of_units_that_nothing_trains_is_a_mistake_and_constant_biases_are_none(tmp_path: Path) -> None:
    result = check_file(written(tmp_path, "1.0", "x = [unit.out(x) for unit in first]"))
    assert [(one.id, one.parameters) for one in result.mistakes] == [("kernel-not-updated", ("tmp_weight",))]
    assert any(id == "biases-not-trained" for id, _, _ in result.notes)


SHORTCUT = """import numpy as np
X = np.random.normal(size=(5, 40))
Y = np.eye(3)[np.random.randint(0, 3, 40)].T
w1, w2, w_past = np.random.normal(size=(4, 5)), np.random.normal(size=(3, 4)), np.eye(4, 5)
b1, b2 = np.zeros((4, 1)), np.zeros((3, 1))
for epoch in range(30):
    a = np.tanh(w1.dot(X) + b1)
    h = a + w_past.dot(X)
    e = np.exp(w2.dot(h) + b2)
    p = e / e.sum(axis=0)
    d2 = (p - Y) / 40
    d1 = (1 - a ** 2) * w2.T.dot(d2)
    dw1, dw2 = d1.dot(X.T), d2.dot(h.T)
    w2 -= 0.5 * dw2
    w1 -= 0.5 * dw1
    b2 -= 0.5 * d2.sum(axis=1, keepdims=True)
    b1 -= 0.5 * d1.sum(axis=1, keepdims=True)
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("", "", []),
        ("(1 - a ** 2) * w2.T", "w2.T", ["missing-hidden-activation-derivative"]),
        ("np.eye(4, 5)", "0.5 * np.random.normal(size=(4, 5))", ["kernel-not-updated"]),
    ],
    ids=["right", "slipped", "drawn"],
)
def test_an_identity_that_carries_values_past_a_layer_is_remarked(
    tmp_path: Path, old: str, new: str, found: list[str]
) -> None:
    (tmp_path / "mine.py").write_text(SHORTCUT.replace(old, new) if old else SHORTCUT)
    result = check_file(tmp_path / "mine.py")
    assert [one.id for one in result.mistakes] == found, report.text(result)
    is_remarked = any(id == "identity-not-trained" and detail == "w_past" for id, _, detail in result.notes)
    assert is_remarked == ("kernel-not-updated" not in found)


ADDED_BEFORE = """
import numpy as np

rng = np.random.default_rng(0)
X, t = rng.normal(size=(12, 5)), rng.normal(size=(12, 3))
w = rng.normal(size=(5, 3))
for step in range(20):
    NAME = np.zeros(3)
    error = NAME + X @ w - t
    print(0.5 * np.sum(error**2))
    w -= 0.01 * X.T @ error
"""


@pytest.mark.parametrize(("name", "are_biases"), [("total", False), ("bias", True)])
def test_zeros_that_are_made_in_every_iteration_are_biases_if_they_are_called_so(
    name: str, are_biases: bool, tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(ADDED_BEFORE.replace("NAME", name))
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    assert [names for id, _, names in result.notes if id is Remark.BIASES_NOT_TRAINED] == [name] * are_biases
