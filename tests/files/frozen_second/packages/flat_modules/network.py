import numpy as np
from functions import logistic, logistic_slope


class Network:
    def __init__(self, shape, seed=0):
        rs = np.random.RandomState(seed)
        self.matrices = [rs.randn(a, b) for a, b in zip(shape, shape[1:])]
        self.offsets = [rs.randn(b) for b in shape[1:]]

    def outputs(self, X):
        found = [X]
        for M, o in zip(self.matrices, self.offsets):
            found.append(logistic(found[-1] @ M + o))
        return found

    def slopes(self, X, Y):
        """Directions of descent for every matrix and offset."""
        found = self.outputs(X)
        depth = len(self.matrices)
        matrices, offsets = [None] * depth, [None] * depth
        signal = (Y - found[-1]) * logistic_slope(found[-1])
        for k in range(depth - 1, -1, -1):
            matrices[k] = found[k].T @ signal
            offsets[k] = signal.sum(axis=0)
            if k > 0:
                signal = signal @ self.matrices[k].T * logistic_slope(found[k])
        return matrices, offsets

    def move(self, matrices, offsets, rate):
        for k in range(len(self.matrices)):
            self.matrices[k] += rate * matrices[k]
            self.offsets[k] += rate * offsets[k]
