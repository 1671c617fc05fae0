"""Backpropagation with all sums written out (from my lecture notes). Arrays only hold the numbers."""
import math

import numpy as np

N_IN, N_HID, N_OUT = 3, 4, 2

rng = np.random.default_rng(12)
w = rng.normal(0, 0.5, size=(N_HID, N_IN))
theta = np.zeros(N_HID)
v = rng.normal(0, 0.5, size=(N_OUT, N_HID))
phi = np.zeros(N_OUT)


def g(a):
    return math.tanh(a)


def dg(y):
    return 1 - y * y


def forward(x):
    h = np.zeros(N_HID)
    for j in range(N_HID):
        a = theta[j]
        for i in range(N_IN):
            a += w[j, i] * x[i]
        h[j] = g(a)
    y = np.zeros(N_OUT)
    for k in range(N_OUT):
        a = phi[k]
        for j in range(N_HID):
            a += v[k, j] * h[j]
        y[k] = g(a)
    return h, y


def train_pattern(x, t, eta):
    h, y = forward(x)

    delta_out = np.zeros(N_OUT)
    for k in range(N_OUT):
        delta_out[k] = (t[k] - y[k]) * dg(y[k])

    delta_hid = np.zeros(N_HID)
    for j in range(N_HID):
        s = 0.0
        for k in range(N_OUT):
            s += delta_out[k] * v[k, j]
        delta_hid[j] = s * dg(h[j])

    for k in range(N_OUT):
        for j in range(N_HID):
            v[k, j] += eta * delta_out[k] * h[j]
        phi[k] += eta * delta_out[k]
    for j in range(N_HID):
        for i in range(N_IN):
            w[j, i] += eta * delta_hid[j] * x[i]
        theta[j] += eta * delta_hid[j]

    return 0.5 * sum((t[k] - y[k]) ** 2 for k in range(N_OUT))


patterns = []
for _ in range(16):
    x = rng.choice([-1.0, 1.0], size=N_IN)
    patterns.append((x, np.array([x[0] * x[1], x[2]]) * 0.8))

for sweep in range(60):
    E = 0.0
    for x, t in patterns:
        E += train_pattern(x, t, 0.1)
    if sweep % 10 == 0:
        print("sweep", sweep, "E =", E)
