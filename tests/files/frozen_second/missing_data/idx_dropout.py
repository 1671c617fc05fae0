import gzip
import os
import struct

import numpy as np

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")


def read_images(name):
    with gzip.open(os.path.join(DATA, name), "rb") as f:
        _, n, rows, cols = struct.unpack(">IIII", f.read(16))
        return np.frombuffer(f.read(), dtype=np.uint8).reshape(n, rows * cols).astype(np.float64) / 255


def read_labels(name):
    with gzip.open(os.path.join(DATA, name), "rb") as f:
        struct.unpack(">II", f.read(8))
        return np.frombuffer(f.read(), dtype=np.uint8).astype(int)


class Classifier:
    def __init__(self, n_in, n_hidden, n_out, keep=0.8, seed=1):
        self.random = np.random.RandomState(seed)
        self.keep = keep
        self.W1 = self.random.normal(0, 0.1, (n_in, n_hidden))
        self.b1 = np.zeros(n_hidden)
        self.W2 = self.random.normal(0, 0.1, (n_hidden, n_out))
        self.b2 = np.zeros(n_out)

    def forward(self, x, training):
        self.x = x
        self.h = np.tanh(x.dot(self.W1) + self.b1)
        self.mask = np.ones_like(self.h)
        if training:
            self.mask = (self.random.uniform(size=self.h.shape) < self.keep) / self.keep
        self.hd = self.h * self.mask
        z = self.hd.dot(self.W2) + self.b2
        e = np.exp(z - z.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def loss(self, y):
        return -np.mean(np.log(self.p[np.arange(len(y)), y] + 1e-12))

    def backward(self, y):
        m = len(y)
        dz = self.p.copy()
        dz[np.arange(m), y] -= 1
        dz = dz / m
        gW2 = self.hd.T.dot(dz)
        gb2 = dz.sum(axis=0)
        dh = dz.dot(self.W2.T) * self.mask
        da = dh * (1 - self.h ** 2)
        return self.x.T.dot(da), da.sum(axis=0), gW2, gb2

    def step(self, grads, lr):
        for p, g in zip((self.W1, self.b1, self.W2, self.b2), grads):
            p -= lr * g


if __name__ == "__main__":
    x, y = read_images("train-images-idx3-ubyte.gz"), read_labels("train-labels-idx1-ubyte.gz")
    net = Classifier(x.shape[1], 50, 10)
    order = np.random.RandomState(0)
    for epoch in range(3):
        perm = order.permutation(len(y))
        for k in range(0, len(y), 100):
            batch = perm[k:k + 100]
            net.forward(x[batch], training=True)
            net.step(net.backward(y[batch]), lr=0.2)
        net.forward(x, training=False)
        print("epoch", epoch, "loss", net.loss(y))
