"""How far two correct computations of the same quantity may lie apart, from the dtype's epsilon alone.

``bounds`` is a running error analysis (Higham, Accuracy and Stability of Numerical Algorithms, 3.3): beside every
quantity of an iteration goes a bound for its error, computed from the sizes of the very numbers that were added and
multiplied. It holds for any order of summation, with or without fused multiply-adds. Two computations that each keep
the bound differ by at most twice as much.

Over many iterations such a bound grows without end, while a descent mostly forgets its rounding errors, or on leaving
a plateau multiplies them. ``drift`` therefore measures what this very descent does to rounding errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..models import numerical
from ..models.activations import Activation, activation_named
from ..models.costs import cost_named
from ..models.network import Array, Network, Weights
from .trace import COST, Quantity

Bounds = dict[Quantity, Array]
Train = Callable[[Weights, int, int], Weights]  # weights at one iteration to those at a later one

FUNCTION_ERROR = 8  # rounding units that exp, tanh or sigmoid of a math library may be off; measured ones stay under 5
GHOSTS = 8  # disturbed descents by which a drift is measured


class Precision(NamedTuple):
    """A rounded number x is x (1 + e) + t with |e| <= unit and |t| <= tiny: under tiny TensorFlow flushes to zero."""

    unit: float
    tiny: float


def precision(dtype: str) -> Precision:
    """That of "float32" or "float64"."""
    return Precision(float(np.finfo(dtype).eps) / 2, float(np.finfo(dtype).tiny))


def product_error(a: Array, a_error: Array, b: Array, b_error: Array, of: Precision) -> Array:
    """The error of the matrix product a b, whose sums have n = a.shape[1] terms.

    |ab - computed| <= E_a |b| + |a| E_b + E_a E_b + n u (|a| + E_a) (|b| + E_b) + n tiny
    """
    a, b = np.abs(a), np.abs(b)
    terms = a.shape[1]
    rounding = terms * of.unit * (a + a_error) @ (b + b_error) + terms * of.tiny
    return a_error @ b + a @ b_error + a_error @ b_error + rounding


def slope(activation: Activation, z: Array, a: Array, z_error: Array) -> Array:
    """The steepest |f'| within z_error of z"""
    steepest = np.abs(derivative(activation, a))
    if activation.curvature:
        steepest = steepest + activation.curvature * z_error
    for kink in activation.kinks:
        near = (z - kink.z > -z_error) & (z - kink.z <= z_error)
        steepest = np.where(near, np.maximum(steepest, max(abs(kink.below), abs(kink.above))), steepest)
    return steepest


def activation_error(name: str, z: Array, a: Array, z_error: Array, of: Precision) -> Array:
    """The error of a = f(z) for a z that is off by z_error"""
    activation = activation_named(name)
    if not activation.mixes_units:
        return slope(activation, z, a, z_error) * z_error + FUNCTION_ERROR * of.unit * np.abs(a) + of.tiny
    if name != "softmax":
        raise ValueError(f"no rounding-error bound for activation {name!r}, which mixes units; add one to rounding.py")
    # da_i = a_i (dz_i - sum_j a_j dz_j), and the exponentials of numbers as large as |z|
    moved = (
        z_error + np.sum(a * z_error, axis=1, keepdims=True) + 2 * of.unit * np.max(np.abs(z), axis=1, keepdims=True)
    )
    return a * (moved + (FUNCTION_ERROR + a.shape[1]) * of.unit) + of.tiny


def derivative(activation: Activation, a: Array) -> Array:
    """f'(z) written from a"""
    if activation.derivative is None:
        raise ValueError("no rounding-error bound for an activation whose derivative is not written from a")
    return activation.derivative(a)


def derivative_error(
    activation: Activation, z: Array, a: Array, z_error: Array, a_error: Array, of: Precision
) -> Array:
    """The error of f' written from an a that is off by a_error; at a kink within z_error of z, the jump as well"""
    known = activation.slope_error
    if known is None:
        raise ValueError("no rounding-error bound for an activation without a slope_error in models/activations.py")
    rounding = known.rounding(a) * of.unit + of.tiny
    error = rounding
    if known.change is not None:
        error = np.abs(known.change(a)) * a_error + known.bend * a_error**2 + rounding
    for kink in activation.kinks:
        jump = abs(kink.above - kink.below)
        across = jump if known.change is None else jump + error
        error = np.where(np.abs(z - kink.z) <= z_error, across, error)
    return error


def cost_error(network: Network, z: Array, a: Array, y: Array, z_error: Array, a_error: Array, of: Precision) -> float:
    """The error of the cost for z and a that are off by z_error and a_error"""
    terms = y.size + FUNCTION_ERROR
    return cost_named(network.cost).error(z, a, y, z_error, a_error, terms * of.unit)


def output_delta(
    network: Network, z: Array, a: Array, y: Array, z_error: Array, a_error: Array, of: Precision
) -> tuple[Array, Array]:
    """delta_L and its error, (observations, outputs) both"""
    cost = cost_named(network.cost)
    gradient, error = cost.gradient(a, y), cost.gradient_error(a, y, a_error, of.unit)
    if cost.output_activation is not None:
        return gradient, error
    return through_activation(network.activations[-1], gradient, error, z, a, z_error, a_error, of)


