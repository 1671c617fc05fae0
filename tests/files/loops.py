"""Plain Python with a loop for every index: tanh layers, sum of squared errors, weights as (kernels, biases)."""

import math


def forward(weights, x):
    kernels, biases = weights
    outputs = []
    for row in x:
        outputs.append(run(kernels, biases, row)[1][-1])  # noqa: PERF401
    return outputs


def run(kernels, biases, row):
    zs, activations = [], [list(row)]
    for kernel, bias in zip(kernels, biases):
        below = activations[-1]
        z = []
        for j in range(len(bias)):
            total = bias[j]
            for i in range(len(below)):
                total += below[i] * kernel[i][j]
            z.append(total)
        zs.append(z)
        activations.append([math.tanh(value) for value in z])
    return zs, activations


def cost(a, y):
    total = 0.0
    for a_row, y_row in zip(a, y):
        for p, t in zip(a_row, y_row):
            total += (p - t) ** 2
    return total


def gradients(weights, x, y):
    kernels, biases = weights
    n = len(x)  # noqa: F841
    d_kernels = [[[0.0] * len(kernel[0]) for _ in kernel] for kernel in kernels]
    d_biases = [[0.0] * len(bias) for bias in biases]
    for row, target in zip(x, y):
        zs, activations = run(kernels, biases, row)
        k = len(target)
        errors = [2 * (activations[-1][j] - target[j]) for j in range(k)]
        for layer in reversed(range(len(kernels))):
            a = activations[layer + 1]
            delta = [errors[j] * (1 - a[j] ** 2) for j in range(len(a))]
            below = activations[layer]
            for j in range(len(delta)):
                d_biases[layer][j] += delta[j]
                for i in range(len(below)):
                    d_kernels[layer][i][j] += below[i] * delta[j]
            errors = []
            for i in range(len(below)):
                errors.append(sum(kernels[layer][i][j] * delta[j] for j in range(len(delta))))
    return d_kernels, d_biases


def step(weights, x, y, learning_rate):
    d_kernels, d_biases = gradients(weights, x, y)
    kernels, biases = [], []
    for layer, (kernel, bias) in enumerate(zip(*weights)):
        kernels.append(
            [[w - learning_rate * d_kernels[layer][i][j] for j, w in enumerate(line)] for i, line in enumerate(kernel)]
        )
        biases.append([b - learning_rate * d_biases[layer][j] for j, b in enumerate(bias)])
    return kernels, biases


def train(weights, x, y, learning_rate, iterations):
    done = 0
    while done < iterations:
        weights = step(weights, x, y, learning_rate)
        done += 1
    return weights
