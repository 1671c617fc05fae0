"""Values that go several ways: shared weights, scores of a softmax, a normalisation; and names of parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import CheckResult, Found, Verdict
from harness.report import checking as report
from tests.network_files import write_file


def checked(folder: Path, text: str) -> CheckResult:
    return check_file(write_file(folder / "mine.py", "import numpy as np\n\nrng = np.random.default_rng(1)\n" + text))


def mistake_of(folder: Path, text: str) -> Found:
    (found,) = checked(folder, text).mistakes
    return found


TIED = """
X = rng.random((20, 7))
W, b, c = rng.normal(size=(7, 3)), np.zeros(3), np.zeros(7)
for step in range(8):
    H = np.tanh(X @ W + b)
    E = H @ W.T + c - X
    dH = E @ W * (1 - H ** 2)
    gW = {gradient}
    W -= 0.01 * gW
    b -= 0.01 * dH.sum(0)
    c -= 0.01 * E.sum(0)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("gradient", ["E.T @ H", "X.T @ dH"])
def test_shared_weights_need_the_gradients_of_all_uses(tmp_path: Path, gradient: str) -> None:
    assert checked(tmp_path, TIED.format(gradient="E.T @ H + X.T @ dH")).verdict is Verdict.CORRECT
    found = mistake_of(tmp_path, TIED.format(gradient=gradient))
    assert (found.id, found.place and found.place.line, found.parameters) == ("gradient-of-one-use", 11, ("W",))


ATTENTION = """
X, Y = rng.normal(size=(6, 5, 4)), rng.normal(size=(6, 4))
Q, K, V = (rng.normal(size=(4, 4)) for _ in range(3))


def shares(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


for step in range(3):
    for x, y in zip(X, Y):
        q, k, v = x @ Q, x @ K, x @ V
        A = shares(q @ k.T / 2)
        d = np.tile(((A @ v).mean(axis=0) - y) / 5, (5, 1))
        dA = d @ v.T
        dS = {jacobian} / 2
        Q, K, V = Q - 0.1 * x.T @ (dS @ k), K - 0.1 * x.T @ (dS.T @ q), V - 0.1 * x.T @ (A.T @ d)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("jacobian", ["A * dA", "A * (1 - A) * dA"])
def test_the_scores_of_an_attention_depend_on_one_another(tmp_path: Path, jacobian: str) -> None:
    right = ATTENTION.format(jacobian="A * (dA - (A * dA).sum(axis=-1, keepdims=True))")
    assert checked(tmp_path, right).verdict is Verdict.CORRECT
    found = mistake_of(tmp_path, ATTENTION.format(jacobian=jacobian))
    assert (found.id, found.place and found.place.line) == ("softmax-jacobian-diagonal-only", 20)


NORMALISED = """
X, Y = rng.normal(size=(24, 5)), rng.normal(size=(24, 1))
K, scale = rng.normal(size=(5, 4)), np.ones(4)
V = rng.normal(size=(4, 1))
for step in range(6):
    z = X @ K
    var = z.var(0)
    n = (z - z.mean(0)) / np.sqrt(var + 1e-5)
    h = np.maximum(n * scale, 0)
    e = (h @ V - Y) / 24
    d = e @ V.T * (h > 0)
    dn = d * scale
    dz = (dn - dn.mean(0) - n * (dn * n).mean(0)) / {deviation}
    for p, g in ((K, X.T @ dz), (scale, (d * n).sum(0)), (V, h.T @ e)):
        p -= 0.1 * g
