"""Files that only define things, in the styles of courses and tutorials; written for the tests."""

from __future__ import annotations

FUNCTIONS_WITH_CACHES = """
import numpy as np

def squash(z):
    return 1 / (1 + np.exp(-z)), z

def squash_backward(upstream, cache):
    s = 1 / (1 + np.exp(-cache))
    return upstream * s * (1 - s)

def make_parameters(layer_dims):
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters["W" + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1]) * 0.3
        parameters["b" + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters

def model_forward(X, parameters):
    caches, A = [], X
    for l in range(1, len(parameters) // 2 + 1):
        previous = A
        W = parameters["W" + str(l)]
        A, cache = squash(np.dot(W, previous) + parameters["b" + str(l)])
        caches.append((previous, W, cache))
    assert A.shape == (1, X.shape[1])
    return A, caches

def model_backward(AL, Y, caches):
    grads = {}
    m = Y.shape[1]
    dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    for l in reversed(range(len(caches))):
        previous, W, cache = caches[l]
        dZ = squash_backward(dA, cache)
        grads["dW" + str(l + 1)] = np.dot(dZ, previous.T) / m
        grads["db" + str(l + 1)] = np.sum(dZ, axis=1, keepdims=True) / m
        dA = np.dot(W.T, dZ)
    return grads

def update_parameters(parameters, grads, learning_rate):
    for l in range(1, len(parameters) // 2 + 1):
        parameters["W" + str(l)] = parameters["W" + str(l)] - learning_rate * grads["dW" + str(l)]
        parameters["b" + str(l)] = parameters["b" + str(l)] - learning_rate * grads["db" + str(l)]
    return parameters
"""

FUNCTIONS_WITH_TUPLES = """
import numpy as np

def init_params():
    return np.random.rand(10, 784) - 0.5, np.zeros((10, 1)), np.random.rand(10, 10) - 0.5, np.zeros((10, 1))

def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = np.maximum(Z1, 0)
    Z2 = W2.dot(A1) + b2
    A2 = np.exp(Z2) / np.exp(Z2).sum(axis=0)
    return Z1, A1, Z2, A2

def one_hot(Y):
    coded = np.zeros((Y.size, Y.max() + 1))
    coded[np.arange(Y.size), Y] = 1
    return coded.T

def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    m = Y.size
    dZ2 = A2 - one_hot(Y)
    dW2 = dZ2.dot(A1.T) / m
    db2 = dZ2.sum(axis=1, keepdims=True) / m
    dZ1 = W2.T.dot(dZ2) * (Z1 > 0)
    return dZ1.dot(X.T) / m, dZ1.sum(axis=1, keepdims=True) / m, dW2, db2

def update_params(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha):
    W1 = W1 - alpha * dW1
    b1 = b1 - alpha * db1
    W2 = W2 - alpha * dW2
    b2 = b2 - alpha * db2
    return W1, b1, W2, b2

def gradient_descent(X, Y, alpha, iterations):
    W1, b1, W2, b2 = init_params()
    for i in range(iterations):
        Z1, A1, Z2, A2 = forward_prop(W1, b1, W2, b2, X)
        dW1, db1, dW2, db2 = backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y)
        W1, b1, W2, b2 = update_params(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha)
    return W1, b1, W2, b2
"""

ONE_OBSERVATION_PER_CALL = """
import random
import numpy as np

class Network:
    def __init__(self, sizes):
        self.biases = [np.random.randn(n, 1) for n in sizes[1:]]
        self.weights = [np.random.randn(n, m) for m, n in zip(sizes[:-1], sizes[1:])]

    def SGD(self, training_data, epochs, mini_batch_size, eta):
        for _ in range(epochs):
            random.shuffle(training_data)
            for k in range(0, len(training_data), mini_batch_size):
                self.update_mini_batch(training_data[k:k + mini_batch_size], eta)

    def update_mini_batch(self, mini_batch, eta):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in mini_batch:
            delta_b, delta_w = self.backprop(x, y)
            nabla_b = [n + d for n, d in zip(nabla_b, delta_b)]
            nabla_w = [n + d for n, d in zip(nabla_w, delta_w)]
        self.weights = [w - eta / len(mini_batch) * n for w, n in zip(self.weights, nabla_w)]
        self.biases = [b - eta / len(mini_batch) * n for b, n in zip(self.biases, nabla_b)]

    def backprop(self, x, y):
        activations = [x]
        for b, w in zip(self.biases, self.weights):
            activations.append(1 / (1 + np.exp(-(np.dot(w, activations[-1]) + b))))
        delta = (activations[-1] - y) * activations[-1] * (1 - activations[-1])
        nabla_b, nabla_w = [delta], [np.dot(delta, activations[-2].T)]
        for l in range(2, len(self.weights) + 1):
            delta = np.dot(self.weights[-l + 1].T, delta) * activations[-l] * (1 - activations[-l])
            nabla_b.insert(0, delta)
            nabla_w.insert(0, np.dot(delta, activations[-l - 1].T))
        return nabla_b, nabla_w
"""

