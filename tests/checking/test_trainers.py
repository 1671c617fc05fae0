"""A method that hands batches on to the one that was driven."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.checking.sources import Sources
from harness.checking.trainers import lines_with, trainer_of

NETWORK = """\
import numpy as np


class Net:
    def __init__(self, n_in, n_hidden, n_out, rate=0.1):
        self.w = np.random.randn(n_in, n_hidden) * 0.4
        self.v = np.random.randn(n_hidden, n_out) * 0.4
        self.rate = rate

    def forward(self, x):
        self.h = np.tanh(x @ self.w)
        return self.h @ self.v

    def backprop(self, x, y):
        out = self.forward(x)
        d = (out - y) / len(x)
        low = d @ self.v.T * (1 - self.h ** 2)
        self.v -= self.rate * self.h.T @ d
        self.w -= self.rate * x.T @ low

    def fit(self, X, y, epochs=10, batch=4):
        for _ in range(epochs):
            for i in range(0, len(X), batch):
                self.backprop(X[i:i + batch], PART)
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("part", "line"),
    [("y[i:i + batch]", None), ("y[i:i + batch - 1]", 24), ("y[i + 1:i + batch + 1]", 24)],
    ids=["right", "one row too few", "from the next row on"],
)
def test_parts_of_data_that_fit_as_a_whole_must_fit_each_other(tmp_path: Path, part: str, line: int | None) -> None:
    (tmp_path / "net.py").write_text(NETWORK.replace("PART", part))
    result = check_file(tmp_path / "net.py")
    assert result.verdict is (Verdict.MISTAKE if line else Verdict.CORRECT)
    assert [one.place.line for one in result.mistakes if one.place] == ([line] if line else [])


def test_a_method_is_called_with_the_data_of_the_inner_one_and_only_if_it_hands_on_parts_of_them() -> None:
    right = NETWORK.replace("PART", "y[i:i + batch]")
    trainer = trainer_of("Net.fit", Sources({"net.py": right}))
    assert trainer is not None
    calls = ("net = Net(7, 5, 3)", "for i in range(3):", "    net.backprop(X.T, Y.T)")
    assert lines_with(trainer, calls) == (calls[0], "net.fit(X=X.T, y=Y.T, epochs=3, batch=23)")
    encoded = right.replace("for _ in", "y = np.eye(3)[y]\n        for _ in")
    assert trainer_of("Net.fit", Sources({"net.py": encoded})) is None


WITH_GENERATOR = (
    NETWORK[: NETWORK.index("    def fit")]
    + """\
    def batches(self, X, y, batch):
        for i in range(0, len(X), batch):
            yield X[i:i + batch], y[i:i + batch]

    def fit(self, X, y, epochs=10, batch=4):
        for _ in range(epochs):
            for part, wanted in self.batches(X, y, batch):
                self.backprop(GIVEN)
"""
)


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("given", "verdict"),
    [("part, wanted", Verdict.CORRECT), ("part, part", Verdict.NOT_JUDGED), ("X, wanted", Verdict.NOT_JUDGED)],
    ids=["right", "inputs for targets", "all inputs"],
)
def test_parts_that_are_right_alone_are_not_judged_if_what_calls_them_fails(
    tmp_path: Path, given: str, verdict: Verdict
) -> None:
    (tmp_path / "net.py").write_text(WITH_GENERATOR.replace("GIVEN", given))
    assert check_file(tmp_path / "net.py").verdict is verdict
