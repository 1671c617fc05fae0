"""Networks that update single items of an array while they still read others of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Reason, Remark, Verdict
from tests.network_files import write_file

# the gradient of half the squared error of a 3-4-2 network of sigmoids, written out item by item
NETWORK = """
import numpy as np
rng = np.random.default_rng(0)
X, T = rng.uniform(size=(8, 3)), rng.uniform(size=(8, 2))
W1, W2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
h, o = np.zeros(4), np.zeros(2)
for step in range(20):
    x, t = X[step % 8], T[step % 8]
    for j in range(4):
        net = 0
        for i in range(3):
            net += W1[i][j] * x[i]
        h[j] = 1 / (1 + np.exp(-net))
    for j in range(2):
        net = 0
        for i in range(4):
            net += W2[i][j] * h[i]
        o[j] = 1 / (1 + np.exp(-net))
    error = np.zeros(4)
    for j in range(2):
        delta = (t[j] - o[j]) * o[j] * (1 - o[j])
        for i in range(4):
            FIRST
            SECOND
    for i in range(4):
        delta = error[i] * h[i] * (1 - h[i])
        for j in range(3):
            W1[j][i] += 0.5 * delta * x[j]
"""
READ, UPDATE = "error[i] += delta * W2[i][j]", "W2[i][j] += 0.5 * delta * h[i]"


def verdict_of(folder: Path, text: str) -> tuple[Verdict, list[int]]:
    """The verdict on a file of this text, and the lines of its mistakes."""
    found = check_file(write_file(folder / "net.py", text))
    return found.verdict, [one.place.line for one in found.mistakes if one.place is not None]


@pytest.mark.every(2)
@pytest.mark.parametrize("index", ["[i][j]", "[i, j]"])
def test_an_item_is_read_before_it_is_written_whatever_was_written_to_others(tmp_path, index):
    text = NETWORK.replace("FIRST", READ).replace("SECOND", UPDATE).replace("[i][j]", index)
    assert verdict_of(tmp_path, text) == (Verdict.CORRECT, [])


@pytest.mark.slow
def test_an_item_that_is_read_after_it_was_written_is_a_mistake(tmp_path):
    text = NETWORK.replace("FIRST", UPDATE).replace("SECOND", READ)
    lines = text.splitlines()
    assert verdict_of(tmp_path, text) == (Verdict.MISTAKE, [1 + lines.index(f"            {READ}")])


WHOLE = """
import numpy as np
rng = np.random.default_rng(5)
X = rng.normal(size=(20, 4))
Y = X[:, :1] * X[:, 1:2]
W, V = rng.normal(size=(4, 6)), rng.normal(size=(6, 1))
for i in range(6):
    h = np.tanh(X @ W)
    d = (h @ V - Y) / 20
    dV, dW = h.T @ d, X.T @ (d @ V.T * (1 - h {slip} h))
    for w, g in ((W, dW), (V, dV)):
        {update}
"""


@pytest.mark.every(3)
@pytest.mark.parametrize("update", ["w[:] = w - 0.1 * g", "w[...] = w[:, :] - 0.1 * g", "np.copyto(w, w - 0.1 * g)"])
@pytest.mark.parametrize(("slip", "verdict"), [("*", Verdict.CORRECT), ("+", Verdict.MISTAKE)])
def test_a_parameter_whose_items_are_all_replaced_is_updated(
    tmp_path: Path, update: str, slip: str, verdict: Verdict
) -> None:
    path = tmp_path / "whole.py"
    path.write_text(WHOLE.format(update=update, slip=slip))
    result = check_file(path)
    assert (result.verdict, len(result.parameters)) == (verdict, 2)


BY_HAND = """
import numpy as np
rng = np.random.default_rng(2)
x, t = rng.uniform(size=(2, 1)), rng.uniform(size=(2, 1))
V, W = rng.normal(size=(2, 2)), rng.normal(size=(2, 2))
for step in range(20):
    h = 1 / (1 + np.exp(-V.T.dot(x)))
    o = 1 / (1 + np.exp(-W.T.dot(h)))
    d = (o - t) * o * (1 - o)
    e = W.dot(d) * h * (1 - h)
    V -= 0.1 * x.dot(e.T)
    W[0][0] -= 0.1 * d[0][0] * h[0][0]
    W[0][1] -= 0.1 * d[1][0] * h[0][0]
    W[1][0] -= 0.1 * d[0][0] * h[1][0]
    W[1][1] -= 0.1 * d[1][0] * h[1][0]
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, []),
        ({"W[0][1] -= 0.1 * d[1][0] * h[0][0]": "W[0][1] -= 0.1 * d[1][0] * h[1][0]"}, [13]),
        ({"h[0][0]\n    W[1][0]": "h[1][0]\n    W[1][0]", "d[0][0] * h[1][0]": "d[0][0] * h[0][0]"}, [13, 14]),
        ({"o * (1 - o)": "o * (2 - o)"}, [9]),  # it reaches all items
    ],
)
def test_items_that_take_the_gradient_of_another_item_are_the_lines(tmp_path, changes, lines):
    text = BY_HAND
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    found = check_file(write_file(tmp_path / "net.py", text)).mistakes
    places = [place.line for one in found for place in (one.place, *one.others) if place is not None]
    assert places == lines
    assert {one.id for one in found} == ({"wrong-derivative"} if lines == [9] else {"wrong-index"} if lines else set())


