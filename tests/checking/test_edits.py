"""One edit of a line explains everything at once: other operations, sums that overwrite, every time step, errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking import value_repairs
from harness.checking.check import check_file
from harness.checking.result import Found, Verdict
from tests.network_files import write_file

RECURRENT = """\
import numpy as np

rng = np.random.RandomState(0)
x, y = rng.randn(5, 4), rng.randn(2)
A, B, V = rng.randn(3, 4) * 0.5, rng.randn(3, 3) * 0.5, rng.randn(2, 3) * 0.5
for i in range(3):
    states = [np.zeros(3)]
    for t in range(5):
        states.append(np.tanh(A @ x[t] + B @ states[-1]))
    error = V @ states[-1] - y
    loss = np.sum(error ** 2) / 2
    dA, dB, dV = np.zeros_like(A), np.zeros_like(B), np.outer(error, states[-1])
    back = V.T @ error
    for t in reversed(range(5)):
        delta = back * (1 - states[t + 1] ** 2)
        dA += np.outer(delta, x[t])
        dB += np.outer(delta, states[t])
        back = B.T @ delta
    A -= 0.1 * dA
    B -= 0.1 * dB
    V -= 0.1 * dV
"""

LAYERS = """\
import numpy as np

rng = np.random.RandomState(0)
X, Y = rng.randn(7, 4), rng.rand(7, 2)
W1, W2 = rng.randn(4, 3) * 0.5, rng.randn(3, 2) * 0.5


def slope(z):
    return 4 / (np.exp(z) + np.exp(-z)) ** 2


for i in range(3):
    z = X @ W1
    h = np.tanh(z)
    s = h @ W2
    out = np.tanh(s)
    error = out - Y
    cost = np.sum(error ** 2)
    delta = error * slope(s)
    back = (delta @ W2.T) * slope(z)
    W2 -= 0.1 * h.T @ delta
    W1 -= 0.1 * X.T @ back
"""


# the states in an array, at indices that are arrays of whole numbers as labels are
TIMES = (
    RECURRENT.replace("states = [np.zeros(3)]", "states = np.zeros((6, 3))")
    .replace("states.append(np.tanh(A @ x[t] + B @ states[-1]))", "states[t + 1] = np.tanh(A @ x[t] + B @ states[t])")
    .replace("for t in range(5)", "for t in np.arange(5)")
    .replace("for t in reversed(range(5))", "for t in np.arange(5)[::-1]")
)

LABELS = """\
import numpy as np

rng = np.random.RandomState(0)
X, labels = rng.randn(8, 4), np.array([1, 2, 1, 3, 2, 1, 3, 2])
W = rng.randn(4, 4) * 0.5
for i in range(3):
    e = np.exp(X @ W)
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(p[np.arange(8), labels]))
    dz = p.copy()
    dz[np.arange(8), labels] -= 1
    W -= 0.1 * X.T @ dz / 8
