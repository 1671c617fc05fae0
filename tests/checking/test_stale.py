"""A forward pass that ran once, before the loop of the updates, and loops that need no second one."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import report
from harness.checking.check import check_file
from harness.checking.result import Verdict
from tests.network_files import write_file

NETWORK = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(30, 3))
T = (X[:, :1] > 0) * 1.0
W, b = rng.normal(size=(3, 1)), np.zeros((1, 1))
def outputs():
    return {output}
{before}
for epoch in range(12):
    {inside}
    d = a - T
    {loss}
    W -= 0.1 * X.T @ d / len(X)
    b -= 0.1 * d.mean()
"""
SIGMOID = "1 / (1 + np.exp(-(X @ W + b)))"
STEP = "np.where(X @ W + b > 0, 1.0, 0.0)"


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("output", "loss"),
    [("X @ W + b", "pass"), ("X @ W + b", "loss = np.mean(d ** 2) / 2"), (SIGMOID, "pass"), (STEP, "pass")],
    ids=["linear", "with a loss", "sigmoid", "step"],
)
def test_outputs_that_are_computed_once_are_a_mistake(tmp_path: Path, output: str, loss: str) -> None:
    parts = {"output": output, "loss": loss}
    text = NETWORK.format(before="a = outputs()", inside="pass", **parts)
    result = check_file(write_file(tmp_path / "mine.py", text))
    assert [one.id for one in result.mistakes] == ["forward-pass-not-repeated"], report.text(result)
    (found,) = result.mistakes
    assert found.place is not None
    assert found.place.text in (f"return {output}", "a = outputs()")
    assert [one.text for one in found.others if one and one.text.startswith(("W", "b"))] == [
        "W -= 0.1 * X.T @ d / len(X)",
        "b -= 0.1 * d.mean()",
    ]
    text = NETWORK.format(before="", inside="a = outputs()", **parts)
    assert check_file(write_file(tmp_path / "mine.py", text)).verdict is Verdict.CORRECT


# One forward pass of all observations, and then a step for each of them: together, they are the gradient.
ROW_BY_ROW = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(6, 3))
T = X[:, 0] - X[:, 1]
w = rng.normal(size=3)
for epoch in range(8):
    a = X @ w
    for x, error in zip(X, a - T):
        w -= 0.05 * error * x
"""


def test_steps_of_single_observations_after_one_forward_pass_are_right(tmp_path: Path) -> None:
    assert check_file(write_file(tmp_path / "mine.py", ROW_BY_ROW)).verdict is Verdict.CORRECT
    alone = ROW_BY_ROW.replace("range(8)", "range(1)")
    assert "forward-pass-not-repeated" not in [
        one.id for one in check_file(write_file(tmp_path / "mine.py", alone)).mistakes
    ]


DRAWN = """
import numpy as np
rng = np.random.default_rng(0)
{data}
W, V = rng.normal(size=(3, 4)), rng.normal(size=(4, 1))
first = None
for step in range(20):
    x = {inputs}
    y = np.tanh(x.sum(axis=1, keepdims=True))
    h = np.tanh(x @ W)
    if first is None:
        first = {kept}
    a = h @ V
    loss = np.mean((a - y) ** 2)
    d = 2 * (a - {target}) / len(x)
    e = d @ V.T * (1 - h ** 2)
    V -= 0.1 * {activation}.T @ d
    W -= 0.1 * x.T @ e
"""
OF_FILE = {
    "data": "X = np.loadtxt('points.csv', delimiter=',')[:, :3]\nhalf = len(X) // 2 + 1",
    "inputs": "X[:half] if step % 2 == 0 else X[half:]",
}


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"target": "y"}, Verdict.CORRECT),
        ({"target": "first"}, Verdict.NOT_JUDGED),  # its loss has the targets of each iteration
        (OF_FILE, Verdict.CORRECT),
        # an exception in the second iteration, before what is stale can show
        ({**OF_FILE, "kept": "h", "activation": "first"}, Verdict.NOT_JUDGED),
    ],
)
def test_what_the_first_iteration_leaves_is_not_right_in_the_second(
    tmp_path: Path, changes: dict[str, str], verdict: Verdict
) -> None:
    usual = {"data": "", "inputs": "rng.normal(size=(8, 3))", "kept": "y", "target": "y", "activation": "h"}
    path = write_file(tmp_path / "mine.py", DRAWN.format(**{**usual, **changes}))
    assert check_file(path).verdict is verdict
