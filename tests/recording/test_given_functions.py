"""Driving networks that are given functions: lists of names, derivatives beside them, names in other languages."""

from __future__ import annotations

from .test_driving import driven

START = "import numpy as np\nrng = np.random.default_rng(0)\n"

NAMES_FOR_HIDDEN_LAYERS = """
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def sigmoid_slope(z):
    return sigmoid(z) * (1 - sigmoid(z))

def tanh_slope(z):
    return 1 - np.tanh(z) ** 2

KINDS = {"sigmoid": (sigmoid, sigmoid_slope), "tanh": (np.tanh, tanh_slope)}

class Network:
    def __init__(self, hidden_units: tuple[int, ...], hidden_activation: list[str], max_iter: int = 50):
        if len(hidden_units) != len(hidden_activation):
            raise ValueError("one activation for each hidden layer")
        self.hidden_units, self.max_iter = hidden_units, max_iter
        self.kinds = []
        for kind in hidden_activation:
            self.kinds.append(KINDS[kind])
        self.kinds.append(KINDS["sigmoid"])

    def fit(self, X, y):
        sizes = [X.shape[1], *self.hidden_units, y.shape[1]]
        self.weights = [rng.normal(0, 0.5, pair) for pair in zip(sizes, sizes[1:])]
        for _ in range(self.max_iter):
            values, sums = [X], []
            for W, (function, _) in zip(self.weights, self.kinds):
                sums.append(values[-1] @ W)
                values.append(function(sums[-1]))
            error = (values[-1] - y) * self.kinds[-1][1](sums[-1]) / len(X)
            for i in reversed(range(len(self.weights))):
                gradient = values[i].T @ error
                if i:
                    error = error @ self.weights[i].T * self.kinds[i - 1][1](sums[i - 1])
                self.weights[i] -= 0.1 * gradient
"""


def test_a_network_is_given_the_name_of_an_activation_for_each_hidden_layer() -> None:
    found = driven(START + NAMES_FOR_HIDDEN_LAYERS)
    assert not found.doubts
    assert found.lines == ("net = Network([5], ['sigmoid'], max_iter=3)", "net.fit(X, Y)")


FUNCTIONS = """
def sigmoide(z):
    return 1 / (1 + np.exp(-z))

def sigmoide_derivada(z):
    return sigmoide(z) * (1 - sigmoide(z))

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
"""

SQUARES = """
def erro_quadratico_mse(saida, y):
    return np.mean((saida - y) ** 2)

def erro_quadratico_mse_derivada(saida, y):
    return 2 * (saida - y) / y.size
"""

SHARES = """
def cross_entropy(saida, y):
    return -np.sum(y * np.log(saida)) / len(y)

def cross_entropy_derivada(saida, y):
    return (saida - y) / len(y)
"""

LAYERS = """
class Camada:
    def __init__(self, n_entradas, n_neuronios, ativacao, ativacao_derivada=None):
        self.W = rng.normal(0, 0.5, (n_entradas, n_neuronios))
        self.ativacao, self.ativacao_derivada = ativacao, ativacao_derivada

    def forward(self, x):
        self.x, self.z = x, x @ self.W
        return self.ativacao(self.z)

    def backward(self, gradient):
        if self.ativacao_derivada is not None:
            gradient = gradient * self.ativacao_derivada(self.z)
        self.dW = self.x.T @ gradient
        return gradient @ self.W.T

class Rede:
    def __init__(self, camadas):
        self.camadas = camadas

    def fit(self, X, y, epochs, taxa, custo, custo_derivada):
        for _ in range(epochs):
            saida = X
            for camada in self.camadas:
                saida = camada.forward(saida)
            custo(saida, y)
            gradient = custo_derivada(saida, y)
            for camada in reversed(self.camadas):
                gradient = camada.backward(gradient)
            for camada in self.camadas:
                camada.W -= taxa * camada.dW
"""


def test_layers_are_given_the_derivative_of_their_activation_although_it_is_optional() -> None:
    found = driven(START + FUNCTIONS + SQUARES + LAYERS)
    assert not found.doubts
    layers = "[Camada(7, 5, sigmoide, sigmoide_derivada), Camada(5, 3, sigmoide, sigmoide_derivada)]"
    fit = "rede.fit(X, Y, 3, 0.1, erro_quadratico_mse, erro_quadratico_mse_derivada)"
    assert found.lines == (f"rede = Rede({layers})", fit)


def test_a_softmax_without_a_derivative_is_given_none() -> None:
    found = driven(START + FUNCTIONS + SHARES + LAYERS)
    assert not found.doubts
    layers = "[Camada(7, 5, sigmoide, sigmoide_derivada), Camada(5, 3, softmax, None)]"
    assert found.lines == (f"rede = Rede({layers})", "rede.fit(X, Y, 3, 0.1, cross_entropy, cross_entropy_derivada)")


SETTINGS_WITH_A_SIZE = """
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def sigmoid(z):
    pass

def cross_entropy(a, t):
    return -np.sum(t * np.log(a))

class Model:
    def __init__(self, options, activation, loss, out_dim):
        self.options, self.activation, self.loss = options, activation, loss
        self.weights = np.zeros((self.options.p + 1, out_dim))

    def train(self, minibatch):
        x, t = minibatch
        a = self.activation(x @ self.weights)
        value = self.loss(a, t) / len(t)
        self.weights += self.options.learningrate * x.T @ (t - a) / len(t)
        return value
"""


def test_settings_say_how_many_inputs_there_are_by_what_is_made_as_large_as_they_say() -> None:
    found = driven(START + SETTINGS_WITH_A_SIZE)
    assert not found.doubts
    assert "model = Model(SimpleNamespace(learningrate=0.1, p=7), softmax, cross_entropy, 3)" in [
        line.replace("net = ", "model = ") for line in found.lines
    ]
