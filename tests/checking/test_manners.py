"""Right networks in manners that are less usual, and the same with one mistake: no false alarm, nothing passed over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from tests.network_files import write_file

HEAD = """\
import numpy as np

rng = np.random.default_rng(3)
X = rng.normal(size=(12, 4))
Y = (rng.random((12, 2)) > 0.5).astype(float)
W1 = rng.normal(scale=0.5, size=(4, 5))
b1 = rng.normal(scale=0.1, size=(1, 5))
W2 = rng.normal(scale=0.5, size=(5, 2))
b2 = rng.normal(scale=0.1, size=(1, 2))
lr, m = 0.1, len(X)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


"""
BACKWARD = """\
    dW2 = a1.T @ dz2
    db2 = dz2.sum(axis=0, keepdims=True)
    dz1 = (dz2 @ W2.T) * (1 - a1 ** 2)
    dW1 = X.T @ dz1
    db1 = dz1.sum(axis=0, keepdims=True)
"""
SIGMOID_NETWORK = (
    """\
for step in range(8):
    a1 = np.tanh(X @ W1 + b1)
    a2 = sigmoid(a1 @ W2 + b2)
    dz2 = (a2 - Y) / m
"""
    + BACKWARD
)


def for_each(lines: str, indent: str = "    ") -> str:
    """Lines for every parameter, whose name is ``{p}``."""
    return "".join(f"{indent}{line.format(p=p)}\n" for p in ("W1", "b1", "W2", "b2") for line in lines.splitlines())


def with_rule(rule: str, start: str = "", between: str = "") -> str:
    """A network with sigmoid outputs and an update rule of its own."""
    return HEAD + for_each(start, "") + SIGMOID_NETWORK + between + for_each(rule)


def with_activation(activation: str, derivative: str) -> str:
    """A network with an activation of its own, its derivative, and the mean of squares."""
    body = f"""\
for step in range(8):
    z1 = X @ W1 + b1
    a1 = {activation}
    out = a1 @ W2 + b2
    loss = np.mean((out - Y) ** 2)
    dz2 = 2 * (out - Y) / out.size
"""
    return HEAD + body + BACKWARD.replace("(1 - a1 ** 2)", f"({derivative})") + for_each("{p} -= lr * d{p}")


def with_cost(forward: str, loss: str, delta: str, before: str = "") -> str:
    """A network with a cost of its own."""
    body = f"""\
for step in range(8):
    a1 = np.tanh(X @ W1 + b1)
    z2 = a1 @ W2 + b2
    {forward}
    loss = {loss}
    dz2 = {delta}
"""
    return HEAD + before + body + BACKWARD + for_each("{p} -= lr * d{p}")


MATRICES = """\
A, B = np.matrix(rng.normal(size=(5, 3))), np.matrix(rng.normal(size=(4, 2)))
for step in range(3):
    for x, y in zip(np.matrix(X), np.matrix(Y)):
        x1 = np.insert(x, 0, 1)
        hidden = sigmoid(x1 * A)
        h1 = np.insert(hidden, 0, 1)
        error = h1 * B - y
        back = np.delete(error * B.T, 0)
        B = B - lr * h1.T * error
        A = A - lr * x1.T * np.multiply(back, np.multiply(hidden, 1 - hidden))
"""


CONVERTED_TWICE = """\
for step in range(3):
    for row, wanted in zip([[0.1, 0.5, 0.3, 0.2], [0.7, 0.2, 0.9, 0.4]], [[1, 0], [0, 1]]):
        a1 = sigmoid(np.array(row, ndmin=2) @ W1)
        a2 = sigmoid(a1 @ W2)
        dz2 = (a2 - np.array(wanted, ndmin=2)) * a2 * (1 - a2)
        dz1 = ((a2 - np.array(wanted, ndmin=2)) * a2 * (1 - a2)) @ W2.T * a1 * (1 - a1)
        W2 = W2 - lr * a1.T @ dz2
        W1 = W1 - lr * np.array(row, ndmin=2).T @ dz1
