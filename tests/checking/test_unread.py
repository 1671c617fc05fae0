"""Biases that no forward pass adds, updates without a gradient or that raise, and where targets are compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict

NETWORK = """
import numpy as np

np.random.seed(3)
X = np.random.rand(6, 3)
T = (X.sum(axis=1, keepdims=True) > 1.5).astype(float)
w1, w2 = 2 * np.random.rand(3, 4) - 1, 2 * np.random.rand(4, 1) - 1
b1, b2 = np.zeros((1, 4)), np.zeros((1, 1))
seen = np.zeros((1, 4))
for epoch in range(50):
    h = np.tanh(X @ w1 + b1)
    out = 1 / (1 + np.exp(-(h @ w2 + b2)))
    delta = (T - out) * out * (1 - out)
    below = delta @ w2.T * (1 - h ** 2)
    w2 += 0.5 * h.T @ delta
    b2 += 0.5 * delta.sum(axis=0, keepdims=True)
    w1 += 0.5 * X.T @ below
    b1 += 0.5 * below.sum(axis=0, keepdims=True)
    seen += h.sum(axis=0, keepdims=True)
"""
SEEN = "seen += h.sum(axis=0, keepdims=True)"


def write(folder: Path, *changes: tuple[str, str]) -> Path:
    text = NETWORK
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "net.py").write_text(text)
    return folder / "net.py"


@pytest.mark.every(3)
@pytest.mark.parametrize("changes", [(), (("(T - out)", "(-out + T)"),), (("(T - out)", "(T + (-out))"),)])
def test_the_network_is_right_however_the_error_is_written(
    tmp_path: Path, changes: tuple[tuple[str, str], ...]
) -> None:
    result = check_file(write(tmp_path, *changes))
    assert result.verdict is Verdict.CORRECT
    assert result.judged_iterations >= 3


def test_a_bias_that_only_the_predictions_add_is_missing_in_the_training(tmp_path: Path) -> None:
    predicted = "seen += np.tanh(X @ w1 + b1).sum(axis=0, keepdims=True)"
    path = write(tmp_path, ("h = np.tanh(X @ w1 + b1)", "h = np.tanh(X @ w1)"), (SEEN, predicted))
    assert [(one.id, one.parameters) for one in check_file(path).mistakes] == [("bias-missing-in-forward", ("b1",))]


@pytest.mark.parametrize(
    ("missing", "line", "update", "name"), [(" + b1", 11, 18, "b1"), (" + b2", 12, 16, "b2")], ids=["hidden", "output"]
)
def test_a_bias_that_is_updated_and_never_added(
    tmp_path: Path, missing: str, line: int, update: int, name: str
) -> None:
    """Numbers that are summed up beside it, such as the activations that were seen, are not parameters."""
    (mistake,) = check_file(write(tmp_path, (missing, ""))).mistakes
    assert (mistake.id, mistake.parameters) == ("bias-missing-in-forward", (name,))
    assert mistake.place is not None
    assert [one.line for one in (mistake.place, *mistake.others)] == [line, update]


SEQUENCES = """
import numpy as np

np.random.seed(3)
X, T = np.random.rand(6, 4, 2), np.random.rand(6, 4, 3)
U, W, V = np.random.randn(2, 5) / 2, np.random.randn(5, 5) / 2, np.random.randn(5, 3) / 2
b, c = np.zeros(5), np.zeros(3)
for epoch in range(5):
    hs, outs = {-1: np.zeros((6, 5))}, {}
    for t in range(4):
        hs[t] = np.tanh(X[:, t] @ U + hs[t - 1] @ W + b)
        outs[t] = hs[t] @ V + c
    dU, dW, dV, db, dc = (np.zeros_like(one) for one in (U, W, V, b, c))
    later = np.zeros((6, 5))
    for t in reversed(range(4)):
        delta = outs[t] - T[:, t]
        dV += hs[t].T @ delta
        dc += delta.sum(axis=0)
        below = (delta @ V.T + later) * (1 - hs[t] ** 2)
        dU += X[:, t].T @ below
        dW += hs[t - 1].T @ below
        db += below.sum(axis=0)
        later = below @ W.T
    U, W, V, b, c = U - 0.01 * dU, W - 0.01 * dW, V - 0.01 * dV, b - 0.01 * db, c - 0.01 * dc
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(("missing", "name"), [(" + b)", "b"), (" + c", "c")])
def test_a_bias_of_a_sequence_that_is_updated_and_never_added(tmp_path: Path, missing: str, name: str) -> None:
    (tmp_path / "net.py").write_text(SEQUENCES)
    assert check_file(tmp_path / "net.py").verdict is Verdict.CORRECT
    (tmp_path / "net.py").write_text(SEQUENCES.replace(missing, ")" if missing.endswith(")") else ""))
    (mistake,) = check_file(tmp_path / "net.py").mistakes
    assert (mistake.id, mistake.parameters) == ("bias-missing-in-forward", (name,))


