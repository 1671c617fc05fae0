# -*- coding: utf-8 -*-
# memorise random numbers, to see that the gradient works
import numpy as np

batch, n_in, n_hid, n_out = 16, 30, 12, 4

np.random.seed(0)
data = np.random.randn(batch, n_in)
goal = np.random.randn(batch, n_out)

A = np.random.randn(n_in, n_hid)
B = np.random.randn(n_hid, n_out)

rate = 1e-4
for t in range(500):
    h = data.dot(A)
    h_relu = np.maximum(h, 0)
    pred = h_relu.dot(B)

    loss = np.square(pred - goal).sum()
    if t % 50 == 0:
        print(t, loss)

    g_pred = 2.0 * (pred - goal)
    g_B = h_relu.T.dot(g_pred)
    g_h = g_pred.dot(B.T)
    g_h[h < 0] = 0
    g_A = data.T.dot(g_h)

    A -= rate * g_A
    B -= rate * g_B
