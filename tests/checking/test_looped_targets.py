"""Perceptrons of plain Python, whose targets are whole numbers that stand in lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.report import checking as report

PAIRS = """
import random

random.seed(1)
gate = [([0, 0], 0), ([0, 1], 0), ([1, 0], 0), ([1, 1], 1)]
w = [random.uniform(-1, 1) for _ in range(2)]
b = random.uniform(-1, 1)

def step(z):
    if z >= 0:
        return 1
    return 0

for epoch in range(30):
    for x, wanted in gate:
        z = b
        for i in range(2):
            z += w[i] * x[i]
        out = step(z)
        error = wanted - out
        for i in range(2):
            w[i] = w[i] + 0.1 * error * x[i]
        b = b + 0.1 * error
"""
OBJECT = """
import random

class Neuron:
    def __init__(self, inputs, rate=0.2):
        self.w = [random.uniform(-0.5, 0.5) for _ in range(inputs)]
        self.b, self.rate = 0.0, rate

    def fire(self, x):
        z = self.b
        for weight, value in zip(self.w, x):
            z += weight * value
        return 1 if z >= 0 else 0

    def learn(self, x, answer):
        change = answer - self.fire(x)
        self.w = [weight + self.rate * change * value for weight, value in zip(self.w, x)]
        self.b += self.rate * change

random.seed(3)
rows = [[random.gauss(0, 1), random.gauss(0, 1)] for _ in range(30)]
answers = [1 if p - q > 0.2 else 0 for p, q in rows]
neuron = Neuron(2)
for epoch in range(5):
    for row, answer in zip(rows, answers):
        neuron.learn(row, answer)
"""
SIGNS = """
import random

random.seed(2)
points = [(random.uniform(-1, 1), random.uniform(-1, 1)) for _ in range(20)]
signs = [1, -1, -1, 1, 1, -1, 1, -1, 1, 1, -1, -1, 1, -1, 1, -1, 1, 1, -1, -1]
u, v, c = 0.1, -0.2, 0.05
for epoch in range(3):
    for (p, q), sign in zip(points, signs):
        if sign * (u * p + v * q + c) <= 0:
            u += 0.1 * sign * p
            v += 0.1 * sign * q
            c += 0.1 * sign
"""


def checked(folder: Path, text: str) -> tuple[Verdict, set[str], str]:
    path = folder / "mine.py"
    path.write_text(text)
    result = check_file(path)
    return result.verdict, {one.id for one in result.mistakes}, report.text(result)


@pytest.mark.parametrize("text", [pytest.param(PAIRS, id="pairs"), pytest.param(OBJECT, id="object"), SIGNS])
def test_whole_numbers_that_a_loop_goes_through_are_targets(tmp_path: Path, text: str) -> None:
    verdict, _, shown = checked(tmp_path, text)
    assert verdict is Verdict.CORRECT, shown
    assert "perceptron criterion" in shown


SLIPS = {
    "turned-error": (PAIRS, "wanted - out", "out - wanted", "gradient-ascent"),
    "sum-for-difference": (PAIRS, "wanted - out", "wanted + out", ""),
    "bias-turned": (PAIRS, "b + 0.1", "b - 0.1", "gradient-ascent"),
    "without-input": (PAIRS, "error * x[i]", "error", ""),
    "turned-difference": (OBJECT, "answer - self.fire(x)", "self.fire(x) - answer", "gradient-ascent"),
    "sum-in-object": (OBJECT, "answer - self.fire(x)", "answer + self.fire(x)", ""),
    "without-target": (SIGNS, "0.1 * sign * p", "0.1 * p", "wrong-value"),
}


@pytest.mark.every(7)
@pytest.mark.parametrize(("text", "old", "new", "id"), [pytest.param(*one, id=name) for name, one in SLIPS.items()])
def test_a_slip_with_such_a_target_is_found(tmp_path: Path, text: str, old: str, new: str, id: str) -> None:
    assert old in text
    verdict, found, shown = checked(tmp_path, text.replace(old, new))
    assert verdict is Verdict.MISTAKE, shown
    assert not id or id in found


PICKED = """
def step(z):
    return 1 if z > 0 else 0

first, second, wanted = [1, 0, 1, 0], [0, 1, 1, 0], [1, 1, 1, 0]
error = [None, None, None, None]
u, v, limit, rate = 0.13, 0.3, 0.2, 0.4
for epoch in range(9):
    for i in range(4):
        out = first[i] * u + second[i] * v - limit
        out = step(out)
        error[i] = wanted[i] - out
        u += rate * first[i] * error[i]
        v += rate * second[i] * error[i]
"""


def test_targets_that_are_picked_by_an_index_are_followed(tmp_path: Path) -> None:
    verdict, _, shown = checked(tmp_path, PICKED)
    assert verdict is Verdict.CORRECT, shown


def test_an_input_of_another_weight_is_found(tmp_path: Path) -> None:
    verdict, found, shown = checked(tmp_path, PICKED.replace("second[i] * error[i]", "first[i] * error[i]"))
    assert verdict is Verdict.MISTAKE, shown
    assert found == {"gradient-of-another-parameter"}


SUMMED = """
import random

