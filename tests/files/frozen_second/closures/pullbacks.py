"""Every operation returns its value and a function that pulls gradients back. No classes anywhere."""
import numpy as np


def linear(x, params):
    W, b = params

    def pullback(g):
        return g @ W.T, (x.T @ g, g.sum(0))

    return x @ W + b, pullback


def softplus(x, _=None):
    y = np.logaddexp(0, x)

    def pullback(g):
        return g / (1 + np.exp(-x)), None

    return y, pullback


def chain(*ops):
    def forward(x, params):
        pullbacks = []
        for op, p in zip(ops, params):
            x, pullback = op(x, p)
            pullbacks.append(pullback)

        def backward(g):
            grads = []
            for pullback in pullbacks[::-1]:
                g, grad = pullback(g)
                grads.append(grad)
            return g, grads[::-1]

        return x, backward

    return forward


def mean_squared_error(prediction, target):
    diff = prediction - target

    def pullback():
        return 2 * diff / diff.size

    return np.mean(diff * diff), pullback


def sgd(params, grads, lr):
    new = []
    for p, g in zip(params, grads):
        new.append(None if p is None else tuple(a - lr * b for a, b in zip(p, g)))
    return new


def init(rng, *sizes):
    params = []
    for i, o in zip(sizes, sizes[1:]):
        params += [(rng.normal(size=(i, o)) / np.sqrt(i), np.zeros(o)), None]
    return params[:-1]


rng = np.random.default_rng(2024)
x = rng.uniform(-2, 2, (64, 2))
y = np.stack([x[:, 0] * x[:, 1], np.abs(x[:, 0])], 1)

model = chain(linear, softplus, linear, softplus, linear)
params = init(rng, 2, 10, 8, 2)

for step in range(400):
    out, backward = model(x, params)
    loss, loss_pullback = mean_squared_error(out, y)
    _, grads = backward(loss_pullback())
    params = sgd(params, grads, 0.05)
    if step % 80 == 0:
        print(f"{step:4d} {loss:.5f}")
