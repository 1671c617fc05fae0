"""Hand-written NumPy networks as people write them: layouts, batches, update rules."""

from __future__ import annotations

SIGMOID = "import numpy as np\n\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n\n"
XOR = "X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)\nY = np.array([[0], [1], [1], [0]], dtype=float)\n"
TABLE = """rng = np.random.RandomState(0)
X = rng.randn(400, 5)
Y = (X[:, :1] * X[:, 1:2] > 0).astype(float)
"""

XOR_FROM_ONES = (
    SIGMOID
    + XOR
    + """
W1, b1 = np.ones((2, 2)), np.ones(2)
W2, b2 = np.ones((2, 1)), np.ones(1)
rate = 0.5
for epoch in range(3000):
    a1 = sigmoid(X @ W1 + b1)
    a2 = sigmoid(a1 @ W2 + b2)
    cost = np.mean((a2 - Y) ** 2)
    d2 = 2 * (a2 - Y) / len(X) * a2 * (1 - a2)
    d1 = d2 @ W2.T * a1 * (1 - a1)
    W2 -= rate * a1.T @ d2
    b2 -= rate * d2.sum(axis=0)
    W1 -= rate * X.T @ d1
    b1 -= rate * d1.sum(axis=0)
"""
)

# observations are columns; a class, and the number of iterations an argument with a default
COLUMNS = (
    SIGMOID
    + TABLE
    + """
class Net:
    def __init__(self, n, m):
        self.W1, self.b1 = np.random.randn(m, n) * 0.5, np.zeros((m, 1))
        self.W2, self.b2 = np.random.randn(1, m) * 0.5, np.zeros((1, 1))

    def forward(self, A):
        self.A1 = np.tanh(self.W1 @ A + self.b1)
        self.A2 = sigmoid(self.W2 @ self.A1 + self.b2)
        return self.A2

    def step(self, A, T, rate):
        m = A.shape[1]
        dZ2 = self.A2 - T
        dZ1 = self.W2.T @ dZ2 * (1 - self.A1 ** 2)
        self.W2 -= rate * dZ2 @ self.A1.T / m
        self.b2 -= rate * np.sum(dZ2, axis=1, keepdims=True) / m
        self.W1 -= rate * dZ1 @ A.T / m
        self.b1 -= rate * np.sum(dZ1, axis=1, keepdims=True) / m

    def train(self, A, T, rate=RATE, iterations=EPOCHS):
        for i in range(iterations):
            self.forward(A)
            self.step(A, T, rate)

np.random.seed(1)
Net(5, 16).train(X.T, Y.T)
"""
)

# one observation at a time, from weights between 0 and 1, without biases
ONE_BY_ONE = (
    SIGMOID
    + XOR
    + """
w1 = np.random.rand(2, 4)
w2 = np.random.rand(4, 1)
for epoch in range(200):
    for x, y in zip(X, Y):
        h = sigmoid(np.dot(x, w1))
        o = sigmoid(np.dot(h, w2))
        d2 = (y - o) * o * (1 - o)
        d1 = np.dot(d2, w2.T) * h * (1 - h)
        w2 += 0.3 * np.outer(h, d2)
        w1 += 0.3 * np.outer(x, d1)
"""
)

# the same of a list of observations, each an array of its own with a number
PAIRS = ONE_BY_ONE.replace(
    "for epoch",
    "O, I = 0.0, 1.0\n"
    "rows = [(np.array([O, O]), 0), (np.array([O, I]), 1), (np.array([I, O]), 1), (np.array([I, I]), 0)]\n"
    "for epoch",
).replace("zip(X, Y)", "rows")

# shuffled batches, integer labels, softmax, relu, momentum
BATCHES = """import numpy as np
rng = np.random.RandomState(3)
X = rng.randn(90, 4)
labels = X[:, :3].argmax(axis=1)
W1, b1, W2, b2 = rng.normal(0, 0.3, (4, 8)), np.zeros(8), rng.normal(0, 0.3, (8, 3)), np.zeros(3)
velocity = [np.zeros_like(p) for p in (W1, b1, W2, b2)]
epochs, size = 20, 30
for epoch in range(epochs):
    order = rng.permutation(len(X))
    X, labels = X[order], labels[order]
    for start in range(0, len(X), size):
        x, y = X[start:start + size], labels[start:start + size]
        h = np.maximum(0, x @ W1 + b1)
        z = h @ W2 + b2
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(p[range(len(x)), y]).mean()
        dz = p.copy()
        dz[range(len(x)), y] -= 1
        dz /= len(x)
        dh = dz @ W2.T * (h > 0)
        gradients = (x.T @ dh, dh.sum(axis=0), h.T @ dz, dz.sum(axis=0))
        for p_, v, g in zip((W1, b1, W2, b2), velocity, gradients):
            v *= 0.8
            v -= 0.1 * g
            p_ += v
"""

