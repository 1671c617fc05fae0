"""Question: my MLP learns the sine badly near the borders. Minimal example below."""
import random
import numpy as np

class MLP:
    def __init__(self, layers):
        # layers e.g. [1, 10, 10, 1]
        self.W = [np.random.normal(0, 1/np.sqrt(a), (b, a)) for a, b in zip(layers, layers[1:])]
        self.B = [np.random.normal(0, .1, b) for b in layers[1:]]

    def forward(self, x):
        self.A = [x]
        for i, (w, b) in enumerate(zip(self.W, self.B)):
            z = w.dot(self.A[-1]) + b
            self.A.append(z if i == len(self.W) - 1 else np.tanh(z))
        return self.A[-1]

    def backward(self, t, eta):
        delta = t - self.A[-1]
        for i in range(len(self.W) - 1, -1, -1):
            dw = np.outer(delta, self.A[i])
            db = delta
            delta = self.W[i].T.dot(delta) * (1 - self.A[i]**2)
            self.W[i] += eta * dw
            self.B[i] += eta * db

np.random.seed(0)
random.seed(0)
xs = np.linspace(-3, 3, 61)
net = MLP([1, 10, 10, 1])
order = list(range(61))
for epoch in range(30):
    random.shuffle(order)
    for i in order:
        x = xs[i:i+1]
        net.forward(x)
        net.backward(np.sin(x), 0.02)

for x in (-3, -1.5, 0, 1.5, 3):
    print(x, np.sin(x), net.forward(np.array([x])))
