"""Coefficients of optimizers that are stored, or passed, and never read."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.coefficients import unread_coefficients
from harness.checking.result import Remark, Verdict
from harness.checking.sources import Sources
from harness.recording.graph import Place
from harness.report import checking as report

TWO_MEANS = """import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))
y = X @ np.array([1.0, -2.0, 0.5])
class Adaptive:
    def __init__(self, rate=0.01, beta1=0.9, beta2=0.99, momentum=0.5):
        self.rate, self.beta1 = rate, beta1
        self.beta2 = beta2
        self.momentum = momentum
        self.mean = self.squares = 0.0
    def step(self, g):
        self.mean = self.beta1 * self.mean + (1 - self.beta1) * g
        self.squares = self.beta2 * self.squares + (1 - self.beta2) * g ** 2
        return self.rate * self.mean * self.momentum / (np.sqrt(self.squares) + 1e-7)
w = rng.normal(size=3)
rule = Adaptive()
for _ in range(20):
    e = X @ w - y
    cost = np.mean(e ** 2)
    w -= rule.step(2 * X.T @ e / 20)
"""
SHARED = TWO_MEANS.replace("self.beta2 * self.sq", "self.beta1 * self.sq").replace("1 - self.beta2", "1 - self.beta1")
WITHOUT = TWO_MEANS.replace(" * self.momentum /", " /")


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "text", [TWO_MEANS, SHARED.replace("self.rate * self.mean", "self.rate * self.beta2 * self.mean")]
)
def test_a_coefficient_that_is_read_is_not_remarked(tmp_path: Path, text: str) -> None:
    (tmp_path / "net.py").write_text(text)
    result = check_file(tmp_path / "net.py")
    assert result.verdict is Verdict.CORRECT, report.text(result)
    assert Remark.COEFFICIENT_NOT_READ not in [id for id, _, _ in result.notes]


def test_a_mean_of_squares_with_the_coefficient_of_the_first_is_wrong_if_its_own_is_never_read(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(SHARED)
    result = check_file(tmp_path / "net.py")
    found = [(one.id, one.detail, one.place and one.place.line) for one in result.mistakes]
    assert found == [("wrong-update-rule", "shared-coefficient", 13)], report.text(result)
    assert 8 in [place.line for place in result.mistakes[0].others]


def test_a_coefficient_that_is_never_read_is_remarked(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(WITHOUT)
    result = check_file(tmp_path / "net.py")
    assert result.verdict is Verdict.CORRECT, report.text(result)
    found = [(place and place.line, detail) for id, place, detail in result.notes if id is Remark.COEFFICIENT_NOT_READ]
    assert found == [(9, "self.momentum")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("class A:\n    def f(self, decay):\n        self.decay = decay\n", ["self.decay"]),
        ("class A:\n    def f(self, decay):\n        self.decay = decay\n        print(decay)\n", []),
        ("class A:\n    def f(self, step):\n        self.lr = step\n        print(step)\n", []),
        ("class A:\n    def f(self, n, decay):\n        self.n, self.decay = len(n), decay\n", ["self.decay"]),
        ("class A(Elsewhere):\n    def f(self, decay):\n        self.decay = decay\n", []),
        ("class A:\n    def f(self, decay):\n        self.decay = decay\nprint(A().decay)\n", []),
        ("class A:\n    def f(self, decay):\n        self.decay = decay\nprint(getattr(A(), 'decay'))\n", []),
        ("class A:\n    def f(self, decay):\n        self.decay = decay\nvars(A())\n", []),
        (
            "class A:\n    def f(self, decay):\n        self.decay = decay\nclass B(A):\n    g = lambda a: a.decay\n",
            [],
        ),
        ("class A:\n    def f(self):\n        self.momentum = None\n", []),
        ("def f(x, momentum=0.9):\n    return x\n", ["momentum"]),
        ("def f(x, momentum):\n    return x\n", []),
        ("def f(w, g, epoch, eta):\n    w -= epoch * g\n    return w\n", ["eta"]),
        ("def f(w, g, eta):\n    w = w - eta * g\n    return w\n", []),
        ("def f(g, eta):\n    return 2 * g\n", []),
        ("def f(x, beta1, beta2):\n    return x * beta1\n", ["beta2"]),
        ("class A:\n    def f(self, lr=1): pass\nclass B:\n    def f(self, lr=1): return lr\n", []),
    ],
)
def test_what_is_never_read_is_known_from_the_files(text: str, names: list[str]) -> None:
    places = [Place(file="a.py", line=line) for line in (1, 2, 3)]
    assert [one.name for one in unread_coefficients(Sources({"a.py": text}), places)] == names


def test_a_coefficient_that_is_stored_and_not_read_is_not_a_partner_of_another() -> None:
    text = "class A:\n    def f(self, beta1, beta2):\n        self.beta1 = beta1\n        self.beta2 = beta2\n"
    found = unread_coefficients(Sources({"a.py": text}), [Place(file="a.py", line=1)])
    assert [(one.name, one.partners) for one in found] == [("self.beta1", ()), ("self.beta2", ())]


EPOCH_AS_RATE = """import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))
y = X @ np.array([1.0, -2.0, 0.5])
w = rng.normal(size=3)
def update(w, gradient, epoch, learning_rate):
    w = w - epoch * gradient
    return w
for epoch in range(1, 6):
    w = update(w, X.T @ (X @ w - y) / 20, epoch, 0.1)
"""


def test_a_learning_rate_that_an_update_never_reads_is_remarked(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(EPOCH_AS_RATE)
    result = check_file(tmp_path / "net.py")
    found = [(place and place.line, detail) for id, place, detail in result.notes if id is Remark.COEFFICIENT_NOT_READ]
    assert found == [(6, "learning_rate")]
    (tmp_path / "net.py").write_text(EPOCH_AS_RATE.replace("epoch * gradient", "learning_rate * gradient"))
    assert Remark.COEFFICIENT_NOT_READ not in [id for id, _, _ in check_file(tmp_path / "net.py").notes]