def test_an_update_that_raises_after_others_is_the_mistake(tmp_path: Path) -> None:
    """The parameters before it were updated, and w1 was not: nobody left its update out."""
    (mistake,) = check_file(write(tmp_path, ("X.T @ below", "X @ below"))).mistakes
    assert mistake.id == "exception"
    assert mistake.place is not None
    assert mistake.place.line == 17


LISTS = """
import math, random

random.seed(2)

class Net:
    def __init__(self):
        self.hidden = [[random.uniform(-1, 1) for _ in range(2)] for _ in range(3)]
        self.outer = [random.uniform(-1, 1) for _ in range(3)]
        self.bias_hidden = [0.0 for _ in range(3)]
        self.bias_out = [0.0]

    def forward(self, x):
        a = [math.tanh(sum(w * v for w, v in zip(row, x)) + b) for row, b in zip(self.hidden, self.bias_hidden)]
        return a, math.tanh(sum(w * v for w, v in zip(self.outer, a)) + self.bias_out[0])

    def learn(self, x, y):
        a, out = self.forward(x)
        delta = (out - y) * (1 - out ** 2)
        below = [delta * w * (1 - v ** 2) for w, v in zip(self.outer, a)]
        for j in range(3):
            self.outer[j] -= 0.1 * delta * a[j]
            self.bias_hidden[j] -= 0.1 * below[j]
            for i in range(2):
                self.hidden[j][i] -= 0.1 * below[j] * x[i]
        self.bias_out[0] -= 0.1 * delta

net = Net()
for epoch in range(20):
    for x, y in [([0.2, 1.0], 0.3), ([0.9, -0.4], -0.6), ([-0.7, 0.5], 0.8)]:
        net.learn(x, y)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("old", "new", "id", "line"),
    [
        (" + self.bias_out[0]", "", "bias-missing-in-forward", 15),
        ("        self.bias_out[0] -= 0.1 * delta\n", "", "bias-gradient-missing", 22),
        ("self.bias_out[0] -= 0.1", "self.bias_out[0] = 0.1", "wrong-update-rule", 26),
        ("self.bias_out[0] -= 0.1 * delta", "self.bias_out[0] -= 0.1", "wrong-value", 26),
    ],
    ids=["not added", "not updated", "overwritten", "without its gradient"],
)
def test_a_bias_that_begins_as_a_number_of_the_file(tmp_path: Path, old: str, new: str, id: str, line: int) -> None:
    assert LISTS.count(old) == 1
    (tmp_path / "net.py").write_text(LISTS.replace(old, new))
    (mistake,) = check_file(tmp_path / "net.py").mistakes
    assert (mistake.id, mistake.place.line if mistake.place else 0) == (id, line)


LAYERS = """
import numpy as np

class Dense:
    def __init__(self, units, inputs):
        self.layer = {"w": np.random.randn(inputs, units)}
        b = np.zeros(units)
        self.both = [self.layer["w"], b]
        self.rate = 0.1

    def forward(self, x):
        self.x = x
        self.out = 1 / (1 + np.exp(-(x @ self.both[0] + self.both[1])))
        return self.out

    def backward(self, error):
        delta = error * self.out * (1 - self.out)
        down = delta @ self.both[0].T
        self.both[0] -= self.rate * self.x.T @ delta
        self.both[1] -= self.rate * delta.sum(axis=0)
        return down

def difference(out, y):
    return out - y

np.random.seed(1)
x, y = np.random.rand(7, 2), np.random.rand(7)
layers = [Dense(2, 2), Dense(2, 2), Dense(1, 2)]
for epoch in range(9):
    for i in range(7):
        out = x[i:i + 1]
        for layer in layers:
            out = layer.forward(out)
        error = difference(out, y[i:i + 1])
        for layer in layers[::-1]:
            error = layer.backward(error)
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("old", "new", "id", "line"),
    [
        ("out - y", "out + y", "target-added", 24),
        ("self.both[1] -= self.rate", "self.both[1] = self.rate", "wrong-update-rule", 20),
        ("self.both[1] -= self.rate * delta.sum(axis=0)", "self.both[1] = self.both[1] - 0.1", "wrong-value", 20),
    ],
)
def test_layers_of_equal_sizes_that_share_their_lines(tmp_path: Path, old: str, new: str, id: str, line: int) -> None:
    """One observation at a time and one output, so that the rate has as many numbers as the gradient of a bias."""
    assert LAYERS.count(old) == 1
    (tmp_path / "net.py").write_text(LAYERS.replace(old, new))
    mistakes = check_file(tmp_path / "net.py").mistakes
    assert {(one.id, one.place.line if one.place else 0) for one in mistakes} == {(id, line)}


