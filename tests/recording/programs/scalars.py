import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class OurNeuralNetwork:
    def __init__(self):
        self.w1 = np.random.normal()
        self.w2 = np.random.normal()
        self.w3 = np.random.normal()
        self.w4 = np.random.normal()
        self.w5 = np.random.normal()
        self.w6 = np.random.normal()
        self.b1 = np.random.normal()
        self.b2 = np.random.normal()
        self.b3 = np.random.normal()

    def feedforward(self, x):
        h1 = sigmoid(self.w1 * x[0] + self.w2 * x[1] + self.b1)
        h2 = sigmoid(self.w3 * x[0] + self.w4 * x[1] + self.b2)
        return sigmoid(self.w5 * h1 + self.w6 * h2 + self.b3)

    def train(self, data, targets):
        rate = 0.1
        for epoch in range(1000):
            for x, y_true in zip(data, targets):
                h1 = sigmoid(self.w1 * x[0] + self.w2 * x[1] + self.b1)
                h2 = sigmoid(self.w3 * x[0] + self.w4 * x[1] + self.b2)
                o1 = sigmoid(self.w5 * h1 + self.w6 * h2 + self.b3)
                d_o = -2 * (y_true - o1) * o1 * (1 - o1)
                d_h1 = self.w5 * h1 * (1 - h1)
                d_h2 = self.w6 * h2 * (1 - h2)
                self.w1 -= rate * d_o * d_h1 * x[0]
                self.w2 -= rate * d_o * d_h1 * x[1]
                self.b1 -= rate * d_o * d_h1
                self.w3 -= rate * d_o * d_h2 * x[0]
                self.w4 -= rate * d_o * d_h2 * x[1]
                self.b2 -= rate * d_o * d_h2
                self.w5 -= rate * d_o * h1
                self.w6 -= rate * d_o * h2
                self.b3 -= rate * d_o


data = np.array([[-2, -1], [25, 6], [17, 4], [-15, -6]])
targets = np.array([1, 0, 0, 1])
network = OurNeuralNetwork()
network.train(data, targets)
# ruff: noqa
