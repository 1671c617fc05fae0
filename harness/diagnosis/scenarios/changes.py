"""One thing changed at a time: a trial is a run of many members, and a change makes one trial out of another."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...measures.learning import target_of
from ...models import initializers, numerical
from ...models.batches import Batches
from ...models.network import Array, Network, Weights
from ...models.optimizers import SGD, Optimizer
from ..scenario_changes import Change, Family
from .case import Case

JITTER = 1.2  # a change of a run without chance is made by this factor more or less, a little other for each member


Draw = Callable[[range], Weights]


@dataclass(frozen=True, eq=False)
class Trial:
    """What many members are to do."""

    network: Network
    x: Array
    y: Array
    draw: Draw  # their starts
    rates: Callable[[range], Array]  # their learning rates, (members,)
    iterations: int
    optimizer: Optimizer
    target: float  # the cost at or under which one has learned
    chance: bool  # whether the members differ; if not, there is only one
    batches: Batches | None  # of the observations, the same for all; None is the full batch

    @property
    def batch_size(self) -> int:
        """The observations of one iteration."""
        return len(self.x) if self.batches is None else min(self.batches.size, len(self.x))


NO_CHANGE = Change(Family.NOTHING, 0.0, lambda trial: trial)


def also(first: Change, second: Change) -> Change:
    """Both changes, one after the other."""
    return Change(
        Family.TOGETHER,
        first.size + second.size,
        lambda trial: second.apply(first.apply(trial)),
        parts=(*first.single, *second.single),
    )


def jitter(seed: int, members: range) -> Array:
    """(members,): factors from 1 / JITTER to JITTER, spread evenly on a log scale."""
    return JITTER ** (2 * initializers.uniforms(1, seed, members)[0] - 1)


def cloned(weights: Weights) -> Weights:
    """Every hidden unit made a clone of the first of its layer; (inputs + 1, units, ...) of each layer."""
    copies = [w.copy() for w in weights]
    for layer in range(len(copies) - 1):
        copies[layer][:] = copies[layer][:, :1]
        copies[layer + 1][1:] = copies[layer + 1][1:2]
    return copies


def healthy_name(network: Network) -> str:
    """He et al.'s initializer for the relu family, Glorot and Bengio's for the others."""
    return "he_uniform" if set(network.activations[:-1]) & {"relu", "leaky_relu"} else "glorot_uniform"


def healthy(network: Network, seed: int, dtype: Any, members: range) -> Weights:
    """Starts as the textbook draws them, with zero biases: (inputs + 1, units, members) of each layer."""
    return initializers.draw_members(network, initializers.parse(healthy_name(network)), None, seed, members, dtype)


def trial_of(case: Case, target: float, unlucky: bool = False) -> Trial:
    """The case as it is: many draws of its initializer, or its one start.

    Args:
        unlucky: ask about this one start although its initializer has others.
    """

    def draw(members: range) -> Weights:
        if case.draw is None or unlucky:
            return [np.repeat(w[..., None], len(members), axis=-1) for w in case.start]
        return case.draw(case.network, members)

    return Trial(
        case.network,
        case.x,
        case.y,
        draw,
        lambda members: np.full(len(members), case.learning_rate),
        case.iterations,
        SGD,
        target,
        case.draw is not None and not unlucky,
        case.batches,
    )


def noise(case: Case, stddev: float, shared: bool) -> Change:
    """N(0, stddev^2) added to every weight and bias; ``shared`` gives the units of a layer the same."""
    kernel = initializers.Initializer("random_normal", (stddev,))

    def apply(trial: Trial) -> Trial:
        def draw(members: range) -> Weights:
            start = trial.draw(members)
            drawn = initializers.draw_members(trial.network, kernel, kernel, case.seed, members, start[0].dtype)
            return [w + n for w, n in zip(start, cloned(drawn) if shared else drawn)]

        return replace(trial, draw=draw, chance=True)

    return Change(Family.NOISE_CLONED if shared else Family.NOISE, stddev, apply, (stddev,))


def scaled(case: Case, factor: float) -> Change:
    """Every weight and bias times one factor."""

    def apply(trial: Trial) -> Trial:
        def draw(members: range) -> Weights:
            # without chance each member gets a factor of its own; times -1 is exact
            of_member = 1.0 if trial.chance or factor == -1 else jitter(case.seed, members)
            return [(w * (factor * of_member)).astype(w.dtype) for w in trial.draw(members)]

        return replace(trial, draw=draw, chance=trial.chance or factor != -1)

    family = Family.MIRRORED if factor < 0 else Family.SCALE_UP if factor > 1 else Family.SCALE_DOWN
    return Change(family, abs(math.log10(abs(factor))) or 0.5, apply, (factor,))


def from_healthy(case: Case, factor: float = 1.0, clones: bool = False) -> Change:
    """Another start: a healthy one, its scale changed, its units made clones."""

    def apply(trial: Trial) -> Trial:
        def draw(members: range) -> Weights:
            drawn = [factor * w for w in healthy(trial.network, case.seed, case.start[0].dtype, members)]
            return cloned(drawn) if clones else drawn

        return replace(trial, draw=draw, chance=True)

    family = Family("healthy" + ("-scaled" if factor != 1 else "") + ("-cloned" if clones else ""))
    return Change(family, 1.0, apply, (factor,), healthy_name(case.network))


def faster(case: Case, factor: float) -> Change:
    """Another learning rate."""

    def apply(trial: Trial) -> Trial:
        def rates(members: range) -> Array:
            return trial.rates(members) * factor * (1.0 if trial.chance else jitter(case.seed, members))

        return replace(trial, rates=rates, chance=True)

    family = Family.RATE_UP if factor > 1 else Family.RATE_DOWN
    return Change(family, abs(math.log10(factor)), apply, (factor,))


def longer(factor: float) -> Change:
    """More iterations."""
    return Change(
        Family.ITERATIONS,
        math.log10(factor),
        lambda trial: replace(trial, iterations=round(trial.iterations * factor)),
        (factor,),
    )


def long_look(case: Case, factor: float) -> Change:
    """All that keeps the clones at once: other starts of clones, other scales and rates, and very many iterations."""

    def apply(trial: Trial) -> Trial:
        def draw(members: range) -> Weights:
            spread = 10 ** (2 * initializers.uniforms(1, case.seed, members)[0] - 1)
            return cloned([spread * w for w in healthy(trial.network, case.seed, case.start[0].dtype, members)])

        def rates(members: range) -> Array:
            return trial.rates(members) * 10 ** (2 * initializers.uniforms(1, case.seed, members)[1] - 1)

        return replace(trial, draw=draw, rates=rates, iterations=round(trial.iterations * factor), chance=True)

    iterations = round(case.iterations * factor)
    return Change(Family.LONG_LOOK, 9.0, apply, (iterations,), healthy_name(case.network))


def optimized(optimizer: Optimizer, rate: float) -> Change:
    """Another optimizer, with a rate that is customary for it."""
    return Change(
        Family.OPTIMIZER,
        1.0,
        lambda trial: replace(trial, optimizer=optimizer, rates=lambda members: np.full(len(members), rate)),
        (rate,),
        str(optimizer),
    )


def activated(case: Case, activation: str) -> Change:
    """Another activation in the hidden layers, the start the same."""
    names = (*[activation] * (case.network.depth - 1), case.network.activations[-1])
    network = replace(case.network, activations=names)
    return Change(Family.ACTIVATION, 1.0, lambda trial: replace(trial, network=network), name=activation)


def standardised(case: Case) -> Change:
    """Each input with mean 0 and standard deviation 1; one that never changes becomes 0."""
    x = np.asarray(case.x, np.float64)
    deviation = np.std(x, axis=0)
    standard = ((x - np.mean(x, axis=0)) / np.where(deviation > 0, deviation, 1)).astype(case.x.dtype)
    return Change(Family.INPUTS, 1.0, lambda trial: replace(trial, x=standard))


def linear_output(case: Case) -> Change:
    """No activation on the output layer."""
    network = replace(case.network, activations=(*case.network.activations[:-1], "linear"))
    return Change(Family.OUTPUTS, 1.0, lambda trial: replace(trial, network=network))


def targets_in_range(case: Case) -> Change:
    """Targets mapped linearly into the middle of the output activation's range; the target of the cost with them."""
    low, high = {"sigmoid": (0.1, 0.9), "tanh": (-0.8, 0.8), "relu": (0.1, 0.9)}[case.network.activations[-1]]
    y = np.asarray(case.y, np.float64)
    smallest, spread = np.min(y), np.ptp(y) or 1.0
    mapped = (low + (high - low) * (y - smallest) / spread).astype(case.y.dtype)
    target, *_ = target_of(case.network.cost, case.x, mapped)
    return Change(Family.OUTPUTS, 0.5, lambda trial: replace(trial, y=mapped, target=target), (low, high))