def through_activation(
    name: str, gradient: Array, error: Array, z: Array, a: Array, z_error: Array, a_error: Array, of: Precision
) -> tuple[Array, Array]:
    """gradient f'(z) and its error, for a gradient that is off by ``error``"""
    activation = activation_named(name)
    by, by_error = derivative(activation, a), derivative_error(activation, z, a, z_error, a_error, of)
    off = error * np.abs(by) + np.abs(gradient) * by_error + error * by_error
    return gradient * by, off + of.unit * np.abs(gradient * by) + of.tiny


@np.errstate(over="ignore", invalid="ignore")  # a descent that diverges has infinities, and their bounds are none
def bounds(
    network: Network,
    weights: Weights,
    weights_error: Sequence[Array],
    x: Array,
    y: Array,
    learning_rate: float,
    dtype: str,
) -> Bounds:
    """A bound for the error of every quantity of one iteration.

    Args:
        weights: of each layer (inputs + 1, units), the start of the iteration.
        weights_error: by how much those may be off already, same shapes.
        dtype: "float32" or "float64", the precision that the quantities were computed in.

    Returns:
        For each quantity an array of its shape, in float64. Two computations agree when they differ by no more than
        twice that.
    """
    of = precision(dtype)
    weights = [w.astype(np.float64) for w in weights]
    x, y = x.astype(np.float64), y.astype(np.float64)
    z, a = numerical.forward_pass(network, weights, x)
    below = [np.concatenate([np.ones_like(v[:, :1]), v], axis=1) for v in (x, *a[:-1])]
    errors: Bounds = {}

    z_errors: list[Array] = []
    a_errors: list[Array] = []
    below_errors: list[Array] = []
    for layer, w in enumerate(weights, start=1):
        below_error = np.zeros_like(below[0]) if layer == 1 else np.pad(a_errors[-1], ((0, 0), (1, 0)))
        z_error = product_error(below[layer - 1], below_error, w, weights_error[layer - 1], of)
        below_errors.append(below_error)
        z_errors.append(z_error)
        a_errors.append(activation_error(network.activations[layer - 1], z[layer - 1], a[layer - 1], z_error, of))
        errors[Quantity("z", layer)], errors[Quantity("a", layer)] = z_errors[-1], a_errors[-1]
    errors[COST] = np.asarray(cost_error(network, z[-1], a[-1], y, z_errors[-1], a_errors[-1], of))

    delta, error = output_delta(network, z[-1], a[-1], y, z_errors[-1], a_errors[-1], of)
    for layer in reversed(network.layers):
        gradient = below[layer - 1].T @ delta
        gradient_error = product_error(below[layer - 1].T, below_errors[layer - 1].T, delta, error, of)
        errors[Quantity("delta", layer)], errors[Quantity("gradient", layer)] = error, gradient_error
        w, w_error = weights[layer - 1], weights_error[layer - 1]
        step = learning_rate * np.abs(gradient)
        errors[Quantity("weights", layer)] = (
            w_error + learning_rate * gradient_error + of.unit * (np.abs(w) + 3 * step) + of.tiny
        )
        if layer > 1:
            back = delta @ w[1:].T
            back_error = product_error(delta, error, w[1:].T, w_error[1:].T, of)
            below_layer = layer - 2
            delta, error = through_activation(
                network.activations[below_layer],
                back,
                back_error,
                z[below_layer],
                a[below_layer],
                z_errors[below_layer],
                a_errors[below_layer],
                of,
            )
    return errors


def no_error(weights: Weights) -> list[Array]:
    """A weights_error of nothing: the same bits for every implementation."""
    return [np.zeros(w.shape) for w in weights]


def drift(
    train: Train,
    step_bounds: Callable[[Weights, int], Sequence[Array]],
    recorded: Sequence[int],
    path: Sequence[Weights],
) -> list[list[Array]]:
    """How far from ``path`` rounding errors may have carried the weights, at each recorded iteration.

    A ghost is the same descent, disturbed at the start of every stretch between two recorded iterations by all the
    rounding error that the stretch can make: the bound of one update times the number of updates, with random signs
    (the idea of stochastic arithmetic: Vignes, Mathematics and Computers in Simulation 35, 1993). What the descent
    does to the disturbance, it does to rounding errors.

    Args:
        train: (weights, begin, end) to the weights at iteration ``end`` of a descent that has them at ``begin``.
        step_bounds: (weights, iteration) to the error bound of the weights after the update that follows. One batch
            speaks for those of the whole stretch.
        recorded: rising iterations, the first of ``path``.
        path: the weights at each of them.

    Returns:
        For each recorded iteration a (inputs + 1, units) array a layer, its entries all equal: the farthest that any
        ghost's weight of any layer came to lie from the path, and one stretch more.
    """
    signs = np.random.default_rng(0)
    farthest = np.zeros(len(recorded))
    at_step = [step_bounds(w, iteration) for w, iteration in zip(path, recorded)]
    for _ in range(GHOSTS):
        ghost = list(path[0])
        for place, (begin, end) in enumerate(zip(recorded, recorded[1:]), start=1):
            made = [(end - begin) * bound for bound in at_step[place - 1]]
            start = [w + signs.choice((-1.0, 1.0), w.shape) * e for w, e in zip(ghost, made)]
            ghost = train([w.astype(path[0][0].dtype) for w in start], begin, end)
            off = max(float(np.max(np.abs(g - w))) for g, w in zip(ghost, path[place]))
            farthest[place] = max(farthest[place], off + max(float(np.max(e)) for e in made))
    return [[np.full(w.shape, far) for w in path[0]] for far in farthest]
