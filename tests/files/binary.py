"""tanh layers without biases under a sigmoid; binary cross-entropy with a guard in the logarithm; lists unpacked."""

import numpy as np


def forward(W, x):
    a = x
    outputs = []
    for i, w in enumerate(W):
        z = np.dot(a, w)
        a = 1 / (1 + np.exp(-z)) if i == len(W) - 1 else np.tanh(z)
        outputs.append(a)
    return outputs


def cost(y_pred, y_true):
    eps = 1e-12
    return -np.mean(y_true * np.log(y_pred + eps) + (1 - y_true) * np.log(1 - y_pred + eps))


def gradients(W, x, y):
    outputs = forward(W, x)
    d = (outputs[-1] - y) / y.size
    grads = []
    for i in range(len(W) - 1, -1, -1):
        below = x if i == 0 else outputs[i - 1]
        grads.append(np.dot(below.T, d))
        if i:
            d = np.dot(d, W[i].T) * (1 - outputs[i - 1] ** 2)
    grads.reverse()
    return grads


def step(W, x, y, lr):
    return [w - lr * g for w, g in zip(W, gradients(W, x, y))]
