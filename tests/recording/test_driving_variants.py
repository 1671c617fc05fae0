"""Driving files as other people write them: what plays which role follows from its use, not from its name."""

from __future__ import annotations

import pytest

from .driving_variants import SIZES_HANDED_ON, VARIANTS
from .test_driving import driven


@pytest.mark.every(3)
@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_is_driven_as_it_is_meant(name: str) -> None:
    source, lines = VARIANTS[name]
    found = driven(source)
    assert found.lines == lines
    assert found.succeeded
    assert not found.doubts


ACCUMULATED = """
import numpy as np
class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.w = {"w1": np.random.randn(n_in, n_hidden) * 0.3, "w2": np.random.randn(n_hidden, n_out) * 0.3}
        self.grads = {"w1": np.zeros((n_in, n_hidden)), "w2": np.zeros((n_hidden, n_out))}
    def loss(self, x, y):
        h = np.tanh(x @ self.w["w1"])
        d = h @ self.w["w2"] - y
        self.grads["w2"] += h.T @ d
        self.grads["w1"] += x.T @ (d @ self.w["w2"].T * (1 - h ** 2))
        return 0.5 * np.sum(d ** 2)
"""
CLEARING = """
    def zero_grad(self):
        self.grads["w1"][...] = 0
        self.grads["w2"][...] = 0
"""


def test_gradients_that_add_up_are_cleared_as_the_file_clears_them() -> None:
    found = driven(ACCUMULATED + CLEARING)
    assert found.lines[-1] == "    net.zero_grad()"
    assert not found.doubts


def test_gradients_that_add_up_are_doubtful_if_nothing_clears_them() -> None:
    """They may be cleared by a file that is not there."""
    assert driven(ACCUMULATED).doubts == ("gradients are added up, and nothing sets them back to 0",)


APART = """
import numpy as np
def forward(X, W1, W2):
    h = np.tanh(X @ W1)
    return h, h @ W2
def backward(X, y, out, W2):
    h, p = out
    d = p - y
    return X.T @ (d @ W2.T * (1 - h ** 2)), h.T @ d
def step(params, grads, lr):
    return [p - lr * g for p, g in zip(params, grads)]
"""


def test_weights_that_only_the_update_knows_are_doubtful() -> None:
    found = driven(APART)
    assert found.doubts or not found.succeeded


def test_targets_of_one_unit_are_not_numbers_of_classes() -> None:
    source, _ = VARIANTS["one unit"]
    assert driven(source).labels == "binary, flat"


WITHOUT_TARGETS = """
import numpy as np
def train(X, extra=None, *, more):
    w = np.random.randn(7, 3)
    for _ in range(3):
        d = X @ w
        if more is None:
            w -= 0.1 * X.T @ d
    return w
"""


def test_a_network_that_only_trains_with_none_for_its_targets_is_doubtful() -> None:
    """None fits as an index, as it does in ``y[np.arange(n), None] = 1``, and says nothing about the file."""
    assert driven(WITHOUT_TARGETS).doubts == ("more is None, and there are no targets",)


def test_layers_that_ask_whether_they_are_the_first_are_doubtful() -> None:
    """A network may train all layers but its first, which stands for the inputs."""
    source = SIZES_HANDED_ON.replace('place == "last"', 'place == "last" or place == "input"')
    assert driven(source).doubts == ("place says which layer is the first: 'last'",)


SENT_BACK = """
import numpy as np
class Net:
    def __init__(self, sizes):
        self.w = [np.random.randn(m, n) for m, n in zip(sizes, sizes[1:])]
    def __call__(self, x):
        self.a = [x]
        for w in self.w:
            self.a.append(np.tanh(self.a[-1] @ w))
        return self.a[-1]
    def backward(self, grad, lr=None):
        for i in (1, 0):
            step = self.a[i].T @ (grad * (1 - self.a[i + 1] ** 2))
            grad = (grad * (1 - self.a[i + 1] ** 2)) @ self.w[i].T
            self.w[i] SIGN= lr * step
"""


@pytest.mark.parametrize(("sign", "error"), [("-", " - Y"), ("+", "(Y - ")])
def test_what_is_sent_back_has_the_sign_that_the_project_gives_it(sign: str, error: str) -> None:
    """Without a loss of the file's own, the driver says what the error is. A network without a name for its forward
    pass is called itself, and a rate that is None is given."""
    shown = "# net.backward(y - pred)\n" if sign == "+" else ""
    found = driven(SENT_BACK.replace("SIGN", sign) + shown)
    assert found.succeeded
    assert not found.doubts
    assert any("= net(X)" in line for line in found.lines)
    assert any(error in line and "backward" in line and line.endswith("0.1)") for line in found.lines)


