import math
import random


def zeros(r, c):
    return [[0.0] * c for _ in range(r)]


def matmul(A, B):
    out = zeros(len(A), len(B[0]))
    for i in range(len(A)):
        for j in range(len(B[0])):
            out[i][j] = sum(A[i][k] * B[k][j] for k in range(len(B)))
    return out


def transpose(A):
    return [list(row) for row in zip(*A)]


def elementwise(f, *matrices):
    return [[f(*values) for values in zip(*rows)] for rows in zip(*matrices)]


class ListNetwork:
    def __init__(self, n_in, n_hidden, n_out, seed=0):
        r = random.Random(seed)
        self.W1 = [[r.uniform(-1, 1) for _ in range(n_hidden)] for _ in range(n_in)]
        self.W2 = [[r.uniform(-1, 1) for _ in range(n_out)] for _ in range(n_hidden)]

    def forward(self, X):
        self.X = X
        self.H = elementwise(math.tanh, matmul(X, self.W1))
        self.O = elementwise(math.tanh, matmul(self.H, self.W2))
        return self.O

    def cost(self, T):
        return 0.5 * sum((o - t) ** 2 for ro, rt in zip(self.O, T) for o, t in zip(ro, rt))

    def backward(self, T, rate):
        D2 = elementwise(lambda o, t: (o - t) * (1 - o * o), self.O, T)
        G2 = matmul(transpose(self.H), D2)
        E1 = matmul(D2, transpose(self.W2))
        D1 = elementwise(lambda e, h: e * (1 - h * h), E1, self.H)
        G1 = matmul(transpose(self.X), D1)
        self.W2 = elementwise(lambda w, g: w - rate * g, self.W2, G2)
        self.W1 = elementwise(lambda w, g: w - rate * g, self.W1, G1)

    def train(self, X, T, rate=0.1, rounds=100):
        for n in range(rounds):
            self.forward(X)
            if n % 20 == 0:
                print(n, self.cost(T))
            self.backward(T, rate)