DATA_IN_THE_CONSTRUCTOR = """
import numpy as np

class NeuralNetwork:
    def __init__(self, x, y):
        self.input = x
        self.weights1 = np.random.rand(self.input.shape[1], 4)
        self.weights2 = np.random.rand(4, 1)
        self.y = y

    def feedforward(self):
        self.layer1 = 1 / (1 + np.exp(-np.dot(self.input, self.weights1)))
        self.output = 1 / (1 + np.exp(-np.dot(self.layer1, self.weights2)))

    def backprop(self):
        delta = 2 * (self.y - self.output) * self.output * (1 - self.output)
        d_weights2 = np.dot(self.layer1.T, delta)
        d_weights1 = np.dot(self.input.T, np.dot(delta, self.weights2.T) * self.layer1 * (1 - self.layer1))
        self.weights1 += d_weights1
        self.weights2 += d_weights2
"""

LAYER_OBJECTS = """
import numpy as np

class Layer:
    def forward(self, x):
        raise NotImplementedError

class Full(Layer):
    def __init__(self, input_size, output_size):
        self.weights = np.random.rand(input_size, output_size) - 0.5
        self.bias = np.random.rand(1, output_size) - 0.5

    def forward(self, x):
        self.x = x
        return x @ self.weights + self.bias

    def backward(self, error, learning_rate):
        before = error @ self.weights.T
        self.weights -= learning_rate * self.x.T @ error
        self.bias -= learning_rate * error
        return before

class Activation(Layer):
    def __init__(self, activation, activation_prime):
        self.activation, self.activation_prime = activation, activation_prime

    def forward(self, x):
        self.x = x
        return self.activation(x)

    def backward(self, error, learning_rate):
        return self.activation_prime(self.x) * error

def tanh(x):
    return np.tanh(x)

def tanh_prime(x):
    return 1 - np.tanh(x) ** 2

def mse(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)

def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_true.size

class Network:
    def __init__(self):
        self.layers = []
        self.loss = None
        self.loss_prime = None

    def add(self, layer):
        self.layers.append(layer)

    def use(self, loss, loss_prime):
        self.loss, self.loss_prime = loss, loss_prime

    def fit(self, x_train, y_train, epochs, learning_rate):
        for _ in range(epochs):
            for x, y in zip(x_train, y_train):
                for layer in self.layers:
                    x = layer.forward(x)
                error = self.loss_prime(y, x)
                for layer in reversed(self.layers):
                    error = layer.backward(error, learning_rate)
"""

MODULES_WITHOUT_TRAINING = """
import numpy as np

class Parameter:
    def __init__(self, data):
        self.data, self.grad = data, np.zeros_like(data)

class Linear:
    def __init__(self, in_features, out_features):
        self.W = Parameter(np.random.randn(in_features, out_features) * 0.1)
        self.b = Parameter(np.zeros(out_features))

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        self.x = x
        return x @ self.W.data + self.b.data

    def backward(self, grad):
        self.W.grad = self.x.T @ grad
        self.b.grad = grad.sum(axis=0)
        return grad @ self.W.data.T

class ReLU:
    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, grad):
        return grad * self.mask

class Sequential:
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad

class MSELoss:
    def forward(self, prediction, target):
        self.prediction, self.target = prediction, target
        return ((prediction - target) ** 2).mean()

    def backward(self):
        return 2 * (self.prediction - self.target) / self.prediction.size
"""

LOSS_WITH_GRADIENTS = """
import numpy as np

class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, std=0.1):
        self.params = {
            "W1": std * np.random.randn(input_size, hidden_size), "b1": np.zeros(hidden_size),
            "W2": std * np.random.randn(hidden_size, output_size), "b2": np.zeros(output_size),
        }

    def loss(self, X, y=None, reg=0.0):
        W1, b1, W2, b2 = (self.params[k] for k in ("W1", "b1", "W2", "b2"))
        n = X.shape[0]
        hidden = np.maximum(0, X @ W1 + b1)
        scores = hidden @ W2 + b2
        if y is None:
            return scores
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[range(n), y]).mean() + reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        p[range(n), y] -= 1
        p /= n
        back = (p @ W2.T) * (hidden > 0)
        grads = {"W1": X.T @ back + 2 * reg * W1, "b1": back.sum(0), "W2": hidden.T @ p + 2 * reg * W2, "b2": p.sum(0)}
        return loss, grads
"""