def test_the_shape_of_a_layers_inputs_may_be_a_column() -> None:
    source = """
import numpy as np
class Dense:
    def __init__(self, units, input_shape=None):
        self.units, self.shape = units, input_shape
    def build(self, shape):
        if self.shape is not None:
            assert len(self.shape) == 2 and self.shape[1] == 1
            shape = self.shape
        self.w = np.random.randn(shape[0], self.units)
        return (self.units, 1)
    def forward(self, x):
        self.x = x
        return np.tanh(x @ self.w)
    def backward(self, grad):
        grad = grad * (1 - np.tanh(self.x @ self.w) ** 2)
        before = grad @ self.w.T
        self.w -= 0.1 * self.x.T @ grad
        return before
class Model:
    def __init__(self):
        self.layers = []
    def add_layer(self, layer):
        self.layers.append(layer)
    def train(self, X, y, epochs):
        shape = None
        for layer in self.layers:
            shape = layer.build(shape)
        for _ in range(epochs):
            out = X
            for layer in self.layers:
                out = layer.forward(out)
            grad = out - y
            for layer in reversed(self.layers):
                grad = layer.backward(grad)
"""
    found = driven(source)
    assert found.succeeded
    assert any("(7, 1)" in line for line in found.lines)


def test_a_method_that_sets_what_another_one_reads_too_early_is_called_first() -> None:
    """The training would call it itself, but only after it has read what it sets."""
    source = """
import numpy as np
class Net:
    def prepare(self, sizes=(7, 3)):
        self.shape = sizes
        self.w = np.random.randn(*sizes)
    def train(self, X, y, epochs):
        assert X.shape[1] == self.shape[0]
        if not hasattr(self, "w"):
            self.prepare()
        for _ in range(epochs):
            self.w -= 0.1 * X.T @ (X @ self.w - y)
"""
    found = driven(source)
    assert found.succeeded
    assert [line for line in found.lines if "prepare(" in line]


BY_HELPERS = """
import math
import random
def product(A, B):
    return [[sum(a * b for a, b in zip(row, column)) for column in zip(*B)] for row in A]
def turned(A):
    return [list(row) for row in zip(*A)]
def each(f, *matrices):
    return [[f(*numbers) for numbers in zip(*rows)] for rows in zip(*matrices)]
class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.V = [[random.uniform(-1, 1) for _ in range(n_hidden)] for _ in range(n_in)]
        self.W = [[random.uniform(-1, 1) for _ in range(n_out)] for _ in range(n_hidden)]
    def train(self, X, T, rate=0.1):
        H = each(math.tanh, product(X, self.V))
        D = each(lambda o, t: o - t, product(H, self.W), T)
        E = each(lambda e, h: e * (1 - h * h), product(D, turned(self.W)), H)
        self.W = UPDATE_W
        self.V = UPDATE_V
"""


@pytest.mark.parametrize(
    "update",
    ["each(lambda w, g: w - rate * g, self.{0}, {1})", "step_of(self.{0}, {1}, rate)"],
)
def test_updates_that_a_function_of_the_file_makes(update: str) -> None:
    helper = "def step_of(A, B, rate):\n    return each(lambda a, b: a - rate * b, A, B)\n"
    updates = [update.format(*one) for one in (("W", "product(turned(H), D)"), ("V", "product(turned(X), E)"))]
    found = driven(BY_HELPERS.replace("UPDATE_W", updates[0]).replace("UPDATE_V", updates[1]) + helper)
    assert found.succeeded
    assert found.lines == ("net = Net(7, 5, 3)", "for i in range(3):", "    net.train(X, Y)")


CHOSEN_RULE = """
import numpy as np
def plain(params, grads, rate):
    for key in params:
        params[key] -= rate * grads[key]
    return params
class Network:
    def __init__(self, n_in, n_hidden, n_out):
        self.params = {"V": np.random.randn(n_in, n_hidden), "W": np.random.randn(n_hidden, n_out)}
    def pick(self, method):
        step = None
        if method == "plain":
            step = plain
        return step
    def train(self, X, Y, epochs, method="plain"):
        step = self.pick(method)
        for _ in range(epochs):
            h = np.tanh(X @ self.params["V"])
            d = (h @ self.params["W"] - Y) / len(X)
            grads = {"W": h.T @ d, "V": X.T @ (d @ self.params["W"].T * (1 - h ** 2))}
            self.params = step(self.params, grads, 0.1)
"""


def test_a_rule_that_is_chosen_among_functions() -> None:
    """The function that updates is called by another name than its own."""
    found = driven(CHOSEN_RULE)
    assert found.succeeded
    assert found.lines == ("net = Network(7, 5, 3)", "net.train(X, Y, 3)")