"""


def test_a_normalisation_is_divided_by_the_standard_deviation(tmp_path: Path) -> None:
    right = checked(tmp_path, NORMALISED.format(deviation="np.sqrt(var + 1e-5)"))
    assert (right.verdict, [one.name for one in right.parameters]) == (Verdict.CORRECT, ["K", "scale", "V"])
    wrong = checked(tmp_path, NORMALISED.format(deviation="var"))
    (found,) = wrong.mistakes
    assert (found.id, found.place and found.place.line, found.parameters) == ("wrong-derivative", 16, ("K",))
    assert "Use sqrt(var + 1e-05) in the place of var." in " ".join(report.text(wrong).split())


ADAM = """
X, Y = rng.normal(size=(16, 3)), rng.normal(size=(16, 4))
W, m, v = rng.normal(size=(3, 4)), {start}, {start}
for t in range(1, 8):
    g = X.T @ (X @ W - Y) / 16
    m = 0.9 * m + 0.1 * g
    v = 0.99 * v + 0.01 * {squared}
    W -= 0.1 * m / (1 - 0.9 ** t) / (np.sqrt(v / (1 - 0.99 ** t)) + 1e-8)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("start", ["0", "np.zeros((3, 4))"])
def test_the_second_moment_of_adam_is_one_of_squares(tmp_path: Path, start: str) -> None:
    for right in (ADAM.format(start=start, squared="g ** 2"), ADAM.format(start=start, squared="g * g")):
        assert checked(tmp_path, right).verdict is Verdict.CORRECT
    found = mistake_of(tmp_path, ADAM.format(start=start, squared="g"))
    assert (found.id, found.detail, found.place and found.place.line) == ("wrong-update-rule", "not-squared", 10)


def test_the_shares_of_a_moment_are_those_of_the_mean_gradient(tmp_path: Path) -> None:
    """16 times the gradient is known first, and its squares are 256 times those that the moment is made of."""
    found = mistake_of(tmp_path, ADAM.format(start=0, squared="(2 * g ** 2)"))
    assert (found.id, found.detail, found.place and found.place.line) == ("wrong-update-rule", "shares", 10)


STEPS = """\
import numpy as np

rng = np.random.default_rng(2)
U, W, V = rng.normal(size=(4, 3)), rng.normal(size=(4, 4)), rng.normal(size=(3, 4))
b, c = rng.normal(size=(4, 1)), rng.normal(size=(3, 1))


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


for _ in range(3):
    xs = [rng.normal(size=(3, 1)) for _ in range(4)]
    ys = [np.eye(3)[:, [k]] for k in rng.integers(0, 3, size=4)]
    hs, ps, before, loss = [], [], np.zeros((4, 1)), 0.0
    for x, y in zip(xs, ys):
        before = np.tanh(U @ x + W @ before + b)
        hs.append(before)
        ps.append(softmax(V @ before + c))
        loss += -np.sum(y * np.log(ps[-1] + 1e-8))
    dU, dW, dV, db, dc = np.zeros_like(U), np.zeros_like(W), np.zeros_like(V), np.zeros_like(b), np.zeros_like(c)
    later = np.zeros((4, 1))
    for t in reversed(range(4)):
        do = ps[t] - ys[t]
        da = V.T @ do + W.T @ later
        dz = da * (1 - hs[t] ** 2)
        dV += do @ hs[t].T
        dc += do
        if t > 0:
            dW += dz @ hs[t - 1].T
        dU += dz @ xs[t].T
        KEPT
        later = dz
    for g in [dU, dW, dV, db, dc]:
        np.clip(g, -5, 5, out=g)
    V -= 0.1 * dV
    c -= 0.1 * dc
    W -= 0.1 * dW
    U -= 0.1 * dU
    b -= 0.1 * db
    print(loss)
"""


@pytest.mark.parametrize(
    ("kept", "found"),
    [("db += dz", []), pytest.param("db = dz", [("sum-not-accumulated", 33)], marks=pytest.mark.slow)],
)
def test_a_sum_that_a_loop_replaces_by_its_last_term_is_named_at_that_line(
    tmp_path: Path, kept: str, found: list[tuple[str, int]]
) -> None:
    path = tmp_path / "steps.py"
    path.write_text(STEPS.replace("KEPT", kept))
    assert [(one.id, one.place and one.place.line) for one in check_file(path).mistakes] == found
