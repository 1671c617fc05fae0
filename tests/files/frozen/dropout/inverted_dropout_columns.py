import numpy as np
import matplotlib.pyplot as plt


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward_propagation_with_dropout(X, parameters, keep_prob=0.5):
    W1, b1, W2, b2, W3, b3 = [parameters[k] for k in ("W1", "b1", "W2", "b2", "W3", "b3")]
    Z1 = np.dot(W1, X) + b1
    A1 = np.maximum(0, Z1)
    D1 = np.random.rand(A1.shape[0], A1.shape[1])
    D1 = (D1 < keep_prob).astype(int)
    A1 = A1 * D1
    A1 = A1 / keep_prob
    Z2 = np.dot(W2, A1) + b2
    A2 = np.maximum(0, Z2)
    D2 = np.random.rand(A2.shape[0], A2.shape[1])
    D2 = (D2 < keep_prob).astype(int)
    A2 = A2 * D2
    A2 = A2 / keep_prob
    Z3 = np.dot(W3, A2) + b3
    A3 = sigmoid(Z3)
    return A3, (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3)


def backward_propagation_with_dropout(X, Y, cache, keep_prob):
    m = X.shape[1]
    (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3) = cache
    dZ3 = A3 - Y
    dW3 = 1. / m * np.dot(dZ3, A2.T)
    db3 = 1. / m * np.sum(dZ3, axis=1, keepdims=True)
    dA2 = np.dot(W3.T, dZ3)
    dA2 = dA2 * D2
    dA2 = dA2 / keep_prob
    dZ2 = np.multiply(dA2, np.int64(Z2 > 0))
    dW2 = 1. / m * np.dot(dZ2, A1.T)
    db2 = 1. / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(W2.T, dZ2)
    dA1 = dA1 * D1
    dA1 = dA1 / keep_prob
    dZ1 = np.multiply(dA1, np.int64(Z1 > 0))
    dW1 = 1. / m * np.dot(dZ1, X.T)
    db1 = 1. / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2, "dW3": dW3, "db3": db3}


def compute_cost(A3, Y):
    logprobs = -np.log(A3) * Y - np.log(1 - A3) * (1 - Y)
    return np.nansum(logprobs) / Y.shape[1]


def model(X, Y, learning_rate=0.3, num_iterations=500, keep_prob=0.8):
    np.random.seed(1)
    dims = [X.shape[0], 9, 5, 1]
    parameters = {}
    for l in range(1, 4):
        parameters["W%d" % l] = np.random.randn(dims[l], dims[l - 1]) * np.sqrt(2 / dims[l - 1])
        parameters["b%d" % l] = np.zeros((dims[l], 1))
    costs = []
    for i in range(num_iterations):
        A3, cache = forward_propagation_with_dropout(X, parameters, keep_prob)
        cost = compute_cost(A3, Y)
        grads = backward_propagation_with_dropout(X, Y, cache, keep_prob)
        for l in range(1, 4):
            parameters["W%d" % l] = parameters["W%d" % l] - learning_rate * grads["dW%d" % l]
            parameters["b%d" % l] = parameters["b%d" % l] - learning_rate * grads["db%d" % l]
        if i % 100 == 0:
            costs.append(cost)
            print("Cost after iteration {}: {}".format(i, cost))
    plt.plot(costs)
    plt.show()
    return parameters


np.random.seed(3)
train_X = np.random.randn(2, 100)
train_Y = (train_X[0:1] * train_X[1:2] > 0).astype(int)
parameters = model(train_X, train_Y)
