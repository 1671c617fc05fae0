"""Mistakes as small edits of the text of the files in tests/files, so that none of them comes from the catalogue."""

# ruff: noqa: E501 (a text to be replaced is easier to find on one line)

from __future__ import annotations

import random
from pathlib import Path

FILES = Path(__file__).with_name("files")

Edit = tuple[str, str]
Plant = tuple[Edit, ...]

# file: mistake: ways to plant it, each a set of replacements (of every occurrence)
PLANTS: dict[str, dict[str, list[Plant]]] = {
    "matrix": {
        "missing-factor-two": [(("error = 2 * (a[-1] - y)", "error = a[-1] - y"),)],
        "extra-factor-two": [(("error = 2 * (a[-1] - y)", "error = 4 * (a[-1] - y)"),)],
        "mean-instead-of-sum": [
            (("error = 2 * (a[-1] - y)", "error = 2 * (a[-1] - y) / n"),),
            (("error = 2 * (a[-1] - y)", "error = 2 * (a[-1] - y) / y.size"),),
            (("error = 2 * (a[-1] - y)", "error = 2 * (a[-1] - y) / y.shape[1]"),),
            (("T @ delta\n", "T @ delta / n\n"),),
        ],
        "wrong-sign": [(("2 * (a[-1] - y)", "2 * (y - a[-1])"),)],
        "missing-output-activation-derivative": [(("delta = error * a[-1] * (1 - a[-1])", "delta = error"),)],
        "missing-hidden-activation-derivative": [
            (("delta = error * a[layer - 1] * (1 - a[layer - 1])", "delta = error"),)
        ],
        "derivative-of-activation": [
            (
                (
                    "error * a[layer - 1] * (1 - a[layer - 1])",
                    "error * sigmoid(a[layer - 1]) * (1 - sigmoid(a[layer - 1]))",
                ),
            ),
            (
                (
                    "error * a[layer - 1] * (1 - a[layer - 1])",
                    "error * sigmoid(a[layer - 1]) * (1 - sigmoid(a[layer - 1]))",
                ),
                ("error * a[-1] * (1 - a[-1])", "error * sigmoid(a[-1]) * (1 - sigmoid(a[-1]))"),
            ),
        ],
        "activation-form-at-pre-activation": [
            (("error * a[layer - 1] * (1 - a[layer - 1])", "error * z[layer - 2] * (1 - z[layer - 2])"),)
        ],
        "wrong-derivative": [
            (("error * a[layer - 1] * (1 - a[layer - 1])", "error * (1 - a[layer - 1] ** 2)"),),
            (("error * a[-1] * (1 - a[-1])", "error * (1 - a[-1] ** 2)"),),
        ],
        "matmul-for-elementwise": [
            (("error * a[layer - 1] * (1 - a[layer - 1])", "error @ (a[layer - 1] * (1 - a[layer - 1]))"),),
        ],
        "transposed-weights": [(("weights[layer - 1][1:].T", "weights[layer - 1][1:]"),)],
        "transposed-gradient": [
            (("gradients.insert(0, gradient)", "gradients.insert(0, gradient.T)"),),
            (("ones_before(a[layer - 1]).T @ delta", "delta.T @ ones_before(a[layer - 1])"),),
        ],
        "bias-row-not-dropped": [
            (("weights[layer - 1][1:].T", "weights[layer - 1][:-1].T"),),
            (
                ("weights[layer - 1][1:].T", "weights[layer - 1].T"),
                (
                    "delta = error * a[layer - 1] * (1 - a[layer - 1])",
                    "A = ones_before(a[layer - 1])\n            delta = error * A * (1 - A)",
                ),
            ),
        ],
        "bias-missing-in-forward": [(("z.append(ones_before(a[-1]) @ w)", "z.append(a[-1] @ w[1:])"),)],
        "bias-gradient-missing": [
            (("T @ delta\n", "T @ delta\n        gradient[0] = 0\n"),),
        ],
        "bias-gradient-averaged": [(("T @ delta\n", "T @ delta\n        gradient[0] /= n\n"),)],
        "kernel-gradient-averaged": [(("T @ delta\n", "T @ delta\n        gradient[1:] /= n\n"),)],
        "bias-gradient-summed-over-units": [(("T @ delta\n", "T @ delta\n        gradient[0] = np.sum(delta)\n"),)],
        "updated-weights-in-backward": [
            (
                (
                    "    _, gradients = backward(weights, x, y)\n    return [w - learning_rate * g for w, g in zip(weights, gradients)]",
                    "    z, a = forward(weights, x)\n    a = [x] + a\n    weights = list(weights)\n"
                    "    delta = 2 * (a[-1] - y) * a[-1] * (1 - a[-1])\n"
                    "    for l in range(len(weights), 0, -1):\n"
                    "        weights[l - 1] = weights[l - 1] - learning_rate * ones_before(a[l - 1]).T @ delta\n"
                    "        delta = delta @ weights[l - 1][1:].T * a[l - 1] * (1 - a[l - 1])\n"
                    "    return weights",
                ),
            )
        ],
        "wrong-layer-activation": [
            (("ones_before(a[layer - 1]).T @ delta", "ones_before(z[layer - 2] if layer > 1 else x).T @ delta"),),
            (("ones_before(a[layer - 1]).T @ delta", "ones_before(a[layer]).T @ delta"),),
            (("ones_before(a[layer - 1]).T @ delta", "ones_before(x).T @ delta"),),
        ],
        "last-observation-only": [
            (("ones_before(a[layer - 1]).T @ delta", "ones_before(a[layer - 1])[-1:].T @ delta[-1:]"),),
        ],
        "first-layer-only-input": [(("ones_before(a[-1]) @ w", "ones_before(x) @ w"),)],
        "output-delta-reused": [(("error = delta @ weights[layer - 1][1:].T", "error = delta"),)],
        "delta-not-multiplied-through": [(("error = delta @ weights", "error = error @ weights"),)],
        "activation-missing-on-output": [
            (("a.append(sigmoid(z[-1]))", "a.append(sigmoid(z[-1]) if len(a) < len(weights) else z[-1])"),),
        ],
        "activation-missing-on-hidden": [
            (("a.append(sigmoid(z[-1]))", "a.append(sigmoid(z[-1]) if len(a) == len(weights) else z[-1])"),),
        ],
        "extra-activation-on-output": [(("    return z, a[1:]", "    a[-1] = sigmoid(a[-1])\n    return z, a[1:]"),)],
        "learning-rate-missing": [(("w - learning_rate * g for", "w - g for"),)],
        "learning-rate-twice": [
            (("w - learning_rate * g for", "w - learning_rate * (learning_rate * g) for"),),
        ],
        "gradient-accumulated-over-iterations": [
            (
                (
                    "    for _ in range(iterations):\n        weights = step(weights, x, y, learning_rate)",
                    "    total = [np.zeros_like(w) for w in weights]\n    for _ in range(iterations):\n"
                    "        total = [t + g for t, g in zip(total, backward(weights, x, y)[1])]\n"
                    "        weights = [w - learning_rate * t for w, t in zip(weights, total)]",
                ),
            )
        ],
        "gradient-ascent": [(("w - learning_rate * g for", "w + learning_rate * g for"),)],
        "only-last-layer-updated": [
            (
                (
                    "    return [w - learning_rate * g for w, g in zip(weights, gradients)]",
                    "    return weights[:-1] + [weights[-1] - learning_rate * gradients[-1]]",
                ),
            ),
        ],
        "layer-order-reversed": [(("gradients.insert(0, gradient)", "gradients.append(gradient)"),)],
        "arguments-modified": [
            (
                (
                    "    return [w - learning_rate * g for w, g in zip(weights, gradients)]",
                    "    for w, g in zip(weights, gradients):\n        w -= learning_rate * g\n    return weights",
                ),
            ),
        ],
        "integer-weights": [
            (
                (
                    "    return [w - learning_rate * g for w, g in zip(weights, gradients)]",
                    "    return [(w - learning_rate * g).astype(int) for w, g in zip(weights, gradients)]",
                ),
            ),
        ],
        "float32-precision-only": [
            (("z.append(ones_before(a[-1]) @ w)", "z.append((ones_before(a[-1]) @ w).astype(np.float32))"),)
        ],
        "updates-after-each-observation": [
            (
                (
                    "    _, gradients = backward(weights, x, y)\n    return [w - learning_rate * g for w, g in zip(weights, gradients)]",
                    "    for i in range(len(x)):\n        _, gradients = backward(weights, x[i : i + 1], y[i : i + 1])\n"
                    "        weights = [w - learning_rate * g for w, g in zip(weights, gradients)]\n    return weights",
                ),
            )
        ],
        "one-iteration-off": [(("range(iterations)", "range(1, iterations)"),)],
        "cost-used-as-gradient": [(("error = 2 * (a[-1] - y)", "error = (a[-1] - y) ** 2"),)],
        "cost-gradient-at-pre-activation": [(("error = 2 * (a[-1] - y)", "error = 2 * (z[-1] - y)"),)],
        "derivative-of-wrong-layer": [
            (("error * a[layer - 1] * (1 - a[layer - 1])", "error * a[layer] * (1 - a[layer])"),)
        ],
        "different-each-call": [(("error = 2 * (a[-1] - y)", "error = 2 * (a[-1] - y) * np.random.rand()"),)],
    },
    "loops": {
        "missing-factor-two": [(("2 * (activations[-1][j] - target[j])", "activations[-1][j] - target[j]"),)],
        "extra-factor-two": [(("2 * (activations[-1][j] - target[j])", "2 * 2 * (activations[-1][j] - target[j])"),)],
        "mean-instead-of-sum": [
            (("2 * (activations[-1][j] - target[j])", "2 * (activations[-1][j] - target[j]) / n"),),
            (("2 * (activations[-1][j] - target[j])", "2 * (activations[-1][j] - target[j]) / k"),),
            (("2 * (activations[-1][j] - target[j])", "2 * (activations[-1][j] - target[j]) / (n * k)"),),
        ],
        "wrong-sign": [(("(activations[-1][j] - target[j])", "(target[j] - activations[-1][j])"),)],
        "missing-output-activation-derivative": [
            (("errors[j] * (1 - a[j] ** 2)", "errors[j] * (1 if layer == len(kernels) - 1 else 1 - a[j] ** 2)"),)
        ],
        "missing-hidden-activation-derivative": [
            (("errors[j] * (1 - a[j] ** 2)", "errors[j] * (1 if layer < len(kernels) - 1 else 1 - a[j] ** 2)"),)
        ],
        "derivative-of-activation": [(("(1 - a[j] ** 2)", "(1 - math.tanh(a[j]) ** 2)"),)],
        "activation-form-at-pre-activation": [(("(1 - a[j] ** 2)", "(1 - zs[layer][j] ** 2)"),)],
        "wrong-derivative": [(("(1 - a[j] ** 2)", "a[j] * (1 - a[j])"),), (("(1 - a[j] ** 2)", "(1 - a[j])"),)],
        "transposed-weights": [(("kernels[layer][i][j] * delta[j] for", "kernels[layer][j][i] * delta[j] for"),)],
        "transposed-gradient": [
            (("d_kernels[layer][i][j] += below[i] * delta[j]", "d_kernels[layer][j][i] += below[i] * delta[j]"),)
        ],
        "bias-missing-in-forward": [(("total = bias[j]", "total = 0.0"),)],
        "bias-gradient-missing": [
            (("d_biases[layer][j] += delta[j]", "pass"),),
            (("[b - learning_rate * d_biases[layer][j] for j, b in enumerate(bias)]", "list(bias)"),),
        ],
        "bias-gradient-averaged": [(("d_biases[layer][j] += delta[j]", "d_biases[layer][j] += delta[j] / n"),)],
        "kernel-gradient-averaged": [(("+= below[i] * delta[j]", "+= below[i] * delta[j] / n"),)],
        "bias-gradient-summed-over-units": [(("d_biases[layer][j] += delta[j]", "d_biases[layer][j] += sum(delta)"),)],
        "wrong-layer-activation": [
            (
                (
                    "below = activations[layer]\n            for j in range(len(delta))",
                    "below = zs[layer - 1] if layer else activations[0]\n            for j in range(len(delta))",
                ),
            ),
        ],
        "last-observation-only": [
            (
                ("d_biases[layer][j] += delta[j]", "d_biases[layer][j] = delta[j]"),
                ("d_kernels[layer][i][j] += below", "d_kernels[layer][i][j] = below"),
            ),
            (("d_biases[layer][j] += delta[j]", "d_biases[layer][j] = delta[j]"),),
        ],
        "delta-not-multiplied-through": [
            (("            errors = []\n", "            delta = errors\n            errors = []\n"),),
        ],
        "output-delta-reused": [
            (
                (
                    "errors.append(sum(kernels[layer][i][j] * delta[j] for j in range(len(delta))))",
                    "errors.append(delta[i])",
                ),
            ),
        ],
        "activation-missing-on-output": [
            (
                (
                    "[math.tanh(value) for value in z]",
                    "[math.tanh(value) if len(zs) < len(kernels) else value for value in z]",
                ),
            )
        ],
        "activation-missing-on-hidden": [
            (
                (
                    "[math.tanh(value) for value in z]",
                    "[math.tanh(value) if len(zs) == len(kernels) else value for value in z]",
                ),
            )
        ],
        "extra-activation-on-output": [
            (
                (
                    "    return zs, activations",
                    "    activations[-1] = [math.tanh(v) for v in activations[-1]]\n    return zs, activations",
                ),
            )
        ],
        "first-layer-only-input": [(("below = activations[-1]", "below = row"),)],
        "learning-rate-missing": [
            (("w - learning_rate * d_kernels", "w - d_kernels"), ("b - learning_rate * d_biases", "b - d_biases"))
        ],
        "learning-rate-twice": [
            (
                ("w - learning_rate * d_kernels", "w - learning_rate**2 * d_kernels"),
                ("b - learning_rate * d_biases", "b - learning_rate**2 * d_biases"),
            )
        ],
        "gradient-ascent": [
            (
                ("w - learning_rate * d_kernels", "w + learning_rate * d_kernels"),
                ("b - learning_rate * d_biases", "b + learning_rate * d_biases"),
            )
        ],
        "only-last-layer-updated": [
            (
                (
                    "    return kernels, biases\n\n\ndef train",
                    "    return weights[0][:-1] + kernels[-1:], weights[1][:-1] + biases[-1:]\n\n\ndef train",
                ),
            )
        ],
        "layer-order-reversed": [(("    return d_kernels, d_biases", "    return d_kernels[::-1], d_biases[::-1]"),)],
        "integer-weights": [
            (
                (
                    "[[w - learning_rate * d_kernels[layer][i][j] for",
                    "[[int(w - learning_rate * d_kernels[layer][i][j]) for",
                ),
                ("[b - learning_rate * d_biases[layer][j] for", "[int(b - learning_rate * d_biases[layer][j]) for"),
            )
        ],
        "gradient-accumulated-over-iterations": [
            (
                (
                    "def gradients(weights, x, y):\n    kernels, biases = weights\n    n = len(x)  # noqa: F841\n"
                    "    d_kernels = [[[0.0] * len(kernel[0]) for _ in kernel] for kernel in kernels]\n"
                    "    d_biases = [[0.0] * len(bias) for bias in biases]\n",
                    "def gradients(weights, x, y, d_kernels=None, d_biases=None):\n    kernels, biases = weights\n    n = len(x)  # noqa: F841\n"
                    "    if d_kernels is None:\n"
                    "        d_kernels = [[[0.0] * len(kernel[0]) for _ in kernel] for kernel in kernels]\n"
                    "        d_biases = [[0.0] * len(bias) for bias in biases]\n",
                ),
                (
                    "def step(weights, x, y, learning_rate):\n    d_kernels, d_biases = gradients(weights, x, y)",
                    "def step(weights, x, y, learning_rate, kept=(None, None)):\n"
                    "    d_kernels, d_biases = kept = gradients(weights, x, y, *kept)",
                ),
                ("    return kernels, biases\n\n\ndef train", "    return (kernels, biases), kept\n\n\ndef train"),
                ("    done = 0\n", "    done = 0\n    kept = (None, None)\n"),
                (
                    "        weights = step(weights, x, y, learning_rate)",
                    "        weights, kept = step(weights, x, y, learning_rate, kept)",
                ),
            )
        ],
        "updates-after-each-observation": [
            (
                (
                    "        weights = step(weights, x, y, learning_rate)\n",
                    "        for row, target in zip(x, y):\n            weights = step(weights, [row], [target], learning_rate)\n",
                ),
            )
        ],
        "one-iteration-off": [
            (("done = 0\n", "done = 1\n"),),
            (("while done < iterations", "while done <= iterations"),),
        ],
        "cost-used-as-gradient": [(("2 * (activations[-1][j] - target[j])", "(activations[-1][j] - target[j]) ** 2"),)],
        "cost-gradient-at-pre-activation": [(("2 * (activations[-1][j] - target[j])", "2 * (zs[-1][j] - target[j])"),)],
        "arguments-modified": [
            (
                (
                    "        biases.append([b - learning_rate * d_biases[layer][j] for j, b in enumerate(bias)])\n",
                    "        biases.append([b - learning_rate * d_biases[layer][j] for j, b in enumerate(bias)])\n"
                    "        bias[0] = 0.0\n",
                ),
            ),
        ],
        "different-each-call": [
            (
                ("import math\n", "import math\nimport random\n"),
                ("total = bias[j]", "total = bias[j] + random.random()"),
            )
        ],
    },
    "columns": {
        "missing-factor-two": [(("dA = 2.0 * (c", "dA = (c"),)],
        "extra-factor-two": [(("dA = 2.0 * (c", "dA = 4.0 * (c"),)],
        "mean-instead-of-sum": [
            (("dA = 2.0 * (c", "dA = 2.0 / m * (c"),),
            (("dA = 2.0 * (c", "dA = 2.0 / (m * k) * (c"),),
            (
                ('np.dot(dZ, c[f"A{l - 1}"].T)', 'np.dot(dZ, c[f"A{l - 1}"].T) / m'),
                ("np.sum(dZ, axis=1, keepdims=True)", "np.mean(dZ, axis=1, keepdims=True)"),
            ),
        ],
        "wrong-sign": [(('(c[f"A{L}"] - Y)', '(Y - c[f"A{L}"])'),)],
        "missing-output-activation-derivative": [
            (('dZ = dA * s_prime(c[f"Z{l}"])', 'dZ = dA * s_prime(c[f"Z{l}"]) if l < L else dA'),)
        ],
        "missing-hidden-activation-derivative": [
            (('dZ = dA * s_prime(c[f"Z{l}"])', 'dZ = dA * s_prime(c[f"Z{l}"]) if l == L else dA'),)
        ],
        "derivative-of-activation": [(('s_prime(c[f"Z{l}"])', 's_prime(c[f"A{l}"])'),)],
        "activation-form-at-pre-activation": [(("return s(z) * (1.0 - s(z))", "return z * (1.0 - z)"),)],
        "wrong-derivative": [
            (("return s(z) * (1.0 - s(z))", "return 1.0 - np.tanh(z) ** 2"),),
            (("return s(z) * (1.0 - s(z))", "return 1.0 * (z > 0)"),),
            (("return s(z) * (1.0 - s(z))", "return 1.0 - s(z)"),),
        ],
        "matmul-for-elementwise": [(('dZ = dA * s_prime(c[f"Z{l}"])', 'dZ = dA @ s_prime(c[f"Z{l}"])'),)],
        "elementwise-for-matmul": [
            (('dA = np.dot(params[f"W{l}"].T, dZ)', 'dA = params[f"W{l}"].T * dZ'),),
            (('np.dot(dZ, c[f"A{l - 1}"].T)', 'dZ * c[f"A{l - 1}"].T'),),
            (('np.dot(params[f"W{l}"], cache[f"A{l - 1}"])', 'params[f"W{l}"] * cache[f"A{l - 1}"]'),),
        ],
        "transposed-weights": [
            (('np.dot(params[f"W{l}"].T, dZ)', 'np.dot(params[f"W{l}"], dZ)'),),
            (('np.dot(params[f"W{l}"], cache', 'np.dot(params[f"W{l}"].T, cache'),),
        ],
        "transposed-gradient": [(('np.dot(dZ, c[f"A{l - 1}"].T)', 'np.dot(c[f"A{l - 1}"], dZ.T)'),)],
        "bias-missing-in-forward": [((' + params[f"b{l}"]', ""),)],
        "bias-gradient-missing": [
            (("np.sum(dZ, axis=1, keepdims=True)", 'np.zeros_like(params[f"b{l}"])'),),
            (
                (
                    "for name, value in params.items()}",
                    'for name, value in params.items() if name[0] == "W"} | {name: b for name, b in params.items() if name[0] == "b"}',
                ),
            ),
        ],
        "bias-gradient-averaged": [(("np.sum(dZ, axis=1", "np.mean(dZ, axis=1"),)],
        "kernel-gradient-averaged": [(('np.dot(dZ, c[f"A{l - 1}"].T)', 'np.dot(dZ, c[f"A{l - 1}"].T) / m'),)],
        "bias-gradient-summed-over-units": [
            (("np.sum(dZ, axis=1, keepdims=True)", 'np.sum(dZ) * np.ones_like(params[f"b{l}"])'),),
        ],
        "updated-weights-in-backward": [
            (
                (
                    '    grads = backward(params, X, Y)\n    return {name: value - learning_rate * grads["d" + name] for name, value in params.items()}',
                    "    c, L, new = forward(params, X), len(params) // 2, dict(params)\n"
                    '    dA = 2.0 * (c[f"A{L}"] - Y)\n'
                    "    for l in range(L, 0, -1):\n"
                    '        dZ = dA * s_prime(c[f"Z{l}"])\n'
                    '        new[f"W{l}"] = new[f"W{l}"] - learning_rate * dZ @ c[f"A{l - 1}"].T\n'
                    '        new[f"b{l}"] = new[f"b{l}"] - learning_rate * dZ.sum(axis=1, keepdims=True)\n'
                    '        dA = new[f"W{l}"].T @ dZ\n'
                    "    return new",
                ),
            )
        ],
        "wrong-layer-activation": [
            (('np.dot(dZ, c[f"A{l - 1}"].T)', 'np.dot(dZ, (c[f"Z{l - 1}"] if l > 1 else X).T)'),),
            (('np.dot(dZ, c[f"A{l - 1}"].T)', 'np.dot(dZ, c[f"A{l}"].T)'),),
            (('np.dot(dZ, c[f"A{l - 1}"].T)', "np.dot(dZ, X.T)"),),
        ],
        "last-observation-only": [
            (
                ('np.dot(dZ, c[f"A{l - 1}"].T)', 'np.dot(dZ[:, -1:], c[f"A{l - 1}"][:, -1:].T)'),
                ("np.sum(dZ, axis=1, keepdims=True)", "dZ[:, -1:]"),
            ),
        ],
        "first-layer-only-input": [(('cache[f"A{l - 1}"]) + params', "X) + params"),)],
        "output-delta-reused": [(('dA = np.dot(params[f"W{l}"].T, dZ)', "dA = dZ"),)],
        "delta-not-multiplied-through": [(('np.dot(params[f"W{l}"].T, dZ)', 'np.dot(params[f"W{l}"].T, dA)'),)],
        "activation-missing-on-output": [
            (('= s(cache[f"Z{l}"])', '= s(cache[f"Z{l}"]) if l < L else cache[f"Z{l}"]'),)
        ],
        "activation-missing-on-hidden": [
            (('= s(cache[f"Z{l}"])', '= s(cache[f"Z{l}"]) if l == L else cache[f"Z{l}"]'),)
        ],
        "extra-activation-on-output": [
            (("    return cache", '    cache[f"A{L}"] = s(cache[f"A{L}"])\n    return cache'),)
        ],
        "learning-rate-missing": [(("value - learning_rate * grads", "value - grads"),)],
        "learning-rate-twice": [
            (("value - learning_rate * grads", "value - learning_rate * learning_rate * grads"),),
        ],
        "gradient-accumulated-over-iterations": [
            (
                (
                    "        params = step(params, X, Y, learning_rate)",
                    "        new = backward(params, X, Y)\n"
                    "        grads = new if i == 0 else {k: grads[k] + new[k] for k in new}\n"
                    '        params = {k: v - learning_rate * grads["d" + k] for k, v in params.items()}',
                ),
            )
        ],
        "gradient-ascent": [(("value - learning_rate * grads", "value + learning_rate * grads"),)],
        "only-last-layer-updated": [
            (
                (
                    "for name, value in params.items()}",
                    "for name, value in params.items() if name[1:] == str(len(params) // 2)} | {name: value for name, value in params.items() if name[1:] != str(len(params) // 2)}",
                ),
            )
        ],
        "arguments-modified": [
            (
                (
                    '    return {name: value - learning_rate * grads["d" + name] for name, value in params.items()}',
                    '    for name in params:\n        params[name] -= learning_rate * grads["d" + name]\n    return params',
                ),
            )
        ],
        "integer-weights": [
            (
                (
                    '{name: value - learning_rate * grads["d" + name] for',
                    '{name: np.array(value - learning_rate * grads["d" + name], dtype=int) for',
                ),
            ),
        ],
        "float32-precision-only": [
            (
                ('cache = {"A0": X}', 'cache = {"A0": X.astype(np.float32)}'),
                ('+ params[f"b{l}"]', '+ params[f"b{l}"].astype(np.float32)'),
                ('np.dot(params[f"W{l}"], cache', 'np.dot(params[f"W{l}"].astype(np.float32), cache'),
            ),
        ],
        "updates-after-each-observation": [
            (
                (
                    "        params = step(params, X, Y, learning_rate)",
                    "        for n in range(X.shape[1]):\n            params = step(params, X[:, [n]], Y[:, [n]], learning_rate)",
                ),
            ),
        ],
        "one-iteration-off": [
            (("range(iterations)", "range(iterations - 1)"),),
            (("range(iterations)", "range(iterations + 1)"),),
        ],
        "cost-used-as-gradient": [(('dA = 2.0 * (c[f"A{L}"] - Y)', 'dA = (c[f"A{L}"] - Y) ** 2'),)],
        "cost-gradient-at-pre-activation": [(('dA = 2.0 * (c[f"A{L}"] - Y)', 'dA = 2.0 * (c[f"Z{L}"] - Y)'),)],
        "derivative-of-wrong-layer": [(('s_prime(c[f"Z{l}"])', 's_prime(c[f"Z{min(l + 1, L)}"])'),)],
        "layer-order-reversed": [
            (
                (
                    "    return grads\n\n\ndef step",
                    "    return {k[:2] + str(L + 1 - int(k[2:])): v for k, v in grads.items() if k[1] != 'Z'}\n\n\ndef step",
                ),
            )
        ],
        "different-each-call": [(("np.exp(-z))", "np.exp(-z - 0.01 * np.random.rand()))"),)],
    },
    "network_class": {
        "missing-factor-two": [(("d = 2 * (prediction - y) / y.size", "d = (prediction - y) / y.size"),)],
        "extra-factor-two": [(("d = 2 * (prediction - y) / y.size", "d = 4 * (prediction - y) / y.size"),)],
        "sum-instead-of-mean": [
            (("d = 2 * (prediction - y) / y.size", "d = 2 * (prediction - y)"),),
            (("d = 2 * (prediction - y) / y.size", "d = 2 * (prediction - y) / len(y)"),),
            (("d = 2 * (prediction - y) / y.size", "d = 2 * (prediction - y) / y.shape[1]"),),
        ],
        "wrong-sign": [(("(prediction - y) / y.size", "(y - prediction) / y.size"),)],
        "missing-output-activation-derivative": [
            (("return self.output * (1 - self.output) if self.is_last", "return 1.0 if self.is_last"),)
        ],
        "missing-hidden-activation-derivative": [(("(self.z > 0).astype(float)", "np.ones_like(self.z)"),)],
        "derivative-of-activation": [
            (
                (
                    "self.output * (1 - self.output) if",
                    "self.function(self.output) * (1 - self.function(self.output)) if",
                ),
            )
        ],
        "activation-form-at-pre-activation": [(("self.output * (1 - self.output) if", "self.z * (1 - self.z) if"),)],
        "wrong-derivative": [
            (("(self.z > 0).astype(float)", "self.output * (1 - self.output)"),),
            (("(self.z > 0).astype(float)", "np.where(self.z > 0, 1, 0.2)"),),
            (("(self.z > 0).astype(float)", "(1 - self.output**2)"),),
        ],
        "matmul-for-elementwise": [(("d_output * self.slope()", "np.dot(d_output, self.slope())"),)],
        "elementwise-for-matmul": [
            (("self.delta @ self.kernel.T", "self.delta * self.kernel.T"),),
            (("self.below.T @ self.delta", "self.below.T * self.delta"),),
        ],
        "transposed-weights": [(("self.delta @ self.kernel.T", "self.delta @ self.kernel"),)],
        "transposed-gradient": [(("self.below.T @ self.delta", "self.delta.T @ self.below"),)],
        "bias-missing-in-forward": [((" + self.bias\n", "\n"),)],
        "bias-gradient-missing": [
            (("self.delta.sum(axis=0)", "0 * self.bias"),),
            (("            layer.bias = layer.bias - rate * layer.d_bias\n", ""),),
        ],
        "bias-gradient-averaged": [(("self.delta.sum(axis=0)", "self.delta.mean(axis=0)"),)],
        "kernel-gradient-averaged": [(("self.below.T @ self.delta", "self.below.T @ self.delta / len(self.delta)"),)],
        "bias-gradient-summed-over-units": [(("self.delta.sum(axis=0)", "self.delta.sum()"),)],
        "updated-weights-in-backward": [
            (
                (
                    "        self.gradients(x, y)\n        for layer in self.layers:\n"
                    "            layer.kernel = layer.kernel - rate * layer.d_kernel\n"
                    "            layer.bias = layer.bias - rate * layer.d_bias\n",
                    "        self.gradients(x, y, rate)\n",
                ),
                ("    def gradients(self, x, y):", "    def gradients(self, x, y, rate=0):"),
                ("d = layer.backward(d)", "d = layer.backward(d, rate)"),
                ("def backward(self, d_output):", "def backward(self, d_output, rate):"),
                (
                    "        return self.delta @ self.kernel.T",
                    "        self.kernel = self.kernel - rate * self.d_kernel\n        self.bias = self.bias - rate * self.d_bias\n"
                    "        return self.delta @ self.kernel.T",
                ),
            )
        ],
        "wrong-layer-activation": [(("self.below.T @ self.delta", "self.output.T @ self.delta"),)],
        "last-observation-only": [
            (
                ("self.below.T @ self.delta", "np.outer(self.below[-1], self.delta[-1])"),
                ("self.delta.sum(axis=0)", "self.delta[-1]"),
            ),
            (("self.delta.sum(axis=0)", "self.delta[0]"),),
        ],
        "output-delta-reused": [(("self.delta @ self.kernel.T", "self.delta"),)],
        "delta-not-multiplied-through": [(("self.delta @ self.kernel.T", "d_output @ self.kernel.T"),)],
        "activation-missing-on-output": [(("1 / (1 + np.exp(-z)) if self.is_last", "z if self.is_last"),)],
        "activation-missing-on-hidden": [(("else np.maximum(0, z)", "else z"),)],
        "extra-activation-on-output": [
            (
                (
                    "self.output = self.function(self.z)",
                    "self.output = self.function(self.z)\n        if self.is_last:\n            self.output = self.function(self.output)",
                ),
            )
        ],
        "first-layer-only-input": [
            (
                (
                    "            x = layer.forward(x)\n        return x",
                    "            out = layer.forward(x)\n        return out",
                ),
            )
        ],
        "learning-rate-missing": [(("rate * layer", "layer"),)],
        "learning-rate-twice": [(("rate * layer", "rate * rate * layer"),)],
        "gradient-accumulated-over-iterations": [
            (
                (
                    "self.d_kernel = self.below.T @ self.delta",
                    "self.d_kernel = getattr(self, 'd_kernel', 0) + self.below.T @ self.delta",
                ),
                (
                    "self.d_bias = self.delta.sum(axis=0)",
                    "self.d_bias = getattr(self, 'd_bias', 0) + self.delta.sum(axis=0)",
                ),
            )
        ],
        "gradient-ascent": [
            (("layer.kernel - rate", "layer.kernel + rate"), ("layer.bias - rate", "layer.bias + rate"))
        ],
        "only-last-layer-updated": [
            (
                (
                    "        for layer in self.layers:\n            layer.kernel",
                    "        for layer in self.layers[-1:]:\n            layer.kernel",
                ),
            )
        ],
        "layer-order-reversed": [
            (
                (
                    "return [array for layer in network.layers for array in (layer.d_kernel",
                    "return [array for layer in network.layers[::-1] for array in (layer.d_kernel",
                ),
            )
        ],
        "arguments-modified": [
            (
                ("layer.kernel = layer.kernel - rate * layer.d_kernel", "layer.kernel -= rate * layer.d_kernel"),
                ("layer.bias = layer.bias - rate * layer.d_bias", "layer.bias -= rate * layer.d_bias"),
            ),
        ],
        "integer-weights": [
            (
                (
                    "self.kernel, self.bias, self.is_last = kernel, bias, is_last",
                    "self.kernel, self.bias, self.is_last = kernel.astype(int), bias.astype(int), is_last",
                ),
            )
        ],
        "float32-precision-only": [
            (
                (
                    "self.kernel, self.bias, self.is_last = kernel, bias, is_last",
                    "self.kernel, self.bias, self.is_last = np.float32(kernel), np.float32(bias), is_last",
                ),
                ("        self.below = below", "        self.below = below = np.float32(below)"),
            ),
        ],
        "updates-after-each-observation": [
            (
                (
                    "        network.fit_once(x, y, learning_rate)\n",
                    "        for i in range(len(x)):\n            network.fit_once(x[[i]], y[[i]], learning_rate)\n",
                ),
            ),
        ],
        "one-iteration-off": [(("range(iterations)", "range(iterations - 1)"),)],
        "cost-used-as-gradient": [(("2 * (prediction - y) / y.size", "(prediction - y) ** 2 / y.size"),)],
        "cost-gradient-at-pre-activation": [(("d = 2 * (prediction - y)", "d = 2 * (self.layers[-1].z - y)"),)],
        "different-each-call": [
            (
                (
                    "self.output = self.function(self.z)",
                    "self.output = self.function(self.z) * (np.random.rand(*self.z.shape) < 0.8)",
                ),
            )
        ],
    },
    "softmax_rows": {
        "sum-instead-of-mean": [(("(output - y) / n", "(output - y)"),)],
        "mean-instead-of-sum": [(("(output - y) / n", "(output - y) / y.size"),)],
        "wrong-sign": [(("(output - y) / n", "(y - output) / n"),)],
        "extra-factor-two": [(("(output - y) / n", "2 * (output - y) / n"),)],
        "missing-hidden-activation-derivative": [((" * (below > 0)", ""),)],
        "wrong-derivative": [(("* (below > 0)", "* below * (1 - below)"),)],
        "softmax-over-wrong-axis": [
            (("axis=1", "axis=0"),),
            (("e.sum(axis=1, keepdims=True)", "e.sum()"), ("z.max(axis=1, keepdims=True)", "z.max()")),
        ],
        "softmax-jacobian-diagonal-only": [(("(output - y) / n", "-y / output * output * (1 - output) / n"),)],
        "cross-entropy-gradient-with-extra-derivative": [
            (("(output - y) / n", "(output - y) * output * (1 - output) / n"),)
        ],
        "missing-output-activation-derivative": [(("(output - y) / n", "-y / output / n"),)],
        "activation-missing-on-hidden": [(("else np.maximum(z, 0)", "else z"),)],
        "extra-activation-on-output": [(("a = softmax(z) if", "a = softmax(softmax(z)) if"),)],
        "bias-missing-in-forward": [(("z = a @ kernel + bias", "z = a @ kernel"),)],
        "bias-gradient-missing": [(("delta.sum(axis=0)", "delta.sum(axis=0) * 0"),)],
        "bias-gradient-averaged": [(("delta.sum(axis=0)", "delta.mean(axis=0)"),)],
        "transposed-weights": [(("delta @ kernel.T", "delta @ kernel"),)],
        "transposed-gradient": [(("below.T @ delta", "delta.T @ below"),)],
        "layer-order-reversed": [(("return found[::-1]", "return found"),)],
        "gradient-ascent": [
            (("k - learning_rate * dk, b - learning_rate * db", "k + learning_rate * dk, b + learning_rate * db"),)
        ],
        "learning-rate-missing": [(("k - learning_rate * dk, b - learning_rate * db", "k - dk, b - db"),)],
        "learning-rate-twice": [
            (
                (
                    "k - learning_rate * dk, b - learning_rate * db",
                    "k - learning_rate**2 * dk, b - learning_rate**2 * db",
                ),
            )
        ],
        "one-iteration-off": [(("range(iterations)", "range(iterations + 1)"),)],
        "last-observation-only": [
            (("delta.sum(axis=0)", "delta[-1]"), ("below.T @ delta", "below[-1:].T @ delta[-1:]"))
        ],
        "wrong-layer-activation": [(("below.T @ delta", "(steps[number - 1][0] if number else x).T @ delta"),)],
    },
    "softmax_columns": {
        "mean-instead-of-sum": [
            (("delta = activations[-1] - y", "delta = (activations[-1] - y) / y.shape[1]"),),
            (("delta = activations[-1] - y", "delta = (activations[-1] - y) / y.shape[0]"),),
        ],
        "wrong-sign": [(("delta = activations[-1] - y", "delta = y - activations[-1]"),)],
        "missing-hidden-activation-derivative": [((" * (1 - activations[level] ** 2)", ""),)],
        "derivative-of-activation": [(("(1 - activations[level] ** 2)", "(1 - np.tanh(activations[level]) ** 2)"),)],
        "wrong-derivative": [
            (("(1 - activations[level] ** 2)", "activations[level] * (1 - activations[level])"),),
            (("(1 - activations[level] ** 2)", "(1 + activations[level] ** 2)"),),
        ],
        "softmax-over-wrong-axis": [(("np.sum(e, axis=0)", "np.sum(e, axis=1, keepdims=True)"),)],
        "softmax-jacobian-diagonal-only": [(("delta = activations[-1] - y", "delta = -y * (1 - activations[-1])"),)],
        "cross-entropy-gradient-with-extra-derivative": [
            (
                (
                    "delta = activations[-1] - y",
                    "delta = (activations[-1] - y) * activations[-1] * (1 - activations[-1])",
                ),
            )
        ],
        "missing-output-activation-derivative": [(("delta = activations[-1] - y", "delta = -y / activations[-1]"),)],
        "activation-missing-on-hidden": [
            (("np.tanh(theta @ with_one(activations[-1]))", "theta @ with_one(activations[-1])"),)
        ],
        "bias-row-not-dropped": [(("thetas[level][:, :-1]", "thetas[level][:, 1:]"),)],
        "transposed-gradient": [(("    return gradients\n", "    return [g.T for g in gradients]\n"),)],
        "bias-gradient-missing": [
            (("    return gradients\n", "    for g in gradients:\n        g[:, -1] = 0\n    return gradients\n"),)
        ],
        "layer-order-reversed": [(("    return gradients\n", "    return gradients[::-1]\n"),)],
        "gradient-ascent": [(("theta - learning_rate * g", "theta + learning_rate * g"),)],
        "learning-rate-missing": [(("theta - learning_rate * g", "theta - g"),)],
        "extra-activation-on-output": [
            (
                (
                    "activations.append(softmax(thetas[-1] @ with_one(activations[-1])))",
                    "activations.append(softmax(softmax(thetas[-1] @ with_one(activations[-1]))))",
                ),
            )
        ],
        "last-observation-only": [
            (
                (
                    "gradients = [delta @ with_one(activations[-2]).T]",
                    "gradients = [delta[:, -1:] @ with_one(activations[-2])[:, -1:].T]",
                ),
                (
                    "[delta @ with_one(activations[level - 1]).T, *gradients]",
                    "[delta[:, -1:] @ with_one(activations[level - 1])[:, -1:].T, *gradients]",
                ),
            )
        ],
    },
    "softmax_loops": {
        "sum-instead-of-mean": [(("(p - t) / len(x)", "(p - t)"),)],
        "wrong-sign": [(("(p - t) / len(x)", "(t - p) / len(x)"),)],
        "missing-hidden-activation-derivative": [
            (("delta = [b if a > 0 else 0.0 for a, b in zip(below, back)]", "delta = back"),)
        ],
        "softmax-jacobian-diagonal-only": [(("(p - t) / len(x)", "-t * (1 - p) / len(x)"),)],
        "cross-entropy-gradient-with-extra-derivative": [(("(p - t) / len(x)", "(p - t) * p * (1 - p) / len(x)"),)],
        "missing-output-activation-derivative": [(("(p - t) / len(x)", "-t / p / len(x)"),)],
        "softmax-over-wrong-axis": [
            (
                (
                    "    return [run(weights, row)[-1] for row in x]",
                    "    z = [dense(run(weights, row)[-2], weights[-2], weights[-1]) for row in x]\n"
                    "    return [list(row) for row in zip(*[softmax(column) for column in zip(*z)])]",
                ),
                (
                    "    total = [zeros_like(part) for part in weights]\n",
                    "    total = [zeros_like(part) for part in weights]\n    outputs = iter(forward(weights, x))\n",
                ),
                ("zip(activations[-1], target)]", "zip(next(outputs), target)]"),
            ),
        ],
        "activation-missing-on-hidden": [(("[max(0.0, value) for value in z]", "z"),)],
        "extra-activation-on-output": [(("softmax(z) if k", "softmax(softmax(z)) if k"),)],
        "bias-missing-in-forward": [(("bias[j] + sum(", "sum("),)],
        "bias-gradient-missing": [(("total[k + 1][j] += d", "pass"),)],
        "last-observation-only": [
            (("total[k + 1][j] += d", "total[k + 1][j] = d"), ("total[k][i][j] += a * d", "total[k][i][j] = a * d"))
        ],
        "gradient-ascent": [(("part - rate * gradient", "part + rate * gradient"),)],
        "learning-rate-twice": [(("part - rate * gradient", "part - rate * rate * gradient"),)],
    },
    "binary": {
        "sum-instead-of-mean": [
            (("(outputs[-1] - y) / y.size", "(outputs[-1] - y)"),),
            (("(outputs[-1] - y) / y.size", "(outputs[-1] - y) / len(y)"),),
        ],
        "wrong-sign": [(("(outputs[-1] - y) / y.size", "(y - outputs[-1]) / y.size"),)],
        "missing-hidden-activation-derivative": [((" * (1 - outputs[i - 1] ** 2)", ""),)],
        "cross-entropy-gradient-with-extra-derivative": [
            (("(outputs[-1] - y) / y.size", "(outputs[-1] - y) / y.size * outputs[-1] * (1 - outputs[-1])"),)
        ],
        "binary-crossentropy-one-sided": [(("(outputs[-1] - y) / y.size", "-y * (1 - outputs[-1]) / y.size"),)],
        "missing-output-activation-derivative": [
            (("(outputs[-1] - y) / y.size", "(outputs[-1] - y) / (outputs[-1] * (1 - outputs[-1])) / y.size"),)
        ],
        "layer-order-reversed": [(("    grads.reverse()\n", ""),)],
        "gradient-ascent": [(("w - lr * g", "w + lr * g"),)],
        "learning-rate-missing": [(("w - lr * g", "w - g"),)],
        "activation-missing-on-hidden": [(("else np.tanh(z)", "else z"),)],
        "wrong-derivative": [(("(1 - outputs[i - 1] ** 2)", "outputs[i - 1] * (1 - outputs[i - 1])"),)],
        "derivative-of-activation": [(("(1 - outputs[i - 1] ** 2)", "(1 - np.tanh(outputs[i - 1]) ** 2)"),)],
        "transposed-weights": [(("W[i].T", "W[i]"),)],
        "updates-after-each-observation": [
            (
                (
                    "    return [w - lr * g for w, g in zip(W, gradients(W, x, y))]",
                    "    for i in range(len(x)):\n        W = [w - lr * g for w, g in zip(W, gradients(W, x[[i]], y[[i]]))]\n    return W",
                ),
            )
        ],
    },
}


