import numpy as np
import os

# heart.csv: 13 columns and the target column at the end, first line is the header
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "heart.csv")
raw = np.genfromtxt(DATA, delimiter=",", skip_header=1)
X = raw[:, :-1]
Y = raw[:, -1:]
X = (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0) + 1e-12)
X, Y = X.T, Y.T
m = X.shape[1]

np.random.seed(0)


def init_params(n_x, n_h1, n_h2):
    W1 = np.random.randn(n_h1, n_x) * np.sqrt(2 / n_x)
    b1 = np.zeros((n_h1, 1))
    W2 = np.random.randn(n_h2, n_h1) * np.sqrt(2 / n_h1)
    b2 = np.zeros((n_h2, 1))
    W3 = np.random.randn(1, n_h2) * np.sqrt(2 / n_h2)
    b3 = np.zeros((1, 1))
    return W1, b1, W2, b2, W3, b3


def forward_prop(X, W1, b1, W2, b2, W3, b3):
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    Z2 = W2 @ A1 + b2
    A2 = np.maximum(0, Z2)
    Z3 = W3 @ A2 + b3
    A3 = 1 / (1 + np.exp(-Z3))
    return Z1, A1, Z2, A2, Z3, A3


def backward_prop(X, Y, Z1, A1, Z2, A2, A3, W2, W3):
    dZ3 = A3 - Y
    dW3 = dZ3 @ A2.T / m
    db3 = dZ3.mean(axis=1, keepdims=True)
    dZ2 = (W3.T @ dZ3) * (Z2 > 0)
    dW2 = dZ2 @ A1.T / m
    db2 = dZ2.mean(axis=1, keepdims=True)
    dZ1 = (W2.T @ dZ2) * (Z1 > 0)
    dW1 = dZ1 @ X.T / m
    db1 = dZ1.mean(axis=1, keepdims=True)
    return dW1, db1, dW2, db2, dW3, db3


def train(alpha=0.2, iterations=300):
    params = init_params(X.shape[0], 8, 8)
    for it in range(iterations):
        Z1, A1, Z2, A2, Z3, A3 = forward_prop(X, *params)
        grads = backward_prop(X, Y, Z1, A1, Z2, A2, A3, params[2], params[4])
        params = tuple(p - alpha * g for p, g in zip(params, grads))
        if it % 50 == 0:
            print(it, "accuracy:", np.mean((A3 > 0.5) == Y))
    return params


if __name__ == "__main__":
    params = train()
