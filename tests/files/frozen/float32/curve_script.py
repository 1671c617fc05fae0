import numpy as np
import matplotlib.pyplot as plt

rs = np.random.RandomState(6)
x = np.linspace(-1, 1, 32, dtype=np.float32)[:, np.newaxis]
y = (x ** 2 - 0.3 * x).astype(np.float32)

W1 = rs.randn(1, 10).astype(np.float32)
b1 = rs.randn(10).astype(np.float32) * np.float32(0.3)
W2 = rs.randn(10, 1).astype(np.float32) * np.float32(0.3)
b2 = np.zeros(1, dtype=np.float32)
lr = np.float32(0.1)


def sig(z):
    return 1 / (1 + np.exp(-z))


for i in range(1000):
    a = sig(x @ W1 + b1)
    pred = a @ W2 + b2
    diff = pred - y
    loss = 0.5 * np.mean(diff ** 2)
    g_pred = diff / np.float32(len(x))
    g_W2 = a.T @ g_pred
    g_b2 = g_pred.sum(axis=0)
    g_a = g_pred @ W2.T
    g_z = g_a * a * (1 - a)
    g_W1 = x.T @ g_z
    g_b1 = g_z.sum(axis=0)
    W2 = W2 - lr * g_W2
    b2 = b2 - lr * g_b2
    W1 = W1 - lr * g_W1
    b1 = b1 - lr * g_b1
    if i % 200 == 0:
        print(i, loss)

plt.plot(x, y)
plt.plot(x, pred)
plt.show()