"""


LISTED_TWICE = CONVERTED_TWICE.replace("(a2 - np.array(wanted, ndmin=2))", "(a2 - wanted)")


@dataclass(frozen=True, kw_only=True)
class Manner:
    """A right program, and the mistake that is planted in it.

    Attributes:
        source: the program.
        right: a part of it.
        wrong: what stands in its place in the wrong one.
    """

    source: str
    right: str
    wrong: str


MOMENTS = "m{p} = 0.9 * m{p} + 0.1 * d{p}\ns{p} = 0.999 * s{p} + 0.001 * d{p} ** 2\n"
NO_MOMENTS = "m{p} = np.zeros_like({p})\ns{p} = np.zeros_like({p})"
NO_VELOCITY = "v{p} = np.zeros_like({p})"
GLOBAL_NORM = """\
    norm = np.sqrt(sum(np.sum(g ** 2) for g in (dW1, db1, dW2, db2)))
    scale = min(1.0, 1.0 / (norm + 1e-6))
"""
CONTRASTIVE = """\
same = rng.integers(0, 2, size=(m, 1)).astype(float)
X2 = rng.normal(size=X.shape)
for step in range(8):
    h1, h2 = np.tanh(X @ W1 + b1), np.tanh(X2 @ W1 + b1)
    diff = (h1 @ W2 + b2) - (h2 @ W2 + b2)
    dist = np.sqrt(np.sum(diff ** 2, axis=1, keepdims=True) + 1e-9)
    gap = np.maximum(0, 2.0 - dist)
    loss = np.mean(same * dist ** 2 + (1 - same) * gap ** 2)
    g = (2 * same * diff - 2 * (1 - same) * gap * diff / dist) / m
    d1 = (g @ W2.T) * (1 - h1 ** 2)
    d2 = (-g @ W2.T) * (1 - h2 ** 2)
    W2 -= lr * (h1.T @ g - h2.T @ g)
    W1 -= lr * (X.T @ d1 + X2.T @ d2)
    b1 -= lr * (d1 + d2).sum(axis=0, keepdims=True)
"""
BATCH_NORM = """\
gamma, beta = np.ones(5), np.zeros(5)
for step in range(8):
    z = X @ W1
    std = np.sqrt(z.var(axis=0) + 1e-5)
    xhat = (z - z.mean(axis=0)) / std
    y = gamma * xhat + beta
    a1 = np.maximum(y, 0)
    a2 = sigmoid(a1 @ W2 + b2)
    dz2 = (a2 - Y) / m
    dy = (dz2 @ W2.T) * (y > 0)
    dx = dy * gamma
    dz = (dx - dx.mean(axis=0) - xhat * (dx * xhat).mean(axis=0)) / std
    W2 -= lr * a1.T @ dz2
    b2 -= lr * dz2.sum(axis=0)
    W1 -= lr * X.T @ dz
    gamma -= lr * (dy * xhat).sum(axis=0)
    beta -= lr * dy.sum(axis=0)
"""
DROPOUT = """\
for step in range(8):
    h = np.maximum(0, X @ W1 + b1)
    mask = (rng.random(h.shape) < 0.8) / 0.8
    a1 = h * mask
    a2 = sigmoid(a1 @ W2 + b2)
    dz2 = (a2 - Y) / m
    dz1 = (dz2 @ W2.T) * mask * (h > 0)
    W2 -= lr * a1.T @ dz2
    b2 -= lr * dz2.sum(axis=0)
    W1 -= lr * X.T @ dz1
    b1 -= lr * dz1.sum(axis=0)
"""
CLASS_WEIGHTS = """\
labels = rng.integers(0, 2, size=m)
weight = np.array([0.5, 2.0])[labels][:, None]
T = np.eye(2)[labels] * 0.9 + 0.05
for step in range(8):
    a1 = np.tanh(X @ W1 + b1)
    z2 = a1 @ W2 + b2
    e = np.exp(z2 - z2.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.sum(weight * T * np.log(p)) / weight.sum()
    dz2 = weight * (p - T) / weight.sum()
"""
COLUMNS = """\
A, B, a, b = W1.T.copy(), W2.T.copy(), b1.T.copy(), b2.T.copy()
for step in range(8):
    a1 = np.tanh(A @ X.T + a)
    a2 = sigmoid(B @ a1 + b)
    d2 = (a2 - Y.T) / m
    d1 = np.multiply(B.T.dot(d2), 1 - np.power(a1, 2))
    B -= lr * np.dot(d2, a1.T)
    b -= lr * np.sum(d2, axis=1, keepdims=True)
    A -= lr * np.dot(d1, X)
    a -= lr * np.sum(d1, axis=1, keepdims=True)
"""
BIAS_ROW = """\
A, B, ones = np.vstack([W1, b1]), np.vstack([W2, b2]), np.ones((m, 1))
for step in range(8):
    x = np.hstack([X, ones])
    h = np.hstack([np.tanh(x @ A), ones])
    d2 = sigmoid(h @ B) - Y
    d1 = (d2 @ B[:-1].T) * (1 - h[:, :-1] ** 2)
    B -= lr * h.T @ d2 / m
    A -= lr * x.T @ d1 / m
"""

RESIDUAL = """\
A, B, b = rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), np.zeros((1, 4))
T = X ** 2

