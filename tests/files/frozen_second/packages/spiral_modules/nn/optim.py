import numpy as np


class RMSpropMomentum:
    """Scale by the running root mean square, then a heavy ball."""

    def __init__(self, lr=0.01, rho=0.9, mu=0.5, eps=1e-7):
        self.lr, self.rho, self.mu, self.eps = lr, rho, mu, eps
        self.square, self.speed = {}, {}

    def apply(self, trainable):
        for number, (name, layer) in enumerate(trainable):
            grad = getattr(layer, "d_" + name)
            s = self.square.get(number, np.zeros_like(grad))
            s = self.rho * s + (1 - self.rho) * grad * grad
            v = self.speed.get(number, np.zeros_like(grad))
            v = self.mu * v + self.lr * grad / np.sqrt(s + self.eps)
            self.square[number], self.speed[number] = s, v
            setattr(layer, name, getattr(layer, name) - v)
