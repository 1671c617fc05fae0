import numpy as np


def init_params(dims, seed=0):
    """dims = [n_features, hidden 1, hidden 2, classes]"""
    rng = np.random.default_rng(seed)
    params = {}
    for k in range(1, len(dims)):
        params[f"W{k}"] = rng.normal(size=(dims[k - 1], dims[k])) / np.sqrt(dims[k - 1])
        params[f"b{k}"] = np.zeros(dims[k])
    return params


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


def loss(X, y, params):
    """Return (loss, grads). y is a vector of 0 and 1."""
    m = len(y)
    Y = y.reshape(-1, 1)

    # forward
    z1 = X @ params["W1"] + params["b1"]
    h1 = np.tanh(z1)
    z2 = h1 @ params["W2"] + params["b2"]
    h2 = np.tanh(z2)
    z3 = h2 @ params["W3"] + params["b3"]
    p = sigmoid(z3)
    cost = -np.mean(Y * np.log(p) + (1 - Y) * np.log(1 - p))

    # backward
    grads = {}
    d3 = (p - Y) / m
    grads["W3"] = h2.T @ d3
    grads["b3"] = d3.sum(axis=0)
    d2 = (d3 @ params["W3"].T) * (1 - h2 ** 2)
    grads["W2"] = h1.T @ d2
    grads["b2"] = d2.sum(axis=0)
    d1 = (d2 @ params["W2"].T) * (1 - h1 ** 2)
    grads["W1"] = X.T @ d1
    grads["b1"] = d1.sum(axis=0)
    return cost, grads


def sgd(params, grads, lr):
    for key in params:
        params[key] = params[key] - lr * grads[key]
    return params
