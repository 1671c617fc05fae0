"""The comparison itself: every setup computes the case, every pair is judged, and first differences are explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from ..progress import Progress, silent
from ..results import Result
from .case import Case
from .configs import random_layers, without_draws
from .jobs import OUTCOME, START, UPDATES, steps_of
from .judge import Difference, differences_of
from .outcomes import ScoreDifference, Scores, accuracies_of, compare_scores
from .quantities import Kind
from .reasons import Reason, Search, Side
from .results import Computed
from .setups import Setup, is_installed
from .workers import Failed, Workers


class Problem(Enum):
    """Why a setup has no result."""

    NOT_INSTALLED = "not-installed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # Ctrl-C came before it was computed


class Place(Enum):
    """Where two setups part."""

    LAYER = "layer"  # the output or the gradient of a layer, or weights that no gradient changes
    LOSS = "loss"
    OPTIMIZER = "optimizer"  # gradients agree, and the weights after an update do not


@dataclass(frozen=True, kw_only=True)
class SetupRun:
    """One setup."""

    setup: Setup  # which
    version: str = ""  # of the backend; "" without a result
    is_compiled: bool = False  # whether the backend's compiler was used
    problem: Problem | None = None  # why there is no result; None if there is one
    detail: str = ""  # of the problem, one line
    scores: Scores | None = None  # of the trainings; None if there were none


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two setups."""

    # left, right: which
    left: Setup
    right: Setup
    differences: Sequence[Difference]  # every quantity that both computed, in the order of computation
    # of the first difference; empty if no known one was proven, None if Ctrl-C ended the search
    reasons: tuple[Reason, ...] | None = ()
    # the first difference when layers draw random numbers; None if no layer does, or if it makes none
    draws: Difference | None = None
    scores: ScoreDifference | None = None  # of the trainings; None if there were none

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

    def largest_of_outputs(self, layer: str) -> Difference | None:
        """The largest relative difference of the outputs of a layer; None if it was not compared."""
        outputs = (Kind.INFERENCE_OUTPUT, Kind.TRAINING_OUTPUT)
        return _largest(d for d in self.differences if d.quantity.layer == layer and d.quantity.kind in outputs)

    def largest_of_weights(self, updates: int, layer: str | None = None) -> Difference | None:
        """The largest relative difference of the weights of a layer, or of all, after some updates; None if unknown."""
        return _largest(
            d
            for d in self.differences
            if d.quantity.kind is Kind.WEIGHT and d.quantity.updates == updates and layer in (None, d.quantity.layer)
        )


def _largest(differences: Iterable[Difference]) -> Difference | None:
    """The largest relative difference; None of none."""
    return max(differences, key=lambda difference: difference.relative, default=None)