def block(x):
    return x + np.tanh(x @ A) @ B + b

for step in range(8):
    h = np.tanh(X @ A)
    loss = np.mean(np.sum((block(X) - T) ** 2, axis=1))
    d = 2 * (block(X) - T) / m
    dB, db, dA = h.T @ d, d.sum(axis=0, keepdims=True), X.T @ (d @ B.T * (1 - h ** 2))
    B -= lr * dB
    b -= lr * db
    A -= lr * dA
"""
NORMALISED_BIAS = BATCH_NORM.replace("    z = X @ W1\n", "    z = X @ W1 + b1\n").replace(
    "    W1 -= lr * X.T @ dz\n",
    """\
    g1 = dz.sum(axis=0)
    first, second = 0.9 * first + 0.1 * g1, 0.999 * second + 0.001 * g1 ** 2
    b1 -= lr * first / (1 - 0.9 ** (step + 1)) / (np.sqrt(second / (1 - 0.999 ** (step + 1))) + 1e-8)
    W1 -= lr * X.T @ dz
""",
)
CARRIED = """\
U, V, c = rng.normal(scale=0.5, size=(4, 5)), rng.normal(scale=0.5, size=(5, 5)), np.zeros((1, 5))
for step in range(6):
    loss, saved, dU, dV, dW2 = 0, [], 0, 0, 0
    for x, y in zip(X[:3], Y[:3]):
        before = c
        n = np.tanh(x[None] @ U)
        c = 0.6 * c + n
        h = np.tanh(c)
        a2 = sigmoid(h @ W2)
        loss -= np.sum(y * np.log(a2) + (1 - y) * np.log(1 - a2))
        saved.append((x, n, h, a2 - y))
    back = 0
    for x, n, h, d in reversed(saved):
        dW2 = dW2 + h.T @ d
        back = d @ W2.T * (1 - h ** 2) + back
        dU = dU + x[:, None] @ (back * (1 - n ** 2))
        back = 0.6 * back
    W2 -= lr * dW2
    U -= lr * dU
"""
FACTORS = """\
k, V = rng.normal(size=4), rng.normal(size=(4, 3))
for step in range(8):
    s = X @ V
    z = X @ k + 0.5 * np.sum(s ** 2 - X ** 2 @ V ** 2, axis=1)
    t = 2 * Y[:, 0] - 1
    loss = np.mean(np.log(1 + np.exp(-t * z)))
    d = -t / (1 + np.exp(t * z)) / m
    dk, dV = X.T @ d, X.T @ (d[:, None] * s) - V * ((X ** 2).T @ d[:, None])
    k -= lr * (dk + 0.01 * k)
    V -= lr * (dV + 0.01 * V)
