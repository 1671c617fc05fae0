import numpy as np

rng = np.random.default_rng(5)


def sequences(batch, steps):
    """Values and a marker; the target is the sum of the two marked values."""
    values = rng.uniform(0, 1, (steps, batch))
    marks = np.zeros((steps, batch))
    for k in range(batch):
        marks[rng.choice(steps, 2, replace=False), k] = 1
    return np.stack([values, marks], axis=2), (values * marks).sum(axis=0)[:, None]


class RNN:
    def __init__(self, n_in, n_hidden, n_out):
        self.n_hidden = n_hidden
        self.Wx = rng.normal(0, 0.4, (n_in, n_hidden))
        self.Wh = np.eye(n_hidden) * 0.8 + rng.normal(0, 0.05, (n_hidden, n_hidden))
        self.bh = np.zeros(n_hidden)
        self.Wy = rng.normal(0, 0.3, (n_hidden, n_out))
        self.by = np.zeros(n_out)

    def forward(self, xs):
        self.xs = xs
        self.hs = [np.zeros((xs.shape[1], self.n_hidden))]
        for x in xs:
            self.hs.append(np.tanh(x @ self.Wx + self.hs[-1] @ self.Wh + self.bh))
        return self.hs[-1] @ self.Wy + self.by

    def bptt(self, dout):
        self.dWy = self.hs[-1].T @ dout
        self.dby = dout.sum(axis=0)
        self.dWx, self.dWh, self.dbh = np.zeros_like(self.Wx), np.zeros_like(self.Wh), np.zeros_like(self.bh)
        dh = dout @ self.Wy.T
        for t in range(len(self.xs) - 1, -1, -1):
            da = dh * (1 - self.hs[t + 1] ** 2)
            self.dWx += self.xs[t].T @ da
            self.dWh += self.hs[t].T @ da
            self.dbh += da.sum(axis=0)
            dh = da @ self.Wh.T

    def sgd(self, lr):
        for name in ("Wx", "Wh", "bh", "Wy", "by"):
            setattr(self, name, getattr(self, name) - lr * getattr(self, "d" + name))


net = RNN(2, 12, 1)
for it in range(400):
    xs, target = sequences(batch=20, steps=6)
    out = net.forward(xs)
    loss = np.mean((out - target) ** 2)
    net.bptt(2 * (out - target) / len(target))
    net.sgd(0.05)
    if it % 80 == 0:
        print(f"{it:4d}  mse {loss:.4f}")
