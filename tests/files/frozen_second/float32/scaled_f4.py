import numpy as np

f4 = np.float32
rng = np.random.default_rng(77)


def glorot(n_in, n_out):
    limit = np.sqrt(6.0 / (n_in + n_out))
    return rng.uniform(-limit, limit, (n_in, n_out)).astype(f4)


class Net32:
    def __init__(self, *sizes):
        self.Ws = [glorot(a, b) for a, b in zip(sizes, sizes[1:])]
        self.bs = [np.zeros(b, dtype=f4) for b in sizes[1:]]

    def forward(self, x):
        outs = [x]
        for W, b in zip(self.Ws[:-1], self.bs[:-1]):
            outs.append(np.tanh(outs[-1] @ W + b))
        logit = outs[-1] @ self.Ws[-1] + self.bs[-1]
        outs.append(f4(1) / (f4(1) + np.exp(-logit)))
        return outs

    def bce(self, p, t):
        return float(np.mean(-t * np.log(p + f4(1e-7)) - (1 - t) * np.log(1 - p + f4(1e-7))))

    def sgd(self, x, t, lr):
        outs = self.forward(x)
        grad = (outs[-1] - t) / f4(t.size)
        for k in reversed(range(len(self.Ws))):
            gW, gb = outs[k].T @ grad, grad.sum(axis=0)
            grad = (grad @ self.Ws[k].T) * (1 - outs[k] * outs[k])
            self.Ws[k] -= f4(lr) * gW
            self.bs[k] -= f4(lr) * gb
        return self.bce(outs[-1], t)


if __name__ == "__main__":
    x = rng.standard_normal((128, 4)).astype(f4)
    t = (x[:, :1] * x[:, 1:2] + 0.3 * x[:, 2:3] > 0).astype(f4)
    net = Net32(4, 16, 8, 1)
    for i in range(300):
        loss = net.sgd(x, t, 0.5)
        if i % 60 == 0:
            print(i, loss)
    assert net.Ws[0].dtype == f4
