"""Files that only define networks of objects, each right, with an edit that makes it wrong.

STYLES: name -> (text, what the mistake replaces, by what).
"""

LAYERS = """
import numpy as np


class Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.3 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.biases

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T


class Tanh:
    def forward(self, inputs):
        self.output = np.tanh(inputs)

    def backward(self, dvalues):
        self.dinputs = dvalues * (1 - self.output**2)
"""

METRIC_AND_FINALIZE = (
    LAYERS
    + """

class SquaredError:
    def calculate(self, output, y):
        return np.mean((output - y) ** 2)

    def backward(self, output, y):
        self.dinputs = 2 * (output - y) / y.size


class GradientDescent:
    def __init__(self, learning_rate=0.1):
        self.learning_rate = learning_rate

    def update_params(self, layer):
        layer.weights -= self.learning_rate * layer.dweights
        layer.biases -= self.learning_rate * layer.dbiases


class Hits:
    def init(self, y):
        pass

    def calculate(self, predictions, y):
        return np.mean(np.argmax(predictions, axis=1) == np.argmax(y, axis=1))


class Model:
    def __init__(self):
        self.layers = []

    def add(self, layer):
        self.layers.append(layer)

    def set(self, *, loss, optimizer, measure):
        self.loss = loss
        self.optimizer = optimizer
        self.measure = measure

    def finalize(self):
        self.trainable = [layer for layer in self.layers if hasattr(layer, "weights")]

    def train(self, X, y, *, epochs=1):
        self.measure.init(y)
        for epoch in range(epochs):
            values = X
            for layer in self.layers:
                layer.forward(values)
                values = layer.output
            print(epoch, self.loss.calculate(values, y), self.measure.calculate(values, y))
            self.loss.backward(values, y)
            gradient = self.loss.dinputs
            for layer in reversed(self.layers):
                layer.backward(gradient)
                gradient = layer.dinputs
            for layer in self.trainable:
                self.optimizer.update_params(layer)
"""
)

SLOPES = """
import numpy as np


class Linear:
    def __init__(self, input_size, output_size):
        self.parameters = {"W": np.random.randn(input_size, output_size) * 0.4, "b": np.zeros(output_size)}

    def __call__(self, X):
        self.X = X
        return X @ self.parameters["W"] + self.parameters["b"]

    def backward(self, dZ):
        return dZ @ self.parameters["W"].T, self.X.T @ dZ, dZ.sum(axis=0)


class Sigmoid:
    def __call__(self, X):
        self.z = 1 / (1 + np.exp(-X))
        return self.z

    def backward(self):
        return self.z * (1 - self.z)


class SquaredError:
    def __call__(self, Z, Y):
        return self.forward(Z, Y)

    def forward(self, Z, Y):
        self.difference = Z - Y
        return 0.5 * np.sum(self.difference**2)

    def backward(self):
        return self.difference


class Model:
    def __init__(self, input_size, hidden_size, output_size, lr):
        self.l1 = Linear(input_size, hidden_size)
        self.sigmoid = Sigmoid()
        self.l2 = Linear(hidden_size, output_size)
        self.lr = lr

    def forward(self, x):
        return self.l2(self.sigmoid(self.l1(x)))

    def backward(self, dZ):
        dA, dW2, db2 = self.l2.backward(dZ)
        dZ = dA * self.sigmoid.backward()
        dA, dW1, db1 = self.l1.backward(dZ)
        return [(dW1, db1), (dW2, db2)]

    def step(self, dZ):
        for layer, (dW, db) in zip((self.l1, self.l2), self.backward(dZ)):
            layer.parameters["W"] -= self.lr * dW
            layer.parameters["b"] -= self.lr * db
"""

