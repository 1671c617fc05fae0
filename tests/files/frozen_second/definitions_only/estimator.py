"""A classifier in the manner of scikit-learn's, for two classes. Import it from your own script."""
import numpy as np


class TwoClassNet:
    """One hidden layer of sigmoid units, trained by minibatches.

    Parameters
    ----------
    units : hidden units
    penalty : weight of the sum of the squared weights (not of the biases)
    learning_rate, n_epochs, batch_size, shuffle, random_state : as usual
    """

    def __init__(self, units=20, penalty=0.0, learning_rate=0.05, n_epochs=100, batch_size=10, shuffle=True,
                 random_state=None):
        self.units = units
        self.penalty = penalty
        self.learning_rate = learning_rate
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.random_state = random_state

    def get_params(self, deep=True):
        return dict(vars(self))

    @staticmethod
    def _squash(v):
        return 1.0 / (1.0 + np.exp(-np.clip(v, -60, 60)))

    def _activations(self, X):
        hidden_in = np.dot(X, self.coef_hidden_) + self.intercept_hidden_
        hidden = self._squash(hidden_in)
        return hidden_in, hidden, self._squash(np.dot(hidden, self.coef_out_) + self.intercept_out_)

    def _objective(self, X, y):
        p = self._activations(X)[2]
        decay = np.sum(self.coef_hidden_ ** 2) + np.sum(self.coef_out_ ** 2)
        return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)) + self.penalty * decay

    def _start(self, n_features):
        rs = np.random.RandomState(self.random_state)
        self.coef_hidden_ = rs.normal(scale=0.1, size=(n_features, self.units))
        self.intercept_hidden_ = np.zeros(self.units)
        self.coef_out_ = rs.normal(scale=0.1, size=(self.units, 1))
        self.intercept_out_ = np.zeros(1)
        self.history_ = []
        return rs

    def _one_batch(self, X, y):
        hidden_in, hidden, p = self._activations(X)
        error = p - y
        slope = hidden * (1.0 - hidden)
        error_hidden = np.dot(error, self.coef_out_.T) * slope

        g_coef_hidden = np.dot(X.T, error_hidden)
        g_intercept_hidden = np.sum(error_hidden, axis=0)
        g_coef_out = np.dot(hidden.T, error)
        g_intercept_out = np.sum(error, axis=0)

        self.coef_hidden_ -= self.learning_rate * (g_coef_hidden + 2 * self.penalty * self.coef_hidden_)
        self.intercept_hidden_ -= self.learning_rate * g_intercept_hidden
        self.coef_out_ -= self.learning_rate * (g_coef_out + 2 * self.penalty * self.coef_out_)
        self.intercept_out_ -= self.learning_rate * g_intercept_out

    def fit(self, X, y):
        y = np.asarray(y, dtype=float).reshape(-1, 1)
        rs = self._start(X.shape[1])
        order = np.arange(len(X))
        for _ in range(self.n_epochs):
            if self.shuffle:
                rs.shuffle(order)
            for part in np.array_split(order, max(1, len(X) // self.batch_size)):
                self._one_batch(X[part], y[part])
            self.history_.append(self._objective(X, y))
        return self

    def predict_proba(self, X):
        p = self._activations(X)[2]
        return np.hstack([1 - p, p])

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)

    def score(self, X, y):
        return np.mean(self.predict(X) == y)
