"""Networks whose weights are single numbers, and whose observations stand in a vector."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from tests.network_files import write_file

NUMBERS = """
import numpy as np

class Net:
    def __init__(self):
        self.w1, self.w2, self.w3 = 0.8, -0.6, 1.1
        self.b1 = self.b2 = 0.1

    def step(self, x1, x2, y, lr):
        h = np.tanh(self.w1 * x1 + self.w2 * x2 + self.b1)
        o = self.w3 * h + self.b2
        cost = 0.5 * np.mean((o - y) ** 2)
        d = (o - y) / len(y)
        dh = d * self.w3 * (1 - h ** 2)
        self.w3 = self.w3 - lr * np.sum(d * h)
        self.b2 = self.b2 - lr * np.sum(d)
        self.w1 = self.w1 - lr * np.sum(dh * x1)
        self.w2 = self.w2 - lr * np.sum(dh * x2)
        self.b1 = self.b1 - lr * np.sum(dh)
        return cost
"""


def test_numbers_that_are_assigned_together_are_parameters_of_their_own(tmp_path: Path) -> None:
    """Two biases that start as one 0.1, and a mean over the observations of one unit: a right file."""
    (tmp_path / "net.py").write_text(NUMBERS)
    result = check_file(tmp_path / "net.py")
    assert result.verdict is Verdict.CORRECT
    assert {one.name for one in result.parameters} == {"self.w1", "self.w2", "self.w3", "self.b1", "self.b2"}
    assert result.calls == ("net = Net()", "for i in range(3):", "    cost = net.step(X[:, 0], X[:, 1], Y[:, 0], 0.1)")


def test_a_bias_of_its_own_that_lacks_a_factor_is_found(tmp_path: Path) -> None:
    wrong = NUMBERS.replace("self.b1 = self.b1 - lr * np.sum(dh)", "self.b1 = self.b1 - lr * np.sum(d)")
    (tmp_path / "net.py").write_text(wrong)
    result = check_file(tmp_path / "net.py")
    assert result.verdict is Verdict.MISTAKE
    assert {one.place.line for one in result.mistakes if one.place} == {19}


LISTS = """
import numpy as np

rng = np.random.default_rng(1)
W, V = rng.normal(size=(3, 2)), rng.normal(size=(1, 3))
for x, target in [([1, 0], [1]), ([0, 1], [1]), ([1, 1], [0])]:
    h = np.tanh(W @ x)
    out = 1 / (1 + np.exp(-(V @ h)))
    delta = (target - out) * out * (1 - out)
    below = (V.T @ delta) * (1 - h ** 2)
    V += 0.1 * np.outer(delta, h)
    W += 0.1 * np.outer(below, x)
"""


def test_targets_in_lists_of_one_number_are_targets(tmp_path: Path) -> None:
    path = write_file(tmp_path / "lists.py", LISTS)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(LISTS.replace(" * (1 - h ** 2)", ""))
    (found,) = check_file(path).mistakes
    assert found.id == "missing-hidden-activation-derivative"


DROPOUT = """\
import numpy as np
rs = np.random.RandomState(1)
X, Y = rs.normal(size=(20, 3)), rs.normal(size=(20, 2))
W, U, V = rs.normal(size=(3, 6)), rs.normal(size=(6, 5)), rs.normal(size=(5, 2))
for _ in range(5):
    m, n = (rs.rand(20, 6) < 0.8) / 0.8, (rs.rand(20, 5) < 0.8) / 0.8
    h = np.maximum(0, X @ W) * m
    k = np.maximum(0, h @ U) * n
    d = 2 * (k @ V - Y)
    cost = np.sum((k @ V - Y) ** 2)
    e = d @ V.T{first}
    e[k <= 0] = 0
    f = e @ U.T{second}
    f[h <= 0] = 0
    W, U, V = W - 0.01 * X.T @ f, U - 0.01 * h.T @ e, V - 0.01 * k.T @ d
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(("first", "second", "line"), [("", "", 12), (" * n", "", 14)])
def test_a_share_of_dropout_that_is_left_out_has_its_name_though_its_zeros_are_there(
    tmp_path: Path, first: str, second: str, line: int
) -> None:
    """A gradient is 0.8 times what it should be, once for each layer above it."""
    path = write_file(tmp_path / "dropout.py", DROPOUT.format(first=first, second=second))
    found = check_file(path).mistakes
    assert {one.id for one in found} == {"forward-factor-missing"}
    assert line in {place.line for one in found for place in (one.place, *one.others) if place is not None}
    path.write_text(DROPOUT.format(first=" * n", second=" * m"))
    assert check_file(path).verdict is Verdict.CORRECT