ONE_LAYER = """
import numpy as np


class Softmax:
    def __init__(self, layers_size):
        self.parameters = {
            "W": np.random.randn(layers_size[1], layers_size[0]) * 0.3,
            "b": np.zeros((layers_size[1], 1)),
        }

    def forward(self, X):
        Z = self.parameters["W"] @ X.T + self.parameters["b"]
        E = np.exp(Z - Z.max(axis=0))
        return E / E.sum(axis=0)

    def train(self, X, Y, learning_rate=0.05):
        A = self.forward(X)
        loss = -np.sum(Y.T * np.log(A)) / len(X)
        dZ = (A - Y.T) / len(X)
        self.parameters["W"] = self.parameters["W"] - learning_rate * dZ @ X
        self.parameters["b"] = self.parameters["b"] - learning_rate * dZ.sum(axis=1, keepdims=True)
        return loss
"""

ROW_BY_ROW = """
import numpy as np


class FullyConnected:
    def __init__(self, in_size, out_size):
        self.weights = np.random.uniform(-0.5, 0.5, (in_size, out_size))
        self.bias = np.zeros((1, out_size))
        self.reset_gradients()

    def reset_gradients(self):
        self.weights_gradient = np.zeros(self.weights.shape)
        self.bias_gradient = np.zeros(self.bias.shape)

    def forward_propagation(self, input):
        self.input = input
        self.output = np.tanh(input @ self.weights + self.bias)
        return self.output

    def backward_propagation(self, delta):
        delta = delta * (1 - self.output**2)
        self.weights_gradient += self.input.T @ delta
        self.bias_gradient += delta
        return delta @ self.weights.T

    def update_weights(self, eta):
        self.weights -= eta * self.weights_gradient
        self.bias -= eta * self.bias_gradient


class MSE:
    def compute(self, outputs, targets):
        return np.sum((outputs - targets) ** 2)

    def derivative(self, outputs, targets):
        return 2 * (outputs - targets)


class Network:
    def __init__(self, loss):
        self.loss = loss
        self.layers = []

    def add(self, layer):
        self.layers.append(layer)

    def forward_propagation(self, pattern):
        for layer in self.layers:
            pattern = layer.forward_propagation(pattern)
        return pattern

    def backward_propagation(self, output, target):
        gradient = self.loss.derivative(output, target)
        for layer in reversed(self.layers):
            gradient = layer.backward_propagation(gradient)

    def update_weights(self, learning_rate):
        for layer in self.layers:
            layer.update_weights(learning_rate)

    def reset_gradients(self):
        for layer in self.layers:
            layer.reset_gradients()
"""

STYLES = {
    "a metric with an empty method, and finalize": (
        METRIC_AND_FINALIZE,
        "dvalues * (1 - self.output**2)",
        "dvalues * (1 - self.output)",
    ),
    "a step that is given the gradient of a loss": (
        SLOPES,
        "return self.z * (1 - self.z)",
        "return self.z * (1 + self.z)",
    ),
    "one layer, of a list of sizes": (ONE_LAYER, "dZ = (A - Y.T) / len(X)", "dZ = (A - Y.T * A) / len(X)"),
    "one row at a time": (ROW_BY_ROW, "delta * (1 - self.output**2)", "delta * (1 - self.output)"),
}

