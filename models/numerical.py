"""The referee: gradients by numerical differentiation, in NumPy and float64, sharing no line with what it judges.

A gradient entry is the complex-step derivative Im C(w + ih) / h (Squire and Trapp, SIAM Review 40, 1998). It has no
subtraction, so h can be so small that the truncation error, of order h^2, is nothing beside the rounding error. The
rounding error is estimated by doing it all again with the units, inputs and observations in reverse order, where every
sum adds its terms in another order, and with another step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .network import Array, Backward, Forward, Network, Weights, check_weights
from .training import Training

if TYPE_CHECKING:
    from jaxtyping import Float

STEP = 1e-30
CHUNK = 2_000_000  # complex numbers of one layer's activations that are held at once: 32 MB

Values = NDArray[Any]  # real, or complex with a step in the imaginary part


def sigmoid(z: Values) -> Values:
    """1 / (1 + exp(-z)), with the exponential of a number that is not positive"""
    e = np.exp(np.where(z.real > 0, -z, z))
    return np.where(z.real > 0, 1, e) / (1 + e)


def softplus(z: Values) -> Values:
    """log(1 + exp(z)), likewise"""
    return np.where(z.real > 0, z, 0) + np.log1p(np.exp(np.where(z.real > 0, -z, z)))


def log_softmax(z: Values) -> Values:
    """z_i - log sum_j exp(z_j), units on the last axis"""
    shifted = z - np.max(z.real, axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))


# Formulas of its own, on purpose: the tables in activations.py and costs.py are what it judges. Comparisons look at
# the real part, which the imaginary step does not move.
ACTIVATIONS: dict[str, Callable[[Values], Values]] = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.where(z.real > 0, z, 0),
    "leaky_relu": lambda z: np.where(z.real > 0, z, 0.2 * z),
    "linear": lambda z: z,
    "softmax": lambda z: np.exp(log_softmax(z)),
}

# (z, a, y), each (..., observations, outputs), to one number for each index of the leading axes
COSTS: dict[str, Callable[[Values, Values, Array], Values]] = {
    "sum_of_squared_errors": lambda z, a, y: np.sum((a - y) ** 2, axis=(-2, -1)),
    "mean_squared_error": lambda z, a, y: np.mean((a - y) ** 2, axis=(-2, -1)),
    "binary_crossentropy": lambda z, a, y: np.mean(y * softplus(-z) + (1 - y) * softplus(z), axis=(-2, -1)),
    "categorical_crossentropy": lambda z, a, y: -np.mean(np.sum(y * log_softmax(z), axis=-1), axis=-1),
}


State = tuple[Array, ...]  # what a rule remembers of each weight, zeros before the first update
Step = tuple[Array, State]


def sgd(w: Array, g: Array, state: State, rate: float, t: int, settings: Mapping[str, float]) -> Step:
    """w less a step down the gradient g"""
    return w - rate * g, state


def momentum(w: Array, g: Array, state: State, rate: float, t: int, settings: Mapping[str, float]) -> Step:
    """A velocity that forgets by ``momentum``"""
    velocity = settings["momentum"] * state[0] - rate * g
    return w + velocity, (velocity, state[1])


def nesterov(w: Array, g: Array, state: State, rate: float, t: int, settings: Mapping[str, float]) -> Step:
    """The same, and the step that the velocity would make next"""
    velocity = settings["momentum"] * state[0] - rate * g
    return w - rate * g + settings["momentum"] * velocity, (velocity, state[1])


def rmsprop(w: Array, g: Array, state: State, rate: float, t: int, settings: Mapping[str, float]) -> Step:
    """Steps relative to a running mean square of g"""
    square = settings["rho"] * state[0] + (1 - settings["rho"]) * g**2
    return w - rate * g / np.sqrt(square + settings["epsilon"]), (square, state[1])


def adam(w: Array, g: Array, state: State, rate: float, t: int, settings: Mapping[str, float]) -> Step:
    """Running means of g and of its square, each corrected for beginning at zero; epsilon is as Keras has it"""
    mean = settings["beta_1"] * state[0] + (1 - settings["beta_1"]) * g
    square = settings["beta_2"] * state[1] + (1 - settings["beta_2"]) * g**2
    corrected = np.sqrt(1 - settings["beta_2"] ** t) / (1 - settings["beta_1"] ** t)
    return w - rate * corrected * mean / (np.sqrt(square) + settings["epsilon"]), (mean, square)


# (w, dC/dw, state, learning rate, t = 1, 2, .., settings) to (w, state)
RULES: dict[str, Callable[[Array, Array, State, float, int, Mapping[str, float]], Step]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "rmsprop": rmsprop,
    "adam": adam,
}


def activate(name: str, z: Values) -> Values:
    """a = f(z)

    Raises:
        ValueError: the referee has no formula for it.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"the referee has no formula for activation {name!r}; add one to models/numerical.py")
    return ACTIVATIONS[name](z)


