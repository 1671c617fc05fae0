# MNIST with nothing but numpy (download mnist.npz first and put it next to this file)
import numpy as np
import matplotlib.pyplot as plt

with np.load('mnist.npz') as f:
    x_train, y_train = f['x_train'], f['y_train']
    x_test, y_test = f['x_test'], f['y_test']

x_train = x_train.reshape(-1, 784).T / 255.
x_test = x_test.reshape(-1, 784).T / 255.

plt.imshow(x_train[:, 0].reshape(28, 28), cmap='gray')
plt.title(str(y_train[0]))
plt.show()

one_hot = np.zeros((10, y_train.size))
one_hot[y_train, np.arange(y_train.size)] = 1

np.random.seed(0)
hidden = 64
A = np.random.uniform(-1, 1, (hidden, 784)) * np.sqrt(6 / (784 + hidden))
a = np.zeros((hidden, 1))
B = np.random.uniform(-1, 1, (10, hidden)) * np.sqrt(6 / (10 + hidden))
b = np.zeros((10, 1))

lr = 0.1
batch_size = 128


def predict(x):
    h = np.maximum(A @ x + a, 0)
    z = B @ h + b
    z -= z.max(axis=0)
    return h, np.exp(z) / np.exp(z).sum(axis=0)


def accuracy(x, y):
    return np.mean(np.argmax(predict(x)[1], axis=0) == y) * 100


for epoch in range(5):
    shuffle = np.random.permutation(x_train.shape[1])
    for start in range(0, x_train.shape[1], batch_size):
        idx = shuffle[start:start + batch_size]
        X, Y = x_train[:, idx], one_hot[:, idx]
        n = X.shape[1]

        h, p = predict(X)

        dz = (p - Y) / n
        dB = dz @ h.T
        db = dz.sum(axis=1, keepdims=True)
        dh = B.T @ dz
        dh[h <= 0] = 0
        dA = dh @ X.T
        da = dh.sum(axis=1, keepdims=True)

        A -= lr * dA
        a -= lr * da
        B -= lr * dB
        b -= lr * db

    print('epoch %d  train %.2f%%  test %.2f%%' % (epoch + 1, accuracy(x_train, y_train), accuracy(x_test, y_test)))
