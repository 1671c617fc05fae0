import numpy as np
from tqdm import tqdm


class Dense:
    def __init__(self, n_in, n_out):
        self.weights = 0.1 * np.random.randn(n_in, n_out)
        self.biases = np.zeros((1, n_out))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.biases
        return self.output

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        return dvalues @ self.weights.T


class Tanh:
    def forward(self, inputs):
        self.output = np.tanh(inputs)
        return self.output

    def backward(self, dvalues):
        return dvalues * (1 - self.output**2)


class Adam:
    def __init__(self, rate=0.01):
        self.rate, self.t = rate, 0

    def step(self, layer):
        if not hasattr(layer, "m"):
            layer.m, layer.v = np.zeros_like(layer.weights), np.zeros_like(layer.weights)
            layer.mb, layer.vb = np.zeros_like(layer.biases), np.zeros_like(layer.biases)
        layer.m = 0.9 * layer.m + 0.1 * layer.dweights
        layer.v = 0.999 * layer.v + 0.001 * layer.dweights**2
        layer.mb = 0.9 * layer.mb + 0.1 * layer.dbiases
        layer.vb = 0.999 * layer.vb + 0.001 * layer.dbiases**2
        scale = 1 - 0.9 ** (self.t + 1)
        scale2 = 1 - 0.999 ** (self.t + 1)
        layer.weights += -self.rate * (layer.m / scale) / (np.sqrt(layer.v / scale2) + 1e-7)
        layer.biases += -self.rate * (layer.mb / scale) / (np.sqrt(layer.vb / scale2) + 1e-7)


X = np.random.rand(12, 2)
y = X[:, :1] - X[:, 1:]
layers = [Dense(2, 5), Tanh(), Dense(5, 1)]
optimizer = Adam()
for epoch in tqdm(range(200)):
    a = X
    for layer in layers:
        a = layer.forward(a)
    loss = np.mean((a - y) ** 2)
    grad = 2 * (a - y) / y.size
    for layer in reversed(layers):
        grad = layer.backward(grad)
    for layer in layers:
        if hasattr(layer, "weights"):
            optimizer.step(layer)
    optimizer.t += 1
# ruff: noqa