def cost(name: str, z: Values, a: Values, y: Array) -> Values:
    """C of z, a (..., observations, outputs), one for each index of the leading axes

    Raises:
        ValueError: the referee has no formula for it.
    """
    if name not in COSTS:
        raise ValueError(f"the referee has no formula for cost {name!r}; add one to models/numerical.py")
    return COSTS[name](z, a, y)


def layers_from(
    network: Network, weights: Weights, first: int, a: Values, z: Values
) -> tuple[list[Values], list[Values]]:
    """([z_first, ..], [a_first, ..]) up to the output, given z of layer ``first`` (1..L)"""
    z_of, a_of = [z], [activate(network.activations[first - 1], z)]
    for w, activation in zip(weights[first:], network.activations[first:]):
        z_of.append(a_of[-1] @ w[1:] + w[0])
        a_of.append(activate(activation, z_of[-1]))
    return z_of, a_of


def forward_pass(
    network: Network, weights: Weights, x: Float[Array, "observations inputs"]
) -> tuple[list[Float[Array, "observations _units"]], list[Float[Array, "observations _units"]]]:
    """([z_1, .., z_L], [a_1, .., a_L]), real"""
    return layers_from(network, weights, 1, x, x @ weights[0][1:] + weights[0][0])


@np.errstate(over="ignore", invalid="ignore")  # a network that diverged has infinities, as in TensorFlow
def forward(
    network: Network, weights: Weights, x: Float[Array, "observations inputs"], y: Float[Array, "observations outputs"]
) -> Forward:
    """See ``network.Implementation``; computed and given in float64 whatever the weights' dtype."""
    check_weights(network, weights)
    weights, x, y = [w.astype(np.float64) for w in weights], x.astype(np.float64), y.astype(np.float64)
    z, a = forward_pass(network, weights, x)
    return Forward(z, a, float(cost(network.cost, z[-1], a[-1], y)))


def layer_derivatives(
    network: Network,
    weights: Weights,
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    layer: int,
    entries: NDArray[np.intp],
    step: float,
) -> Float[Array, " entries"]:
    """dC/dw of ``layer`` (1..L) at the flat ``entries`` of w, (entries,)"""
    z, a = forward_pass(network, weights, x)
    below = x if layer == 1 else a[layer - 2]
    with_ones = np.concatenate([np.ones_like(below[:, :1]), below], axis=1)
    rows, units = np.unravel_index(entries, weights[layer - 1].shape)
    # w_ij + ih moves z of unit j alone, by ih A_i
    moved = np.repeat(z[layer - 1][None].astype(np.complex128), len(entries), axis=0)
    moved[np.arange(len(entries)), :, units] += 1j * step * with_ones[:, rows].T
    z_of, a_of = layers_from(network, weights, layer, below, moved)
    return np.imag(cost(network.cost, z_of[-1], a_of[-1], y)) / step


def reverse(weights: Weights) -> Weights:
    """The same network with the inputs and the units of every layer in reverse order; its own inverse."""
    return [np.concatenate([w[:1], w[:0:-1]])[:, ::-1] for w in weights]


@dataclass(frozen=True)
class Derivatives:
    """gradients: of each layer (inputs + 1, units), masked where not computed. errors: a bound for each layer."""

    gradients: list[np.ma.MaskedArray]
    errors: list[float]


