"""Branches of the code that trains which no run takes: they are named beside the verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import CheckResult, Remark, Verdict
from harness.report import checking as report
from harness.report.checking import headline
from harness.results import as_document

SCRIPT = """\
import numpy as np

np.random.seed(0)
X = np.random.randn(30, 3)
Y = (X[:, :1] * X[:, 1:2] > 0).astype(float)
W, V = np.random.randn(3, 4), np.random.randn(4, 1)
kind, decay, optimizer = "sigmoid", 0, "sgd"
SLOPES = {
    "tanh": lambda a: 1 - a,
    "sigmoid": lambda a: a * (1 - a),
}


def bend(z, kind):
    if kind == "relu":
        return np.maximum(z, 0)
    return 1 / (1 + np.exp(-z))


for i in range(200):
    h = bend(X @ W, kind)
    out = bend(h @ V, "sigmoid")
    d = (out - Y) / 30
    dV, dh = h.T @ d, d @ V.T
    dW = X.T @ (dh * SLOPES[kind](h))
    if decay > 0:
        dW += decay * V
    if optimizer == "sgd":
        W, V = W - 0.5 * dW, V - 0.5 * dV
    elif optimizer == "momentum":
        W = W + 0.5 * dW
        V = V - 0.5 * dV
    else:
        raise ValueError(optimizer)
    if i % 100 == 99:
        loss = -np.mean(Y * np.log(out) + (1 - Y) * np.log(1 - out))
        print(loss)
"""


@pytest.fixture
def checked(tmp_path: Path):
    """What is said of a file with this text."""

    def check(text: str) -> CheckResult:
        path = tmp_path / "net.py"
        path.write_text(text)
        return check_file(path)

    return check


def lines_unrun(result: CheckResult) -> list[tuple[int, int]]:
    """The first and last lines of what did not run."""
    return [(one.first.line, one.last.line) for one in result.unrun]


@pytest.mark.slow
def test_branches_of_the_training_that_did_not_run_are_named(checked) -> None:
    result = checked(SCRIPT)
    assert result.verdict is Verdict.CORRECT
    assert lines_unrun(result) == [(9, 9), (16, 16), (27, 27), (31, 32)]
    assert headline(result).endswith("not judged: line 9, line 16, line 27 and lines 31 to 32.")
    assert [one["first"]["line"] for one in json.loads(json.dumps(as_document(result)))["unrun"]] == [9, 16, 27, 31]


@pytest.mark.slow
def test_what_comes_after_the_training_is_not_named(checked) -> None:
    result = checked(
        SCRIPT + "for row in X:\n    h = bend(row @ W, kind)\n    out = bend(h @ V, kind)\n    print(out)\n"
    )
    assert lines_unrun(result) == [(9, 9), (16, 16), (27, 27), (31, 32)]


@pytest.mark.slow
def test_branches_that_ran_are_not_named(checked) -> None:
    text = SCRIPT.replace('"sigmoid", 0, "sgd"', '"tanh", 0.1, "momentum"').replace("1 - a,", "1 - a * a,")
    text = text.replace("(1 + np.exp(-z))\n", '(1 + np.exp(-z)) if kind == "sigmoid" else np.tanh(z)\n')
    text = text.replace("decay * V", "decay * W").replace("W = W + 0.5", "W = W - 0.5")
    result = checked(text)
    assert result.verdict is Verdict.CORRECT
    assert lines_unrun(result) == [(10, 10), (16, 16), (29, 29)]


DEEP = """\
import numpy as np


