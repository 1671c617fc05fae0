"""The perceptron rule: outputs of a threshold, which branches, functions or arrays decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import CheckResult, Verdict
from harness.report import checking as report
from tests.network_files import write_file

DATA = """
import numpy as np

rng = np.random.default_rng(4)
X = rng.normal(size=(40, 3))
bits = (X @ np.array([1.0, -2.0, 0.5]) > 0.2).astype(int)
signs = np.where(bits == 1, 1, -1)
w = rng.normal(size=3) * 0.1
b = 0.0
"""
CLASS = """
class Neuron:
    def __init__(self, inputs, rate):
        self.weights, self.bias, self.rate = np.zeros(inputs), 0.0, rate

    def predict(self, x):
        z = np.dot(self.weights, x) + self.bias
        return 1 if z > 0 else 0

    def fit(self, rows, labels):
        for x, label in zip(rows, labels):
            error = label - self.predict(x)
            self.weights += self.rate * error * x
            self.bias += self.rate * error

neuron = Neuron(3, 0.1)
for turn in range(5):
    neuron.fit(X, bits)
"""
ARRAYS = """
for turn in range(9):
    out = np.where(X @ w + b >= 0, 1, 0)
    error = bits - out
    w += 0.1 * X.T @ error / len(X)
    b += 0.1 * error.mean()
"""
FIRST_WEIGHT = """
w = np.zeros(4)
for turn in range(4):
    for x, t in zip(X, signs):
        change = 0.05 * (t - np.where(x @ w[1:] + w[0] >= 0.0, 1, -1))
        w[1:] += change * x
        w[0] += change
"""
MARGIN = """
for turn in range(4):
    for x, t in zip(X, signs):
        if t * (np.dot(w, x) + b) <= 0:
            w = w + 0.1 * t * x
            b = b + 0.1 * t
"""
WITHOUT_BIAS = """
A = np.hstack([X, np.ones((len(X), 1))])
v = np.ones(A.shape[1])
turned = bits.copy()
for i in range(turned.size):
    turned[i] = 1 if turned[i] == 1 else -1
for turn in range(4):
    for i, x in enumerate(A):
        margin = np.dot(A[i], v) * turned[i]
        if margin <= 0:
            v = v + 0.1 * A[i] * turned[i]
"""
ONLY_IF_WRONG = """
def activate(z):
    if z >= 0:
        return 1
    return -1

for turn in range(4):
    for i in range(len(X)):
        guess = activate(X[i] @ w + b)
        if guess != signs[i]:
            w = w + 0.1 * signs[i] * X[i]
            b = b + 0.1 * signs[i]
"""
SIGN = """
A = np.hstack([np.ones((len(X), 1)), X])
w = np.zeros(4)
for turn in range(4):
    for x, t in zip(A, signs):
        if np.sign(x @ w) != t:
            w += t * x
"""
NUMBERS = """
u, v, c = 0.2, -0.1, 0.05
for turn in range(4):
    for (p, q, _), t in zip(X, bits):
        out = int(u * p + v * q + c > 0)
        error = t - out
        if error != 0:
            u = u + 0.1 * error * p
            v = v + 0.1 * error * q
            c = c + 0.1 * error
"""
MASK = """
for turn in range(20):
    wrong = signs * (X @ w + b) <= 0
    w += 0.01 * (signs[wrong] @ X[wrong])
    b += 0.01 * signs[wrong].sum()
"""
UNITS = """
T = np.stack([bits, 1 - bits], axis=1)
W, B = rng.normal(size=(3, 2)), np.zeros(2)
for turn in range(9):
    out = (X @ W + B > 0).astype(float)
    W -= 0.1 * X.T @ (out - T)
    B -= 0.1 * (out - T).sum(axis=0)
"""
MOVED_THRESHOLD = """
theta = 0.3
for turn in range(4):
    for x, t in zip(X, bits):
        out = 1 if np.dot(w, x) > theta else 0
        w = w + 0.1 * (t - out) * x
        theta = theta - 0.1 * (t - out)
