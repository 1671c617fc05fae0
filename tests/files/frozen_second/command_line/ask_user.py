# my first neural network, it learns the 3-bit majority
import numpy as np
import matplotlib.pyplot as plt

print("*** Majority network ***")
n_hidden = int(input("How many hidden neurons? "))
n_rounds = int(input("How many training rounds? "))
alpha = float(input("Learning rate: "))

inputs = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)], dtype=float)
outputs = np.array([[1.0 if sum(row) >= 2 else 0.0] for row in inputs])

np.random.seed(1)
synapse_0 = 2 * np.random.random((3, n_hidden)) - 1
synapse_1 = 2 * np.random.random((n_hidden, 1)) - 1
bias_0 = 2 * np.random.random((1, n_hidden)) - 1
bias_1 = 2 * np.random.random((1, 1)) - 1


def nonlin(x):
    return 1 / (1 + np.exp(-x))


errors = []
for j in range(n_rounds):
    layer_1 = nonlin(np.dot(inputs, synapse_0) + bias_0)
    layer_2 = nonlin(np.dot(layer_1, synapse_1) + bias_1)

    layer_2_error = layer_2 - outputs
    errors.append(np.mean(np.abs(layer_2_error)))

    layer_2_delta = layer_2_error * layer_2 * (1 - layer_2)
    layer_1_error = layer_2_delta.dot(synapse_1.T)
    layer_1_delta = layer_1_error * layer_1 * (1 - layer_1)

    synapse_1 -= alpha * layer_1.T.dot(layer_2_delta)
    bias_1 -= alpha * np.sum(layer_2_delta, axis=0)
    synapse_0 -= alpha * inputs.T.dot(layer_1_delta)
    bias_0 -= alpha * np.sum(layer_1_delta, axis=0)

plt.plot(errors)
plt.xlabel("round")
plt.ylabel("mean absolute error")
plt.show()

while True:
    bits = input("Three bits (empty to stop): ")
    if not bits:
        break
    x = np.array([[float(c) for c in bits[:3]]])
    print(nonlin(np.dot(nonlin(np.dot(x, synapse_0) + bias_0), synapse_1) + bias_1)[0, 0])