"""


ONE_HOT = LABELS.replace(
    "    dz = p.copy()\n    dz[np.arange(8), labels] -= 1\n",
    "    y = np.zeros((8, 4))\n    y[range(8), labels] = 1\n    dz = p - y\n",
)
BYTES = LABELS.replace("np.array([1, 2, 1, 3, 2, 1, 3, 2])", "np.array([0, 2, 1, 3, 2, 1, 3, 2], dtype=np.uint8)")


@pytest.fixture
def found_after(tmp_path):
    """The mistakes of a program after a part of its text was replaced."""

    def check(text: str, old: str, new: str) -> tuple[Found, ...]:
        assert text.count(old) == 1
        path = tmp_path / "net.py"
        path.write_text(text.replace(old, new))
        return check_file(path).mistakes

    return check


@pytest.mark.every(4)
@pytest.mark.parametrize("text", [RECURRENT, LAYERS, LABELS, ONE_HOT])
def test_right_programs_are_right(tmp_path, text):
    path = tmp_path / "net.py"
    path.write_text(text)
    assert check_file(path).verdict is Verdict.CORRECT


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("text", "old", "new", "id"),
    [
        (RECURRENT, "back = B.T @ delta", "back = B @ delta", "transposed-weights"),
        (RECURRENT, "back = B.T @ delta", "back = np.einsum('ij,j->i', B, delta)", "transposed-weights"),
        (RECURRENT, "(1 - states[t + 1] ** 2)", "(1 - states[t] ** 2)", "derivative-of-wrong-layer"),
        (RECURRENT, "np.outer(delta, states[t])", "np.outer(delta, states[t + 1])", "wrong-layer-activation"),
        (RECURRENT, "dB += np.outer", "dB = np.outer", "sum-not-accumulated"),
        (RECURRENT, "back * (1 - states[t + 1] ** 2)", "back * 1.0", "missing-hidden-activation-derivative"),
        (LABELS, "dz[np.arange(8), labels] -= 1", "dz[np.arange(8), labels - 1] -= 1", "labels-off-by-one"),
        (LABELS, "dz[np.arange(8), labels] -= 1", "dz[:, labels] -= 1", "targets-not-one-hot"),
        (ONE_HOT, "y[range(8), labels] = 1", "y[range(8), labels] = 2", "targets-not-one-hot"),
        (ONE_HOT, "sum(axis=1, keepdims=True)", "sum(axis=0, keepdims=True)", "softmax-over-wrong-axis"),
        (TIMES, "(1 - states[t + 1] ** 2)", "(1 - states[t] ** 2)", "wrong-index"),
        (BYTES, "W -= 0.1 * X.T @ dz / 8", "W -= 0.1 * X.T @ (dz * p) / 8", "wrong-value"),
        (LAYERS, "(np.exp(z) + np.exp(-z)) ** 2", "(np.exp(z) + np.exp(-z))", "wrong-derivative"),
        (LAYERS, "delta = error * slope(s)", "delta = error", "missing-output-activation-derivative"),
        (LAYERS, "delta = error * slope(s)", "delta = error + slope(s)", "wrong-operation"),
        (LAYERS, "(delta @ W2.T) * slope(z)", "(delta @ W2.T) / slope(z)", "wrong-operation"),
    ],
)
def test_one_edit_is_one_mistake_at_its_line(found_after, text, old, new, id):
    (found,) = found_after(text, old, new)
    line = next(number for number, one in enumerate(text.replace(old, new).splitlines(), 1) if new in one)
    assert found.id == id
    assert found.place is not None
    assert found.place.line == line


def test_the_operation_that_should_stand_there_is_in_the_fix(found_after):
    (found,) = found_after(LAYERS, "(delta @ W2.T) * slope(z)", "(delta @ W2.T) + slope(z)")
    assert found.detail == "+ -> *"


def test_a_number_too_many_is_not_another_operation(found_after):
    """exp(z) - 1 in the place of exp(z), which exp(z) * 1 is as well"""
    text = LAYERS.replace("np.tanh(z)", "np.where(z > 0, z, np.exp(z) - 1)").replace(
        "(delta @ W2.T) * slope(z)", "(delta @ W2.T) * np.where(z > 0, 1, np.exp(z))"
    )
    (found,) = found_after(text, "1, np.exp(z))", "1, np.exp(z) - 1)")
    assert (found.id, found.detail) == ("wrong-derivative", "")


ITEM_BY_ITEM = """\
import numpy as np

rng = np.random.default_rng(3)
W, V = rng.normal(size=(4, 3)), rng.normal(size=(2, 4))
X = rng.normal(size=(8, 3))
for x in X:
    h = np.tanh(W @ x)
    d = V @ h - np.sin(x[:2])
    e = np.zeros(4)
    for j in range(4):
        s = 0.0
        for k in range(2):
            s += d[k] * V[k, j]
        e[j] = s * (1 - h[j] ** 2)
    V -= 0.1 * np.outer(d, h)
    W -= 0.1 * np.outer(e, x)
"""


@pytest.mark.parametrize(("item", "expected"), [("V[k, j]", []), ("V[k, k]", [("wrong-index", 13)])])
def test_items_that_a_loop_takes_in_the_wrong_order(tmp_path: Path, item: str, expected: list[tuple[str, int]]) -> None:
    (tmp_path / "mine.py").write_text(ITEM_BY_ITEM.replace("V[k, j]", item))
    found = check_file(tmp_path / "mine.py").mistakes
    assert [(one.id, one.place and one.place.line) for one in found] == expected


TWO_STATES = """\
import numpy as np

