"""Price of a house from size and age: one hidden layer with two relu units, in plain Python."""


def relu(v):
    return v if v > 0 else 0.0


houses = [(0.5, 0.2), (0.8, 0.9), (0.3, 0.4), (1.0, 0.1), (0.6, 0.7)]
prices = [0.55, 0.6, 0.25, 1.05, 0.5]

hidden = [[0.4, -0.9], [0.7, 0.6]]
hidden_bias = [0.05, -0.02]
out = [0.9, -0.5]
out_bias = 0.1
lr = 0.05

for epoch in range(200):
    loss = 0.0
    g_hidden = [[0.0, 0.0], [0.0, 0.0]]
    g_hidden_bias = [0.0, 0.0]
    g_out = [0.0, 0.0]
    g_out_bias = 0.0
    for house, price in zip(houses, prices):
        z = [sum(w * x for w, x in zip(hidden[j], house)) + hidden_bias[j] for j in range(2)]
        a = [relu(v) for v in z]
        y = sum(w * v for w, v in zip(out, a)) + out_bias
        loss += (y - price) ** 2 / len(houses)
        d = 2 * (y - price) / len(houses)
        g_out_bias += d
        for j in range(2):
            g_out[j] += d * a[j]
            if z[j] > 0:
                dz = d * out[j]
                g_hidden_bias[j] += dz
                for i in range(2):
                    g_hidden[j][i] += dz * house[i]
    for j in range(2):
        for i in range(2):
            hidden[j][i] -= lr * g_hidden[j][i]
        hidden_bias[j] -= lr * g_hidden_bias[j]
        out[j] -= lr * g_out[j]
    out_bias -= lr * g_out_bias
    if epoch % 50 == 0:
        print("epoch", epoch, "loss", loss)