FLAT_VECTOR = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, Lambda):
    split = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:split].reshape(hidden_layer_size, input_layer_size + 1)
    Theta2 = nn_params[split:].reshape(num_labels, hidden_layer_size + 1)
    m = X.shape[0]
    a1 = np.hstack([np.ones((m, 1)), X])
    a2 = np.hstack([np.ones((m, 1)), sigmoid(a1 @ Theta1.T)])
    h = sigmoid(a2 @ Theta2.T)
    Y = np.zeros((m, num_labels))
    for k in range(1, num_labels + 1):
        Y[:, k - 1] = y.ravel() == k
    J = -np.sum(Y * np.log(h) + (1 - Y) * np.log(1 - h)) / m
    d3 = h - Y
    d2 = (d3 @ Theta2 * a2 * (1 - a2))[:, 1:]
    grad = np.concatenate([(d2.T @ a1 / m).ravel(), (d3.T @ a2 / m).ravel()])
    return J, grad
"""

LISTS_WITHOUT_NUMPY = """
from math import exp
from random import random

def initialize_network(n_inputs, n_hidden, n_outputs):
    hidden = [{"weights": [random() for _ in range(n_inputs + 1)]} for _ in range(n_hidden)]
    return [hidden, [{"weights": [random() for _ in range(n_hidden + 1)]} for _ in range(n_outputs)]]

def forward_propagate(network, row):
    inputs = row
    for layer in network:
        outputs = []
        for neuron in layer:
            total = neuron["weights"][-1]
            for i in range(len(neuron["weights"]) - 1):
                total += neuron["weights"][i] * inputs[i]
            neuron["output"] = 1 / (1 + exp(-total))
            outputs.append(neuron["output"])
        inputs = outputs
    return inputs

def backward_propagate_error(network, expected):
    for i in reversed(range(len(network))):
        for j, neuron in enumerate(network[i]):
            if i == len(network) - 1:
                error = neuron["output"] - expected[j]
            else:
                error = sum(other["weights"][j] * other["delta"] for other in network[i + 1])
            neuron["delta"] = error * neuron["output"] * (1 - neuron["output"])

def update_weights(network, row, l_rate):
    inputs = row[:-1]
    for i, layer in enumerate(network):
        if i > 0:
            inputs = [neuron["output"] for neuron in network[i - 1]]
        for neuron in layer:
            for j in range(len(inputs)):
                neuron["weights"][j] -= l_rate * neuron["delta"] * inputs[j]
            neuron["weights"][-1] -= l_rate * neuron["delta"]

def train_network(network, train, l_rate, n_epoch, n_outputs):
    for epoch in range(n_epoch):
        for row in train:
            forward_propagate(network, row)
            expected = [0 for _ in range(n_outputs)]
            expected[row[-1]] = 1
            backward_propagate_error(network, expected)
            update_weights(network, row, l_rate)
"""

SCALARS = """
import numpy as np

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

class TinyNetwork:
    def __init__(self):
        self.w1, self.w2, self.w3 = np.random.normal(), np.random.normal(), np.random.normal()
        self.b1, self.b2 = np.random.normal(), np.random.normal()

    def train(self, data, all_y_trues):
        rate = 0.1
        for epoch in range(1000):
            for x, y in zip(data, all_y_trues):
                h = sigmoid(self.w1 * x[0] + self.w2 * x[1] + self.b1)
                o = sigmoid(self.w3 * h + self.b2)
                back = -2 * (y - o) * o * (1 - o)
                inner = back * self.w3 * h * (1 - h)
                self.w3 -= rate * back * h
                self.b2 -= rate * back
                self.w1 -= rate * inner * x[0]
                self.w2 -= rate * inner * x[1]
                self.b1 -= rate * inner
"""

NAMED_SETTINGS = """
import numpy as np

