"""Making the runs: many members of a trial at once, within a budget of time, and the one run that was asked about."""

from __future__ import annotations

import contextlib
import functools
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from ...comparison.trace import PIECE, take_whole
from ...measures.symptoms import Course
from ...models import ensemble, handwritten, numerical
from ...models.batches import pieces
from ...models.network import Array, Weights, block_size, weight_of_piece
from ...models.training import Training
from ...scenario.effort import FEWEST_MEMBERS, pass_seconds
from ..cluster import do_in_order
from ..scenario_changes import ENOUGH, Change, Result
from .case import Case
from .changes import Trial, from_healthy, healthy, trial_of

MATH_OBSERVATIONS = 32  # that the math is judged on; it is the same for all
MOST_MEMBERS = 256
FEWEST_IN_BATCHES = 4  # members, if fewer observations save no time: the intervals of 4 of 4 and 0 of 4 are apart

SECONDS_TO_COMPILE = 0.3  # of one program

FORWARD = 1 / 3  # of an iteration's work
EVENLY_RECORDED, A_DECADE = 60, 16  # iterations of a course that are recorded, and of each decade before the first

Progress = Callable[[int, int, Change | None], None]
Job = tuple[Change, Trial, range]  # a change, the trial with it, and the members to train


# Running


def seconds_a_member(trial: Trial) -> float:
    """What a member is expected to take: its iterations, and the cost of all observations at the end."""
    return pass_seconds(trial.network) * (trial.batch_size * trial.iterations + len(trial.x) * FORWARD)


def seconds_an_observation(trial: Trial) -> float:
    """What of that each observation more takes: mini-batches stay as large."""
    return pass_seconds(trial.network) * (FORWARD + (trial.iterations if trial.batches is None else 0))


