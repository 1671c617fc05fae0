"""Driving files of functions: what a failure says of labels and outputs, searches over settings, gradients by name."""

from __future__ import annotations

import pytest

from .test_driving import driven

START = "import numpy as np\nrng = np.random.default_rng(0)\n"

OUTPUTS_OF_THE_FILE = """
def make_weights():
    return rng.normal(size=(784, 4)) * 0.01, rng.normal(size=(4, 10)) * 0.01

def squash(z):
    return 1 / (1 + np.exp(-z))

def train_model(X, y, epochs, learning_rate):
    V, W = make_weights()
    for epoch in range(epochs):
        wanted = np.zeros((len(X), 10))
        for i, label in enumerate(y):
            wanted[i, label] = 1
        h = squash(X @ V)
        a = squash(h @ W)
        delta = (a - wanted) * a * (1 - a)
        hidden = delta @ W.T * h * (1 - h)
        W -= learning_rate * h.T @ delta
        V -= learning_rate * X.T @ hidden
    return V, W
"""

ONE_AGAINST_ALL = """
def train_each(X, y, num_labels, iterations, alpha):
    found = np.zeros((num_labels, X.shape[1]))
    for k in range(num_labels):
        wanted = np.array([1 if y[i] == k else 0 for i in range(len(y))])
        theta = np.zeros(X.shape[1])
        for _ in range(iterations):
            theta = theta - alpha * X.T.dot(1 / (1 + np.exp(-X.dot(theta))) - wanted) / len(X)
        found[k] = theta
    return found
"""

SEARCH = """
def search(X, y, epoch_list, learning_rates):
    for epochs in epoch_list:
        for rate in learning_rates:
            W = rng.normal(size=(X.shape[1], y.shape[1]))
            for _ in range(epochs):
                W -= rate * X.T @ (X @ W - y)
"""

DIRECTION = """
def initial_weights(n_outputs, n_inputs):
    return rng.normal(size=(n_outputs, n_inputs))

def squared_error_gradient(weights, x, t):
    return (x @ weights.T - t).T @ x

def descend(weights, x, t, iter_max):
    for _ in range(iter_max):
        direction = -squared_error_gradient(weights, x, t)
        weights += 0.01 * direction
"""

GRADIENT_BY_NAME = """
def initial_weights(n_outputs, n_inputs):
    return rng.normal(size=(n_outputs, n_inputs))

def squared_error_gradient(weights, x, t):
    difference = x @ weights.T - t
    return difference.T @ x
"""

FLATTENED_WEIGHTS = """
def gradient(theta, X, y):
    theta, X, y = np.matrix(theta), np.matrix(X), np.matrix(y)
    grad = np.zeros(int(theta.ravel().shape[1]))
    error = 1 / (1 + np.exp(-(X * theta.T))) - y
    for i in range(len(grad)):
        grad[i] = np.sum(np.multiply(error, X[:, i])) / len(X)
    return grad
"""


@pytest.mark.parametrize(
    ("source", "call", "most"),
    [
        (OUTPUTS_OF_THE_FILE, "V, W = train_model(X, labels, 3, 0.1)", 25),
        (ONE_AGAINST_ALL, "found = train_each(X, labels, 3, 3, 0.1)", 10),
        (SEARCH, "search(X, Y, [3], [0.1])", 10),
        (DIRECTION, "descend(weights_result, X, Y, 3)", 20),
        (GRADIENT_BY_NAME, "    result1 = squared_error_gradient(weights_result, X, Y)", 20),
        (FLATTENED_WEIGHTS, "    grad = gradient(theta, X, Y)", 20),
    ],
)
def test_the_calls_that_fit_are_found_soon(source: str, call: str, most: int) -> None:
    found = driven(START + source)
    assert found.succeeded
    assert not found.doubts
    assert call in found.lines
    assert found.count <= most


def test_the_targets_have_as_many_classes_as_the_network_of_the_file_has_outputs() -> None:
    found = driven(START + OUTPUTS_OF_THE_FILE)
    assert (found.sizes["inputs"], found.sizes["outputs"]) == (784, 10)


SETTINGS = """
def make_weights(conf):
    made = np.random.default_rng(conf["seed"])
    hidden = conf["n_hidden"]
    return made.normal(size=(conf["n_inputs"], hidden)), made.normal(size=(hidden, conf["n_outputs"]))

def train(conf, X, y):
    V, W = make_weights(conf)
    for epoch in range(conf["epochs"]):
        h = np.tanh(X @ V)
        d = h @ W - y
        hidden = d @ W.T * (1 - h ** 2)
        W -= conf["learning_rate"] * h.T @ d / len(X)
        V -= conf["learning_rate"] * X.T @ hidden / len(X)
    return V, W
"""


def test_a_dictionary_has_the_settings_that_the_functions_ask_for_which_it_is_handed_on_to() -> None:
    found = driven(START + SETTINGS)
    assert not found.doubts
    given = "{'epochs': 3, 'learning_rate': 0.1, 'n_hidden': 5, 'n_inputs': 7, 'n_outputs': 3, 'seed': 0}"
    assert f"    V, W = train({given}, X, Y)" in found.lines


MATRICES = """
def descend(X, y, theta, alpha, iters):
    new = np.matrix(np.zeros(theta.shape))
    for i in range(iters):
        error = (X * theta.T) - y
        for j in range(int(theta.ravel().shape[1])):
            new[0, j] = theta[0, j] - (alpha / len(X)) * np.sum(np.multiply(error, X[:, j]))
        theta = new
    return theta
"""


def test_data_and_weights_are_matrices_if_the_file_multiplies_them_like_that() -> None:
    found = driven(START + MATRICES)
    assert found.succeeded
    assert not found.doubts
    assert found.lines[-1] == "theta = descend(np.asmatrix(X), np.asmatrix(Y), theta, 0.1, 3)"
