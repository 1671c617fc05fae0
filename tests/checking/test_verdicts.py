"""Right programs are called right as they are; mistakes planted in them are found, at their line and by their name."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import CheckResult, Reason, Verdict
from harness.report import checking as report
from tests.network_files import write_file

from .programs import PLANTS, RIGHT

QUICK = {0, 6, 13, 16, 19, 23}  # of PLANTS, in the default suite


def checked(folder: Path, text: str, run: str | None = None) -> CheckResult:
    path = folder / "mine.py"
    path.write_text(text)
    return check_file(path, run=run)


@pytest.mark.every(3)
@pytest.mark.parametrize("name", sorted(RIGHT))
def test_right_programs_are_right(tmp_path: Path, name: str) -> None:
    result = checked(tmp_path, RIGHT[name])
    assert result.verdict is Verdict.CORRECT, report.text(result)
    assert all(one.aligned for one in result.parameters)


def changed_line(before: str, after: str) -> int:
    return next(
        number
        for number, (one, other) in enumerate(zip(before.splitlines(), after.splitlines()), start=1)
        if one != other
    )


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("number", "plant"),
    [
        pytest.param(number, plant, marks=() if number in QUICK else pytest.mark.slow, id=f"{plant[0]}-{plant[3]}")
        for number, plant in enumerate(PLANTS)
    ],
)
def test_planted_mistakes_are_found(tmp_path: Path, number: int, plant: tuple[str, str, str, str]) -> None:
    name, old, new, expected = plant
    assert old in RIGHT[name]
    text = RIGHT[name].replace(old, new, 1)
    result = checked(tmp_path, text)
    assert result.verdict is Verdict.MISTAKE, report.text(result)
    assert expected in {one.id for one in result.mistakes}, report.text(result)
    if new:  # a line that is missing has no number
        lines = {place.line for one in result.mistakes for place in (one.place, *one.others) if place is not None}
        assert changed_line(RIGHT[name], text) in lines, report.text(result)
    assert len(report.text(result).splitlines()) <= 21


NAMELESS = """
import numpy as np

rng = np.random.default_rng(0)
x, y, w = rng.normal(size=(6, 2)), rng.uniform(size=(6, 1)), rng.normal(size=(2, 1))

def forward():
    return 1 / (1 + np.exp(-(x @ w)))

for _ in range(3):
    w -= 0.1 * x.T @ (forward() - y)
"""


def test_outputs_without_a_name_are_called_outputs(tmp_path: Path) -> None:
    assert checked(tmp_path, NAMELESS).sizes == {"x": (6, 2), "y": (6, 1), "outputs": (6, 1)}


UNNAMED_DATA = """
import numpy as np

rng = np.random.default_rng(0)
x, w = rng.normal(size=(6, 2)), rng.normal(size=(2, 1))

for _ in range(3):
    a = 1 / (1 + np.exp(-((x - x.mean(axis=0)) @ w)))
    w -= 0.1 * (x - x.mean(axis=0)).T @ (a - np.array([[0.0], [1.0], [1.0], [0.0], [1.0], [0.0]]))
"""


def test_data_and_targets_without_a_name_are_not_called_like_the_value_of_their_line(tmp_path: Path) -> None:
    assert checked(tmp_path, UNNAMED_DATA).sizes == {"data": (6, 2), "targets": (6, 1), "a": (6, 1)}


def test_the_same_seed_gives_the_same_verdict(tmp_path: Path) -> None:
    text = RIGHT["objects"].replace(" * slope(self.hidden)", "", 1)
    first, second = checked(tmp_path, text), checked(tmp_path, text)
    assert first.to_dict() == second.to_dict()


def test_a_missing_output_derivative_without_a_cost_has_two_readings(tmp_path: Path) -> None:
    """top = a - y is right under the cross-entropy and lacks a derivative under the squares"""
    result = checked(tmp_path, RIGHT["objects"].replace("top = wrong * slope(answer)", "top = wrong", 1))
    assert result.verdict is Verdict.CORRECT
    assert result.cost is not None
    assert result.cost.form == "binary_crossentropy"
    assert [one.id for one in result.alternatives[0].mistakes] == ["missing-output-activation-derivative"]


def test_a_constant_factor_alone_is_not_a_mistake(tmp_path: Path) -> None:
    """The file computes no cost that its gradients are to be those of"""
    result = checked(tmp_path, RIGHT["objects"].replace("wrong * slope(answer)", "7 * wrong * slope(answer)", 1))
    assert result.verdict is Verdict.CORRECT


def test_a_file_that_trains_nothing_is_not_judged(tmp_path: Path) -> None:
    result = checked(tmp_path, "import numpy as np\nprint(np.ones(3) + 1)\n")
    assert result.verdict is Verdict.NOT_JUDGED
    assert result.reason is Reason.NO_PARAMETERS


def test_a_name_error_in_backward_is_a_mistake_with_the_users_traceback(tmp_path: Path) -> None:
    result = checked(tmp_path, RIGHT["columns"].replace("back = kernels[layer].T", "back = kernel_of[layer].T", 1))
    assert result.verdict is Verdict.MISTAKE
    assert [one.id for one in result.mistakes] == ["exception"]
    assert "kernel_of" in result.exception
    assert result.traceback[-1].text.startswith("back = kernel_of")


def test_layers_without_a_network_are_judged_pair_by_pair(tmp_path: Path) -> None:
    text = """\
