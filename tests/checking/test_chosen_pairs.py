"""Options of a class that the calls bring together, and the file does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Remark, Verdict
from tests.network_files import write_file

NETWORK = """
import numpy as np

class Network:
    def __init__(self, sizes, activations, loss="mse", rate=0.1):
        self.sizes, self.activations, self.loss, self.rate = sizes, activations, loss, rate
        pairs = list(zip(sizes[:-1], sizes[1:]))
        self.weights = [np.random.randn(i, o) * 0.3 for i, o in pairs]
        self.biases = [np.zeros((1, o)) for _, o in pairs]

    def activate(self, z, name):
        if name == "relu":
            return np.maximum(z, 0)
        if name == "sigmoid":
            return 1 / (1 + np.exp(-z))
        if name == "softmax":
            e = np.exp(z - z.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)
        raise ValueError(name)

    def slope(self, a, name):
        if name == "relu":
            return (a > 0) * 1.0
        return a * (1 - a) if name == "sigmoid" else np.ones_like(a)

    def forward(self, x):
        self.a = [x]
        for w, b, name in zip(self.weights, self.biases, self.activations):
            self.a.append(self.activate(self.a[-1] @ w + b, name))
        return self.a[-1]

    def cost(self, y):
        if self.loss == "cross_entropy":
            return -np.mean(np.sum(y * np.log(self.a[-1]), axis=1))
        return np.mean(np.sum((self.a[-1] - y) ** 2, axis=1))

    def backward(self, y):
        error = self.a[-1] - y
        if self.loss == "cross_entropy":
            delta = error / len(y)
        elif self.loss == "mse":
            delta = 2 * error / len(y) * self.slope(self.a[-1], self.activations[-1])
        for layer in reversed(range(len(self.weights))):
            dw, db = self.a[layer].T @ delta, delta.sum(axis=0, keepdims=True)
            if layer:
                delta = delta @ self.weights[layer].T * self.slope(self.a[layer], self.activations[layer - 1])
            self.weights[layer] -= self.rate * dw
            self.biases[layer] -= self.rate * db

    def train(self, X, y, epochs):
        for _ in range(epochs):
            self.forward(X)
            print("loss", self.cost(y))
            self.backward(y)
"""
SLOPE = " * self.slope(self.a[-1], self.activations[-1])"


@pytest.mark.slow
def test_a_pair_of_options_that_the_file_does_not_bring_together_is_not_its_mistake(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "network.py", NETWORK))
    assert result.verdict is Verdict.CORRECT
    notes = [detail for id, _, detail in result.notes if id is Remark.OPTION_NOT_JUDGED]
    assert "'softmax' with another loss" in notes


@pytest.mark.slow
def test_a_cost_that_is_wrong_with_every_output_is_a_mistake(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "network.py", NETWORK.replace(SLOPE, "")))
    assert [one.id for one in result.mistakes] == ["missing-output-activation-derivative"]


OUTPUT_BY_DEFAULT = """
import numpy as np

def tanh(z):
    return np.tanh(z)

def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)

class Layer:
    def __init__(self, units, activation="tanh"):
        self.units, self.weights = units, None
        self.activate = {"tanh": tanh, "softmax": softmax}[activation]

    def forward(self, x):
        if self.weights is None:
            self.weights = np.random.randn(x.shape[1], self.units) * 0.3
        self.x, self.a = x, self.activate(x @ self.weights)
        return self.a

class Network:
    def __init__(self, rate=0.1):
        self.layers, self.rate = [], rate

    def add(self, layer):
        self.layers.append(layer)

    def fit(self, X, y, epochs=5):
        for _ in range(epochs):
            a = X
            for layer in self.layers:
                a = layer.forward(a)
            delta = DELTA
            for number in reversed(range(len(self.layers))):
                layer = self.layers[number]
                step = layer.x.T @ delta
                if number:
                    delta = delta @ layer.weights.T * (1 - layer.x**2)
                layer.weights = layer.weights - self.rate * step
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("delta", "verdict"),
    [("a - y", Verdict.NOT_JUDGED), ("(a - y) * (1 - a**2)", Verdict.CORRECT), ("(a - y) * a", Verdict.MISTAKE)],
)
def test_an_output_with_the_default_of_all_layers_may_be_one_that_the_file_does_not_mean(
    tmp_path: Path, delta: str, verdict: Verdict
) -> None:
    result = check_file(write_file(tmp_path / "net.py", OUTPUT_BY_DEFAULT.replace("DELTA", delta)))
    assert result.verdict is verdict
