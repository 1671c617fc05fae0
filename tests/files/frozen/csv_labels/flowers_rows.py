"""Iris flowers with a small network. Rows are flowers.

The file iris.csv: four measurements and the number of the species (0, 1, 2), no header.
"""
import csv

import numpy as np


def read_table(path):
    rows = []
    with open(path) as handle:
        for row in csv.reader(handle):
            if not row:
                continue
            rows.append([float(v) for v in row])
    return np.array(rows)


table = read_table("iris.csv")
features = table[:, :4]
labels = table[:, 4].astype(int)
features = (features - features.mean(axis=0)) / features.std(axis=0)
n_examples = features.shape[0]
n_classes = 3


def init_params(hidden=6):
    rng = np.random.RandomState(0)
    w1 = rng.randn(4, hidden) * 0.4
    b1 = np.zeros(hidden)
    w2 = rng.randn(hidden, n_classes) * 0.4
    b2 = np.zeros(n_classes)
    return w1, b1, w2, b2


def forward_prop(x, w1, b1, w2, b2):
    z1 = x @ w1 + b1
    a1 = np.tanh(z1)
    z2 = a1 @ w2 + b2
    expz = np.exp(z2)
    a2 = expz / (expz.sum(axis=1, keepdims=True) + 1e-9)
    return z1, a1, z2, a2


def log_likelihood(a2, y):
    return np.mean(np.log(a2[np.arange(len(y)), y]))


def backward_prop(x, y, a1, a2, w2):
    dz2 = a2.copy()
    dz2[np.arange(len(y)), y] -= 1
    dz2 /= len(y)
    dw2 = a1.T @ dz2
    db2 = dz2.sum(axis=0)
    dz1 = (dz2 @ w2.T) * (1 - a1 * a1)
    dw1 = x.T @ dz1
    db1 = dz1.sum(axis=0)
    return dw1, db1, dw2, db2


def update_params(params, grads, alpha):
    return [p - alpha * g for p, g in zip(params, grads)]


params = init_params()
for epoch in range(400):
    z1, a1, z2, a2 = forward_prop(features, *params)
    grads = backward_prop(features, labels, a1, a2, params[2])
    params = update_params(params, grads, 0.3)
    if epoch % 50 == 0:
        accuracy = np.mean(a2.argmax(axis=1) == labels)
        print("epoch", epoch, "log-likelihood", log_likelihood(a2, labels), "accuracy", accuracy)