CALLERS_SET_ATTRIBUTES = """
import copy

import numpy as np


class Uniform:
    def initialize(self, shape):
        return np.random.uniform(-0.5, 0.5, shape)


class Sgd:
    def __init__(self, learning_rate):
        self.learning_rate = learning_rate

    def calculate_update(self, weight_tensor, gradient_tensor):
        return weight_tensor - self.learning_rate * gradient_tensor


class FullyConnected:
    trainable = True

    def __init__(self, input_size, output_size):
        self.shape = (input_size + 1, output_size)

    def initialize(self, weights_initializer):
        self.weights = weights_initializer.initialize(self.shape)

    def forward(self, input_tensor):
        self.input_tensor = np.hstack([input_tensor, np.ones((len(input_tensor), 1))])
        return self.input_tensor @ self.weights

    def backward(self, error_tensor):
        before = error_tensor @ self.weights[:-1].T
        self.weights = self.optimizer.calculate_update(self.weights, self.input_tensor.T @ error_tensor)
        return before


class TanH:
    trainable = False

    def forward(self, input_tensor):
        self.activation = np.tanh(input_tensor)
        return self.activation

    def backward(self, error_tensor):
        return error_tensor * (1 - self.activation**2)


class L2Loss:
    def forward(self, input_tensor, label_tensor):
        self.input_tensor = input_tensor
        return np.sum((input_tensor - label_tensor) ** 2)

    def backward(self, label_tensor):
        return 2 * (self.input_tensor - label_tensor)


class NeuralNetwork:
    def __init__(self, optimizer, weights_initializer):
        self.optimizer = optimizer
        self.weights_initializer = weights_initializer
        self.loss = []
        self.layers = []
        self.data_layer = None
        self.loss_layer = None

    def forward(self):
        input_tensor, self.label_tensor = self.data_layer.next()
        for layer in self.layers:
            input_tensor = layer.forward(input_tensor)
        return self.loss_layer.forward(input_tensor, self.label_tensor)

    def backward(self):
        error_tensor = self.loss_layer.backward(self.label_tensor)
        for layer in reversed(self.layers):
            error_tensor = layer.backward(error_tensor)

    def append_layer(self, layer):
        if layer.trainable:
            layer.optimizer = copy.deepcopy(self.optimizer)
            layer.initialize(self.weights_initializer)
        self.layers.append(layer)

    def train(self, iterations):
        for _ in range(iterations):
            self.loss.append(self.forward())
            self.backward()
"""

STYLES["attributes that callers set"] = (
    CALLERS_SET_ATTRIBUTES,
    "error_tensor * (1 - self.activation**2)",
    "error_tensor * (1 - self.activation)",
)

LOSS_AND_GRADIENTS = """
import numpy as np


class TwoLayers:
    def __init__(self, input_dim, hidden_dim, num_classes):
        self.params = {
            "W1": np.random.randn(input_dim, hidden_dim) * 0.3,
            "b1": np.zeros(hidden_dim),
            "W2": np.random.randn(hidden_dim, num_classes) * 0.3,
            "b2": np.zeros(num_classes),
        }

    def loss_and_grads(self, X, y):
        h = np.tanh(X @ self.params["W1"] + self.params["b1"])
        difference = h @ self.params["W2"] + self.params["b2"] - y
        loss = 0.5 * np.sum(difference**2)
        out = {"W2": h.T @ difference, "b2": difference.sum(axis=0)}
        dh = difference @ self.params["W2"].T * (1 - h**2)
        out["W1"] = X.T @ dh
        out["b1"] = dh.sum(axis=0)
        return loss, out
"""

MAKE_LAYERS = """
import numpy as np


class Net:
    def __init__(self):
        self.layers = []

    def make_layers(self, sizes):
        for a, b in zip(sizes[:-1], sizes[1:]):
            self.layers.append({"w": np.random.randn(a, b) * 0.4, "b": np.zeros(b)})

    def feed(self, x):
        self.values = [x]
        for layer in self.layers:
            self.values.append(np.tanh(self.values[-1] @ layer["w"] + layer["b"]))
        return self.values[-1]

    def correct(self, y, rate):
        delta = (self.values[-1] - y) * (1 - self.values[-1] ** 2)
        for layer, before in zip(reversed(self.layers), reversed(self.values[:-1])):
            step_w, step_b = before.T @ delta, delta.sum(axis=0)
            delta = (delta @ layer["w"].T) * (1 - before**2)
            layer["w"] -= rate * step_w
            layer["b"] -= rate * step_b
"""

STYLES["all gradients from one method"] = (LOSS_AND_GRADIENTS, "* (1 - h**2)", "* (1 - h)")
STYLES["layers made by a method"] = (MAKE_LAYERS, "* (1 - before**2)", "* (1 - before)")

