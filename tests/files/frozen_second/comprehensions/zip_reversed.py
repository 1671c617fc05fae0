from functools import reduce

import numpy as np

sizes = [2, 7, 7, 2]
rng = np.random.default_rng(1)
weights = [rng.standard_normal((n, m)) * np.sqrt(2 / n) for n, m in zip(sizes, sizes[1:])]
biases = [np.full((1, m), 0.05) for m in sizes[1:]]

relu = lambda z: z * (z > 0)
step = lambda a: (a > 0).astype(float)


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def forward(x):
    acts = [x]
    for w, b in zip(weights[:-1], biases[:-1]):
        acts.append(relu(acts[-1] @ w + b))
    return acts, softmax(acts[-1] @ weights[-1] + biases[-1])


def backward(acts, probs, targets):
    deltas = [probs - targets]
    for w, a in zip(reversed(weights[1:]), reversed(acts[1:])):
        deltas.append(deltas[-1] @ w.T * step(a))
    deltas.reverse()
    n = len(targets)
    return [a.T @ d / n for a, d in zip(acts, deltas)], [d.mean(axis=0, keepdims=True) for d in deltas]


def total_parameters():
    return reduce(lambda s, w: s + w.size, weights + biases, 0)


points = rng.uniform(-1, 1, (80, 2))
inside = (points ** 2).sum(1) < 0.5
targets = np.array([[1, 0] if i else [0, 1] for i in inside])

print(total_parameters(), "parameters")
for epoch in range(500):
    acts, probs = forward(points)
    grads_w, grads_b = backward(acts, probs, targets)
    weights = [w - 0.5 * g for w, g in zip(weights, grads_w)]
    biases = [b - 0.5 * g for b, g in zip(biases, grads_b)]
    if epoch % 100 == 0:
        print(epoch, -np.mean(np.log((probs * targets).sum(1))))