# factors of a table of ratings, a row of each at a time; the squares of a row's gradients are summed in a table too
FACTORS = """
import numpy as np
rng = np.random.default_rng(0)
A, B = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
a, b = np.BEGIN((4, 3)), np.BEGIN((4, 3))
ratings = [(i, j, rng.normal()) for i in range(4) for j in range(4)]
for i, j, r in ratings:
    e = A[i] @ B[j] - r
    p, q = e * B[j], e * A[i]
    a[i] = STATE a[i] SHARE p ** 2
    b[j] = STATE b[j] SHARE q ** 2
    A[i] -= 0.1 * p / np.sqrt(a[i] + 1e-8)
    B[j] -= 0.1 * q / np.sqrt(b[j] + 1e-8)
"""
ADAGRAD = {"BEGIN": "ones", "STATE": "1.0 *", "SHARE": "+"}
RMSPROP = {"BEGIN": "zeros", "STATE": "0.9 *", "SHARE": "+ 0.1 *"}


def rules_of(folder: Path, words: dict[str, str], old: str = "", new: str = "") -> tuple[Verdict, list[str]]:
    """The verdict on the factors with these words, an edit made in them, and the rules that were recognised."""
    text = FACTORS
    for word, meaning in words.items():
        text = text.replace(word, meaning)
    assert old in text
    found = check_file(write_file(folder / "net.py", text.replace(old, new) if old else text))
    return found.verdict, [detail for id, _, detail in found.notes if id is Remark.UPDATE_RULE]


@pytest.mark.parametrize(("words", "rule"), [(ADAGRAD, "adagrad"), (RMSPROP, "rmsprop")])
def test_rows_that_are_updated_by_a_rule_with_a_state_are_right(tmp_path, words, rule):
    assert rules_of(tmp_path, words) == (Verdict.CORRECT, [rule])


def test_squares_that_are_summed_after_their_row_is_updated_are_a_variant_of_adagrad(tmp_path):
    late = ADAGRAD | {
        "np.sqrt(a[i] + 1e-8)": "np.sqrt(a[i] - p ** 2)",
        "np.sqrt(b[j] + 1e-8)": "np.sqrt(b[j] - q ** 2)",
    }
    assert rules_of(tmp_path, late) == (Verdict.CORRECT, ["adagrad-late"])


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("words", "old", "new", "verdict"),
    [
        (ADAGRAD, "np.sqrt(b[j]", "np.sqrt(b[i]", Verdict.NOT_JUDGED),  # the squares of another row
        (ADAGRAD, "e * B[j], e * A[i]", "e * B[j], e * B[j]", Verdict.MISTAKE),
        (ADAGRAD, "B[j] -= ", "B[j] += ", Verdict.MISTAKE),
        (RMSPROP, "0.1 * q ** 2", "0.2 * q ** 2", Verdict.NOT_JUDGED),  # of a row's first gradient, a scale
    ],
)
def test_what_is_wrong_with_a_row_or_its_state_does_not_pass(tmp_path, words, old, new, verdict):
    assert rules_of(tmp_path, words, old, new)[0] is verdict


