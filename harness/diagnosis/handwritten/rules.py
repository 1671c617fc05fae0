"""The cost and the update rule of a recorded network: those in the tables of ``models`` that reproduce its updates.

Every recorded update has to come out, so what is read this way is also right: a mistake in the file's gradients leaves
no cost and no rule that fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...models.activations import ACTIVATIONS
from ...models.costs import COSTS
from ...models.network import Network
from ...models.numerical import RULES, State
from ...models.optimizers import OPTIMIZERS, Optimizer
from .passes import Array, CannotRead, Pass, Unread

EXACT = 1e-6  # relative to the largest step: a multiple of the gradient
NEAR = 1e-2  # the same of a rule with an epsilon, which has several places and sizes
FEWEST_MOVED = 4  # weights and biases: such a rule makes steps of one size at first, which of fewer says nothing
NOT_IN_KERAS = ("sum_of_squared_errors",)  # a multiple of the mean, which is read in its place


@dataclass(frozen=True, kw_only=True)
class UpdateRule:
    """How a network is trained."""

    cost: str  # its name in the table
    optimizer: Optimizer  # the rule, with its settings
    rate: float  # the learning rate, for the gradient of that cost


def fits_network(cost: str, one: Pass) -> bool:
    """Whether a cost goes with the layers of a network."""
    sizes = (one.x.shape[1], *(layer.kernel.shape[1] for layer in one.layers))
    try:
        Network(sizes, tuple(layer.activation for layer in one.layers), cost)
    except ValueError:
        return False
    return True


def step_of(one: Pass) -> Array:
    """What the update adds to all weights and biases, in one row."""
    parts = []
    for layer in one.layers:
        parts.append(np.ravel(layer.new_kernel - layer.kernel))
        if layer.bias is not None and layer.new_bias is not None:
            parts.append(layer.new_bias - layer.bias)
    return np.concatenate(parts)


def activations_of(one: Pass) -> list[Array]:
    """The observations and the activations of every layer."""
    values = [one.x]
    for layer in one.layers:
        function = ACTIVATIONS[layer.activation].function
        assert function is not None
        values.append(function(values[-1] @ layer.kernel + (0.0 if layer.bias is None else layer.bias)))
    return values


def gradient_of(one: Pass, cost: str) -> Array:
    """The true gradient of all weights and biases, in the order of ``step_of``."""
    values = activations_of(one)
    delta = COSTS[cost].gradient(values[-1], one.y)
    is_of_outputs = COSTS[cost].output_activation is None
    parts: list[Array] = []
    for layer, given, a in zip(reversed(one.layers), reversed(values[:-1]), reversed(values[1:])):
        derivative = ACTIVATIONS[layer.activation].derivative
        if is_of_outputs and derivative is not None:
            delta = delta * derivative(a)
        is_of_outputs = True
        parts[:0] = [np.ravel(given.T @ delta), *([] if layer.bias is None else [delta.sum(axis=0)])]
        delta = delta @ layer.kernel.T
    return np.concatenate(parts)


def read_rule(passes: Sequence[Pass]) -> UpdateRule:
    """The cost, update rule and rate of a training.

    Raises:
        CannotRead: none in the tables makes these updates.
    """
    steps = [step_of(one) for one in passes]
    if not np.any(steps[0]):
        raise CannotRead(Unread.COST)
    is_known = False
    for cost in (name for name in COSTS if name not in NOT_IN_KERAS):
        if not fits_network(cost, passes[0]):
            continue
        is_known = True
        gradients = [gradient_of(one, cost) for one in passes]
        for optimizer in optimizers_for(steps, gradients):
            rate = rate_of(optimizer, steps, gradients)
            if rate is not None:
                return UpdateRule(cost=cost, optimizer=optimizer, rate=rate)
    raise CannotRead(Unread.OPTIMIZER if is_known else Unread.COST)


def optimizers_for(steps: Sequence[Array], gradients: Sequence[Array]) -> Iterator[Optimizer]:
    """The rules to try: each with its usual settings, and momentum as the second update shows it."""
    yield from (Optimizer(name) for name in OPTIMIZERS)
    if len(steps) > 1 and np.any(gradients[0]):
        rate = -factor_of(steps[0], gradients[0])
        momentum = factor_of(steps[1] + rate * gradients[1], steps[0])
        if 0 < momentum < 1:
            yield Optimizer("momentum", (("momentum", float(f"{momentum:.6g}")),))


def factor_of(value: Array, reference: Array) -> float:
    """The factor by which a reference comes nearest to a value."""
    return float(value @ reference / max(float(reference @ reference), 1e-300))


def rate_of(optimizer: Optimizer, steps: Sequence[Array], gradients: Sequence[Array]) -> float | None:
    """The learning rate with which a rule makes all steps; None if it does not."""
    of_one = steps_by(optimizer, gradients)
    rate = factor_of(np.concatenate(steps), np.concatenate(of_one))
    has_epsilon = "epsilon" in dict(optimizer.settings)
    if has_epsilon and np.count_nonzero(np.abs(steps[0]) > EXACT * np.max(np.abs(steps[0]))) < FEWEST_MOVED:
        return None
    most = NEAR if has_epsilon else EXACT
    is_made = all(np.max(np.abs(step - rate * one)) <= most * np.max(np.abs(step)) for step, one in zip(steps, of_one))
    return rate if is_made and rate > 0 else None


def steps_by(optimizer: Optimizer, gradients: Sequence[Array]) -> list[Array]:
    """The steps that a rule makes of gradients at a rate of 1; every rule is linear in its rate."""
    zeros = np.zeros_like(gradients[0])
    state: State = (zeros, zeros)
    found = []
    for number, gradient in enumerate(gradients, start=1):
        moved, state = RULES[optimizer.name](zeros, gradient, state, 1.0, number, dict(optimizer.settings))
        found.append(moved)
    return found
