"""Observations in columns, kernels (units, inputs), everything in dictionaries; sigmoid, sum of squared errors."""

import numpy as np


def s(z):
    return 1.0 / (1.0 + np.exp(-z))


def s_prime(z):
    return s(z) * (1.0 - s(z))


def forward(params, X):
    L = len(params) // 2
    cache = {"A0": X}
    for l in range(1, L + 1):  # noqa: E741
        cache[f"Z{l}"] = np.dot(params[f"W{l}"], cache[f"A{l - 1}"]) + params[f"b{l}"]
        cache[f"A{l}"] = s(cache[f"Z{l}"])
    return cache


def cost(A, Y):
    return float(np.sum(np.square(A - Y)))


def backward(params, X, Y):
    L = len(params) // 2
    c = forward(params, X)
    m, k = X.shape[1], Y.shape[0]  # noqa: F841
    grads = {}
    dA = 2.0 * (c[f"A{L}"] - Y)
    for l in range(L, 0, -1):  # noqa: E741
        dZ = dA * s_prime(c[f"Z{l}"])
        grads[f"dZ{l}"] = dZ
        grads[f"dW{l}"] = np.dot(dZ, c[f"A{l - 1}"].T)
        grads[f"db{l}"] = np.sum(dZ, axis=1, keepdims=True)
        dA = np.dot(params[f"W{l}"].T, dZ)
    return grads


def step(params, X, Y, learning_rate):
    grads = backward(params, X, Y)
    return {name: value - learning_rate * grads["d" + name] for name, value in params.items()}


def train(params, X, Y, learning_rate, iterations):
    for i in range(iterations):  # noqa: B007
        params = step(params, X, Y, learning_rate)
    return params