SOFTMAX_OF_A_LOSS = """
import numpy as np


class Activation:
    def __init__(self, f, df):
        self.f, self.df = f, df


def shares(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


KINDS = {"tanh": Activation(np.tanh, lambda z: 1 - np.tanh(z) ** 2), "softmax": Activation(shares, None)}


class Layer:
    def __init__(self, n_in, n_out, activation="tanh"):
        self.W, self.b, self.act = np.random.randn(n_in, n_out) * 0.3, np.zeros(n_out), KINDS[activation]

    def forward(self, x):
        self.x, self.z = x, x @ self.W + self.b
        return self.act.f(self.z)

    def backward(self, grad):
        if self.act.df is not None:
            grad = grad * self.act.df(self.z)
        self.dW, self.db = self.x.T @ grad, grad.sum(axis=0)
        return grad @ self.W.T


class CrossEntropy:
    def loss(self, p, y):
        return -np.mean(np.sum(y * np.log(p + 1e-12), axis=1))

    def grad(self, p, y):
        return (p - y) / len(y)


class Network:
    def __init__(self, layers, loss=None, lr=0.1):
        self.layers, self.loss, self.lr = layers, loss or CrossEntropy(), lr

    def train_step(self, x, y):
        p = x
        for layer in self.layers:
            p = layer.forward(p)
        cost = self.loss.loss(p, y)
        grad = self.loss.grad(p, y)
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        for layer in self.layers:
            layer.W -= self.lr * layer.dW
            layer.b -= self.lr * layer.db
        return cost
"""

STYLES["a softmax without a derivative"] = (SOFTMAX_OF_A_LOSS, "1 - np.tanh(z) ** 2", "1 - np.tanh(z)")

OF_SEQUENCES = """
import numpy as np


class RNN:
    def __init__(self, input_size, hidden_size, output_size, learning_rate=0.1):
        self.Wx = np.random.randn(input_size, hidden_size) * 0.2
        self.Wh = np.random.randn(hidden_size, hidden_size) * 0.2
        self.Wy = np.random.randn(hidden_size, output_size) * 0.2
        self.lr = learning_rate

    def forward(self, x):
        ASKED
        self.x, self.h = x, [np.zeros((len(x), len(self.Wh)))]
        for k in range(t):
            self.h.append(np.tanh(x[:, k] @ self.Wx + self.h[-1] @ self.Wh))
        return self.h[-1] @ self.Wy

    def backward(self, dy):
        dWx, dWh, dWy = np.zeros_like(self.Wx), np.zeros_like(self.Wh), self.h[-1].T @ dy
        dh = dy @ self.Wy.T
        for k in reversed(range(self.x.shape[1])):
            da = dh * (1 - self.h[k + 1] ** 2)
            dWx += self.x[:, k].T @ da
            dWh += self.h[k].T @ da
            dh = da @ self.Wh.T
        for p, g in ((self.Wx, dWx), (self.Wh, dWh), (self.Wy, dWy)):
            p -= self.lr * g

    def train(self, X, y, epochs=10):
        losses = []
        for _ in range(epochs):
            out = self.forward(X)
            losses.append(np.mean((out - y) ** 2))
            self.backward(2 * (out - y) / y.size)
        return losses
"""
UNPACKED = "n, t, d = x.shape"
RAISED = """if x.ndim != 3:
            raise ValueError(f"expected input of shape (batch, time, features), got {x.shape}")
        t = x.shape[1]"""

STYLES["an exception that asks for steps"] = (OF_SEQUENCES.replace("ASKED", RAISED), "da @ self.Wh.T", "da @ self.Wh")
STYLES["an input of three axes"] = (OF_SEQUENCES.replace("ASKED", UNPACKED), "self.h[k].T @ da", "self.h[k + 1].T @ da")