MADE_BY_FUNCTIONS = """
import math
class Weight:
    def __init__(self, value):
        self.value = value
class Unit:
    def __init__(self, parts, weights):
        self.parts, self.weights = parts, weights
    def out(self, row):
        return math.tanh(sum(w.value * p(row) for w, p in zip(self.weights, self.parts)))
class Network:
    def __init__(self, unit, weights):
        self.unit, self.weights = unit, weights
    def error(self, row):
        return self.unit.out(row) - row[-1]
def make_small():
    net = Network(Unit([lambda row: row[0]], [Weight(0.3)]), [])
    return net
def make_large():
    weights = [Weight(0.3), Weight(-0.2)]
    unit = Unit([lambda row: row[0], lambda row: row[1]], weights)
    net = Network(unit, weights)
    return net
def train(network, data, rate=0.1):
    for datum in data:
        error, target = network.error(datum), datum[-1]
        slope = 1 - (error + target) ** 2
        for index, weight in enumerate(network.weights):
            weight.value -= rate * error * slope * datum[index]
"""


def test_networks_that_functions_without_arguments_make_and_rows_that_end_with_the_target() -> None:
    found = driven(MADE_BY_FUNCTIONS)
    assert found.succeeded
    assert "net = make_large()" in found.lines
    assert found.layout == "rows that end with the target"


LOADED_ELSEWHERE = """
import numpy as np

def load_data():
    raw = np.ones(452)
    X_train = raw.reshape(-1, 32)
    y_train = raw.astype(int)
    return X_train, y_train

class Net:
    def __init__(self, previous_nodes, num_outputs):
        self.W = np.random.randn(previous_nodes, num_outputs)

    def fit(self, X_train, y_train, epochs=3, lr=0.1):
        for _ in range(epochs):
            self.W -= lr * X_train.T @ (X_train @ self.W - y_train)
"""


def test_data_that_a_function_of_the_file_cannot_load_are_made() -> None:
    found = driven(LOADED_ELSEWHERE)
    assert found.lines == ("net = Net(7, 3)", "net.fit(X, Y, epochs=3)")
    assert found.count <= 3  # nothing that the function is not given can help it


ONE_BY_ONE = """
import numpy as np
def start(n_in, n_hidden, n_out):
    return {"W1": np.random.randn(n_hidden, n_in), "b1": np.zeros((n_hidden, 1)),
            "W2": np.random.randn(n_out, n_hidden), "b2": np.zeros((n_out, 1))}
def forward(X, p):
    A1 = np.tanh(p["W1"] @ X + p["b1"])
    return A1, 1 / (1 + np.exp(-(p["W2"] @ A1 + p["b2"])))
def backward(X, Y, p, A1, A2):
    m = COUNT
    dZ2 = A2 - Y
    dZ1 = p["W2"].T @ dZ2 * (1 - A1 ** 2)
    return {"W1": dZ1 @ X.T / m, "b1": (dZ1 / m).reshape(p["b1"].shape),
            "W2": dZ2 @ A1.T / m, "b2": (dZ2 / m).reshape(p["b2"].shape)}
def train(X, Y, n_hidden=5, rate=0.1, epochs=10):
    p = start(X.shape[0], n_hidden, Y.shape[0])
    for _ in range(epochs):
        A1, A2 = forward(X, p)
        grads = backward(X, Y, p, A1, A2)
        for name in p:
            p[name] -= rate * grads[name]
    return p
"""


@pytest.mark.parametrize(
    ("count", "doubts"),
    [
        ("X.shape[1]", ("one observation a call; with all of them, line 13 raises ValueError",)),
        ("len(Y[0])", ("one observation a call; with all of them, line 13 raises ValueError",)),
        ("2", ()),
    ],
)
def test_one_observation_is_doubtful_if_a_backward_pass_divides_by_their_number(
    count: str, doubts: tuple[str, ...]
) -> None:
    found = driven(ONE_BY_ONE.replace("COUNT", count))
    assert found.doubts == doubts
    assert any("X[i].reshape(-1, 1)" in line for line in found.lines)


LIST_INPUT = """
import random
class Matrix:
    def __init__(self, rows, cols):
        self.rows, self.cols = rows, cols
        self.data = [[random.uniform(-1, 1) for _ in range(cols)] for _ in range(rows)]
def column(data):
    result = Matrix(len(data), 1)
    for i in range(len(data)):
        result.data[i][0] = data[i]
    return result
def product(a, b):
    if a.cols != b.rows:
        print("these do not fit")
        return None
    result = Matrix(a.rows, b.cols)
    for i in range(a.rows):
        for j in range(b.cols):
            result.data[i][j] = sum(a.data[i][k] * b.data[k][j] for k in range(b.rows))
    return result
class Net:
    def __init__(self, structure, lr=0.1):
        self.weights = Matrix(structure[-1], structure[0])
        self.lr = lr
    def learn(self, list_input, target_input):
        x, t = column(list_input), column(target_input)
        out = product(self.weights, x)
        for i in range(out.rows):
            for j in range(x.rows):
                self.weights.data[i][j] -= self.lr * (out.data[i][0] - t.data[i][0]) * x.data[j][0]
"""


def test_an_argument_that_is_called_a_list_of_inputs_is_one_row_as_a_list() -> None:
    found = driven(LIST_INPUT)
    assert not found.doubts
    assert any("learn(X[i].tolist(), Y[i].tolist())" in line for line in found.lines)
