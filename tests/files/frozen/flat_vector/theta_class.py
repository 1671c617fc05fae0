import numpy as np


class FlatMLP:
    """All weights live in one vector self.theta; W(k) and b(k) are views of it."""

    def __init__(self, layers=(2, 6, 3), seed=0):
        self.layers = layers
        self.offsets = []
        pos = 0
        for a, b in zip(layers[:-1], layers[1:]):
            self.offsets.append((pos, pos + a * b, pos + a * b + b))
            pos += a * b + b
        rng = np.random.RandomState(seed)
        self.theta = rng.randn(pos) * 0.6

    def W(self, k, vec=None):
        vec = self.theta if vec is None else vec
        start, middle, _ = self.offsets[k]
        return vec[start:middle].reshape(self.layers[k], self.layers[k + 1])

    def b(self, k, vec=None):
        vec = self.theta if vec is None else vec
        _, middle, end = self.offsets[k]
        return vec[middle:end]

    def cost_and_grad(self, X, Y):
        """Mean cross-entropy of the softmax and the gradient, one vector. Y is one-hot."""
        n = len(X)
        grad = np.zeros_like(self.theta)
        hs = [X]
        for k in range(len(self.layers) - 2):
            hs.append(np.maximum(hs[-1] @ self.W(k) + self.b(k), 0))
        last = len(self.layers) - 2
        s = hs[-1] @ self.W(last) + self.b(last)
        s = s - s.max(axis=1, keepdims=True)
        p = np.exp(s)
        p = p / p.sum(axis=1, keepdims=True)
        cost = -np.sum(Y * np.log(p)) / n

        d = (p - Y) / n
        for k in range(last, -1, -1):
            self.W(k, grad)[...] = hs[k].T @ d
            self.b(k, grad)[...] = d.sum(axis=0)
            if k > 0:
                d = (d @ self.W(k).T) * (hs[k] > 0)
        return cost, grad

    def fit(self, X, Y, lr=0.5, steps=200):
        for step in range(steps):
            cost, grad = self.cost_and_grad(X, Y)
            self.theta -= lr * grad
        return cost
