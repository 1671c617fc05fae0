"""Backward passes that take branches by comparing numbers: a replay with other weights would take other ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import report
from harness.checking.check import check_file
from harness.checking.result import Verdict
from tests.network_files import write_file

POOLING = """\
import numpy as np
np.random.seed(2)
X = np.random.randn(5, 8)
labels = np.array([0, 1, 2, 1, 0])
kernel = np.random.randn(3)
W = np.random.randn(3, 3) / 3
b = np.zeros(3)
hits = 0
for epoch in range(4):
    for x, label in zip(X, labels):
        wide = np.array([np.sum(x[i:i + 3] * kernel) for i in range(6)])
        narrow = np.array([np.max(wide[2 * j:2 * j + 2]) for j in range(3)])
        z = narrow @ W + b
        p = np.exp(z) / np.sum(np.exp(z))
        loss = -np.log(p[label])
        if np.argmax(p) == label:
            hits += 1
        dz = p.copy()
        dz[label] -= 1
        dnarrow = W @ dz
        dwide = np.zeros(6)
        for j in range(3):
            part = wide[2 * j:2 * j + 2]
            for i in range(2):
                if part[i] == np.max(part):
                    dwide[2 * j + i] = dnarrow[j]
        dkernel = np.zeros(3)
        for i in range(6):
            dkernel += dwide[i] * x[{start}:{start} + 3]
        kernel -= 0.05 * dkernel
        W -= 0.05 * np.outer(narrow, dz)
        b -= 0.05 * dz
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(("start", "verdict"), [("i", Verdict.CORRECT), ("max(0, i - 1)", Verdict.MISTAKE)])
def test_maxima_that_are_found_by_comparison_stay_the_same_in_every_replay(
    tmp_path: Path, start: str, verdict: Verdict
) -> None:
    assert check_file(write_file(tmp_path / "pooling.py", POOLING.format(start=start))).verdict is verdict


CHOSEN = """\
import numpy as np
np.random.seed(0)
X = np.random.rand(20, 5)
Y = np.random.rand(20, 3)
W1 = np.random.randn(8, 5) / 2
W2 = np.random.randn(3, 8) / 2
def slope(z):
    return np.array([[1 if one {sign} 0 else 0] for one in z])
for x, y in zip(X, Y):
    x = x.reshape(-1, 1)
    z = W1 @ x
    a = np.maximum(z, 0)
    d = W2 @ a - y.reshape(-1, 1)
    dW2 = d @ a.T
    dW1 = (W2.T @ d * slope(z)) @ x.T
    W1 -= 0.1 * dW1
    W2 -= 0.1 * dW2
"""


@pytest.mark.parametrize(("sign", "verdict"), [(">", Verdict.CORRECT), ("<", Verdict.MISTAKE)])
def test_numbers_that_are_chosen_by_comparison_stay_with_what_they_were_chosen_for(
    tmp_path: Path, sign: str, verdict: Verdict
) -> None:
    assert check_file(write_file(tmp_path / "chosen.py", CHOSEN.format(sign=sign))).verdict is verdict


def test_a_score_by_classes_before_the_training_is_left_out_of_the_replay(tmp_path: Path) -> None:
    file = tmp_path / "score.py"
    score = "    classes = np.unique(np.argmax(W2 @ a, axis=0))\n    found = classes[0] == 1 or classes[-1] > 5\n"
    score = CHOSEN.format(sign=">").replace("    d = W2", score + "    assert found or not found\n    d = W2")
    file.write_text(score)
    assert check_file(file).verdict is Verdict.CORRECT


ROUNDED = """
import numpy as np
np.random.seed(3)
rows, targets = [(0, 0), (0, 1), (1, 0), (1, 1)], [0, 1, 1, 1]
w1, w2, b, hits = np.random.randn(), np.random.randn(), 0.9, 0
for epoch in range(5):
    for (x1, x2), t in zip(rows, targets):
        y = 1 / (1 + np.exp(-(w1 * x1 + w2 * x2 + b)))
        if round(y) == t:
            hits += 1 / 4
        delta = (y - t) * y * (1 - {last})
        w1 = w1 - 0.5 * delta * x1
        w2 = w2 - 0.5 * delta * x2
        b = b - 0.5 * delta
"""


