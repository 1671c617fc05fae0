"""Biases that begin as plain numbers: of a call, a dictionary, a class or a data class. Each is a parameter."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Reason, Verdict
from tests.network_files import write_file

UNITS = """\
import math, random
from dataclasses import dataclass
random.seed(5)
{unit}
    def fire(self, x):
        self.x = x
        s = {bias}
        for w, v in zip(self.weights, x):
            s += w * v
        self.out = 1 / (1 + math.exp(-s))
        return self.out

    def learn(self, delta):
        for i, v in enumerate(self.x):
            self.weights[i] -= 0.5 * delta * v
        {bias} {sign}= 0.5 * delta

def drawn(n):
    return [random.uniform(-1, 1) for _ in range(n)]

hidden = [{made}(drawn(2){given}) for _ in range(3)]
last = {made}(drawn(3){given})
for _ in range(20):
    for x, y in [([0, 0], 0), ([0, 1], 1), ([1, 0], 1)]:
        o = last.fire([one.fire(x) for one in hidden])
        delta = (o - y) * o * (1 - o)
        deltas = [delta * last.weights[i] * one.out * (1 - one.out) for i, one in enumerate(hidden)]
        last.learn(delta)
        for one, d in zip(hidden, deltas):
            one.learn(d)
"""
OF_CALL = """\
class Unit:
    def __init__(self, weights, bias):
        self.weights, self.out = weights, 0.0
        self.bias = bias
"""
OF_CLASS = """\
class Unit:
    bias = 0.35
    def __init__(self, weights):
        self.weights = weights
"""
OF_DATA_CLASS = """\
@dataclass
class Unit:
    weights: list
    bias: float = 0.35
"""
OF_LIST = """\
class Unit:
    def __init__(self, weights, bias):
        self.weights = weights
        self.kept = [bias, 1]
"""
BEGUN = {"a call": (OF_CALL, ", 0.35"), "a class": (OF_CLASS, ""), "a data class": (OF_DATA_CLASS, "")}


def program(unit: str, given: str, sign: str, bias: str = "self.bias") -> str:
    return UNITS.format(unit=unit, given=given, sign=sign, bias=bias, made="Unit")


@pytest.mark.parametrize(
    "begun", ["a call", *(pytest.param(one, marks=pytest.mark.slow) for one in ("a class", "a data class"))]
)
def test_a_bias_that_begins_as_a_plain_number_is_compared_with_its_gradient(tmp_path: Path, begun: str) -> None:
    path = tmp_path / "units.py"
    path.write_text(program(*BEGUN[begun], "-"))
    right = check_file(path)
    assert right.verdict is Verdict.CORRECT
    assert len(right.parameters) == 3 * 2 + 3 + 4
    path.write_text(program(*BEGUN[begun], "+"))
    assert {one.id for one in check_file(path).mistakes} == {"gradient-ascent"}


def test_without_all_trained_values_nothing_is_called_right(tmp_path: Path) -> None:
    """What is hidden from the recorder, in a list beside a number of another kind, is missed, not passed over."""
    path = tmp_path / "units.py"
    path.write_text(program(OF_LIST, ", 0.35", "+", bias="self.kept[0]"))
    result = check_file(path)
    assert (result.verdict, result.reason) == (Verdict.NOT_JUDGED, Reason.HISTORY_LOST)


# Layers of a named tuple, whose biases are made on the way to it; the first input is 0, so its weights do not move.
ROWS = """\
from collections import namedtuple
from math import exp
from random import Random
draw = Random(5)
Layer = namedtuple("Layer", "w b")

def layer(inputs, units):
    return Layer([[draw.gauss(0, 0.6) for _ in range(inputs)] for _ in range(units)], {biases})

def run(net, x):
    values = [x]
    for one in net:
        sums = [sum(w * v for w, v in zip(row, values[-1])) + b for row, b in zip(one.w, one.b)]
        values.append([1 / (1 + exp(-z)) for z in sums])
    return values

