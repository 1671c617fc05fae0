import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.kernel = np.random.normal(0, np.sqrt(2.0 / n_in), size=(n_in, n_out))
        self.bias = np.zeros(n_out)
        self.d_kernel = None
        self.d_bias = None

    @property
    def trainable(self):
        return [("kernel", self), ("bias", self)]

    def forward(self, inputs):
        self._inputs = inputs
        return inputs @ self.kernel + self.bias

    def backward(self, d_outputs):
        self.d_kernel = self._inputs.T @ d_outputs
        self.d_bias = d_outputs.sum(axis=0)
        return d_outputs @ self.kernel.T


class LeakyReLU:
    trainable = ()

    def __init__(self, slope=0.05):
        self.slope = slope

    def forward(self, inputs):
        self._inputs = inputs
        return np.where(inputs > 0, inputs, self.slope * inputs)

    def backward(self, d_outputs):
        return d_outputs * np.where(self._inputs > 0, 1.0, self.slope)


class Softmax:
    """Full Jacobian, so that any cost can follow."""

    trainable = ()

    def forward(self, inputs):
        e = np.exp(inputs - inputs.max(axis=1, keepdims=True))
        self._out = e / e.sum(axis=1, keepdims=True)
        return self._out

    def backward(self, d_outputs):
        inner = (d_outputs * self._out).sum(axis=1, keepdims=True)
        return self._out * (d_outputs - inner)