@pytest.mark.parametrize(("last", "verdict"), [("y", Verdict.CORRECT), ("y * y", Verdict.MISTAKE)])
def test_an_output_that_is_rounded_for_the_accuracy_is_replayed(tmp_path: Path, last: str, verdict: Verdict) -> None:
    path = tmp_path / "rounded.py"
    path.write_text(ROUNDED.format(last=last))
    result = check_file(path)
    assert (result.verdict, result.reason) == (verdict, None)


# Units that are off for one observation and on for the next; the items of an observation are drawn, as weights are.
UNITS = """
import random

random.seed(1)
rows = []
for _ in range(40):
    p = random.uniform(-2, 2)
    q = random.uniform(-2, 2)
    rows.append(([p, q], 1.0 if p * p + q * q < 1.5 else 0.0))

w = [[random.gauss(0, 0.5) for _ in range(2)] for _ in range(4)]
b = [0.0] * 4
v = [random.gauss(0, 0.5) for _ in range(4)]
c = 0.0
speed = [0.0] * 4
for epoch in range(50):
    loss = 0.0
    for x, y in rows:
        z, h = [], []
        for i in range(4):
            one = w[i][0] * x[0] + w[i][1] * x[1] + b[i]
            z.append(one)
            h.append(max(0.0, one))
        out = sum(v[i] * h[i] for i in range(4)) + c
        d_out = 2.0 * (out - y)
        for i in range(4):
            slope = 1.0 if z[i] > 0 else 0.0
            d = d_out * v[i] * slope
            v[i] -= 0.05 * d_out * h[i]
            for j in range(2):
                w[i][j] -= 0.05 * d * x[j]
            b[i] -= 0.05 * d
        c -= 0.05 * d_out
        loss += (out - y) ** 2
    print(epoch, loss)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "momentum",
    [
        "            b[i] -= 0.05 * d\n",
        "            speed[i] = 0.9 * speed[i] + 0.05 * d\n            b[i] -= speed[i]\n",
    ],
    ids=["plain", "momentum"],
)
def test_the_weights_of_units_that_are_off_rest_until_they_are_on(tmp_path: Path, momentum: str) -> None:
    (tmp_path / "net.py").write_text(UNITS.replace("            b[i] -= 0.05 * d\n", momentum))
    result = check_file(tmp_path / "net.py")
    assert result.verdict is Verdict.CORRECT, report.text(result)
    assert len(result.parameters) == 17


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("b[i] -= 0.05 * d\n", "b[i] -= 0.05 * d_out\n", 32),
        ("d = d_out * v[i] * slope", "d = d_out * slope", 28),
    ],
)
def test_steps_of_units_that_are_off_are_wrong_if_they_are_not_0(tmp_path: Path, old: str, new: str, line: int) -> None:
    assert UNITS.count(old) == 1
    (tmp_path / "net.py").write_text(UNITS.replace(old, new))
    result = check_file(tmp_path / "net.py")
    assert result.verdict is Verdict.MISTAKE, report.text(result)
    assert line in {one.place.line for one in result.mistakes if one.place}
    assert "bias-missing-in-forward" not in {one.id for one in result.mistakes}


# The forward pass stands before the loop, and once more in it, after the updates.
BEFORE_THE_LOOP = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(10, 3))
T = rng.integers(0, 2, (10, 1))
w, b = rng.normal(size=(3, 4)), np.zeros(4)
v, c = rng.normal(size=(4, 1)), np.zeros(1)
def squash(z):
    return 1 / (1 + np.exp(-z))
h = squash(X.dot(w) + b)
y = squash(h.dot(v) + c)
for i in range(20):
    d = (y - T) * y * (1 - y)
    e = d.dot(v.T) * h * (1 - h)
    v = v - 0.1 * h.T.dot(d)
    c = c - 0.1 * d.sum(axis=0)
    w = w - 0.1 * X.T.dot(e)
    b = b - 0.1 * e.sum(axis=0)
    h = squash(X.dot(w) + b)
    y = squash(h.dot(v) + c)
"""


def test_a_forward_pass_that_stands_before_the_loop_and_in_it(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(BEFORE_THE_LOOP)
    result = check_file(tmp_path / "net.py")
    assert result.verdict is Verdict.CORRECT, report.text(result)
    assert len(result.parameters) == 4
    (tmp_path / "net.py").write_text(BEFORE_THE_LOOP.replace("* h * (1 - h)", "* (1 - h)"))
    (found,) = check_file(tmp_path / "net.py").mistakes
    assert (found.id, found.place and found.place.line) == ("wrong-derivative", 14)
