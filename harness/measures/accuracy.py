"""Accuracy: the share of observations whose class a network gets right, if it is trained on classes.

Classes are targets of 0 and 1 under a cross-entropy. If one of several outputs is to be 1, the largest is the answer.
Otherwise every output is an answer, and is to be on the right side of 1/2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..models.activations import ACTIVATIONS
from ..models.batches import pieces
from ..models.costs import cost_named
from ..models.network import Array, Network

NUMBERS_AT_ONCE = 4_000_000  # of one layer


def counts_classes(cost: str, y: Array) -> bool:
    """Whether accuracy has a meaning: y (observations, outputs) are classes, and the cost is one of classification."""
    return cost_named(cost).is_classifying and bool(np.all((y == 0) | (y == 1)))


def right_answers(outputs: Array, y: Array) -> Array:
    """(observations,) whether the class is right; outputs that are not numbers are not.

    Args:
        outputs: (observations, outputs).
        y: (observations, outputs) of 0 and 1.
    """
    one_of_many = y.shape[1] > 1 and bool(np.all(np.sum(y, axis=1) == 1))
    if one_of_many:
        right = np.argmax(outputs, axis=1) == np.argmax(y, axis=1)
    else:
        right = np.all((outputs > 0.5) == (y == 1), axis=1)
    answers: Array = right & np.all(np.isfinite(outputs), axis=1)
    return answers


def outputs_of(network: Network, weights: Sequence[Array], x: Array) -> Array:
    """(observations, outputs) of weights, each (inputs + 1, units)."""
    a = x
    for w, name in zip(weights, network.activations):
        function = ACTIVATIONS[name].function
        assert function is not None  # one that can be trained
        a = function(w[0] + a @ w[1:])
    return a


def accuracy(network: Network, weights: Sequence[Array], x: Array, y: Array) -> float | None:
    """The share of right answers; None if there are no classes.

    Args:
        network: what the weights are of.
        weights: each (inputs + 1, units).
        x: (observations, inputs).
        y: (observations, outputs).
    """
    if not counts_classes(network.cost, y):
        return None
    at_once = max(1, NUMBERS_AT_ONCE // max(network.sizes))
    with np.errstate(over="ignore", invalid="ignore"):
        right = sum(
            int(np.sum(right_answers(outputs_of(network, weights, x[piece]), y[piece])))
            for piece in pieces(len(x), at_once)
        )
    return right / len(x)


def accuracy_of_members(network: Network, weights: Sequence[Array], x: Array, y: Array) -> Array:
    """(members,) the share of right answers of each; NaN if there are no classes.

    Args:
        network: what the weights are of.
        weights: each (inputs + 1, units, members).
        x: (observations, inputs).
        y: (observations, outputs).
    """
    members = weights[0].shape[2]
    if not counts_classes(network.cost, y):
        return np.full(members, np.nan)
    return np.array(
        [accuracy(network, [w[:, :, member] for w in weights], x, y) for member in range(members)], np.float64
    )
