"""Symptoms: what is measured on one run, before anybody asks for causes. Nothing here trains, or imports TensorFlow.

A symptom is not a cause. It says where to look; harness/diagnosis/ finds out by experiment whether it matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..models import numerical
from ..models.activations import activation_named
from ..models.costs import cost_named
from ..models.network import Array, Network, Weights
from . import saturation
from .baseline import constant_cost, cost_of_outputs
from .symmetry import clone_groups, clone_spread, hidden_layers

FLAT = 0.01  # of the constant prediction's cost: what a plateau's cost may change by
LITTLE = 0.05  # of the constant prediction's cost: a run that is under that has done its learning
STILL = 1e-6  # relative: a weight that changed by less never moved
LONG = 0.2  # of a run's iterations: as long must a plateau be to be reported
MOST_OUTPUTS = 6  # whose means are kept of a constant prediction
FAR = 0.25  # of an output from its target: for a sigmoid a quarter of its range


Fact = float | int | str | bool | tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Symptom:
    """What was measured, and where."""

    id: str  # a name from this module's functions, "clones" for example
    layer: int | None  # 1..L; None if it is the whole run's
    value: float | dict[str, float]  # a number, or a few by name
    facts: Mapping[str, Fact] = field(default_factory=dict)  # what else report/ needs for its words, by name


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

    Where all units of each hidden layer are clones and the inputs are exchangeable with equal weights, the
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


def input_scale(x: Array) -> dict[str, float]:
    """The standard deviations of the inputs, and how far their means lie from 0: what standardising would change.

    Inputs that never change have no scale and are left out.
    """
    x = np.asarray(x, np.float64)
    deviation, mean = np.std(x, axis=0), np.abs(np.mean(x, axis=0))
    alive = deviation > 0
    if not alive.any():
        return {"smallest": 0.0, "largest": 0.0, "offset": float(np.max(mean))}
    deviation, mean = deviation[alive], mean[alive]
    return {"smallest": float(deviation.min()), "largest": float(deviation.max()), "offset": float(np.max(mean))}


def is_unscaled(scale: dict[str, float]) -> bool:
    """Whether inputs of that ``input_scale`` are far from standardised: deviations above 10, under 0.05 or 20 times
    apart, or a mean above 5 that is more than 5 deviations from 0."""
    small, large, offset = scale["smallest"], scale["largest"], scale["offset"]
    return large > 10 or 0 < large < 0.05 or large > 20 * small > 0 or offset > max(5, 5 * large)


# The run


def plateaus(course: Course, constant: float) -> list[tuple[int, int, float]]:
    """(from, to, cost) of each stretch on which the cost changes by less than ``FLAT`` of the constant cost, longest
    first, none overlapping.

    Those under ``LONG`` of the run are left out, and those on which little is left to learn.
    """
    costs, at = course.costs, course.iterations
    stretches: list[tuple[int, int, float]] = []
    for first in range(len(costs)):
        last = first
        while last + 1 < len(costs) and np.ptp(costs[first : last + 2]) <= FLAT * constant:  # a NaN ends it too
            last += 1
        if at[last] - at[first] >= LONG * at[-1] > 0 and costs[last] > LITTLE * constant:
            stretches.append((at[first], at[last], float(costs[last])))
    found: list[tuple[int, int, float]] = []
    for stretch in sorted(stretches, key=lambda each: each[0] - each[1]):
        if all(stretch[0] >= other[1] or stretch[1] <= other[0] for other in found):
            found.append(stretch)
    return found


def oscillations(course: Course) -> float:
    """The share of steps of the second half that go up by more than rounding; 0 for a smooth descent."""
    costs = course.costs[len(course.costs) // 2 :]
    costs = costs[np.isfinite(costs)]
    if len(costs) < 2:
        return 0.0
    return float(np.mean(np.diff(costs) > 1e-3 * np.abs(costs[:-1]) + 1e-12))


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


def predicts_mean(outputs: Array, y: Array) -> float:
    """How much of the spread of y the outputs have: near 0, the network answers the same whatever x is."""
    spread = root_mean_square(np.asarray(y - np.mean(y, axis=0), np.float64))
    return root_mean_square(outputs - np.mean(outputs, axis=0)) / spread if spread else 0.0


def data_symptoms(network: Network, x: Array, y: Array, floor: float) -> list[Symptom]:
    """What the data and the network say before any run."""
    found = []
    scale = input_scale(x)
    found.append(Symptom(id="input-scale", layer=None, value=scale))
    low, high = activation_named(network.activations[-1]).range
    target_range = {"low": float(np.min(y)), "high": float(np.max(y))}
    if target_range["low"] < low or target_range["high"] > high:
        found.append(
            Symptom(
                id="target-range",
                layer=network.depth,
                value=target_range,
                facts={
                    "activation": network.activations[-1],
                    "least": low,
                    "most": high,
                    "cost": range_cost(network, y),
                },
            )
        )
    if floor > 0:
        same = len(x) - len(np.unique(x, axis=0))
        if same:
            found.append(
                Symptom(
                    id="contradictory-targets", layer=None, value=floor, facts={"same": same, "observations": len(x)}
                )
            )
    return found


def course_symptoms(network: Network, course: Course, outputs: Array, y: Array) -> list[Symptom]:
    """What the cost did, and what the outputs (observations, outputs) are in the end."""
    constant = constant_cost(network.cost, y)
    last, final = course.iterations[-1], float(course.costs[-1])
    found = [Symptom(id="final-cost", layer=None, value=final, facts={"iterations": last, "constant": constant})]
    spread = predicts_mean(outputs, y)
    if np.isfinite(spread) and spread < 0.05:
        off = root_mean_square(np.mean(outputs, axis=0) - np.mean(y, axis=0)) / max(root_mean_square(y), 1e-300)
        mean = tuple(float(v) for v in np.mean(outputs, axis=0)[:MOST_OUTPUTS])
        found.append(
            Symptom(
                id="constant-prediction",
                layer=network.depth,
                value=spread,
                facts={"mean": mean, "is_mean_of_targets": bool(off < 0.05)},
            )
        )
    elif outputs.shape[1] > 1:
        for number in range(outputs.shape[1]):
            of_one = predicts_mean(outputs[:, [number]], y[:, [number]])
            if of_one < 0.05 and np.ptp(y[:, number]) > 0:
                facts = {"outputs": outputs.shape[1]}
                found.append(Symptom(id="constant-output", layer=network.depth, value=float(number + 1), facts=facts))
    if not np.isfinite(final):
        since = course.iterations[int(np.argmin(np.isfinite(course.costs)))]
        found.append(Symptom(id="diverged", layer=None, value=float(since)))
    swings = oscillations(course)
    if swings > 0.2:
        found.append(Symptom(id="oscillates", layer=None, value=swings))
    for begin, stop, cost in plateaus(course, constant)[:3]:
        near = abs(cost - constant) <= 2 * FLAT * constant
        value = {"from": float(begin), "to": float(stop), "cost": cost}
        found.append(Symptom(id="plateau", layer=None, value=value, facts={"is_constant_prediction": bool(near)}))
    low, high = float(np.min(outputs)), float(np.max(outputs))
    targets = {"least": float(np.min(y)), "most": float(np.max(y))}
    found.append(Symptom(id="output-range", layer=network.depth, value={"low": low, "high": high}, facts=targets))
    return found


def clone_symptoms(course: Course) -> list[Symptom]:
    """Hidden layers with clones at the start, and at the end."""
    found = []
    for layer in hidden_layers(course.weights[-1]):
        units = course.weights[-1][layer - 1].shape[1]
        for name, weights in (("clones", course.weights[-1]), ("clones-at-start", course.weights[0])):
            width = len(clone_groups(weights, layer))
            if width == units:
                continue
            exact = width == 1 and all(clone_spread(w, layer) == 0 for w in course.weights)
            facts = {"units": units, "is_exact": bool(exact)}
            found.append(Symptom(id=name, layer=layer, value=float(width), facts=facts))
    return found


def unit_symptoms(network: Network, course: Course, x: Array, y: Array) -> list[Symptom]:
    """Saturated activations and dead units, at the end and at the start."""
    found = []
    for when, weights in (("", course.weights[-1]), ("-at-start", course.weights[0])):
        a = activations_of(network, weights, x)
        for layer, share in enumerate(saturated_shares(network, a, y), start=1):
            if share > 0.05:
                found.append(Symptom(id=f"saturated{when}", layer=layer, value=share))
        for layer, share in enumerate(dead_shares(network, a), start=1):
            if share:
                found.append(Symptom(id=f"dead{when}", layer=layer, value=share))
    return found


def gradient_symptoms(gradients: Sequence[Array], when: str) -> list[Symptom]:
    """Its size in each layer, and how it decays on the way back; ``when`` is "" or "-at-start"."""
    sizes = gradient_sizes(gradients)
    found = [Symptom(id=f"gradient{when}", layer=layer, value=size) for layer, size in enumerate(sizes, start=1)]
    if len(sizes) > 1 and sizes[-1] > 0:
        ratio = sizes[0] / sizes[-1]
        each = ratio ** (1 / (len(sizes) - 1))
        found.append(Symptom(id=f"gradient-decay{when}", layer=None, value=ratio, facts={"each_layer": each}))
    return found


def weight_symptoms(course: Course) -> list[Symptom]:
    """Weights that never moved, layer by layer."""
    found = []
    for layer, (before, after) in enumerate(zip(course.weights[0], course.weights[-1]), start=1):
        with np.errstate(invalid="ignore", over="ignore"):
            still = float(np.mean(np.abs(after - before) <= STILL * np.maximum(np.abs(before), STILL)))
        if still > 0.01 and course.iterations[-1] > 0:
            found.append(Symptom(id="unmoved-weights", layer=layer, value=still))
    return found


def run_symptoms(
    network: Network, course: Course, x: Array, y: Array, start: Sequence[Array], end: Sequence[Array]
) -> list[Symptom]:
    """What the run says; ``start`` and ``end`` are dC/dw of each layer then."""
    return [
        *course_symptoms(network, course, activations_of(network, course.weights[-1], x)[-1], y),
        *clone_symptoms(course),
        *unit_symptoms(network, course, x, y),
        *gradient_symptoms(start, "-at-start"),
        *gradient_symptoms(end, ""),
        *weight_symptoms(course),
    ]