"""
WITH_ONES = """
A = np.hstack([X, np.ones((len(X), 1))])
v = np.ones(A.shape[1])
for turn in range(4):
    for n in range(len(A)):
        total = np.dot(A[n], v)
        limit = 1
        if total > limit:
            out = 1
        else:
            out = 0
        v += A[n] * 0.1 * (bits[n] - out)
"""
BRANCHED = """
for turn in range(4):
    for x, t in zip(X, bits):
        out = 1 if np.dot(w, x) + b > 0 else 0
        if t == 1 and out == 0:
            w = w + 0.1 * x
            b = b + 0.1
        elif t == 0 and out == 1:
            w = w - 0.1 * x
            b = b - 0.1
"""
ORDERED = """
for turn in range(4):
    for x, t in zip(X, bits):
        out = 0
        if np.sum(w * x) + b > 0:
            out = 1
        if out > t:
            w -= 0.1 * x
            b -= 0.1
        if out < t:
            w += 0.1 * x
            b += 0.1
"""
TRUTHS = """
for turn in range(4):
    for x, t in zip(X, bits[:, None]):
        error = t - (np.sum(w * x) > 0)
        w += 0.01 * error * x
"""
ROW_TARGETS = """
rows = np.column_stack([np.ones(len(X)), X, signs])
step = lambda z: -1 if z < 0 else 1
w = np.zeros(4)
for turn in range(4):
    for row in rows:
        x, expected = row[:-1], row[-1:]
        error = expected - step(np.dot(w, x))
        w += 0.2 * error * x
"""
PICKED = """
A = np.hstack([X, np.ones((len(X), 1))])
classes = np.argmax(X @ rng.normal(size=(3, 4)), axis=1)
W = np.zeros((4, 4))
for turn in range(3):
    for x, k in zip(A, classes):
        guess = np.argmax(W @ x)
        if guess != k:
            W[k] += x
            W[guess] -= x
"""
PICKED_NUMBERS = """
classes = np.argmax(X @ rng.normal(size=(3, 4)), axis=1)

class Perceptron:
    def __init__(self):
        self.W, self.b = rng.normal(size=(3, 4)) * 0.01, np.zeros(4)

    def predict(self, x):
        return int(np.argmax(x.dot(self.W) + self.b))

    def fit(self, X, labels):
        for x, k in zip(X, labels):
            guess = self.predict(x)
            if guess == k:
                continue
            self.W[:, k] += 0.1 * x
            self.b[k] += 0.1
            self.W[:, guess] -= 0.1 * x
            self.b[guess] -= 0.1

