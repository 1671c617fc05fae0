"""A layer that takes the name of an activation is judged with each name that it compares."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict

DENSE = """
import numpy as np

class Dense:
    def __init__(self, n_in, n_out, activation="sigmoid"):
        self.W = np.random.randn(n_in, n_out) * 0.3
        self.b = np.zeros(n_out)
        self.activation = activation

    def forward(self, x):
        self.x = x
        self.z = x @ self.W + self.b
        if self.activation == "sigmoid":
            return 1 / (1 + np.exp(-self.z))
        elif self.activation == "tanh":
            return np.tanh(self.z)
        elif self.activation == "relu":
            return np.maximum(self.z, 0)
        return self.z

    def backward(self, dout):
        if self.activation == "sigmoid":
            s = 1 / (1 + np.exp(-self.z))
            dz = dout * s * (1 - s)
        elif self.activation == "tanh":
            dz = dout * (1 - np.tanh(self.z) ** 2)
        elif self.activation == "relu":
            dz = dout * (self.z > 0)
        else:
            dz = dout
        self.dW = self.x.T @ dz
        self.db = dz.sum(axis=0)
        return dz @ self.W.T
"""
ACTIVATION = """
import numpy as np

class Activation:
    def __init__(self, kind):
        self.kind = kind

    def forward(self, x):
        self.x = x
        return np.tanh(x) if self.kind == "tanh" else np.maximum(0, x) if self.kind == "relu" else None

    def backward(self, grad):
        if self.kind == "tanh":
            return grad * (1 - np.tanh(self.x) ** 2)
        if self.kind == "relu":
            return grad * (self.x > 0)
"""


@pytest.mark.every(5)
@pytest.mark.parametrize(
    ("source", "right", "slip"),
    [
        (DENSE, "(1 - np.tanh(self.z) ** 2)", "(1 - np.tanh(self.z))"),
        (DENSE, "dz = dout * (self.z > 0)", "dz = dout * self.z"),
        (
            DENSE.replace('activation="sigmoid"', "activation=None"),
            "dz = dout * s * (1 - s)",
            "dz = dout * s * (1 + s)",
        ),
        (DENSE.replace('activation="sigmoid"', "activation=None"), "dz = dout\n", "dz = dout * self.z\n"),
        (ACTIVATION, "grad * (self.x > 0)", "grad * self.x"),
    ],
)
def test_one_right_kind_does_not_hide_a_wrong_one(tmp_path: Path, source: str, right: str, slip: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(source)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(source.replace(right, slip))
    result = check_file(path)
    assert result.verdict is Verdict.MISTAKE
    line = source[: source.index(right)].count("\n") + 1
    assert line in [one.place.line for one in result.mistakes if one.place]


COPIED = """
import numpy as np

class Softplus:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.log(1 + np.exp(inputs))

    def backward(self, derivatives):
        self.derivatives = derivatives.copy()
        self.derivatives = self.derivatives / (1 + np.exp(-self.inputs))


class Ramp:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)

    def backward(self, derivatives):
        self.derivatives = derivatives.copy()
        self.derivatives[self.inputs <= 0] = 0
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("right", "slip"), [("np.exp(-self.inputs)", "np.exp(self.inputs)"), ("<= 0] = 0", "<= 0] = 1")]
)
def test_a_gradient_that_is_copied_is_not_an_object(tmp_path: Path, right: str, slip: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(COPIED)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(COPIED.replace(right, slip))
    assert check_file(path).verdict is Verdict.MISTAKE
