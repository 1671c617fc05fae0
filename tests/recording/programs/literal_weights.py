import math

w1, w2 = 0.15, 0.20
w5, w6 = 0.40, 0.45
b1, b2 = 0.35, 0.60
i1, i2 = 0.05, 0.10
t1 = 0.01
eta = 0.5


def squash(net):
    return 1 / (1 + math.exp(-net))


for step in range(100):
    h1 = squash(w1 * i1 + w2 * i2 + b1)
    o1 = squash(w5 * h1 + w6 * h1 + b2)
    error = 0.5 * (t1 - o1) ** 2
    d_o = (o1 - t1) * o1 * (1 - o1)
    d_h = d_o * (w5 + w6) * h1 * (1 - h1)
    w5 -= eta * d_o * h1
    w6 -= eta * d_o * h1
    b2 -= eta * d_o
    w1 -= eta * d_h * i1
    w2 -= eta * d_h * i2
    b1 -= eta * d_h
# ruff: noqa
