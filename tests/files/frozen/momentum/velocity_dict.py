"""Regression with momentum: v = beta v + dW, W = W - lr v."""
import numpy as np


def init(n_in, n_hidden, n_out, rng):
    p = {
        "W1": rng.normal(0, 0.6, (n_in, n_hidden)),
        "b1": np.zeros(n_hidden),
        "W2": rng.normal(0, 0.6, (n_hidden, n_out)),
        "b2": np.zeros(n_out),
    }
    v = {key: np.zeros_like(value) for key, value in p.items()}
    return p, v


def forward(p, X):
    z = X @ p["W1"] + p["b1"]
    a = 1 / (1 + np.exp(-z))
    return z, a, a @ p["W2"] + p["b2"]


def backward(p, X, T, a, out):
    n = len(X)
    d = (out - T) / n
    grads = {"W2": a.T @ d, "b2": d.sum(axis=0)}
    d = (d @ p["W2"].T) * a * (1 - a)
    grads["W1"] = X.T @ d
    grads["b1"] = d.sum(axis=0)
    return grads


def momentum_step(p, v, grads, lr, beta):
    for key in p:
        v[key] = beta * v[key] + grads[key]
        p[key] -= lr * v[key]


def train(X, T, n_hidden=5, lr=0.1, beta=0.9, steps=200, seed=0):
    rng = np.random.default_rng(seed)
    p, v = init(X.shape[1], n_hidden, T.shape[1], rng)
    curve = []
    for _ in range(steps):
        z, a, out = forward(p, X)
        curve.append(0.5 * np.mean(np.sum((out - T) ** 2, axis=1)))
        grads = backward(p, X, T, a, out)
        momentum_step(p, v, grads, lr, beta)
    return p, curve
