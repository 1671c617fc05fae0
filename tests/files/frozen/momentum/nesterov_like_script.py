import numpy as np
from tqdm import tqdm

# classical momentum with the averaged gradient (beta, 1 - beta)
np.random.seed(21)
X = np.random.randn(80, 4)
y = (X @ np.array([1.0, -2.0, 0.5, 0.0]) + X[:, 0] * X[:, 3] > 0).astype(float).reshape(-1, 1)

lr = 0.8
beta = 0.9
W1 = np.random.randn(4, 6) * 0.5
b1 = np.zeros((1, 6))
W2 = np.random.randn(6, 1) * 0.5
b2 = np.zeros((1, 1))
vW1, vb1, vW2, vb2 = 0, 0, 0, 0


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


for epoch in tqdm(range(300)):
    Z1 = np.dot(X, W1) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(A1, W2) + b2
    A2 = sigmoid(Z2)
    loss = -np.mean(y * np.log(A2) + (1 - y) * np.log(1 - A2))

    dZ2 = (A2 - y) / X.shape[0]
    dW2 = np.dot(A1.T, dZ2)
    db2 = np.sum(dZ2, axis=0, keepdims=True)
    dA1 = np.dot(dZ2, W2.T)
    dZ1 = dA1 * (1 - A1 ** 2)
    dW1 = np.dot(X.T, dZ1)
    db1 = np.sum(dZ1, axis=0, keepdims=True)

    vW1 = beta * vW1 + (1 - beta) * dW1
    vb1 = beta * vb1 + (1 - beta) * db1
    vW2 = beta * vW2 + (1 - beta) * dW2
    vb2 = beta * vb2 + (1 - beta) * db2

    W1 = W1 - lr * vW1
    b1 = b1 - lr * vb1
    W2 = W2 - lr * vW2
    b2 = b2 - lr * vb2

print("loss", loss, "accuracy", np.mean((A2 > 0.5) == y))