rng = np.random.RandomState(0)
x, y = rng.randn(3, 3), rng.randn(2)
A, B = rng.randn(3, 3) * 0.5, rng.randn(3, 3) * 0.5
C, D, V = rng.randn(3, 3) * 0.5, rng.randn(3, 3) * 0.5, rng.randn(2, 3) * 0.5
for i in range(2):
    h, s = [np.zeros(3)], [np.zeros(3)]
    for t in range(3):
        h.append(np.tanh(A @ x[t] + B @ h[-1]))
        s.append(np.tanh(C @ h[-1] + D @ s[-1]))
    error = V @ s[-1] - y
    loss = np.sum(error ** 2) / 2
    dA, dB, dC, dD, dV = 0 * A, 0 * B, 0 * C, 0 * D, np.outer(error, s[-1])
    ds, dh = V.T @ error, np.zeros(3)
    for t in reversed(range(3)):
        upper = ds * (1 - s[t + 1] ** 2)
        dC += np.outer(upper, h[t + 1])
        dD += np.outer(upper, s[t])
        ds = D.T @ upper
        lower = (C.T @ upper + dh) * (1 - h[t + 1] ** 2)
        dA += np.outer(lower, x[t])
        dB += np.outer(lower, h[t])
        dh = B.T @ lower
    for W, d in ((A, dA), (B, dB), (C, dC), (D, dD), (V, dV)):
        W -= 0.1 * d
"""


@pytest.mark.slow
def test_two_recurrent_layers_that_both_lack_their_derivative(found_after) -> None:
    text = TWO_STATES.replace("ds * (1 - s[t + 1] ** 2)", "1 * ds")
    (found,) = found_after(text, "(C.T @ upper + dh) * (1 - h[t + 1] ** 2)", "C.T @ upper + dh")
    assert found.id == "missing-hidden-activation-derivative"
    assert {one.line for one in (found.place, *found.others)} >= {17, 21}


DEEP = """\
import numpy as np

rng = np.random.RandomState(0)
W = [rng.randn(4, 4) for i in range(5)] + [rng.randn(1, 4)]
for x, y in zip(rng.randn(6, 4, 1), rng.rand(6)):
    a = [x]
    for w in W:
        z = w @ a[-1]
        a.append(1 / (1 + np.exp(-z)))
    delta = (a[-1] - y) * a[-1] * (1 - a[-1])
    for k in range(5, -1, -1):
        W[k] -= 0.1 * delta @ a[k].T
        delta = W[k].T @ delta
"""


@pytest.mark.slow
def test_one_wrong_line_of_a_deep_network_does_not_blame_the_right_line_of_its_output(found_after) -> None:
    (found,) = found_after(DEEP, "W[k].T @ delta", "W[k].T @ delta ")
    assert (found.id, found.place and found.place.line) == ("updated-weights-in-backward", 13)


def test_a_wrong_branch_of_a_derivative_is_not_a_wrong_mask(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "X = np.random.normal(size=(24, 3))\n"
        "W, V = np.random.normal(size=(3, 5)) * 0.4, np.random.normal(size=(5, 1)) * 0.4\n"
        "for i in range(5):\n"
        "    Z = X @ W\n"
        "    H = np.where(Z > 0, Z, np.exp(Z) - 1)\n"
        "    d = (H @ V - np.sin(X[:, :1])) / 24\n"
        "    back = (d @ V.T) * np.where(H > 0, 1, H)\n"
        "    W, V = W - 0.1 * X.T @ back, V - 0.1 * H.T @ d\n"
    )
    found = [(one.id, one.place and one.place.line) for one in check_file(tmp_path / "mine.py").mistakes]
    assert found == [("wrong-derivative", 8)]


@pytest.mark.parametrize(("index", "is_right"), [("0", False), ("j", True)])
def test_one_item_of_a_bias_for_all_units_is_found_on_the_way_forward(
    tmp_path: Path, index: str, is_right: bool
) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "X = np.random.normal(size=(24, 3))\n"
        "W, b = np.random.normal(size=(4, 3)) * 0.4, np.zeros((4, 1))\n"
        "V = np.random.normal(size=(1, 4)) * 0.4\n"
        "for i in range(5):\n"
        f"    H = np.array([np.tanh(X @ W[j] + b[{index}]) for j in range(4)])\n"
        "    d = (V @ H - np.sin(X[:, 0])) / 24\n"
        "    back = (V.T @ d) * (1 - H * H)\n"
        "    V = V - 0.1 * d @ H.T\n"
        "    W = W - 0.1 * back @ X\n"
        "    b = b - 0.1 * back.sum(axis=1, keepdims=True)\n"
    )
    found = [(one.id, one.detail, one.place and one.place.line) for one in check_file(tmp_path / "mine.py").mistakes]
    assert found == ([] if is_right else [("wrong-index", "one-item", 6)])


def test_a_clip_is_not_blamed_on_an_array_that_is_too_small_for_it(tmp_path):
    """Errors that are divided once more are never clipped, so every update is right with them; they are not meant."""
    text = (
        "import numpy as np\n"
        "rng = np.random.default_rng(0)\n"
        "X, T = rng.normal(size=(64, 4)), np.eye(3)[rng.integers(0, 3, 64)]\n"
        "V, W = rng.normal(size=(4, 5)), rng.normal(size=(5, 3))\n"
        "for step in range(5):\n"
        "    h = np.tanh(X @ V)\n"
        "    p = np.exp(h @ W)\n"
        "    p /= p.sum(axis=1, keepdims=True)\n"
        "    loss = -np.sum(T * np.log(p))\n"
        "    d = np.clip((p - T) / 64, -0.01, 0.01)\n"
        "    e = d @ W.T * (1 - h ** 2)\n"
        "    W -= 0.1 * h.T @ d\n"
        "    V -= 0.1 * X.T @ e\n"
    )
    path = tmp_path / "net.py"
    path.write_text(text)
    assert [(one.id, one.place.line) for one in check_file(path).mistakes] == [("wrong-value", 10)]


CELL = """\
import numpy as np

