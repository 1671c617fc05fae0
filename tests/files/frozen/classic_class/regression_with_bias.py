"""One hidden layer for regression.

Usage:
    net = Net(n_in=3, n_hidden=6)
    losses = net.fit(X, y, epochs=200)
"""
import numpy as np
import matplotlib.pyplot as plt


class Net:

    def __init__(self, n_in, n_hidden, n_out=1, learning_rate=0.05, seed=1):
        rng = np.random.RandomState(seed)
        self.weights1 = rng.randn(n_in, n_hidden) * 0.5
        self.bias1 = np.zeros((1, n_hidden))
        self.weights2 = rng.randn(n_hidden, n_out) * 0.5
        self.bias2 = np.zeros((1, n_out))
        self.learning_rate = learning_rate

    def feedforward(self, X):
        self.z1 = X @ self.weights1 + self.bias1
        self.a1 = np.tanh(self.z1)
        self.z2 = self.a1 @ self.weights2 + self.bias2
        return self.z2          # linear output, it is a regression

    def mse(self, y_hat, y):
        return np.mean((y_hat - y) ** 2)

    def backprop(self, X, y, y_hat):
        grad_out = 2.0 * (y_hat - y) / y.size
        grad_w2 = self.a1.T @ grad_out
        grad_b2 = grad_out.sum(axis=0, keepdims=True)

        grad_hidden = grad_out @ self.weights2.T
        grad_z1 = grad_hidden * (1 - self.a1 ** 2)
        grad_w1 = X.T @ grad_z1
        grad_b1 = grad_z1.sum(axis=0, keepdims=True)

        # gradient descent
        self.weights2 -= self.learning_rate * grad_w2
        self.bias2 -= self.learning_rate * grad_b2
        self.weights1 -= self.learning_rate * grad_w1
        self.bias1 -= self.learning_rate * grad_b1

    def fit(self, X, y, epochs=100, verbose=False):
        history = []
        for epoch in range(epochs):
            y_hat = self.feedforward(X)
            loss = self.mse(y_hat, y)
            history.append(loss)
            self.backprop(X, y, y_hat)
            if verbose and epoch % 10 == 0:
                print(f"epoch {epoch}: loss {loss:.5f}")
        return history

    def predict(self, X):
        return self.feedforward(X)


def plot_history(history):
    plt.plot(history)
    plt.xlabel("epoch")
    plt.ylabel("MSE")
    plt.show()
