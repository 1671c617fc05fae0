"""Files that define networks in ways of their own: a name, the text, a part of it, and a slip in its place."""

OPTIMIZER_OF_LAYERS = """
import numpy as np


class Affine:
    def __init__(self, n_in, n_out):
        self.weights = np.random.randn(n_out, n_in) * 0.3
        self.bias = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return self.weights @ x + self.bias

    def backward(self, grad):
        self.dw = np.outer(grad, self.x)
        self.db = grad
        return self.weights.T @ grad


class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, grad):
        return grad * (1 - self.y ** 2)


class Chain:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)


class CrossEntropy:
    def forward(self, out, target):
        e = np.exp(out - out.max())
        self.shares, self.target = e / e.sum(), target
        return -np.log(self.shares[target])

    def backward(self):
        wanted = np.zeros(len(self.shares))
        wanted[self.target] = 1
        return self.shares - wanted


class SGD:
    def __init__(self, layers, rate=0.1):
        self.layers, self.rate = layers, rate

    def update(self):
        for layer in self.layers:
            if hasattr(layer, "dw"):
                layer.weights -= self.rate * layer.dw
                layer.bias -= self.rate * layer.db


def train(model, loss_fn, optimizer, inputs, targets, epochs=10):
    for epoch in range(epochs):
        for i in range(len(inputs)):
            loss = loss_fn.forward(model.forward(inputs[i]), targets[i])
            model.backward(loss_fn.backward())
            optimizer.update()


if __name__ == "__main__":
    model = Chain([Affine(784, 30), Tanh(), Affine(30, 10)])
    loss_fn = CrossEntropy()
    optimizer = SGD(model.layers)
"""

WEIGHTS_BY_LETTERS = """
import numpy as np


def next_rows(data, result, at, size):
    return at + size, np.array(data[at : at + size]), np.array(result[at : at + size])


def descend(data, result, hid_w, out_w, hid_b, out_b, steps, rate, size):
    at = 0
    for _ in range(steps):
        at, rows, wanted = next_rows(data, result, at, size)
        hidden = np.tanh(rows.dot(hid_w) + hid_b)
        out = hidden.dot(out_w) + out_b
        error = wanted - out
        back = error.dot(out_w.T) * (1 - hidden ** 2)
        out_w += hidden.T.dot(error) * rate
        out_b += error.sum(axis=0) * rate
        hid_w += rows.T.dot(back) * rate
        hid_b += back.sum(axis=0) * rate
"""

BUILDER = """
import numpy as np


class Network:
    def __init__(self):
        self.stack, self.rate = [], None

    def layer(self, n_in, n_out, kind="tanh"):
        self.stack.append({"W": np.random.randn(n_in, n_out) / n_in, "b": np.zeros((1, n_out)), "kind": kind})
        return self

    def compile(self, rate=0.05):
        self.rate = rate
        return self

    def run(self, x):
        self.kept = [x]
        for part in self.stack:
            z = self.kept[-1] @ part["W"] + part["b"]
            self.kept.append(np.tanh(z) if part["kind"] == "tanh" else z)
        return self.kept[-1]

    def fit(self, x, y, epochs=20):
        if self.rate is None:
            raise RuntimeError("call compile before fit")
        for _ in range(epochs):
            back = 2 * (self.run(x) - y) / y.size
            for i in reversed(range(len(self.stack))):
                part = self.stack[i]
                if part["kind"] == "tanh":
                    back = back * (1 - self.kept[i + 1] ** 2)
                dw, db = self.kept[i].T @ back, back.sum(axis=0, keepdims=True)
                back = back @ part["W"].T
                part["W"] -= self.rate * dw
                part["b"] -= self.rate * db
        return self
"""

NAMES_IN_A_MESSAGE = """
import numpy as np


class Net:
    def __init__(self, sizes, kind, rate):
        steps = {"logistic": lambda z: 1 / (1 + np.exp(-z)), "bent": np.tanh}
        slopes = {"logistic": lambda a: a * (1 - a), "bent": lambda a: 1 - a * a}
        if kind not in steps:
            raise ValueError(f"unknown kind {kind}, choose from {', '.join(steps)}")
        self.W = [np.random.randn(a, b) * 0.3 for a, b in zip(sizes, sizes[1:])]
        self.f, self.df, self.rate = steps[kind], slopes[kind], rate

    def learn(self, X, T):
        outs = [X]
        for W in self.W:
            outs.append(self.f(outs[-1] @ W))
        err = outs[-1] - T
        for i in range(len(self.W) - 1, -1, -1):
            d = err * self.df(outs[i + 1])
            err = d @ self.W[i].T
            self.W[i] -= self.rate * outs[i].T @ d
"""

STYLES = {
    "calls that follow each other": (BUILDER, "* (1 - self.kept[i + 1] ** 2)", "* (1 - self.kept[i + 1])"),
    "names that only a message lists": (NAMES_IN_A_MESSAGE, "err = d @ self.W[i].T", "err = err @ self.W[i].T"),
    "an optimizer of the layers that are trained": (
        OPTIMIZER_OF_LAYERS,
        "return grad * (1 - self.y ** 2)",
        "return grad * (1 - self.y)",
    ),
    "weights that are named by a layer and a letter": (
        WEIGHTS_BY_LETTERS,
        "* (1 - hidden ** 2)",
        "* (1 - hidden)",
    ),
}

KEPT_UNITS = """
import numpy as np


def start(n_in, n_hidden, n_out):
    return {"W1": np.random.randn(n_hidden, n_in) * 0.4, "W2": np.random.randn(n_out, n_hidden) * 0.4}


def forward(X, parameters, keep_prob=0.6):
    Z1 = parameters["W1"] @ X
    A1 = np.tanh(Z1)
    D1 = np.random.rand(*A1.shape) < keep_prob
    A1 = A1 * D1 / keep_prob
    A2 = 1 / (1 + np.exp(-parameters["W2"] @ A1))
    return A2, (Z1, D1, A1)


def backward(X, Y, A2, cache, parameters, keep_prob):
    Z1, D1, A1 = cache
    dZ2 = (A2 - Y) / X.shape[1]
    dW2 = dZ2 @ A1.T
    dA1 = parameters["W2"].T @ dZ2 * D1
    dA1 = dA1 / keep_prob
    dW1 = dA1 * (1 - np.tanh(Z1) ** 2) @ X.T
    return {"dW1": dW1, "dW2": dW2}


def step(parameters, grads, rate):
    for name in parameters:
        parameters[name] = parameters[name] - rate * grads["d" + name]
    return parameters
"""
STYLES["the share of kept units, a default of one function"] = (KEPT_UNITS, "np.tanh(Z1) ** 2", "np.tanh(Z1)")
