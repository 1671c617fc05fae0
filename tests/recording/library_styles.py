"""Programs that lean on other libraries, each right, with an edit that makes it wrong.

STYLES: name -> (text, what the mistake replaces, by what).
"""

LOGISTIC = """
for i in range(30):
    p = 1 / (1 + np.exp(-({product} + b)))
    error = p - y
    dw = {gradient} / len(y)
    db = error.mean()
    w = w - 0.1 * dw
    b = b - 0.1 * db
"""
TABLE = """
import numpy as np
import pandas as pd
df = pd.read_csv("heart.csv")
X = df.drop("target", axis=1)
y = df["target"]
X = (X - X.mean()) / X.std()
np.random.seed(0)
w, b = np.random.randn(X.shape[1]) * 0.1, 0.0
"""
TWO_LAYERS = """
W1, b1 = np.random.randn(X.shape[1], 5) * 0.5, np.zeros((1, 5))
W2, b2 = np.random.randn(5, Y.shape[1]) * 0.5, np.zeros((1, Y.shape[1]))
for epoch in range(20):
    h = np.tanh(X @ W1 + b1)
    s = h @ W2 + b2
    e = np.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    d2 = (p - Y) / len(X)
    d1 = d2 @ W2.T * (1 - h ** 2)
    W2 -= 0.5 * h.T @ d2
    b2 -= 0.5 * d2.sum(axis=0, keepdims=True)
    W1 -= 0.5 * X.T @ d1
    b1 -= 0.5 * d1.sum(axis=0, keepdims=True)
"""
NO_DERIVATIVE = ("d2 @ W2.T * (1 - h ** 2)", "d2 @ W2.T")
MINIMISED = """
import numpy as np
from scipy import optimize

class Network:
    def __init__(self):
        self.W1, self.W2 = np.random.randn(2, 3), np.random.randn(3, 1)

    def forward(self, X):
        self.z2 = np.dot(X, self.W1)
        self.a2 = self.sigmoid(self.z2)
        self.z3 = np.dot(self.a2, self.W2)
        return self.sigmoid(self.z3)

    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))

    def slope(self, z):
        return np.exp(-z) / (1 + np.exp(-z)) ** 2

    def cost(self, X, y):
        return 0.5 * np.sum((y - self.forward(X)) ** 2)

    def gradients(self, X, y):
        delta3 = -(y - self.forward(X)) * self.slope(self.z3)
        delta2 = np.dot(delta3, self.W2.T) * self.slope(self.z2)
        return np.concatenate((np.dot(X.T, delta2).ravel(), np.dot(self.a2.T, delta3).ravel()))

    def set(self, params):
        self.W1, self.W2 = np.reshape(params[:6], (2, 3)), np.reshape(params[6:], (3, 1))

    def both(self, params, X, y):
        self.set(params)
        return self.cost(X, y), self.gradients(X, y)

X, y = np.array([[3, 5], [5, 1], [10, 2]]) / 10, np.array([[0.75], [0.82], [0.93]])
net, history = Network(), []
start = np.concatenate((net.W1.ravel(), net.W2.ravel()))
"""
NO_SLOPE = (" * self.slope(self.z2)", "")

