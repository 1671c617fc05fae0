"""My layers: each has forward(x) and backward(grad), backward returns the gradient of the input."""
import numpy as np


class Linear:
    """y = x W^T + b with W (out, in)."""

    def __init__(self, in_features, out_features, seed=0):
        rng = np.random.default_rng(seed)
        bound = 1 / np.sqrt(in_features)
        self.W = rng.uniform(-bound, bound, (out_features, in_features))
        self.b = rng.uniform(-bound, bound, out_features)
        self.grad_W = np.zeros_like(self.W)
        self.grad_b = np.zeros_like(self.b)

    def forward(self, x):
        self.x = x
        return x @ self.W.T + self.b

    def backward(self, grad):
        self.grad_W = grad.T @ self.x
        self.grad_b = grad.sum(axis=0)
        return grad @ self.W


class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, grad):
        return grad * (1 - self.y ** 2)


class Standardise:
    """Zero mean and unit variance along the features, no parameters."""

    def __init__(self, eps=1e-5):
        self.eps = eps

    def forward(self, x):
        mu = x.mean(axis=1, keepdims=True)
        var = x.var(axis=1, keepdims=True)
        self.inv_std = 1 / np.sqrt(var + self.eps)
        self.x_hat = (x - mu) * self.inv_std
        return self.x_hat

    def backward(self, grad):
        g_mean = grad.mean(axis=1, keepdims=True)
        gx_mean = (grad * self.x_hat).mean(axis=1, keepdims=True)
        return self.inv_std * (grad - g_mean - self.x_hat * gx_mean)