# the gradient of a mean squared error, whose update is put together item by item
LISTED = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))
T = X @ [1.0, -2.0, 0.5] + 0.1 * rng.normal(size=20)
w, v = rng.normal(size=3), np.zeros(3)
for step in range(40):
    error = X @ w - T
    g = 2 * X.T @ error / 20
    UPDATE
    cost = np.mean(error ** 2)
"""


def test_a_velocity_that_is_listed_item_by_item_is_not_a_parameter(tmp_path):
    update = "kept = 0.9 * v\n    v = np.array([kept[i] - 0.05 * g[i] for i in range(3)])\n    w = w + v"
    assert verdict_of(tmp_path, LISTED.replace("UPDATE", update)) == (Verdict.CORRECT, [])


def test_a_decay_of_all_weights_before_their_items_are_listed_is_not_a_mistake(tmp_path):
    """Whether it is right is not known: items of an array that was scaled are not followed."""
    update = "smaller = 0.99 * w\n    w = np.array([smaller[i] - 0.05 * g[i] for i in range(3)])"
    assert verdict_of(tmp_path, LISTED.replace("UPDATE", update)) == (Verdict.NOT_JUDGED, [])


ROWS = """
import numpy as np
rng = np.random.default_rng(1)
X, T = rng.normal(size=(12, 3)), rng.normal(size=(12, 2))
layers = [rng.normal(size=(4, 5)), rng.normal(size=(6, 2))]
for step in range(60):
    x, t = np.append(X[step % 12], 1), T[step % 12]
    h = np.append(np.dot(layers[0].T, x), 1)
    e = np.dot(layers[1].T, h) - t
    d = np.dot(layers[1][:-1], e)
    for k in range(6):
        changed = layers[1][k] - 0.05 * e * h[k]
        layers[1][k] = changed
    for k in range(4):
        changed = layers[0][k] - 0.05 * d * x[k]
        layers[0][k] = changed
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", (Verdict.CORRECT, [])),
        ("* d * x[k]", "* d * x[0]", (Verdict.MISTAKE, [15])),
    ],
    ids=["right", "of-one-input"],
)
def test_rows_that_are_read_and_written_in_two_statements_are_one_update(tmp_path, old, new, expected):
    assert verdict_of(tmp_path, ROWS.replace(old, new) if old else ROWS) == expected


# word vectors with two words that did not occur together, whose context vectors are columns
TURNED = """
import numpy as np
rng = np.random.default_rng(0)
words, sizes = 7, 3
A, C = rng.uniform(-0.6, 0.6, (words, sizes)), rng.uniform(-0.6, 0.6, (sizes, words))
sigmoid = lambda z: 1 / (1 + np.exp(-z))
for turn in range(6):
    center, near, far = rng.integers(0, words, 4), rng.integers(0, words, 4), rng.integers(0, words, 4)
    a, c, d = A[center], C[:, near].T, C[:, far].T
    p = sigmoid(np.sum(a * c, axis=1, keepdims=True))
    q = sigmoid(np.sum(a * d, axis=1, keepdims=True))
    loss = -np.sum(np.log(p) + np.log(1 - q))
    np.add.at(C.T, near, -0.1 * a * (p - 1))
    np.add.at(C.T, far, -0.1 * a * q)
    np.add.at(A, center, -0.1 * (c * (p - 1) + d * q))
"""


@pytest.mark.parametrize(
    ("old", "new", "verdict"), [("", "", Verdict.CORRECT), ("-0.1 * a * q", "-0.1 * a * p", Verdict.MISTAKE)]
)
def test_items_that_are_added_to_by_way_of_the_transposed_array_are_an_update(tmp_path, old, new, verdict):
    assert verdict_of(tmp_path, TURNED.replace(old, new))[0] is verdict


TRANSPOSED = """def product(a, b):
    out = [[0] * len(b) for _ in a]
    for i in range(len(a)):
        for j in range(len(b)):
            out[i][j] = a[i] * b[j]
    return out
def summed(a, b):
    assert len(a) == len(b)
    total = 0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total
def weighed(x, rows):
    found = [0] * len(rows)
    for i in range(len(rows)):
        found[i] = summed(x, rows[i])
    return found
data = [8.5, 9.5], [0.65, 0.8], [1.2, 1.3]
first, last = [0.1, 0.0], [1, 1]
weights = [[0.1, 0.1, -0.3], [0.1, 0.2, 0.0], [0.0, 1.3, 0.1]]
x, wanted = [data[0][0], data[1][0], data[2][0]], [first[0], last[0], first[0]]
for turn in range(3):
    out = weighed(x, weights)
    error, delta = [0, 0, 0], [0, 0, 0]
    for i in range(3):
        error[i] = (out[i] - wanted[i]) ** 2
        delta[i] = out[i] - wanted[i]
    changes = product(x, delta)
    for i in range(3):
        for j in range(3):
            weights[i][j] -= 0.01 * changes[i][j]
"""


