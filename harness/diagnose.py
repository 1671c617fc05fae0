"""Why does it not learn? A cause is named only with the runs that prove it.

A hypothesis names a property of the run, and changes that remove this property and nothing else. Each change is made
alone, from the same start, to many members at once (models/ensemble.py), and all are judged by the same target. The
hypothesis is proved where the property is there, and the weakest change that removes it takes at least ``ENOUGH`` of
the members to the target; the change is then run once more on members that were not used before, so that no lucky
draw decides. Changes that did not help are kept: they refute what would be believed without them.

The target cannot be chosen too easy: with the cost C0 of the best constant prediction and the least cost C1 of any
function of the inputs (0 unless the same inputs come with different targets), it is

    C1 + LEARNED (C0 - C1)

so a network must have removed all but a fortieth of what a constant prediction leaves; under a cross-entropy, which
falls for ever as 1 / t, all but a tenth. On the post's data that is a cost of 0.01.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from models import ensemble, handwritten, initializers, numerical
from models.network import Array, Implementation, Network, Weights
from models.optimizers import SGD, Optimizer

from . import symptoms
from .scenario import Scenario
from .symptoms import Course, Symptom

LEARNED = {"squared": 0.025, "cross-entropy": 0.1}
ENOUGH = 0.95  # the share of members that must reach the target
HARDLY = 0.05  # and the share under which hardly any does
HOPELESS = 0.8  # of the constant prediction's cost: what is above that is nothing to be learned
MUCH = 0.1  # of what a constant prediction leaves: a difference in cost that matters
LATE = 4  # times as many iterations as healthy starts need: then a run that learns is asked why it took so long
BUDGET = 30.0  # seconds
MATH_OBSERVATIONS = 32  # on so many is the math judged, which is the same for all
FEWEST_OBSERVATIONS = 64  # of a sample, where there is no time for all
CHANGES = 60  # about so many there are to be made
WRONG = 1e6  # epsilons of the dtype by which wrong gradients are off, relative to the largest; rounding alone is less
MOST_PROOFS = 4  # changes that are tried on fresh members until one helps those too
JITTER = 1.2  # a change of a run without chance is made by this factor more or less, a little other for each member
LONGEST = 1_000_000  # iterations
MOST_MEMBERS, FEWEST_MEMBERS = 256, 16
SCREENING = 2.0  # seconds that a change to all members may take: the fewer members, the larger the network

SECONDS_TO_COMPILE, SECONDS_TO_JUDGE = 1.0, 0.2  # a program; the least run that says how fast this machine is now
# seconds of one multiplication or activation, forward and backward, of one member: measured on two cores, and only
# there to choose how many members are worth the time
SECONDS_A_PRODUCT, SECONDS_AN_ACTIVATION = 6e-10, 1e-9

NOISES = (1e-6, 1e-4, 1e-2, 0.1, 0.3, 1.0)
SCALES_DOWN, SCALES_UP = (0.3, 0.1, 0.03, 0.01), (3.0, 10.0, 30.0)
RATES_UP, RATES_DOWN = (3.0, 10.0, 30.0, 100.0, 1000.0), (0.3, 0.1, 0.03, 0.01, 0.001)
POST_ASKS_AFTER = 1000  # iterations: what the post asks about is the outputs that it prints then

Progress = Callable[[int, int, str], None]
Draw = Callable[[range], Weights]


class Asked(Protocol):
    """What a report says of the run that was asked about."""

    @property
    def name(self) -> str: ...
    @property
    def start_name(self) -> str: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def mistake(self) -> str | None: ...


@dataclass(frozen=True, eq=False)
class Case:
    """A run that somebody asks about.

    Attributes:
        network, x, y: x (observations, inputs), y (observations, outputs).
        start: the weights it starts from, of each layer (inputs + 1, units).
        start_name: what they were made with, "ones" for example.
        draw: other starts of the same initializer, (inputs + 1, units, members); None where there is one only.
        on: the same initializer for another network of the same depth; None where there is one start only.
        learning_rate, iterations, optimizer: of the training.
        seed: of all that is drawn here.
        implementation: the math to judge; None is the hand-written one.
        mistake: what ``harness check`` found wrong with it, in words.
    """

    name: str
    network: Network
    x: Array
    y: Array
    start: Weights
    start_name: str
    draw: Draw | None
    on: Callable[[Network, range], Weights] | None
    learning_rate: float
    iterations: int
    optimizer: Optimizer = SGD
    seed: int = 0
    implementation: Implementation | None = None
    mistake: str | None = None


def case_of(
    scenario: Scenario,
    initializer: str | None = None,
    iterations: int | None = None,
    implementation: Implementation | None = None,
    mistake: str | None = None,
) -> Case:
    """The scenario's run from one of its initializers, by default the first."""
    name = initializer or scenario.initializers[0]
    kernel = initializers.parse(name)
    bias = None if scenario.bias_initializer is None else initializers.parse(scenario.bias_initializer)

    def on(network: Network, members: range) -> Weights:
        return initializers.draw_members(network, kernel, bias, scenario.seed, members, scenario.dtype)

    random = kernel.constant is None or (bias is not None and bias.constant is None)
    return Case(
        scenario.name,
        scenario.network,
        scenario.x,
        scenario.y,
        scenario.start(name),
        name,
        functools.partial(on, scenario.network) if random else None,
        on if random else None,
        scenario.learning_rate,
        scenario.iterations if iterations is None else iterations,
        seed=scenario.seed,
        implementation=implementation,
        mistake=mistake,
    )


def asked_after(name: str, given: Mapping[str, object]) -> int | None:
    """After how many iterations the question is asked of that scenario: of the post where it does, if not told else."""
    return POST_ASKS_AFTER if name == "post" and "iterations" not in given else None


# Targets


def target_of(cost: str, x: Array, y: Array) -> tuple[float, float, float]:
    """(C1 + LEARNED (C0 - C1), C0, C1), see above, for x (observations, inputs) and y (observations, outputs)"""
    constant, floor = symptoms.constant_cost(cost, y), symptoms.pure_error(cost, x, y)
    share = LEARNED["cross-entropy" if cost in symptoms.CLASSIFYING else "squared"]
    if np.ptp(y, axis=0).max() == 0:  # nothing to learn but one answer: outputs a fortieth of its size away will do
        if cost in symptoms.CLASSIFYING:
            return symptoms.cost_of_outputs(cost, y + share * (np.mean(y) - y), y), constant, floor
        return symptoms.cost_of_outputs(cost, y + share * (symptoms.root_mean_square(y) or 1.0), y), constant, floor
    return floor + share * max(constant - floor, 0.0), constant, floor


# Trials: a run of many members, and the changes that make one out of another


@dataclass(frozen=True, eq=False)
class Trial:
    """What many members are to do.

    Attributes:
        draw: their starts.
        rates: their learning rates, (members,).
        target: the cost at or under which one has learned.
        chance: whether the members differ; where they do not, one is all there is.
        math: in place of the ensemble's own math.
    """

    network: Network
    x: Array
    y: Array
    draw: Draw
    rates: Callable[[range], Array]
    iterations: int
    optimizer: Optimizer
    target: float
    chance: bool


