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

UNTIL_GOOD = XOR_FROM_ONES.replace("for epoch in range(3000):", "cost = 1\nwhile cost > 0.01:")
COUNTED = XOR_FROM_ONES.replace("for epoch in range(3000):", "epoch = 0\nwhile epoch < 700:\n    epoch += 1")
WITHOUT_DATA = XOR_FROM_ONES.replace("X = np.array", "X = np.loadtxt('inputs.txt') if True else np.array")
WRONG = XOR_FROM_ONES.replace("np.ones((2, 2))", "np.random.randn(2, 2)").replace(" * a1 * (1 - a1)", "")


def columns(rate: float, epochs: int) -> str:
    """The class, trained at some rate for some epochs."""
    return COLUMNS.replace("RATE", str(rate)).replace("EPOCHS", str(epochs))