import numpy as np


def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
"""
    result = checked(tmp_path, text)
    assert result.verdict is Verdict.CORRECT, report.text(result)
    wrong = checked(tmp_path, text.replace("x.T @ dout", "x.T @ dout * x.mean()"))
    assert wrong.verdict is Verdict.MISTAKE
    assert {one.expected.name for one in wrong.mistakes if one.expected is not None} == {"w"}


def test_the_run_line_makes_a_file_train(tmp_path: Path) -> None:
    text = """\
import numpy as np


def odd(a, b, c):
    w = np.random.randn(a.shape[1], b.shape[1])
    for _ in range(c):
        w -= 0.1 * a.T @ (a @ w - b) / len(a)
    return w
"""
    result = checked(tmp_path, text, run="odd(X, Y, 3)")
    assert result.verdict is Verdict.CORRECT, report.text(result)


def test_lines_of_the_user_keep_the_data_of_the_file(tmp_path: Path) -> None:
    text = """\
import numpy as np

x = np.random.randn(8, 2)
y = x[:, :1]


def train():
    w = np.random.randn(2, 1)
    for _ in range(3):
        w -= 0.1 * x.T @ (x @ w - y) / len(x)
"""
    result = checked(tmp_path, text, run="train()")
    assert result.verdict is Verdict.CORRECT, report.text(result)


LISTS = """
import math
import random

random.seed(2)
rate = 0.1
kernel = [[random.gauss(0, 1) for _ in range(2)] for _ in range(3)]
shift = [0.0] * 3
pairs = [[[0.3, -0.8], [0.1, 0.9, 0.4]], [[-0.5, 0.2], [0.7, 0.2, 0.6]]]
for _ in range(4):
    for x, y in pairs:
        out = [1 / (1 + math.exp(-sum(k * v for k, v in zip(row, x)) - b)) for row, b in zip(kernel, shift)]
        delta = [(a - b) * a * (1 - a) for a, b in zip(out, y)]
        for j in range(3):
            shift[j] -= rate * delta[j]
            for i in range(2):
                kernel[j][i] -= rate * delta[j] * x[i]
"""

THETA = """
import numpy as np

np.random.seed(3)
x = np.hstack([np.ones((8, 1)), np.random.randn(8, 3)])
y = np.random.rand(8, 2)
theta = np.random.randn(2, 4)
for _ in range(5):
    a = 1 / (1 + np.exp(-x @ theta.T))
    slope = (a - y).T @ x / len(x)
    slope[:, 1:] += 0.1 / len(x) * theta[:, 1:]
    theta -= 0.5 * slope
"""


ONE_OUTPUT = THETA.replace("rand(8, 2)", "rand(8, 1)").replace("randn(2, 4)", "randn(1, 4)")
OF_VECTOR = ONE_OUTPUT.replace("rand(8, 1)", "rand(8)").replace("randn(1, 4)", "randn(4)").replace("[:, 1:]", "[1:]")


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("text", "count"),
    [(LISTS, 9), (THETA, 1), (ONE_OUTPUT, 1), (OF_VECTOR, 1)],
    ids=["a repeated number", "a bias in the matrix", "of one row", "a bias in the vector"],
)
def test_right_programs_of_other_layouts_are_right(tmp_path: Path, text: str, count: int) -> None:
    """Numbers of one list are parameters of their own; weight decay may spare the column of the bias."""
    result = checked(tmp_path, text)
    assert result.verdict is Verdict.CORRECT, report.text(result)
    assert len(result.parameters) == count


def test_a_rule_with_a_state_that_is_not_known_is_not_judged(tmp_path: Path) -> None:
    """The squares are not kept, and momentum comes on top of them."""
    text = THETA.replace("    slope[:, 1:] += 0.1 / len(x) * theta[:, 1:]\n", "").replace(
        "    theta -= 0.5 * slope\n",
        "    kept = 0.5 * kept + slope + 0.3 * np.sin(kept)\n    theta -= 0.5 * kept\n",
    )
    text = text.replace("for _ in", "kept = np.zeros((2, 4))\nfor _ in", 1)
    result = checked(tmp_path, text)
    assert (result.verdict, result.reason) == (Verdict.NOT_JUDGED, Reason.RULE)


# Its own call is not that of its class: three columns for four inputs, or an error on the way back.
WITH_MAIN = """
import numpy as np
class Net:
    def __init__(self, inputs, hidden=(8, 5)):
        rng = np.random.default_rng(0)
        sizes = (inputs, *hidden, 1)
        self.w = [rng.normal(size=pair) for pair in zip(sizes, sizes[1:])]
    def fit(self, X, y, epochs=20):
        for epoch in range(epochs):
            values = [X]
            for w in self.w:
                values.append(np.tanh(values[-1] @ w))
            delta = (values[-1] - y) * (1 - values[-1] ** 2)
            for k in reversed(range(len(self.w))):
                gradient = values[k].T @ delta
                delta = delta @ self.w[k].T * (1 - values[{index}] ** 2)
                self.w[k] -= 0.01 * gradient