rng = np.random.RandomState(0)
A, B, V = rng.randn(3, 3) * 0.5, rng.randn(3, 3) * 0.5, rng.randn(2, 3) * 0.5
x, y = rng.randn(6, 3, 1), rng.randn(6, 2, 1)
for i in range(3):
    s = {-1: np.ones((3, 1)) * 0.1}
    loss = 0
    for t in range(6):
        s[t] = np.tanh(A @ np.copy(x[t]) + B @ s[t - 1])
        loss += np.sum((V @ s[t] - y[t]) ** 2) / 2
    gradients = [np.zeros_like(A), np.zeros_like(B)]
    dV, back = np.zeros_like(V), np.zeros((3, 1))
    for t in reversed(range(6)):
        error = V @ s[t] - y[t]
        dV += error @ s[t].T
        ds = V.T @ error + back
        delta = ds * (1 - s[t] ** 2)
        for k, (d, a) in enumerate([(delta, x[t]), (delta, s[t - 1])]):
            gradients[k] += d @ a.T
        back = B.T @ delta
    A -= 0.1 * gradients[0]
    B -= 0.1 * gradients[1]
    V -= 0.1 * dV
"""


@pytest.mark.slow
def test_a_state_of_another_time_step_where_one_line_makes_several_gradients(tmp_path: Path, found_after) -> None:
    """The same line makes the gradient of A, which is right, and A is multiplied on the line of B."""
    assert check_file(write_file(tmp_path / "right.py", CELL)).verdict is Verdict.CORRECT
    found = found_after(CELL, "(delta, s[t - 1])", "(delta, s[t])")
    assert [(one.id, one.parameters) for one in found] == [("wrong-layer-activation", ("B",))]


def test_a_gradient_that_was_meant_is_looked_for_near_the_wrong_one(found_after, monkeypatch) -> None:
    """Of a long sequence, many arrays have the shape of a state."""
    monkeypatch.setattr(value_repairs, "MOST_CANDIDATES", 8)
    found = found_after(CELL, "back = B.T @ delta", "back = B.T @ ds")
    assert [(one.id, one.place.text if one.place else "") for one in found] == [
        ("delta-not-multiplied-through", "back = B.T @ ds")
    ]


ATTENTION = """\
import numpy as np

