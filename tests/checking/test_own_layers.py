"""Layers are judged by themselves, even if a script of the project that trains with them is wrong elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.layers import check_layers
from harness.checking.result import Agreement, Remark, Verdict

LINEAR = """
import numpy as np

class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.3
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T

    def update(self, lr):
        self.W -= lr * self.dW
        self.b -= lr * self.db
"""
BLOCK = """
import numpy as np
from linear import Linear

class FeedForward:
    def __init__(self, dim, inner_dim):
        self.first = Linear(dim, inner_dim)
        self.second = Linear(inner_dim, dim)

    def forward(self, x):
        self.a = np.tanh(self.first.forward(x))
        return self.second.forward(self.a)

    def backward(self, dout):
        return self.first.backward(self.second.backward(dout) * (1 - self.a**2))

    def update(self, lr):
        self.first.update(lr)
        self.second.update(lr)
"""
# the gradient of what is added to the block's output is left out
SCRIPT = """
import numpy as np
from block import FeedForward
from linear import Linear

np.random.seed(1)
X = np.random.randn(20, 6)
Y = np.random.randn(20, 2)
inner, block, last = Linear(6, 5), FeedForward(5, 4), Linear(5, 2)
for epoch in range(20):
    h = inner.forward(X)
    out = last.forward(block.forward(h) + h)
    loss = 0.5 * np.sum((out - Y) ** 2)
    inner.backward(block.backward(last.backward(out - Y)))
    for one in (inner, block, last):
        one.update(0.001)
"""


def project(folder: Path, block: str) -> Path:
    """The folder of a project whose script leaves a gradient out; its block's file"""
    (folder / "linear.py").write_text(LINEAR)
    (folder / "block.py").write_text(block)
    (folder / "train.py").write_text(SCRIPT)
    return folder / "block.py"


@pytest.mark.slow
def test_right_layers_are_right_whatever_a_script_that_uses_them_does(tmp_path: Path) -> None:
    path = project(tmp_path, BLOCK)
    assert check_file(tmp_path / "train.py").verdict is Verdict.MISTAKE
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    assert [id for id, _, _ in result.notes] == [Remark.USE_WRONG]


@pytest.mark.slow
def test_a_mistake_of_a_layer_is_named_in_its_own_file(tmp_path: Path) -> None:
    result = check_file(project(tmp_path, BLOCK.replace("* (1 - self.a**2)", "* (1 - self.a)")))
    assert result.verdict is Verdict.MISTAKE
    assert result.pairs  # not the script's
    assert {one.place.file for one in result.mistakes if one.place} == {"block.py"}


TANH = """
import numpy as np

class Tanh:
    def forward(self, x):
        self.state = np.tanh(x)
        return self.state

    def backward(self, state=None):
        if state is not None:
            return 1 - state**2
        return 1 - self.state**2
"""


@pytest.mark.parametrize(("slip", "agreement"), [("", Agreement.AGREES), ("1 - self.state**2", Agreement.DIFFERS)])
def test_a_state_that_a_slope_can_do_without_is_not_a_gradient(tmp_path: Path, slip: str, agreement: Agreement) -> None:
    path = tmp_path / "mine.py"
    path.write_text(TANH.replace(slip, "1 - self.state") if slip else TANH)
    assert [one.agreement for one in check_layers(path)] == [agreement]


CELL = """
import numpy as np

class Cell:
    def __init__(self, input_size, hidden_size):
        self.W = np.random.randn(hidden_size, input_size)
        self.U = np.random.randn(hidden_size, hidden_size)
        self.dW, self.dU = np.zeros_like(self.W), np.zeros_like(self.U)

    def __call__(self, x, h_prev_t):
        return self.forward(x, h_prev_t)

    def forward(self, x, h_prev_t):
        h_t = np.tanh(x @ self.W.T + h_prev_t @ self.U.T)
        return h_t

    def backward(self, delta, h_t, h_prev_l, h_prev_t):
        dz = delta * (1 - h_t**2)
        self.dW += dz.T @ h_prev_l / len(delta)
        self.dU += dz.T @ h_prev_t / len(delta)
        dx = dz @ self.W
        dh_prev_t = dz @ self.U
        return dx, dh_prev_t
"""
CROSS = """
import numpy as np

def softmax(z):
    shifted = np.exp(z - z.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)

class CrossAttention:
    def __init__(self, dim):
        self.dim = dim

    def forward(self, decoded, encoded):
        self.q, self.k = decoded, encoded
        self.p = softmax(self.q @ self.k.transpose(0, 2, 1) / np.sqrt(self.dim))
        return self.p @ self.k

    def backward(self, dout):
        dp = dout @ self.k.transpose(0, 2, 1)
        ds = self.p * (dp - (dp * self.p).sum(axis=-1, keepdims=True)) / np.sqrt(self.dim)
        dX_1 = ds @ self.k
        dX_2 = ds.transpose(0, 2, 1) @ self.q + self.p.transpose(0, 2, 1) @ dout
        return dX_1, dX_2
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("source", "right", "slip"),
    [
        (CELL, "dz.T @ h_prev_l", "dz.T @ h_prev_l / 2"),
        (CELL, "dz @ self.U\n", "dz @ self.U.T\n"),
        (CROSS, " + self.p.transpose(0, 2, 1) @ dout", ""),
    ],
)
def test_a_layer_with_two_inputs_and_its_slip(tmp_path: Path, source: str, right: str, slip: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(source)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(source.replace(right, slip))
    assert check_file(path).verdict is Verdict.MISTAKE