if __name__ == "__main__":
    X = np.random.default_rng(1).normal(size=(30, 3))
    {before}
    Net({inputs}).fit(X, X[:, :1])
"""


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("index", "inputs", "before", "line"),
    [("k + 1", "3", "", 16), ("k", "4", "", 12), ("k", "3", "open('no such file')", 0), ("k", "3", "", 0)],
)
def test_an_exception_of_the_files_own_run_goes_before_other_calls(
    tmp_path: Path, index: str, inputs: str, before: str, line: int
) -> None:
    (tmp_path / "mine.py").write_text(WITH_MAIN.format(index=index, inputs=inputs, before=before))
    result = check_file(tmp_path / "mine.py")
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == (
        [("exception", line)] if line else []
    )
    assert result.verdict is (Verdict.MISTAKE if line else Verdict.CORRECT)


UNIT = """
import numpy as np
class Unit:
    def train(self, rows, targets):
        self.weights = np.zeros(1 + len(rows[0]))
        for _ in range(4):
            for row, target in zip(rows, targets):
                step = 0.1 * (target - self.decide(row)) * row
                self.weights[1:] += step
                self.weights[0] += step
    def decide(self, row):
        return np.where(np.dot(row, self.weights[1:]) + self.weights[0] >= 0, 1, -1)
Unit().train([[0, 0, 1], [1, 0, 1], [1, 1, 1], [1, 1, 0]], [1, 1, 0, 0])
"""


def test_an_exception_of_the_files_own_call_goes_before_calls_that_cannot_be_judged(tmp_path: Path) -> None:
    result = checked(tmp_path, UNIT)
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == [("exception", 8)]
    assert result.exception == "TypeError: can't multiply sequence by non-int of type 'numpy.float64'"


NEWTON = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(30, 3))
t = (X[:, 0] - X[:, 1] + 0.5 * rng.normal(size=30) > 0) * 1.0
w = np.zeros(3)
for i in range(4):
    p = 1 / (1 + np.exp(-X @ w))
    cost = -np.sum(t * np.log(p) + (1 - t) * np.log(1 - p))
    second = X.T @ (X * (p * (1 - p))[:, None])
    w = w - np.linalg.solve(second, X.T @ (p - t))
"""


def test_a_step_of_newtons_method_is_not_judged(tmp_path: Path) -> None:
    """Its gradient is right; whether its matrix is that of the second derivatives is not compared."""
    result = checked(tmp_path, NEWTON)
    assert (result.verdict, result.reason) == (Verdict.NOT_JUDGED, Reason.RULE)


RANDOM_SEARCH = """
import random
import numpy as np

X = np.random.randn(12, 3)
y = (X.sum(axis=1, keepdims=True) > 0) * 1.0
weight = np.random.rand(3, 1)

def error_of(w):
    return np.sum((1 / (1 + np.exp(-X @ w)) - y) ** 2)

error = error_of(weight)
for _ in range(50):
    old = weight.copy()
    for j in range(3):
        if random.random() <= 0.8:
            weight[j][0] += STEP
    new_error = error_of(weight)
    if new_error <= error:
        error = new_error
    else:
        weight = old.copy()
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("step", "is_random"),
    [
        ("(random.random() * 2 - 1) / 10", True),
        ("np.random.normal() - 0.1 * np.sum((X @ weight - y) * X[:, j : j + 1])", False),
    ],
)
def test_a_random_search_has_no_gradient(tmp_path: Path, step: str, is_random: bool) -> None:
    result = check_file(write_file(tmp_path / "search.py", RANDOM_SEARCH.replace("STEP", step)))
    assert (result.reason is Reason.NO_GRADIENT) is is_random
    assert not (is_random and result.mistakes)


COSTS_IN_AN_ARRAY = """\
import numpy as np
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(3, 12)), rng.random((2, 12))
W, V = rng.normal(size=(4, 3)), rng.normal(size=(2, 4))
def loss():
    h = np.tanh(W @ X)
    a = V @ h
    square = (a - Y) ** 2
    each = np.array([square[:, i].sum() for i in range(12)])
    total = each.sum()
    d = {error}
    return total, V.T @ d * (1 - h**2) @ X.T, d @ h.T
for k in range(9):
    total, gW, gV = loss()
    W += -0.01 * gW
    V += -0.01 * gV
"""


@pytest.mark.parametrize(
    ("error", "verdict"), [("2 * (a - Y)", Verdict.CORRECT), ("2 * (a - Y) * (np.arange(12) < 1)", Verdict.MISTAKE)]
)
def test_costs_of_observations_in_an_array_are_parts_of_their_sum(tmp_path: Path, error: str, verdict: Verdict) -> None:
    result = check_file(write_file(tmp_path / "mine.py", COSTS_IN_AN_ARRAY.format(error=error)))
    assert result.verdict is verdict
    assert result.cost is not None
    assert result.cost.variable == "total"
