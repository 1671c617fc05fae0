import numpy as np
from tqdm import tqdm


class HingeNet:
    """Linear -> leaky ReLU -> linear, multiclass hinge loss."""

    def __init__(self, D, H, C, scale=0.3, slope=0.1):
        self.slope = slope
        self.params = {
            "W1": scale * np.random.randn(D, H),
            "b1": 0.1 * np.ones(H),
            "W2": scale * np.random.randn(H, C),
            "b2": np.zeros(C),
        }

    def forward(self, X):
        z = X @ self.params["W1"] + self.params["b1"]
        h = np.where(z > 0, z, self.slope * z)
        s = h @ self.params["W2"] + self.params["b2"]
        return s, (X, z, h)

    def loss(self, X, y):
        N = X.shape[0]
        s, (X, z, h) = self.forward(X)

        correct = s[np.arange(N), y][:, None]
        margins = np.maximum(0, s - correct + 1.0)
        margins[np.arange(N), y] = 0
        loss = margins.sum() / N

        ds = (margins > 0).astype(float)
        ds[np.arange(N), y] = -ds.sum(axis=1)
        ds = ds / N

        dW2 = h.T @ ds
        db2 = ds.sum(axis=0)
        dh = ds @ self.params["W2"].T
        dz = dh * np.where(z > 0, 1.0, self.slope)
        dW1 = X.T @ dz
        db1 = dz.sum(axis=0)
        return loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}

    def step(self, grads, lr):
        for k in self.params:
            self.params[k] -= lr * grads[k]


def load_toy(n=90):
    np.random.seed(7)
    X = np.random.randn(n, 4)
    y = np.argmax(X[:, :3] + 0.2 * np.random.randn(n, 3), axis=1)
    return X, y


X_train, y_train = load_toy()
model = HingeNet(4, 8, 3)
for epoch in tqdm(range(200)):
    l, g = model.loss(X_train, y_train)
    model.step(g, lr=0.1)
print("final loss:", l)
scores, _ = model.forward(X_train)
print("train accuracy:", np.mean(scores.argmax(axis=1) == y_train))