net = [layer(2, 3), layer(3, 1)]
for epoch in range(20):
    for x, targets in [([0, 1], [1]), ([1, 0], [1]), ([1, 1], [0])]:
        values = run(net, x)
        delta = [(o - t) * o * (1 - o) for o, t in zip(values[-1], targets)]
        for one, inputs in reversed(list(zip(net, values))):
            back = [sum(row[i] * d for row, d in zip(one.w, delta)) for i in range(len(inputs))]
            for j, d in enumerate(delta):
                for i, v in enumerate(inputs):
                    one.w[j][i] -= 0.5 * d * v
                one.b[j] -= 0.5 * d
            delta = [e * v * (1 - v) for e, v in zip(back, inputs)]
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("biases", ["[0.0] * units", "[0.0 for _ in range(units)]"])
def test_biases_that_are_made_within_a_call_are_parameters(tmp_path: Path, biases: str) -> None:
    file = tmp_path / "rows.py"
    file.write_text(ROWS.format(biases=biases))
    result = check_file(file)
    assert (result.verdict, len(result.parameters)) == (Verdict.CORRECT, 13)


def test_the_weight_of_another_unit_is_named_where_the_delta_goes_back_through_it(tmp_path: Path) -> None:
    file = tmp_path / "rows.py"
    file.write_text(ROWS.format(biases="[0.0] * units").replace("row[i] * d", "row[0] * d"))
    found = [(one.id, one.place and one.place.line) for one in check_file(file).mistakes]
    assert found == [("weights-of-wrong-layer", 23)]


@pytest.mark.parametrize(
    ("momentum", "lines"),
    [("+ 0.5 * kept[h]", [()]), ("- 0.5 * kept[h]", [(13,)]), ("+ 0.5 * kept[h - 1]", [(12,), (13,)])],
)
def test_the_momentum_of_plain_numbers_is_their_own_though_some_gradients_are_0(
    tmp_path: Path, momentum: str, lines: list[tuple[int, ...]]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "import random\n"
        "random.seed(1)\n"
        "data = [([0, 0, 1], 0.3), ([0, 1, 1], 0.6), ([1, 0, 1], 0.9), ([1, 1, 1], 0.2)]\n"
        "w = [random.uniform(-1, 1) for _ in range(3)]\n"
        "kept = [0.0, 0.0, 0.0]\n"
        "for epoch in range(5):\n"
        "    for x, y in data:\n"
        "        a = sum(w[h] * x[h] for h in range(3))\n"
        "        cost = 0.5 * (y - a) ** 2\n"
        "        delta = y - a\n"
        "        for h in range(3):\n"
        "            change = delta * x[h]\n"
        f"            w[h] += 0.1 * change {momentum}\n"
        "            kept[h] = change\n"
    )
    result = check_file(path)
    assert tuple(one.place.line for one in result.mistakes if one.place) in lines
    assert result.verdict is (Verdict.CORRECT if () in lines else Verdict.MISTAKE)


@pytest.mark.every(3)
@pytest.mark.parametrize("begun", ['{"w": rng.normal(size=3), "c": 0.0}', "dict(w=rng.normal(size=3), c=0.0)"])
@pytest.mark.parametrize("cleared", ["{k: 0 * v for k, v in p.items()}", "{k: np.zeros_like(v) for k, v in p.items()}"])
@pytest.mark.parametrize(("sign", "lines"), [("+", []), ("-", [11])])
def test_a_number_in_a_dictionary_that_a_comprehension_updates_is_a_parameter(
    tmp_path: Path, begun: str, cleared: str, sign: str, lines: list[int]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "import numpy as np\n"
        "rng = np.random.default_rng(1)\n"
        "x = rng.normal(size=(8, 3))\n"
        "y = x[:, 0] + 1\n"
        f"p = {begun}\n"
        "for i in range(5):\n"
        "    d = x @ p['w'] + p['c'] - y\n"
        "    loss = np.square(d).mean()\n"
        f"    g = {cleared}\n"
        "    g['w'] += 2 * d @ x / 8\n"
        f"    g['c'] {sign}= 2 * d.sum() / 8\n"
        "    p = {k: p[k] - 0.02 * g[k] for k in p}\n"
    )
    result = check_file(path)
    assert [one.place.line for one in result.mistakes if one.place] == lines
    assert result.verdict is (Verdict.MISTAKE if lines else Verdict.CORRECT)
    assert len(result.parameters) == 2