Perceptron().fit(X, classes)
"""


def checked(folder: Path, text: str) -> CheckResult:
    path = folder / "mine.py"
    path.write_text(DATA + text)
    return check_file(path)


RIGHT = [
    pytest.param(text, id=name)
    for name, text in {
        "class": CLASS,
        "arrays": ARRAYS,
        "margin": MARGIN,
        "without-bias": WITHOUT_BIAS,
        "first-weight": FIRST_WEIGHT,
        "only-if-wrong": ONLY_IF_WRONG,
        "sign": SIGN,
        "numbers": NUMBERS,
        "mask": MASK,
        "units": UNITS,
        "moved-threshold": MOVED_THRESHOLD,
        "with-ones": WITH_ONES,
        "branched": BRANCHED,
        "ordered": ORDERED,
        "truths": TRUTHS,
        "row-targets": ROW_TARGETS,
        "picked": PICKED,
        "picked-numbers": PICKED_NUMBERS,
    }.items()
]


@pytest.mark.every(2)
@pytest.mark.parametrize("text", RIGHT)
def test_the_perceptron_rule_is_right(tmp_path: Path, text: str) -> None:
    result = checked(tmp_path, text)
    assert result.verdict is Verdict.CORRECT, report.text(result)
    assert result.cost is not None
    assert result.cost.form == "perceptron_criterion"
    assert "perceptron criterion" in report.text(result)


SLIPS = {
    "turned-error": (CLASS, "label - self.predict(x)", "self.predict(x) - label", "gradient-ascent"),
    "size-of-the-error": (CLASS, "label - self.predict(x)", "abs(label - self.predict(x))", ""),
    "turned-threshold": (CLASS, "z > 0", "z < 0", "gradient-ascent"),
    "bias-turned": (CLASS, "self.bias += ", "self.bias -= ", "gradient-ascent"),
    "without-input": (CLASS, "error * x", "error", "gradient-of-another-parameter"),
    "weights-for-input": (CLASS, "error * x", "error * self.weights", "wrong-value"),
    "bias-not-in-z": (CLASS, " + self.bias", "", "bias-missing-in-forward"),
    "arrays-turned": (ARRAYS, "bits - out", "out - bits", "gradient-ascent"),
    "arrays-without-rows": (ARRAYS, "X.T @ error", "X.sum(axis=0) * error.sum()", "wrong-value"),
    "bias-twice": (FIRST_WEIGHT, "w[0] += change", "w[0] += 2 * change", "wrong-value"),
    "one-item": (FIRST_WEIGHT, "change * x", "change * x[0]", "wrong-value"),
    "only-if-right": (MARGIN, "<= 0", ">= 0", "wrong-value"),
    "without-target": (MARGIN, "0.1 * t * x", "0.1 * x", "wrong-value"),
    "bias-without-target": (MARGIN, "b + 0.1 * t", "b + 0.1", "wrong-value"),
    "margin-turned": (
        MARGIN,
        "w = w + 0.1 * t * x\n            b = b +",
        "w = w - 0.1 * t * x\n            b = b -",
        "",
    ),
    "turned-without-bias": (WITHOUT_BIAS, "v + 0.1", "v - 0.1", "gradient-ascent"),
    "threshold-counted-twice": (WITH_ONES, "limit = 1", "limit = -1 * v[3] + 1", "gradient-of-one-use"),
    "one-branch-turned": (BRANCHED, "w = w - 0.1", "w = w + 0.1", "gradient-ascent"),
    "bias-of-one-branch": (BRANCHED, "b = b - 0.1", "b = b + 0.1", "gradient-ascent"),
    "ordered-turned": (ORDERED, "w += 0.1", "w -= 0.1", "gradient-ascent"),
    "picked-bias": (PICKED_NUMBERS, "self.b[guess] -= 0.1", "self.b[guess] -= 0.1 * x[0]", "wrong-value"),
    "picked-half": (PICKED_NUMBERS, "self.W[:, guess] -= 0.1", "self.W[:, guess] -= 0.05", "wrong-value"),
    "units-turned": (UNITS, "B -= ", "B += ", "gradient-ascent"),
}


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("text", "old", "new", "id"),
    [pytest.param(*one, id=name) for name, one in SLIPS.items()],
)
def test_a_slip_in_it_is_found(tmp_path: Path, text: str, old: str, new: str, id: str) -> None:
    assert old in text
    result = checked(tmp_path, text.replace(old, new))
    assert result.verdict is Verdict.MISTAKE, report.text(result)
    assert not id or id in [one.id for one in result.mistakes]


TWO_LAYERS = """
V = rng.normal(size=(3, 4))
w = rng.normal(size=4)
for turn in range(4):
    h = np.where(X @ V > 0, 1.0, 0.0)
    error = bits - np.where(h @ w > 0, 1.0, 0.0)
    V += 0.1 * X.T @ np.outer(error, w)
    w += 0.1 * h.T @ error
"""


def test_thresholds_above_one_another_are_not_judged(tmp_path: Path) -> None:
    assert checked(tmp_path, TWO_LAYERS).verdict is Verdict.NOT_JUDGED


PRINTED = """
for turn in range(4):
    right = 0
    for x, t in zip(X, signs):
        z = x @ w + b
        error = t - z
        w = w + 0.05 * error * x
        b = b + 0.05 * error
        guess = 1 if z > 0 else -1
        right += guess == t
    print(right)
