"""Driving files by what they do with an argument elsewhere: results without names, texts, parts of a list of pairs."""

from __future__ import annotations

import pytest

from .test_driving import driven

START = "import numpy as np\nrng = np.random.default_rng(0)\n"

WITHOUT_NAMES = """
def start(n_in, n_hidden, n_out):
    return (rng.normal(size=(n_hidden, n_in)), np.zeros((n_hidden, 1)),
            rng.normal(size=(n_out, n_hidden)), np.zeros((n_out, 1)))

def forward(X, W1, b1, W2, b2):
    a1 = np.tanh(W1 @ X + b1)
    return a1, 1 / (1 + np.exp(-(W2 @ a1 + b2)))

def backward(X, Y, W2, a1, a2):
    m = X.shape[1]
    delta = a2 - Y
    inner = W2.T @ delta * (1 - a1 ** 2)
    return inner @ X.T / m, inner.sum(1, keepdims=True) / m, delta @ a1.T / m, delta.sum(1, keepdims=True) / m

def update(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha):
    return W1 - alpha * dW1, b1 - alpha * db1, W2 - alpha * dW2, b2 - alpha * db2
"""

UNPACKED_BY_A_CALLER = """
def start(n_in, n_out):
    return rng.normal(size=(n_in, n_out)), np.zeros(n_out)

def slopes(X, y, V, c):
    error = X @ V + c - y
    return X.T @ error / len(X), error.mean(axis=0)

def improve(V, c, dV, dc, rate):
    return V - rate * dV, c - rate * dc

def describe(data):
    V, c = start(data.shape[1], 2)
    print(V.shape, c.shape)
"""

NAME_OF_A_KIND = """
def start(layer_dims):
    params = {}
    for l in range(1, len(layer_dims)):
        params["W" + str(l)] = rng.normal(size=(layer_dims[l], layer_dims[l - 1]))
        params["b" + str(l)] = np.zeros((layer_dims[l], 1))
    return params

def activate(Z, kind):
    if kind == "sigmoid":
        return 1 / (1 + np.exp(-Z))
    return np.maximum(Z, 0)

def slope(A, kind):
    return A * (1 - A) if kind == "sigmoid" else 1.0 * (A > 0)

def forward_pass(X, params, hidden: str):
    L = len(params) // 2
    A, cache = X, [X]
    for l in range(1, L + 1):
        A = activate(params["W" + str(l)] @ A + params["b" + str(l)], hidden if l < L else "sigmoid")
        cache.append(A)
    return A, cache

def backward_pass(Y, params, cache, hidden: str):
    L, m, grads = len(params) // 2, Y.shape[1], {}
    dZ = cache[-1] - Y
    for l in range(L, 0, -1):
        grads["dW" + str(l)] = dZ @ cache[l - 1].T / m
        grads["db" + str(l)] = dZ.sum(axis=1, keepdims=True) / m
        if l > 1:
            dZ = params["W" + str(l)].T @ dZ * slope(cache[l - 1], hidden)
    return grads

def update(params, grads, learning_rate):
    for key in params:
        params[key] = params[key] - learning_rate * grads["d" + key]
    return params
"""

PARTS_OF_PAIRS = """
class Regression:
    def __init__(self, n_inputs, n_outputs):
        self.W = rng.normal(size=(n_inputs, n_outputs))

    def sgd(self, training_set, epochs, m, eta):
        for _ in range(epochs):
            parts = [training_set[k:k + m] for k in range(0, len(training_set), m)]
            for part in parts:
                self.improve(part, eta)

    def improve(self, part, eta):
        inputs = np.array([one.ravel() for one, _ in part])
        wanted = np.array([other.ravel() for _, other in part])
        self.W -= eta / len(part) * inputs.T @ (inputs @ self.W - wanted)
"""


LISTS_OF_FUNCTIONS = """
def sigmoid(x):
    return 1 / (1 + np.exp(-x))

def sigmoid_derivative(x):
    return sigmoid(x) * (1 - sigmoid(x))

class Network:
    def __init__(self, sizes, activations: list, derivatives: list, eta=0.5):
        self.sizes, self.activations, self.derivatives, self.eta = sizes, activations, derivatives, eta
        self.weights = [rng.normal(size=(a, b)) for a, b in zip(sizes[:-1], sizes[1:])]

    def forward(self, x):
        self.a, self.z = [x], []
        for i, w in enumerate(self.weights):
            self.z.append(self.a[-1] @ w)
            self.a.append(self.activations[i](self.z[-1]))
        return self.a[-1]

    def train(self, x, y, epochs):
        for _ in range(epochs):
            delta = self.forward(x) - y
            for i in range(len(self.weights) - 1, -1, -1):
                delta = delta * self.derivatives[i](self.z[i])
                step = self.a[i].T @ delta
                delta = delta @ self.weights[i].T
                self.weights[i] -= self.eta * step
"""


@pytest.mark.parametrize(
    ("source", "call"),
    [
        (WITHOUT_NAMES, "    W1, b1, W2, b2 = update(W1, b1, W2, b2, dW1, db1, dW2, db2, 0.1)"),
        (UNPACKED_BY_A_CALLER, "    V, c = improve(V, c, dV, dc, 0.1)"),
        (NAME_OF_A_KIND, "    grads = backward_pass(Y.T, params, cache, 'sigmoid')"),
        (
            LISTS_OF_FUNCTIONS,
            "net = Network([7, 5, 3], [sigmoid, sigmoid], [sigmoid_derivative, sigmoid_derivative])",
        ),
        (PARTS_OF_PAIRS, "regression.sgd(list(zip(X, Y)), 3, len(X), 0.1)"),
    ],
)
def test_what_takes_an_argument_or_a_result_says_what_it_is(source: str, call: str) -> None:
    found = driven(START + source)
    assert found.succeeded
    assert not found.doubts
    assert call in found.lines, found.lines
    assert found.count <= 20
