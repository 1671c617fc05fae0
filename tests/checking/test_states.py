"""States that an optimizer does not keep, and parameters whose updates are lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import CheckResult, Verdict
from harness.report import checking as report

PROGRAM = """
import numpy as np

rng = np.random.default_rng(3)
X = rng.normal(size=(24, 3))
y = np.sin(X.sum(axis=1, keepdims=True))
params = [rng.normal(size=(3, 5)), {bias}, rng.normal(size=(5, 1)), np.zeros((1, 1))]
state = [np.zeros(p.shape) for p in params]
momentum, rho = 0.9, 0.8

for i in range(5):
    h = np.tanh(X @ params[0] + params[1])
    a = h @ params[2] + params[3]
    d2 = 2 * (a - y) / len(X)
    d1 = (d2 @ params[2].T) * (1 - h ** 2)
    of_sizes = {share} * np.sign(params[2])
    grads = [X.T @ d1, d1.sum(axis=0, keepdims=True), h.T @ d2 {sign} of_sizes, d2.sum(axis=0, keepdims=True)]
    for k in range(4):
        {rule}
        {step}
"""
KEPT = "state[k] = momentum * state[k] + grads[k]"
OF_SQUARES = "state[k] = rho * state[k] + (1 - rho) * grads[k] ** 2"
PLAIN = "params[k] = params[k] - 0.1 * state[k]"
ROOT = "params[k] = params[k] - 0.1 * grads[k] / (np.sqrt(state[k]) + 1e-8)"
EACH = "for j in np.ndindex(params[k].shape): params[k][j] = params[k][j] - 0.1 * state[k][j]"
FIRST_ROW = "for j in range(params[k].shape[1]): params[k][0, j] = params[k][0, j] - 0.1 * state[k][0, j]"
RIGHT = {"rule": KEPT, "step": PLAIN, "sign": "+", "share": "0.0", "bias": "np.zeros((1, 5))"}


def checked(folder: Path, changes: dict[str, str]) -> tuple[CheckResult, str, list[str]]:
    text = PROGRAM.format(**{**RIGHT, **changes})
    (folder / "mine.py").write_text(text)
    result = check_file(folder / "mine.py")
    return result, report.text(result), text.splitlines()


@pytest.mark.parametrize(
    "changes",
    [{}, {"rule": OF_SQUARES, "step": ROOT}, {"share": "0.01"}],
    ids=["momentum", "rmsprop", "sum-of-sizes"],
)
def test_states_that_are_kept_are_right(tmp_path: Path, changes: dict[str, str]) -> None:
    result, text, _ = checked(tmp_path, changes)
    assert result.verdict is Verdict.CORRECT, text


@pytest.mark.parametrize(
    ("id", "detail", "line", "changes"),
    [
        ("wrong-update-rule", "not-kept", "momentum * grads", {"rule": "state[k] = momentum * grads[k] + grads[k]"}),
        (
            "wrong-update-rule",
            "shares",
            "rho * grads",
            {"rule": "state[k] = rho * state[k] + rho * grads[k] ** 2", "step": ROOT},
        ),
        ("wrong-update-rule", "not-kept", "state[k] = grads", {"rule": "state[k] = grads[k] ** 2", "step": ROOT}),
        ("weight-decay-sign", "", "of_sizes,", {"sign": "-", "share": "0.01"}),
        (
            "integer-weights",
            "",
            "dtype=int",
            {"bias": "np.zeros((1, 5), dtype=int)", "step": EACH},
        ),
    ],
)
def test_states_that_are_lost_are_found(
    tmp_path: Path, id: str, detail: str, line: str, changes: dict[str, str]
) -> None:
    result, text, lines = checked(tmp_path, changes)
    first = result.mistakes[0]
    assert (first.id, first.detail) == (id, detail), text
    assert first.place is not None
    places = [first.place, *first.others]
    assert any(line in lines[one.line - 1] for one in places)


def test_a_parameter_that_is_updated_in_part_is_not_right(tmp_path: Path) -> None:
    result, text, _ = checked(tmp_path, {"step": FIRST_ROW})
    assert result.verdict is not Verdict.CORRECT, text
    assert not all(one.aligned for one in result.parameters)


def test_a_parameter_that_its_step_replaces_is_found(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "class Layer:\n"
        "    def __init__(self):\n"
        "        self.m, self.t = np.random.normal(size=(3, 1)), np.zeros((1, 1))\n"
        "layer = Layer()\n"
        "X = np.random.normal(size=(20, 3))\n"
        "Y = X[:, :1] * 2\n"
        "for i in range(5):\n"
        "    out = X @ layer.m + layer.t\n"
        "    d = (out - Y) / 20\n"
        "    layer.m -= 0.1 * X.T @ d\n"
        "    layer.t = 0.1 * d.sum(axis=0, keepdims=True)\n"
    )
    found = check_file(tmp_path / "mine.py").mistakes
    assert [(one.id, one.detail, one.place and one.place.line) for one in found] == [
        ("wrong-update-rule", "overwritten", 12)
    ]


@pytest.mark.parametrize("rows", ["pass", "x = X[i % 24 : i % 24 + 1]"])
def test_random_biases_that_nothing_trains_are_found_whatever_they_are_called(tmp_path: Path, rows: str) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "X = np.random.normal(size=(24, 3))\n"
        "W, V = np.random.normal(size=(3, 5)), np.random.normal(size=(5, 1))\n"
        "extra = np.random.normal(size=(1, 5))\n"
        "x = X\n"
        "for i in range(9):\n"
        f"    {rows}\n"
        "    t = np.sin(x[:, :1])\n"
        "    h = np.tanh(x @ W + extra)\n"
        "    d = h @ V - t\n"
        "    W -= 0.01 * x.T @ (d @ V.T * (1 - h * h))\n"
        "    V -= 0.01 * h.T @ d\n"
    )
    result = check_file(tmp_path / "mine.py")
    assert [one.id for one in result.mistakes] == ["bias-gradient-missing"], report.text(result)
    assert result.mistakes[0].variable == "extra"
