# stochastic gradient descent, one flower at a time; bias = weight of a constant input
import random

import numpy as np

random.seed(1)
np.random.seed(1)


class Perceptron2:
    def __init__(self, nin, nhid, nout):
        self.A = np.random.normal(scale=nin ** -0.5, size=(nhid, nin + 1))
        self.B = np.random.normal(scale=nhid ** -0.5, size=(nout, nhid + 1))

    @property
    def n_params(self):
        return self.A.size + self.B.size

    def fire(self, x):
        x = np.append(x, 1.0)
        u = self.A.dot(x)
        h = np.append(1 / (1 + np.exp(-u)), 1.0)
        v = self.B.dot(h)
        e = np.exp(v - np.max(v))
        return x, h, e / np.sum(e)

    def learn(self, x, k, step):
        x, h, p = self.fire(x)
        back = p.copy()
        back[k] -= 1
        hidden = self.B[:, :-1].T.dot(back)
        hidden *= h[:-1] * (1 - h[:-1])
        self.B -= step * np.outer(back, h)
        self.A -= step * np.outer(hidden, x)
        return -np.log(p[k])


def flowers(n=60):
    means = [[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.5, 2.0]]
    kinds = [random.randrange(3) for _ in range(n)]
    return [(np.array(means[k]) + np.random.normal(0, 0.3, 4) - [5.8, 3, 3.7, 1.2], k) for k in kinds]


data = flowers()
net = Perceptron2(4, 6, 3)
print(net.n_params, "parameters")
step = 0.1
for epoch in range(30):
    random.shuffle(data)
    surprise = 0.0
    for x, k in data:
        surprise += net.learn(x, k, step)
    if epoch % 5 == 0:
        print(epoch, surprise / len(data))
    step *= 0.97
