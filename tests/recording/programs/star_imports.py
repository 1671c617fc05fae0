from numpy import *
from numpy.random import randn

x = linspace(-1, 1, 8).reshape(8, 1)
t = sin(3 * x)
w = randn(1, 3)
c = zeros(3)
u = randn(3, 1)
for k in range(40):
    a = tanh(x @ w + c)
    e = a @ u - t
    da = e @ u.T * (1 - a**2)
    u -= 0.05 * a.T @ e
    w -= 0.05 * x.T @ da
    c -= 0.05 * sum(da, axis=0)
# ruff: noqa
