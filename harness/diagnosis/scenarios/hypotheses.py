"""What may keep a network from learning: when it is there, which changes remove it and nothing else, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...measures import baseline, symptoms
from ...measures.symptoms import Course, Symptoms
from ...models.network import Array
from ...models.optimizers import Optimizer
from ..faults import Fault
from ..scenario_changes import Change, Family, Result
from .case import Case
from .changes import (
    activated,
    faster,
    from_healthy,
    lifted,
    linear_output,
    longer,
    noise,
    optimized,
    scaled,
    standardised,
    targets_in_range,
    wider,
)

HARDLY = 0.05  # share of members up to which hardly any learns
HOPELESS = 0.8  # of the cost of a constant prediction: if no function of the inputs does better, nothing is learned

NOISES = (1e-6, 1e-4, 1e-2, 0.1, 0.3, 1.0)
SCALES_DOWN, SCALES_UP = (0.3, 0.1, 0.03, 0.01), (3.0, 10.0, 30.0)
RATES_UP, RATES_DOWN = (3.0, 10.0, 30.0, 100.0, 1000.0), (0.3, 0.1, 0.03, 0.01, 0.001)


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that is known when the hypotheses are judged."""

    case: Case
    target: float
    constant: float
    floor: float
    course: Course
    symptoms: Symptoms
    own: Result  # the case as it is, many draws of it or its one run
    results: list[Result]  # of every change that was made alone
    zero_gradient: bool  # whether a layer's kernel has gradient 0, exactly, at the start and at the end
    explosion: float  # how many times larger the gradient is at the start than at healthy starts, in the worst layer

    def of(self, *families: Family) -> list[Result]:
        """The results of those kinds of changes, the weakest change of the first kind first."""
        return [
            result
            for family in families
            for result in sorted(self.results, key=lambda result: result.change.size)
            if result.change.family == family
        ]

    def helps(self, result: Result) -> bool:
        """Whether it changes the outcome."""
        return result.enough and (not self.own.enough) and result.interval[0] > min(self.own.interval[1], 0.9)


class Hypothesis(NamedTuple):
    """One cause that is possible.

    fault: what it is called. present: whether the run has that property at all. families: the kinds of changes that
    remove it, the most direct first. is_proof: whether one that helps proves it, beside what its controls came to.
    beside: kinds of changes that have to do with it and prove nothing.
    """

    fault: Fault
    present: Callable[[Evidence], bool]
    families: tuple[Family, ...]
    is_proof: Callable[[Evidence, Result], bool] = lambda evidence, result: True
    beside: tuple[Family, ...] = ()

    def proofs(self, evidence: Evidence) -> list[Result]:
        """The changes that remove it and help, the weakest first."""
        return [r for r in evidence.of(*self.families) if evidence.helps(r) and self.is_proof(evidence, r)]


def only_clones_fail(evidence: Evidence) -> bool:
    """Whether healthy starts hardly learn with their units cloned: that they have none is then what helps."""
    cloned = evidence.of(Family.HEALTHY_CLONED)
    return bool(cloned) and cloned[0].share <= HARDLY


def is_another_start(evidence: Evidence, result: Result) -> bool:
    """Whether a change helps by more of the start than that there are no clones."""
    return result.change.family is not Family.HEALTHY or not only_clones_fail(evidence)


def no_healthy_start_learns(evidence: Evidence) -> bool:
    """Whether rate and iterations may be to blame: a healthy start that learns, all else equal, acquits them."""
    return not any(result.enough for result in evidence.of(Family.HEALTHY))


def unscaled(evidence: Evidence) -> bool:
    """Inputs that are far from standardised."""
    return evidence.symptoms.inputs.doubt >= 1


def saturated_from_the_start(evidence: Evidence) -> bool:
    """Half of some layer's activations saturated at the start, and at the end still."""
    layers = zip(evidence.symptoms.start, evidence.symptoms.end)
    return any(start.saturated >= 0.5 and end.saturated >= 0.3 for start, end in layers)


def has_zero_gradient(start: Sequence[Array], end: Sequence[Array]) -> bool:
    """Whether some layer's kernel has gradient 0, exactly, at the start and at the end."""
    return any(not np.any(first[1:]) and not np.any(last[1:]) for first, last in zip(start, end))


def explodes(evidence: Evidence) -> bool:
    """The gradient is many times as large as at healthy starts, or not a number."""
    return evidence.explosion > 30 or evidence.explosion != evidence.explosion


def dead_from_the_start(evidence: Evidence) -> bool:
    """Half of some relu layer gives 0 on every observation at the start, and not for want of any weights."""
    layers = zip(evidence.symptoms.start, evidence.course.weights[0])
    return any(start.dead >= 0.5 and np.any(weights) for start, weights in layers)


def parts_clones(evidence: Evidence, result: Result) -> bool:
    """Whether a change helps because it parts clones.

    Noise does if the same noise for all units of a layer does not help; healthy starts do if their clones fail. Nothing
    may help that keeps the clones.
    """
    if any(evidence.helps(other) and other.change.symmetric for other in evidence.of(*KEEPING_CLONES)):
        return False
    if result.change.family is Family.HEALTHY:
        return only_clones_fail(evidence)
    controls = [other for other in evidence.of(Family.NOISE_CLONED) if other.change.size == result.change.size]
    return bool(controls) and controls[0].share < 0.5 < result.interval[0]


