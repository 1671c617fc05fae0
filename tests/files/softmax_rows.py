"""relu layers under a softmax, mean cross-entropy, [(kernel, bias), ...]."""

import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def forward(weights, x):
    steps, a = [], x
    for number, (kernel, bias) in enumerate(weights):
        z = a @ kernel + bias
        a = softmax(z) if number == len(weights) - 1 else np.maximum(z, 0)
        steps.append((z, a))
    return steps


def cost(a, y):
    return -np.sum(y * np.log(a)) / len(y)


def backward(weights, x, y):
    steps = forward(weights, x)
    n = len(x)
    output = steps[-1][1]
    delta = (output - y) / n
    found = []
    for number in reversed(range(len(weights))):
        below = steps[number - 1][1] if number else x
        found.append((below.T @ delta, delta.sum(axis=0)))
        if number:
            kernel = weights[number][0]
            delta = (delta @ kernel.T) * (below > 0)
    return found[::-1]


def step(weights, x, y, learning_rate):
    gradients = backward(weights, x, y)
    return [(k - learning_rate * dk, b - learning_rate * db) for (k, b), (dk, db) in zip(weights, gradients)]


def train(weights, x, y, learning_rate, iterations):
    for _ in range(iterations):
        weights = step(weights, x, y, learning_rate)
    return weights
