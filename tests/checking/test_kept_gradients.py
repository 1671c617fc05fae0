"""Layers whose weights and gradients are items of dictionaries and lists, or come back in a dictionary."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.layers import check_layers
from harness.checking.result import Agreement, Verdict
from harness.recording.driving.pairs.kept import given_back_keys, kept_items
from harness.recording.driving.source import read_source

KEYED = """
import numpy as np

class Linear:
    def __init__(self, n_in, n_out):
        self.params = {"W": np.random.randn(n_in, n_out) * 0.1, "b": np.zeros(n_out)}
        self.grads = {}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, dout):
        self.grads["W"] = self.x.T @ dout
        self.grads["b"] = dout.sum(axis=0)
        return dout @ self.params["W"].T
"""

LISTED = """
import numpy as np

class RNN:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(np.dot(h_prev, Wh) + np.dot(x, Wx) + b)
        self.cache = x, h_prev, h_next
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache
        dt = dh_next * (1 - h_next**2)
        self.grads[0][...] = np.dot(x.T, dt)
        self.grads[1][...] = np.dot(h_prev.T, dt)
        self.grads[2][...] = np.sum(dt, axis=0)
        return np.dot(dt, Wx.T), np.dot(dt, Wh.T)
"""

GIVEN_BACK = """
import numpy as np

class Linear:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out) * 0.1, np.zeros(n_out)

    def forward(self, x):
        return x @ self.W + self.b, {"x": x}

    def backward(self, dout, cache):
        grads = {"W": cache["x"].T @ dout}
        grads["b"] = dout.sum(axis=0)
        return dout @ self.W.T, grads

class Scale:
    def __init__(self, dim):
        self.gamma = np.ones(dim)

    def forward(self, x):
        return self.gamma * x, {"x": x}

    def backward(self, dout, cache):
        return {"dx": dout * self.gamma, "dgamma": (dout * cache["x"]).sum(axis=0)}
"""

IN_ORDER = """
import numpy as np

class Linear:
    def __init__(self, n_in, n_out):
        self.parameters = {"W": np.random.randn(n_in, n_out) * 0.4, "b": np.zeros(n_out)}

    def __call__(self, X):
        self.X = X
        return X @ self.parameters["W"] + self.parameters["b"]

    def backward(self, dZ):
        return dZ @ self.parameters["W"].T, self.X.T @ dZ, dZ.sum(axis=0)
"""

FILLED = """
import numpy as np

class Dense:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out) * 0.1, np.zeros(n_out)
        self.dW, self.db = np.zeros((n_in, n_out)), np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        for j in range(dout.shape[1]):
            self.dW[:, j] = self.x.T @ dout[:, j]
            self.db[j] = dout[:, j].sum()
        return dout @ self.W.T
"""

# a right file, what is replaced by a slip, the slip, and what is then wrong
FILES = [
    pytest.param(KEYED, "self.x.T @ dout", "self.x.T @ dout * dout.sum()", {"self.grads['W']"}, id="keys"),
    pytest.param(LISTED, "np.dot(h_prev.T, dt)", "np.dot(h_prev.T, dh_next)", {"self.grads[1]"}, id="numbers"),
    pytest.param(IN_ORDER, "self.X.T @ dZ,", "self.X.T @ dZ * dZ.sum(),", {"gradient of parameters['W']"}, id="order"),
    pytest.param(FILLED, "self.x.T @ dout[:, j]", "self.x.T @ dout[:, 0]", {"self.dW"}, id="columns"),
    pytest.param(GIVEN_BACK, "dout.sum(axis=0)\n", "dout[0]\n", {"b"}, id="given-back"),
]


@pytest.mark.every(2)
@pytest.mark.parametrize(("text", "old", "new", "wrong"), FILES)
def test_gradients_in_dictionaries_and_lists_are_compared(
    tmp_path: Path, text: str, old: str, new: str, wrong: set[str]
) -> None:
    path = tmp_path / "layers.py"
    path.write_text(text)
    pairs = check_layers(path)
    assert {one.agreement for pair in pairs for one in pair.gradients} == {Agreement.AGREES}
    assert not any(pair.unread for pair in pairs)
    path.write_text(text.replace(old, new))
    gradients = [one for pair in check_layers(path) for one in pair.gradients]
    assert {one.name for one in gradients if one.agreement is Agreement.DIFFERS} == wrong


@pytest.mark.slow
def test_a_weight_in_a_dictionary_without_a_gradient_leaves_the_layer_unjudged(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text(KEYED.replace('        self.grads["b"] = dout.sum(axis=0)\n', ""))
    result = check_file(path)
    assert result.verdict is Verdict.NOT_JUDGED
    assert "self.params['b']" in result.detail


def test_items_have_the_names_of_their_keys_or_of_what_is_put_there() -> None:
    methods = read_source(LISTED).classes["RNN"].methods
    assert [one.name for one in kept_items([methods["__init__"]])["params"]] == ["Wx", "Wh", "b"]
    assert [one.path for one in kept_items([methods["backward"]])["grads"]] == ["grads[0]", "grads[1]", "grads[2]"]
    back = read_source(GIVEN_BACK).classes["Linear"].methods["backward"]
    assert given_back_keys(back) == {"[1]": ["W", "b"]}


HANDED_ON = """
import numpy as np

class Dropout:
    def __init__(self, drop_rate):
        self.rate = 1 - drop_rate

    def forward(self, inputs):
        self.mask = np.random.binomial(1, self.rate, size=inputs.shape) / self.rate
        self.output = inputs * self.mask

    def backward(self, derivatives):
        self.derivatives = derivatives * self.mask

class ReLU:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)

    def backward(self, derivatives: np.ndarray):
        self.derivatives = derivatives.copy()
        self.derivatives[self.inputs < 0] = 0

class SquaredLoss:
    def calculate(self, y_true, y_pred):
        return ((y_true - y_pred) ** 2).mean()

    def backward(self, y_true, y_pred):
        self.derivatives = -2 * (y_true - y_pred) / y_true.size
"""


def test_what_a_backward_pass_keeps_under_the_name_of_its_argument_is_handed_on(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(HANDED_ON, encoding="utf-8")
    assert [one.agreement for one in check_layers(path)] == [Agreement.AGREES] * 3
    path.write_text(HANDED_ON.replace("derivatives * self.mask", "derivatives * (self.mask > 0)"), encoding="utf-8")
    dropout, relu, _ = check_layers(path)
    assert dropout.agreement is Agreement.DIFFERS
    assert relu.agreement is Agreement.AGREES
    path.write_text(HANDED_ON.replace("derivatives * self.mask", "derivatives"), encoding="utf-8")
    assert check_layers(path)[0].agreement is Agreement.NOT_JUDGED


GATES = """
import numpy as np

class Gate:
    def __init__(self, n_in, n_out):
        self.wr, self.brx = np.random.randn(n_in, n_out), np.random.randn(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.wr + self.brx

    def backward(self, dout):
        self.dwr = self.x.T @ dout
        self.dbrx = dout.sum(axis=0)
        return dout @ self.wr.T
"""


def test_a_gradient_may_be_the_name_of_its_parameter_after_a_d(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(GATES, encoding="utf-8")
    (gate,) = check_layers(path)
    assert gate.agreement is Agreement.AGREES
    assert not gate.unread
    path.write_text(GATES.replace("dout.sum(axis=0)", "dout.max(axis=0)"), encoding="utf-8")
    assert check_layers(path)[0].agreement is Agreement.DIFFERS
