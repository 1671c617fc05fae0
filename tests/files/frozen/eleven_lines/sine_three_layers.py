# fit sin(x) with 1-8-6-1, everything in one file, no functions
import numpy as np
import matplotlib.pyplot as plt
from tqdm import trange

np.random.seed(42)
x = np.linspace(-2, 3, 50).reshape(-1, 1)
t = np.sin(x)

w1 = np.random.randn(1, 8); b1 = np.zeros(8)
w2 = np.random.randn(8, 6) * 0.4; b2 = np.zeros(6)
w3 = np.random.randn(6, 1) * 0.4; b3 = np.zeros(1)
lr = 0.05
losses = []

for it in trange(2000):
    h1 = np.tanh(x @ w1 + b1)
    h2 = np.tanh(h1 @ w2 + b2)
    out = h2 @ w3 + b3
    losses.append(((out - t) ** 2).mean())

    d_out = 2 * (out - t) / len(x)
    d_w3 = h2.T @ d_out
    d_b3 = d_out.sum(0)
    d_h2 = d_out @ w3.T * (1 - h2 ** 2)
    d_w2 = h1.T @ d_h2
    d_b2 = d_h2.sum(0)
    d_h1 = d_h2 @ w2.T * (1 - h1 ** 2)
    d_w1 = x.T @ d_h1
    d_b1 = d_h1.sum(0)

    w1 -= lr * d_w1; b1 -= lr * d_b1
    w2 -= lr * d_w2; b2 -= lr * d_b2
    w3 -= lr * d_w3; b3 -= lr * d_b3

plt.figure(figsize=(10, 4))
plt.subplot(1, 2, 1)
plt.plot(losses)
plt.yscale('log')
plt.subplot(1, 2, 2)
plt.plot(x, t, 'k--', label='sin(x)')
plt.plot(x, out, label='network')
plt.legend()
plt.tight_layout()
plt.savefig('fit.png')
plt.show()
