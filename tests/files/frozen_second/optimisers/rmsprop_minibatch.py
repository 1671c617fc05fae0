import numpy as np


def batches(X, y, size, rng):
    """yields shuffled mini batches"""
    idx = rng.permutation(X.shape[0])
    for s in range(0, len(idx), size):
        yield X[idx[s:s + size]], y[idx[s:s + size]]


class MLP:
    def __init__(self, n_features, n_hidden, n_classes, seed=0):
        rng = np.random.default_rng(seed)
        self.params = dict(
            W1=rng.normal(0, np.sqrt(2 / n_features), (n_features, n_hidden)),
            b1=np.zeros(n_hidden),
            W2=rng.normal(0, np.sqrt(2 / n_hidden), (n_hidden, n_classes)),
            b2=np.zeros(n_classes),
        )
        self.cache = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.rng = rng

    def loss(self, X, y=None):
        W1, b1, W2, b2 = self.params['W1'], self.params['b1'], self.params['W2'], self.params['b2']
        pre = X.dot(W1) + b1
        hid = np.where(pre > 0, pre, 0.1 * pre)
        scores = hid.dot(W2) + b2
        if y is None:
            return scores
        scores = scores - np.max(scores, axis=1, keepdims=True)
        probs = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
        n = X.shape[0]
        loss = -np.sum(np.log(probs[range(n), y])) / n

        dscores = probs
        dscores[range(n), y] -= 1
        dscores /= n
        grads = {'W2': hid.T.dot(dscores), 'b2': np.sum(dscores, axis=0)}
        dhid = dscores.dot(W2.T)
        dpre = dhid * np.where(pre > 0, 1, 0.1)
        grads['W1'] = X.T.dot(dpre)
        grads['b1'] = np.sum(dpre, axis=0)
        return loss, grads

    def rmsprop(self, grads, lr=0.01, rho=0.9, eps=1e-8):
        for k in self.params:
            self.cache[k] = rho * self.cache[k] + (1 - rho) * grads[k] ** 2
            self.params[k] -= lr * grads[k] / (np.sqrt(self.cache[k]) + eps)

    def fit(self, X, y, X_val, y_val, epochs=50, batch_size=20, patience=5, lr=0.01):
        best, wait, best_params = np.inf, 0, None
        for epoch in range(epochs):
            for xb, yb in batches(X, y, batch_size, self.rng):
                _, grads = self.loss(xb, yb)
                self.rmsprop(grads, lr)
            val_loss, _ = self.loss(X_val, y_val)
            if val_loss < best:
                best, wait = val_loss, 0
                best_params = {k: v.copy() for k, v in self.params.items()}
            else:
                wait += 1
                if wait >= patience:
                    print('early stopping at epoch', epoch)
                    break
        self.params = best_params
        return best

    def accuracy(self, X, y):
        return np.mean(np.argmax(self.loss(X), axis=1) == y)


if __name__ == '__main__':
    rng = np.random.default_rng(1)
    y = rng.integers(0, 4, 200)
    X = np.array([[1, 1, 0], [-1, 1, 1], [0, -1, 1], [1, 0, -1]])[y] + 0.4 * rng.normal(size=(200, 3))
    net = MLP(3, 16, 4)
    net.fit(X[:150], y[:150], X[150:], y[150:])
    print('validation accuracy', net.accuracy(X[150:], y[150:]))