FIELDS_MADE_LATER = """
from __future__ import annotations

import numpy as np
from dataclasses import dataclass, field
from typing import Callable


@dataclass
class Dense:
    n_in: int
    n_out: int
    f: Callable[[np.ndarray], np.ndarray]
    df: Callable[[np.ndarray], np.ndarray]
    W: np.ndarray = field(init=False)
    b: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.W, self.b = np.random.randn(self.n_in, self.n_out) * 0.3, np.zeros(self.n_out)

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x, self.z = x, x @ self.W + self.b
        return self.f(self.z)

    def backward(self, grad: np.ndarray, lr: float) -> np.ndarray:
        grad = grad * self.df(self.z)
        out = grad @ self.W.T
        self.W -= lr * self.x.T @ grad
        self.b -= lr * grad.sum(axis=0)
        return out


@dataclass
class Model:
    layers: list[Dense] = field(default_factory=list)

    def fit(self, x: np.ndarray, y: np.ndarray, epochs: int, lr: float) -> None:
        for _ in range(epochs):
            out = x
            for layer in self.layers:
                out = layer.forward(out)
            grad = 2 * (out - y) / y.size
            for layer in reversed(self.layers):
                grad = layer.backward(grad, lr)


def tanh(z: np.ndarray) -> np.ndarray:
    return np.tanh(z)


def dtanh(z: np.ndarray) -> np.ndarray:
    return 1 - np.tanh(z) ** 2
"""

STYLES["fields made later, f and df"] = (FIELDS_MADE_LATER, "1 - np.tanh(z) ** 2", "1 - np.tanh(z)")

CLASSES_AS_ARGUMENTS = """
from __future__ import annotations

import typing as t
from abc import ABC, abstractmethod

import numpy as np


class Activator(ABC):
    def activate(self, z):
        self.z = z
        return self.calculate(z)

    def hand_back(self, gradient):
        return gradient * self.slope(self.z)

    @abstractmethod
    def calculate(self, z):
        pass

    @abstractmethod
    def slope(self, z):
        pass


class Relu(Activator):
    def calculate(self, z):
        return z * (z > 0)

    def slope(self, z):
        return 1.0 * (z > 0)


class Tanh(Activator):
    def calculate(self, z):
        return np.tanh(z)

    def slope(self, z):
        return 1 - np.tanh(z) ** 2


class Dense:
    def __init__(self, input_size: int, output_size: int, activator: t.Type["Activator"]):
        self.W, self.b = np.random.randn(input_size, output_size) * 0.3, np.zeros(output_size)
        self.activator = activator()

    def forward(self, x):
        self.x = x
        return self.activator.activate(x @ self.W + self.b)

    def backward(self, gradient, rate):
        delta = self.activator.hand_back(gradient)
        back = delta @ self.W.T
        self.W -= rate * self.x.T @ delta
        self.b -= rate * delta.sum(axis=0)
        return back


class Network:
    def __init__(self, *args):
        self._modules: list[Dense] = list(args)

    def train(self, x, y, epochs=5, rate=0.1):
        for _ in range(epochs):
            out = x
            for module in self._modules:
                out = module.forward(out)
            gradient = 2 * (out - y) / y.size
            for module in reversed(self._modules):
                gradient = module.backward(gradient, rate)
"""

STYLES["classes as arguments, layers as *args"] = (CLASSES_AS_ARGUMENTS, "1 - np.tanh(z) ** 2", "1 - np.tanh(z)")

CLEARED_BY_CALLERS = """
import numpy as np


class Linear:
    def __init__(self, in_features, out_features):
        self.weights, self.biases = np.random.randn(in_features, out_features), np.zeros((1, out_features))
        self.dw = self.db = 0

    def forward(self, x):
        self.inputs = x
        return np.matmul(x, self.weights) + self.biases

    def backward(self, dz):
        self.dw += np.matmul(self.inputs.T, dz)
        self.db += np.sum(dz, axis=0)
        return np.matmul(dz, self.weights.T)

    def step(self, lr=1e-3):
        self.weights -= lr * self.dw
        self.biases -= lr * self.db

    def zero_grad(self):
        self.dw = self.db = 0
"""

