import numpy as np


class Dense:
    def __init__(self, n_in, n_out, rng):
        self.W = rng.normal(0, 1 / np.sqrt(n_in), (n_in, n_out))
        self.b = np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad, lr):
        dW = self.x.T @ grad
        db = grad.sum(axis=0, keepdims=True)
        dx = grad @ self.W.T
        self.W -= lr * dW
        self.b -= lr * db
        return dx


class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, grad, lr):
        return grad * (1 - self.out ** 2)


class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, grad, lr):
        return grad * self.out * (1 - self.out)


def mse(y_true, y_pred):
    return np.mean(np.power(y_true - y_pred, 2))


def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / np.size(y_true)


rng = np.random.default_rng(8)
X = rng.normal(size=(40, 3))
Y = np.column_stack([X[:, 0] > 0, X[:, 1] * X[:, 2] > 0]).astype(float)

network = [
    Dense(3, 6, rng),
    Tanh(),
    Dense(6, 5, rng),
    Tanh(),
    Dense(5, 2, rng),
    Sigmoid(),
]

epochs = 500
learning_rate = 0.5

for e in range(epochs):
    output = X
    for layer in network:
        output = layer.forward(output)
    error = mse(Y, output)

    grad = mse_prime(Y, output)
    for layer in reversed(network):
        grad = layer.backward(grad, learning_rate)

    if e % 50 == 0:
        print("%d/%d, error=%f" % (e + 1, epochs, error))
