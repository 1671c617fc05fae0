"""A training whose updates stand after its loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import CheckResult, Verdict

NETWORK = """\
import numpy as np


class Net:
    def __init__(self):
        self.w = np.random.randn(2, 4)
        self.v = np.random.randn(4, 1)

    def forward(self, x):
        self.h = np.tanh(x @ self.w)
        self.out = self.h @ self.v
        return self.out

    def train(self, x, y, epochs, rate):
        for epoch in range(epochs):
            self.forward(x)
            error = y - self.out
            if (epoch + 1) % 100 == 0:
                print(f"{epoch}: {np.mean(np.abs(error)):.4f}")
        low = np.dot(error, self.v.T) * (1 - self.h ** 2)
        self.v += rate * np.dot(self.h.T, error)
        self.w += rate * np.dot(x.T, low)


x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array([[0.0], [1.0], [1.0], [0.0]])
net = Net()
net.train(x, y, epochs=EPOCHS, rate=0.1)
print(net.forward(x))
"""
SUMMED = """\
import numpy as np

x, y = np.random.randn(6, 3), np.random.randn(6, 1)
w = np.random.randn(3, 1)
step = np.zeros((3, 1))
for row in range(6):
    step += x[row:row + 1].T @ (x[row:row + 1] @ w - y[row:row + 1])
w -= 0.1 * step
print(x @ w)
"""


def checked(path: Path, text: str) -> CheckResult:
    path.write_text(text)
    return check_file(path)


@pytest.mark.parametrize("epochs", ["50", pytest.param("10_000", marks=pytest.mark.slow)])
def test_updates_after_a_loop_that_repeats_one_forward_pass_are_a_mistake(tmp_path: Path, epochs: str) -> None:
    result = checked(tmp_path / "net.py", NETWORK.replace("EPOCHS", epochs))
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == [("update-not-repeated", 21)]


def test_they_are_found_in_a_class_that_is_only_defined_too(tmp_path: Path) -> None:
    result = checked(tmp_path / "net.py", NETWORK.partition("\n\nx = ")[0])
    assert "update-not-repeated" in [one.id for one in result.mistakes]


def test_updates_in_the_loop_are_right(tmp_path: Path) -> None:
    head, _, rest = NETWORK.replace("EPOCHS", "50").partition("        low = ")
    body, _, end = f"        low = {rest}".partition("\n\n")
    inside = "\n".join(f"    {line}" for line in body.split("\n"))
    assert checked(tmp_path / "net.py", f"{head}{inside}\n\n{end}").verdict is Verdict.CORRECT


def test_a_sum_over_rows_before_one_update_is_not_blamed(tmp_path: Path) -> None:
    assert "update-not-repeated" not in [one.id for one in checked(tmp_path / "net.py", SUMMED).mistakes]


def test_a_forward_pass_that_is_repeated_before_each_update_is_not_blamed(tmp_path: Path) -> None:
    start = SUMMED.index("for row")
    body = """for epoch in range(9):
    for again in range(4):
        out = x @ w
    w -= 0.1 * x.T @ (out - y)
"""
    assert checked(tmp_path / "net.py", SUMMED[:start] + body).verdict is Verdict.CORRECT
