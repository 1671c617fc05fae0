"""Made-up tables for a file that says how many inputs it has, and goes through them one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.report import checking as report
from tests.network_files import write_file

BY_LOOPS = """import numpy as np
import pandas as pd
from math import exp

class Net:
    def __init__(self, n_inputs, n_outputs):
        self.w = np.random.rand(n_outputs, n_inputs)
        self.b = np.random.rand(n_outputs)
        self.out = np.zeros(n_outputs)
        self.target = np.zeros(n_outputs)
    def forward(self, row):
        for j in range(len(self.w)):
            total = self.b[j]
            for i in range(len(self.w[j])):
                total += self.w[j][i] * row[i]
            self.out[j] = 1.0 / (1.0 + exp(-total))
    def train(self, rows, marks, rate, epochs):
        for epoch in range(epochs):
            for row, mark in zip(rows, marks):
                self.target = np.zeros(len(self.out))
                self.target[mark] = 1
                self.forward(row)
                for j in range(len(self.w)):
                    slope = self.out[j] * (1.0 - self.out[j])
                    delta = 2 * (self.out[j] - self.target[j]) * slope
                    for i in range(len(self.w[j])):
                        self.w[j][i] -= rate * delta * row[i]
                    self.b[j] -= rate * delta

table = pd.read_csv("../grains.csv", header=None)
marks = table.iloc[:, len(table.columns) - 1]
rows = table.drop(len(table.columns) - 1, axis=1)
n_input = 7
net = Net(n_inputs=n_input, n_outputs=3)
net.train(rows.values, marks.values, 0.3, 20)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("old", "new", "parameter"),
    [("", "", ""), ("self.b[j] -= rate * delta", "self.b[j] -= rate * (self.out[j] - self.target[j])", "self.b")],
)
def test_a_table_has_as_many_inputs_as_the_file_says(tmp_path: Path, old: str, new: str, parameter: str) -> None:
    result = check_file(write_file(tmp_path / "mine.py", BY_LOOPS.replace(old, new) if old else BY_LOOPS))
    assert result.verdict is (Verdict.MISTAKE if parameter else Verdict.CORRECT), report.text(result)
    assert {name for one in result.mistakes for name in one.parameters} == ({parameter} if parameter else set())
    assert not result.calls
