"""Files that shuffle their observations and not the targets, or the other way round."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict

PROGRAM = """\
import numpy as np

X = np.random.normal(size=(24, 3))
Y = np.sin(X[:, :1])
W = np.random.normal(size=(3, 1)) * 0.5
for epoch in range(20):
    order = np.random.permutation(24)
    Xs, Ys = X[order], Y[order]
    for k in range(0, 24, 8):
        x, y = Xs[k:k + 8], Ys[k:k + 8]
        W -= 0.1 * x.T @ (x @ W - y) / 8
"""
AGAIN = "np.random.seed(epoch); np.random.shuffle(X); np.random.seed(epoch); np.random.shuffle(Y)"


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("X[order], Y[order]", "X[order], Y[order]", None),
        ("X[order], Y[order]", "X[order], Y", 8),
        ("X[order], Y[order]", "X, Y[order]", 8),
        ("Xs, Ys = X[order], Y[order]", "Ys = Y[order]\n    Xs = X[order - 1]", 9),
        ("Xs, Ys = X[order], Y[order]", "Xs = X[order]\n    Ys = Y[(order + 1) % 24]", 9),
        ("order = np.random.permutation(24)", "order = np.random.permutation(23)", None),
        (
            "order = np.random.permutation(24)\n    Xs, Ys = X[order], Y[order]",
            "Xs, Ys = X, Y; np.random.shuffle(X)",
            7,
        ),
        ("order = np.random.permutation(24)\n    Xs, Ys = X[order], Y[order]", f"{AGAIN}; Xs, Ys = X, Y", None),
        ("Xs[k:k + 8], Ys[k:k + 8]", "X[order[k:k + 8]], Y[k:k + 8]", 10),
        ("Y[order]", "np.sin(X[order][:, :1])", None),
        ("Y[order]", "np.array([float(one) for one in Y[:, 0]])[order].reshape(-1, 1)", None),
        ("Y[order]", "np.ones((24, 1))", None),
        ("Y[order]", "Y[np.random.permutation(24)]", 8),
        ("Xs[k:k + 8], Ys[k:k + 8]", "X[np.random.choice(24, 8)], Y[np.random.choice(24, 8)]", 10),
        ("Xs[k:k + 8], Ys[k:k + 8]", "(rows := np.random.choice(24, 8), X[rows], Y[rows])[1:]", None),
        ("Xs[k:k + 8]", "Xs[k:k + 8][:, np.array([0, 1, 2, 2])[np.random.permutation(4)]][:, :3]", None),
    ],
)
def test_an_order_of_inputs_or_targets_alone_is_a_mistake(tmp_path: Path, old: str, new: str, line: int | None) -> None:
    path = tmp_path / "net.py"
    assert old in PROGRAM
    path.write_text(PROGRAM.replace(old, new))
    found = [(one.id, one.place and one.place.line) for one in check_file(path).mistakes]
    assert found == ([] if line is None else [("observations-not-paired", line)])


@pytest.mark.every(6)
@pytest.mark.parametrize(
    ("shuffled", "is_paired"),
    [
        ("np.random.seed(epoch); np.random.shuffle(X); np.random.seed(epoch); np.random.shuffle(Y)", True),
        ("np.random.seed(epoch); np.random.shuffle(X); np.random.shuffle(Y)", False),
        ("X = np.random.RandomState(epoch).permutation(X); Y = np.random.RandomState(epoch).permutation(x=Y)", True),
        ("np.random.default_rng(epoch).shuffle(X); np.random.default_rng(epoch).shuffle(Y, axis=0)", True),
        ("X = np.random.default_rng(epoch).choice(X, 24); Y = np.random.default_rng(epoch).choice(a=Y, size=24)", True),
        ("X = np.random.default_rng(epoch).choice(X, 24); Y = np.random.default_rng(1).choice(Y, 24)", False),
    ],
)
def test_targets_that_are_equal_keep_the_order_in_which_they_were_drawn(
    tmp_path: Path, shuffled: str, is_paired: bool
) -> None:
    """Two orders from one seed are one order, although rows of 0 and 1 do not show it."""
    path = tmp_path / "net.py"
    program = PROGRAM.replace("np.sin(X[:, :1])", "np.where(X[:, :1] > 0, 1.0, 0.0)")
    path.write_text(program.replace("order = np.random.permutation(24)", shuffled).replace("[order]", ""))
    assert [one.id for one in check_file(path).mistakes] == ([] if is_paired else ["observations-not-paired"])


SLICES = """\
import numpy as np

