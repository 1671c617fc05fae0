"""Sigmoid layers and a sum of squared errors, a matrix with the bias on top for each layer."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def ones_before(a):
    return np.hstack([np.ones((len(a), 1)), a])


def forward(weights, x):
    a = [x]
    z = []
    for w in weights:
        z.append(ones_before(a[-1]) @ w)
        a.append(sigmoid(z[-1]))
    return z, a[1:]


def cost(a, y):
    return np.sum((a - y) ** 2)


def backward(weights, x, y):
    z, a = forward(weights, x)
    a = [x, *a]
    n = len(x)  # noqa: F841
    last = len(weights)
    error = 2 * (a[-1] - y)
    delta = error * a[-1] * (1 - a[-1])
    deltas, gradients = [], []
    for layer in range(last, 0, -1):
        gradient = ones_before(a[layer - 1]).T @ delta
        gradients.insert(0, gradient)
        deltas.insert(0, delta)
        if layer > 1:
            error = delta @ weights[layer - 1][1:].T
            delta = error * a[layer - 1] * (1 - a[layer - 1])
    return deltas, gradients


def step(weights, x, y, learning_rate):
    _, gradients = backward(weights, x, y)
    return [w - learning_rate * g for w, g in zip(weights, gradients)]


def train(weights, x, y, learning_rate, iterations):
    for _ in range(iterations):
        weights = step(weights, x, y, learning_rate)
    return weights
