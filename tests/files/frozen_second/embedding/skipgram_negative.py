"""word2vec, skip-gram with negative sampling. One pair (word, neighbour) and k random words per step."""
import numpy as np


def sigma(x):
    return 1.0 / (1.0 + np.exp(-x))


class SkipGram:
    def __init__(self, text, dim=8, window=2, negatives=3, lr=0.1, seed=0):
        self.rng = np.random.default_rng(seed)
        self.words = text.lower().split()
        self.vocab = {w: i for i, w in enumerate(dict.fromkeys(self.words))}
        self.window, self.k, self.lr = window, negatives, lr
        self.inner = self.rng.uniform(-0.5, 0.5, (len(self.vocab), dim))
        self.outer = self.rng.uniform(-0.5, 0.5, (len(self.vocab), dim))

    def pairs(self):
        ids = [self.vocab[w] for w in self.words]
        for i, center in enumerate(ids):
            for j in range(max(0, i - self.window), min(len(ids), i + self.window + 1)):
                if j != i:
                    yield center, ids[j]

    def sample(self, but):
        drawn = []
        while len(drawn) < self.k:
            n = int(self.rng.integers(len(self.vocab)))
            if n != but and n not in drawn:
                drawn.append(n)
        return drawn

    def step(self, center, context, noise):
        v = self.inner[center]
        rows = [context] + list(noise)
        label = np.zeros(len(rows))
        label[0] = 1
        U = self.outer[rows]
        p = sigma(U @ v)
        loss = -np.log(p[0]) - np.sum(np.log(1 - p[1:]))
        err = p - label
        grad_U = np.outer(err, v)
        grad_v = U.T @ err
        self.outer[rows] -= self.lr * grad_U
        self.inner[center] -= self.lr * grad_v
        return loss

    def train(self, epochs):
        for e in range(epochs):
            total = n = 0
            for center, context in self.pairs():
                total += self.step(center, context, self.sample(context))
                n += 1
            print(f"epoch {e}: {total / n:.4f}")


if __name__ == "__main__":
    verse = "the sun and the moon and the stars shine and the stars and the moon shine at night while the sun shines by day"
    SkipGram(verse).train(8)
