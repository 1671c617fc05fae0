"""Costs that a file computes in some iterations only, as one that prints them every ten updates does."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.checking.verdict import second_alone
from harness.recording.graph import Parameter, Recording, Update
from harness.report import checking as report

# counts with an exponential output, margins of labels -1 and 1, errors whose size is cut: all without a name
LOSSES = {
    "poisson": ("np.exp(s) - y * s", "np.exp(s) - y"),
    "margins": ("np.log1p(np.exp(-y * s))", "-y / (1 + np.exp(y * s))"),
    "cut": ("np.where(np.abs(s - y) < 1, 0.5 * (s - y) ** 2, np.abs(s - y) - 0.5)", "np.clip(s - y, -1, 1)"),
}

TEMPLATE = """import numpy as np
X = np.random.normal(size=(20, 3))
y = np.where(X[:, 0] > 0, 1.0, {low})
W, v, b = np.random.normal(size=(3, 4)), np.random.normal(size=4), np.zeros(1)
def cost():
    s = np.tanh(X @ W) @ v + b
    return np.mean({loss})
for step in range(60):
    h = np.tanh(X @ W)
    s = h @ v + b
    d = ({slope}) / len(y)
    dh = np.outer(d, v) * (1 - h * h)
    W = W - 0.01 * X.T @ dh
    v = v - 0.01 * h.T @ d
    b = b - 0.01 * d.sum()
    if step % 10 == 0:
        print(cost())
"""


@pytest.mark.every(3)
@pytest.mark.parametrize("name", LOSSES)
def test_a_cost_after_the_first_update_is_that_of_the_second(tmp_path: Path, name: str) -> None:
    loss, slope = LOSSES[name]
    text = TEMPLATE.format(loss=loss, slope=slope, low="-1.0" if name == "margins" else "0.0")
    (tmp_path / "mine.py").write_text(text)
    result = check_file(tmp_path / "mine.py")
    assert result.verdict is Verdict.CORRECT, report.text(result)
    (tmp_path / "slip.py").write_text(text.replace("(1 - h * h)", "(1 - h)"))
    assert check_file(tmp_path / "slip.py").verdict is not Verdict.CORRECT


def test_another_cost_after_the_first_update_is_a_second_reading(tmp_path: Path) -> None:
    loss, slope = "np.log(np.cosh(s - y))", "s - y"
    (tmp_path / "mine.py").write_text(TEMPLATE.format(loss=loss, slope=slope, low="0.0"))
    result = check_file(tmp_path / "mine.py")
    assert result.verdict is Verdict.CORRECT
    assert [(one.id, one.place and one.place.line) for one in result.alternatives[0].mistakes] == [("cost-differs", 7)]


BATCHES = """import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))
Y = np.where(X[:, 0] > 0, 2.0, 0.0)
W, v = rng.normal(size=(3, 4)), rng.normal(size=4)
def cost(s, y):
    return np.mean(np.where(np.abs(s - y) < 1, 0.5 * (s - y) ** 2, np.abs(s - y) - 0.5))
kept = None
for step in range(40):
    rows = slice(10 * (step % 2), 10 * (step % 2) + 10)
    x, y = X[rows], Y[rows]
    h = np.tanh(x @ W)
    if kept is None:
        kept = {kept}
    s = h @ v
    if step % 10 == 0:
        print(cost({outputs}, y) + 0.01 * np.sum(v ** 2))
    d = np.clip(s - {target}, -1, 1) / len(y)
    dW = x.T @ (np.outer(d, v) * (1 - h ** 2))
    v = v - 0.1 * ({activation}.T @ d + 0.02 * v)
    W = W - 0.1 * dW
"""


@pytest.mark.every(6)
@pytest.mark.parametrize("outputs", ["s", "np.tanh(x @ W) @ v"])
@pytest.mark.parametrize(
    ("changes", "is_right"),
    [({}, True), ({"kept": "y", "target": "kept"}, False), ({"activation": "kept"}, False)],
)
def test_a_cost_of_the_first_iteration_is_that_of_those_that_compute_none(
    tmp_path: Path, outputs: str, changes: dict[str, str], is_right: bool
) -> None:
    usual = {"kept": "h", "target": "y", "activation": "h"}
    (tmp_path / "mine.py").write_text(BATCHES.format(outputs=outputs, **{**usual, **changes}))
    result = check_file(tmp_path / "mine.py")
    assert (result.verdict is Verdict.CORRECT) is is_right, report.text(result)


def updated(parameter: int, iteration: int, before: int) -> Update:
    """An update of a parameter by something that was subtracted."""
    return Update(
        parameter=parameter,
        iteration=iteration,
        before=before,
        after=before + 1,
        parts=(before + 1,),
        confirmed=True,
        place=None,
    )


def test_data_that_are_prepared_once_are_no_parameters_of_the_second_iteration() -> None:
    updates = (updated(0, 0, 1), updated(1, 0, 5), updated(1, 1, 7))
    prepared = Parameter(name="X", node=1, leaf=1, shape=(9, 2), updates=(0,))
    trained = Parameter(name="W", node=5, leaf=5, shape=(2, 1), updates=(1, 2))
    second = second_alone(Recording(file="net.py", parameters=(prepared, trained), updates=updates))
    assert [(one.name, one.node, one.updates) for one in second.parameters] == [("W", 7, (0,))]
    assert [(one.parameter, one.iteration) for one in second.updates] == [(0, 0)]