class Perceptrons:
    def __init__(self, inputnodes, hiddennodes, outputnodes, learningrate, activation, loss="mse"):
        if activation == "tanh":
            self.f, self.df = np.tanh, lambda a: 1 - a ** 2
        elif activation == "logistic":
            self.f, self.df = lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)
        else:
            raise ValueError("unknown activation: " + activation)
        self.lr = learningrate
        self.wih = np.random.normal(0.0, 0.5, (hiddennodes, inputnodes))
        self.who = np.random.normal(0.0, 0.5, (outputnodes, hiddennodes))

    def train(self, inputs_list, targets_list):
        inputs = np.array(inputs_list, ndmin=2).T
        targets = np.array(targets_list, ndmin=2).T
        hidden = self.f(self.wih @ inputs)
        final = self.f(self.who @ hidden)
        errors = (targets - final) * self.df(final)
        back = (self.who.T @ errors) * self.df(hidden)
        self.who += self.lr * errors @ hidden.T
        self.wih += self.lr * back @ inputs.T
"""

LISTS_OF_PAIRS = """
import numpy as np

def logistic(z):
    return 1 / (1 + np.exp(-z))

def start_layers(sizes):
    return [(np.random.randn(o, i) * 0.3, np.random.randn(o, 1) * 0.3) for i, o in zip(sizes[:-1], sizes[1:])]

def forward_pass(x, layers):
    acts = [x]
    for w, b in layers:
        acts.append(logistic(np.dot(w, acts[-1]) + b))
    return acts

def backward_pass(acts, y, layers):
    delta = (acts[-1] - y) * acts[-1] * (1 - acts[-1])
    grads = []
    for k in range(len(layers) - 1, -1, -1):
        grads.insert(0, (np.dot(delta, acts[k].T), delta.sum(axis=1, keepdims=True)))
        if k:
            delta = np.dot(layers[k][0].T, delta) * acts[k] * (1 - acts[k])
    return grads

def apply_gradients(layers, grads, lr):
    return [(w - lr * gw, b - lr * gb) for (w, b), (gw, gb) in zip(layers, grads)]
"""

PARAMETERS_HANDED_ON = """
import numpy as np

class Network:
    def init_params(self, n_in, n_hidden, n_out):
        return {
            "W1": np.random.randn(n_in, n_hidden) * 0.3,
            "b1": np.zeros(n_hidden),
            "W2": np.random.randn(n_hidden, n_out) * 0.3,
            "b2": np.zeros(n_out),
        }

    def forward(self, x, params):
        h = np.tanh(x @ params["W1"] + params["b1"])
        e = np.exp(h @ params["W2"] + params["b2"])
        p = e / e.sum(axis=1, keepdims=True)
        return p, (x, h)

    def backward(self, p, y, cache, params):
        x, h = cache
        d = p.copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        grads = {"W2": h.T @ d, "b2": d.sum(0)}
        dh = d @ params["W2"].T * (1 - h ** 2)
        grads["W1"], grads["b1"] = x.T @ dh, dh.sum(0)
        return grads

    def update(self, params, grads, lr=0.1):
        return {k: params[k] - lr * grads[k] for k in params}
"""

SETTINGS_IN_A_DATACLASS = """
from dataclasses import dataclass
import numpy as np

@dataclass
class Config:
    inputs: int
    hidden: int
    outputs: int
    rate: float = 0.1
    epochs: int = 20

class Network:
    def __init__(self, config: Config):
        self.config = config
        self.first = np.random.randn(config.inputs, config.hidden) * 0.3
        self.second = np.random.randn(config.hidden, config.outputs) * 0.3

    def fit(self, X: np.ndarray, y: np.ndarray) -> list:
        history = []
        for epoch in range(self.config.epochs):
            h = np.tanh(X @ self.first)
            error = h @ self.second - y
            history.append(float(np.mean(error ** 2)))
            back = error @ self.second.T * (1 - h ** 2)
            self.second -= self.config.rate * h.T @ error / len(X)
            self.first -= self.config.rate * X.T @ back / len(X)
        return history
"""

STYLES = {
    "functions with caches": FUNCTIONS_WITH_CACHES,
    "functions with tuples": FUNCTIONS_WITH_TUPLES,
    "one observation per call": ONE_OBSERVATION_PER_CALL,
    "data in the constructor": DATA_IN_THE_CONSTRUCTOR,
    "layer objects": LAYER_OBJECTS,
    "modules without training": MODULES_WITHOUT_TRAINING,
    "loss with gradients": LOSS_WITH_GRADIENTS,
    "a flat vector": FLAT_VECTOR,
    "lists without NumPy": LISTS_WITHOUT_NUMPY,
    "scalars": SCALARS,
    "named settings": NAMED_SETTINGS,
    "lists of pairs": LISTS_OF_PAIRS,
    "parameters handed on": PARAMETERS_HANDED_ON,
    "settings in a dataclass": SETTINGS_IN_A_DATACLASS,
}