"""

QUICK = {
    "a block that is added to its data": Manner(source=HEAD + RESIDUAL, right="(1 - h ** 2)", wrong="(1 - h)"),
    "a decay of weights whose squares are in the output": Manner(source=HEAD + FACTORS, right="0.01 * V", wrong="0.01"),
    "lists that are subtracted twice": Manner(source=HEAD + LISTED_TWICE, right="@ W2.T * a1 *", wrong="@ W2.T * a1 +"),
    "matrices without their first item": Manner(
        source=HEAD + MATRICES, right="np.multiply(back, np.multiply(hidden, 1 - hidden))", wrong="back"
    ),
    "clipping by the norm of all gradients": Manner(
        source=with_rule("{p} -= lr * scale * d{p}", between=GLOBAL_NORM), right="W1 -= lr", wrong="W1 += lr"
    ),
}
SLOW = {
    "lists that are converted twice": Manner(
        source=HEAD + CONVERTED_TWICE, right="@ W2.T * a1 *", wrong="@ W2.T * a1 +"
    ),
    "two branches that share a bias": Manner(
        source=HEAD + CONTRASTIVE, right="d2 = (-g @ W2.T)", wrong="d2 = (g @ W2.T)"
    ),
    "Adam with both corrections in the rate": Manner(
        source=with_rule(
            MOMENTS + "{p} -= lr * np.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1)) * m{p} "
            "/ np.sqrt(s{p} + 1e-8)",
            NO_MOMENTS,
        ),
        right="0.001 * dW1 ** 2",
        wrong="0.001 * dW1",
    ),
    "sum over observations, rate over their number": Manner(
        source=with_rule("{p} -= lr / m * d{p}").replace("(a2 - Y) / m", "(a2 - Y)"), right="a1 ** 2)", wrong="a1)"
    ),
    "observations in columns": Manner(source=HEAD + COLUMNS, right="np.power(a1, 2)", wrong="a1"),
    "bias as a row": Manner(source=HEAD + BIAS_ROW, right="B[:-1].T", wrong="B[1:].T"),
    "momentum of gradients": Manner(
        source=with_rule("v{p} = 0.9 * v{p} + d{p}\n{p} -= lr * v{p}", NO_VELOCITY),
        right="vW1 = 0.9 * vW1 + dW1",
        wrong="vW1 = 0.9 * vW1 - dW1",
    ),
    "momentum of steps": Manner(
        source=with_rule("v{p} = 0.9 * v{p} - lr * d{p}\n{p} += v{p}", NO_VELOCITY),
        right="W1 += vW1",
        wrong="W1 -= vW1",
    ),
    "momentum as a running mean": Manner(
        source=with_rule("v{p} = 0.9 * v{p} + 0.1 * d{p}\n{p} = {p} - lr * v{p}", "v{p} = 0"),
        right="0.1 * dW2",
        wrong="0.1 * -dW2",
    ),
    "Nesterov's momentum written out": Manner(
        source=with_rule("old = v{p}\nv{p} = 0.9 * v{p} - lr * d{p}\n{p} += -0.9 * old + 1.9 * v{p}", NO_VELOCITY),
        right="(dz2 @ W2.T)",
        wrong="(dz2 @ -W2.T)",
    ),
    "decoupled weight decay in Adam": Manner(
        source=with_rule(
            MOMENTS + "{p} -= lr * ((m{p} / (1 - 0.9 ** (step + 1))) "
            "/ (np.sqrt(s{p} / (1 - 0.999 ** (step + 1))) + 1e-8) + 0.01 * {p})",
            NO_MOMENTS,
        ),
        right="(1 - a1 ** 2)",
        wrong="(1 - a1)",
    ),
    "weights that shrink before their step": Manner(
        source=with_rule("{p} *= 1 - lr * 0.01\n{p} -= lr * d{p}"),
        right="dz1.sum(axis=0, keepdims=True)",
        wrong="dz1[:1]",
    ),
    "clipping by value": Manner(
        source=with_rule("{p} -= lr * np.clip(d{p}, -0.1, 0.1)"), right=" * (1 - a1 ** 2)", wrong=""
    ),
    "a rate that decays": Manner(
        source=with_rule("{p} -= lr / (1 + 0.05 * step) * d{p}"),
        right="dW2 = a1.T @ dz2",
        wrong="dW2 = a1.T @ (dz2 * a2)",
    ),
    "a rate for each layer": Manner(
        source=with_rule("{p} -= (0.1 if '1' in '{p}' else 0.05) * d{p}"), right="(dz2 @ W2.T)", wrong="(dz2 @ -W2.T)"
    ),
    "steps of the sign": Manner(
        source=with_rule("{p} -= lr * np.sign(d{p})"), right="X.T @ dz1", wrong="X.T @ (dz2 @ W2.T)"
    ),
    "a likelihood that is climbed": Manner(
        source=with_rule("{p} += lr * d{p}").replace("(a2 - Y)", "(Y - a2)"), right="b1 += lr", wrong="b1 -= lr"
    ),
    "batch normalisation": Manner(source=HEAD + BATCH_NORM, right=" - xhat * (dx * xhat).mean(axis=0)", wrong=""),
    "Adam of a bias that normalisation takes away": Manner(
        source=HEAD + "first, second = np.zeros(5), np.zeros(5)\n" + NORMALISED_BIAS,
        right="dy = (dz2 @ W2.T) * (y > 0)",
        wrong="dy = (dz2 @ W2.T) * (z > 0)",
    ),
    "a state that goes on from one sequence to the next": Manner(
        source=HEAD + CARRIED, right="back = 0.6 * back", wrong="back = 0.4 * back"
    ),
    "dropout": Manner(source=HEAD + DROPOUT, right="(dz2 @ W2.T) * mask", wrong="(dz2 @ W2.T)"),
    "smoothed labels and weights of classes": Manner(
        source=HEAD + CLASS_WEIGHTS + BACKWARD + for_each("{p} -= lr * d{p}"),
        right="weight * (p - T) /",
        wrong="(p - T) /",
    ),
    "leaky relu": Manner(
        source=with_activation("np.where(z1 > 0, z1, 0.01 * z1)", "np.where(z1 > 0, 1, 0.01)"),
        right="np.where(z1 > 0, 1, 0.01)",
        wrong="np.where(z1 > 0, 1, 0)",
    ),
    "elu": Manner(
        source=with_activation("np.where(z1 > 0, z1, np.exp(np.minimum(z1, 0)) - 1)", "np.where(z1 > 0, 1, a1 + 1)"),
        right="a1 + 1",
        wrong="a1",
    ),
    "gelu": Manner(
        source=with_activation(
            "0.5 * z1 * (1 + np.tanh(0.8 * (z1 + 0.045 * z1 ** 3)))",
            "0.5 * (1 + np.tanh(0.8 * (z1 + 0.045 * z1 ** 3))) + 0.5 * z1 "
            "* (1 - np.tanh(0.8 * (z1 + 0.045 * z1 ** 3)) ** 2) * 0.8 * (1 + 0.135 * z1 ** 2)",
        ),
        right="1 + 0.135 * z1 ** 2",
        wrong="1 + 0.045 * z1 ** 2",
    ),
    "swish": Manner(
        source=with_activation("z1 * sigmoid(z1)", "sigmoid(z1) + a1 * (1 - sigmoid(z1))"),
        right="sigmoid(z1) + a1 *",
        wrong="sigmoid(z1) *",
    ),
    "softplus, derivative of its result": Manner(
        source=with_activation("np.log1p(np.exp(z1))", "1 - np.exp(-a1)"), right="np.exp(-a1)", wrong="np.exp(-z1)"
    ),
    "arrays that are filled with an array": Manner(
        source=with_activation("np.tanh(z1)", "np.full(z1.shape, 1 - a1 ** 2, 'f8')"), right="a1 ** 2", wrong="a1"
    ),
    "sine": Manner(
        source=with_activation("np.sin(3 * z1)", "3 * np.cos(3 * z1)"), right="3 * np.cos", wrong="-3 * np.cos"
    ),
    "hinge": Manner(
        source=with_cost(
            "margin = 1 - T * z2", "np.sum(np.maximum(0, margin)) / m", "-T * (margin > 0) / m", "T = 2 * Y - 1\n"
        ),
        right="-T * (margin > 0)",
        wrong="-T",
    ),
    "Huber": Manner(
        source=with_cost(
            "e = z2 - Y",
            "np.sum(np.where(np.abs(e) <= 0.5, 0.5 * e ** 2, 0.5 * (np.abs(e) - 0.25))) / m",
            "np.where(np.abs(e) <= 0.5, e, 0.5 * np.sign(e)) / m",
        ),
        right="0.5 * np.sign(e)",
        wrong="np.sign(e)",
    ),
    "weights of classes": Manner(
        source=with_cost(
            "p = np.exp(z2) / np.exp(z2).sum(axis=1, keepdims=True)",
            "-np.sum(w * T * np.log(p)) / m",
            "w * (p - T) / m",
            "k = rng.integers(0, 2, size=m)\nT, w = np.eye(2)[k], np.array([0.5, 2.0])[k][:, None]\n",
        ),
        right="w * (p - T)",
        wrong="(p - T)",
    ),
    "one observation after the other, added up": Manner(
        source=HEAD
        + """\
