"""The comparison itself: every setup computes the case, every pair is judged, and first differences are explained."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from ..results import Result
from .case import Case
from .configs import random_layers, without_draws
from .jobs import OUTCOME, START
from .judge import Difference, differences_of
from .outcomes import ScoreDifference, Scores, accuracies_of, compare_scores
from .quantities import Kind
from .reasons import Reason, Search, Side
from .results import Computed
from .setups import Setup, is_installed
from .workers import Failed, Workers

# (done, in all, setup and what it computes): called as the work goes on
Progress = Callable[[int, int, str], None]


class Problem(Enum):
    """Why a setup has no result."""

    NOT_INSTALLED = "not-installed"
    FAILED = "failed"


class Place(Enum):
    """Where two setups part."""

    LAYER = "layer"  # the output or the gradient of a layer, or weights that no gradient changes
    LOSS = "loss"
    OPTIMIZER = "optimizer"  # gradients agree, and the weights after an update do not


@dataclass(frozen=True, kw_only=True)
class SetupRun:
    """One setup.

    Attributes:
        setup: which.
        version: of the backend; "" without a result.
        is_compiled: whether the backend's compiler was used.
        problem: why there is no result; None if there is one.
        detail: of the problem, one line.
        scores: of the trainings; None if there were none.
    """

    setup: Setup
    version: str = ""
    is_compiled: bool = False
    problem: Problem | None = None
    detail: str = ""
    scores: Scores | None = None


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two setups.

    Attributes:
        left, right: which.
        differences: every quantity that both computed, in the order of computation.
        reasons: of the first difference; empty if no known one was proven.
        draws: the first difference when layers draw random numbers; None if no layer does, or if it makes none.
        scores: of the trainings; None if there were none.
    """

    left: Setup
    right: Setup
    differences: Sequence[Difference]
    reasons: tuple[Reason, ...] = ()
    draws: Difference | None = None
    scores: ScoreDifference | None = None

    @property
    def agrees(self) -> bool:
        """Whether rounding explains every difference."""
        return self.first is None

    @property
    def first(self) -> Difference | None:
        """The first difference, in the order of computation, that rounding does not explain."""
        return next((difference for difference in self.differences if not difference.agrees), None)

    @property
    def place(self) -> Place | None:
        """Where the two part; None if they do not."""
        first = self.first
        if first is None:
            return None
        quantity = first.quantity
        if quantity.kind is Kind.LOSS:
            return Place.LOSS
        trained = {(d.quantity.layer, d.quantity.weight) for d in self.differences if d.quantity.kind is Kind.GRADIENT}
        if quantity.kind is Kind.WEIGHT and (quantity.layer, quantity.weight) in trained:
            return Place.OPTIMIZER
        return Place.LAYER

    def largest_of_outputs(self, layer: str) -> float | None:
        """The largest relative difference of the outputs of a layer; None if it was not compared."""
        outputs = (Kind.INFERENCE_OUTPUT, Kind.TRAINING_OUTPUT)
        found = [d.relative for d in self.differences if d.quantity.layer == layer and d.quantity.kind in outputs]
        return max(found, default=None)

    def largest_of_weights(self, updates: int, layer: str | None = None) -> float | None:
        """The largest relative difference of the weights of a layer, or of all, after some updates; None without."""
        found = [
            d.relative
            for d in self.differences
            if d.quantity.kind is Kind.WEIGHT and d.quantity.updates == updates and layer in (None, d.quantity.layer)
        ]
        return max(found, default=None)


@dataclass(frozen=True, kw_only=True)
class BackendComparison(Result):
    """The same network computed several ways.

    Attributes:
        name: of the network.
        runs: every setup that was asked for.
        pairs: of those that computed it.
        layers: paths, in the order of computation.
        batch_rows: of the batch of outputs and gradients.
        seeds: trainings of each setup.
        training_updates: of each.
        random_layers: layers that draw random numbers, and were kept from it in the comparison.
        log_dir: folder of the logs; None without.
    """

    name: str
    runs: Sequence[SetupRun]
    pairs: Sequence[Pair]
    layers: Sequence[str]
    batch_rows: int
    seeds: int
    training_updates: int
    random_layers: Sequence[str]
    log_dir: str | None = None

    @property
    def agrees(self) -> bool:
        """Whether all setups that were computed agree."""
        return all(pair.agrees for pair in self.pairs)

    @property
    def is_judged(self) -> bool:
        """Whether there was a pair to compare, and every installed setup was computed."""
        return bool(self.pairs) and not any(run.problem is Problem.FAILED for run in self.runs)