def train(X, Y, sizes, rounds):
    weights = [np.random.randn(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
    for _ in range(rounds):
        kept = [X]
        for W in weights:
            kept.append(1 / (1 + np.exp(-kept[-1] @ W)))
        delta = (kept[-1] - Y) / len(Y)
        steps = {len(weights) - 1: kept[-2].T @ delta}
        for k in range(len(weights) - 2, -1, -1):
            delta = delta @ weights[k + 1].T * kept[k + 1]
            steps[k] = kept[k].T @ delta
        for k, step in steps.items():
            weights[k] = weights[k] - 0.5 * step
    return weights


X = np.random.RandomState(0).randn(20, 3)
train(X, (X[:, :1] > 0) * 1.0, [3, 1], 50)
"""


def test_a_loop_over_hidden_layers_without_a_turn_is_named(checked) -> None:
    result = checked(DEEP)
    assert (result.verdict, lines_unrun(result)) == (Verdict.CORRECT, [(13, 14)])


def test_what_other_calls_of_a_driven_file_run_is_not_named(checked) -> None:
    result = checked(DEEP.split("\n\n\nX = ")[0].replace("* kept[k + 1]\n", "* kept[k + 1] * (1 - kept[k + 1])\n"))
    assert (result.verdict, result.unrun) == (Verdict.CORRECT, ())


UNDER_BATCHES = """\
import numpy as np


class Layer:
    def __init__(self, inputs, outputs):
        self.weights = np.random.randn(inputs, outputs)

    def backprop(self, X, y, rate):
        out = 1 / (1 + np.exp(-X @ self.weights))
        self.weights -= X.T @ (2 * rate / len(X) * (out - y) * out * (1 - out))


def epoch(net, X, y, rate, size=100):
    for i in range(len(X) // size):
        net.backprop(X[size * i : size * (i + 1)], y[size * i : size * (i + 1) - 1], rate)
"""


def test_a_loop_over_batches_that_did_not_run_is_named(checked) -> None:
    assert headline(checked(UNDER_BATCHES)).endswith("Not judged: epoch.")


MASK = """\
import numpy as np


def relu(z):
    return np.maximum(z, 0)


def relu_derivative(z):
    return (z > 0).astype(float)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


X = np.random.RandomState(1).randn(9, 2)
W = np.random.RandomState(2).randn(2, 1)
for _ in range(9):
    W -= X.T @ (sigmoid(X @ W) - (X[:, :1] > 0)) / 9
"""


def test_a_derivative_that_is_a_mask_and_did_not_run_is_compared_alone(checked) -> None:
    assert "Not judged" not in headline(checked(MASK))
    (found,) = checked(MASK.replace("return (z > 0)", "return (z < 0)")).mistakes
    assert found.place
    assert found.place.function == "relu / relu_derivative"


def test_a_derivative_that_cannot_be_compared_and_did_not_run_is_named(checked) -> None:
    without = MASK.replace("def relu(z)", "def ramp(z)")
    assert headline(checked(without)).endswith("Not judged: relu_derivative.")


KEPT = """\
import numpy as np

table = np.loadtxt("measured.csv", delimiter=",")
X, Y = table[:, :-1], (table[:, -1:] > 0).astype(float)


class Net:
    def __init__(self, inputs, kind="relu"):
        self.kind, self.kept = kind, {}
        self.W, self.V = np.random.randn(inputs, 4), np.random.randn(4, 1)

    def forward(self, X):
        self.kept["X"], self.kept["Z"] = X, X @ self.W
        if self.kind == "relu":
            self.kept["A"] = np.maximum(self.kept["Z"], 0)
        elif self.kind == "tanh":
            self.kept["A"] = np.tanh(self.kept["Z"])
        return 1 / (1 + np.exp(-self.kept["A"] @ self.V))

    def train(self, X, Y, rate=0.1):
        delta = (self.forward(X) - Y) / len(Y)
        back = delta @ self.V.T
        back = back * (self.kept["Z"] > 0) if self.kind == "relu" else back * (1 - self.kept["A"] ** 2)
        self.V -= rate * self.kept["A"].T @ delta
        self.W -= rate * X.T @ back


net = Net(X.shape[1])
for _ in range(50):
    net.train(X, Y)
"""


@pytest.mark.slow
def test_what_a_branch_forgets_to_keep_is_a_mistake_though_another_option_trains(checked) -> None:
    assert checked(KEPT).verdict is Verdict.CORRECT
    result = checked(KEPT.replace('            self.kept["A"] = np.maximum(self.kept["Z"], 0)\n', "            pass\n"))
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == [("exception", 18)]


LAYERS_AND_TRAINING = """\
import numpy as np
class Dense:
    def __init__(self, inputs, outputs):
        self.w = np.random.randn(outputs, inputs)
        self.b = np.zeros((outputs, 1))
    def forward(self, x):
        self.x = x
        return self.w @ x + self.b
    def backward(self, grad, rate):
        back = self.w.T @ grad
        self.w = self.w - rate * grad @ self.x.T
        self.b = self.b - rate * grad
        return back
class Tanh:
    def forward(self, x):
        self.x = x
        return np.tanh(x)
    def backward(self, grad, rate):
        return grad * (1 - np.tanh(self.x) ** 2)
class Softmax:
    def forward(self, x):
        e = np.exp(x)
        self.out = e / np.sum(e)
        return self.out
    def backward(self, grad, rate):
        s = self.out.reshape(-1, 1)
        return (np.diagflat(s) - s @ s.T) @ grad
def softmax(x):
    e = np.exp(x)
    return e / np.sum(e)
def softmax_derivative(x):
    s = softmax(x).reshape(-1, 1)
    return np.diagflat(s) - s @ s.T
np.random.seed(0)
layers = [Dense(3, 4), Tanh(), Dense(4, 2)]
for x, y in zip(np.random.randn(8, 3, 1), np.random.randn(8, 2, 1)):
    out = x
    for layer in layers:
        out = layer.forward(out)
    grad = 2 * (out - y)
    for layer in reversed(layers):
        grad = layer.backward(grad, 0.1)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("return (np.diagflat(s) - s @ s.T) @ grad", "return (np.diagflat(s) - s @ s.T * s) @ grad", 27),
        ("return np.diagflat(s) - s @ s.T\n", "return np.diagflat(s) - s @ s.T * s\n", 33),
    ],
)
def test_what_the_training_of_a_file_leaves_unused_is_compared_alone(
    tmp_path: Path, old: str, new: str, line: int
) -> None:
    path = tmp_path / "net.py"
    path.write_text(LAYERS_AND_TRAINING)
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    assert Remark.DID_NOT_RUN not in [id for id, _, _ in result.notes]
    path.write_text(LAYERS_AND_TRAINING.replace(old, new))
    result = check_file(path)
    (found,) = result.mistakes
    assert found.place
    assert found.place.line == line
    assert "The updates of the file's own network agree" in report.text(result)


RETURNS_UNUSED = """\
import numpy as np
class Dense:
    def __init__(self, shape, start):
        self.w = start(shape)
    def forward(self, x):
        self.x = x
        return x @ self.w
    def backward(self, grad, rate):
        back = grad @ self.w.T
        self.w = self.w - rate * self.x.T @ grad
        return back
np.random.seed(0)
X, y = np.random.randn(12, 3), np.random.randn(12, 2)
only = Dense((3, 2), lambda shape: np.random.randn(*shape))
for i in range(5):
    only.backward(only.forward(X) - y, 0.01)
"""


def test_a_returned_gradient_that_nothing_uses_and_that_cannot_be_compared_is_named(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(RETURNS_UNUSED)
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    assert [detail for id, _, detail in result.notes if id is Remark.RESULT_NOT_USED] == ["Dense"]
    assert "Not judged: what Dense hands back" in report.text(result)


FAMILY = """\
import sys

import numpy as np


def bend(z, kind):
    return np.tanh(z) if kind == "tanh" else z * (z > 0)


def slope_tanh(z):
    return 1 - np.tanh(z) ** 2


def relu_prime(z, above):
    above = np.array(above, copy=True)
    above[z <= 0] = 0.01
    return above


def slope_relu(z):
    dz = np.array(z, copy=True)
    dz[z <= 0] = 0
    return dz


np.random.seed(0)
X, Y = np.random.randn(20, 3), np.random.randn(20, 1)
W, V = np.random.randn(3, 4), np.random.randn(4, 1)
kind = "tanh"
for i in range(50):
    z = X @ W
    h = bend(z, kind)
    error = h @ V - Y
    back = error @ V.T * getattr(sys.modules[__name__], "slope_" + kind)(z)
    V -= 0.01 * h.T @ error
    W -= 0.01 * X.T @ back
    loss = 0.5 * np.sum(error**2)
"""


def test_derivatives_that_only_fill_or_are_looked_up_by_their_names_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(FAMILY)
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    named = [detail for id, _, detail in result.notes if id is Remark.DID_NOT_RUN]
    assert named == ["relu_prime, slope_relu"]


PRODUCTS_ALONE = """

class Mixing:
    def __init__(self, width):
        self.mixer = np.random.randn(width, width)

    def forward(self, x):
        self.x = x
        return np.dot(x, self.mixer)

    def backward(self, above):
        self.d_mixer = np.dot(self.x.T, above)
        return np.dot(above, self.mixer.T)


def backward_of_product(x, w, above):
    return np.dot(above, w), np.dot(x.T, above)
"""


@pytest.mark.parametrize("slip", ["", "return np.dot(above, self.mixer)"])
def test_derivatives_made_of_product_calls_alone_are_compared_or_named(tmp_path: Path, slip: str) -> None:
    path = tmp_path / "mine.py"
    text = FAMILY.replace("np.random.seed(0)\n", f"{PRODUCTS_ALONE}\n\nnp.random.seed(0)\n", 1)
    path.write_text(text.replace("return np.dot(above, self.mixer.T)", slip or "return np.dot(above, self.mixer.T)"))
    result = check_file(path)
    if slip:
        assert [text.splitlines()[one.place.line - 1].strip() for one in result.mistakes if one.place] == [
            "return np.dot(above, self.mixer.T)"
        ]
    else:
        assert result.verdict is Verdict.CORRECT
        (named,) = [detail for id, _, detail in result.notes if id is Remark.DID_NOT_RUN]
        assert "backward_of_product" in named.split(", ")