@np.errstate(over="ignore", invalid="ignore")
def differentiate(
    network: Network,
    weights: Weights,
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    at_most: int | None = None,
) -> Derivatives:
    """dC/dw of every layer by complex steps, in float64.

    Args:
        weights: of each layer (inputs + 1, units).
        x, y: (observations, inputs), (observations, outputs).
        at_most: number of entries of each layer's gradient to compute, evenly spread; the others are masked. All by
            default.

    Returns:
        The gradients, and for each layer an estimate of the error of its worst entry: how far the same derivatives
        lie apart when every sum is taken in the reverse order, and a rounding of the largest.
    """
    check_weights(network, weights)
    weights, x, y = [w.astype(np.float64) for w in weights], x.astype(np.float64), y.astype(np.float64)
    gradients, errors = [], []
    for layer, w in enumerate(weights, start=1):
        wanted = np.unique(np.linspace(0, w.size - 1, min(w.size, at_most or w.size)).astype(np.intp))
        rows, units = np.unravel_index(wanted, w.shape)
        mirrored = np.ravel_multi_index((np.where(rows > 0, w.shape[0] - rows, 0), w.shape[1] - 1 - units), w.shape)
        ours, others = np.empty(len(wanted)), np.empty(len(wanted))
        for chunk in np.array_split(np.arange(len(wanted)), 1 + len(wanted) * len(x) * max(network.sizes) // CHUNK):
            ours[chunk] = layer_derivatives(network, weights, x, y, layer, wanted[chunk], STEP)
            others[chunk] = layer_derivatives(
                network, reverse(weights), x[::-1, ::-1], y[::-1, ::-1], layer, mirrored[chunk], STEP / 3
            )
        gradient = np.ma.masked_all(w.shape, np.float64)
        gradient.flat[wanted] = ours
        gradients.append(gradient)
        errors.append(float(np.max(np.abs(ours - others)) + np.finfo(np.float64).eps * np.max(np.abs(ours))))
    return Derivatives(gradients, errors)


@np.errstate(over="ignore", invalid="ignore")
def deltas(
    network: Network, weights: Weights, x: Float[Array, "observations inputs"], y: Float[Array, "observations outputs"]
) -> list[Float[Array, "observations _units"]]:
    """dC/dz of every layer by complex steps, (observations, units), in float64; for small networks."""
    z, a = forward_pass(network, weights, x)
    found: list[Array] = []
    for layer in network.layers:
        own = z[layer - 1]
        moved = np.repeat(own[None].astype(np.complex128), own.size, axis=0)
        moved.reshape(own.size, own.size)[np.diag_indices(own.size)] += 1j * STEP
        z_of, a_of = layers_from(network, weights, layer, x if layer == 1 else a[layer - 2], moved)
        found.append((np.imag(cost(network.cost, z_of[-1], a_of[-1], y)) / STEP).reshape(own.shape))
    return found


def backward(
    network: Network, weights: Weights, x: Float[Array, "observations inputs"], y: Float[Array, "observations outputs"]
) -> Backward:
    """See ``network.Implementation``; in float64 whatever the weights' dtype, and for small networks."""
    gradients = [np.asarray(g) for g in differentiate(network, weights, x, y).gradients]
    weights, x, y = [w.astype(np.float64) for w in weights], x.astype(np.float64), y.astype(np.float64)
    return Backward(deltas(network, weights, x, y), gradients)


def update(
    network: Network,
    weights: Weights,
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    training: Training,
) -> Weights:
    """See ``network.Implementation``; in float64, and for small networks."""
    (after,) = train(network, weights, x, y, replace(training, recorded=[1], batches=None))
    return after


def train(
    network: Network,
    weights: Weights,
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    training: Training,
) -> Iterator[Weights]:
    """See ``network.Implementation``; in float64, and for small networks.

    Raises:
        ValueError: the referee has no rule for the optimizer.
    """
    optimizer, rate = training.single_optimizer, float(training.learning_rate)
    if optimizer.name not in RULES:
        raise ValueError(f"the referee has no rule for optimizer {optimizer.name!r}; add one to models/numerical.py")
    rule, settings = RULES[optimizer.name], dict(optimizer.settings)
    weights = [w.astype(np.float64) for w in weights]
    state: list[State] = [(np.zeros(w.shape), np.zeros(w.shape)) for w in weights]
    done = 0
    for iteration in training.recorded:
        while done < iteration:
            rows = slice(None) if training.batches is None else training.batches.rows(len(x), done)
            done += 1
            gradients = [np.asarray(g) for g in differentiate(network, weights, x[rows], y[rows]).gradients]
            steps = [rule(w, g, s, rate, done, settings) for w, g, s in zip(weights, gradients, state)]
            weights, state = [w for w, _ in steps], [s for _, s in steps]
        yield weights
