"""The search for the place of a mistake ends after a counted amount of work, and the verdict stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking import locating
from harness.checking.check import check_file
from harness.checking.result import Verdict
from tests.network_files import write_file

from .programs import PLANTS, RIGHT


def test_work_grows_with_the_elements_of_an_array() -> None:
    assert locating.work_of(()) == 1
    assert locating.work_of((784, 100)) == 1 + 78_400 // 4_000


def test_a_search_that_is_over_leaves_the_mistake_without_a_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, old, new, _ = PLANTS[0]
    file = write_file(tmp_path / "mine.py", RIGHT[name].replace(old, new, 1))
    monkeypatch.setattr(locating, "MOST_WORK", -1)
    result = check_file(file)
    assert result.verdict is Verdict.MISTAKE
    assert [one.id for one in result.mistakes] == ["wrong-value"]


SQUARE = """
import numpy as np
X, T = np.random.normal(size=(30, 6)), np.eye(8)[np.random.randint(0, 8, 30)]
W, b, V = np.random.normal(size=(6, 8)), np.zeros(8), np.random.normal(size=(8, 8))
for epoch in range(5):
    a = np.tanh(X @ W + b)
    e = np.exp(a @ V)
    d = (e / e.sum(axis=1, keepdims=True) - T) / 30
    dV = d.T @ a
    dz = d @ V * (1 - a ** 2)
    W -= 0.1 * X.T @ dz
    b -= 0.1 * dz.sum(axis=0)
    V -= 0.1 * dV
"""


def test_two_mistakes_in_matrices_that_are_square_are_each_at_their_line(tmp_path: Path) -> None:
    (tmp_path / "square.py").write_text(SQUARE)
    named = {(one.id, one.place and one.place.line) for one in check_file(tmp_path / "square.py").mistakes}
    assert named == {("transposed-gradient", 9), ("transposed-weights", 10)}


CLIMBING = """
import numpy as np
X, T = np.random.rand(3, 50), np.random.rand(2, 50)
w = [np.random.randn(5, 3), np.random.randn(2, 5)]
b = [np.random.randn(5, 1), np.random.randn(2, 1)]
def sigmoid(z): return 1 / (1 + np.exp(-z))
def slope(z): return sigmoid(z) * (1 - sigmoid(z))
for epoch in range(5):
    z0 = w[0] @ X + b[0]
    a = sigmoid(z0)
    y = sigmoid(w[1] @ a + b[1])
    d1 = (y - T) * slope(y)
    d0 = w[1].T @ d1 * slope(z0)
    for layer, d, x in ((0, d0, X), (1, d1, a)):
        w[layer] -= 0.1 * d @ x.T
        b[layer] += 0.1 * d.sum(axis=1, keepdims=True)
"""


def test_biases_that_climb_are_named_beside_a_mistake_that_spoils_all_steps(tmp_path: Path) -> None:
    (tmp_path / "climbing.py").write_text(CLIMBING)
    mistakes = check_file(tmp_path / "climbing.py").mistakes
    named = {(one.id, one.place and one.place.line): set(one.parameters) for one in mistakes}
    assert set(named) == {("derivative-of-activation", 12), ("gradient-ascent", 16)}
    assert all(name.startswith("b") for name in named["gradient-ascent", 16])


IN_PLACE = """
import numpy as np
X, y = np.random.normal(size=(30, 6)), np.random.normal(size=(30, 2))
W, V = np.random.normal(size=(6, 8)), np.random.normal(size=(8, 2))
def slope(a):
    a[a < 0] = 0
    a[a > 0] = 1
    a[a == 0] = 0.5
    return a
for epoch in range(5):
    a = X @ W
    a[a < 0] = 0
    d = a @ V - y
    dV = a.T @ d
    dW = X.T @ (d @ V.T * slope(a))
    V -= 0.01 * dV
    W -= 0.01 * dW
