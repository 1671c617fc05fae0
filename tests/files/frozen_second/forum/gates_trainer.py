# "Neural net keeps giving the same answer for every input" - full code
import numpy as np
from random import choice

class Connection_Matrix:
    """weights between two columns of neurons"""
    def __init__(self, left, right):
        self.m = np.random.uniform(-1.0, 1.0, (left, right))
        self.t = np.zeros(right)

class Brain:
    def __init__(self, eyes, thoughts, answers):
        self.first = Connection_Matrix(eyes, thoughts)
        self.second = Connection_Matrix(thoughts, answers)

    def think(self, seen):
        self.seen = seen
        self.inner = np.tanh(np.dot(seen, self.first.m) + self.first.t)
        self.said = np.tanh(np.dot(self.inner, self.second.m) + self.second.t)
        return self.said

    def correct(self, truth, speed):
        blame2 = (truth - self.said) * (1 - self.said**2)
        blame1 = np.dot(blame2, self.second.m.T) * (1 - self.inner**2)
        self.second.m += speed * np.dot(self.inner.T, blame2)
        self.second.t += speed * blame2.sum(axis=0)
        self.first.m += speed * np.dot(self.seen.T, blame1)
        self.first.t += speed * blame1.sum(axis=0)

def gates():
    rows = [(a, b) for a in (-1.0, 1.0) for b in (-1.0, 1.0)]
    both = [[1.0 if a > 0 and b > 0 else -1.0] for a, b in rows]
    odd = [[1.0 if a * b < 0 else -1.0] for a, b in rows]
    return np.array(rows), {'AND': np.array(both) * 0.9, 'XOR': np.array(odd) * 0.9}

np.random.seed(5)
rows, wanted = gates()
for name in wanted:
    brain = Brain(2, 4, 1)
    for i in range(300):
        brain.think(rows)
        brain.correct(wanted[name], 0.1)
    print(name)
    for r, s in zip(rows, brain.think(rows)):
        print('   ', r, '->', s)