@pytest.mark.parametrize(("derivative", "lines"), [("o * (1 - o)", []), ("(1 - o)", [9])])
def test_numbers_of_a_missing_file_are_multiplied_one_by_one_and_as_a_list(
    tmp_path: Path, derivative: str, lines: list[int]
) -> None:
    """The forward pass takes the plain numbers; the update takes a new list of them, which NumPy makes an array of."""
    path = tmp_path / "mine.py"
    path.write_text(
        "import operator, random\n"
        "import numpy as np\n"
        "rows = [[0.3, 0.7, -0.4], [1.2, -0.6, 0.1], [0.4, 0.9, -1.3]]\n"
        "rows = eval(repr([(row, i % 2) for i, row in enumerate(rows)]))\n"
        "w = [random.uniform(-1, 1) for _ in range(3)]\n"
        "for epoch in range(3):\n"
        "    for x, y in rows:\n"
        "        o = 1 / (1 + np.exp(-sum(a * b for a, b in zip(x, w))))\n"
        f"        delta = (y - o) * {derivative}\n"
        "        w = list(map(operator.add, w, np.multiply(0.1 * delta, [v for v in x])))\n"
    )
    result = check_file(path)
    assert [one.place.line for one in result.mistakes if one.place] == lines
    assert (result.verdict, len(result.parameters)) == (Verdict.MISTAKE if lines else Verdict.CORRECT, 3)


@pytest.mark.parametrize(("sign", "verdict"), [("-", Verdict.CORRECT), ("+", Verdict.MISTAKE)])
def test_data_that_were_scaled_by_code_that_is_not_recorded_are_data(
    tmp_path: Path, sign: str, verdict: Verdict
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "import numpy as np\n"
        "rng = np.random.default_rng(1)\n"
        "x, y = rng.normal(size=(6, 2)), rng.normal(size=(6, 1))\n"
        "turned = np.rollaxis(x, 0)\n"
        "turned -= 0.1\n"
        "w = rng.normal(size=(2, 1))\n"
        "for epoch in range(5):\n"
        "    error = x @ w - y\n"
        f"    w = w {sign} 0.1 * x.T @ error\n"
    )
    assert check_file(path).verdict is verdict


@pytest.mark.parametrize(
    ("change", "verdict"), [("dot(v[None].T, e", Verdict.CORRECT), ("dot(v[None].T, -e", Verdict.MISTAKE)]
)
def test_weights_that_begin_as_a_list_and_become_an_array_by_their_first_update(tmp_path, change, verdict):
    text = """
import numpy as np
X, t = np.array([[0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0]]), np.array([1, 0, 1, 0])
w = [[0.1], [0.2], [0.3]]
for epoch in range(5):
    for i, v in enumerate(X):
        y = 1 / (1 + np.exp(-np.dot(v, w)))
        e = t[i] - y
        w += np.CHANGE * (y * (1 - y)[None]))
"""
    found = check_file(write_file(tmp_path / "net.py", text.replace("CHANGE", change)))
    assert found.verdict is verdict
    assert [one.parameters for one in found.mistakes] == ([("w",)] if verdict is Verdict.MISTAKE else [])


@pytest.mark.slow
def test_weights_that_a_first_row_of_zeros_does_not_move_are_compared_later(tmp_path: Path) -> None:
    text = ROWS.format(biases="[0.0] * units").replace("([1, 1], [0])", "([1, 1], [1])")
    text = text.replace("[([0, 1], [1]), ", "[([0, 0], [0]), ([0, 1], [1]), ")
    path = tmp_path / "rows.py"
    path.write_text(text)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(text.replace("-= 0.5 * d * v", "-= (-0.5 if one is net[0] else 0.5) * d * v"))
    (found,) = check_file(path).mistakes
    assert found.id == "gradient-ascent"
    assert found.place is not None
    assert found.place.text.startswith("one.w[j][i] -=")


# Weights that begin as whole numbers in lists, whose items are updated in place; the first products are whole.
WHOLE = """\
from math import exp
w = [[1, -1, 2], [2, 1, -1]]
v = [1, -2]
{bias}
for _ in range(20):
    for x, y in [([1, 0, 2], 0), ([2, 1, 0], 1), ([1, 1, 1], 1)]:
        h = [0, 0]
        for j in range(2):
            s = 0
            for i in range(3):
                s += x[i] * w[j][i]
            h[j] = 1 / (1 + exp(-s))
        s = bias
        for j in range(2):
            s += h[j] * v[j]
        o = 1 / (1 + exp(-s))
        d = (y - o) * o * (1 - o)
        e = [d * v[j] * h[j] * (1 - h[j]) for j in range(2)]
        for j in range(2):
            v[j] += 0.5 * d * h[j]
            for i in range(3):
                w[j][i] {sign}= 0.5 * e[j] * x[i]
        bias += 0.5 * d
"""


