import numpy as np

X = np.random.randn(9, 3)
y = np.random.randint(0, 2, (9, 1))


def cost_and_gradient(theta, X, y, lam):
    W1 = theta[:12].reshape(3, 4)
    W2 = theta[12:].reshape(5, 1)
    m = len(X)
    a1 = 1 / (1 + np.exp(-X @ W1))
    a1 = np.hstack([np.ones((m, 1)), a1])
    h = 1 / (1 + np.exp(-a1 @ W2))
    J = -np.sum(y * np.log(h) + (1 - y) * np.log(1 - h)) / m + lam / (2 * m) * np.sum(W1**2)
    d2 = h - y
    d1 = (d2 @ W2.T)[:, 1:] * a1[:, 1:] * (1 - a1[:, 1:])
    grad1 = X.T @ d1 / m + lam / m * W1
    grad2 = a1.T @ d2 / m
    return J, np.concatenate([grad1.ravel(), grad2.ravel()])


theta = np.random.uniform(-0.12, 0.12, 17)
for i in range(50):
    J, grad = cost_and_gradient(theta, X, y, 1.0)
    theta = theta - 0.5 * grad
# ruff: noqa
