import numpy as np

X = np.matrix([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = np.matrix([[0], [1], [1], [0]])
W = np.mat(np.random.random((3, 1))) * 0.1
for i in range(100):
    out = 1 / (1 + np.exp(-X * W))
    delta = np.multiply(out - y, np.multiply(out, 1 - out))
    W = W - 0.5 * X.T * delta
# ruff: noqa