def test_weights_that_begin_as_whole_numbers_in_lists_are_followed(tmp_path: Path) -> None:
    path = write_file(tmp_path / "whole.py", WHOLE.format(bias="bias = 0", sign="+"))
    right = check_file(path)
    assert right.verdict is Verdict.CORRECT
    assert len(right.parameters) == 6 + 2 + 1
    wrong = check_file(write_file(path, WHOLE.format(bias="bias = 0", sign="-")))
    assert {one.id for one in wrong.mistakes} == {"gradient-ascent"}


def test_a_weight_that_is_set_to_a_whole_number_among_fractions_is_followed(tmp_path: Path) -> None:
    listed = "w = [[1, -1, 2], [2, 1, -1]]"
    text = WHOLE.replace(listed, "w = [[0.0, 0.0, 0.0], [0.5, 0.2, -0.1]]\nw[0][0], w[0][1] = 0.4, -0.3\nw[0][2] = 1")
    path = tmp_path / "whole.py"
    right = check_file(write_file(path, text.format(bias="bias = 0.1", sign="+")))
    assert right.verdict is Verdict.CORRECT
    assert len(right.parameters) == 6 + 2 + 1
    wrong = check_file(write_file(path, text.format(bias="bias = 0.1", sign="-")))
    assert {one.id for one in wrong.mistakes} == {"gradient-ascent"}


def test_a_rate_that_one_update_lacks_is_named_if_the_others_are_made_on_one_line_with_it(tmp_path: Path) -> None:
    """Gradient and rate are one product there: no line has the gradient alone, and a half looks like a missing 2."""
    text = WHOLE.format(bias="bias = 0", sign="+").replace("bias += 0.5 * d", "bias += d")
    (found,) = check_file(write_file(tmp_path / "whole.py", text)).mistakes
    assert (found.id, found.parameters) == ("learning-rate-missing", ("bias",))
    assert found.place is not None
    assert found.place.text.strip() == "bias += d"


KEEPS_INPUTS = """\
import math
import random

def product(A, B):
    return [[sum(A[i][k] * B[k][j] for k in range(len(B))) for j in range(len(B[0]))] for i in range(len(A))]

def turned(A):
    return [list(row) for row in zip(*A)]

def each(f, *matrices):
    return [[f(*values) for values in zip(*rows)] for rows in zip(*matrices)]

class Net:
    def __init__(self, n_in, n_hidden, n_out):
        draw = random.Random(0)
        self.V = [[draw.uniform(-1, 1) for _ in range(n_hidden)] for _ in range(n_in)]
        self.W = [[draw.uniform(-1, 1) for _ in range(n_out)] for _ in range(n_hidden)]

    def train(self, X, T, rate=0.1, rounds=10):
        for _ in range(rounds):
            self.X = X
            H = each(math.tanh, product(X, self.V))
            D = each(lambda o, t: (o - t) * (1 - o * o), each(math.tanh, product(H, self.W)), T)
            E = each(lambda e, h: e * (1 - h * h), product(D, turned(self.W)), H)
            self.W = each(lambda w, g: w - rate * g, self.W, product(turned(H), D))
            self.V = each(lambda w, g: w {sign} rate * g, self.V, product(turned(X), E))
"""


@pytest.mark.slow
def test_inputs_that_a_network_of_lists_keeps_are_not_its_weights(tmp_path: Path) -> None:
    """They are the same whatever the targets are, which says nothing about the calls."""
    path = tmp_path / "net.py"
    path.write_text(KEEPS_INPUTS.format(sign="+"))
    result = check_file(path)
    assert result.calls[-1].strip() == "net.train(X, Y)"
    assert {one.id for one in result.mistakes} == {"gradient-ascent"}


BEGINS_A_SUM = """\
import numpy as np
rng = np.random.default_rng(12)
W, theta = rng.normal(0, 0.5, size=(4, 3)), np.zeros(4)
V, phi = rng.normal(0, 0.5, size=(2, 4)), np.zeros(2)
X, T = rng.choice([-1.0, 1.0], size=(16, 3)), rng.random((16, 2))
for x, t in zip(X, T):
    h, y = np.zeros(4), np.zeros(2)
    for j in range(4):
        a = theta[j]
        for i in range(3):
            a += W[j, i] * x[i]
        h[j] = np.tanh(a)
    for k in range(2):
        a = phi[k]
        for j in range(4):
            a += V[k, j] * h[j]
        y[k] = np.tanh(a)
    d = (t - y) * (1 - y * y)
    e = V.T @ d * (1 - h * h)
    V += 0.1 * np.outer(d, h)
    W += 0.1 * np.outer(e, x)
    theta += 0.1 * e
"""


