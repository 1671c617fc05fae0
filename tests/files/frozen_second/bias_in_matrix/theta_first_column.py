import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def add_bias_unit(A):
    """Put x_0 = 1 in front of every example (row)."""
    return np.insert(A, 0, 1, axis=1)


def random_theta(l_in, l_out, epsilon_init=0.4):
    return np.random.rand(l_out, l_in + 1) * 2 * epsilon_init - epsilon_init


def predict_proba(thetas, X):
    A = X
    for theta in thetas:
        A = sigmoid(add_bias_unit(A).dot(theta.T))
    return A


def compute_cost(thetas, X, Y, lambda_):
    m = X.shape[0]
    H = predict_proba(thetas, X)
    J = -np.sum(Y * np.log(H) + (1 - Y) * np.log(1 - H)) / m
    # theta_0 is not regularised
    J += lambda_ / (2 * m) * sum(np.sum(theta[:, 1:] ** 2) for theta in thetas)
    return J


def compute_gradients(thetas, X, Y, lambda_):
    m = X.shape[0]
    layers = [add_bias_unit(X)]
    for theta in thetas[:-1]:
        layers.append(add_bias_unit(sigmoid(layers[-1].dot(theta.T))))
    output = sigmoid(layers[-1].dot(thetas[-1].T))

    delta = output - Y
    gradients = []
    for theta, A in zip(reversed(thetas), reversed(layers)):
        grad = delta.T.dot(A) / m
        grad[:, 1:] += lambda_ / m * theta[:, 1:]
        gradients.insert(0, grad)
        delta = (delta.dot(theta) * A * (1 - A))[:, 1:]
    return gradients


def train(X, Y, hidden=(6,), alpha=1.0, lambda_=0.1, iterations=500):
    np.random.seed(0)
    sizes = [X.shape[1], *hidden, Y.shape[1]]
    thetas = [random_theta(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
    costs = []
    for _ in range(iterations):
        gradients = compute_gradients(thetas, X, Y, lambda_)
        for k in range(len(thetas)):
            thetas[k] -= alpha * gradients[k]
        costs.append(compute_cost(thetas, X, Y, lambda_))
    return thetas, costs


if __name__ == '__main__':
    np.random.seed(4)
    X = np.random.randn(60, 3)
    Y = np.c_[X[:, 0] + X[:, 1] > 0, X[:, 2] > 0.3, X[:, 0] * X[:, 2] > 0].astype(float)
    thetas, costs = train(X, Y, hidden=(6, 5))
    print('cost went from', costs[0], 'to', costs[-1])
