import numpy as np


def moons(n=100, seed=0):
    """Two half circles; rows, labels as a column of 0 and 1."""
    rs = np.random.RandomState(seed)
    angle = np.pi * rs.rand(n)
    upper = rs.rand(n) < 0.5
    x = np.where(upper, np.cos(angle), 1 - np.cos(angle))
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
    return np.column_stack([x, y]) + 0.1 * rs.randn(n, 2), upper.astype(float)[:, None]


def minibatches(X, Y, size, rs):
    order = rs.permutation(len(X))
    for k in range(0, len(X), size):
        yield X[order[k:k + size]], Y[order[k:k + size]]