def text_of(file: str) -> str:
    """The text of a correct file."""
    return (FILES / f"{file}.py").read_text()


def edited(text: str, plant: Plant) -> str:
    """The text with every edit made; ValueError where there is nothing to replace."""
    for old, new in plant:
        if old not in text:
            raise ValueError(f"nothing to replace: {old!r}")
        text = text.replace(old, new)
    return text


def names(plant_of: dict[str, dict[str, list[Plant]]] = PLANTS) -> list[tuple[str, str, int]]:
    """(file, mistake, way) of every plant."""
    return [(file, id, way) for file, of in plant_of.items() for id, ways in of.items() for way in range(len(ways))]


# what is found in a file's behaviour, not in its numbers
BEHAVIOUR = ("arguments-modified", "different-each-call", "float32-precision-only")


def draw_pair(rng: random.Random) -> tuple[str, tuple[str, str], str] | None:
    """(file, both mistakes, the text with both); None where the two edits touch the same text."""
    file, first, way = rng.choice([name for name in names() if name[1] not in BEHAVIOUR])
    second, other_way = rng.choice(
        [(id, w) for f, id, w in names() if f == file and id != first and id not in BEHAVIOUR]
    )
    text = text_of(file)
    plants = [PLANTS[file][first][way], PLANTS[file][second][other_way]]
    spans = [[(text.find(old), text.find(old) + len(old)) for old, _ in plant] for plant in plants]
    if any(a[0] < b[1] and b[0] < a[1] for a in spans[0] for b in spans[1]):
        return None
    try:
        return file, (first, second), edited(edited(text, plants[0]), plants[1])
    except ValueError:
        return None
