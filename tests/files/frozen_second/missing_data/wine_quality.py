import numpy as np
import pandas as pd
import matplotlib.pyplot as plt

# red wine quality, 11 measurements, last column = grade
df = pd.read_csv("winequality-red.csv", sep=";")
print(df.shape)
print(df.head())

values = np.array(df, dtype=float)
X_raw, y_raw = values[:, :-1], values[:, -1:]
X = (X_raw - X_raw.mean(axis=0)) / (X_raw.std(axis=0) + 1e-8)
y = (y_raw - y_raw.mean()) / (y_raw.std() + 1e-8)

split = int(0.8 * len(X))
X_train, X_test, y_train, y_test = X[:split], X[split:], y[:split], y[split:]

np.random.seed(31)
INPUT, HIDDEN, OUTPUT = X.shape[1], 10, 1
LR, EPOCHS, LAMBDA = 0.05, 300, 0.01

weights = {
    "ih": np.random.randn(INPUT, HIDDEN) * np.sqrt(1 / INPUT),
    "ho": np.random.randn(HIDDEN, OUTPUT) * np.sqrt(1 / HIDDEN),
}
biases = {"h": np.zeros((1, HIDDEN)), "o": np.zeros((1, OUTPUT))}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward(X):
    h = sigmoid(np.dot(X, weights["ih"]) + biases["h"])
    return h, np.dot(h, weights["ho"]) + biases["o"]


def cost(X, y):
    _, out = forward(X)
    ridge = LAMBDA * (np.sum(np.square(weights["ih"])) + np.sum(np.square(weights["ho"])))
    return np.mean(np.square(y - out)) + ridge


train_costs, test_costs = [], []
for epoch in range(EPOCHS):
    h, out = forward(X_train)
    n = len(X_train)
    d_out = -2 / n * (y_train - out)
    d_h = np.dot(d_out, weights["ho"].T) * h * (1 - h)

    weights["ho"] -= LR * (np.dot(h.T, d_out) + 2 * LAMBDA * weights["ho"])
    biases["o"] -= LR * np.sum(d_out, axis=0, keepdims=True)
    weights["ih"] -= LR * (np.dot(X_train.T, d_h) + 2 * LAMBDA * weights["ih"])
    biases["h"] -= LR * np.sum(d_h, axis=0, keepdims=True)

    train_costs.append(cost(X_train, y_train))
    test_costs.append(cost(X_test, y_test))

plt.plot(train_costs, label="train")
plt.plot(test_costs, label="test")
plt.legend()
plt.savefig("wine.png")
print("train", train_costs[-1], "test", test_costs[-1])