X = np.random.normal(size=(24, 3)) / 2
Y = np.random.randint(0, 2, size=(24, 1))
W = np.random.normal(size=(3, 1)) * 0.5
for epoch in range(20):
    for k in range(0, 24, 8):
        x = X[k:k + 8]
        y = Y[k:k + 8]
        W -= 0.1 * x.T @ (x @ W - y) / 8
"""
SHUFFLED = """\
table = np.c_[X, Y]
np.random.shuffle(table)
X, Y = table[:, :3], np.zeros((24, 1))
for row, label in enumerate(table[:, 3]):
    Y[row, 0 if int(label) else 0] = int(label)
"""
LISTED = """\
order = np.random.permutation(24)
labels = [int(label) for label in Y[:, 0]]
Y = np.array([[labels[row]] for row in order])
X = X[order]
"""
ONE_HOT = """\
import numpy as np

X = np.random.normal(size=(24, 3)) / 2
labels = (X[:, 0] > 0).astype(int)
rows = np.random.permutation(24)[:16]
x, y = X[rows], np.zeros((16, 2))
y[range(16), labels[rows]] = 1
W = np.random.normal(size=(3, 2)) * 0.5
for epoch in range(20):
    W -= 0.1 * x.T @ (x @ W - y) / 16
"""
COLUMNS = SLICES.replace("x @ W", "(W.T @ x.T).T").replace("X[k:k + 8]", "X.T[:, k:k + 8].T")
SLICES_OF_ONE = SLICES.replace("0, 24, 8", "24").replace("k:k + 8", "k:k + 1")
PAIRS = """\
import numpy as np

words = np.array([0, 1, 2, 3, 4, 2, 1, 5, 0, 3])
H = np.eye(6)[words]
W = np.random.normal(size=(6, 6)) * 0.5
for epoch in range(20):
    for i in range(2, 8):
        for j in (i - 2, i - 1, i + 1, i + 2):
            x, y = H[i], np.eye(6)[words[j]]
            W -= 0.1 * np.outer(x, x @ W - y)
"""


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("program", "old", "new", "line"),
    [
        (SLICES, "Y[k:k + 8]", "Y[k:k + 8]", None),
        (SLICES, "Y[k:k + 8]", "Y[:8]", 9),
        (SLICES, "X[k:k + 8]", "X[:8]", 8),
        (SLICES, "Y[k:k + 8]", "Y[k:k + 8][::-1]", 9),
        (SLICES, "Y[k:k + 8]", "np.flip(Y[k:k + 8], axis=0)", 9),
        (SLICES, "Y[k:k + 8]", "Y[::-1][k:k + 8]", 9),
        (SLICES, "x = X[k:k + 8]", "x = np.append(X[:, :2], np.ones((24, 1)), axis=1)[k:k + 8]", None),
        (SLICES, "x = X[k:k + 8]", "x = np.append(X[:8, :2], np.ones((8, 1)), axis=1)", 8),
        (SLICES, "y = Y[k:k + 8]", "y = np.zeros((8, 1)); y[np.arange(8)[Y[k:k + 8, 0] == 1]] = 1", None),
        (SLICES, "Y[k:k + 8]", "Y[(np.arange(8) + k + 1) % 24]", None),  # the next value of a series
        (SLICES, "W = ", SHUFFLED + "W = ", None),
        (SLICES, "W = ", LISTED + "W = ", None),
        (ONE_HOT, "labels[rows]", "labels[rows]", None),
        (ONE_HOT, "labels[rows]", "labels[:16]", 6),
        (COLUMNS, "Y[k:k + 8]", "Y[k:k + 8]", None),
        (COLUMNS, "Y[k:k + 8]", "Y[:8]", 9),
        (SLICES_OF_ONE, "Y[k:k + 1]", "Y[k:k + 1]", None),
        (SLICES_OF_ONE, "Y[k:k + 1]", "Y[-1 - k]", 9),
        (SLICES_OF_ONE, "Y[k:k + 1]", "Y[:1]", 9),
        (PAIRS, "words[j]", "words[j]", None),
    ],
)
def test_rows_of_inputs_and_targets_are_the_same(
    tmp_path: Path, program: str, old: str, new: str, line: int | None
) -> None:
    path = tmp_path / "net.py"
    path.write_text(program.replace(old, new))
    found = [(one.id, one.place and one.place.line) for one in check_file(path).mistakes]
    assert found == ([] if line is None else [("observations-not-paired", line)])


ONE_BY_ONE = """\
import numpy as np

