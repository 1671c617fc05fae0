"""Compress eight numbers to three and back. The way back uses the same matrix, transposed."""
import numpy as np

rng = np.random.RandomState(123)


def squash(a):
    return 1 / (1 + np.exp(-a))


def records(n=100, d=8):
    causes = rng.rand(n, 2)
    return squash(causes @ rng.randn(2, d) * 2 - 1)


class TiedAutoencoder(object):
    def __init__(self, n_visible, n_code):
        self.M = rng.uniform(-1, 1, (n_visible, n_code)) * np.sqrt(6 / (n_visible + n_code))
        self.to_code = np.zeros(n_code)
        self.to_visible = np.zeros(n_visible)

    def encode(self, x):
        return squash(x.dot(self.M) + self.to_code)

    def decode(self, code):
        return squash(code.dot(self.M.T) + self.to_visible)

    def cost(self, x):
        r = self.decode(self.encode(x))
        return -np.sum(x * np.log(r) + (1 - x) * np.log(1 - r)) / len(x)

    def learn(self, x, rate):
        code = self.encode(x)
        r = self.decode(code)
        # towards the data, therefore + below
        visible_push = (x - r) / len(x)
        code_push = visible_push.dot(self.M) * code * (1 - code)
        matrix_push = x.T.dot(code_push) + visible_push.T.dot(code)
        self.M += rate * matrix_push
        self.to_code += rate * np.sum(code_push, axis=0)
        self.to_visible += rate * np.sum(visible_push, axis=0)


def main():
    x = records()
    net = TiedAutoencoder(8, 3)
    for epoch in range(200):
        net.learn(x, 0.5)
        if epoch % 40 == 0:
            print(epoch, net.cost(x))


if __name__ == "__main__":
    main()
