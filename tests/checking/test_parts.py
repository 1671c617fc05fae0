"""Layers that are made of layers: their gradients are those that the inner ones keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.layers import check_layers
from harness.checking.result import Agreement, PairResult, Verdict

LINEAR = """
import numpy as np

class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.1
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.reshape(-1, self.x.shape[-1]).T @ dout.reshape(-1, dout.shape[-1])
        self.db = dout.reshape(-1, dout.shape[-1]).sum(axis=0)
        return dout @ self.W.T
"""

RELU = """
class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask
"""

FEED_FORWARD = """
class FeedForward:
    def __init__(self, dim, inner_dim):
        self.first = Linear(dim, inner_dim)
        self.act = ReLU()
        self.second = Linear(inner_dim, dim)

    def forward(self, x):
        return self.second.forward(self.act.forward(self.first.forward(x)))

    def backward(self, dout):
        return self.first.backward(self.act.backward(self.second.backward(dout)))
"""

SEQUENTIAL = """
class Sequential:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout
"""

ATTENTION = """
class Attention:
    def __init__(self, dim):
        self.q, self.k, self.v = Linear(dim, dim), Linear(dim, dim), Linear(dim, dim)
        self.scale = np.sqrt(dim)

    def forward(self, x):
        self.queries, self.keys, self.values = self.q.forward(x), self.k.forward(x), self.v.forward(x)
        scores = self.queries @ self.keys.transpose(0, 2, 1) / self.scale
        shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
        self.weights = shifted / shifted.sum(axis=-1, keepdims=True)
        return self.weights @ self.values

    def backward(self, dout):
        dweights = dout @ self.values.transpose(0, 2, 1)
        dvalues = self.weights.transpose(0, 2, 1) @ dout
        dscores = self.weights * (dweights - (dweights * self.weights).sum(axis=-1, keepdims=True)) / self.scale
        dqueries, dkeys = dscores @ self.keys, dscores.transpose(0, 2, 1) @ self.queries
        return self.q.backward(dqueries) + self.k.backward(dkeys) + self.v.backward(dvalues)
"""

NORM = """
import numpy as np

class LayerNorm:
    def __init__(self, hidden_dim):
        self.gamma, self.beta = np.ones(hidden_dim), np.zeros(hidden_dim)
        self.grads = {}

    def forward(self, x):
        self.std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-6)
        self.normed = (x - x.mean(axis=-1, keepdims=True)) / self.std
        return self.gamma * self.normed + self.beta

    def backward(self, dout):
        self.grads["dgamma"] = (dout * self.normed).sum(axis=0)
        self.grads["dbeta"] = dout.sum(axis=0)
        dnormed = dout * self.gamma
        centred = dnormed - dnormed.mean(axis=-1, keepdims=True)
        return (centred - self.normed * (dnormed * self.normed).mean(axis=-1, keepdims=True)) / self.std

    def update(self, lr=1e-3):
        self.gamma -= lr * self.grads["dgamma"]
        self.beta -= lr * self.grads["dbeta"]
