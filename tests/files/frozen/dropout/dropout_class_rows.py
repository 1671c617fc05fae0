import numpy as np


class DropoutNet:
    """tanh hidden layer with dropout (mask scaled by 1 / keep), linear output, half mean squared error."""

    def __init__(self, n_in, n_hidden, n_out, keep=0.75, seed=0):
        self.rng = np.random.RandomState(seed)
        self.keep = keep
        self.W1 = 0.5 * self.rng.randn(n_in, n_hidden)
        self.b1 = np.zeros(n_hidden)
        self.W2 = 0.5 * self.rng.randn(n_hidden, n_out)
        self.b2 = np.zeros(n_out)

    def forward(self, X, training=True):
        self.X = X
        self.h = np.tanh(X @ self.W1 + self.b1)
        if training:
            self.mask = (self.rng.rand(*self.h.shape) < self.keep) / self.keep
            self.h_drop = self.h * self.mask
        else:
            self.h_drop = self.h
        return self.h_drop @ self.W2 + self.b2

    def cost(self, out, Y):
        return 0.5 * np.sum((out - Y) ** 2) / len(Y)

    def backward(self, out, Y):
        d_out = (out - Y) / len(Y)
        self.dW2 = self.h_drop.T @ d_out
        self.db2 = d_out.sum(axis=0)
        d_h = d_out @ self.W2.T
        d_h *= self.mask
        d_z = d_h * (1 - self.h ** 2)
        self.dW1 = self.X.T @ d_z
        self.db1 = d_z.sum(axis=0)

    def update(self, lr):
        self.W1 -= lr * self.dW1
        self.b1 -= lr * self.db1
        self.W2 -= lr * self.dW2
        self.b2 -= lr * self.db2

    def fit(self, X, Y, lr=0.1, epochs=50):
        for epoch in range(epochs):
            out = self.forward(X)
            cost = self.cost(out, Y)
            self.backward(out, Y)
            self.update(lr)
        return cost
