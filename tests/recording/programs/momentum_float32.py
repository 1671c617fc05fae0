import numpy as np

rng = np.random.default_rng(0)
X = rng.standard_normal((11, 3)).astype(np.float32)
labels = rng.integers(0, 4, 11)
W = (rng.standard_normal((3, 4)) * 0.1).astype(np.float32)
b = np.zeros(4, dtype=np.float32)
vW, vb = np.zeros_like(W), np.zeros_like(b)
for epoch in range(10):
    order = rng.permutation(len(X))
    for start in range(0, len(X), 4):
        batch = order[start : start + 4]
        x, t = X[batch], labels[batch]
        logits = x @ W + b
        logits -= logits.max(axis=1, keepdims=True)
        p = np.exp(logits)
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[np.arange(len(t)), t]).mean()
        p[np.arange(len(t)), t] -= 1
        p /= len(t)
        vW = 0.9 * vW - 0.1 * (x.T @ p + 0.01 * W)
        vb = 0.9 * vb - 0.1 * p.sum(axis=0)
        W += vW
        b += vb
# ruff: noqa