def test_an_item_of_a_list_whose_gradient_is_transposed_is_not_called_a_bias(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "net.py", TRANSPOSED))
    assert result.verdict is Verdict.MISTAKE
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == [("wrong-value", 31)]


# the step of an item and a share of the last step, in one sum with the item; the share begins as 0
WITH_LAST_STEPS = """
import math, random
import numpy as np
random.seed(4)
class Pair:
    def __init__(self, inputs, hidden):
        self.near = NEAR
        self.far = FAR
        self.near_last = ZEROS_NEAR
        self.far_last = ZEROS_FAR
        self.hidden = [0.0] * hidden
    def answer(self, x):
        for j in range(len(self.hidden)):
            total = 0.0
            for i in range(len(x)):
                total += x[i] * self.near[i][j]
            self.hidden[j] = math.tanh(total)
        total = 0.0
        for j in range(len(self.hidden)):
            total += self.hidden[j] * self.far[j][0]
        return math.tanh(total)
    def learn(self, x, wanted, rate, keep):
        out = self.answer(x)
        delta = (wanted - out) * (1 - out * out)
        back = [0.0] * len(self.hidden)
        for j in range(len(self.hidden)):
            back[j] = delta * self.far[j][0] * (1 - self.hidden[j] ** 2)
        for j in range(len(self.hidden)):
            change = delta * self.hidden[j]
            self.far[j][0] = self.far[j][0] + rate * change + keep * self.far_last[j][0]
            self.far_last[j][0] = change
        for i in range(len(x)):
            for j in range(len(self.hidden)):
                change = back[j] * x[i]
                self.near[i][j] = self.near[i][j] + rate * change + keep * self.near_last[i][j]
                self.near_last[i][j] = change
        return 0.5 * (wanted - out) ** 2
pair = Pair(3, 2)
rows = DATA
for turn in range(60):
    cost = 0.0
    for x, wanted in rows:
        cost += pair.learn(x, wanted, 0.4, 0.2)
"""
PLAIN_DATA = "(([0.3, 1, 1], 1), ([1, 0.2, 1], 0), ([0.4, 0.6, 1], 1))"
AS_LISTS = {
    "NEAR": "[[random.uniform(-1, 1) for _ in range(hidden)] for _ in range(inputs)]",
    "FAR": "[[random.uniform(-1, 1)] for _ in range(hidden)]",
    "ZEROS_NEAR": "[[0.0] * hidden for _ in range(inputs)]",
    "ZEROS_FAR": "[[0.0] for _ in range(hidden)]",
}
AS_ARRAYS = {
    "NEAR": "np.random.uniform(-1, 1, (inputs, hidden))",
    "FAR": "np.random.uniform(-1, 1, (hidden, 1))",
    "ZEROS_NEAR": "np.zeros((inputs, hidden))",
    "ZEROS_FAR": "np.zeros((hidden, 1))",
}


def with_last_steps(held: dict[str, str]) -> str:
    text = WITH_LAST_STEPS.replace("= DATA", f"= {PLAIN_DATA}")
    for name in sorted(held, key=len, reverse=True):
        text = text.replace(f"= {name}\n", f"= {held[name]}\n")
    return text


@pytest.mark.every(2)
@pytest.mark.parametrize("held", [AS_LISTS, AS_ARRAYS], ids=["lists", "arrays"])
def test_an_item_that_a_share_of_its_last_step_is_added_to(tmp_path: Path, held: dict[str, str]) -> None:
    path, text = tmp_path / "net.py", with_last_steps(held)
    path.write_text(text)
    assert check_file(path).verdict is Verdict.CORRECT

    path.write_text(text.replace(" * (1 - self.hidden[j] ** 2)", ""))
    (found,) = check_file(path).mistakes
    assert (found.id, found.place and found.place.line) == ("missing-hidden-activation-derivative", 27)

    path.write_text(text.replace("+ keep *", "- keep *"))
    assert {one.id for one in check_file(path).mistakes} == {"momentum-sign"}


