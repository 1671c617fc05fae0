"""What needs no network: the cost of the best constant prediction, and of the best function of the inputs.

A network whose cost is that of the best constant prediction takes no notice of its inputs.
"""

from __future__ import annotations

import numpy as np

from ..models.network import Array

CLASSIFYING = ("binary_crossentropy", "categorical_crossentropy")
NEAR_CONSTANT = 0.01  # a cost this near to the constant prediction's, relatively, is said to be on its plateau


def cost_of_outputs(cost: str, a: Array, y: Array) -> float:
    """The cost of that name of outputs a (observations, outputs), in float64: what ``models.costs`` computes from z."""
    a, y = np.asarray(a, np.float64), np.asarray(y, np.float64)
    if cost in CLASSIFYING:
        tiny = np.finfo(np.float64).tiny
        log_a, log_not_a = np.log(np.maximum(a, tiny)), np.log(np.maximum(1 - a, tiny))
        if cost == "binary_crossentropy":
            return float(np.mean(-y * log_a - (1 - y) * log_not_a)) + 0.0
        return float(np.mean(np.sum(-y * log_a, axis=1))) + 0.0  # no -0
    squares = (a - y) ** 2
    return float(np.sum(squares) if cost == "sum_of_squared_errors" else np.mean(squares))


def constant_cost(cost: str, y: Array) -> float:
    """The least cost of a prediction that is the same for every observation: for each of the costs, the mean of y."""
    return cost_of_outputs(cost, np.broadcast_to(np.mean(y, axis=0), y.shape), y)


def pure_error(cost: str, x: Array, y: Array) -> float:
    """The least cost of any function of x: observations with the same x get the mean of their targets.

    The "pure error" of a lack-of-fit test (Draper and Smith, Applied Regression Analysis). It is the entropy of y under
    a cross-entropy, and 0 under squared errors where no x comes twice.
    """
    _, group = np.unique(x, axis=0, return_inverse=True)
    group = group.reshape(-1)
    sums = np.zeros((group.max() + 1, y.shape[1]))
    np.add.at(sums, group, y)
    return cost_of_outputs(cost, (sums / np.bincount(group)[:, None])[group], y)
