"""Symptoms: what is measured on one run, before anybody asks for causes. Nothing here trains, or imports TensorFlow.

A symptom is not a cause. It says where to look; harness/diagnosis/ finds out by experiment whether it matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..models import numerical
from ..models.activations import activation_named
from ..models.costs import cost_named
from ..models.network import Array, Network, Weights
from . import saturation
from .baseline import cost_of_outputs
from .inputs import InputFacts, input_facts
from .symmetry import clone_groups, hidden_layers

FAR = 0.25  # of an output from its target: for a sigmoid a quarter of its range


@dataclass(frozen=True, kw_only=True)
class LayerSymptoms:
    """What one layer is like at one moment of a run."""

    units: int
    width: int  # units that are not clones of another one
    saturated: float  # share of its activations; of units that can die, see ``dead``
    dead: float  # share of its units that give 0 on every observation
    gradient: float  # root mean square of dC/dw


@dataclass(frozen=True, kw_only=True, eq=False)
class Symptoms:
    """What is measured on one run."""

    inputs: InputFacts
    # start, end: of each layer
    start: tuple[LayerSymptoms, ...]
    end: tuple[LayerSymptoms, ...]

    @property
    def has_clones(self) -> bool:
        """Whether a hidden layer starts with clones."""
        return any(layer.width < layer.units for layer in self.start)


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """One run as it went."""

    iterations: Sequence[int]  # rising, from 0
    costs: Array  # the cost at each
    weights: Sequence[Weights]  # at each, of each layer (inputs + 1, units)


# The data


def range_cost(network: Network, y: Array) -> float:
    """The least cost of outputs in the range of the output activation: each target's nearest value there."""
    low, high = activation_named(network.activations[-1]).range
    return cost_of_outputs(network.cost, np.clip(y, low, high), y)


def inputs_are_exchangeable(x: Array, y: Array) -> bool:
    """Whether the data stay the same, but for the order of observations, under every permutation of the inputs."""

    def rows(order: Sequence[int]) -> Array:
        table = np.column_stack([x[:, order], y])
        return table[np.lexsort(table.T)]

    inputs = x.shape[1]
    own = list(range(inputs))
    # the swaps of neighbours generate every permutation
    swaps = ([*own[:i], i + 1, i, *own[i + 2 :]] for i in range(inputs - 1))
    return all(np.array_equal(rows(own), rows(swap)) for swap in swaps)


def monotone_cost(network: Network, s: Array, y: Array) -> float:
    """The least cost of outputs that are each a monotone function of s (observations,), rising or falling.

    The isotonic fit of each output (Barlow et al., Statistical Inference under Order Restrictions, 1972); the fit of
    least squares is also the one of least binary cross-entropy.
    """
    from scipy.optimize import isotonic_regression  # half a second to import, for the few runs that ask for a bound

    _, group = np.unique(s, return_inverse=True)
    group = group.reshape(-1)
    counts = np.bincount(group)
    fitted = np.empty(y.shape)
    for output in range(y.shape[1]):
        of_output = np.asarray(y[:, output], np.float64)
        means = np.bincount(group, weights=of_output) / counts
        fits = [isotonic_regression(means, weights=counts, increasing=rising).x[group] for rising in (True, False)]
        fitted[:, output] = min(fits, key=lambda fit: cost_of_outputs(network.cost, fit[:, None], of_output[:, None]))
    return cost_of_outputs(network.cost, fitted, y)


