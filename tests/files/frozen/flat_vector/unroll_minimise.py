import numpy as np
from scipy.optimize import minimize

np.random.seed(2)
SHAPES = [(4, 3), (4,), (1, 4), (1,)]
SIZES = [int(np.prod(s)) for s in SHAPES]


def pack(arrays):
    return np.concatenate([a.ravel() for a in arrays])


def unpack(theta):
    parts = np.split(theta, np.cumsum(SIZES)[:-1])
    return [p.reshape(s) for p, s in zip(parts, SHAPES)]


def objective(theta, X, t):
    W1, b1, W2, b2 = unpack(theta)
    n = X.shape[0]
    u = X @ W1.T + b1
    h = np.tanh(u)
    y = (h @ W2.T + b2).ravel()
    r = y - t
    cost = 0.5 * np.dot(r, r) / n

    gy = (r / n)[:, None]
    gW2 = gy.T @ h
    gb2 = gy.sum(axis=0)
    gh = gy @ W2
    gu = gh * (1.0 - h * h)
    gW1 = gu.T @ X
    gb1 = gu.sum(axis=0)
    return cost, pack([gW1, gb1, gW2, gb2])


X = np.random.uniform(-1, 1, (50, 3))
t = np.sin(3 * X[:, 0]) + X[:, 1] * X[:, 2]

theta0 = 0.5 * np.random.randn(sum(SIZES))
result = minimize(objective, theta0, args=(X, t), jac=True, method="L-BFGS-B", options={"maxiter": 100})
print("cost:", objective(theta0, X, t)[0], "->", result.fun)