for step in range(4):
    G = [np.zeros_like(p) for p in (W1, b1, W2, b2)]
    for x, y in zip(X, Y):
        a1 = np.tanh(x @ W1 + b1)
        d2 = sigmoid(a1 @ W2 + b2) - y
        d1 = (d2 @ W2.T) * (1 - a1 ** 2)
        for g, new in zip(G, (x[:, None] @ d1, d1, a1.T @ d2, d2)):
            g += new
    for p, g in zip((W1, b1, W2, b2), G):
        p -= lr * g
""",
        right="g += new",
        wrong="g[...] = new",
    ),
    "the largest of all errors": Manner(
        source=HEAD
        + """\
for step in range(9):
    used, largest = None, -1
    for x, y in zip(X, Y):
        a1 = np.tanh(x @ W1 + b1)
        d2 = a1 @ W2 + b2 - y
        d1 = (d2 @ W2.T) * (1 - a1 ** 2)
        new = x[:, None] @ d1, d1, a1.T @ d2, d2
        if np.sum(d2 ** 2) > largest:
            used, largest = new, np.sum(d2 ** 2)
    for p, g in zip((W1, b1, W2, b2), used):
        p -= lr * g
""",
        right="> largest",
        wrong="> -1",
    ),
    "Kullback and Leibler": Manner(
        source=with_cost(
            "p = np.exp(z2) / np.exp(z2).sum(axis=1, keepdims=True)",
            "np.sum(Q * np.log(Q / p)) / m",
            "(p - Q) / m",
            "Q = rng.dirichlet([1, 1], size=m)\n",
        ),
        right="(p - Q)",
        wrong="(p - Q) * p",
    ),
    "logistic cost of labels -1 and 1": Manner(
        source=with_cost(
            "score = T * z2",
            "np.mean(np.sum(np.log(1 + np.exp(-score)), axis=1))",
            "-T * sigmoid(-score) / m",
            "T = 2 * Y - 1\n",
        ),
        right="sigmoid(-score)",
        wrong="sigmoid(score)",
    ),
    "logarithm of the hyperbolic cosine": Manner(
        source=with_cost("e = z2 - Y", "np.sum(np.log(np.cosh(e))) / m", "np.tanh(e) / m"),
        right="np.tanh(e)",
        wrong="np.tanh(z2)",
    ),
}
CASES = [
    *(pytest.param(one, id=name) for name, one in QUICK.items()),
    *(pytest.param(one, id=name, marks=pytest.mark.slow) for name, one in SLOW.items()),
]


@pytest.mark.every(2)
@pytest.mark.parametrize("manner", CASES)
def test_a_right_network_is_right_and_one_with_a_mistake_is_not(manner: Manner, tmp_path: Path) -> None:
    assert manner.right in manner.source
    verdicts = []
    for name, text in (("right.py", manner.source), ("wrong.py", manner.source.replace(manner.right, manner.wrong, 1))):
        verdicts.append(check_file(write_file(tmp_path / name, text)).verdict)
    assert verdicts == [Verdict.CORRECT, Verdict.MISTAKE]


UNBOUND = """\
import numpy as np
from tensorflow.keras.datasets import mnist

