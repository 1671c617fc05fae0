"""Helpers for exercise 4: two layer network with multiclass SVM (squared hinge) on top.

    params = init_params(n, h, c)
    cost, grads = svm_cost(params, X, y, C=1.0)
    params = sgd_update(params, grads, alpha)
"""
import numpy as np


def init_params(n_features, n_hidden, n_classes, seed=0):
    rng = np.random.RandomState(seed)
    return {
        'Wh': rng.randn(n_hidden, n_features) / np.sqrt(n_features),
        'bh': np.zeros((n_hidden, 1)),
        'Ws': rng.randn(n_classes, n_hidden) / np.sqrt(n_hidden),
        'bs': np.zeros((n_classes, 1)),
    }


def scores(params, X):
    """X: examples in columns. Returns the scores (classes x m) and the hidden layer."""
    Zh = np.dot(params['Wh'], X) + params['bh']
    Ah = np.tanh(Zh)
    return np.dot(params['Ws'], Ah) + params['bs'], Ah


def svm_cost(params, X, y, C=1.0):
    m = X.shape[1]
    S, Ah = scores(params, X)
    T = -np.ones_like(S)
    T[y, np.arange(m)] = 1
    margins = np.maximum(0, 1 - T * S)
    cost = C * np.sum(margins ** 2) / m + 0.5 * np.sum(params['Ws'] ** 2) / m

    dS = -2 * C * T * margins / m
    grads = {}
    grads['Ws'] = np.dot(dS, Ah.T) + params['Ws'] / m
    grads['bs'] = np.sum(dS, axis=1, keepdims=True)
    dZh = np.dot(params['Ws'].T, dS) * (1 - Ah ** 2)
    grads['Wh'] = np.dot(dZh, X.T)
    grads['bh'] = np.sum(dZh, axis=1, keepdims=True)
    return cost, grads


def sgd_update(params, grads, alpha):
    return {name: params[name] - alpha * grads[name] for name in params}


def predict(params, X):
    return np.argmax(scores(params, X)[0], axis=0)
