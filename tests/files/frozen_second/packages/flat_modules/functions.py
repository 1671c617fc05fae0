import numpy as np


def logistic(x):
    return 1 / (1 + np.exp(-x))


def logistic_slope(y):
    """Slope of the logistic function whose value is y."""
    return y * (1 - y)