rng = np.random.RandomState(0)
X, y = rng.randn(5, 4, 3), rng.randn(5, 4, 2)
Q, K, V = rng.randn(3, 4), rng.randn(3, 4), rng.randn(3, 2)
for i in range(3):
    q, k, v = X @ Q, X @ K, X @ V
    e = np.exp(q @ k.transpose(0, 2, 1) / 2)
    a = e / e.sum(-1, keepdims=True)
    error = a @ v - y
    loss = np.sum(error ** 2) / 2
    da = error @ v.transpose(0, 2, 1)
    dv = a.transpose(0, 2, 1) @ error
    ds = a * (da - (da * a).sum(-1, keepdims=True)) / 2
    dq = ds @ k
    dk = ds.transpose(0, 2, 1) @ q
    Q -= 0.1 * np.einsum("btd,bth->dh", X, dq)
    K -= 0.1 * np.einsum("btd,bth->dh", X, dk)
    V -= 0.1 * np.einsum("btd,bth->dh", X, dv)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("right", "wrong", "id"),
    [
        ("dv = a.transpose(0, 2, 1) @ error", "dv = a @ error", "transposed-gradient"),
        (
            "ds = a * (da - (da * a).sum(-1, keepdims=True)) / 2",
            "ds = a * (da - (da * a).sum(1, keepdims=True)) / 2",
            "sum-over-wrong-axis",
        ),
    ],
)
def test_operations_of_several_matrices_at_once(tmp_path: Path, found_after, right: str, wrong: str, id: str) -> None:
    assert check_file(write_file(tmp_path / "right.py", ATTENTION)).verdict is Verdict.CORRECT
    found = found_after(ATTENTION, right, wrong)
    assert [(one.id, one.place.text if one.place else "") for one in found] == [(id, wrong)]


LONG_LOOP = """\
import numpy as np
rng = np.random.default_rng(4)
X, Y = rng.normal(size=(160, 2)), rng.random((160, 1))
flat = rng.normal(size=13)

def unrolled(v):
    return v[:9].reshape(3, 3), v[9:].reshape(1, 4)

def gradient(v):
    W1, W2 = unrolled(v)
    G1, G2 = np.zeros((3, 3)), np.zeros((1, 4))
    for x, y in zip(X, Y):
        x = np.append(1.0, x).reshape(3, 1)
        h = 1 / (1 + np.exp(-(W1 @ x)))
        a = np.vstack((1.0, h))
        out = 1 / (1 + np.exp(-(W2 @ a)))
        d2 = (y - out) * out * (1 - out)
        G2 += d2 @ a.T
        d1 = W2[:, 1:].T @ d2 * h * (1 - h)
        G1 += d1 @ x.T
    G1, G2 = G1 / 160, G2 / 160
    G1[:, 1:] += 0.01 * W1[:, 1:]
    G2[:, 1:] += 0.01 * W2[:, 1:]
    return np.concatenate((G1.ravel(), G2.ravel()))

def cost(v):
    W1, W2 = unrolled(v)
    H = 1 / (1 + np.exp(-(np.c_[np.ones(160), X] @ W1.T)))
    out = 1 / (1 + np.exp(-(np.c_[np.ones(160), H] @ W2.T)))
    return np.sum((out - Y) ** 2) / 320 + 0.005 * (np.sum(W1[:, 1:] ** 2) + np.sum(W2[:, 1:] ** 2))

for _ in range(4):
    J = cost(flat)
    flat = flat - 0.5 * gradient(flat)
"""


