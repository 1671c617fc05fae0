"""Two independent heads in one tensor of weights: shape (head, in, out)."""
import numpy as np

np.random.seed(21)
N, D, K, HEADS = 40, 4, 6, 2

X = np.random.randn(N, D)
Y = np.stack([np.tanh(X[:, 0] - X[:, 1]), X[:, 2] * X[:, 3]], axis=0)     # (head, n)

params = {
    "U": np.random.randn(HEADS, D, K) * 0.5,
    "p": np.zeros((HEADS, 1, K)),
    "V": np.random.randn(HEADS, K) * 0.5,
    "q": np.zeros((HEADS, 1)),
}


def forward(params, X):
    Z = np.einsum("nd,gdk->gnk", X, params["U"]) + params["p"]
    A = np.tanh(Z)
    out = np.einsum("gnk,gk->gn", A, params["V"]) + params["q"]
    return out, A


def loss_and_grads(params, X, Y):
    out, A = forward(params, X)
    R = out - Y
    loss = 0.5 * np.sum(R ** 2) / len(X)
    R = R / len(X)
    grads = {}
    grads["V"] = np.einsum("gn,gnk->gk", R, A)
    grads["q"] = R.sum(axis=1, keepdims=True)
    back = np.einsum("gn,gk->gnk", R, params["V"]) * (1 - A * A)
    grads["U"] = np.einsum("nd,gnk->gdk", X, back)
    grads["p"] = back.sum(axis=1, keepdims=True)
    return loss, grads


for it in range(500):
    loss, grads = loss_and_grads(params, X, Y)
    for key in params:
        params[key] -= 0.3 * grads[key]
    if it % 100 == 0:
        print("iteration", it, "loss", loss)