"""


@pytest.mark.parametrize(("wrong", "line"), [("0.5", 8), ("0", 0)])
def test_of_the_steps_of_a_derivative_that_changes_its_argument_the_wrong_one_is_named(
    tmp_path: Path, wrong: str, line: int
) -> None:
    result = check_file(write_file(tmp_path / "net.py", IN_PLACE.replace("0.5", wrong)))
    assert [one.place and one.place.line for one in result.mistakes] == ([line] if line else [])
    assert (result.verdict is Verdict.MISTAKE) == bool(line)


# The mean and the width of a normal distribution, one network for both; the derivative of the width lacks its "- 1".
JOINED = """
import numpy as np
rng = np.random.default_rng(0)
x = rng.uniform(-2, 2, (40, 1))
t = x + 0.3 * rng.normal(size=(40, 1))
W, b, V, c = rng.normal(size=(1, 5)), np.zeros(5), rng.normal(size=(5, 2)), np.zeros(2)
for step in range(20):
    h = np.tanh(x @ W + b)
    out = h @ V + c
    mu, width = out[:, :1], np.exp(out[:, 1:])
    cost = np.mean((t - mu) ** 2 / (2 * width ** 2) + np.log(width))
    dmu = (mu - t) / width ** 2
    ds = 1 - (t - mu) ** 2 / width ** 2
    dout = np.hstack([dmu, ds]) / len(x)
    dz = dout @ V.T * (1 - h ** 2)
    V -= 0.05 * h.T @ dout
    c -= 0.05 * dout.sum(axis=0)
    W -= 0.05 * x.T @ dz
    b -= 0.05 * dz.sum(axis=0)
print(cost)
"""


def test_a_wrong_part_of_joined_gradients_is_named_before_the_line_that_joins_them(tmp_path: Path) -> None:
    file = write_file(tmp_path / "joined.py", JOINED)
    assert check_file(file).verdict is Verdict.CORRECT
    file.write_text(JOINED.replace("ds = 1 - (t", "ds = -(t"))
    assert [(one.id, one.place and one.place.line) for one in check_file(file).mistakes] == [("wrong-derivative", 13)]


# A normalised layer with a connection around it; one term of the gradient of the normalisation is left out.
AROUND = """
import numpy as np
rng = np.random.default_rng(0)
X, y = rng.normal(size=(20, 4)), rng.normal(size=(20, 1))
A, B, w = rng.normal(size=(4, 6)), rng.normal(size=(6, 6)), rng.normal(size=(6, 1))
def normal_backward(g, n, s):
    return (g - g.mean(axis=1, keepdims=True) - n * (g * n).mean(axis=1, keepdims=True)) / s
for step in range(20):
    h = X @ A
    s = np.sqrt(h.var(axis=1, keepdims=True) + 1e-5)
    n = (h - h.mean(axis=1, keepdims=True)) / s
    a = np.tanh(n @ B)
    r = h + a
    cost = np.mean((r @ w - y) ** 2)
    dr = 2 * (r @ w - y) / 20 @ w.T
    da = dr * (1 - a ** 2)
    dh = dr + normal_backward(da @ B.T, n, s)
    w -= 0.1 * r.T @ (2 * (r @ w - y) / 20)
    B -= 0.1 * n.T @ da
    A -= 0.1 * X.T @ dh
print(cost)
"""


def test_the_wrong_term_of_a_sum_of_gradients_is_named_where_it_is_made(tmp_path: Path) -> None:
    file = write_file(tmp_path / "around.py", AROUND)
    assert check_file(file).verdict is Verdict.CORRECT
    file.write_text(AROUND.replace(" - n * (g * n).mean(axis=1, keepdims=True)", ""))
    (found,) = check_file(file).mistakes
    assert found.place is not None
    assert found.place.line == 7


# A network of layers with a connection around the second of them
CONNECTED = """\
import numpy as np

np.random.seed(1)
X = np.random.normal(size=(12, 3))
Y = np.random.normal(size=(12, 2))


class Dense:
    def __init__(self, n, m):
        self.W = np.random.normal(size=(n, m)) * 0.5
        self.b = np.zeros((1, m))

    def go(self, x):
        self.x = x
        return x @ self.W + self.b

    def back(self, g):
        self.dW = self.x.T @ g
        self.db = g.sum(axis=0, keepdims=True)
        return g @ self.W.T

    def step(self):
        self.W -= 0.1 * self.dW
        self.b -= 0.1 * self.db


