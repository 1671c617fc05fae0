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