@pytest.mark.every(2)
@pytest.mark.parametrize("text", [LISTS, LAYERS], ids=["lists", "layers"])
def test_both_are_right_as_they_are(tmp_path: Path, text: str) -> None:
    """``1 - out**2``, which stands beside ``out - y`` for a number y, does not compare anything with a target."""
    (tmp_path / "net.py").write_text(text)
    assert check_file(tmp_path / "net.py").verdict is Verdict.CORRECT


CONSTANT = """
import numpy as np

rng = np.random.default_rng(1)
X = rng.normal(size=(20, 3))
y = X @ np.ones(3) + 3
weights, bias = rng.normal(size=3), rng.normal()
speed, speed_of_bias = np.zeros(3), 0.0
for step in range(9):
    miss = X @ weights + bias - y
    speed = 0.8 * speed + X.T @ miss / 20
    speed_of_bias = 0.8 * speed_of_bias + {gradient}
    weights = weights - 0.1 * speed
    bias = bias - 0.1 * speed_of_bias
"""


def test_a_bias_whose_velocity_is_made_of_numbers_alone(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(CONSTANT.format(gradient="miss.mean()"))
    assert check_file(tmp_path / "net.py").verdict is Verdict.CORRECT
    (tmp_path / "net.py").write_text(CONSTANT.format(gradient="2"))
    (mistake,) = check_file(tmp_path / "net.py").mistakes
    assert (mistake.id, mistake.place and mistake.place.line) == ("wrong-value", 14)


SLOPES = """
import numpy as np

rng = np.random.default_rng(5)
X = rng.normal(size=(20, 6))
T = X[:, :3] + 0.3 * rng.normal(size=(20, 3))
A, B, slope = rng.normal(0, 0.4, (6, 8)), rng.normal(0, 0.4, (8, 3)), 0.25 * np.ones(8)
for step in range(9):
    z = X @ A
    a = np.where(z > 0, z, slope * z)
    error = (a @ B - T) / 20
    back = error @ B.T
    of_slope = ({back}np.where(z > 0, 0, z)).sum(axis=0)
    A, B, slope = A - 0.1 * X.T @ (back * np.where(z > 0, 1, slope)), B - 0.1 * a.T @ error, slope - 0.1 * of_slope
"""


def test_slopes_that_are_changed_by_no_gradient_are_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(SLOPES.format(back="back * "))
    assert len(check_file(tmp_path / "net.py").parameters) == 3
    (tmp_path / "net.py").write_text(SLOPES.format(back=""))
    assert check_file(tmp_path / "net.py").verdict is not Verdict.CORRECT


FUNCTIONS = """
import numpy as np

def start(n_in, n_hidden, n_out):
    return (np.random.randn(n_hidden, n_in), np.zeros((n_hidden, 1)),
            np.random.randn(n_out, n_hidden), np.zeros((n_out, 1)))

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def forward(X, W1, b1, W2, b2):
    z1 = W1 @ X + b1
    a1 = sigmoid(z1)
    z2 = W2 @ a1 + b2
    a2 = sigmoid(z2)
    return z1, a1, z2, a2

def backward(X, Y, W2, z1, a1, z2, a2):
    m = X.shape[1]
    delta = a2 - Y
    below = W2.T @ delta * a1 * (1 - a1)
    return below @ X.T / m, below.sum(1, keepdims=True) / m, delta @ a1.T / m, delta.sum(1, keepdims=True) / m

def update(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha):
    return W1 - alpha * dW1, b1 - alpha * db1, W2 - alpha * dW2, b2 - alpha * db2
"""
LEFT = ("return z1, a1, z2, a2", "return z1, a1, z2, z2")


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("changes", "found"),
    [((), []), ((LEFT,), [("activation-missing-on-output", 15)])],
    ids=["used", "left"],
)
def test_an_activation_of_the_outputs_that_is_left_is_missing(
    tmp_path: Path, changes: tuple[tuple[str, str], ...], found: list[tuple[str, int]]
) -> None:
    text = FUNCTIONS
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (tmp_path / "net.py").write_text(text)
    result = check_file(tmp_path / "net.py")
    assert [(one.id, one.place.line) for one in result.mistakes if one.place is not None] == found
    assert result.verdict is (Verdict.MISTAKE if found else Verdict.CORRECT)


PROBABILITY = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
y = X @ np.array([[1.0], [-2.0], [0.5]]) + 0.3
W1 = rng.normal(size=(3, 4)) * 0.5
W2 = rng.normal(size=(4, 1)) * 0.5
for i in range(50):
    hidden = np.tanh(X @ W1)
    z = hidden @ W2
    probability = 1 / (1 + np.exp(-z))
    delta = 2 * (z - y) / len(X)
    below = delta @ W2.T * (1 - hidden**2)
    W2 -= 0.1 * hidden.T @ delta
    W1 -= 0.1 * X.T @ below
"""


def test_a_probability_that_is_computed_beside_the_training_is_not_missing(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(PROBABILITY)
    assert check_file(tmp_path / "net.py").verdict is Verdict.CORRECT
