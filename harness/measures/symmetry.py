"""Clones: the units of one layer that cannot be distinguished, detected from the weights alone.

Two units of a layer are clones when their incoming weights (bias included) are equal and their outgoing weights are
equal. They have the same activation and the same gradient, so gradient descent keeps them equal for ever. A layer with
clones computes no more than its effective width allows, the number of distinct units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..models.network import Array, Weights


def default_tolerance(weights: Array) -> float:
    """The largest relative difference of equal weights: they are equal in half of the digits of their dtype."""
    return float(np.sqrt(np.finfo(weights.dtype).eps))


def fingerprints(weights: Weights, layer: int) -> Array:
    """All weights that distinguish the units of ``layer`` (1..L), (incoming + outgoing, units): one column per unit.

    The output layer has no outgoing weights.
    """
    incoming = weights[layer - 1]
    return incoming if layer == len(weights) else np.concatenate([incoming, weights[layer][1:].T])


@np.errstate(invalid="ignore")  # infinity minus infinity in a network that diverged: not a clone
def clone_groups(weights: Weights, layer: int, tolerance: float | None = None) -> list[list[int]]:
    """The units of ``layer`` (1..L) in groups of clones; a unit without clones is a group of one.

    Args:
        weights: weights of all layers, each (inputs + 1, units).
        layer: 1..L.
        tolerance: largest difference between two weights that count as equal, relative to the layer's largest weight.
            The default is the square root of the dtype's epsilon (equal in half of the digits); 0 means exact equality.
    """
    columns = fingerprints(weights, layer)
    tolerance = default_tolerance(columns) if tolerance is None else tolerance
    allowed = tolerance * np.max(np.abs(columns), where=np.isfinite(columns), initial=0.0)
    groups: list[list[int]] = []
    remaining = np.arange(columns.shape[1])
    while remaining.size:
        alike = np.max(np.abs(columns[:, remaining] - columns[:, remaining[:1]]), axis=0) <= allowed
        alike[0] = True  # a unit is its own clone, even if a weight is NaN
        groups.append(remaining[alike].tolist())
        remaining = remaining[~alike]
    return groups


def effective_width(weights: Weights, layer: int) -> int:
    """The number of distinct units of ``layer`` (1..L); arguments as for ``clone_groups``."""
    return len(clone_groups(weights, layer))


@np.errstate(invalid="ignore")
def members_with_clones(weights: Sequence[Array]) -> NDArray[np.bool_]:
    """Which networks of an ensemble have clones in a hidden layer, (members,).

    Args:
        weights: weights of each layer, (inputs + 1, units, members).
    """
    tolerance = default_tolerance(weights[0])
    has_clones = np.zeros(weights[0].shape[-1], bool)
    for layer in hidden_layers(weights):
        outgoing = np.swapaxes(weights[layer][1:], 0, 1)
        columns = np.concatenate([weights[layer - 1], outgoing])  # (incoming + outgoing, units, members)
        allowed = tolerance * np.max(np.abs(columns), axis=(0, 1), where=np.isfinite(columns), initial=0.0)
        for unit in range(1, columns.shape[1]):
            apart = np.max(np.abs(columns[:, unit:] - columns[:, unit - 1 : unit]), axis=0)
            has_clones |= np.any(apart <= allowed, axis=0)
    return has_clones


@np.errstate(invalid="ignore")
def clone_spread(weights: Weights, layer: int) -> float:
    """The largest difference between two units of ``layer`` (1..L) in any one weight; 0 when all are exact clones."""
    return float(np.max(np.ptp(fingerprints(weights, layer), axis=1)))


@np.errstate(invalid="ignore", over="ignore", divide="ignore")
def mean_cosine(columns: Array) -> float:
    """The mean cosine similarity of all pairs of units, from -1 to 1; 1 if all units have the same direction.

    Args:
        columns: (weights, units), one column per unit, for example of ``fingerprints``.

    Returns:
        NaN if there are no two units with finite weights other than 0.
    """
    wide = columns.astype(np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->j", wide, wide))
    counted = np.isfinite(lengths) & (lengths > 0)
    count = int(np.count_nonzero(counted))
    if count < 2:
        return float("nan")
    # |sum of unit vectors|^2 = count + 2 * sum over pairs of their cosines
    total = (wide if count == len(counted) else wide[:, counted]) @ (1 / lengths[counted])
    return float(np.clip((total @ total - count) / (count * (count - 1)), -1, 1))


def hidden_layers(weights: Sequence[Array]) -> range:
    """1..L-1: the layers in which clones matter. Units of the output layer have different targets."""
    return range(1, len(weights))
