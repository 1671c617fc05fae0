"""Clones: the units of one layer that cannot be told apart, found from the weights alone.

Two units of a layer are clones when their incoming weights (bias included) are equal and their outgoing weights are
equal. They then have the same activation and the same gradient, so plain gradient descent keeps them equal for ever:
a layer computes no more than its effective width, the number of units that are distinct.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..models.network import Array, Weights


def fingerprints(weights: Weights, layer: int) -> Array:
    """(incoming + outgoing, units): each column is all that distinguishes one unit of ``layer`` (1..L).

    The output layer has no outgoing weights.
    """
    incoming = weights[layer - 1]
    return incoming if layer == len(weights) else np.concatenate([incoming, weights[layer][1:].T])


@np.errstate(invalid="ignore")  # infinity less infinity, of a network that diverged: that is no clone
def clone_groups(weights: Weights, layer: int, tolerance: float | None = None) -> list[list[int]]:
    """The units of ``layer`` (1..L) in groups of clones, a group of one for a unit that has none.

    Args:
        weights: of all layers, each (inputs + 1, units).
        layer: 1..L.
        tolerance: how far apart, relative to the layer's largest weight, two weights may lie and count as equal. By
            default the square root of the dtype's epsilon: equal in half of the digits. 0 asks for exact equality.
    """
    columns = fingerprints(weights, layer)
    if tolerance is None:
        tolerance = float(np.sqrt(np.finfo(columns.dtype).eps))
    allowed = tolerance * np.max(np.abs(columns), where=np.isfinite(columns), initial=0.0)
    groups: list[list[int]] = []
    left = np.arange(columns.shape[1])
    while left.size:
        alike = np.max(np.abs(columns[:, left] - columns[:, left[:1]]), axis=0) <= allowed
        alike[0] = True  # a unit is its own clone, even where a weight is NaN
        groups.append(left[alike].tolist())
        left = left[~alike]
    return groups


def effective_width(weights: Weights, layer: int, tolerance: float | None = None) -> int:
    """The number of distinct units of ``layer`` (1..L); arguments as for ``clone_groups``."""
    return len(clone_groups(weights, layer, tolerance))


@np.errstate(invalid="ignore")
def members_with_clones(weights: Sequence[Array], tolerance: float | None = None) -> NDArray[np.bool_]:
    """Which networks of an ensemble have clones in a hidden layer, (members,).

    Args:
        weights: of each layer (inputs + 1, units, members).
        tolerance: as for ``clone_groups``.
    """
    if tolerance is None:
        tolerance = float(np.sqrt(np.finfo(weights[0].dtype).eps))
    found = np.zeros(weights[0].shape[-1], bool)
    for layer in hidden_layers(weights):
        outgoing = np.swapaxes(weights[layer][1:], 0, 1)
        columns = np.concatenate([weights[layer - 1], outgoing])  # (incoming + outgoing, units, members)
        allowed = tolerance * np.max(np.abs(columns), axis=(0, 1), where=np.isfinite(columns), initial=0.0)
        for unit in range(1, columns.shape[1]):
            apart = np.max(np.abs(columns[:, unit:] - columns[:, unit - 1 : unit]), axis=0)
            found |= np.any(apart <= allowed, axis=0)
    return found


@np.errstate(invalid="ignore")
def clone_spread(weights: Weights, layer: int) -> float:
    """The largest difference between two units of ``layer`` (1..L) in any one weight; 0 when all are exact clones."""
    return float(np.max(np.ptp(fingerprints(weights, layer), axis=1)))


def hidden_layers(weights: Sequence[Array]) -> range:
    """1..L-1: the layers in which clones cost something; those of the output answer to their targets."""
    return range(1, len(weights))
