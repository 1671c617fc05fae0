"""A class-style network as many tutorials write it; it is only defined here, and trained elsewhere."""

import numpy as np


class NeuralNetwork:
    def __init__(self, x, y):
        self.input = x
        self.weights1 = np.random.rand(self.input.shape[1], 4)
        self.weights2 = np.random.rand(4, 1)
        self.y = y
        self.output = np.zeros(y.shape)

    def feedforward(self):
        self.layer1 = 1 / (1 + np.exp(-np.dot(self.input, self.weights1)))
        self.output = 1 / (1 + np.exp(-np.dot(self.layer1, self.weights2)))

    def backprop(self):
        delta = 2 * (self.y - self.output) * self.output * (1 - self.output)
        d_weights2 = np.dot(self.layer1.T, delta)
        d_weights1 = np.dot(self.input.T, np.dot(delta, self.weights2.T) * (1 - self.layer1))
        self.weights1 += d_weights1
        self.weights2 += d_weights2
