import numpy as np


class ScalarNet:
    """2-2-1 with every weight a number of its own; x1, x2 and y are vectors with all examples."""

    def __init__(self):
        self.w1, self.w2, self.w3, self.w4 = 0.8, -0.6, 0.5, 0.9
        self.w5, self.w6 = 1.1, -0.7
        self.b1 = self.b2 = self.b3 = 0.1

    def forward(self, x1, x2):
        self.h1 = np.tanh(self.w1 * x1 + self.w2 * x2 + self.b1)
        self.h2 = np.tanh(self.w3 * x1 + self.w4 * x2 + self.b2)
        self.o = self.w5 * self.h1 + self.w6 * self.h2 + self.b3
        return self.o

    def loss(self, y):
        return 0.5 * np.mean((self.o - y) ** 2)

    def backward(self, x1, x2, y):
        n = len(y)
        do = (self.o - y) / n
        dh1 = do * self.w5 * (1 - self.h1 ** 2)
        dh2 = do * self.w6 * (1 - self.h2 ** 2)
        return {
            'w5': np.sum(do * self.h1),
            'w6': np.sum(do * self.h2),
            'b3': np.sum(do),
            'w1': np.sum(dh1 * x1),
            'w2': np.sum(dh1 * x2),
            'b1': np.sum(dh1),
            'w3': np.sum(dh2 * x1),
            'w4': np.sum(dh2 * x2),
            'b2': np.sum(dh2),
        }

    def step(self, grads, lr):
        for name, g in grads.items():
            setattr(self, name, getattr(self, name) - lr * g)


def train(net, x1, x2, y, lr=0.3, epochs=500):
    for epoch in range(epochs):
        net.forward(x1, x2)
        loss = net.loss(y)
        grads = net.backward(x1, x2, y)
        net.step(grads, lr)
        if epoch % 100 == 0:
            print(epoch, loss)
