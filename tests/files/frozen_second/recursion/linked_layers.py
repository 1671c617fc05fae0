import numpy as np


class Layer:
    """Each layer knows the next one; learning goes down the chain and comes back up with the gradient."""

    def __init__(self, n, next_layer=None, act="tanh"):
        self.n = n
        self.next = next_layer
        self.act = act
        if next_layer is not None:
            self.w = np.random.randn(n, next_layer.n) / np.sqrt(n)
            self.b = np.zeros((1, next_layer.n))

    def f(self, z):
        return np.tanh(z) if self.act == "tanh" else 1 / (1 + np.exp(-z))

    def df(self, a):
        return 1 - a ** 2 if self.act == "tanh" else a * (1 - a)

    def run(self, a):
        if self.next is None:
            return a
        return self.next.run(self.next.f(a @ self.w + self.b))

    def learn(self, a, target, rate):
        """gradient of the cost with respect to a"""
        if self.next is None:
            return (a - target) / len(a)
        out = self.next.f(a @ self.w + self.b)
        delta = self.next.learn(out, target, rate) * self.next.df(out)
        grad = delta @ self.w.T
        self.w -= rate * (a.T @ delta)
        self.b -= rate * delta.sum(axis=0, keepdims=True)
        return grad


def build(sizes):
    layer = Layer(sizes[-1], act="sigmoid")
    for n in sizes[-2::-1]:
        layer = Layer(n, layer)
    return layer


if __name__ == "__main__":
    np.random.seed(6)
    x = np.random.randn(50, 3)
    y = np.column_stack([x.sum(1) > 0, (x ** 2).sum(1) > 3]).astype(float)
    first = build([3, 8, 5, 2])
    for i in range(500):
        first.learn(x, y, 0.8)
        if i % 100 == 0:
            print(i, 0.5 * np.sum((first.run(x) - y) ** 2) / len(x))