Judged = Callable[[Pair], None]


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
        interrupted: whether Ctrl-C ended it; then it holds what had been computed.
        log_dir: folder of the logs; None if nothing was logged.
    """

    name: str
    runs: Sequence[SetupRun]
    pairs: Sequence[Pair]
    layers: Sequence[str]
    batch_rows: int
    seeds: int
    training_updates: int
    random_layers: Sequence[str]
    interrupted: bool = False
    log_dir: str | None = None

    @property
    def agrees(self) -> bool:
        """Whether all setups that were computed agree."""
        return all(pair.agrees for pair in self.pairs)

    @property
    def is_judged(self) -> bool:
        """Whether there was a pair to compare, and every installed setup was computed."""
        missing = {run.problem for run in self.runs} & {Problem.FAILED, Problem.INTERRUPTED}
        return bool(self.pairs) and not missing and not self.interrupted


def unheard(pair: Pair) -> None:
    """Do nothing with a pair before the end."""


def compare_setups(
    case: Case, setups: Sequence[Setup], progress: Progress = silent, judged: Judged = unheard
) -> BackendComparison:
    """Compare one case in several setups.

    After Ctrl-C the result holds what is done, and says that it was interrupted.

    Args:
        case: what every setup computes.
        setups: two or more.
        progress: called with (steps done, steps in all, what is computed).
        judged: called with each pair as soon as it is judged.
    """
    with Workers() as workers:
        return compare_cases([(setup, case) for setup in setups], workers, progress, judged)


def compare_cases(
    sides: Sequence[tuple[Setup, Case]], workers: Workers, progress: Progress = silent, judged: Judged = unheard
) -> BackendComparison:
    """Compare setups that have a case each.

    Args:
        sides: each setup once, with its case.
        workers: to compute with; after Ctrl-C they have ended.
        progress, judged: see ``compare_setups``.
    """
    return Comparing(sides, workers, progress, judged).run()


class Comparing:
    """A comparison as it goes on.

    Each setup is computed and judged with those before it. The trainings come last: they are what takes longest, and
    show only what follows from the differences.
    """

    def __init__(
        self, sides: Sequence[tuple[Setup, Case]], workers: Workers, progress: Progress, judged: Judged
    ) -> None:
        """See ``compare_cases``."""
        self.sides, self.workers, self.progress, self.judged = sides, workers, progress, judged
        self.held = _without_draws([case for _, case in sides])
        self.runs: dict[Setup, SetupRun] = {}
        self.pairs: list[Pair] = []
        self.done: list[Side] = []
        self.drawn: dict[Setup, Computed] = {}
        self.step, self.steps = 0, sum(self._steps(case) for setup, case in sides if is_installed(setup.backend))

    def run(self) -> BackendComparison:
        """Compare, until the end or until Ctrl-C."""
        interrupted = False
        try:
            for setup, case in self.sides:
                self.runs[setup] = self._computed(setup, case)
                if self.runs[setup].problem is None:
                    *before, last = self.done
                    for side in before:
                        self._judge(side, last)
            for setup, case in self.sides:
                if case.starts and self.runs[setup].problem is None:
                    self.runs[setup] = self._trained(setup, case)
        except KeyboardInterrupt:
            self.workers.kill()  # they are in the middle of their work
            interrupted = True
        first = self.sides[0][1]
        return BackendComparison(
            name=first.name,
            runs=[self.runs.get(setup, SetupRun(setup=setup, problem=Problem.INTERRUPTED)) for setup, _ in self.sides],
            pairs=[replace(pair, scores=self._score_difference(pair)) for pair in self.pairs],
            layers=_layers_of(self.done),
            batch_rows=len(first.batches[0]),
            seeds=len(first.starts),
            training_updates=len(first.starts[0].batches) if first.starts else 0,
            random_layers=random_layers(first.model),
            interrupted=interrupted,
        )

    def _draws(self, case: Case) -> bool:
        """Whether layers of a case draw random numbers, and are kept from it."""
        return self.held[id(case)] is not case

    def _steps(self, case: Case) -> int:
        """How many steps a setup has."""
        parts = [(START, UPDATES), *([(START,)] if self._draws(case) else []), *([(OUTCOME,)] if case.starts else [])]
        return sum(steps_of(part, case) for part in parts)

    def _compute(self, setup: Setup, case: Case, *parts: str) -> Computed:
        """Compute parts of a case, and count the steps.

        Raises:
            Failed: the setup cannot compute it.
        """
        end = self.step + steps_of(parts, case)

        def say(what: str) -> None:
            self.progress(self.step, self.steps, f"{setup.name}: {what}")
            self.step += 1

        try:
            return self.workers.compute(setup, case, say, parts=parts)
        finally:
            self.step = end

    def _computed(self, setup: Setup, case: Case) -> SetupRun:
        """What became of a setup; what it computed is added to those that are done."""
        if not is_installed(setup.backend):
            return SetupRun(setup=setup, problem=Problem.NOT_INSTALLED)
        held = self.held[id(case)]
        try:
            computed = self._compute(setup, held, START, UPDATES)
            if self._draws(case):
                self.drawn[setup] = self._compute(setup, case, START)
        except Failed as failed:
            return SetupRun(setup=setup, problem=Problem.FAILED, detail=str(failed))
        self.done.append(Side(setup=setup, case=held, computed=computed))
        return SetupRun(setup=setup, version=computed.version, is_compiled=computed.is_compiled)

    def _trained(self, setup: Setup, case: Case) -> SetupRun:
        """A setup with the scores of its trainings."""
        run = self.runs[setup]
        try:
            return replace(run, scores=_scores(self._compute(setup, case, OUTCOME), case))
        except Failed as failed:
            return replace(run, problem=Problem.FAILED, detail=str(failed))

    def _judge(self, left: Side, right: Side) -> None:
        """Judge one pair, and search for the reasons of its first difference."""
        pair = self._pair(left, right)
        self.pairs.append(pair)  # kept without reasons if Ctrl-C ends the search

        def say(what: str) -> None:
            self.progress(self.step, self.steps, f"why {left.setup.name} and {right.setup.name} differ: {what}")

        if pair.first is not None:
            pair = replace(pair, reasons=Search(left, right, pair.first, self.workers, say).reasons())
            self.pairs[-1] = pair
        self.judged(pair)

    def _pair(self, left: Side, right: Side) -> Pair:
        """The verdict on two setups before reasons are searched for."""
        computed = {side.setup: side.computed for side in (left, right)}
        pair = Pair(left=left.setup, right=right.setup, differences=differences_of(computed, left.setup, right.setup))
        if left.setup in self.drawn and right.setup in self.drawn:
            with_draws = replace(pair, differences=differences_of(self.drawn, left.setup, right.setup))
            pair = replace(pair, draws=with_draws.first)
        return pair if pair.first is None else replace(pair, reasons=None)

    def _score_difference(self, pair: Pair) -> ScoreDifference | None:
        """How far the scores of two setups are apart; None if one was not trained."""
        left, right = self.runs[pair.left].scores, self.runs[pair.right].scores
        return None if left is None or right is None else compare_scores(left, right)


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
