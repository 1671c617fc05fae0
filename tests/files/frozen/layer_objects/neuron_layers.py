"""Only classes, to be imported by the exercise sheets."""
import numpy as np


class Layer:
    """A fully connected layer with its activation.

    activation: 'relu', 'sigmoid' or None
    """

    def __init__(self, n_input, n_neurons, activation=None, weights=None, bias=None):
        self.weights = weights if weights is not None else np.random.rand(n_input, n_neurons) - 0.4
        self.bias = bias if bias is not None else np.random.rand(n_neurons) - 0.5
        self.activation = activation
        self.last_input = None
        self.last_activation = None
        self.error = None
        self.delta = None

    def activate(self, x):
        self.last_input = x
        r = np.dot(x, self.weights) + self.bias
        self.last_activation = self._apply_activation(r)
        return self.last_activation

    def _apply_activation(self, r):
        if self.activation is None:
            return r
        if self.activation == 'relu':
            return np.maximum(r, 0)
        if self.activation == 'sigmoid':
            return 1 / (1 + np.exp(-r))
        raise ValueError(self.activation)

    def apply_activation_derivative(self, r):
        """r is the activation, not its input."""
        if self.activation is None:
            return np.ones_like(r)
        if self.activation == 'relu':
            return (r > 0) * 1.0
        if self.activation == 'sigmoid':
            return r * (1 - r)
        raise ValueError(self.activation)


class NeuralNetwork:

    def __init__(self):
        self._layers = []

    def add_layer(self, layer):
        self._layers.append(layer)

    def feed_forward(self, X):
        for layer in self._layers:
            X = layer.activate(X)
        return X

    def backpropagation(self, X, y, learning_rate):
        """One update. All deltas first, then all weights."""
        output = self.feed_forward(X)
        for i in reversed(range(len(self._layers))):
            layer = self._layers[i]
            if layer == self._layers[-1]:
                layer.error = y - output
                layer.delta = layer.error * layer.apply_activation_derivative(output)
            else:
                next_layer = self._layers[i + 1]
                layer.error = np.dot(next_layer.delta, next_layer.weights.T)
                layer.delta = layer.error * layer.apply_activation_derivative(layer.last_activation)
        for i in range(len(self._layers)):
            layer = self._layers[i]
            layer.weights += np.dot(layer.last_input.T, layer.delta) * learning_rate
            layer.bias += layer.delta.sum(axis=0) * learning_rate

    def train(self, X, y, learning_rate, max_epochs):
        sses = []
        for i in range(max_epochs):
            self.backpropagation(X, y, learning_rate)
            if i % 10 == 0:
                sses.append(0.5 * np.sum(np.square(y - self.feed_forward(X))))
        return sses