# each observation a row, but pre-activations are made as columns and turned; as many observations as hidden units; all
# rows in a new order in every epoch, and an update that is made in a comprehension
TURNED = (
    SIGMOID
    + TABLE
    + """
X, Y = X[:16], Y[:16]
weights = [np.random.randn(5, 16) * 0.5, np.random.randn(16, 1) * 0.5]
biases = [np.zeros((16, 1)), np.zeros((1, 1))]

def step(x, y):
    global weights, biases
    h = sigmoid((np.dot(weights[0].T, x.T) + biases[0]).T)
    o = (np.dot(weights[1].T, h.T) + biases[1]).T
    d2 = 2 * (o - y) / len(x)
    d1 = np.dot(weights[1], d2.T).T * h * (1 - h)
    kernels = [np.dot(x.T, d1), np.dot(h.T, d2)]
    shifts = [d1.sum(axis=0, keepdims=True).T, d2.sum(axis=0, keepdims=True).T]
    weights = [w - 0.1 * g for w, g in zip(weights, kernels)]
    biases = [b - 0.1 * g for b, g in zip(biases, shifts)]

for epoch in range(40):
    order = np.random.permutation(len(X))
    step(X[order], Y[order])
"""
)

# relu, one observation at a time; the pre-activations of the first are positive, so a linear layer fits it too
POSITIVE_FIRST = (
    ONE_BY_ONE.replace("sigmoid(np.dot(x, w1))", "np.maximum(0, np.dot(x, w1))")
    .replace("* h * (1 - h)", "* (h > 0)")
    .replace("np.random.rand(2, 4)", "np.array([[0.5, 0.3, 0.8, 0.4], [-0.6, 0.2, -0.9, 0.1]])")
    .replace("for epoch", "X, Y = X[[2, 1, 3, 0]], Y[[2, 1, 3, 0]]\nfor epoch")
)

# biases are rows of the kernels, for columns of ones: the first of the data, the last of the hidden layer
BIAS_ROWS = (
    SIGMOID
    + XOR
    + """
X = np.hstack([np.ones((4, 1)), X])
w1 = np.random.randn(3, 4)
w2 = np.full((5, 1), 0.25)
for epoch in range(150):
    h = np.hstack([sigmoid(X @ w1), np.ones((4, 1))])
    o = sigmoid(h @ w2)
    d2 = (o - Y) / len(X)
    d1 = (d2 @ w2.T * h * (1 - h))[:, :-1]
    w2 -= 0.5 * h.T @ d2
    w1 -= 0.5 * X.T @ d1
"""
)

UNTIL_GOOD = XOR_FROM_ONES.replace("for epoch in range(3000):", "cost = 1\nwhile cost > 0.01:")
COUNTED = XOR_FROM_ONES.replace("for epoch in range(3000):", "epoch = 0\nwhile epoch < 700:\n    epoch += 1")
# one weight and a wrong derivative: steps of about one size, which are nearly those of a rule that scales its steps
ONE_WEIGHT = (
    SIGMOID
    + """
X, Y, w = np.array([[0.2]]), np.array([[1.0]]), np.array([[0.18]])
for epoch in range(100):
    a = sigmoid(X @ w)
    w += X.T @ ((Y - a) * (1 - sigmoid(a)))
"""
)
WRONG = XOR_FROM_ONES.replace("np.ones((2, 2))", "np.random.randn(2, 2)").replace(" * a1 * (1 - a1)", "")


# a table that is not there, and units that start alike
MISSING_TABLE = (
    COLUMNS.replace(TABLE, "X = np.loadtxt('t.csv', delimiter=',')\nX, Y = X[:, :-1], (X[:, -1:] > 0).astype(float)\n")
    .replace("np.random.randn(m, n)", "np.ones((m, n))")
    .replace("Net(5, 16)", "Net(X.shape[1], 16)")
    .replace("RATE", "5.0")
    .replace("EPOCHS", "800")
)


def columns(rate: float, epochs: int) -> str:
    """The class, trained at some rate for some epochs."""
    return COLUMNS.replace("RATE", str(rate)).replace("EPOCHS", str(epochs))
