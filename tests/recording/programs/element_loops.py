import numpy as np

np.random.seed(0)
w = np.random.rand(3, 2)
v = np.random.rand(2)
data = [([0, 1, 1], 1), ([1, 0, 1], 0), ([1, 1, 1], 1)]
for epoch in range(5):
    for x, target in data:
        h = [0, 0]
        for j in range(2):
            total = 0
            for i in range(3):
                total += x[i] * w[i][j]
            h[j] = np.tanh(total)
        o = h[0] * v[0] + h[1] * v[1]
        error = target - o
        for j in range(2):
            for i in range(3):
                w[i][j] = w[i][j] + 0.1 * error * v[j] * (1 - h[j] ** 2) * x[i]
        for j in range(2):
            v[j] += 0.1 * error * h[j]
# ruff: noqa
