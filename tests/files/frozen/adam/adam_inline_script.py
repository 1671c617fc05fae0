import numpy as np

np.random.seed(17)
N = 48
X = np.random.rand(3, N) * 2 - 1
Y = np.zeros((2, N))
Y[0] = X[0] + X[1] > 0
Y[1] = 1 - Y[0]

params = [np.random.randn(6, 3) * 0.6, np.zeros((6, 1)), np.random.randn(2, 6) * 0.6, np.zeros((2, 1))]
first = [np.zeros_like(p) for p in params]
second = [np.zeros_like(p) for p in params]
alpha, b1, b2, eps = 0.02, 0.9, 0.99, 1e-8

for t in range(1, 201):
    W1, c1, W2, c2 = params
    Z1 = W1 @ X + c1
    A1 = np.maximum(0.01 * Z1, Z1)
    Z2 = W2 @ A1 + c2
    E = np.exp(Z2 - Z2.max(axis=0))
    P = E / E.sum(axis=0)
    J = -np.sum(Y * np.log(P)) / N

    dZ2 = (P - Y) / N
    dW2 = dZ2 @ A1.T
    dc2 = dZ2.sum(axis=1, keepdims=True)
    dZ1 = W2.T @ dZ2
    dZ1[Z1 < 0] *= 0.01
    dW1 = dZ1 @ X.T
    dc1 = dZ1.sum(axis=1, keepdims=True)
    grads = [dW1, dc1, dW2, dc2]

    for k in range(4):
        first[k] = b1 * first[k] + (1 - b1) * grads[k]
        second[k] = b2 * second[k] + (1 - b2) * np.square(grads[k])
        mhat = first[k] / (1 - b1 ** t)
        vhat = second[k] / (1 - b2 ** t)
        params[k] = params[k] - alpha * mhat / (np.sqrt(vhat) + eps)

    if t % 50 == 0:
        print(t, J)
