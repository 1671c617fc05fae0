import numpy as np

DTYPE = np.float32


class Float32Net:
    """784-ish inputs are big, so everything is float32."""

    def __init__(self, n_x, n_h, n_y, seed=0):
        rng = np.random.default_rng(seed)
        self.W1 = (rng.standard_normal((n_x, n_h)) * np.sqrt(2.0 / n_x)).astype(DTYPE)
        self.b1 = np.zeros(n_h, dtype=DTYPE)
        self.W2 = (rng.standard_normal((n_h, n_y)) * np.sqrt(2.0 / n_h)).astype(DTYPE)
        self.b2 = np.zeros(n_y, dtype=DTYPE)

    def forward(self, X):
        Z1 = X @ self.W1 + self.b1
        A1 = np.maximum(Z1, 0)
        Z2 = A1 @ self.W2 + self.b2
        Z2 = Z2 - Z2.max(axis=1, keepdims=True)
        E = np.exp(Z2)
        P = E / E.sum(axis=1, keepdims=True)
        return P, (X, Z1, A1)

    def backward(self, P, Y, cache):
        X, Z1, A1 = cache
        n = DTYPE(len(X))
        dZ2 = (P - Y) / n
        dW2 = A1.T @ dZ2
        db2 = dZ2.sum(axis=0)
        dA1 = dZ2 @ self.W2.T
        dZ1 = dA1 * (Z1 > 0)
        dW1 = X.T @ dZ1
        db1 = dZ1.sum(axis=0)
        return dW1, db1, dW2, db2

    def fit(self, X, Y, lr=0.1, epochs=10, batch_size=32):
        X = np.asarray(X, dtype=DTYPE)
        Y = np.asarray(Y, dtype=DTYPE)
        for epoch in range(epochs):
            for s in range(0, len(X), batch_size):
                xb, yb = X[s:s + batch_size], Y[s:s + batch_size]
                P, cache = self.forward(xb)
                dW1, db1, dW2, db2 = self.backward(P, yb, cache)
                self.W1 -= DTYPE(lr) * dW1
                self.b1 -= DTYPE(lr) * db1
                self.W2 -= DTYPE(lr) * dW2
                self.b2 -= DTYPE(lr) * db2
            P, _ = self.forward(X)
            loss = -np.mean(np.sum(Y * np.log(P + 1e-7), axis=1))
            print(f"epoch {epoch + 1}: {loss:.4f}")
