import math
import random


class Neuron:
    def __init__(self, n_inputs):
        self.weights = [random.uniform(-1, 1) for _ in range(n_inputs)]
        self.bias = random.uniform(-1, 1)
        self.inputs = []
        self.output = 0.0
        self.delta = 0.0

    def activate(self, inputs):
        self.inputs = inputs
        total = sum(w * x for w, x in zip(self.weights, inputs)) + self.bias
        self.output = 1.0 / (1.0 + math.exp(-total))
        return self.output

    def learn(self, rate):
        for i, x in enumerate(self.inputs):
            self.weights[i] -= rate * self.delta * x
        self.bias -= rate * self.delta


class Network:
    def __init__(self, sizes):
        self.layers = [[Neuron(n) for _ in range(m)] for n, m in zip(sizes, sizes[1:])]

    def forward(self, row):
        for layer in self.layers:
            row = [neuron.activate(row) for neuron in layer]
        return row

    def backward(self, targets):
        for neuron, target in zip(self.layers[-1], targets):
            neuron.delta = (neuron.output - target) * neuron.output * (1 - neuron.output)
        for l in range(len(self.layers) - 2, -1, -1):
            for i, neuron in enumerate(self.layers[l]):
                error = sum(after.weights[i] * after.delta for after in self.layers[l + 1])
                neuron.delta = error * neuron.output * (1 - neuron.output)

    def train(self, rows, targets, rate=0.5, epochs=500):
        for epoch in range(epochs):
            sse = 0.0
            for row, target in zip(rows, targets):
                out = self.forward(row)
                sse += 0.5 * sum((t - o) ** 2 for t, o in zip(target, out))
                self.backward(target)
                for layer in self.layers:
                    for neuron in layer:
                        neuron.learn(rate)
            if epoch % 100 == 0:
                print("epoch", epoch, "error", round(sse, 4))


random.seed(2)
rows = [[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)]
targets = [[a ^ b, b & c] for a, b, c in rows]
net = Network([3, 5, 2])
net.train(rows, targets)
