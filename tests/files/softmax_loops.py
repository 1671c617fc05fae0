"""Plain Python: relu layers under a softmax, mean cross-entropy, [kernel, bias, kernel, bias, ...]."""

from math import exp, log


def dense(row, kernel, bias):
    return [bias[j] + sum(row[i] * kernel[i][j] for i in range(len(row))) for j in range(len(bias))]


def softmax(z):
    e = [exp(value) for value in z]
    return [value / sum(e) for value in e]


def run(weights, row):
    activations = [list(row)]
    for k in range(0, len(weights), 2):
        z = dense(activations[-1], weights[k], weights[k + 1])
        activations.append(softmax(z) if k == len(weights) - 2 else [max(0.0, value) for value in z])
    return activations


def forward(weights, x):
    return [run(weights, row)[-1] for row in x]


def cost(a, y):
    return -sum(t * log(p) for a_row, y_row in zip(a, y) for p, t in zip(a_row, y_row)) / len(y)


def gradients(weights, x, y):
    total = [zeros_like(part) for part in weights]
    for row, target in zip(x, y):
        activations = run(weights, row)
        delta = [(p - t) / len(x) for p, t in zip(activations[-1], target)]
        for k in range(len(weights) - 2, -1, -2):
            below, kernel = activations[k // 2], weights[k]
            for j, d in enumerate(delta):
                total[k + 1][j] += d
                for i, a in enumerate(below):
                    total[k][i][j] += a * d
            back = [sum(kernel[i][j] * d for j, d in enumerate(delta)) for i in range(len(below))]
            delta = [b if a > 0 else 0.0 for a, b in zip(below, back)]
    return total


def zeros_like(part):
    if hasattr(part[0], "__len__"):
        return [zeros_like(line) for line in part]
    return [0.0] * len(part)


def descend(part, gradient, rate):
    if hasattr(part, "__len__"):
        return [descend(p, g, rate) for p, g in zip(part, gradient)]
    return part - rate * gradient


def step(weights, x, y, learning_rate):
    return [descend(part, g, learning_rate) for part, g in zip(weights, gradients(weights, x, y))]
