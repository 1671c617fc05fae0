"""What needs no network: the cost of the best constant prediction, and of the best function of the inputs.

A network whose cost is that of the best constant prediction takes no notice of its inputs.
"""

from __future__ import annotations

import numpy as np

from ..models.costs import COSTS, cost_named
from ..models.network import Array

CLASSIFYING = tuple(name for name, cost in COSTS.items() if cost.is_classifying)
NEAR_CONSTANT = 0.01  # a cost this near to the constant prediction's, relatively, is said to be on its plateau


def cost_of_outputs(cost: str, a: Array, y: Array) -> float:
    """The cost of that name of outputs a (observations, outputs), in float64."""
    return cost_named(cost).of_outputs(np.asarray(a, np.float64), np.asarray(y, np.float64))


def constant_cost(cost: str, y: Array) -> float:
    """The least cost of a prediction that is the same for every observation: for each of the costs, the mean of y."""
    return cost_of_outputs(cost, np.broadcast_to(np.mean(y, axis=0), y.shape), y)


def pure_error(cost: str, x: Array, y: Array) -> float:
    """The least cost of any function of x: observations with the same x get the mean of their targets.

    The "pure error" of a lack-of-fit test (Draper and Smith, Applied Regression Analysis). It is the entropy of y under
    a cross-entropy, and 0 under squared errors if no x comes twice.
    """
    _, group = np.unique(x, axis=0, return_inverse=True)
    group = group.reshape(-1)
    sums = np.zeros((group.max() + 1, y.shape[1]))
    np.add.at(sums, group, y)
    return cost_of_outputs(cost, (sums / np.bincount(group)[:, None])[group], y)
