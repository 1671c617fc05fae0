"""Small networks in the manners that people write them, all right; the tests plant mistakes in them."""

from __future__ import annotations

OBJECTS = """\
import numpy as np

np.random.seed(4)


def squash(t):
    return 1 / (1 + np.exp(-t))


def slope(out):
    return out * (1 - out)


class TwoLayers:
    def __init__(self, sizes, rate):
        self.rate = rate
        self.first = np.random.uniform(-1, 1, (sizes[0], sizes[1]))
        self.second = np.random.uniform(-1, 1, (sizes[1], sizes[2]))

    def run(self, batch):
        self.hidden = squash(batch @ self.first)
        return squash(self.hidden @ self.second)

    def learn(self, batch, wanted):
        answer = self.run(batch)
        wrong = wanted - answer
        top = wrong * slope(answer)
        low = (top @ self.second.T) * slope(self.hidden)
        self.second += self.rate * self.hidden.T @ top
        self.first += self.rate * batch.T @ low
        return np.abs(wrong).mean()


table = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
parity = np.array([[0], [1], [1], [0]])
net = TwoLayers([3, 5, 1], 0.4)
for turn in range(40):
    shown = net.learn(table, parity)
"""

DICTIONARY = """\
import numpy as np

rng = np.random.default_rng(8)
points = rng.normal(size=(24, 5))
classes = rng.integers(0, 3, size=24)


def start(inputs, hidden, kinds):
    return {
        "A": rng.normal(scale=0.4, size=(inputs, hidden)),
        "a": np.zeros(hidden),
        "B": rng.normal(scale=0.4, size=(hidden, kinds)),
        "b": np.zeros(kinds),
    }


def loss_and_slopes(values, batch, labels, penalty):
    rows = len(batch)
    before = batch @ values["A"] + values["a"]
    after = np.maximum(before, 0)
    logits = after @ values["B"] + values["b"]
    logits = logits - logits.max(axis=1, keepdims=True)
    shares = np.exp(logits)
    shares = shares / shares.sum(axis=1, keepdims=True)
    loss = -np.log(shares[np.arange(rows), labels]).mean()
    loss = loss + 0.5 * penalty * (np.sum(values["A"] ** 2) + np.sum(values["B"] ** 2))
    top = shares.copy()
    top[np.arange(rows), labels] -= 1
    top = top / rows
    low = top @ values["B"].T
    low[before <= 0] = 0
    slopes = {
        "B": after.T @ top + penalty * values["B"],
        "b": top.sum(axis=0),
        "A": batch.T @ low + penalty * values["A"],
        "a": low.sum(axis=0),
    }
    return loss, slopes


values = start(5, 7, 3)
for turn in range(12):
    chosen = rng.permutation(24)[:10]
    loss, slopes = loss_and_slopes(values, points[chosen], classes[chosen], 0.01)
    for key in values:
        values[key] -= 0.2 * slopes[key]
"""

COLUMNS = """\
import numpy as np

np.random.seed(11)
samples = np.random.randn(4, 15)
marks = (np.random.rand(1, 15) > 0.4) * 1.0
widths = [4, 6, 5, 1]
kernels = [np.random.randn(m, n) * 0.5 for n, m in zip(widths, widths[1:])]
offsets = [np.zeros((m, 1)) for m in widths[1:]]
count = samples.shape[1]

for turn in range(30):
    levels, sums = [samples], []
    for kernel, offset in zip(kernels[:-1], offsets[:-1]):
        sums.append(kernel.dot(levels[-1]) + offset)
        levels.append(np.tanh(sums[-1]))
    sums.append(kernels[-1].dot(levels[-1]) + offsets[-1])
    levels.append(1 / (1 + np.exp(-sums[-1])))
    cost = -np.sum(marks * np.log(levels[-1]) + (1 - marks) * np.log(1 - levels[-1])) / count
    delta = levels[-1] - marks
    kernel_slopes, offset_slopes = [None] * 3, [None] * 3
    for layer in (2, 1, 0):
        kernel_slopes[layer] = delta.dot(levels[layer].T) / count
        offset_slopes[layer] = np.sum(delta, axis=1, keepdims=True) / count
        if layer > 0:
            back = kernels[layer].T.dot(delta)
            delta = back * (1 - levels[layer] ** 2)
    for layer in range(3):
        kernels[layer] = kernels[layer] - 0.3 * kernel_slopes[layer]
        offsets[layer] = offsets[layer] - 0.3 * offset_slopes[layer]
"""

