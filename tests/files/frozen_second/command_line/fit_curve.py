#!/usr/bin/env python
"""usage: fit_curve.py [--hidden N] [--activation tanh|sigmoid|relu] [--lr LR] [--momentum M]"""
import argparse
import sys

import numpy as np

ACTIVATIONS = {
    "tanh": (np.tanh, lambda y: 1 - y ** 2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda y: y * (1 - y)),
    "relu": (lambda z: np.maximum(z, 0), lambda y: (y > 0) * 1.0),
}


def parse_args(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("--hidden", type=int, default=15)
    parser.add_argument("--activation", choices=sorted(ACTIVATIONS), default="tanh")
    parser.add_argument("--lr", type=float, default=0.02)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(argv)


class Model(object):
    def __init__(self, hidden, activation, seed):
        rs = np.random.RandomState(seed)
        self.f, self.fprime = ACTIVATIONS[activation]
        self.theta = [rs.randn(1, hidden), np.zeros(hidden), rs.randn(hidden, 1) / np.sqrt(hidden), np.zeros(1)]
        self.velocity = [np.zeros_like(t) for t in self.theta]

    def evaluate(self, x):
        w, b, v, c = self.theta
        self.h = self.f(x.dot(w) + b)
        return self.h.dot(v) + c

    def gradient(self, x, residual):
        """residual = prediction - target, one column"""
        w, b, v, c = self.theta
        n = float(len(x))
        back = residual.dot(v.T) * self.fprime(self.h)
        return [x.T.dot(back) / n, back.mean(axis=0), self.h.T.dot(residual) / n, residual.mean(axis=0)]

    def update(self, gradient, lr, momentum):
        for i, g in enumerate(gradient):
            self.velocity[i] = momentum * self.velocity[i] + lr * g
            self.theta[i] = self.theta[i] - self.velocity[i]


def run(args):
    x = np.linspace(-1, 1, 60).reshape(-1, 1)
    y = np.sin(4 * x) * np.exp(-x)
    model = Model(args.hidden, args.activation, args.seed)
    for i in range(args.iterations):
        residual = model.evaluate(x) - y
        if i % 100 == 0:
            print("%d\t%.6f" % (i, 0.5 * np.mean(residual ** 2)))
        model.update(model.gradient(x, residual), args.lr, args.momentum)
    return model


def main(argv=None):
    run(parse_args(argv))
    return 0


if __name__ == "__main__":
    sys.exit(main())