def seconds_together(jobs: Sequence[Job]) -> float:
    """What trials are expected to take as one ensemble, which trains whole blocks."""
    block = block_size(jobs[0][1].network, "float64")
    members = sum(len(members) for _, _, members in jobs)
    return seconds_a_member(jobs[0][1]) * -(-members // block) * block


def members_worth(trial: Trial, seconds: float) -> int:
    """A power of two from ``FEWEST_MEMBERS``, with mini-batches from ``FEWEST_IN_BATCHES``, to ``MOST_MEMBERS``."""
    most = max(1.0, seconds / max(seconds_a_member(trial), 1e-12))
    fewest = FEWEST_MEMBERS if trial.batches is None else FEWEST_IN_BATCHES
    return int(min(max(2 ** int(math.log2(most)), fewest), MOST_MEMBERS))


@dataclass
class Budget:
    """What trainings may take, in seconds of a quiet machine, and what of it is spent.

    Trainings are counted by their expected seconds, not timed, so that the same question gets the same answer on a
    loaded machine.
    """

    seconds: float
    progress: Progress = lambda done, total, what: None
    started: float = field(default_factory=time.monotonic)
    skipped: list[Change] = field(default_factory=list)
    trials: int = 0
    spent: float = 0.0

    @property
    def left(self) -> float:
        """Seconds"""
        return self.seconds - self.spent


def together(trial: Trial) -> tuple[object, ...]:
    """What trials must have in common to be run as one ensemble."""
    return trial.network, id(trial.x), id(trial.y), trial.optimizer, trial.iterations


@dataclass
class Stop:
    """Ends trainings that other threads of this process are in the middle of, and can be sent to a worker."""

    is_asked: bool = False

    def ask(self) -> None:
        """Let every training end before its next call of the compiled program."""
        self.is_asked = True

    def check(self) -> None:
        """Raise CancelledError if it was asked for."""
        if self.is_asked:
            raise CancelledError


def train_together(jobs: Sequence[tuple[Trial, range]], stop: Stop) -> Array:
    """The last costs of the members of trials that have all but starts and rates in common, as one ensemble."""
    first, _ = jobs[0]
    starts = [trial.draw(members) for trial, members in jobs]
    weights = [np.concatenate(layers, axis=-1) for layers in zip(*starts)]
    rates = np.concatenate([trial.rates(members) for trial, members in jobs])
    training = Training(rates, optimizer=first.optimizer, recorded=[first.iterations], batches=first.batches)
    outcome = ensemble.outcome(first.network, weights, first.x, first.y, training, stop.check)
    return np.asarray(outcome.costs[-1], np.float64)


def results_of(jobs: Sequence[Job], costs: Array) -> Iterator[Result]:
    """The result of each of the trials that were trained together."""
    taken = 0
    for change, trial, members in jobs:
        own = costs[taken : taken + len(members)]
        taken += len(members)
        yield Result(change, own, int(np.sum(own <= trial.target)), trial.chance, trial.iterations)


def run_changes(
    base: Trial,
    changes: Iterable[Change],
    budget: Budget,
    seconds: float,
    at_most: float | None = None,
    first_member: int = 0,
) -> list[Result]:
    """Make each change to ``base`` alone, and run them all; those that do not fit into the budget are skipped.

    Args:
        seconds: what one change may take.
        at_most: what those that make one ensemble may take; by default what is left of the budget.
        first_member: the number of the first member; others have other draws.
    """
    groups: dict[tuple[object, ...], list[Job]] = {}
    for change in changes:
        trial = change.apply(base)
        members = members_worth(trial, seconds) if trial.chance else 1
        groups.setdefault(together(trial), []).append((change, trial, range(first_member, first_member + members)))
    ensembles = []
    for jobs in groups.values():
        most = budget.left if at_most is None else at_most
        fitting = next((n for n in range(len(jobs), 0, -1) if seconds_together(jobs[:n]) <= most), 0)
        budget.skipped.extend(change for change, _, _ in jobs[fitting:])
        if fitting:
            ensembles.append(jobs[:fitting])
            budget.spent += SECONDS_TO_COMPILE + seconds_together(jobs[:fitting])

    results: list[Result] = []
    with contextlib.ExitStack() as stack:
        threads, stop = ThreadPoolExecutor(2), Stop()  # here two at a time: while one is compiled, another runs
        # an interrupt is answered before what is being compiled has been
        stack.callback(threads.shutdown, wait=False, cancel_futures=True)
        stack.callback(stop.ask)
        parts = [[(trial, members) for _, trial, members in jobs] for jobs in ensembles]
        done = do_in_order(functools.partial(train_together, stop=stop), parts, here=threads.map)
        for jobs in ensembles:
            budget.progress(budget.trials, budget.trials + len(jobs), jobs[0][0])
            results += results_of(jobs, next(done))
            budget.trials += len(jobs)
    return results


# The run itself


def recorded_iterations(iterations: int) -> list[int]:
    """Up to about a hundred: evenly spaced, and log-spaced before the first of these, for a smooth curve."""
    even = {round(iterations * k / EVENLY_RECORDED) for k in range(EVENLY_RECORDED + 1)}
    early = {round(10 ** (k / A_DECADE)) for k in range(A_DECADE * len(str(iterations)))}
    return sorted(even | {0} | {i for i in early if i * EVENLY_RECORDED < iterations})


def training_of(case: Case, recorded: Sequence[int]) -> Training:
    """How the case is trained."""
    return Training(case.learning_rate, recorded=recorded, batches=case.batches)


def run_course(case: Case, iterations: int) -> Course:
    """The run as it was asked about, by hand."""
    recorded = recorded_iterations(iterations)
    network = case.network
    path = list(handwritten.train(network, case.start, case.x, case.y, training_of(case, recorded)))
    # in NumPy: the costs of a hundred points are not worth a compiled program
    with np.errstate(all="ignore"):
        costs = np.array([take_whole(numerical.forward, network, w, case.x, case.y).cost for w in path])
    return Course(iterations=recorded, costs=costs, weights=path)


def first_at(course: Course, target: float) -> int | None:
    """From which recorded iteration on the cost stays at or under the target."""
    above = np.flatnonzero(~(course.costs <= target))
    if not len(above):
        return course.iterations[0]
    return course.iterations[above[-1] + 1] if above[-1] + 1 < len(course.costs) else None


def deadline(case: Case, target: float, seconds: float) -> Result | None:
    """By which of 1, 2, 5, 10, .. iterations enough healthy starts have learned, and how many; None if never."""
    trial = from_healthy(case).apply(trial_of(case, target))
    members = range(members_worth(trial, seconds))
    stops = [i for i in (d * 10**p for p in range(len(str(case.iterations))) for d in (1, 2, 5)) if i < case.iterations]
    stops.append(case.iterations)
    done = ensemble.outcome(case.network, trial.draw(members), case.x, case.y, training_of(case, stops)).costs
    for stop, costs in zip(stops, done):
        reached = int(np.sum(costs <= target))
        if reached >= ENOUGH * len(members):
            return Result(from_healthy(case), np.asarray(costs, np.float64), reached, True, stop)
    return None


def gradients_of(case: Case, weights: Weights) -> list[Array]:
    """dC/dw of each layer by hand, (inputs + 1, units), for all observations; in pieces if they are many"""
    network, observations = case.network, len(case.x)
    total = [np.zeros_like(w) for w in weights]
    for piece in pieces(observations, max(1, PIECE // max(network.sizes))):
        x, y = case.x[piece], case.y[piece]
        share = weight_of_piece(network.cost, len(x), observations)
        gradients = handwritten.backward(network, weights, x, y).gradients
        total = [t + np.asarray(share, t.dtype) * g for t, g in zip(total, gradients)]
    return total


def math_error(case: Case) -> float:
    """The largest difference between the gradients by hand and numerical ones, relative to their size.

    At the start, and at a healthy one, where nothing is equal and nothing is hidden.
    """
    worst = 0.0
    drawn = [w[..., 0] for w in healthy(case.network, case.seed + 1, case.start[0].dtype, range(1))]
    x, y = case.x[:MATH_OBSERVATIONS], case.y[:MATH_OBSERVATIONS]
    for weights in (case.start, drawn):
        gradients = handwritten.backward(case.network, weights, x, y).gradients
        wanted = numerical.differentiate(case.network, weights, x, y, at_most=200).gradients
        scale = max(float(np.max(np.abs(w))) for w in wanted) or 1.0
        for got, of_layer in zip(gradients, wanted):
            with np.errstate(invalid="ignore"):
                apart = float(np.max(np.abs(np.asarray(got, np.float64) - of_layer))) / scale
            worst = max(worst, apart if np.isfinite(apart) else 0.0)
    return worst
