import numpy as np

np.random.seed(8)


def unit(z):
    return np.tanh(z)


class NesterovNet:
    def __init__(self, n_in, n_hidden, n_out, lr, mu):
        self.lr = lr
        self.mu = mu
        self.W = [np.random.randn(n_in, n_hidden) * 0.5, np.random.randn(n_hidden, n_out) * 0.5]
        self.b = [np.zeros(n_hidden), np.zeros(n_out)]
        self.vW = [np.zeros_like(w) for w in self.W]
        self.vb = [np.zeros_like(b) for b in self.b]

    def gradients(self, W, b, X, T):
        h = unit(X.dot(W[0]) + b[0])
        o = h.dot(W[1]) + b[1]
        e = (o - T) / X.shape[0]
        dh = e.dot(W[1].T) * (1 - h ** 2)
        return [X.T.dot(dh), h.T.dot(e)], [dh.sum(axis=0), e.sum(axis=0)]

    def update(self, X, T):
        # look ahead first, the gradient is taken there
        aheadW = [w + self.mu * v for w, v in zip(self.W, self.vW)]
        aheadb = [c + self.mu * v for c, v in zip(self.b, self.vb)]
        gW, gb = self.gradients(aheadW, aheadb, X, T)
        for k in range(2):
            self.vW[k] = self.mu * self.vW[k] - self.lr * gW[k]
            self.vb[k] = self.mu * self.vb[k] - self.lr * gb[k]
            self.W[k] = self.W[k] + self.vW[k]
            self.b[k] = self.b[k] + self.vb[k]

    def mse(self, X, T):
        o = unit(X.dot(self.W[0]) + self.b[0]).dot(self.W[1]) + self.b[1]
        return 0.5 * np.sum((o - T) ** 2) / len(X)


t = np.linspace(0, 2 * np.pi, 40)
X = np.c_[np.sin(t), np.cos(t)]
T = np.c_[np.sin(2 * t), np.cos(3 * t)]

net = NesterovNet(2, 12, 2, lr=0.1, mu=0.9)
for i in range(1, 601):
    net.update(X, T)
    if i % 100 == 0:
        print("%5d  %.6f" % (i, net.mse(X, T)))
