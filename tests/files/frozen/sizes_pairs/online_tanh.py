import numpy as np


class OnlineNetwork:
    """Learns from one observation at a time (stochastic gradient descent, batch size one).

    sizes   -- e.g. (4, 6, 2)
    weights -- weights[k] has the shape (sizes[k + 1], sizes[k])
    Observations are flat vectors, not columns.
    """

    def __init__(self, sizes, seed=4):
        gen = np.random.default_rng(seed)
        self.sizes = tuple(sizes)
        self.weights = []
        self.biases = []
        for n_in, n_out in zip(sizes, sizes[1:]):
            self.weights.append(gen.uniform(-0.7, 0.7, (n_out, n_in)))
            self.biases.append(np.zeros(n_out))

    def forward(self, x):
        outputs = [np.asarray(x, dtype=float)]
        for w, b in zip(self.weights, self.biases):
            outputs.append(np.tanh(w @ outputs[-1] + b))
        return outputs

    def learn(self, x, target, rate=0.1):
        """One update. Returns half the squared error before the update."""
        outputs = self.forward(x)
        error = outputs[-1] - target
        cost = 0.5 * np.sum(error ** 2)
        delta = error * (1 - outputs[-1] ** 2)
        for k in reversed(range(len(self.weights))):
            grad_w = np.outer(delta, outputs[k])
            grad_b = delta
            if k > 0:
                delta = (self.weights[k].T @ delta) * (1 - outputs[k] ** 2)
            self.weights[k] -= rate * grad_w
            self.biases[k] -= rate * grad_b
        return cost

    def train(self, pairs, epochs=10, rate=0.1):
        for epoch in range(epochs):
            total = 0.0
            for x, target in pairs:
                total += self.learn(x, target, rate)
            print("epoch %3d  error %.4f" % (epoch, total / len(pairs)))