"""


def pairs(folder: Path, text: str) -> dict[str, PairResult]:
    """The results of the classes of a text, by name."""
    path = folder / "net.py"
    path.write_text(text, encoding="utf-8")
    return {one.owner: one for one in check_layers(path)}


def test_the_gradients_of_inner_layers_are_compared(tmp_path: Path) -> None:
    found = pairs(tmp_path, LINEAR + RELU + FEED_FORWARD)["FeedForward"]
    assert found.agreement is Agreement.AGREES
    assert not found.unread
    labels = [one.name for one in found.gradients]
    assert labels == ["return value", "self.first.dW", "self.first.db", "self.second.dW", "self.second.db"]


@pytest.mark.slow
def test_a_layer_that_leaves_out_an_inner_one_is_wrong_at_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    slipped = (LINEAR + RELU + FEED_FORWARD).replace(
        "self.act.backward(self.second.backward(dout))", "self.second.backward(dout)"
    )
    path.write_text(slipped, encoding="utf-8")
    result = check_file(path)
    assert result.verdict is Verdict.MISTAKE
    assert [one.place.text for one in result.mistakes if one.place] == [
        "return self.first.backward(self.second.backward(dout))"
    ]


def test_a_layer_made_of_a_wrong_one_is_not_wrong_itself(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text((LINEAR + RELU + FEED_FORWARD).replace("dout * self.mask", "dout"), encoding="utf-8")
    result = check_file(path)
    assert result.verdict is Verdict.MISTAKE
    assert len(result.mistakes) == 1
    assert result.mistakes[0].place is not None
    assert result.mistakes[0].place.function.startswith("ReLU")


def test_inner_layers_may_be_imported(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("from .linear import Linear\n", encoding="utf-8")
    (tmp_path / "parts" / "linear.py").write_text(LINEAR + RELU, encoding="utf-8")
    imports = "from parts import Linear\nfrom parts.linear import ReLU\n"
    right = pairs(tmp_path, imports + FEED_FORWARD)["FeedForward"]
    assert right.agreement is Agreement.AGREES
    assert len(right.gradients) == 5
    slipped = FEED_FORWARD.replace("self.first.backward(self.act", "self.first.backward(2 * self.act")
    wrong = pairs(tmp_path, imports + slipped)["FeedForward"]
    assert not wrong.consistent or wrong.agreement is Agreement.DIFFERS


def test_a_container_goes_through_its_layers_backwards(tmp_path: Path) -> None:
    right = pairs(tmp_path, LINEAR + RELU + SEQUENTIAL)["Sequential"]
    assert right.agreement is Agreement.AGREES
    assert len(right.gradients) == 5
    wrong = pairs(tmp_path, (LINEAR + RELU + SEQUENTIAL).replace("reversed(self.layers)", "self.layers"))["Sequential"]
    assert wrong.agreement is Agreement.DIFFERS


def test_a_container_that_cannot_be_called_is_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    loaded = SEQUENTIAL.replace(
        "layers):\n        self.layers = layers", "path):\n        self.layers = np.load(path).tolist()"
    )
    text = RELU + loaded.replace("reversed(self.layers)", "self.layers")
    path.write_text("import numpy as np\n" + text, encoding="utf-8")
    result = check_file(path)
    assert result.verdict is Verdict.NOT_JUDGED
    assert "Sequential.backward" in result.detail


@pytest.mark.parametrize(("slip", "agreement"), [("", Agreement.AGREES), ("/ self.scale", Agreement.DIFFERS)])
def test_a_bias_without_influence_has_no_gradient(tmp_path: Path, slip: str, agreement: Agreement) -> None:
    text = LINEAR + ATTENTION
    if slip:
        text = text.replace("keepdims=True)) / self.scale\n        dqueries", "keepdims=True))\n        dqueries")
    assert pairs(tmp_path, text)["Attention"].agreement is agreement


@pytest.mark.parametrize(("slip", "agreement"), [("", Agreement.AGREES), ("dout * self.normed", Agreement.DIFFERS)])
def test_a_layer_is_not_a_network_for_the_name_of_its_width(tmp_path: Path, slip: str, agreement: Agreement) -> None:
    text = NORM.replace("(dout * self.normed).sum(axis=0)", "dout.sum(axis=0)") if slip else NORM
    found = pairs(tmp_path, text)["LayerNorm"]
    assert found.agreement is agreement
    assert found.consistent or slip


PRIVATE = """
import numpy as np

class Dense:
    def __init__(self, n_in, n_out):
        self.__w = np.random.randn(n_in, n_out)
        self.__b = np.zeros((1, n_out))

    def forward_propagation(self, x):
        self.__x = x
        return x @ self.__w + self.__b

    def back_propagation(self, error, lr):
        given = error @ self.__w.T
        self.__w -= lr * self.__x.T @ error
        self.__b -= lr * error.sum(axis=0, keepdims=True)
        return given
"""

BY_BATCH = """
import numpy as np

class Dense:
    def __init__(self, n_in, n_out):
        self.weights = np.random.randn(n_in, n_out)
        self.bias = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.weights + self.bias

    def backward(self, dout):
        self.dweights = self.x.T @ dout
        self.dbias = dout.sum(axis=0)
        return dout @ self.weights.T

    def weight_update(self, lr=0.01):
        self.weights -= lr * self.dweights / len(self.x)
        self.bias -= lr * self.dbias / len(self.x)
"""


@pytest.mark.parametrize(
    ("text", "slip", "agreement"),
    [
        (PRIVATE, ("", ""), Agreement.AGREES),
        (PRIVATE, ("* self.__x.T @ error", "* self.__x.T @ np.abs(error)"), Agreement.DIFFERS),
        (BY_BATCH, ("", ""), Agreement.SCALED),
    ],
)
def test_weights_may_be_private_and_updates_means(
    tmp_path: Path, text: str, slip: tuple[str, str], agreement: Agreement
) -> None:
    found = pairs(tmp_path, text.replace(*slip))["Dense"]
    assert found.agreement is agreement
    assert found.consistent


def test_one_update_that_is_a_mean_is_inconsistent(tmp_path: Path) -> None:
    assert not pairs(tmp_path, BY_BATCH.replace("self.dbias / len(self.x)", "self.dbias"))["Dense"].consistent


CHOOSING = """
from base import Layer
import numpy as np

class Dense(Layer):
    def __init__(self, shape, activation):
        self.activation = activation
        self.w = np.random.randn(shape[0], shape[1])

    def forward(self, x):
        self.x, self.out = x, self.act(self.activation, x @ self.w)
        return self.out

    def backward(self, dout):
        delta = dout * self.slope(self.activation, self.out)
        self.dw = self.x.T @ delta
        return delta @ self.w.T
"""
BASE = """
import numpy as np

class Layer:
    def act(self, name, z):
        return np.tanh(z) if name == "tanh" else np.maximum(z, 0)

    def slope(self, name, out):
        return 1 - np.tanh(out) ** 2 if name == "tanh" else out > 0
"""


def test_what_holds_for_one_activation_of_another_file_is_not_an_answer(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(BASE, encoding="utf-8")
    assert pairs(tmp_path, CHOOSING)["Dense"].agreement is not Agreement.AGREES
