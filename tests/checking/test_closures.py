"""Graphs of numbers, in which each operation adds its parts to the slopes of its operands."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict

GRAPH = """\
import math
import random


class Number:
    def __init__(self, value, inputs=()):
        self.value = value
        self.slope = 0.0
        self.inputs = inputs
        self.back = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Number) else Number(other)
        out = Number(self.value + other.value, (self, other))

        def back():
            self.slope += out.slope
            other.slope += out.slope

        out.back = back
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Number) else Number(other)
        out = Number(self.value * other.value, (self, other))

        def back():
            self.slope += other.value * out.slope
            other.slope += self.value * out.slope

        out.back = back
        return out

    def tanh(self):
        t = math.tanh(self.value)
        out = Number(t, (self,))

        def back():
            self.slope += (1 - t * t) * out.slope

        out.back = back
        return out

    def relu(self):
        out = Number(self.value if self.value > 0 else 0.0, (self,))

        def back():
            self.slope += (out.value > 0) * out.slope

        out.back = back
        return out

    def backward(self):
        order, seen = [], set()

        def visit(one):
            if one not in seen:
                seen.add(one)
                for each in one.inputs:
                    visit(each)
                order.append(one)

        visit(self)
        self.slope = 1.0
        for one in reversed(order):
            one.back()


class Unit:
    def __init__(self, count, bends):
        self.w = [Number(random.uniform(-1, 1)) for _ in range(count)]
        self.b = Number(-0.2)
        self.bends = bends

    def __call__(self, x):
        total = self.b
        for w, one in zip(self.w, x):
            total = total + w * one
        return total.relu() if self.bends else total


random.seed(3)
hidden = [Unit(2, True) for _ in range(2)]
last = Unit(2, False)
numbers = [one for unit in [*hidden, last] for one in [*unit.w, unit.b]]
rows = [[random.uniform(-1, 1) for _ in range(2)] for _ in range(2)]
wanted = [row[0] * row[1] for row in rows]
for step in range(3):
    loss = Number(0.0)
    for row, y in zip(rows, wanted):
        error = last([unit(row) for unit in hidden]) + (-y)
        loss = loss + error * error
    for one in numbers:
        one.slope = 0.0
    loss.backward()
    for one in numbers:
        one.value -= 0.01 * one.slope
    print(loss.value)
"""
MASKED = "self.slope += (out.value > 0) * out.slope"
LEFT = "self.slope += other.value * out.slope"
RIGHT = "other.slope += self.value * out.slope"
TANH = "self.slope += (1 - t * t) * out.slope"


@pytest.mark.parametrize(
    ("old", "new", "id"),
    [
        (MASKED, MASKED, ""),
        (MASKED, "self.slope += out.slope", "missing-hidden-activation-derivative"),
        pytest.param(LEFT, "self.slope += out.slope", "forward-factor-missing", marks=pytest.mark.slow),
        pytest.param(RIGHT, "other.slope += out.slope", "forward-factor-missing", marks=pytest.mark.slow),
    ],
)
def test_a_part_of_a_slope_that_is_wrong_is_named_at_its_line_alone(
    tmp_path: Path, old: str, new: str, id: str
) -> None:
    path = tmp_path / "graph.py"
    path.write_text(GRAPH.replace(old, new))
    result = check_file(path)
    line = GRAPH.splitlines().index(" " * 12 + old) + 1
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == ([(id, line)] if id else [])
    assert result.verdict is (Verdict.MISTAKE if id else Verdict.CORRECT)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("new", "id"),
    [
        ("self.slope += t * out.slope", "wrong-derivative"),
        ("self.slope -= (1 - t * t) * out.slope", "wrong-sign"),
    ],
)
def test_another_derivative_of_a_function_is_named_at_its_line_alone(tmp_path: Path, new: str, id: str) -> None:
    path = tmp_path / "graph.py"
    path.write_text(GRAPH.replace("total.relu()", "total.tanh()").replace(TANH, new))
    line = GRAPH.splitlines().index(" " * 12 + TANH) + 1
    assert [(one.id, one.place and one.place.line) for one in check_file(path).mistakes] == [(id, line)]