def test_a_bias_whose_items_begin_sums_is_missed_if_nothing_trains_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(BEGINS_A_SUM)
    assert {one.id for one in check_file(path).mistakes} == {"bias-gradient-missing"}


PERCEPTRON = """\
rows = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 1)]
w, b = [0.0, 0.0], 0.0
for epoch in range(10):
    for row in rows:
        x, y = row
        out = 1 if w[0] * x[0] + w[1] * x[1] + b > 0 else 0
        for i in range(2):
            w[i] += 0.1 * (y - out) * x[i]
        b += 0.1 * (y - out)
"""


def test_a_perceptron_that_multiplies_by_numbers_that_its_line_has_as_outputs_is_judged(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PERCEPTRON)
    assert check_file(tmp_path / "mine.py").verdict is Verdict.CORRECT
    (tmp_path / "mine.py").write_text(PERCEPTRON.replace("w[i] +=", "w[i] -="))
    result = check_file(tmp_path / "mine.py")
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == [("gradient-ascent", 8)]


def test_steps_that_are_not_computed_from_the_weights_are_not_said_to_lack_numbers(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PERCEPTRON.replace("= row", "= list(row)"))
    assert check_file(tmp_path / "mine.py").reason is Reason.NO_PARAMETERS
    (tmp_path / "mine.py").write_text("print('done')\n")
    assert check_file(tmp_path / "mine.py").reason is Reason.NO_NUMPY


LINE = """\
import numpy as np
x = np.linspace(0, 10, 40)
y = 3 * x + 2 + np.sin(7 * x)
slope = 0.0
offset = 0.0
for _ in range(50):
    p = slope * x + offset
    cost = np.mean((y - p) ** 2)
    d_slope = -2 / len(x) * np.sum(x * (y - p))
    d_offset = -2 / len(x) * np.sum(y - p)
    slope = slope - 0.01 * d_slope
    offset = offset - 0.01 * d_offset
"""


def test_a_slope_that_begins_as_0_is_a_parameter_though_its_inputs_are_evenly_spaced(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "line.py", LINE))
    assert result.verdict is Verdict.CORRECT
    wrong = LINE.replace("np.sum(x * (y - p))", "np.sum(p * (y - p))")
    result = check_file(write_file(tmp_path / "wrong.py", wrong))
    assert [mistake.place.line for mistake in result.mistakes if mistake.place] == [9]


TURNED = """\
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))
y = (X[:, 0] > 0).astype(float)
w, b = np.zeros(3), 0
for _ in range(9):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    w = w - 0.1 * X.T @ (p - y) / 20
    b = {update}
"""


def test_a_bias_that_begins_as_0_and_is_taken_off_its_own_step_is_not_passed_over(tmp_path: Path) -> None:
    """The bias compares outputs with targets once more, on a line of its own, and no update of it is known."""
    file = write_file(tmp_path / "mine.py", TURNED.format(update="b - 0.1 * np.mean(p - y)"))
    result = check_file(file)
    assert (result.verdict, len(result.parameters)) == (Verdict.CORRECT, 2)
    file.write_text(TURNED.format(update="0.1 * np.mean(p - y) - b"))
    assert check_file(file).verdict is not Verdict.CORRECT


SQUARED_INPUT = """\
rows = [([2.0, 3.0, 1], 0.5), ([1.5, 4.0, 1], -0.2), ([0.5, 2.5, 1], 0.9)]
weights = [0.1, -0.2, 0.3]
for _ in range(5):
    for x, wanted in rows:
        y = 0
        for i in range(3):
            y += x[i] * weights[i]
        error = y - wanted
        for i in range(3):
            update = -0.01 * error * x[i]
            weights[i] += update
"""


def test_an_error_that_all_gradients_are_made_with_is_not_where_one_of_them_departs(tmp_path: Path) -> None:
    file = write_file(tmp_path / "mine.py", SQUARED_INPUT)
    assert check_file(file).verdict is Verdict.CORRECT
    file.write_text(SQUARED_INPUT.replace("error * x[i]", "error * x[i] * x[i]"))
    assert {one.place and one.place.line for one in check_file(file).mistakes} == {10}