rng = np.random.default_rng(3)
{data}
W, b = rng.normal(size=(3, 1)) * 0.5, np.zeros(1)
for step in range(48):
    i = step % 24
    x = X[i]
    e = x @ W + b - {target}
    W -= 0.05 * np.outer(x, e)
    b -= 0.05 * e
"""
TABLE = "table = rng.normal(size=(24, 4))\nX, Y = table[:, :3], table[:, 3:]"
APART = "X, Y = rng.normal(size=(24, 3)), rng.normal(size=(24, 1))"
RING = "ring = rng.normal(size=24)\nX, Y = np.stack([np.roll(ring, -k) for k in range(3)], axis=1), ring.reshape(-1, 1)"


@pytest.mark.every(5)
@pytest.mark.parametrize(
    ("data", "target", "is_right"),
    [
        (TABLE, "Y[i]", True),
        (TABLE, "Y[i - 1]", False),
        (APART, "Y[i - 1]", False),
        (APART, "Y[min(i + 1, 23)]", True),  # perhaps the next value of a series, which does not begin again
        (RING, "Y[i - 1]", True),
    ],
)
def test_the_last_target_of_a_table_does_not_belong_to_its_first_inputs(
    tmp_path: Path, data: str, target: str, is_right: bool
) -> None:
    path = tmp_path / "net.py"
    path.write_text(ONE_BY_ONE.format(data=data, target=target))
    found = [(one.id, one.place and one.place.line) for one in check_file(path).mistakes]
    line = path.read_text().splitlines().index(f"    e = x @ W + b - {target}") + 1
    assert found == ([] if is_right else [("observations-not-paired", line)])


DEFINED = """\
import random
import numpy as np

class Network:
    def __init__(self, sizes):
        self.weights = [np.random.randn(m, n) for n, m in zip(sizes[:-1], sizes[1:])]

    def gradients(self, x, y):
        h = np.tanh(self.weights[0] @ x)
        delta = self.weights[1] @ h - y
        hidden = self.weights[1].T @ delta * (1 - h * h)
        return [hidden @ x.T, delta @ h.T]

    def train(self, data, epochs, size, rate):
        for epoch in range(epochs):
            random.shuffle(data)
            for batch in [data[k:k + size] for k in range(0, len(data), size)]:
                sums = [np.zeros(w.shape) for w in self.weights]
                for x, y in batch:
                    sums = [one + other for one, other in zip(sums, self.gradients(x, {target}))]
                self.weights = [w - rate / len(batch) * one for w, one in zip(self.weights, sums)]
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(("target", "lines"), [("y", []), ("batch[0][1]", [20])])
def test_targets_of_other_rows_are_named_in_the_file_and_not_in_the_calls_of_it(
    tmp_path: Path, target: str, lines: list[int]
) -> None:
    path = tmp_path / "net.py"
    path.write_text(DEFINED.replace("{target}", target))
    found = check_file(path).mistakes
    assert [one.place and (one.place.file, one.place.line) for one in found] == [("net.py", line) for line in lines]


LABELS_OF_LISTS = """\
import math
import random

data = [[random.gauss(0, 1) for _ in range(3)] for _ in range(12)]
labels = [1 if sum(row) > 0 else 0 for row in data]
weights = [[random.random() for _ in range(3)] for _ in range(2)]
biases = [0.0, 0.0]
for epoch in range(20):
    for i in range(START):
        row = data[i]
        label = labels[i]
        for c in range(2):
            out = 1 / (1 + math.exp(-(sum(w * x for w, x in zip(weights[c], row)) + biases[c])))
            target = 1 if LABEL == c else 0
            error = target - out
            weights[c] = [w + 0.1 * error * x * out * (1 - out) for w, x in zip(weights[c], row)]
            biases[c] += 0.1 * error * out * (1 - out)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("start", "label", "is_right"),
    [
        ("len(data)", "label", True),
        ("len(data)", "labels[i]", True),
        ("len(data)", "labels[i - 1]", False),
        ("1, len(data)", "labels[i - 1]", True),  # perhaps a series, which does not begin again
    ],
)
def test_a_target_that_is_made_of_the_label_before_is_not_of_the_inputs(
    tmp_path: Path, start: str, label: str, is_right: bool
) -> None:
    path = tmp_path / "net.py"
    path.write_text(LABELS_OF_LISTS.replace("START", start).replace("LABEL", label))
    result = check_file(path)
    found = [(one.id, one.place and one.place.line) for one in result.mistakes]
    assert found == ([] if is_right else [("observations-not-paired", 14)])
    assert result.verdict is (Verdict.CORRECT if is_right else Verdict.MISTAKE)
