"""The one definition of *learned*, which compare, sweep and diagnose share.

With the cost C0 of the best constant prediction and the least cost C1 of any function of the inputs (0 unless the same
inputs come with different targets), a network has learned at a cost of at most

    C1 + SHARE (C0 - C1)

so it must have removed all but a fortieth of what a constant prediction leaves; under a cross-entropy, which keeps
falling as 1 / t, all but a tenth. For the network of the forum question that is a cost of 0.01.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..models.costs import cost_named
from ..models.network import Array
from .baseline import constant_cost, cost_of_outputs, pure_error
from .symptoms import root_mean_square

SHARE_OF_SQUARED_ERROR = 0.025
SHARE_OF_CROSS_ENTROPY = 0.1


class Target(NamedTuple):
    """The costs between which a network learns."""

    cost: float  # at or under it, it has learned
    constant: float  # C0, of the best constant prediction
    floor: float  # C1, the least cost of any function of the inputs


def target_of(cost: str, x: Array, y: Array) -> Target:
    """The target of some data under a cost.

    Args:
        cost: from ``models.network.COST_NAMES``.
        x: (observations, inputs). y: (observations, outputs).

    Example:
        >>> from harness import load
        >>> post = load("post")
        >>> round(target_of(post.network.cost, post.x, post.y).cost, 6)
        0.01
    """
    constant, floor = constant_cost(cost, y), pure_error(cost, x, y)
    undecided = cost_named(cost).undecided
    share = SHARE_OF_SQUARED_ERROR if undecided is None else SHARE_OF_CROSS_ENTROPY
    if np.ptp(y, axis=0).max() > 0:
        return Target(cost=floor + share * max(constant - floor, 0.0), constant=constant, floor=floor)
    # One answer for every observation: near it by that share of its size, or of the distance from "undecided".
    away = (root_mean_square(y) or 1.0) if undecided is None else undecided(y.shape[1]) - y
    near = y + share * away
    return Target(cost=cost_of_outputs(cost, near, y), constant=constant, floor=floor)