def clone_bound(network: Network, weights: Weights, x: Array, y: Array) -> float | None:
    """Under which cost gradient descent from ``weights`` can never come, if clones and exchangeable inputs say so.

    If all units of each hidden layer are clones and the inputs are exchangeable with equal weights, the
    updates keep both for ever: a unit computes a function of the sum of the inputs, and since each layer has
    one distinct unit and each activation is monotone, every output is a monotone function of that sum.

    Returns:
        The least cost of such outputs; None if the argument does not hold.
    """
    one_distinct = all(len(clone_groups(weights, layer, 0.0)) == 1 for layer in hidden_layers(weights))
    if len(weights) < 2 or not one_distinct:
        return None
    equal_inputs = bool(np.all(weights[0][1:] == weights[0][1]))
    monotone = all(activation_named(name).is_monotone for name in network.activations)
    if not equal_inputs or not monotone or not inputs_are_exchangeable(x, y):
        return None
    # round off what adding in another order does to equal sums
    return monotone_cost(network, np.round(np.sum(x, axis=1, dtype=np.float64), 12), y)


# The run


@np.errstate(over="ignore", invalid="ignore")
def activations_of(network: Network, weights: Weights, x: Array) -> list[Array]:
    """[a_1, .., a_L], each (observations, units) in float64"""
    return numerical.forward_pass(network, [w.astype(np.float64) for w in weights], x.astype(np.float64))[1]


def saturated_shares(network: Network, a: Sequence[Array], y: Array) -> list[float]:
    """Of each layer, the share of its activations that are saturated; if units can die, that is for ``dead_shares``.

    Of the outputs, those count that are also far from their targets, and only under squared errors: the gradient of a
    cross-entropy goes past the output activation.
    """
    shares = [
        0.0 if activation_named(name).can_die else saturation.saturated_share(name, of_layer)
        for name, of_layer in zip(network.activations[:-1], a)
    ]
    output = network.activations[-1]
    if cost_named(network.cost).output_activation is not None or activation_named(output).can_die:
        return [*shares, 0.0]
    wrong = np.abs(a[-1] - y) > FAR
    return [*shares, float(np.mean(saturation.is_saturated(output, a[-1]) & wrong))]


def dead_shares(network: Network, a: Sequence[Array]) -> list[float]:
    """Of each hidden layer, the share of its units that pass on no gradient on any observation: dead units of relu."""
    return [
        len(saturation.dead_units(name, of_layer)) / of_layer.shape[1] if activation_named(name).can_die else 0.0
        for name, of_layer in zip(network.activations[:-1], a)
    ]


def root_mean_square(values: NDArray[np.floating]) -> float:
    """sqrt(mean v^2), without overflow in the squares"""
    largest = float(np.max(np.abs(values))) if values.size else 0.0
    if largest == 0 or not np.isfinite(largest):
        return largest
    return largest * float(np.sqrt(np.mean((values / largest) ** 2)))


def gradient_sizes(gradients: Sequence[Array]) -> list[float]:
    """The root mean square of dC/dw of each layer: a norm that does not grow with the number of weights."""
    return [root_mean_square(np.asarray(g, np.float64)) for g in gradients]


def layer_symptoms(
    network: Network, weights: Weights, x: Array, y: Array, gradients: Sequence[Array]
) -> tuple[LayerSymptoms, ...]:
    """What each layer is like with some weights, whose dC/dw are given."""
    a = activations_of(network, weights, x)
    hidden = hidden_layers(weights)
    shares = zip(saturated_shares(network, a, y), [*dead_shares(network, a), 0.0], gradient_sizes(gradients))
    return tuple(
        LayerSymptoms(
            units=w.shape[1],
            width=len(clone_groups(weights, layer)) if layer in hidden else w.shape[1],
            saturated=saturated,
            dead=dead,
            gradient=gradient,
        )
        for layer, (w, (saturated, dead, gradient)) in enumerate(zip(weights, shares), start=1)
    )


def run_symptoms(
    network: Network, course: Course, x: Array, y: Array, start: Sequence[Array], end: Sequence[Array]
) -> Symptoms:
    """What is measured on a run; ``start`` and ``end`` are dC/dw of each layer then."""
    return Symptoms(
        inputs=input_facts(x),
        start=layer_symptoms(network, course.weights[0], x, y, start),
        end=layer_symptoms(network, course.weights[-1], x, y, end),
    )