ONE_BY_ONE = """\
import numpy as np

np.random.seed(2)
rows = np.random.randn(6, 3)
goals = np.random.randn(6)
kernel, offset = np.random.randn(4, 3), np.zeros(4)
output, shift = np.random.randn(4), 0.0
speed = [0.0, 0.0, 0.0, 0.0]

for epoch in range(25):
    total = [np.zeros((4, 3)), np.zeros(4), np.zeros(4), 0.0]
    for row, goal in zip(rows, goals):
        inner = np.tanh(kernel @ row + offset)
        guess = output @ inner + shift
        gap = guess - goal
        delta = gap * output * (1 - inner * inner)
        total[0] = total[0] + np.outer(delta, row)
        total[1] = total[1] + delta
        total[2] = total[2] + gap * inner
        total[3] = total[3] + gap
    for place in range(4):
        speed[place] = 0.8 * speed[place] - 0.02 * total[place]
    kernel = kernel + speed[0]
    offset = offset + speed[1]
    output = output + speed[2]
    shift = shift + speed[3]
"""

NUMBERS = """\
import math
import random

random.seed(6)


def bend(t):
    return 1 / (1 + math.exp(-t))


u1, u2, u0 = random.gauss(0, 1), random.gauss(0, 1), 0.1
v1, v2, v0 = random.gauss(0, 1), random.gauss(0, 1), -0.2
p, q, o = random.gauss(0, 1), random.gauss(0, 1), 0.3
pairs = [((0.5, -1.0), 0.9), ((1.5, 0.3), 0.2), ((-0.7, 0.8), 0.6)]

for epoch in range(20):
    for (x, y), aim in pairs:
        left = bend(u1 * x + u2 * y + u0)
        right = bend(v1 * x + v2 * y + v0)
        out = bend(p * left + q * right + o)
        top = (out - aim) * out * (1 - out)
        low_left = top * p * left * (1 - left)
        low_right = top * q * right * (1 - right)
        p -= 0.5 * top * left
        q -= 0.5 * top * right
        o -= 0.5 * top
        u1 -= 0.5 * low_left * x
        u2 -= 0.5 * low_left * y
        u0 -= 0.5 * low_left
        v1 -= 0.5 * low_right * x
        v2 -= 0.5 * low_right * y
        v0 -= 0.5 * low_right
"""

ADAM = """\
import numpy as np


class Dense:
    def __init__(self, rng, inputs, units):
        self.kernel = rng.normal(0, 1 / np.sqrt(inputs), (inputs, units))
        self.bias = np.zeros(units)
        self.memory = {}

    def forward(self, batch):
        self.batch = batch
        return batch @ self.kernel + self.bias

    def backward(self, delta):
        self.slopes = {"kernel": self.batch.T @ delta, "bias": delta.sum(axis=0)}
        return delta @ self.kernel.T

    def step(self, time, rate=0.01):
        for name, slope in self.slopes.items():
            mean, square = self.memory.get(name, (0.0, 0.0))
            mean = 0.9 * mean + 0.1 * slope
            square = 0.999 * square + 0.001 * slope**2
            self.memory[name] = mean, square
            size = np.sqrt(square / (1 - 0.999**time)) + 1e-8
            setattr(self, name, getattr(self, name) - rate * mean / (1 - 0.9**time) / size)


class Relu:
    def forward(self, batch):
        self.mask = batch > 0
        return batch * self.mask

    def backward(self, delta):
        return delta * self.mask

    def step(self, time):
        pass


rng = np.random.default_rng(3)
layers = [Dense(rng, 3, 8), Relu(), Dense(rng, 8, 2)]
data, aims = rng.normal(size=(14, 3)), rng.normal(size=(14, 2))
for time in range(1, 8):
    value = data
    for layer in layers:
        value = layer.forward(value)
    loss = np.mean((value - aims) ** 2)
    delta = 2 * (value - aims) / aims.size
    for layer in reversed(layers):
        delta = layer.backward(delta)
    for layer in layers:
        layer.step(time)
"""