@pytest.mark.slow
def test_a_line_of_a_long_loop_over_observations_is_edited(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(LONG_LOOP)
    (found,) = check_file(path).mistakes
    assert (found.id, found.place and found.place.text) == ("wrong-sign", "d2 = (y - out) * out * (1 - out)")


DIAGONAL_UNDER_CROSS_ENTROPY = """\
import numpy as np

rng = np.random.default_rng(7)
X, labels = rng.normal(size=(4, 25)), rng.integers(0, 3, 25)
Y = np.eye(3)[:, labels]
W, V = rng.normal(size=(5, 4)), rng.normal(size=(3, 5))


def softmax(z, slope=False):
    e = np.exp(z - z.max())
    if slope:
        return e / np.sum(e, axis=0) * (1 - e / np.sum(e, axis=0))
    return e / np.sum(e, axis=0)


for _ in range(6):
    h = np.tanh(W @ X)
    z = V @ h
    a = softmax(z)
    print(-np.mean(np.sum(Y * np.log(a), axis=0)))
    error = (a - Y) / 25 * softmax(z, slope=True)
    below = V.T @ error * (1 - h**2)
    V -= 0.5 * error @ h.T
    W -= 0.5 * below @ X.T
"""


def test_a_derivative_is_not_mended_by_what_makes_it_cancel_out(tmp_path: Path) -> None:
    """(1 - a) for 1 / a would make of a (1 - a) 1"""
    path = write_file(tmp_path / "net.py", DIAGONAL_UNDER_CROSS_ENTROPY)
    [found] = check_file(path).mistakes
    line = DIAGONAL_UNDER_CROSS_ENTROPY[: DIAGONAL_UNDER_CROSS_ENTROPY.index("error = ")].count("\n") + 1
    assert (found.id, found.place and found.place.line) == ("cross-entropy-gradient-with-extra-derivative", line)
    path.write_text(DIAGONAL_UNDER_CROSS_ENTROPY.replace(" * softmax(z, slope=True)", ""))
    assert check_file(path).verdict is Verdict.CORRECT


SKIPPED_RELU = """\
import numpy as np

rng = np.random.default_rng(9)


class Dense:
    def __init__(self, inputs, units):
        self.w, self.b = rng.normal(size=(inputs, units)), np.zeros((1, units))

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, d):
        self.dw, self.db = self.x.T @ d, d.sum(axis=0, keepdims=True)
        return d @ self.w.T

    def step(self):
        self.w -= 0.01 * self.dw
        self.b -= 0.01 * self.db


class Relu:
    def forward(self, x):
        self.on = x > 0
        return x * self.on

    def backward(self, d):
        return d * self.on

    def step(self):
        pass


X, Y = rng.normal(size=(14, 4)), rng.uniform(size=(14, 3))
layers = [Dense(4, 6), Relu(), Dense(6, 3), Relu()]
for _ in range(7):
    a = X
    for layer in layers:
        a = layer.forward(a)
    d = a - Y
    for layer in layers[::-1]:
        d = layer.backward(d)
    for layer in layers:
        layer.step()
"""


@pytest.mark.slow
def test_the_output_relu_that_the_backward_pass_skips_is_missing_where_the_error_is_made(tmp_path: Path) -> None:
    path = write_file(tmp_path / "net.py", SKIPPED_RELU)
    assert check_file(path).verdict is Verdict.CORRECT
    slipped = SKIPPED_RELU.replace("layers[::-1]", "layers[-2::-1]")
    line = SKIPPED_RELU[: SKIPPED_RELU.index("d = a - Y")].count("\n") + 1
    path.write_text(slipped)
    [found] = check_file(path).mistakes
    assert (found.id, found.place and found.place.line) == ("missing-output-activation-derivative", line)
    path.write_text(slipped.replace("return d * self.on", "return d"))
    found_two = {one.id: one.place and one.place.line for one in check_file(path).mistakes}
    assert found_two.keys() == {"missing-output-activation-derivative", "missing-hidden-activation-derivative"}
    assert found_two["missing-output-activation-derivative"] == line


SUMMED_TOO_EARLY = """\
import numpy as np

rng = np.random.default_rng(3)
X = rng.normal(size=(12, 3))
y = (X.sum(axis=1, keepdims=True) > 0) * 1.0


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def slope(z):
    a = sigmoid(z)
    return a * (1 - a)


def loss_slope(a, y):
    parts = (a - y) / (a * (1 - a))
    return SUM / len(y)


w, b = rng.normal(size=(3, 1)), np.zeros((1, 1))
for turn in range(5):
    z = X @ w + b
    a = sigmoid(z)
    loss = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
    delta = slope(z) * loss_slope(a, y)
    w -= 0.1 * X.T @ delta
    b -= 0.1 * delta.sum(axis=0, keepdims=True)
"""


@pytest.mark.every(3)
@pytest.mark.parametrize("sum_", ["sum(parts)", "np.sum(parts)", "np.mean(parts, axis=0)"])
def test_a_gradient_that_is_summed_before_it_goes_back_is_not_a_wrong_derivative(tmp_path: Path, sum_: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(SUMMED_TOO_EARLY.replace("SUM", "parts"))
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(SUMMED_TOO_EARLY.replace("SUM", sum_))
    (found,) = check_file(path).mistakes
    assert (found.id, found.place and found.place.line) == ("gradient-summed-too-early", 19)
    path.write_text(SUMMED_TOO_EARLY.replace("SUM", "parts").replace("a * (1 - a)\n\n", "a\n\n"))
    (found,) = check_file(path).mistakes
    assert (found.id, found.place and found.place.line) == ("wrong-derivative", 14)
