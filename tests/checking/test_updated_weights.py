"""Gradients that go back through updated weights: alone, under another name, and beside a second slip in the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import CheckResult, Reason, Verdict
from tests.network_files import write_file

RIGHT = """\
import numpy as np

rng = np.random.default_rng(0)
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([[0], [1], [1], [0]])
W1, b1 = rng.normal(size=(2, 3)), np.zeros((1, 3))
W2, b2 = rng.normal(size=(3, 1)), np.zeros((1, 1))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


for i in range(5):
    for x, target in zip(X, y):
        x = x.reshape(1, 2)
        hidden = sigmoid(x @ W1 + b1)
        output = sigmoid(hidden @ W2 + b2)
        error = output - target
        delta = error * output * (1 - output)
        top = delta @ W2.T
        W2 -= 0.5 * hidden.T @ delta
        b2 -= 0.5 * delta
        # here
        low = top * hidden * (1 - hidden)
        W1 -= 0.5 * x.T @ low
        b1 -= 0.5 * low
"""
LINE = RIGHT[: RIGHT.index("# here")].count("\n") + 1


def checked(folder: Path, line: str) -> CheckResult:
    """The verdict on the network with another line before the gradient of the hidden layer"""
    path = folder / "mine.py"
    path.write_text(RIGHT.replace("# here", line))
    return check_file(path)


def names(result: CheckResult) -> list[tuple[str, int]]:
    """The mistakes and their lines"""
    return [(one.id, one.place.line) for one in result.mistakes if one.place is not None]


@pytest.mark.slow
def test_updated_weights_and_a_missing_derivative_in_one_line_are_both_named(tmp_path: Path) -> None:
    result = checked(tmp_path, "top = error @ W2.T")
    assert sorted(names(result)) == [("delta-not-multiplied-through", LINE), ("updated-weights-in-backward", LINE)]


def test_updated_weights_alone_are_one_mistake(tmp_path: Path) -> None:
    assert names(checked(tmp_path, "top = delta @ W2.T")) == [("updated-weights-in-backward", LINE)]


def test_the_network_without_them_is_right(tmp_path: Path) -> None:
    assert checked(tmp_path, "pass").verdict is Verdict.CORRECT


def test_updated_weights_under_another_name_share_no_memory_if_the_update_makes_a_new_array(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    text = RIGHT.replace("W2 -= 0.5 * hidden.T @ delta", "W2 = W2 - 0.5 * hidden.T @ delta\n        handed_back = W2.T")
    path.write_text(text.replace("# here", "top = delta @ handed_back"))
    assert names(check_file(path)) == [("updated-weights-in-backward", LINE + 1)]


TARGET_OF_ONE = """\
import numpy as np
w1, w2 = np.array([[0.1, -0.3, -0.2], [-0.1, 0.4, 0.2]]), np.array([0.2, -0.3])
for x in [(1, 0, 1, 1), (0, 1, 1, 1), (1, 1, 0, 1), (1, 1, 1, 1)]:
    hidden = np.tanh(w1 @ x[:3])
    output = np.tanh(w2 @ hidden)
    error = output - x[-1]
    delta = error * (1 - output) * (1 + output)
    w2[0] = w2[0] - 0.5 * delta * hidden[0]
    w2[1] = w2[1] - 0.5 * delta * hidden[1]
    back = w2 * delta * (1 - hidden) * (1 + hidden)
    w1[0, :] = w1[0, :] - np.array(x[:3]) * 0.5 * back[0]
    w1[1, :] = w1[1, :] - np.array(x[:3]) * 0.5 * back[1]
"""


def test_a_target_of_one_that_is_a_plain_number_is_a_target(tmp_path: Path) -> None:
    path = write_file(tmp_path / "mine.py", TARGET_OF_ONE)
    assert [one.place and one.place.line for one in check_file(path).mistakes] == [10]


OF_UNITS = """\
import math, random
random.seed(2)
hidden = {j: {"w": [random.uniform(-1, 1) for _ in range(2)], "b": 0.1} for j in range(3)}
outer = {0: {"w": [random.uniform(-1, 1) for _ in range(3)], "b": 0.2}}