"""


def test_a_threshold_that_is_only_printed_has_no_part(tmp_path: Path) -> None:
    result = checked(tmp_path, PRINTED)
    assert result.verdict is Verdict.CORRECT, report.text(result)
    assert result.cost is not None
    assert result.cost.form == "sum_of_squared_errors"


CLASS_NUMBERS = """
for turn in range(4):
    for x, t in zip(X, bits):
        guess = 1 if x @ w + b > 0 else 0
        if guess != t:
            w = w + 0.1 * t * x
            b = b + 0.1 * t
"""


def test_targets_of_0_times_the_input_are_not_right(tmp_path: Path) -> None:
    assert checked(tmp_path, CLASS_NUMBERS).verdict is not Verdict.CORRECT


MARGINS = """
import numpy as np

class Logistic:
    def __init__(self, n_inputs, lr=0.1):
        self.n_inputs, self.lr = n_inputs, lr
        self.w, self.b = np.random.randn(n_inputs) * 0.1, 0.0

    def fit(self, X, y, n_iter=10):
        if not set(np.unique(y)) <= {-1, 1}:
            raise ValueError("labels must be -1 or 1")
        for _ in range(n_iter):
            s = X @ self.w + self.b
            g = -y / (1 + np.exp(y * s))
            self.w -= self.lr * X.T @ g / len(y)
            self.b -= self.lr * g.mean()
"""


@pytest.mark.parametrize(("exponent", "form"), [("y * s", "logistic_loss_of_margins"), ("s", "")])
def test_the_logistic_loss_of_signs_has_a_quotient_of_a_margin(tmp_path: Path, exponent: str, form: str) -> None:
    """What signs are divided by is made of signs as well, not an output beside them."""
    path = tmp_path / "logistic.py"
    path.write_text(MARGINS.replace("np.exp(y * s)", f"np.exp({exponent})"))
    result = check_file(path)
    assert result.verdict is (Verdict.CORRECT if form else Verdict.MISTAKE)
    assert not form or (result.cost is not None and result.cost.form == form)
    assert "binary-crossentropy-one-sided" not in {one.id for one in result.mistakes}


ONE_BRANCH = """
for turn in range(4):
    for x, t in zip(X[bits == 1], bits[bits == 1]):
        out = 1 if np.dot(w, x) + b > 0 else 0
        if t == 1 and out == 0:
            w = w + 0.1 * x
            b = b + 0.1
        elif t == 0 and out == 1:
            w = w + 0.1 * x
            b = b + 0.1
"""


def test_a_branch_that_leads_to_no_update_leaves_a_perceptron_unjudged(tmp_path: Path) -> None:
    assert checked(tmp_path, ONE_BRANCH).verdict is Verdict.NOT_JUDGED


OF_ALL_ROWS = """import numpy as np
np.random.seed(2)
X = np.random.randn(20, 2)
y = (X[:, 0] - 0.5 * X[:, 1] > 0.2).astype(int)
w, b = np.zeros(2), 0
for turn in range(5):
    for i in range(len(X)):
        out = np.heaviside(X @ w + b, 0)
        w = w + 0.1 * (y[i] - out[i]) * X[i]
        b = b + 0.1 * (y[i] - out[i])
"""


@pytest.mark.parametrize(
    ("old", "new"), [("X", "X"), ("np.heaviside(X @ w + b, 0)", "np.where(X @ w + b > 0, 1, 0)")], ids=["step", "where"]
)
def test_the_output_for_one_row_may_be_read_out_of_those_for_all(tmp_path: Path, old: str, new: str) -> None:
    result = check_file(write_file(tmp_path / "net.py", OF_ALL_ROWS.replace(old, new)))
    assert result.verdict is Verdict.CORRECT


@pytest.mark.parametrize(
    ("old", "new"), [("* X[i]", "* X[i - 1]"), ("w = w + 0.1 * (y[i] - out[i])", "w = w + 0.1 * (y[i] - out[i - 1])")]
)
def test_the_output_of_another_row_is_a_mistake(tmp_path: Path, old: str, new: str) -> None:
    result = check_file(write_file(tmp_path / "net.py", OF_ALL_ROWS.replace(old, new)))
    assert result.verdict is Verdict.MISTAKE
    assert {one.place and one.place.line for one in result.mistakes} <= {9, 10}


HINGE_BY_ROWS = """import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))
y = np.sign(X @ np.array([1.0, 2.0, -1.0]))
w, b = np.zeros(3), 0.0
for _ in range(10):
    loss = np.maximum(0, 1 - y * (X @ w + b)).mean()
    dw, db = np.zeros(3), 0.0
    for row, sign in zip(X, y):
        if sign * (row @ w + b) < 1:
            dw -= sign * row
            db -= sign
    w -= 0.1 * dw / len(X)
    b -= 0.1 * db / len(X)
