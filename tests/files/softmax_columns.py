"""tanh layers under a softmax, summed cross-entropy, observations in columns, (units, inputs + 1), bias last."""

import numpy as np


def softmax(z):
    e = np.exp(z)
    return e / np.sum(e, axis=0)


def with_one(a):
    return np.vstack([a, np.ones(a.shape[1])])


def forward(thetas, x):
    activations = [x]
    for theta in thetas[:-1]:
        activations.append(np.tanh(theta @ with_one(activations[-1])))
    activations.append(softmax(thetas[-1] @ with_one(activations[-1])))
    return activations


def cost(output, y):
    return -np.sum(y * np.log(output))


def backward(thetas, x, y):
    activations = forward(thetas, x)
    delta = activations[-1] - y
    gradients = [delta @ with_one(activations[-2]).T]
    for level in range(len(thetas) - 1, 0, -1):
        kernel = thetas[level][:, :-1]
        delta = (kernel.T @ delta) * (1 - activations[level] ** 2)
        gradients = [delta @ with_one(activations[level - 1]).T, *gradients]
    return gradients


def step(thetas, x, y, learning_rate):
    return [theta - learning_rate * g for theta, g in zip(thetas, backward(thetas, x, y))]


def train(thetas, x, y, learning_rate, iterations):
    for _ in range(iterations):
        thetas = step(thetas, x, y, learning_rate)
    return thetas