first, second, third = Dense(3, 4), Dense(4, 4), Dense(4, 2)
for epoch in range(8):
    a = np.tanh(first.go(X))
    h = np.tanh(second.go(a))
    out = third.go(h + a)
    g = (out - Y) / len(X)
    g = third.back(g)
    da = g + second.back(g * (1 - h ** 2))
    first.back(da * (1 - a ** 2))
    for one in (first, second, third):
        one.step()
"""


GRAPH = """\
import numpy as np

rng = np.random.RandomState(0)
A, X, T = np.eye(5) + 0.5 * np.eye(5, k=1), rng.randn(5, 4), rng.randn(5, 2)
W, V = rng.randn(4, 3), rng.randn(3, 2)
for epoch in range(3):
    z = A @ X @ W
    h = np.maximum(z, 0)
    out = A @ h @ V
    error = (out - T) / 5
    back = A.T @ error @ V.T
    back[h <= 0] = 0
    V -= 0.1 * (A @ h).T @ error
    W -= 0.1 * (A @ X).T @ back
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("program", "right", "wrong", "expected"),
    [
        (CONNECTED, "g + second", "second", ("gradient-of-one-use", 34)),
        (GRAPH, "A.T @ error @ V.T", "error @ V.T", ("forward-factor-missing", 11)),  # not a wrong derivative
    ],
    ids=["connection", "constant-matrix"],
)
def test_what_is_left_out_on_the_way_back_is_named_where_it_is_left_out(
    tmp_path: Path, program: str, right: str, wrong: str, expected: tuple[str, int]
) -> None:
    file = write_file(tmp_path / "net.py", program)
    assert check_file(file).verdict is Verdict.CORRECT
    file.write_text(program.replace(right, wrong))
    assert [(one.id, one.place and one.place.line) for one in check_file(file).mistakes] == [expected]


PAIRS = """\
import numpy as np

rng = np.random.RandomState(0)
X, W, v = rng.randn(6, 4), rng.randn(4, 3), rng.randn(3)
for i, j in [(0, 1), (2, 3), (4, 5)]:
    h, k = np.tanh(X[i] @ W), np.tanh(X[j] @ W)
    cost = np.log1p(np.exp(-(h @ v - k @ v)))
    share = -1 / (1 + np.exp(h @ v - k @ v))
    left = share * v * (1 - h ** 2)
    right = -share * v * (1 - k ** 2)
    v -= 0.1 * share * (h - k)
    W -= 0.1 * (np.outer(X[i], left) + np.outer(X[j], right))
"""


def test_a_turned_value_whose_derivative_is_right_has_a_wrong_sign(tmp_path: Path) -> None:
    file = write_file(tmp_path / "pairs.py", PAIRS)
    assert check_file(file).verdict is Verdict.CORRECT
    file.write_text(PAIRS.replace("-share * v", "share * v"))
    assert [(one.id, one.place and one.place.line) for one in check_file(file).mistakes] == [("wrong-sign", 10)]


MASKED = """\
import numpy as np

rng = np.random.RandomState(0)
X, T = rng.randn(4, 6), rng.randn(2, 6)
W1, b1, W2, b2 = rng.randn(3, 4), rng.randn(3, 1), rng.randn(2, 3), rng.randn(2, 1)


def slope(z):
    return z < 0


for epoch in range(3):
    z = W1 @ X + b1
    h = np.maximum(z, 0)
    error = (W2 @ h + b2 - T) / 6
    back = (W2.T @ error) * slope(z)
    W2 -= 0.1 * error @ h.T
    b2 -= 0.1 * np.sum(error)
    W1 -= 0.1 * back @ X.T
    b1 -= 0.1 * np.sum(back)
"""


def test_what_is_made_of_a_named_value_alone_is_not_named_again(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "masked.py", MASKED))
    assert result.verdict is Verdict.MISTAKE
    assert ("relu-mask-inverted", 9) in [(one.id, one.place and one.place.line) for one in result.mistakes]
    assert "wrong-value" not in {one.id for one in result.mistakes}
