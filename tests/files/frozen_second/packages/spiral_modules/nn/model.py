import numpy as np


class Model:
    def __init__(self, layers):
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def cross_entropy(self, probs, onehot):
        return -np.sum(onehot * np.log(probs + 1e-12)) / len(probs)

    def backward(self, probs, onehot):
        grad = -onehot / (probs + 1e-12) / len(probs)
        for layer in reversed(self.layers):
            grad = layer.backward(grad)

    def trainable(self):
        return [pair for layer in self.layers for pair in layer.trainable]