(x, y), _ = mnist.load_data()
X, Y = x[:8].reshape(8, 784) / 255, np.eye(10)[y[:8]]
W1, V = np.random.randn(784, 5) * 0.01, np.random.randn(5, 10)

def begun():
    W2 = np.random.randn(5, 10)
    return W2

def forward(X):
    h = np.tanh(X @ W1)
    return h, h @ W2

for _ in range(3):
    h, out = forward(X)
    d = (out - Y) / 8
    V -= 0.1 * h.T @ d
    W1 -= 0.1 * X.T @ (d @ V.T * (1 - h ** 2))
"""


def test_a_name_that_only_another_function_has_is_not_defined_whatever_stands_in(tmp_path: Path) -> None:
    """A branch on made-up data cannot define it either."""
    path = tmp_path / "mine.py"
    path.write_text(UNBOUND)
    (found,) = check_file(path).mistakes
    assert (found.id, found.place and found.place.text) == ("exception", "return h, h @ W2")


NEGATIVE_TARGETS = """\
import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
X = rng.normal(size=(12, 3))
Y = pd.DataFrame({"wanted": [-2.0] * 12}).values
W, b = rng.normal(size=(3, 1)) * 0.1, np.zeros((1, 1))
for _ in range(3):
    out = X @ W + b
    d = (out - Y) / 12
    print(np.mean((out - Y) ** 2) / 2)
    W -= 0.1 * X.T @ d
    b -= 0.1 * d.sum(axis=0, keepdims=True)
"""


def test_data_that_are_one_negative_number_everywhere_are_drawn_around_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(NEGATIVE_TARGETS)
    assert check_file(path).verdict is Verdict.CORRECT