def wider(case: Case, factor: int) -> Change:
    """More units in every hidden layer, from the same initializer if it has chance, else from healthy starts."""
    hidden = tuple(max(units * factor, units + 2) for units in case.network.sizes[1:-1])
    network = replace(case.network, sizes=(case.network.sizes[0], *hidden, case.network.sizes[-1]))

    def draw(members: range) -> Weights:
        if case.draw is not None:
            return case.draw(network, members)
        return healthy(network, case.seed, case.start[0].dtype, members)

    return Change(
        Family.WIDER,
        float(factor),
        lambda trial: replace(trial, network=network, draw=draw, chance=True),
        hidden,
        "" if case.draw else healthy_name(network),
    )


def lifted(case: Case) -> Change:
    """Biases of the hidden units raised, layer by layer, until each unit is active on half of the observations."""

    def lift(weights: Weights) -> Weights:
        raised = [w.copy() for w in weights]
        a = np.asarray(case.x)
        for layer in range(case.network.depth - 1):
            z = a @ raised[layer][1:] + raised[layer][0]
            raised[layer][0] -= np.minimum(np.median(z, axis=0), 0) - 1e-3 * (np.median(z, axis=0) < 0)
            a = numerical.activate(case.network.activations[layer], a @ raised[layer][1:] + raised[layer][0])
        return raised

    def apply(trial: Trial) -> Trial:
        def draw(members: range) -> Weights:
            starts = trial.draw(members)
            each = [lift([w[..., number] for w in starts]) for number in range(len(members))]
            return [np.stack(layer, axis=-1) for layer in zip(*each)]

        return replace(trial, draw=draw)

    return Change(Family.LIFT, 0.5, apply)