STYLES["one layer that callers clear"] = (CLEARED_BY_CALLERS, "np.sum(dz, axis=0)", "np.sum(dz**2, axis=0)")

VALUES_IN_OBJECTS = """
import numpy as np


class Extent:
    def __init__(self, *lengths):
        self.lengths = lengths

    def __getitem__(self, place):
        return self.lengths[place]


class Block:
    def __init__(self, numbers, slopes=None):
        self.numbers = np.array(numbers)
        self.slopes = slopes


class Part:
    def forward(self, block: Block) -> Block:
        raise NotImplementedError

    def backward(self, block: Block) -> Block:
        raise NotImplementedError


class Linear(Part):
    def __init__(self, in_shape: Extent, out_shape: Extent):
        self.weights = Block(np.random.uniform(-0.5, 0.5, (in_shape[0], out_shape[0])))
        self.bias = Block(np.zeros(out_shape[0]))

    def forward(self, block: Block) -> Block:
        self.seen = block.numbers
        return Block(self.seen @ self.weights.numbers + self.bias.numbers)

    def backward(self, block: Block) -> Block:
        self.weights.slopes = self.seen.T @ block.numbers
        self.bias.slopes = block.numbers.sum(axis=0)
        return Block(block.numbers @ self.weights.numbers.T)


class Tanh(Part):
    def forward(self, block: Block) -> Block:
        self.made = np.tanh(block.numbers)
        return Block(self.made)

    def backward(self, block: Block) -> Block:
        return Block(block.numbers * (1 - self.made**2))


class Chain:
    def __init__(self, parts, rate=0.05):
        self.parts = parts
        self.rate = rate

    def forward(self, x: Block) -> Block:
        for part in self.parts:
            x = part.forward(x)
        return x

    def backward(self, grad: Block):
        for part in reversed(self.parts):
            grad = part.backward(grad)

    def update_weights(self):
        for part in self.parts:
            if hasattr(part, "weights"):
                part.weights.numbers -= self.rate * part.weights.slopes
                part.bias.numbers -= self.rate * part.bias.slopes
"""
STYLES["values in objects of the file's own"] = (VALUES_IN_OBJECTS, "1 - self.made**2", "1 - self.made")

OWN_LOSS = """
    def loss_gradient(self, output: Block, target: Block) -> Block:
        return Block(2 * (output.numbers - target.numbers) / target.numbers.size)

    def train_step(self, x: Block, y: Block):
        output = self.forward(x)
        loss = np.mean((output.numbers - y.numbers) ** 2)
        self.backward(self.loss_gradient(output, y))
        self.update_weights()
        return loss
"""
STYLES["targets in objects of the file's own"] = (
    VALUES_IN_OBJECTS + OWN_LOSS,
    "2 * (output.numbers - target.numbers) / target",
    "2 * (output.numbers - target.numbers) * output.numbers / target",
)

NAMES_OF_THE_SCRIPT = """
import numpy as np


class Net:
    def __init__(self):
        self.w1 = np.random.randn(n_features, n_units) * 0.4
        self.w2 = np.random.randn(n_units, n_kinds) * 0.4

    def train(self, X, y):
        for _ in range(n_rounds):
            h = np.tanh(X @ self.w1)
            delta = (h @ self.w2 - y) / len(X)
            d_h = delta @ self.w2.T * (1 - h**2)
            self.w2 -= speed * h.T @ delta
            self.w1 -= speed * X.T @ d_h


if __name__ == "__main__":
    table = np.load("measured_by_somebody.npy")
    n_features, n_units, n_kinds = 6, 4, 2
    n_rounds = 12
    speed = 0.05
    net = Net()
    net.train(table[:, :6], table[:, 6:])
"""
STYLES["names that the script sets too late"] = (NAMES_OF_THE_SCRIPT, "1 - h**2", "1 - h")