def fire(t):
    return 1 / (1 + math.exp(-t))

def learn(x, y):
    for u in hidden.values():
        u["a"] = fire(sum(w * v for w, v in zip(u["w"], x)) + u["b"])
    for u in outer.values():
        u["a"] = fire(sum(w * hidden[j]["a"] for j, w in enumerate(u["w"])) + u["b"])
        u["d"] = (y - u["a"]) * u["a"] * (1 - u["a"])
        for j in hidden:
            u["w"][j] += 0.7 * u["d"] * hidden[j]["a"]
        u["b"] += 0.7 * u["d"]
    for j, u in hidden.items():
        u["d"] = sum(o["w"][j] * o["d"] for o in outer.values()) * u["a"] * (1 - u["a"])
        for i in range(2):
            u["w"][i] += 0.7 * u["d"] * x[i]
        u["b"] += 0.7 * u["d"]

for _ in range(9):
    learn([0, 0], 1)
    learn([1, 0], 0)
"""


def test_a_comprehension_is_not_a_function_that_is_handed_updated_weights(tmp_path: Path) -> None:
    assert names(check_file(write_file(tmp_path / "units.py", OF_UNITS))) == [("updated-weights-in-backward", 19)]


LAYERS_WITH_ADAM = """\
import numpy as np

rng = np.random.default_rng(1)
X = rng.normal(size=(5, 3))
Y = (X[:, :1] > 0) * 1.0


class Dense:
    def __init__(self, n, m):
        self.W = rng.normal(size=(n, m))
        self.v, self.s = np.zeros((n, m)), np.zeros((n, m))

    def forward(self, x):
        self.x = x
        self.a = 1 / (1 + np.exp(-x @ self.W))
        return self.a

    def backward(self, grad, last):
        if not last:
            grad = grad * self.a * (1 - self.a)
        g = self.x.T @ grad
        self.v = 0.9 * self.v + 0.1 * g
        self.s = 0.99 * self.s + 0.01 * np.square(g)
        self.W = self.W - 0.01 * (self.v / 0.1) / np.sqrt(self.s / 0.01 + 1e-9)
        return grad @ self.W.T


layers = [Dense(3, 2), Dense(2, 2), Dense(2, 1)]
for i in range(4):
    a = X
    for layer in layers:
        a = layer.forward(a)
    print(-np.mean(Y * np.log(a) + (1 - Y) * np.log(1 - a)))
    grad = (a - Y) / len(X)
    for layer in reversed(layers):
        grad = layer.backward(grad, layer is layers[-1])
"""


@pytest.mark.slow
def test_adam_in_the_layer_that_goes_first_does_not_make_the_gradient_of_the_cost_a_second_mistake(
    tmp_path: Path,
) -> None:
    path = write_file(tmp_path / "mine.py", LAYERS_WITH_ADAM)
    line = LAYERS_WITH_ADAM[: LAYERS_WITH_ADAM.index("return grad @ self.W.T")].count("\n") + 1
    assert names(check_file(path)) == [("updated-weights-in-backward", line)]


BUMPS = """\
import numpy as np

rng = np.random.RandomState(1)
X = rng.uniform(-2, 2, (40, 2))
y = np.cos(X[:, 0]) * X[:, 1]
centres, log_widths, heights = rng.uniform(-2, 2, (5, 2)), np.zeros(5), rng.randn(5)
for i in range(60):
    gap = X[:, None, :] - centres
    square = (gap**2).sum(axis=-1)
    phi = np.exp(-square * np.exp(-2 * log_widths))
    error = phi @ heights - y
    loss = 0.5 * np.mean(error**2)
    d = error / len(y)
    common = d[:, None] * heights * phi * np.exp(-2 * log_widths)
    dcentres = 2 * (common[:, :, None] * gap).sum(axis=0)
    dlog = 2 * (common * square).sum(axis=0)
    dheights = phi.T @ d
    centres = centres - 0.05 * dcentres
    log_widths = log_widths - 0.05 * dlog
    heights = heights - 0.05 * dheights
