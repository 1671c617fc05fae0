# two branches, joined by concatenation: raw features and a hidden layer each see the output layer
import numpy as np

np.random.seed(55)

x = np.random.randn(90, 4)
clicked = ((x[:, 0] > 0) ^ (x[:, 1] + x[:, 2] > 0.5)).astype(int).reshape(-1, 1)

n_deep1, n_deep2 = 9, 5
w_a = np.random.randn(4, n_deep1) * 0.5
b_a = np.zeros(n_deep1)
w_b = np.random.randn(n_deep1, n_deep2) * 0.5
b_b = np.zeros(n_deep2)
w_out = np.random.randn(n_deep2 + 4, 1) * 0.5
b_out = np.zeros(1)


def sigmoid(v): return 1 / (1 + np.exp(-v))


def predict(x):
    deep1 = np.tanh(x @ w_a + b_a)
    deep2 = np.tanh(deep1 @ w_b + b_b)
    joined = np.concatenate([deep2, x], axis=1)
    return deep1, deep2, joined, sigmoid(joined @ w_out + b_out)


learning_rate = 1.0
for epoch in range(1, 501):
    deep1, deep2, joined, p = predict(x)

    error = (p - clicked) / len(x)
    grad_w_out = joined.T @ error
    grad_b_out = error.sum(axis=0)

    grad_joined = error @ w_out.T
    grad_deep2, grad_wide = np.split(grad_joined, [n_deep2], axis=1)
    grad_z2 = grad_deep2 * (1 - deep2 ** 2)
    grad_w_b = deep1.T @ grad_z2
    grad_b_b = grad_z2.sum(axis=0)
    grad_z1 = grad_z2 @ w_b.T * (1 - deep1 ** 2)
    grad_w_a = x.T @ grad_z1
    grad_b_a = grad_z1.sum(axis=0)

    w_out -= learning_rate * grad_w_out
    b_out -= learning_rate * grad_b_out
    w_b -= learning_rate * grad_w_b
    b_b -= learning_rate * grad_b_b
    w_a -= learning_rate * grad_w_a
    b_a -= learning_rate * grad_b_a

    if epoch % 100 == 0:
        loss = -np.mean(clicked * np.log(p) + (1 - clicked) * np.log(1 - p))
        print(f"epoch {epoch}: loss {loss:.4f} accuracy {np.mean((p > .5) == clicked):.3f}")