random.seed(2)
x, wanted = [[0, 0], [1, 1], [0, 1], [1, 0]], [0, 1, 0, 0]
w, b = [random.randrange(-100, 100) / 100 for _ in range(2)], random.randrange(-100, 100) / 100

def value(inputs):
    z = 0
    for k in range(2):
        z = z + inputs[k] * w[k]
    return 1 / (1 + 2.718281828459045 ** -(z + b))

for epoch in range(50):
    slopes, slope = [0.0, 0.0], 0.0
    for i, inputs in enumerate(x):
        a = value(inputs)
        delta = (a - wanted[i]) * a * (1 - a)
        for k in range(2):
            slopes[k] = slopes[k] + delta * inputs[k]
        slope = slope + delta
    for k in range(2):
        w[k] = w[k] - 0.5 * slopes[k] / 4
    b = b - 0.5 * slope / 4
"""


LOOPED = SUMMED.replace("i, inputs in enumerate(x)", "inputs, goal in zip(x, wanted)").replace("wanted[i]", "goal")


@pytest.mark.every(2)
@pytest.mark.parametrize("text", [pytest.param(SUMMED, id="picked"), pytest.param(LOOPED, id="looped")])
def test_weights_that_begin_as_plain_numbers_learn_from_several_targets(tmp_path: Path, text: str) -> None:
    verdict, _, shown = checked(tmp_path, text)
    assert verdict is Verdict.CORRECT, shown


ASKED = """
rows = [([1, 1], 1), ([0, 1], 1), ([1, 0], 1), ([0, 0], 0)]
w, b = [0.0, 0.0], 0.0
for epoch in range(9):
    for x, t in rows:
        out = 1 if w[0] * x[0] + w[1] * x[1] + b > 0 else 0
        if out != t:
            change = 0.1 * (2 * t - 1)
            for i in range(2):
                w[i] += change * x[i]
            b += change
"""


def test_a_number_that_stands_in_the_line_is_not_an_output(tmp_path: Path) -> None:
    verdict, _, shown = checked(tmp_path, ASKED)
    assert verdict is not Verdict.MISTAKE, shown


GATE = """
rows = [{rows}]
w1, w2 = 0.3, -0.1
for epoch in range(9):
    for a, b, t in rows:
        y = 1 if a * w1 + b * w2 >= 0.2 else 0
        e = t - y
        w1 += 0.1 * e * a
        w2 += 0.1 * e * b
"""
FIRST_ROWS = {
    "zeros": "(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1)",
    "ones": "(1, 1, 1), (0, 0, 0), (0, 1, 1), (1, 0, 1)",
}


@pytest.mark.parametrize("rows", FIRST_ROWS.values(), ids=FIRST_ROWS)
def test_inputs_of_a_truth_table_do_not_hide_a_step_with_another_input(tmp_path: Path, rows: str) -> None:
    text = GATE.format(rows=rows)
    verdict, _, shown = checked(tmp_path, text)
    assert verdict is Verdict.CORRECT, shown
    verdict, found, shown = checked(tmp_path, text.replace("e * b", "e * a"))
    assert (verdict, found) == (Verdict.MISTAKE, {"gradient-of-another-parameter"}), shown


WHOLE = """
def level(z, band):
    if z > band:
        return 1
    if z < -band:
        return -1
    return 0

points, answers = [[1, 1], [1, -1], [-1, 1], [-1, -1]], [1, -1, -1, -1]
u = 0
v = 0
bias = 0
alpha = 1
for epoch in range(9):
    for (p, q), answer in zip(points, answers):
        out = level(bias + p * u + q * v, 0.2)
        if out != answer:
            u = u + alpha * answer * p
            v = v + alpha * answer * q
            bias = bias + alpha * answer
"""
LEVELS = """
import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 2))
signs = np.where(X[:, 0] - 0.5 * X[:, 1] > 0.1, 1, -1)

def level(z):
    if z > 0:
        return 1
    elif z {second} 0:
        return {values[0]}
    return {values[1]}

w = np.zeros(2)
b = 0.0
for epoch in range(9):
    for x, sign in zip(X, signs):
        change = 0.1 * (sign - level(np.dot(w, x) + b))
        w = w + change * x
        b = b + change
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("text", "old", "new", "id"),
    [
        pytest.param(WHOLE, "answer * q", "answer * p", "gradient-of-another-parameter", id="whole"),
        pytest.param(LEVELS.format(second="<", values=(-1, 0)), "(sign - level(", "(-sign + level(", "", id="below"),
        pytest.param(LEVELS.format(second="==", values=(0, -1)), "b + change", "b - change", "", id="equal"),
    ],
)
def test_outputs_of_three_levels_are_followed(tmp_path: Path, text: str, old: str, new: str, id: str) -> None:
    """Weights, inputs, targets and the rate may all be whole numbers, of which no fraction is lost."""
    verdict, _, shown = checked(tmp_path, text)
    assert verdict is Verdict.CORRECT, shown
    assert old in text
    verdict, found, shown = checked(tmp_path, text.replace(old, new))
    assert verdict is Verdict.MISTAKE, shown
    assert not id or found == {id}
