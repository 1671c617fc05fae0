"""What is likely of a hand-written network that is not trained: its start, its layers, and its rate."""

from __future__ import annotations

import dataclasses

from ...models.costs import COSTS
from ...programs.findings import Check
from ...programs.unjudged import Unjudged, read_unjudged
from .program import keras_program
from .reading import ReadNetwork

FAR_TOO_LARGE = 10.0  # a learning rate under a cross-entropy
# what depends on the number of observations or updates: numbers that were made up say nothing about it
OF_NUMBERS = frozenset({Check.SMALL_LEARNING_RATE, Check.FEW_EPOCHS})


def read_handwritten(read: ReadNetwork, name: str, *, needed_budget: float | None = None) -> Unjudged:
    """What is likely of a network that was read, without a training.

    Args:
        read: what the file trains.
        name: of the file.
        needed_budget: seconds that trainings would take, if they are too slow; else only its data keep it from them.
    """
    found = read_unjudged(keras_program(read, name), needed_budget=needed_budget)
    return dataclasses.replace(
        found,
        likely=tuple(one for one in found.likely if is_shown(one.finding.check, read)),
        contradictions=tuple(one for one in found.contradictions if is_shown(one.check, read)),
    )


def is_shown(check: Check, read: ReadNetwork) -> bool:
    """Whether what was read shows a finding.

    The gradients of many files are sums over observations and outputs, and those of squared errors are small: there a
    rate that is large for the mean may be right.
    """
    if check is Check.LARGE_LEARNING_RATE:
        return COSTS[read.rule.cost].is_classifying and read.rule.rate > FAR_TOO_LARGE
    return check not in OF_NUMBERS
