import numpy as np


class BatchNorm:
    def __init__(self, dim, momentum=0.9, eps=1e-5):
        self.gamma, self.beta = np.ones(dim), np.zeros(dim)
        self.running_mean, self.running_var = np.zeros(dim), np.ones(dim)
        self.momentum, self.eps = momentum, eps

    def forward(self, x, train=True):
        if not train:
            x_hat = (x - self.running_mean) / np.sqrt(self.running_var + self.eps)
            return self.gamma * x_hat + self.beta
        mu = x.mean(axis=0)
        self.centred = x - mu
        var = np.mean(self.centred ** 2, axis=0)
        self.inv_std = 1.0 / np.sqrt(var + self.eps)
        self.x_hat = self.centred * self.inv_std
        self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu
        self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        return self.gamma * self.x_hat + self.beta

    def backward(self, dout):
        N = dout.shape[0]
        self.dbeta = dout.sum(axis=0)
        self.dgamma = np.sum(dout * self.x_hat, axis=0)
        dx_hat = dout * self.gamma
        dvar = np.sum(dx_hat * self.centred, axis=0) * -0.5 * self.inv_std ** 3
        dmu = -np.sum(dx_hat, axis=0) * self.inv_std
        return dx_hat * self.inv_std + 2.0 * self.centred * dvar / N + dmu / N


class BNNet:
    """affine - batch norm - relu - affine - softmax"""

    def __init__(self, d, h, c):
        r = np.random.RandomState(7)
        self.W1 = r.randn(d, h) * np.sqrt(2.0 / d)
        self.bn = BatchNorm(h)
        self.W2 = r.randn(h, c) * np.sqrt(2.0 / h)
        self.b2 = np.zeros(c)

    def scores(self, X, train=False):
        self.normed = self.bn.forward(X @ self.W1, train)
        self.hidden = np.maximum(self.normed, 0)
        return self.hidden @ self.W2 + self.b2

    def train_step(self, X, y, lr):
        s = self.scores(X, train=True)
        e = np.exp(s - s.max(1, keepdims=True))
        p = e / e.sum(1, keepdims=True)
        n = X.shape[0]
        loss = -np.log(p[np.arange(n), y]).mean()

        p[np.arange(n), y] -= 1
        ds = p / n
        dW2, db2 = self.hidden.T @ ds, ds.sum(0)
        dnormed = (ds @ self.W2.T) * (self.normed > 0)
        dW1 = X.T @ self.bn.backward(dnormed)

        self.W2 -= lr * dW2
        self.b2 -= lr * db2
        self.bn.gamma -= lr * self.bn.dgamma
        self.bn.beta -= lr * self.bn.dbeta
        self.W1 -= lr * dW1
        return loss


if __name__ == "__main__":
    r = np.random.RandomState(2)
    y = r.randint(0, 3, 150)
    X = r.randn(150, 5) * 3 + np.eye(5)[y] * 6
    net = BNNet(5, 10, 3)
    for epoch in range(30):
        order = r.permutation(150)
        for start in range(0, 150, 30):
            part = order[start:start + 30]
            loss = net.train_step(X[part], y[part], 0.2)
        if epoch % 6 == 0:
            print(epoch, loss, "accuracy", np.mean(net.scores(X).argmax(1) == y))
