"""A file that chooses what it does by a text: each kind is run and judged, not only the one that it was driven with."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.kinds import kinds_of
from harness.checking.result import CheckResult, Remark, Verdict
from harness.checking.sources import Sources
from harness.recording.graph import Driven

OF_TASKS = """\
import numpy as np


class Network:
    def __init__(self, sizes, task):
        self.w1 = np.random.randn(sizes[0], sizes[1]) * 0.4
        self.w2 = np.random.randn(sizes[1], sizes[2]) * 0.4
        self.task = task

    def softmax(self, z):
        e = np.exp(z)
        return e / SUM

    def forward(self, x):
        self.h = np.tanh(x @ self.w1)
        z = self.h @ self.w2
        if self.task == "yes or no":
            return 1 / (1 + np.exp(-z))
        elif self.task == "classes":
            return self.softmax(z)
        elif self.task == "numbers":
            return z

    def cost(self, a, y):
        if self.task == "yes or no":
            return -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
        elif self.task == "classes":
            return -np.sum(y * np.log(a)) / len(y)
        return np.sum((a - y) ** 2) / 2 / len(y)

    def fit(self, x, y, epochs=5, rate=0.1):
        for _ in range(epochs):
            a = self.forward(x)
            print(self.cost(a, y))
            d = (a - y) / len(y)
            if self.task == "numbers":
                d = SLOPE
            low = d @ self.w2.T * (1 - self.h ** 2)
            self.w2 -= rate * self.h.T @ d
            self.w1 -= rate * x.T @ low
"""
ALL_ROWS = "e.sum(axis=1, keepdims=True)"


def checked(path: Path, text: str) -> CheckResult:
    path.write_text(text)
    return check_file(path)


@pytest.mark.slow
def test_each_kind_that_a_class_compares_its_argument_with_is_judged(tmp_path: Path) -> None:
    right = OF_TASKS.replace("SUM", ALL_ROWS).replace("SLOPE", "(a - y) / len(y)")
    result = checked(tmp_path / "net.py", right)
    assert result.verdict is Verdict.CORRECT
    assert not result.unrun
    judged = {detail for id, _, detail in result.notes if id == Remark.OPTION_JUDGED}
    assert judged == {"task='classes'", "task='numbers'"}


@pytest.mark.parametrize(
    ("total", "slope", "line", "kind"),
    [
        (ALL_ROWS, "(a - y) * a * (1 - a) / len(y)", 37, "numbers"),
        pytest.param("float(e.sum(axis=1))", "(a - y) / len(y)", 12, "classes", marks=pytest.mark.slow),
        pytest.param(ALL_ROWS, "(a - y) / self.rows", 37, "numbers", marks=pytest.mark.slow),
    ],
    ids=["a slope too many", "one number for all rows", "an attribute that nothing sets"],
)
def test_a_mistake_of_another_kind_than_the_first_is_found(
    tmp_path: Path, total: str, slope: str, line: int, kind: str
) -> None:
    result = checked(tmp_path / "net.py", OF_TASKS.replace("SUM", total).replace("SLOPE", slope))
    assert result.verdict is Verdict.MISTAKE
    assert line in [one.place.line for one in result.mistakes if one.place]
    assert any(f"'{kind}'" in call for call in result.calls)


OF_PENALTIES = """\
import numpy as np


def begin(n_in, n_hidden, n_out):
    return {"W": np.random.randn(n_in, n_hidden) * 0.5, "V": np.random.randn(n_hidden, n_out) * 0.5}


def train(X, Y, parameters, rate=0.1, epochs=4, strength=0.3, penalty=None):
    W, V = parameters["W"], parameters["V"]
    for _ in range(epochs):
        h = np.tanh(X @ W)
        d = h @ V - Y
        cost = 0.5 * np.sum(d ** 2)
        dV, dW = h.T @ d, X.T @ (d @ V.T * (1 - h ** 2))
        if penalty == "l2":
            cost = cost + 0.5 * strength * (np.sum(W ** 2) + np.sum(V ** 2))
            dV, dW = dV + strength * V, dW OFF strength * W
        print(cost)
        V = V - rate * dV
        W = W - rate * dW
    return W, V
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(("sign", "verdict"), [("+", Verdict.CORRECT), ("-", Verdict.MISTAKE)])
def test_an_argument_of_a_function_is_a_choice_too(tmp_path: Path, sign: str, verdict: Verdict) -> None:
    result = checked(tmp_path / "net.py", OF_PENALTIES.replace("OFF", sign))
    assert result.verdict is verdict
    assert sign == "+" or any("penalty='l2'" in call for call in result.calls)


@pytest.mark.slow
def test_softmax_of_the_one_unit_that_another_kind_asked_for_is_not_blamed(tmp_path: Path) -> None:
    one_unit = OF_TASKS.replace("SUM", ALL_ROWS).replace("SLOPE", "(a - y) / len(y)")
    one_unit = one_unit.replace("sizes[1], sizes[2])", "sizes[1], 1)")
    assert checked(tmp_path / "net.py", one_unit).verdict is Verdict.CORRECT


SEVERAL = """
class Layer:
    def __init__(self, inputs, units, place="hidden"):
        self.place = place

    def back(self, d):
        return d if self.place == "last" else d * 2

class Net:
    def __init__(self, mode="train", init="small", save_path="x"):
        self.mode, self.init = mode, init

    def fit(self, X, Y, rule="plain"):
        if self.mode == "test" or self.init == "large" or rule == "careful":
            return X
"""


def test_the_texts_of_several_layers_and_those_without_training_are_left_as_they_are() -> None:
    calls = ("net = Net()", "net.add(Layer(7, 5))", "net.add(Layer(5, 3, 'last'))", "net.fit(X, Y)")
    sources = Sources({"net.py": SEVERAL})
    assert ast.parse(SEVERAL)
    kinds = list(kinds_of(Driven(calls=calls), sources))
    assert [one.what for one in kinds] == ["init='large'", "rule='careful'"]
    assert all(one.decides_alone for one in kinds)  # how weights start decides nothing of what is computed