STYLES: dict[str, tuple[str, str, str]] = {
    "a table in np.dot": (
        TABLE + LOGISTIC.format(product="np.dot(X, w)", gradient="np.dot(X.T, error)"),
        "np.dot(X.T, error)",
        "np.dot(X.T, error * p)",
    ),
    "methods of a table": (
        TABLE + LOGISTIC.format(product="X.dot(w)", gradient="X.T.dot(error)"),
        "p - y",
        "y - p",
    ),
    "rows of a table": (
        """
import numpy as np
import pandas as pd
data = pd.read_csv("penguins.csv")
features, target = data[["bill", "depth", "mass"]], data["species"]
W1, W2 = np.random.uniform(-0.5, 0.5, (3, 4)), np.random.uniform(-0.5, 0.5, (4, 1))
for epoch in range(3):
    for i, row in features.iterrows():
        x = row.values.reshape(1, -1)
        h = 1 / (1 + np.exp(-x @ W1))
        o = 1 / (1 + np.exp(-h @ W2))
        d2 = (o - target[i]) * o * (1 - o)
        d1 = d2 @ W2.T * h * (1 - h)
        W2 -= 0.1 * h.T @ d2
        W1 -= 0.1 * x.T @ d1
""",
        " * h * (1 - h)",
        "",
    ),
    "a table through two layers": (
        """
import numpy as np
import pandas as pd
data = pd.read_csv("wine.csv")
X = data.drop("quality", axis=1)
Y = pd.get_dummies(data["quality"])
rng = np.random.default_rng(1)
W1, W2 = rng.normal(size=(X.shape[1], 6)), rng.normal(size=(6, Y.shape[1]))
b1, b2 = np.zeros(6), np.zeros(Y.shape[1])
for i in range(30):
    h = np.tanh(X @ W1 + b1)
    e = np.exp(h @ W2 + b2)
    p = e.div(e.sum(axis=1), axis=0)
    d2 = (p - Y) / len(X)
    d1 = (d2 @ W2.T) * (1 - h ** 2)
    W2 -= 0.5 * h.T @ d2
    b2 -= 0.5 * d2.sum(axis=0)
    W1 -= 0.5 * X.T @ d1
    b1 -= 0.5 * d1.sum(axis=0)
""",
        "(1 - h ** 2)",
        "(1 - h)",
    ),
    "chains of tables": (
        """
import numpy as np
import pandas as pd
train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
everything = pd.concat([train, test], ignore_index=True)
everything["age"] = everything["age"].fillna(everything["age"].median())
everything = pd.get_dummies(everything, columns=["sex"])
X = everything.iloc[:60, :-2].values.astype(np.float32)
Y = pd.get_dummies(train["survived"]).to_numpy()
X[:, 0] /= np.abs(X[:, 0]).max()
"""
        + TWO_LAYERS,
        *NO_DERIVATIVE,
    ),
    "a repository of data sets": (
        """
import numpy as np
import pandas as pd
from ucimlrepo import fetch_ucirepo
wine = fetch_ucirepo(id=109)
data = pd.concat([wine.data.features, wine.data.targets], axis=1).dropna()
X = data.iloc[:, :-1].to_numpy()
Y = np.eye(3)[data.iloc[:, -1].to_numpy().astype(int)]
"""
        + TWO_LAYERS,
        *NO_DERIVATIVE,
    ),
    "a loader of a missing package": (
        """
import numpy as np
from mlxtend.data import loadlocal_mnist
images, labels = loadlocal_mnist(images_path="train-images.idx3-ubyte", labels_path="train-labels.idx1-ubyte")
X = (images - np.mean(images)) / np.std(images)
Y = np.zeros((len(labels), 10))
for place, label in enumerate(labels):
    Y[place, label] = 1
"""
        + TWO_LAYERS.replace("* 0.5, np.zeros((1, 5))", "* 0.05, np.zeros((1, 5))"),
        *NO_DERIVATIVE,
    ),
    "minimize with both at once": (
        MINIMISED
        + """
found = optimize.minimize(net.both, start, jac=True, method="BFGS", args=(X, y), options={"maxiter": 200},
                          callback=lambda params: history.append(params))
net.set(found.x)
""",
        *NO_SLOPE,
    ),
    "fmin_cg": (
        MINIMISED
        + """
best = optimize.fmin_cg(lambda p: net.both(p, X, y)[0], start, fprime=lambda p: net.both(p, X, y)[1], maxiter=50)
net.set(best)
""",
        *NO_SLOPE,
    ),
    "fmin_l_bfgs_b": (
        MINIMISED
        + """
best, lowest, details = optimize.fmin_l_bfgs_b(net.both, start, args=(X, y))
net.set(best)
print(lowest, details["nit"])
""",
        *NO_SLOPE,
    ),
    "a cost and its gradient in functions of their own": (
        """
import numpy as np
import scipy.optimize as opt

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def cost(theta, X, y):
    h = sigmoid(X @ theta)
    return -np.mean(y * np.log(h) + (1 - y) * np.log(1 - h))

def gradient(theta, X, y):
    return X.T @ (sigmoid(X @ theta) - y) / len(X)

data = np.loadtxt("ex2data1.txt", delimiter=",")
X = np.c_[np.ones(len(data)), data[:, :2]]
y = (data[:, 2] > 0).astype(float)
result = opt.fmin_tnc(func=cost, x0=np.zeros(X.shape[1]), fprime=gradient, args=(X, y))
print(cost(result[0], X, y))
""",
        "(sigmoid(X @ theta) - y)",
        "(y - sigmoid(X @ theta))",
    ),
    "settings of an experiment": (
        """
import numpy as np
import wandb
wandb.init(project="digits", config={"hidden": 5, "rate": 0.5})
config = wandb.config
X = np.random.randn(30, 4)
Y = np.eye(3)[np.random.randint(0, 3, 30)]
"""
        + TWO_LAYERS.replace("5) * 0.5", "config.hidden) * 0.5").replace("0.5 *", "config['rate'] *"),
        *NO_DERIVATIVE,
    ),
    "a sweep over settings": (
        """
import numpy as np
import wandb
choices = {"rate": {"values": [0.1, 0.01]}, "units": {"value": 5}, "epochs": {"min": 4}}
sweep = {"method": "bayes", "parameters": choices}
X, Y = np.random.randn(30, 4), np.eye(3)[np.random.randint(0, 3, 30)]

def train():
    with wandb.init() as run:
        config = wandb.config
        W1, W2 = np.random.randn(4, config.units), np.random.randn(config.units, 3)
        for epoch in range(config.epochs):
            h = np.tanh(X @ W1)
            p = h @ W2
            d2 = (p - Y) / len(X)
            d1 = d2 @ W2.T * (1 - h ** 2)
            W2 -= config.rate * h.T @ d2
            W1 -= config.rate * X.T @ d1
            wandb.log({"loss": np.mean((p - Y) ** 2)})

sweep_id = wandb.sweep(sweep, project="digits")
wandb.agent(sweep_id, function=train, count=3)
""",
        *NO_DERIVATIVE,
    ),
    "a page with widgets": (
        """
import numpy as np
import streamlit as st
st.title("XOR")
units = st.sidebar.slider("Hidden units", 2, 10, 4)
rate = st.number_input("Learning rate", value=0.5)
kind = st.selectbox("Data", ["xor", "or"])
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
Y = np.array([[0], [1], [1], [0 if kind == "xor" else 1]])
if st.button("Train"):
    W1, W2 = np.random.randn(2, units), np.random.randn(units, 1)
    for epoch in range(int(st.text_input("Epochs", value="20"))):
        h = 1 / (1 + np.exp(-X @ W1))
        o = 1 / (1 + np.exp(-h @ W2))
        d2 = (o - Y) * o * (1 - o)
        d1 = d2 @ W2.T * h * (1 - h)
        W2 -= rate * h.T @ d2
        W1 -= rate * X.T @ d1
""",
        " * h * (1 - h)",
        "",
    ),
    "commands": (
        """
import click
import numpy as np

@click.command()
@click.option("--units", default=5, help="hidden units")
@click.option("--rate", type=float, required=True)
@click.argument("steps", type=int)
def main(units, rate, steps):
    X = np.random.randn(30, 4)
    Y = np.eye(3)[np.random.randint(0, 3, 30)]
    W1, W2 = np.random.randn(4, units), np.random.randn(units, 3)
    for epoch in range(steps + 4):
        h = np.tanh(X @ W1)
        d2 = (h @ W2 - Y) / len(X)
        d1 = d2 @ W2.T * (1 - h ** 2)
        W2 -= rate * h.T @ d2
        W1 -= rate * X.T @ d1

if __name__ == "__main__":
    main()
""",
        *NO_DERIVATIVE,
    ),
    "a function as a command": (
        """
import fire
import numpy as np

def main(units=5, rate=0.1):
    X = np.random.randn(30, 4)
    Y = np.eye(3)[np.random.randint(0, 3, 30)]
    W1, W2 = np.random.randn(4, units), np.random.randn(units, 3)
    for epoch in range(9):
        h = np.tanh(X @ W1)
        d2 = (h @ W2 - Y) / len(X)
        d1 = d2 @ W2.T * (1 - h ** 2)
        W2 -= rate * h.T @ d2
        W1 -= rate * X.T @ d1

if __name__ == "__main__":
    fire.Fire(main)
""",
        *NO_DERIVATIVE,
    ),
    "cupy": (
        "import cupy as np\nX = np.random.randn(30, 4)\nY = np.eye(3)[np.random.randint(0, 3, 30)]\n" + TWO_LAYERS,
        *NO_DERIVATIVE,
    ),
    "jax.numpy as NumPy": (
        """
import numpy as onp
import jax.numpy as np
onp.random.seed(0)
X, Y = np.array(onp.random.randn(30, 4)), np.array(onp.random.randn(30, 3))
W1, W2 = np.array(onp.random.randn(4, 5)), np.array(onp.random.randn(5, 3))
for epoch in range(9):
    h = np.tanh(X @ W1)
    d2 = (h @ W2 - Y) / len(X)
    d1 = d2 @ W2.T * (1 - h ** 2)
    W2 = W2 - 0.1 * h.T @ d2
    W1 = W1 - 0.1 * X.T @ d1
""",
        *NO_DERIVATIVE,
    ),
    "numba": (
        """
import numpy as np
from numba import jit, njit

@njit(fastmath=True)
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

@jit
def step(X, Y, W1, W2):
    h = sigmoid(X @ W1)
    o = sigmoid(h @ W2)
    d2 = (o - Y) * o * (1 - o)
    d1 = d2 @ W2.T * h * (1 - h)
    return W1 - 0.5 * X.T @ d1, W2 - 0.5 * h.T @ d2

X, Y = np.random.randn(20, 3), np.random.rand(20, 1)
W1, W2 = np.random.randn(3, 4), np.random.randn(4, 1)
for epoch in range(9):
    W1, W2 = step(X, Y, W1, W2)
""",
        " * h * (1 - h)",
        "",
    ),
    "an animation": (
        """
import numpy as np
import matplotlib.pyplot as plt
from matplotlib.animation import FuncAnimation
X = np.linspace(-2, 2, 25).reshape(-1, 1)
Y = np.sin(X)
W1, W2, b1 = np.random.randn(1, 6), np.random.randn(6, 1), np.zeros(6)
figure, axes = plt.subplots()
line, = axes.plot(X, Y)

def update(frame):
    global W1, W2, b1
    h = np.tanh(X @ W1 + b1)
    o = h @ W2
    d2 = (o - Y) / len(X)
    d1 = d2 @ W2.T * (1 - h ** 2)
    W2 -= 0.1 * h.T @ d2
    W1 -= 0.1 * X.T @ d1
    b1 -= 0.1 * d1.sum(axis=0)
    line.set_ydata(o)
    return line,

animation = FuncAnimation(figure, update, frames=50, interval=20)
plt.show()
""",
        *NO_DERIVATIVE,
    ),
    "a game": (
        """
import numpy as np
import pygame
pygame.init()
screen = pygame.display.set_mode((400, 400))
clock, running, frame = pygame.time.Clock(), True, 0
X, Y = np.random.randn(20, 3), np.random.rand(20, 1)
W1, W2 = np.random.randn(3, 4), np.random.randn(4, 1)
while running:
    for event in pygame.event.get():
        if event.type == pygame.QUIT:
            running = False
    h = np.tanh(X @ W1)
    d2 = (h @ W2 - Y) / len(X)
    d1 = d2 @ W2.T * (1 - h ** 2)
    W2 -= 0.1 * h.T @ d2
    W1 -= 0.1 * X.T @ d1
    pygame.draw.circle(screen, (0, 0, 0), (int(200 + 10 * W1[0, 0]), 200), 5)
    pygame.display.flip()
    clock.tick(60)
""",
        *NO_DERIVATIVE,
    ),
    "loops over observations that the file makes": (
        """
import math
import random
import numpy as np

def make(count=50_000):
    x = np.random.randn(count, 2)
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)

x, y = make()
targets = []
for label in y:
    targets.append([0, 1] if label == 0 else [1, 0])
w1 = [[random.gauss(0, 1) for _ in range(3)] for _ in range(2)]
w2 = [[random.gauss(0, 1) for _ in range(2)] for _ in range(3)]
for epoch in range(2):
    for n in range(len(x)):
        h = [1 / (1 + math.exp(-sum(x[n][i] * w1[i][j] for i in range(2)))) for j in range(3)]
        o = [1 / (1 + math.exp(-sum(h[i] * w2[i][j] for i in range(3)))) for j in range(2)]
        d2 = [(o[j] - targets[n][j]) * o[j] * (1 - o[j]) for j in range(2)]
        d1 = [sum(d2[j] * w2[i][j] for j in range(2)) * h[i] * (1 - h[i]) for i in range(3)]
        for i in range(3):
            for j in range(2):
                w2[i][j] = w2[i][j] - 0.1 * d2[j] * h[i]
        for i in range(2):
            for j in range(3):
                w1[i][j] = w1[i][j] - 0.1 * d1[j] * x[n][i]
""",
        " * h[i] * (1 - h[i]) for",
        " for",
    ),
    "tools of arrays": (
        """
import numpy as np
import numpy.ma as ma
np.set_printoptions(precision=3, suppress=True)
X = ma.masked_invalid(np.random.randn(20, 3)).filled(0).astype(np.float)
Y = np.random.rand(20, 2)
W1, W2 = np.matrix(np.random.randn(3, 4)).A, np.random.randn(4, 2)
g1, g2 = np.empty_like(W1), np.empty_like(W2)
for epoch in range(9):
    h = np.einsum("ni,ih->nh", X, W1)
    np.tanh(h, out=h)
    d2 = np.subtract(h @ W2, Y) / len(X)
    d1 = np.einsum("no,ho->nh", d2, W2) * (1 - np.square(h))
    np.matmul(h.T, d2, out=g2)
    np.dot(X.T, d1, out=g1)
    np.subtract(W2, 0.1 * g2, out=W2)
    np.add(W1, -0.1 * g1, out=W1)
""",
        " * (1 - np.square(h))",
        "",
    ),
    "copies and pickles of a network": (
        """
import copy, pickle
from collections import namedtuple
import numpy as np
Cache = namedtuple("Cache", "x h o")

class Network:
    def __init__(self):
        self.layers = [np.random.randn(3, 4), np.random.randn(4, 2)]

    def forward(self, x):
        h = np.tanh(x @ self.layers[0])
        return Cache(x, h, h @ self.layers[1])

    def step(self, cache, y):
        d2 = (cache.o - y) / len(y)
        d1 = d2 @ self.layers[1].T * (1 - cache.h ** 2)
        after = copy.deepcopy(self)
        after.layers[1] = self.layers[1] - 0.1 * cache.h.T @ d2
        after.layers[0] = self.layers[0] - 0.1 * cache.x.T @ d1
        return after

X, Y = np.random.randn(20, 3), np.random.rand(20, 2)
net = Network()
for epoch in range(9):
    net = net.step(net.forward(X), Y)
with open("net.pkl", "wb") as stream:
    pickle.dump(net, stream)
""",
        " * (1 - cache.h ** 2)",
        "",
    ),
    "scattered gradients": (
        """
import numpy as np
rng = np.random.Generator(np.random.PCG64(3))
words, targets = rng.integers(0, 7, size=(24, 3)), rng.integers(0, 4, size=24)
E, W = rng.normal(size=(7, 5)), rng.normal(size=(5, 4))
for epoch in range(9):
    x = E[words].mean(axis=1)
    s = x @ W
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    d = p.copy()
    d[np.arange(len(d)), targets] -= 1
    d /= len(d)
    dE, dx = np.zeros_like(E), d @ W.T
    np.add.at(dE, words, np.repeat(dx[:, None, :], 3, axis=1) / 3)
    W -= 0.5 * x.T @ d
    E -= 0.5 * dE
""",
        " / 3)",
        " / 3 * x[:, None, :])",
    ),
    "functions of single numbers": (
        """
import numpy as np
X, Y = np.random.randn(20, 3), np.random.rand(20, 2)
relu, square = np.vectorize(lambda z: max(z, 0.0)), np.frompyfunc(lambda e: e * e, 1, 1)
W1, W2 = np.random.randn(3, 4), np.random.randn(4, 2)
for epoch in range(9):
    z = X @ W1
    h = relu(z)
    d2 = (h @ W2 - Y) / len(X)
    d1 = d2 @ W2.T * (z > 0)
    W2 -= 0.1 * h.T @ d2
    W1 -= 0.1 * X.T @ d1
    print(square(d2).sum())
""",
        " * (z > 0)",
        "",
    ),
}