"""


@pytest.mark.slow
def test_a_parameter_of_no_layer_whose_gradient_is_not_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(BUMPS)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(BUMPS.replace("    log_widths = log_widths - 0.05 * dlog\n", ""))
    result = check_file(path)
    assert [(one.id, one.parameters) for one in result.mistakes] == [("kernel-not-updated", ("log_widths",))]
    path.write_text(
        BUMPS.replace("    log_widths = log_widths - 0.05 * dlog\n", "").replace(
            "    dlog = 2 * (common * square).sum(axis=0)\n", ""
        )
    )
    assert check_file(path).verdict is Verdict.CORRECT  # the widths are constant, and nothing says that they are not


DEEP = """\
import numpy as np

rng = np.random.default_rng(4)
X, T = rng.normal(size=(3, 8)), rng.uniform(size=(2, 8))
weights = [rng.normal(size=(4, 3)), rng.normal(size=(5, 4)), rng.normal(size=(2, 5))]


def squash(z):
    return 1 / (1 + np.exp(-z))


for _ in range(4):
    outs = [X]
    for w in weights:
        outs.append(squash(w @ outs[-1]))
    wrong = T - outs[-1]
    for k in (2, 1, 0):
        delta = wrong * outs[k + 1] * (1 - outs[k + 1])
        back = weights[k].T @ delta
        weights[k] += 0.1 * delta @ outs[k].T
        wrong = back
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "slope", ["wrong * outs[k + 1] * (1 - outs[k + 1])", "wrong * (outs[k + 1] * (1 - outs[k + 1]))"]
)
def test_a_loop_over_layers_that_sends_errors_back_through_updated_weights_has_both_mistakes(
    tmp_path: Path, slope: str
) -> None:
    right = DEEP.replace("wrong * outs[k + 1] * (1 - outs[k + 1])", slope)
    path = write_file(tmp_path / "deep.py", right)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(right.replace("wrong = back", "wrong = weights[k].T @ wrong"))
    line = DEEP[: DEEP.index("wrong = back")].count("\n") + 1
    assert sorted(names(check_file(path))) == [
        ("delta-not-multiplied-through", line),
        ("updated-weights-in-backward", line),
    ]


VECTORS = """\
import numpy as np

rng = np.random.default_rng(6)
inner, outer = rng.normal(0, 0.3, (9, 4)), rng.normal(0, 0.3, (9, 4))
PAIRS = [(0, 3), (1, 4), (2, 5), (0, 6), (1, 3)]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def learn(word, near, rate):
    v = inner[word]{copied}
    p = sigmoid(v @ outer[near])
    loss = -np.log(p)
    step = (p - 1) * outer[near]
    inner[word] -= rate * step
    outer[near] -= rate * (p - 1) * v
    for other in (7, 8):
        v = inner[word]{copied}
        q = sigmoid(v @ outer[other])
        loss += -np.log(1 - q)
        step = q * outer[other]
        inner[word] -= rate * step
        outer[other] -= rate * q * v
    return loss


for _ in range(5):
    total = 0
    for word, near in PAIRS:
        total += learn(word, near, 0.1)
    print(total)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("copied", [".copy()", ""])
def test_a_vector_that_is_updated_between_terms_of_a_cost_is_not_wrong_because_the_sum_has_another_gradient(
    tmp_path: Path, copied: str
) -> None:
    path = write_file(tmp_path / "vectors.py", VECTORS.format(copied=copied))
    assert check_file(path).reason is Reason.SEVERAL_COSTS
