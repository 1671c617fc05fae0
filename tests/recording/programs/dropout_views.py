import numpy as np

np.random.seed(7)
X = np.random.randn(10, 4)
t = np.random.randn(10, 2)
params = np.random.randn(4 * 5 + 5 * 2) * 0.3
W1 = params[:20].reshape(4, 5)
W2 = params[20:].reshape(5, 2)
for epoch in range(30):
    h = np.tanh(X @ W1)
    mask = (np.random.rand(*h.shape) < 0.8) / 0.8
    h *= mask
    out = h @ W2
    delta = (out - t) / len(X)
    g2 = h.T @ delta
    g1 = X.T @ (delta @ W2.T * mask * (1 - np.tanh(X @ W1) ** 2))
    W1 -= 0.1 * g1
    W2 -= 0.1 * g2
# ruff: noqa
