"""Networks whose inputs are a list that is multiplied whole on the way forward and item by item on the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from tests.network_files import write_file

# two layers of sigmoids and one observation; the new weights are put into a list of zeros
NETWORK = """
import numpy as np
x, t = [0.3, 0.9, 0.4], [0.2, 0.7]
w = np.array([[0.1, 0.5, 0.3, 0.2], [0.4, 0.2, 0.6, 0.1], [0.3, 0.8, 0.2, 0.5]])
v = np.array([[0.2, 0.6], [0.7, 0.1], [0.3, 0.4], [0.5, 0.2]])
def changed(w, d, x):
    new = [[0 for j in range(len(w[0]))] for k in range(len(w))]
    for j in range(len(d)):
        for k in range(len(x)):
            new[k][j] = w[k][j] - 0.5 * d[j] * {factor}
    return np.asarray(new)
for step in range(50):
    h = 1 / (1 + np.exp(-np.dot(x, w)))
    o = 1 / (1 + np.exp(-np.dot(h, v)))
    print(0.5 * np.sum((o - t) ** 2))
    d = (o - t) * o * (1 - o)
    e = np.dot(v, d) * h * (1 - h)
    v = v - 0.5 * np.outer(h, d)
    w = changed(w, e, x)
"""


def result_of(folder: Path, factor: str) -> tuple[Verdict, list[str]]:
    """The verdict if the items of the new weights are made with this factor, and what the mistakes spoil."""
    found = check_file(write_file(folder / "net.py", NETWORK.format(factor=factor)))
    return found.verdict, [name for one in found.mistakes for name in one.parameters]


def test_items_of_a_list_are_what_the_array_of_it_is(tmp_path):
    assert result_of(tmp_path, "x[k]") == (Verdict.CORRECT, [])


@pytest.mark.slow
@pytest.mark.parametrize("factor", ["x[k] * x[k]", "x[0]"])
def test_another_item_than_the_array_has_there_is_a_mistake(tmp_path, factor):
    assert result_of(tmp_path, factor) == (Verdict.MISTAKE, ["w"])


ROWS_AS_COLUMNS = """\
import numpy as np

class Network:
    def __init__(self, inputs, hidden, outputs, rate):
        self.w1 = np.random.normal(0, 0.5, (hidden, inputs))
        self.b1 = np.full((hidden, 1), 0.1)
        self.w2 = np.random.normal(0, 0.5, (outputs, hidden))
        self.rate = rate

    def train(self, inputs, targets):
        x = np.array(inputs, ndmin=2).T
        y = np.array(targets, ndmin=2).T
        z = np.dot(self.w1, x)
        z += self.b1
        h = 1 / (1 + np.exp(-z))
        o = 1 / (1 + np.exp(-np.dot(self.w2, h)))
        delta = (y - o) * o * (1 - o)
        back = np.dot(self.w2.T, delta) * h * (1 - h)
        self.w2 = self.w2 + self.rate * delta * h.T
        self.w1 = self.w1 + self.rate * back * x.T
        self.b1 = self.b1 + self.rate * back
"""


@pytest.mark.slow
def test_a_class_that_makes_a_column_of_each_row_is_called_with_rows(tmp_path: Path) -> None:
    """The sum of a whole table, which the bias does not fit, is not an update that fits by accident."""
    path = tmp_path / "network.py"
    result = check_file(write_file(path, ROWS_AS_COLUMNS))
    assert result.verdict is Verdict.CORRECT
    assert len(result.parameters) == 3
    slipped = check_file(write_file(path, ROWS_AS_COLUMNS.replace("delta) * h * (1 - h)", "delta) * h")))
    assert [one.place and one.place.line for one in slipped.mistakes] == [18]
