import numpy as np
import random


class CrossEntropyCost:

    @staticmethod
    def fn(a, y):
        return np.sum(np.nan_to_num(-y * np.log(a) - (1 - y) * np.log(1 - a)))

    @staticmethod
    def delta(z, a, y):
        return a - y


class QuadraticCost:

    @staticmethod
    def fn(a, y):
        return 0.5 * np.linalg.norm(a - y) ** 2

    @staticmethod
    def delta(z, a, y):
        return (a - y) * sigmoid_prime(z)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    s = sigmoid(z)
    return s * (1 - s)


def vectorized_result(j, size):
    e = np.zeros((size, 1))
    e[j] = 1.0
    return e


class Net:

    def __init__(self, sizes, cost=CrossEntropyCost):
        self.sizes = sizes
        self.num_layers = len(sizes)
        self.cost = cost
        self.biases = [np.random.randn(n, 1) for n in sizes[1:]]
        self.weights = [np.random.randn(n, k) / np.sqrt(k) for k, n in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for w, b in zip(self.weights, self.biases):
            a = sigmoid(w @ a + b)
        return a

    def backprop(self, x, y):
        gb = [None] * len(self.biases)
        gw = [None] * len(self.weights)
        acts = [x]
        zs = []
        for w, b in zip(self.weights, self.biases):
            zs.append(w @ acts[-1] + b)
            acts.append(sigmoid(zs[-1]))
        delta = self.cost.delta(zs[-1], acts[-1], y)
        gb[-1] = delta
        gw[-1] = delta @ acts[-2].T
        for i in range(len(self.weights) - 2, -1, -1):
            delta = (self.weights[i + 1].T @ delta) * sigmoid_prime(zs[i])
            gb[i] = delta
            gw[i] = delta @ acts[i].T
        return gb, gw

    def train_batch(self, batch, eta):
        total_b = [np.zeros_like(b) for b in self.biases]
        total_w = [np.zeros_like(w) for w in self.weights]
        for x, y in batch:
            gb, gw = self.backprop(x, y)
            for i in range(len(total_w)):
                total_b[i] += gb[i]
                total_w[i] += gw[i]
        for i in range(len(self.weights)):
            self.weights[i] = self.weights[i] - eta / len(batch) * total_w[i]
            self.biases[i] = self.biases[i] - eta / len(batch) * total_b[i]

    def total_cost(self, data):
        return sum(self.cost.fn(self.feedforward(x), y) for x, y in data) / len(data)


random.seed(0)
np.random.seed(0)
data = []
for _ in range(40):
    x = np.random.randn(3, 1)
    label = 0 if x[0, 0] + x[1, 0] > 0.5 else (1 if x[2, 0] > 0 else 2)
    data.append((x, vectorized_result(label, 3)))

net = Net([3, 5, 4, 3])
for epoch in range(20):
    random.shuffle(data)
    for k in range(0, len(data), 8):
        net.train_batch(data[k:k + 8], 0.8)
    print("epoch", epoch, "cost", net.total_cost(data))
