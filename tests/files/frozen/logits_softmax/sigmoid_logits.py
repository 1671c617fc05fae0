"""Binary and multi-label classification. The network ends with logits, the sigmoid is in the loss."""
import numpy as np
from matplotlib import pyplot as plt


class LogitNet:
    def __init__(self, n_features, n_hidden, n_labels, random_state=0):
        r = np.random.RandomState(random_state)
        self.W_in = r.uniform(-1, 1, size=(n_features, n_hidden))
        self.b_in = np.zeros(n_hidden)
        self.W_out = r.uniform(-1, 1, size=(n_hidden, n_labels))
        self.b_out = np.zeros(n_labels)

    def logits(self, X):
        self.pre = X @ self.W_in + self.b_in
        self.hid = self.softplus(self.pre)
        return self.hid @ self.W_out + self.b_out

    @staticmethod
    def softplus(v):
        return np.log1p(np.exp(v))

    @staticmethod
    def expit(v):
        return 1 / (1 + np.exp(-v))

    def bce_with_logits(self, s, Y):
        # max(s, 0) - s Y + log(1 + exp(-|s|)) is stable for large logits
        return np.mean(np.sum(np.maximum(s, 0) - s * Y + np.log1p(np.exp(-np.abs(s))), axis=1))

    def gradients(self, X, Y):
        s = self.logits(X)
        loss = self.bce_with_logits(s, Y)
        n = X.shape[0]
        ds = (self.expit(s) - Y) / n
        g = {}
        g['W_out'] = self.hid.T @ ds
        g['b_out'] = ds.sum(axis=0)
        dpre = ds @ self.W_out.T * self.expit(self.pre)
        g['W_in'] = X.T @ dpre
        g['b_in'] = dpre.sum(axis=0)
        return loss, g

    def fit(self, X, Y, eta=0.3, n_iter=200):
        self.losses_ = []
        for _ in range(n_iter):
            loss, g = self.gradients(X, Y)
            self.W_out -= eta * g['W_out']
            self.b_out -= eta * g['b_out']
            self.W_in -= eta * g['W_in']
            self.b_in -= eta * g['b_in']
            self.losses_.append(loss)
        return self

    def plot(self):
        plt.plot(self.losses_)
        plt.show()

    def predict(self, X):
        return (self.logits(X) > 0).astype(int)