@dataclass(frozen=True)
class Change:
    """One thing changed.

    Attributes:
        family: what kind of thing, "rate-up" for example.
        sentence: what was done, for people.
        size: how much was changed; the weakest comes first.
        apply: the trial with it.
        symmetric: whether clones stay clones.
    """

    family: str
    sentence: str
    size: float
    apply: Callable[[Trial], Trial]
    symmetric: bool = True


NO_CHANGE = Change("none", "nothing changed", 0.0, lambda trial: trial)


def also(first: Change, second: Change) -> Change:
    """Both changes, one after the other."""
    return Change(
        f"{first.family} + {second.family}",
        f"{first.sentence}, and {second.sentence}",
        first.size + second.size,
        lambda trial: second.apply(first.apply(trial)),
        first.symmetric and second.symmetric,
    )


def wilson(reached: int, members: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, Probable Inference, the Law of Succession, 1927)."""
    z = 1.959963984540054
    share = reached / members
    middle = (share + z * z / (2 * members)) / (1 + z * z / members)
    half = z / (1 + z * z / members) * math.sqrt(share * (1 - share) / members + z * z / (4 * members * members))
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, eq=False)
class Result:
    """What came of a change.

    Attributes:
        costs: (members,) after the last iteration.
        reached: how many came to the target.
        chance: whether the members differed; the interval of a share is (share, share) where they did not.
    """

    change: Change
    costs: Array
    reached: int
    iterations: int
    chance: bool

    @property
    def members(self) -> int:
        return len(self.costs)

    @property
    def share(self) -> float:
        return self.reached / self.members

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share."""
        return wilson(self.reached, self.members) if self.chance else (self.share, self.share)

    @property
    def median(self) -> float:
        """The median cost; one that is no number counts as infinite."""
        return float(np.quantile(np.where(np.isfinite(self.costs), self.costs, np.inf), 0.5, method="inverted_cdf"))

    @property
    def lowest(self) -> float:
        """The least cost of any member."""
        return float(np.min(np.where(np.isfinite(self.costs), self.costs, np.inf)))

    @property
    def enough(self) -> bool:
        """Whether as many as are needed to name a cause reached the target."""
        return self.share >= ENOUGH


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

    def repeated(members: range) -> Weights:
        return [np.repeat(w[..., None], len(members), axis=-1) for w in case.start]

    return Trial(
        case.network,
        case.x,
        case.y,
        repeated if case.draw is None or unlucky else case.draw,
        lambda members: np.full(len(members), case.learning_rate),
        case.iterations,
        case.optimizer,
        target,
        case.draw is not None and not unlucky,
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

    if shared:
        told = f"the same noise N(0, {stddev:g}²) for all units of a layer: it moves the start, but the clones stay"
        return Change("noise-cloned", told, stddev, apply)
    return Change("noise", f"noise N(0, {stddev:g}²) on every weight: no clones any more", stddev, apply, False)


def scaled(case: Case, factor: float, family: str) -> Change:
    """Every weight and bias times one factor."""

    def apply(trial: Trial) -> Trial:
        def draw(members: range) -> Weights:
            # without chance each member gets a factor of its own; times -1 is exact
            of_member = 1.0 if trial.chance or factor == -1 else jitter(case.seed, members)
            return [(w * (factor * of_member)).astype(w.dtype) for w in trial.draw(members)]

        return replace(trial, draw=draw, chance=trial.chance or factor != -1)

    return Change(family, f"the same start x {factor:g}", abs(math.log10(abs(factor))) or 0.5, apply)


def from_healthy(case: Case, factor: float = 1.0, clones: bool = False) -> Change:
    """Another start: a healthy one, its scale changed, its units made clones."""
    name = healthy_name(case.network)

    def apply(trial: Trial) -> Trial:
        def draw(members: range) -> Weights:
            drawn = [factor * w for w in healthy(trial.network, case.seed, case.start[0].dtype, members)]
            return cloned(drawn) if clones else drawn

        return replace(trial, draw=draw, chance=True)

    told = (
        f"{name} starts" + (f" x {factor:g}" if factor != 1 else "") + (", each layer's units cloned" if clones else "")
    )
    family = "healthy" + ("-scaled" if factor != 1 else "") + ("-cloned" if clones else "")
    return Change(family, told, 1.0, apply, clones)


def faster(case: Case, factor: float, family: str) -> Change:
    """Another learning rate."""

    def apply(trial: Trial) -> Trial:
        def rates(members: range) -> Array:
            return trial.rates(members) * factor * (1.0 if trial.chance else jitter(case.seed, members))

        return replace(trial, rates=rates, chance=True)

    return Change(family, f"learning rate x {factor:g}", abs(math.log10(factor)), apply)


def longer(factor: float) -> Change:
    """More iterations."""
    return Change(
        "iterations",
        f"iterations x {factor:g}",
        math.log10(factor),
        lambda trial: replace(trial, iterations=round(trial.iterations * factor)),
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

    told = f"{healthy_name(case.network)} starts x 0.1 to x 10, each layer's units cloned, rate x 0.1 to x 10"
    return Change("long-look", f"{told}, {round(case.iterations * factor):,} iterations", 9.0, apply)


def optimized(optimizer: Optimizer, rate: float) -> Change:
    """Another optimizer, with a rate that is customary for it."""
    return Change(
        "optimizer",
        f"{optimizer} with a rate of {rate:g}",
        1.0,
        lambda trial: replace(trial, optimizer=optimizer, rates=lambda members: np.full(len(members), rate)),
    )


def activated(case: Case, activation: str) -> Change:
    """Another activation in the hidden layers, the start the same."""
    names = (*[activation] * (case.network.depth - 1), case.network.activations[-1])
    network = replace(case.network, activations=names)
    return Change(
        "activation", f"{activation} in the hidden layers", 1.0, lambda trial: replace(trial, network=network)
    )


def standardised(case: Case) -> Change:
    """Each input with mean 0 and standard deviation 1; one that never changes becomes 0."""
    x = np.asarray(case.x, np.float64)
    deviation = np.std(x, axis=0)
    standard = ((x - np.mean(x, axis=0)) / np.where(deviation > 0, deviation, 1)).astype(case.x.dtype)
    return Change("inputs", "inputs standardised", 1.0, lambda trial: replace(trial, x=standard))


def linear_output(case: Case) -> Change:
    """No activation on the output layer."""
    network = replace(case.network, activations=(*case.network.activations[:-1], "linear"))
    return Change("outputs", "a linear output layer", 1.0, lambda trial: replace(trial, network=network))


def targets_in_range(case: Case) -> Change:
    """Targets mapped linearly into the middle of the output activation's range; the target of the cost with them."""
    low, high = {"sigmoid": (0.1, 0.9), "tanh": (-0.8, 0.8), "relu": (0.1, 0.9)}[case.network.activations[-1]]
    y = np.asarray(case.y, np.float64)
    smallest, spread = np.min(y), np.ptp(y) or 1.0
    mapped = (low + (high - low) * (y - smallest) / spread).astype(case.y.dtype)
    target, *_ = target_of(case.network.cost, case.x, mapped)
    return Change(
        "outputs",
        f"targets mapped into {low:g} to {high:g}",
        0.5,
        lambda trial: replace(trial, y=mapped, target=target),
    )


def wider(case: Case, factor: int) -> Change:
    """More units in every hidden layer, from the same initializer where it has chance, else from healthy starts."""
    hidden = tuple(max(units * factor, units + 2) for units in case.network.sizes[1:-1])
    network = replace(case.network, sizes=(case.network.sizes[0], *hidden, case.network.sizes[-1]))

    def draw(members: range) -> Weights:
        if case.on is not None:
            return case.on(network, members)
        return healthy(network, case.seed, case.start[0].dtype, members)

    told = f"{' and '.join(map(str, hidden))} hidden units" + ("" if case.on else ", healthy starts")
    return Change("wider", told, float(factor), lambda trial: replace(trial, network=network, draw=draw, chance=True))


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

    return Change("lift", "hidden biases raised until every unit is active on half of the observations", 0.5, apply)


# Running


def seconds_a_member(trial: Trial) -> float:
    """What a member is expected to take."""
    sizes = trial.network.sizes
    products = sum(inputs * units for inputs, units in zip(sizes, sizes[1:]))
    work = products * SECONDS_A_PRODUCT + sum(sizes[1:]) * SECONDS_AN_ACTIVATION
    return len(trial.x) * work * trial.iterations


def seconds_together(jobs: Sequence[tuple[Change, Trial, range]]) -> float:
    """What trials are expected to take as one ensemble, which trains whole blocks."""
    block = ensemble.block_size([np.empty((*shape, 1)) for shape in jobs[0][1].network.shapes])
    members = sum(len(members) for _, _, members in jobs)
    return seconds_a_member(jobs[0][1]) * -(-members // block) * block


def members_worth(trial: Trial, seconds: float) -> int:
    """A power of two from ``FEWEST_MEMBERS`` to ``MOST_MEMBERS``."""
    most = max(1.0, seconds / max(seconds_a_member(trial), 1e-12))
    return int(min(max(2 ** int(math.log2(most)), FEWEST_MEMBERS), MOST_MEMBERS))


@dataclass
class Clock:
    """What is left of the budget, and what it did not reach.

    slowness: how many times as long as expected runs take on this machine, now.
    """

    budget: float
    progress: Progress = lambda done, total, what: None
    started: float = field(default_factory=time.monotonic)
    skipped: list[Change] = field(default_factory=list)
    trials: int = 0
    members: int = 0
    slowness: float = 1.0

    @property
    def left(self) -> float:
        """Seconds"""
        return self.budget - (time.monotonic() - self.started)


def together(trial: Trial) -> tuple[object, ...]:
    """What trials must have in common to be run as one ensemble."""
    return trial.network, id(trial.x), id(trial.y), trial.optimizer, trial.iterations


def run_together(jobs: Sequence[tuple[Change, Trial, range]]) -> list[Result]:
    """Trials that have all but starts and rates in common, as one ensemble."""
    first = jobs[0][1]
    starts = [trial.draw(members) for _, trial, members in jobs]
    weights = [np.concatenate(layers, axis=-1) for layers in zip(*starts)]
    rates = np.concatenate([trial.rates(members) for _, trial, members in jobs])
    done = ensemble.outcome(first.network, weights, first.x, first.y, rates, [first.iterations], first.optimizer).costs[
        -1
    ]
    results, taken = [], 0
    for change, trial, members in jobs:
        costs = np.asarray(done[taken : taken + len(members)], np.float64)
        taken += len(members)
        reached = int(np.sum(costs <= trial.target))
        results.append(Result(change, costs, reached, trial.iterations, trial.chance))
    return results


def run_changes(
    base: Trial,
    changes: Iterable[Change],
    clock: Clock,
    seconds: float,
    at_most: float | None = None,
    first_member: int = 0,
) -> list[Result]:
    """Make each change to ``base`` alone, and run them all; those that there is no time for are put by.

    Args:
        seconds: what one change may take.
        at_most: what those that make one ensemble may take; by default what is left of the budget.
        first_member: the number of the first member; others have other draws.
    """
    groups: dict[tuple[object, ...], list[tuple[Change, Trial, range]]] = {}
    for change in changes:
        trial = change.apply(base)
        # however slow the machine is just now: the same question gets the same answer, if the budget is large enough
        members = members_worth(trial, seconds) if trial.chance else 1
        groups.setdefault(together(trial), []).append((change, trial, range(first_member, first_member + members)))

    def run(jobs: list[tuple[Change, Trial, range]]) -> list[Result]:
        most = clock.left if at_most is None else at_most
        most /= clock.slowness
        fitting = next((n for n in range(len(jobs), 0, -1) if seconds_together(jobs[:n]) <= most), 0)
        clock.skipped.extend(change for change, _, _ in jobs[fitting:])
        if not fitting:
            return []
        clock.progress(clock.trials, clock.trials + fitting, jobs[0][0].sentence)
        began, expected = time.monotonic(), seconds_together(jobs[:fitting])
        found = run_together(jobs[:fitting])
        if expected > SECONDS_TO_JUDGE:
            clock.slowness = max(1.0, (time.monotonic() - began - SECONDS_TO_COMPILE) / expected)
        clock.trials += fitting
        clock.members += sum(len(members) for _, _, members in jobs[:fitting])
        return found

    # two at a time: while one is compiled, another runs
    with ThreadPoolExecutor(2) as threads:
        return [result for results in threads.map(run, groups.values()) for result in results]


# The run itself


def recorded_iterations(iterations: int) -> list[int]:
    """Up to about a hundred: evenly spaced, and log-spaced before the first of these."""
    even = {round(iterations * k / 60) for k in range(61)}
    early = {digit * 10**power for power in range(len(str(iterations))) for digit in (1, 2, 5)}
    return sorted(even | {0} | {i for i in early if i < iterations})


def run_course(case: Case, iterations: int, implementation: Implementation | None = None) -> Course:
    """The run as it was asked about, by the given math or else by hand."""
    recorded = recorded_iterations(iterations)
    rate, network = case.learning_rate, case.network
    if implementation is not None:
        path = list(implementation.train(network, case.start, case.x, case.y, rate, recorded))
    else:
        path = list(handwritten.train(network, case.start, case.x, case.y, rate, recorded, case.optimizer))
    # in NumPy: the costs of a hundred points are not worth a compiled program
    with np.errstate(all="ignore"):
        costs = np.array([numerical.forward(network, w, case.x, case.y).cost for w in path])
    return Course(recorded, costs, path)


def first_at(course: Course, target: float) -> int | None:
    """From which recorded iteration on the cost stays at or under the target."""
    above = np.flatnonzero(~(course.costs <= target))
    if not len(above):
        return course.iterations[0]
    return course.iterations[above[-1] + 1] if above[-1] + 1 < len(course.costs) else None


def deadline(case: Case, target: float, seconds: float) -> tuple[int, Result] | None:
    """By which of 1, 2, 5, 10, .. iterations enough healthy starts have learned, and how many; None if never."""
    trial = from_healthy(case).apply(trial_of(case, target))
    members = range(members_worth(trial, seconds))
    stops = [i for i in (d * 10**p for p in range(len(str(case.iterations))) for d in (1, 2, 5)) if i < case.iterations]
    stops.append(case.iterations)
    done = ensemble.outcome(
        case.network, trial.draw(members), case.x, case.y, case.learning_rate, stops, case.optimizer
    ).costs
    for stop, costs in zip(stops, done):
        reached = int(np.sum(costs <= target))
        if reached >= ENOUGH * len(members):
            return stop, Result(from_healthy(case), np.asarray(costs, np.float64), reached, stop, True)
    return None


def gradients_of(case: Case, weights: Weights) -> list[Array]:
    """dC/dw of each layer by hand, (inputs + 1, units)"""
    return handwritten.backward(case.network, weights, case.x, case.y).gradients


def math_error(case: Case) -> float:
    """The largest difference between the judged gradients at the start and numerical ones, relative to their size.

    At the start, and at a healthy one, where nothing is equal and nothing is hidden.
    """
    math = case.implementation or handwritten
    worst = 0.0
    drawn = [w[..., 0] for w in healthy(case.network, case.seed + 1, case.start[0].dtype, range(1))]
    x, y = case.x[:MATH_OBSERVATIONS], case.y[:MATH_OBSERVATIONS]
    for weights in (case.start, drawn):
        found = math.backward(case.network, weights, x, y).gradients
        wanted = numerical.differentiate(case.network, weights, x, y, at_most=200).gradients
        scale = max(float(np.max(np.abs(w))) for w in wanted) or 1.0
        for got, of_layer in zip(found, wanted):
            with np.errstate(invalid="ignore"):
                apart = float(np.max(np.abs(np.asarray(got, np.float64) - of_layer))) / scale
            worst = max(worst, apart if np.isfinite(apart) else 0.0)
    return worst


# Hypotheses


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that is known when the hypotheses are judged.

    Attributes:
        own: the case as it is, many draws of it or its one run.
        results: of every change that was made alone.
        zero_gradient: whether a layer's kernel has gradient 0, exactly, at the start and at the end.
        explosion: how many times larger the gradient is at the start than at healthy starts, in the worst layer.
        math: what the judged math's run came to, and what the right math's did; None where no math was given.
    """

    case: Case
    target: float
    constant: float
    floor: float
    course: Course
    found: Sequence[Symptom]
    own: Result
    results: Sequence[Result]
    zero_gradient: bool
    explosion: float
    math: tuple[float, float] | None = None

    def of(self, *families: str) -> list[Result]:
        """The results of those kinds of changes, the weakest change of the first kind first."""
        return [
            result
            for family in families
            for result in sorted(self.results, key=lambda result: result.change.size)
            if result.change.family == family
        ]

    def enough(self, *families: str) -> list[Result]:
        """The changes of those kinds that take enough members to the target, where too few came by themselves."""
        return [result for result in self.of(*families) if self.helps(result)]

    def helps(self, result: Result) -> bool:
        """Whether it changes the outcome."""
        return result.enough and (not self.own.enough) and result.interval[0] > min(self.own.interval[1], 0.9)

    def layers(self, name: str) -> dict[int, float]:
        """The values of a symptom by layer."""
        return {s.layer: s.value for s in self.found if s.id == name and s.layer and isinstance(s.value, float)}

    def value(self, name: str) -> float | None:
        """The value of a symptom of the whole run."""
        return next((s.value for s in self.found if s.id == name and isinstance(s.value, float)), None)

    def has(self, name: str) -> bool:
        """Whether there is such a symptom."""
        return any(s.id == name for s in self.found)


class Hypothesis(NamedTuple):
    """One cause that is possible.

    id: as in the JSON document. sentence: what it says. present: whether the run has that property at all. proofs: the
    changes that remove it and reach the target, the weakest first. families: all that remove it. remedy: what to do.
    """

    id: str
    sentence: str
    present: Callable[[Evidence], bool]
    proofs: Callable[[Evidence], list[Result]]
    families: tuple[str, ...]
    remedy: str


def by(*families: str) -> Callable[[Evidence], list[Result]]:
    """The proofs by any change of those kinds."""
    return lambda evidence: evidence.enough(*families)


def by_start(*families: str) -> Callable[[Evidence], list[Result]]:
    """The proofs by any change of those kinds; healthy starts only if it is not that they have no clones."""

    def proofs(evidence: Evidence) -> list[Result]:
        cloned = evidence.of("healthy-cloned")
        only_clones = bool(cloned) and cloned[0].share <= HARDLY
        return evidence.enough(*(f for f in families if not (f == "healthy" and only_clones)))

    return proofs


def healthy_starts_learn(evidence: Evidence) -> bool:
    """Whether a healthy start learns with nothing else changed: then rate and iterations are not to blame."""
    return any(result.enough for result in evidence.of("healthy"))


def unscaled(evidence: Evidence) -> bool:
    """Inputs that are far from standardised."""
    scale = next(s.value for s in evidence.found if s.id == "input-scale")
    return isinstance(scale, dict) and symptoms.is_unscaled(scale)


def saturated_from_the_start(evidence: Evidence) -> bool:
    """Half of some layer's activations saturated at the start, and at the end still."""
    start, end = evidence.layers("saturated-at-start"), evidence.layers("saturated")
    return any(share >= 0.5 and end.get(layer, 0.0) >= 0.3 for layer, share in start.items())


def has_zero_gradient(start: Sequence[Array], end: Sequence[Array]) -> bool:
    """Whether some layer's kernel has gradient 0, exactly, at the start and at the end."""
    return any(not np.any(first[1:]) and not np.any(last[1:]) for first, last in zip(start, end))


def dead_from_the_start(evidence: Evidence) -> bool:
    """Half of some relu layer gives 0 on every observation at the start, and not for want of any weights."""
    weights = evidence.course.weights[0]
    return any(share >= 0.5 and np.any(weights[layer - 1]) for layer, share in evidence.layers("dead-at-start").items())


def has_clones(evidence: Evidence) -> bool:
    """Clones in a hidden layer at the start."""
    return evidence.has("clones-at-start")


def clones_proofs(evidence: Evidence) -> list[Result]:
    """Noise helps where the same noise for all units of a layer does not; or healthy starts learn where their clones
    do not. And nothing helps that keeps the clones."""
    if any(evidence.helps(r) and r.change.symmetric for r in evidence.of(*KEEPING_CLONES)):
        return []
    control = {result.change.size: result for result in evidence.of("noise-cloned")}
    found = [
        result
        for result in evidence.enough("noise")
        if result.change.size in control and control[result.change.size].share < 0.5 < result.interval[0]
    ]
    clones = evidence.of("healthy-cloned")
    return found + (evidence.enough("healthy") if clones and clones[0].share <= HARDLY else [])


def deep_and_decaying(evidence: Evidence) -> bool:
    """Four layers or more, and the first gets under a thousandth of the last one's gradient."""
    ratio = evidence.value("gradient-decay-at-start")
    return evidence.case.network.depth >= 4 and ratio is not None and ratio < 1e-3


def out_of_range(evidence: Evidence) -> bool:
    """No output that the output activation can give comes to the target."""
    return symptoms.range_cost(evidence.case.network, evidence.case.y) > evidence.target


def narrow_proofs(evidence: Evidence) -> list[Result]:
    """More units help, where healthy starts of this width do not, with any rate, iterations or optimizer tried."""
    same_width = [r for r in evidence.results if r.change.family != "wider" and "healthy" in r.change.family]
    return [] if any(result.enough for result in same_width) else evidence.enough("wider")


def is_unlearnable(floor: float, constant: float) -> bool:
    """Whether the best function of the inputs hardly does better than the best constant prediction."""
    return floor >= HOPELESS * constant > 0


KEEPING_CLONES = ("mirrored", "scale-down", "scale-up", "rate-up", "rate-down", "iterations", "optimizer")

HYPOTHESES = (
    Hypothesis(
        "wrong-math",
        "the gradients are not those of the cost",
        lambda e: e.math is not None,
        by("math"),
        ("math",),
        "correct the math (harness check names the mistake)",
    ),
    Hypothesis(
        "unlearnable",
        "the same inputs come with different targets, so no function of the inputs fits",
        lambda e: is_unlearnable(e.floor, e.constant),
        lambda e: [],
        (),
        "give inputs that tell these observations apart, or correct the targets",
    ),
    Hypothesis(
        "target-out-of-range",
        "targets lie where the output activation cannot go",
        out_of_range,
        by("outputs"),
        ("outputs",),
        "use a linear output layer, or map the targets into the activation's range",
    ),
    Hypothesis(
        "unscaled-inputs",
        "the inputs' scale or offset is far from that for which starts and rates are made",
        unscaled,
        by("inputs"),
        ("inputs",),
        "standardise the inputs: mean 0 and standard deviation 1 each",
    ),
    Hypothesis(
        "saturation",
        "the activation is flat where the start puts the units",
        saturated_from_the_start,
        by_start("scale-down", "healthy"),
        ("scale-down",),
        "start with smaller weights (glorot_uniform)",
    ),
    Hypothesis(
        "exploding-gradient",
        "the gradient of this start is too large for the rate, and healthy starts' is not",
        lambda e: e.explosion > 30 or e.explosion != e.explosion,
        by_start("scale-down", "healthy"),
        ("scale-down", "healthy"),
        "start with smaller weights (glorot_uniform, for relu he_uniform)",
    ),
    Hypothesis(
        "dead-relu",
        "relu units that are 0 on every observation get no gradient",
        dead_from_the_start,
        by_start("lift", "activation", "healthy"),
        ("lift", "activation", "healthy"),
        "start with biases of 0 and he_uniform weights, or use leaky_relu",
    ),
    Hypothesis(
        "zero-gradient",
        "whole layers get a gradient of exactly 0, so they cannot move",
        lambda e: e.zero_gradient,
        by_start("noise", "healthy"),
        ("noise", "healthy"),
        "start from random weights (glorot_uniform)",
    ),
    Hypothesis(
        "clones",
        "the units of a layer are equal and stay equal, so the network is narrower than it looks",
        has_clones,
        clones_proofs,
        ("noise",),
        "start from random weights (glorot_uniform), so that no two units are the same",
    ),
    Hypothesis(
        "vanishing-gradient",
        "from layer to layer, the gradient shrinks until the first ones get none",
        deep_and_decaying,
        by_start("healthy", "activation"),
        ("healthy", "activation"),
        "use tanh or relu in the hidden layers with a start made for it, or fewer layers",
    ),
    Hypothesis(
        "plateau",
        "the start lies where the cost is flat, and the way off takes longer than the run",
        lambda e: True,
        by_start("mirrored", "scale-down", "scale-up", "healthy"),
        ("mirrored", "scale-down", "scale-up", "healthy"),
        "start elsewhere (glorot_uniform); or go on for longer, or faster, until it leaves the plateau",
    ),
    Hypothesis(
        "learning-rate-too-large",
        "the steps are too large",
        lambda e: not healthy_starts_learn(e),
        by("rate-down"),
        ("rate-down",),
        "lower the learning rate",
    ),
    Hypothesis(
        "learning-rate-too-small",
        "the steps are too small for so many iterations",
        lambda e: not healthy_starts_learn(e),
        by("rate-up"),
        ("rate-up",),
        "raise the learning rate",
    ),
    Hypothesis(
        "too-few-iterations",
        "it would learn with more iterations, and a larger rate does not do instead",
        lambda e: not healthy_starts_learn(e),
        by("iterations"),
        ("iterations",),
        "train for longer",
    ),
    Hypothesis(
        "too-narrow",
        "the hidden layers have too few units for this function",
        lambda e: len(e.case.network.sizes) > 2,
        narrow_proofs,
        ("wider",),
        "give the hidden layers more units",
    ),
)


def changes_of_what_is_there(case: Case, evidence: Evidence) -> list[Change]:
    """Every change that removes something that the run has, or that its start or its rate may be to blame for."""
    changes = [scaled(case, -1, "mirrored")]
    clones, network = has_clones(evidence), case.network
    if clones or evidence.zero_gradient:
        changes += [noise(case, stddev, shared) for stddev in NOISES for shared in (False, True)]
    changes += [scaled(case, factor, "scale-down") for factor in SCALES_DOWN]
    changes += [scaled(case, factor, "scale-up") for factor in SCALES_UP]
    changes.append(from_healthy(case))
    if clones:
        changes.append(from_healthy(case, clones=True))
        changes += [from_healthy(case, factor, both) for factor in (0.1, 0.3, 3.0) for both in (False, True)]
    changes += [faster(case, factor, "rate-up") for factor in RATES_UP]
    changes += [faster(case, factor, "rate-down") for factor in RATES_DOWN]
    if unscaled(evidence):
        changes.append(standardised(case))
    if out_of_range(evidence):
        changes.append(targets_in_range(case))
        if network.cost not in symptoms.CLASSIFYING:
            changes.append(linear_output(case))
    if dead_from_the_start(evidence):
        changes.append(lifted(case))
    if dead_from_the_start(evidence) or deep_and_decaying(evidence):
        changes += other_activations(case)
    return changes


def other_activations(case: Case) -> list[Change]:
    """The hidden activations to try in place of the one there is; none where there is no hidden layer."""
    if case.network.depth == 1:
        return []
    swaps = {"sigmoid": "tanh", "tanh": "relu", "relu": "leaky_relu"}
    return [activated(case, swaps.get(case.network.activations[0], "tanh"))]


def changes_for_the_record(case: Case, done: Iterable[Result]) -> list[Change]:
    """The remedies that folklore has for everything, those left out that were tried already."""
    changes = [longer(10), *(optimized(Optimizer("adam"), rate) for rate in (0.001, 0.01, 0.1)), standardised(case)]
    changes += other_activations(case)
    if case.network.depth > 1:
        changes.append(wider(case, 4))
    tried = {result.change.sentence for result in done}
    return [change for change in changes if change.sentence not in tried]


# The verdict


@dataclass(frozen=True)
class Row:
    """A change and what came of it.

    Attributes:
        hypothesis: the id of the cause that the change removes.
        change: in words.
        before, after: the median cost without and with it.
        share: of the members that came to the target with it; before_share: without it.
        interval: of the share, 95 %.
        members: how many; 1 where there was no chance in it.
        helps: whether enough did.
    """

    hypothesis: str
    change: str
    before: float
    before_share: float
    after: float
    share: float
    interval: tuple[float, float]
    members: int
    helps: bool


@dataclass(frozen=True)
class Cause:
    """A cause, named because of its evidence.

    Attributes:
        confidence: 0 to 1, the lower end of the interval of the share that its removal takes to the target.
        evidence: the changes that remove it and help, the decisive one first, run on fresh members.
        alone: whether its removal alone is enough; else the evidence is of its removal together with the others'.
    """

    id: str
    sentence: str
    confidence: float
    evidence: list[Row]
    remedy: str
    alone: bool


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """All that was found.

    Attributes:
        judged_at: the iteration at which the question is asked.
        learns: whether the run is at the target then.
        course: the whole run. learned_at: since when it is at the target, None if never.
        target, constant, floor: the cost to come to, the best constant prediction's, the least of any function of x.
        own: the case as it is; before it is judged.
        causes: best first; none if it learns, or if nothing was proved.
        refuted: what was tried and did not help. helpful: what helped, and is no cause: a way round it.
        clones: (clones?, scale of a healthy start, result), what separates the two; empty where there are none.
        bound: under which cost no run can come that keeps its clones; None where no such bound holds.
        relation: what the clones are for this failure, in words; None where there are none.
        lucky, late: why a run that learns was asked about all the same.
        math_error: the largest relative difference of the judged gradients from numerical ones; None if not judged.
        wrong: whether that is more than rounding.
        skipped: what the budget did not reach.
    """

    case: Asked
    judged_at: int
    learns: bool
    learned_at: int | None
    target: float
    constant: float
    floor: float
    course: Course
    own: Result
    found: list[Symptom]
    causes: list[Cause]
    refuted: list[Row]
    helpful: list[Row]
    clones: list[tuple[bool, float, Result]]
    bound: float | None
    relation: str | None
    lucky: bool
    late: Result | None
    math_error: float | None
    wrong: bool
    skipped: list[str]
    budget: float
    seconds: float
    trials: int
    members: int
    best_possible: bool = False

    @property
    def remedy(self) -> str | None:
        """What to do, in words."""
        return "; ".join(dict.fromkeys(cause.remedy for cause in self.causes)) or None


FAMILY_OF = {
    "mirrored": "plateau",
    "scale-down": "saturation",
    "scale-up": "plateau",
    "noise": "clones",
    "noise-cloned": "plateau",
    "healthy": "plateau",
    "healthy-cloned": "plateau",
    "healthy-scaled": "plateau",
    "healthy-scaled-cloned": "plateau",
    "long-look": "too-few-iterations",
    "rate-up": "learning-rate-too-small",
    "rate-down": "learning-rate-too-large",
    "iterations": "too-few-iterations",
    "optimizer": "learning-rate-too-small",
    "activation": "vanishing-gradient",
    "inputs": "unscaled-inputs",
    "outputs": "target-out-of-range",
    "wider": "too-narrow",
    "lift": "dead-relu",
    "math": "wrong-math",
}
RANK = {hypothesis.id: rank for rank, hypothesis in enumerate(HYPOTHESES)}
BY_ID = {hypothesis.id: hypothesis for hypothesis in HYPOTHESES}
STARTS = ("saturation", "exploding-gradient", "dead-relu", "zero-gradient", "vanishing-gradient", "plateau")


def blamed(family: str, evidence: Evidence) -> str:
    """The cause that a change of this kind removes, as far as the run has it."""
    cause = FAMILY_OF[family]
    if cause in ("plateau", "saturation"):
        return next(id for id in STARTS if BY_ID[id].present(evidence))
    if family == "noise" and evidence.zero_gradient:
        return "zero-gradient"
    return cause


def row_of(result: Result, own: Result, hypothesis: str, helps: bool) -> Row:
    """A result as it is told."""
    return Row(
        hypothesis,
        result.change.sentence,
        own.median,
        own.share,
        result.median,
        result.share,
        result.interval,
        result.members,
        helps,
    )


def confirmed(base: Trial, evidence: Evidence, result: Result, clock: Clock) -> Result | None:
    """The same change to members that were not used before; None if it does not help those."""
    if not result.chance or result.change.family == "math":
        return result
    again = run_changes(base, [result.change], clock, SCREENING / 2, math.inf, first_member=4 * MOST_MEMBERS)
    return again[0] if again and evidence.helps(again[0]) else None


def proved(base: Trial, evidence: Evidence, clock: Clock) -> list[Cause]:
    """The hypotheses that hold, in the order of ``HYPOTHESES``."""
    causes: list[Cause] = []
    for hypothesis in HYPOTHESES:
        if not hypothesis.present(evidence):
            continue
        # another start takes away all that is wrong with this one: one such cause, the most direct, is proved by it
        if hypothesis.id in STARTS and any(cause.id in STARTS for cause in causes):
            continue
        if hypothesis.id == "plateau" and causes:
            continue
        if hypothesis.id == "unlearnable":
            row = Row(
                "unlearnable", "any function of the inputs", evidence.own.median, evidence.own.share,
                evidence.floor, 0.0, (0.0, 0.0), 1, False,
            )  # fmt: skip
            causes.append(Cause(hypothesis.id, hypothesis.sentence, 1.0, [row], hypothesis.remedy, True))
            continue
        tries = (confirmed(base, evidence, result, clock) for result in hypothesis.proofs(evidence)[:MOST_PROOFS])
        sure = next((result for result in tries if result is not None), None)
        if sure is None:
            continue
        others = [r for r in evidence.of(*hypothesis.families) if evidence.helps(r) and r.change is not sure.change]
        rows = [row_of(r, evidence.own, hypothesis.id, True) for r in (sure, *others)]
        confidence = max((row.interval[0] for row in rows if row.members > 1), default=sure.interval[0])
        causes.append(Cause(hypothesis.id, hypothesis.sentence, confidence, rows, hypothesis.remedy, True))
    return causes


def changes_in_pairs(case: Case, evidence: Evidence) -> list[Change]:
    """Two changes at once, one of each kind that the symptoms make possible; no two that change the network.

    Where there is something to be seen (clones, inputs or targets out of scale, dead units), every pair removes that.
    """
    seen = []
    if has_clones(evidence):
        seen += [noise(case, stddev, False) for stddev in (0.01, 0.3)]
    if unscaled(evidence):
        seen.append(standardised(case))
    if out_of_range(evidence):
        seen.append(targets_in_range(case))
    if dead_from_the_start(evidence):
        seen.append(lifted(case))
    blind = [from_healthy(case), longer(10)]
    blind += [faster(case, factor, "rate-up") for factor in (10.0, 100.0)]
    blind += [faster(case, factor, "rate-down") for factor in (0.1, 0.01)]
    networks = [*other_activations(case), wider(case, 4)] if case.network.depth > 1 else []
    adam = optimized(Optimizer("adam"), 0.01)
    # what changes the network comes first: a start is drawn for the network that there is then
    pairs = [(a, b) for i, a in enumerate(seen) for b in seen[i + 1 :]]
    pairs += [(b, a) for a in seen for b in networks] + [(a, b) for a in seen for b in (*blind, adam)]
    if not seen:
        pairs += [(a, b) for i, a in enumerate(blind) for b in blind[i + 1 :]]
        pairs += [(a, b) for a in networks for b in blind] + [(blind[0], adam)]
    return [also(a, b) for a, b in pairs if a.family.split("-")[0] != b.family.split("-")[0]]


def proved_in_pairs(base: Trial, evidence: Evidence, results: Sequence[Result], clock: Clock) -> list[Cause]:
    """The two causes whose removal together helps; the pair of the most direct ones, if there are several."""

    def ids(result: Result) -> list[str]:
        return sorted((blamed(f, evidence) for f in result.change.family.split(" + ")), key=RANK.__getitem__)

    helping = [
        r
        for r in results
        if evidence.helps(r) and len(set(ids(r))) == 2 and all(BY_ID[id].present(evidence) for id in ids(r))
    ]
    for result in sorted(helping, key=lambda r: (sum(RANK[id] for id in ids(r)), r.change.size)):
        sure = confirmed(base, evidence, result, clock)
        if sure is not None:
            return [
                Cause(
                    id,
                    BY_ID[id].sentence,
                    sure.interval[0],
                    [row_of(sure, evidence.own, id, True)],
                    BY_ID[id].remedy,
                    False,
                )
                for id in ids(sure)
            ]
    return []


def clones_in_words(evidence: Evidence) -> str:
    """Whether the clones are necessary for the failure, and whether they are sufficient for it."""
    loosened = next(iter(clones_proofs(evidence)), None)
    plain = [r for r in evidence.of("healthy-scaled", "healthy") if not r.enough]
    symmetric = [
        r for r in evidence.of(*KEEPING_CLONES, "healthy-cloned", "healthy-scaled-cloned", "long-look") if r.reached
    ]
    if loosened is not None:
        necessary = f"necessary for the failure (without them, {loosened.share:.1%} learn: {loosened.change.sentence})"
    elif plain:
        worst = min(plain, key=lambda r: r.share)
        necessary = (
            f"not necessary for the failure ({worst.change.sentence}, no clones among them: {worst.share:.0%} learn)"
        )
    else:
        best = max(evidence.of("noise"), key=lambda r: r.share, default=None)
        told = "" if best is None else f" ({best.change.sentence}: {best.share:.0%} learn)"
        necessary = f"not necessary for the failure: breaking them does not help{told}"
    if symmetric:
        best = max(symmetric, key=lambda r: r.share)
        sufficient = f"not sufficient for it ({best.change.sentence}, all clones: {best.share:.0%} learn)"
    else:
        sufficient = "sufficient for it (nothing that kept them helped)"
    told = f"the clones are {necessary}, and {sufficient}"
    apart, cloned = evidence.of("healthy"), evidence.of("healthy-cloned")
    if apart and cloned and apart[0].interval[0] > cloned[0].interval[1]:
        told += f"; they make it harder: of the same {healthy_name(evidence.case.network)} draws "
        told += f"{apart[0].share:.1%} learn as they are, and {cloned[0].share:.1%} with their units cloned"
    return told


def is_best_possible(evidence: Evidence) -> bool:
    """It missed the target by little, and nothing that was tried does much better.

    So it is with noisy targets: what is left is noise, and whoever trains for longer or wider fits that too.
    """
    final, constant = float(evidence.course.costs[-1]), evidence.constant
    needed = {"healthy", "rate-up", "iterations"} | ({"wider"} if evidence.case.network.depth > 1 else set())
    tried = {r.change.family for r in evidence.results}
    if not needed <= tried or out_of_range(evidence) or not evidence.target < final <= 0.5 * constant:
        return False
    fair = [r.median for r in evidence.results if r.change.family != "outputs" and np.isfinite(r.median)]
    best = min(fair)
    return final - best <= MUCH * (constant - best)


def explosion(case: Case) -> float:
    """How many times larger the gradient is at the start than at healthy starts, in the layer where it is most."""
    drawn = healthy(case.network, case.seed, case.start[0].dtype, range(8))
    usual = np.median(
        [symptoms.gradient_sizes(gradients_of(case, [w[..., k] for w in drawn])) for k in range(8)], axis=0
    )
    own = np.array(symptoms.gradient_sizes(gradients_of(case, case.start)))
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.max(np.where(usual > 0, own / usual, 0)))


def judge(
    case: Case, course: Course, target: float, unlucky: bool, own: Result, clock: Clock, right: Course | None
) -> tuple[Evidence, list[Cause], Trial]:
    """Test every hypothesis: the evidence, the causes, and the trial that all changes were made to."""
    network, x, y = case.network, case.x, case.y
    base = trial_of(case, target, unlucky)
    gradients = [gradients_of(case, weights) for weights in (course.weights[0], course.weights[-1])]
    _, constant, floor = target_of(network.cost, x, y)
    found = symptoms.data_symptoms(network, x, y, floor)
    found += symptoms.run_symptoms(network, course, x, y, *gradients)
    math = None if right is None else (float(course.costs[-1]), float(right.costs[-1]))
    zero = has_zero_gradient(*gradients)
    evidence = Evidence(case, target, constant, floor, course, found, own, [], zero, explosion(case), math)
    each = min(SCREENING / 8, clock.budget / 200)
    if right is None and is_unlearnable(floor, constant) and course.costs[-1] <= target + 0.05 * constant:
        return evidence, proved(base, evidence, clock), base  # it does what can be done: no other cause to look for
    results = run_changes(base, changes_of_what_is_there(case, evidence), clock, each)
    if right is not None:
        cost = np.array([right.costs[-1]])
        change = Change("math", "the right math, with nothing else changed", 0.0, lambda trial: trial)
        results.append(Result(change, cost, int(cost[0] <= target), case.iterations, False))
    evidence = replace(evidence, results=results)
    causes = proved(base, evidence, clock)
    # with a cause found, the others are tried where they cost little
    results += run_changes(
        base, changes_for_the_record(case, results), clock, each, clock.budget / 30 if causes else None
    )
    if right is None and is_best_possible(evidence):
        return evidence, [], base
    if not causes:
        causes = proved(base, evidence, clock)
    if not causes:
        harder = [longer(100)] + ([wider(case, 16)] if case.network.depth > 1 else [])
        results += run_changes(base, harder, clock, each, clock.left / 3)
        causes = proved(base, evidence, clock)
    if not causes:
        pairs = run_changes(base, changes_in_pairs(case, evidence), clock, each / 2)
        results += pairs
        causes = proved_in_pairs(base, evidence, pairs, clock)
    if any(cause.id == "clones" for cause in causes) and case.iterations < LONGEST:
        # what clones can never do is worth a long look
        look = long_look(case, LONGEST / case.iterations)
        if seconds_a_member(look.apply(base)) * MOST_MEMBERS * clock.slowness < clock.left:
            results += run_changes(base, [look], clock, SCREENING)
        else:
            clock.skipped.append(look)
    return evidence, causes, base


def wrong_math_alone(evidence: Evidence) -> Cause:
    """Wrong math is a fact, also where to correct it is not enough; all other changes were made to the right math."""
    hypothesis = BY_ID["wrong-math"]
    rows = [row_of(result, evidence.own, "wrong-math", False) for result in evidence.of("math")]
    return Cause(hypothesis.id, hypothesis.sentence, 1.0, rows, hypothesis.remedy, False)


def told_rows(evidence: Evidence, causes: Sequence[Cause]) -> tuple[list[Row], list[Row]]:
    """(what did not help, what helped and is no named cause's evidence)"""
    used = {row.change for cause in causes for row in cause.evidence}
    refuted: list[Row] = []
    helpful: list[Row] = []
    for result in evidence.results:
        families = result.change.family.split(" + ")
        helps = evidence.helps(result)
        if result.change.sentence in used or (len(families) > 1 and not helps):
            continue
        row = row_of(result, evidence.own, blamed(families[0], evidence), helps)
        (helpful if helps else refuted).append(row)
    return refuted, helpful


def two_by_two(evidence: Evidence) -> list[tuple[bool, float, Result]]:
    """(clones?, scale, result) of the healthy starts, each draw with its units cloned and not."""
    scales = {"healthy": 1.0, "healthy-cloned": 1.0}
    found = []
    for result in evidence.of("healthy", "healthy-cloned", "healthy-scaled", "healthy-scaled-cloned"):
        name = result.change.family
        scale = scales.get(name) or float(result.change.sentence.split(" x ")[1].split(",")[0])
        found.append((name.endswith("cloned"), scale, result))
    return found if any(clones for clones, _, _ in found) else []


def sampled(case: Case, budget: float) -> Case:
    """The case on as many observations, drawn at random, as leave time for every change; on all where they do."""
    needed = CHANGES * FEWEST_MEMBERS * seconds_a_member(trial_of(case, 0.0))
    count = max(FEWEST_OBSERVATIONS, int(len(case.x) * budget / 2 / max(needed, 1e-9)))
    if count >= len(case.x):
        return case
    chosen = np.sort(np.random.default_rng(case.seed).permutation(len(case.x))[:count])
    return replace(case, x=case.x[chosen], y=case.y[chosen])


@contextlib.contextmanager
def many_programs() -> Iterator[None]:
    """Without TensorFlow's warning that a function is traced again and again: each network is a program of its own."""
    logger = logging.getLogger("tensorflow")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


@many_programs()
def diagnose(case: Case, budget: float = BUDGET, progress: Progress = lambda done, total, what: None) -> Diagnosis:
    """Find out why the case does not learn.

    Args:
        case: the run.
        budget: seconds that trials may take; what it does not reach is told.
        progress: called with (trials done, trials known of, what is running).

    Raises:
        ValueError: shapes that do not fit.
    """
    clock = Clock(budget, progress)
    target, constant, floor = target_of(case.network.cost, case.x, case.y)
    progress(0, 1, "the run itself")
    error = math_error(case)
    wrong = error > WRONG * float(np.finfo(case.start[0].dtype).eps)
    course = run_course(case, case.iterations, case.implementation)
    right = run_course(case, case.iterations) if case.implementation is not None and (wrong or case.mistake) else None
    learned_at = first_at(course, target)
    learns, judged_at = learned_at is not None, case.iterations
    final, whole = course.costs[-1:], len(case.x)
    case = sampled(case, budget)
    left_out = [] if len(case.x) == whole else [f"{whole - len(case.x)} of {whole} observations"]
    if left_out:
        target, constant, floor = target_of(case.network.cost, case.x, case.y)

    own = alone = Result(NO_CHANGE, final, int(learns), case.iterations, False)
    if case.draw is not None and case.implementation is None:
        (own,) = run_changes(trial_of(case, target), [NO_CHANGE], clock, SCREENING / 8, math.inf)
    unlucky = not learns and own.share >= 0.5
    if unlucky:
        own = alone
    lucky = learns and own.chance and own.interval[1] < 0.5
    late: Result | None = None
    if learned_at is not None and not lucky and right is None:
        healthy_ones = deadline(case, target, SCREENING / 8)
        if healthy_ones is not None and learned_at > LATE * healthy_ones[0]:
            judged_at, late = healthy_ones
            case = replace(case, iterations=judged_at)
            (own,) = run_changes(trial_of(case, target), [NO_CHANGE], clock, SCREENING / 8, math.inf)
            late = None if own.reached else late

    hopeless = is_unlearnable(floor, constant)
    learns = learns and not hopeless
    refuted: list[Row] = []
    helpful: list[Row] = []
    asked = (not learns) or lucky or late is not None or right is not None
    same = late is None and not left_out
    judged = (
        course if same or not asked else run_course(case, judged_at, None if right is None else case.implementation)
    )
    causes: list[Cause] = []
    table: list[tuple[bool, float, Result]] = []
    relation, best_possible = None, False
    if asked:
        evidence, causes, _ = judge(case, judged, target, unlucky, own, clock, right)
        if right is not None and not any(cause.id == "wrong-math" for cause in causes):
            causes = [wrong_math_alone(evidence), *(replace(cause, alone=False) for cause in causes)]
        found = list(evidence.found)
        refuted, helpful = told_rows(evidence, causes)
        table = two_by_two(evidence)
        relation = clones_in_words(evidence) if has_clones(evidence) and evidence.of("noise") else None
        best_possible = not causes and is_best_possible(evidence)
    else:
        gradients = [gradients_of(case, weights) for weights in (course.weights[0], course.weights[-1])]
        found = symptoms.data_symptoms(case.network, case.x, case.y, floor)
        found += symptoms.run_symptoms(case.network, course, case.x, case.y, *gradients)
    return Diagnosis(
        case,
        judged_at,
        learns or best_possible,
        learned_at,
        target,
        constant,
        floor,
        course,
        own,
        found,
        causes,
        refuted,
        helpful,
        table,
        symptoms.clone_bound(case.network, case.start, case.x, case.y),
        relation,
        lucky,
        late,
        error,
        wrong,
        [*left_out, *(change.sentence for change in clock.skipped)],
        budget,
        time.monotonic() - clock.started,
        clock.trials,
        clock.members,
        best_possible,
    )