"""


def test_a_sum_of_targets_that_a_branch_adds_up_from_0_is_the_gradient_of_a_bias(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(HINGE_BY_ROWS)
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT, report.text(result)
    path.write_text(HINGE_BY_ROWS.replace("db -= sign", "db += sign"))
    assert check_file(path).verdict is Verdict.MISTAKE


WITH_HINGE = """import numpy as np
rng = np.random.RandomState(1)
X = np.vstack([rng.randn(12, 2) + 1, rng.randn(12, 2) - 1])
y = np.hstack([np.ones(12), -np.ones(12)])
w, b, rate = np.zeros(2), 0.0, 0.1
for epoch in range(3):
    loss = 0
    for i in range(len(X)):
        z = np.dot(X[i], w) + b
        out = DECIDED
        loss += max(0, 1 - y[i] * z)
        w += rate * (y[i] - out) * X[i]
        b += rate * (y[i] - out)
    print(epoch, loss / len(X))
"""


@pytest.mark.parametrize("decided", ["1 if z >= 0 else -1", "np.where(z >= 0, 1, -1)"])
def test_a_perceptron_may_print_a_hinge_loss(tmp_path: Path, decided: str) -> None:
    """It may read the target again for each update, too."""
    path = tmp_path / "mine.py"
    right = WITH_HINGE.replace("DECIDED", decided)
    path.write_text(right)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(right.replace("out) * X[i]", "out) * X[i] * X[i]"))
    assert [one.place and one.place.line for one in check_file(path).mistakes] == [12]


PREDICTED_BEFORE = """import random

random.seed(5)

def sign(value):
    return -1 if value < 0 else 1

class Neuron:
    def __init__(self):
        self.bias = random.random() * 4 - 2
        self.weights = [random.random() * 4 - 2 for _ in range(2)]

    def output(self, row):
        total = self.bias
        for i in range(len(row)):
            total += row[i] * self.weights[i]
        return sign(total)

    def learn(self, row, wanted, rate):
        error = wanted - self.output(row)
        for i in range(len(row)):
            self.weights[i] += rate * error * row[i]
        self.bias += rate * error

rows, wanted = [], []
for _ in range(40):
    x = random.random() * 8 - 4
    y = random.random() * 8 - 4
    rows.append([x, y])
    wanted.append(1 if y > 1.2 * x + 0.7 else -1)
neuron = Neuron()
hits = 0
for row, target in zip(rows[:6], wanted[:6]):
    hits += neuron.output(row) == target
print(hits)
for row, target in zip(rows, wanted):
    neuron.learn(row, target, 0.1)
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("", "", Verdict.CORRECT),
        ("self.bias += rate * error", "self.bias -= rate * error", Verdict.MISTAKE),
        ("wanted - self.output(row)", "self.output(row) - wanted", Verdict.MISTAKE),
    ],
)
def test_a_perceptron_may_predict_before_its_training(tmp_path: Path, old: str, new: str, verdict: Verdict) -> None:
    """Sums that begin with the bias look like updates of it, and what their branches decide goes into no update."""
    result = check_file(write_file(tmp_path / "neuron.py", PREDICTED_BEFORE.replace(old, new)))
    assert result.verdict is verdict, report.text(result)
    assert {one.id for one in result.mistakes} <= {"gradient-ascent"}, report.text(result)