@pytest.mark.every(2)
@pytest.mark.parametrize("held", [AS_LISTS, AS_ARRAYS], ids=["lists", "arrays"])
def test_plain_numbers_of_the_data_are_no_weights_of_the_sum_that_they_begin(
    tmp_path: Path, held: dict[str, str]
) -> None:
    """A sum that begins with 0 and goes on with 0.3 times a parameter does not update that parameter."""
    path, text = tmp_path / "net.py", with_last_steps(held).replace(" + keep * self.far_last[j][0]", "")
    text = text.replace(" + keep * self.near_last[i][j]", "").replace("in rows:", f"in {PLAIN_DATA}:")
    path.write_text(text)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(text.replace("change = back[j] * x[i]", "change = back[j]"))
    assert check_file(path).verdict is Verdict.MISTAKE


def test_a_state_of_items_that_is_no_share_of_their_last_step_is_not_understood(tmp_path: Path) -> None:
    path, text = tmp_path / "net.py", with_last_steps(AS_ARRAYS)
    path.write_text(text.replace("self.near_last[i][j] = change", "self.near_last[i][j] = change * change"))
    result = check_file(path)
    assert (result.verdict, result.reason) == (Verdict.NOT_JUDGED, Reason.RULE)


WRITTEN_BY_A_METHOD = """import numpy as np
rng = np.random.RandomState(1)
X, T, w = np.matrix(rng.randn(12, 3)), np.matrix(rng.rand(12, 1)), np.matrix(rng.randn(3, 1))
for _ in range(30):
    z = X * w
    a = z.copy()
    for i in range(a.shape[0]):
        a.itemset((i, 0), 1 / (1 + np.exp(-z.item(i, 0))))
    delta = np.multiply(a - T, np.multiply(a, 1 - a))
    w = w - 0.5 * X.T * delta
"""


def test_items_are_written_by_a_method_that_arrays_had_before(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(WRITTEN_BY_A_METHOD)
    assert check_file(tmp_path / "net.py").verdict is Verdict.CORRECT
    (tmp_path / "slip.py").write_text(WRITTEN_BY_A_METHOD.replace("np.multiply(a, 1 - a)", "np.multiply(z, 1 - z)"))
    (found,) = check_file(tmp_path / "slip.py").mistakes
    assert found.place is not None
    assert (found.id, found.place.line) == ("wrong-derivative", 9)


# half the squared error of a 2-3-1 network of sigmoids; the sum of a unit is computed again before its row is updated
ROW_BY_ROW = """import numpy as np
rng = np.random.default_rng(2)
layers = [(rng.normal(size=(3, 2)), rng.normal(size=3)), (rng.normal(size=(1, 3)), rng.normal(size=1))]
x, y = np.array([0.4, 0.9]), 0.7
def squash(z):
    return 1 / (1 + np.exp(-z))
def back(layer, inputs, errors, rate):
    W, b = layer
    below = np.zeros(len(inputs))
    for row, error in enumerate(errors):
        z = W[row] @ inputs + b[row]
        delta = error * squash(z) * (1 - squash(z))
        for place in range(len(inputs)):
            below[place] += delta * W[row][place]
            W[row][place] -= rate * delta * inputs[place]
        b[row] -= rate * delta
    return below
for step in range(8):
    values = [x]
    for W, b in layers:
        values.append(squash(W @ values[-1] + b))
    errors = [values[-1][0] - y]
    for layer, before in zip(layers[::-1], values[-2::-1]):
        errors = back(layer, before, errors, 0.5)
"""


@pytest.mark.slow
def test_a_row_that_is_read_after_the_update_of_another_row_is_of_the_same_iteration(tmp_path: Path) -> None:
    assert verdict_of(tmp_path, ROW_BY_ROW) == (Verdict.CORRECT, [])
    slipped = ROW_BY_ROW.replace("squash(z) * (1 - squash(z))", "squash(z) * (1 - z)")
    assert verdict_of(tmp_path, slipped) == (Verdict.MISTAKE, [12])
