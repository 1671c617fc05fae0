"""Somebody's own file as a case: its math is checked first, and a mistake is put into the run that is asked about.

The run is not made with the file itself, which may be slow or have no training loop, but with the pass of mistakes.py
and the mistake that ``check`` found, which reproduces every number that the file gave.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...checking import by_name as check
from ...checking.by_name import backprop, mistakes
from ...checking.by_name.backprop import Problem, Steps
from ...checking.by_name.observe import Options, Purpose
from ...errors import BadInput
from ...models import numerical
from ...models.network import Array, Backward, Forward, Network, Weights
from ...models.training import Training
from ...scenario.scenario import Scenario
from .case import Case, case_of


class Mistaken:
    """The hand-written pass with a mistake in it, by the contract of ``models.network.Implementation``."""

    def __init__(self, steps: Steps, form: str) -> None:
        self.steps, self.form = steps, form

    def problem(self, network: Network, weights: Weights, x: Array, y: Array, learning_rate: float) -> Problem:
        """The problem as mistakes.py has it; its outputs are asked for by cost functions only."""
        return Problem(network, weights, x, y, learning_rate, self.form, y)

    def forward(self, network: Network, weights: Weights, x: Array, y: Array) -> Forward:
        """See ``network.Implementation``."""
        s = backprop.forward(self.steps, self.problem(network, weights, x, y, 0.0))
        return Forward(s.z, s.a[1:], numerical.forward(network, weights, x, y).cost)

    def backward(self, network: Network, weights: Weights, x: Array, y: Array) -> Backward:
        """See ``network.Implementation``."""
        s = backprop.forward(self.steps, self.problem(network, weights, x, y, 0.0))
        return Backward(None, backprop.backward(s))

    def update(self, network: Network, weights: Weights, x: Array, y: Array, training: Training) -> Weights:
        """See ``network.Implementation``; gradient descent only."""
        return self.descended(network, weights, x, y, training)[0]

    def descended(
        self, network: Network, weights: Weights, x: Array, y: Array, training: Training, along: Any = None
    ) -> tuple[Weights, Any]:
        """The weights after one update, and what the mistake carries along to the next."""
        problem = self.problem(network, weights, x, y, float(np.asarray(training.learning_rate)))
        return backprop.descend(self.steps, problem, along)

    def train(self, network: Network, weights: Weights, x: Array, y: Array, training: Training) -> Iterator[Weights]:
        """See ``network.Implementation``; gradient descent only."""
        along, reached = None, 0
        for iteration in training.recorded:
            for done in range(reached, iteration):
                rows = slice(None) if training.batches is None else training.batches.rows(len(x), done)
                weights, along = self.descended(network, weights, x[rows], y[rows], training, along)
            reached = iteration
            yield weights


def steps_of(report: check.Report, network: Network) -> Steps | None:
    """The pass with the mistakes that were named; None where none was, or where this network cannot have it."""
    if not report.named:
        return None
    steps = backprop.STEPS
    for id, detail in zip(report.named[0].ids, report.named[0].details):
        ways = [way for way in mistakes.planted(network) if way.id == id]
        same = [way for way in ways if way.detail == detail] or ways
        if not same:
            return None
        steps = same[0].change(steps)
    return steps


def case_of_file(path: Path, scenario: Scenario, iterations: int | None = None) -> Case:
    """The scenario's run with the math of the file.

    Raises:
        BadInput: the file cannot be judged.
    """
    form = scenario.network.cost
    activations = scenario.network.activations
    purpose = Purpose(activations[0], activations[-1], form)
    report = check.check_file(path, Options(purposes=(purpose,), scenario=scenario))
    if report.verdict == check.ERROR:
        raise BadInput(f"{path}: its math cannot be judged: {' '.join(report.explanations)}")
    case = case_of(scenario, iterations=iterations)
    if report.verdict == check.CORRECT:
        return replace(case, name=f"{path.name} on {scenario.name}")
    told = f"{path.name}: {' '.join(report.explanations)}"
    steps = steps_of(report, scenario.network)
    implementation = None if steps is None else Mistaken(steps, form)
    return replace(case, name=f"{path.name} on {scenario.name}", implementation=implementation, mistake=told)
