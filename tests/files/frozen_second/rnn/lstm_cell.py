"""LSTM by hand. Gates in one matrix: rows [input; hidden], columns [i f o g]."""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class LSTM:
    def __init__(self, n_in, n_h, n_out, seed=0):
        r = np.random.RandomState(seed)
        self.n_h = n_h
        self.W = r.randn(n_in + n_h, 4 * n_h) / np.sqrt(n_in + n_h)
        self.b = np.zeros(4 * n_h)
        self.b[n_h:2 * n_h] = 1.0  # remember at first
        self.V = r.randn(n_h, n_out) / np.sqrt(n_h)
        self.c = np.zeros(n_out)

    def forward(self, xs):
        """xs: (time, batch, n_in) -> (time, batch, n_out)"""
        B, n = xs.shape[1], self.n_h
        h, cell = np.zeros((B, n)), np.zeros((B, n))
        self.steps, outs = [], []
        for x in xs:
            xh = np.hstack([x, h])
            z = xh @ self.W + self.b
            i, f, o, g = sigmoid(z[:, :n]), sigmoid(z[:, n:2 * n]), sigmoid(z[:, 2 * n:3 * n]), np.tanh(z[:, 3 * n:])
            old = cell
            cell = f * old + i * g
            tc = np.tanh(cell)
            h = o * tc
            self.steps.append((xh, i, f, o, g, old, tc, h))
            outs.append(h @ self.V + self.c)
        return np.array(outs)

    def backward(self, douts):
        dW, db, dV, dc = (np.zeros_like(p) for p in (self.W, self.b, self.V, self.c))
        dh_next = dcell_next = 0
        for (xh, i, f, o, g, old, tc, h), dout in zip(self.steps[::-1], douts[::-1]):
            dV += h.T @ dout
            dc += dout.sum(0)
            dh = dout @ self.V.T + dh_next
            do = dh * tc
            dcell = dh * o * (1 - tc ** 2) + dcell_next
            di, df, dg = dcell * g, dcell * old, dcell * i
            dz = np.hstack([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g ** 2)])
            dW += xh.T @ dz
            db += dz.sum(0)
            dh_next = (dz @ self.W.T)[:, -self.n_h:]
            dcell_next = dcell * f
        return dW, db, dV, dc

    def train_step(self, xs, targets, lr):
        outs = self.forward(xs)
        diff = outs - targets
        for p, g in zip((self.W, self.b, self.V, self.c), self.backward(2 * diff / diff.size)):
            p -= lr * g
        return np.mean(diff ** 2)


if __name__ == "__main__":
    t = np.arange(25)
    phases = np.random.RandomState(1).rand(16) * 6
    waves = np.sin(0.5 * t[:, None] + phases)[:, :, None]
    net = LSTM(1, 10, 1)
    for k in range(200):
        loss = net.train_step(waves[:-1], waves[1:], 0.5)
        if k % 40 == 0:
            print("step", k, "loss", loss)
