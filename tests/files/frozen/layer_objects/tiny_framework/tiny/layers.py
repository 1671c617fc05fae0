import numpy as np


class Layer:
    params = ()

    def forward(self, x):
        raise NotImplementedError

    def backward(self, dout):
        raise NotImplementedError


class Affine(Layer):
    def __init__(self, n_in, n_out, scale=None):
        scale = np.sqrt(2.0 / n_in) if scale is None else scale
        self.W = scale * np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)
        self.dW = None
        self.db = None
        self.params = ("W", "b")

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx


class ReLU(Layer):
    def forward(self, x):
        self.mask = (x <= 0)
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dx = dout.copy()
        dx[self.mask] = 0
        return dx
