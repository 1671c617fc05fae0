"""A network by hand that learns exclusive or, badly: one line of its backward pass is wrong."""

import numpy as np


class Network:
    def __init__(self, inputs, hidden, outputs):
        random = np.random.default_rng(1)
        self.w1 = random.normal(size=(inputs, hidden))
        self.b1 = np.zeros(hidden)
        self.w2 = random.normal(size=(hidden, outputs))
        self.b2 = np.zeros(outputs)

    def predict(self, x):
        self.hidden = np.tanh(x @ self.w1 + self.b1)
        return 1 / (1 + np.exp(-(self.hidden @ self.w2 + self.b2)))

    def learn(self, x, y, rate):
        output = self.predict(x)
        loss = np.mean((output - y) ** 2)
        slope = 2 * (output - y) / y.size * output * (1 - output)
        back = slope @ self.w2.T
        self.w2 -= rate * self.hidden.T @ slope
        self.b2 -= rate * slope.sum(axis=0)
        self.w1 -= rate * x.T @ back
        self.b1 -= rate * back.sum(axis=0)
        return loss


if __name__ == "__main__":
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    y = np.array([[0], [1], [1], [0]], dtype=float)
    network = Network(2, 5, 1)
    for _ in range(5000):
        loss = network.learn(x, y, rate=0.5)
    print(loss)
