# A worked example with two inputs, two hidden and two output neurons, number by number.
import math

i1, i2 = 0.1, 0.6
t1, t2 = 0.05, 0.9
eta = 0.5

w1, w2, w3, w4 = 0.2, -0.15, 0.35, 0.1
w5, w6, w7, w8 = 0.45, -0.3, 0.25, 0.5
b1, b2 = 0.3, 0.55

for step in range(100):
    # forward
    net_h1 = w1 * i1 + w2 * i2 + b1
    out_h1 = 1 / (1 + math.exp(-net_h1))
    net_h2 = w3 * i1 + w4 * i2 + b1
    out_h2 = 1 / (1 + math.exp(-net_h2))
    net_o1 = w5 * out_h1 + w6 * out_h2 + b2
    out_o1 = 1 / (1 + math.exp(-net_o1))
    net_o2 = w7 * out_h1 + w8 * out_h2 + b2
    out_o2 = 1 / (1 + math.exp(-net_o2))

    e1 = 0.5 * (t1 - out_o1) ** 2
    e2 = 0.5 * (t2 - out_o2) ** 2
    total = e1 + e2

    # backward
    delta_o1 = (out_o1 - t1) * out_o1 * (1 - out_o1)
    delta_o2 = (out_o2 - t2) * out_o2 * (1 - out_o2)
    delta_h1 = (delta_o1 * w5 + delta_o2 * w7) * out_h1 * (1 - out_h1)
    delta_h2 = (delta_o1 * w6 + delta_o2 * w8) * out_h2 * (1 - out_h2)

    w5 = w5 - eta * delta_o1 * out_h1
    w6 = w6 - eta * delta_o1 * out_h2
    w7 = w7 - eta * delta_o2 * out_h1
    w8 = w8 - eta * delta_o2 * out_h2
    b2 = b2 - eta * (delta_o1 + delta_o2)
    w1 = w1 - eta * delta_h1 * i1
    w2 = w2 - eta * delta_h1 * i2
    w3 = w3 - eta * delta_h2 * i1
    w4 = w4 - eta * delta_h2 * i2
    b1 = b1 - eta * (delta_h1 + delta_h2)

    if step % 10 == 0:
        print(step, total)

print("outputs:", out_o1, out_o2)
