"""Softmax classifier with one hidden layer, lists only (exercise: no libraries allowed)."""
from math import exp, log, tanh
from random import Random

rnd = Random(7)


def matrix(rows, cols, scale):
    return [[rnd.gauss(0, scale) for _ in range(cols)] for _ in range(rows)]


def matvec(M, v):
    return [sum(m * x for m, x in zip(row, v)) for row in M]


def transpose(M):
    return [list(col) for col in zip(*M)]


def outer(u, v):
    return [[a * b for b in v] for a in u]


def softmax(z):
    top = max(z)
    e = [exp(v - top) for v in z]
    s = sum(e)
    return [v / s for v in e]


def add(u, v):
    return [a + b for a, b in zip(u, v)]


H, D, C = 5, 2, 3
W1, b1 = matrix(H, D, 0.7), [0.0] * H
W2, b2 = matrix(C, H, 0.7), [0.0] * C


def forward(x):
    h = [tanh(v) for v in add(matvec(W1, x), b1)]
    return h, softmax(add(matvec(W2, h), b2))


def gradients(x, label):
    h, p = forward(x)
    dz2 = [pi - (1.0 if k == label else 0.0) for k, pi in enumerate(p)]
    dh = matvec(transpose(W2), dz2)
    dz1 = [d * (1 - v * v) for d, v in zip(dh, h)]
    return outer(dz1, x), dz1, outer(dz2, h), dz2


def descend(M, G, lr):
    for row, grow in zip(M, G):
        for j in range(len(row)):
            row[j] -= lr * grow[j]


def train(points, labels, lr=0.1, epochs=50):
    for epoch in range(epochs):
        loss = 0.0
        for x, label in zip(points, labels):
            loss -= log(forward(x)[1][label])
            gW1, gb1, gW2, gb2 = gradients(x, label)
            descend(W1, gW1, lr)
            descend([b1], [gb1], lr)
            descend(W2, gW2, lr)
            descend([b2], [gb2], lr)
        if epoch % 10 == 0:
            print(epoch, loss / len(points))


centers = [(0.0, 1.5), (1.5, -1.0), (-1.5, -1.0)]
labels = [k % 3 for k in range(45)]
points = [[c + rnd.gauss(0, 0.6) for c in centers[k]] for k in labels]
train(points, labels)