def deep_and_decaying(evidence: Evidence) -> bool:
    """Four layers or more, and the first gets under a thousandth of the last one's gradient."""
    sizes = [layer.gradient for layer in evidence.symptoms.start]
    return evidence.case.network.depth >= 4 and sizes[0] < 1e-3 * sizes[-1]


def out_of_range(evidence: Evidence) -> bool:
    """No output that the output activation can give comes to the target."""
    return symptoms.range_cost(evidence.case.network, evidence.case.y) > evidence.target


def needs_units(evidence: Evidence, result: Result) -> bool:
    """Whether no healthy start of this width learns, with any rate, iterations or optimizer tried."""
    healthy = [r for r in evidence.results if any(change.block == "healthy" for change in r.change.single)]
    return not any(other.enough for other in healthy)


def is_unlearnable(floor: float, constant: float) -> bool:
    """Whether the best function of the inputs hardly does better than the best constant prediction."""
    return floor >= HOPELESS * constant > 0


F = Family
KEEPING_CLONES = (F.MIRRORED, F.SCALE_DOWN, F.SCALE_UP, F.RATE_UP, F.RATE_DOWN, F.ITERATIONS, F.OPTIMIZER)
CONTROLS = (F.NOISE_CLONED, F.HEALTHY_CLONED, F.HEALTHY_SCALED, F.HEALTHY_SCALED_CLONED)  # starts that prove nothing

# the most direct cause first
HYPOTHESES = (
    Hypothesis(Fault.CONTRADICTORY_TARGETS, lambda e: is_unlearnable(e.floor, e.constant), ()),
    Hypothesis(Fault.TARGET_OUT_OF_RANGE, out_of_range, (F.OUTPUTS,)),
    Hypothesis(Fault.UNSCALED_INPUTS, unscaled, (F.INPUTS,)),
    Hypothesis(Fault.SATURATION, saturated_from_the_start, (F.SCALE_DOWN, F.HEALTHY), is_another_start),
    Hypothesis(Fault.EXPLODING_GRADIENT, explodes, (F.SCALE_DOWN, F.HEALTHY), is_another_start),
    Hypothesis(Fault.DEAD_RELU, dead_from_the_start, (F.LIFT, F.ACTIVATION, F.HEALTHY), is_another_start),
    Hypothesis(Fault.ZERO_GRADIENT, lambda e: e.zero_gradient, (F.NOISE, F.HEALTHY), is_another_start),
    Hypothesis(Fault.CLONES, lambda e: e.symptoms.has_clones, (F.NOISE, F.HEALTHY), parts_clones),
    Hypothesis(Fault.VANISHING_GRADIENT, deep_and_decaying, (F.HEALTHY, F.ACTIVATION), is_another_start),
    Hypothesis(
        Fault.PLATEAU, lambda e: True, (F.MIRRORED, F.SCALE_DOWN, F.SCALE_UP, F.HEALTHY), is_another_start, CONTROLS
    ),
    Hypothesis(Fault.RATE_TOO_LARGE, no_healthy_start_learns, (F.RATE_DOWN,)),
    Hypothesis(Fault.RATE_TOO_SMALL, no_healthy_start_learns, (F.RATE_UP,), beside=(F.OPTIMIZER,)),
    Hypothesis(Fault.TOO_FEW_EPOCHS, no_healthy_start_learns, (F.ITERATIONS,), beside=(F.LONG_LOOK,)),
    Hypothesis(Fault.TOO_NARROW, lambda e: e.case.network.depth > 1, (F.WIDER,), needs_units),
)
RANK = {hypothesis.fault: rank for rank, hypothesis in enumerate(HYPOTHESES)}
BY_FAULT = {hypothesis.fault: hypothesis for hypothesis in HYPOTHESES}


def blamed(family: Family, evidence: Evidence) -> Fault:
    """The cause that a change of this kind has to do with, the most direct one that the run has."""
    related = [one for one in HYPOTHESES if family in (*one.families, *one.beside)]
    return next((one for one in related if one.present(evidence)), related[-1]).fault


def changes_of_what_is_there(case: Case, evidence: Evidence) -> list[Change]:
    """Every change that removes something that the run has, or that its start or its rate may be to blame for."""
    changes = [scaled(case, -1)]
    clones, network = evidence.symptoms.has_clones, case.network
    if clones or evidence.zero_gradient:
        changes += [noise(case, stddev, shared) for stddev in NOISES for shared in (False, True)]
    changes += [scaled(case, factor) for factor in SCALES_DOWN]
    changes += [scaled(case, factor) for factor in SCALES_UP]
    changes.append(from_healthy(case))
    if clones:
        changes.append(from_healthy(case, clones=True))
        changes += [from_healthy(case, factor, both) for factor in (0.1, 0.3, 3.0) for both in (False, True)]
    changes += [faster(case, factor) for factor in RATES_UP]
    changes += [faster(case, factor) for factor in RATES_DOWN]
    if unscaled(evidence):
        changes.append(standardised(case))
    if out_of_range(evidence):
        changes.append(targets_in_range(case))
        if network.cost not in baseline.CLASSIFYING:
            changes.append(linear_output(case))
    if dead_from_the_start(evidence):
        changes.append(lifted(case))
    if dead_from_the_start(evidence) or deep_and_decaying(evidence):
        changes += other_activations(case)
    return changes


def other_activations(case: Case) -> list[Change]:
    """The hidden activations to try in place of the present one; none without a hidden layer."""
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
    tried = {result.change for result in done}
    return [change for change in changes if change not in tried]