def silent(done: int, total: int, what: str) -> None:
    """Show no progress."""


def compare_setups(case: Case, setups: Sequence[Setup], progress: Progress = silent) -> BackendComparison:
    """Compare one case in several setups.

    Args:
        case: what every setup computes.
        setups: two or more.
        progress: called with (setups done, setups in all, what is computed).
    """
    with Workers() as workers:
        return compare_cases([(setup, case) for setup in setups], workers, progress)


def compare_cases(
    sides: Sequence[tuple[Setup, Case]], workers: Workers, progress: Progress = silent
) -> BackendComparison:
    """Compare setups of which each has a case of its own.

    Args:
        sides: each setup once, with its case.
        workers: to compute with.
        progress: called with (setups done, setups in all, what is computed).
    """
    held = _without_draws([case for _, case in sides])
    runs: list[SetupRun] = []
    done: list[Side] = []
    drawn: dict[Setup, Computed] = {}
    for number, (setup, case) in enumerate(sides):

        def say(what: str, number: int = number, name: str = setup.name) -> None:
            progress(number, len(sides), f"{name}: {what}")

        if not is_installed(setup.backend):
            runs.append(SetupRun(setup=setup, problem=Problem.NOT_INSTALLED))
            continue
        try:
            computed = workers.compute(setup, held[id(case)], say)
            if held[id(case)] is not case:
                drawn[setup] = workers.compute(setup, case, say, parts=(START,))
            scores = _scores(workers.compute(setup, case, say, parts=(OUTCOME,)), case) if case.starts else None
        except Failed as failed:
            runs.append(SetupRun(setup=setup, problem=Problem.FAILED, detail=str(failed)))
            continue
        runs.append(SetupRun(setup=setup, version=computed.version, is_compiled=computed.is_compiled, scores=scores))
        done.append(Side(setup=setup, case=held[id(case)], computed=computed))
    scores_of = {run.setup: run.scores for run in runs}

    def say_why(what: str) -> None:
        progress(len(sides), len(sides), f"why they differ: {what}")

    pairs = [_pair(left, right, drawn, scores_of, workers, say_why) for left, right in itertools.combinations(done, 2)]
    first = sides[0][1]
    return BackendComparison(
        name=first.name,
        runs=runs,
        pairs=pairs,
        layers=_layers_of(done),
        batch_rows=len(first.batches[0]),
        seeds=len(first.starts),
        training_updates=len(first.starts[0].batches) if first.starts else 0,
        random_layers=random_layers(first.model),
    )


def _without_draws(cases: Sequence[Case]) -> dict[int, Case]:
    """By the id of each case: itself, or one whose random layers are kept from drawing."""
    held: dict[int, Case] = {}
    for case in cases:
        if id(case) not in held:
            held[id(case)] = replace(case, model=without_draws(case.model)) if random_layers(case.model) else case
    return held


def _layers_of(sides: Sequence[Side]) -> list[str]:
    """Paths of the layers, in the order of computation."""
    quantities = [quantity for side in sides for quantity in side.computed.values]
    return list(dict.fromkeys(q.layer for q in quantities if q.kind is Kind.INFERENCE_OUTPUT))


def _scores(computed: Computed, case: Case) -> Scores:
    """The scores of the trainings of one setup."""
    assert computed.outcome is not None
    assert case.held_y is not None
    return Scores(losses=computed.outcome.losses, accuracies=accuracies_of(computed.outcome.predictions, case.held_y))


def _pair(
    left: Side,
    right: Side,
    drawn: Mapping[Setup, Computed],
    scores: Mapping[Setup, Scores | None],
    workers: Workers,
    progress: Callable[[str], None],
) -> Pair:
    """The verdict on two setups."""
    computed = {side.setup: side.computed for side in (left, right)}
    ours, theirs = scores[left.setup], scores[right.setup]
    pair = Pair(
        left=left.setup,
        right=right.setup,
        differences=differences_of(computed, left.setup, right.setup),
        scores=None if ours is None or theirs is None else compare_scores(ours, theirs),
    )
    if left.setup in drawn and right.setup in drawn:
        with_draws = replace(pair, differences=differences_of(drawn, left.setup, right.setup))
        pair = replace(pair, draws=with_draws.first)
    if pair.first is None:
        return pair
    return replace(pair, reasons=Search(left, right, pair.first, workers, progress).reasons())