RIGHT = {
    "objects": OBJECTS,
    "dictionary": DICTIONARY,
    "columns": COLUMNS,
    "one_by_one": ONE_BY_ONE,
    "numbers": NUMBERS,
    "adam": ADAM,
}

# (program, what is replaced, by what, the mistake); the line is the first one that changes
PLANTS: list[tuple[str, str, str, str]] = [
    ("objects", " * slope(self.hidden)", "", "missing-hidden-activation-derivative"),
    ("objects", "slope(self.hidden)", "slope(squash(self.hidden))", "derivative-of-activation"),
    ("objects", "return out * (1 - out)", "return out * (1 + out)", "wrong-derivative"),
    ("objects", "low = (top @", "low = (wrong @", "delta-not-multiplied-through"),
    ("objects", "self.first += ", "self.first -= ", "gradient-ascent"),
    ("objects", "top = wrong * slope(answer)", "top = wrong**2 * slope(answer)", "cost-used-as-gradient"),
    ("dictionary", "low[before <= 0] = 0", "low[before > 0] = 0", "relu-mask-inverted"),
    ("dictionary", "    top = top / rows\n", "", "sum-instead-of-mean"),
    ("dictionary", '@ low + penalty * values["A"]', '@ low - penalty * values["A"]', "weight-decay-sign"),
    ("dictionary", '"a": low.sum(axis=0)', '"a": low.mean(axis=0)', "bias-gradient-averaged"),
    ("dictionary", '"a": low.sum(axis=0)', '"a": low.sum()', "bias-gradient-summed-over-units"),
    ("dictionary", '"A": batch.T @ low', '"A": -batch.T @ low', "wrong-sign"),
    ("columns", "(1 - levels[layer] ** 2)", "(1 - sums[layer - 1] ** 2)", "activation-form-at-pre-activation"),
    ("columns", "delta.dot(levels[layer].T) / count", "delta.dot(levels[layer].T)", "sum-instead-of-mean"),
    ("columns", "delta = levels[-1] - marks", "delta = levels[-1] + marks", "target-added"),
    (
        "columns",
        "        offsets[layer] = offsets[layer] - 0.3 * offset_slopes[layer]\n",
        "",
        "bias-gradient-missing",
    ),
    ("one_by_one", "total[0] + np.outer", "np.outer", "last-observation-only"),
    ("one_by_one", "0.8 * speed[place] -", "-0.8 * speed[place] -", "momentum-sign"),
    ("one_by_one", "total[2] + gap * inner", "total[2] + gap * (kernel @ row + offset)", "wrong-layer-activation"),
    ("numbers", "low_right = top * q", "low_right = top * p", "weights-of-wrong-layer"),
    ("numbers", "right * (1 - right)", "left * (1 - left)", "derivative-of-wrong-layer"),
    ("adam", "return delta * self.mask", "return delta * ~self.mask", "relu-mask-inverted"),
    ("adam", '"bias": delta.sum(axis=0)', '"bias": delta[0]', "last-observation-only"),
    ("adam", "return delta @ self.kernel.T", "return delta @ undefined", "exception"),
]
