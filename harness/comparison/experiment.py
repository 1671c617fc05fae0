"""The main job: train every implementation of a scenario from the same starts and compare all that they computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import ModuleType

import numpy as np

from ..measures.baseline import constant_cost
from ..models import handwritten, numerical, sequential, tape
from ..models.devices import device_name
from ..models.network import Array, Network, Weights
from ..models.training import Training
from ..progress import Progress, silent
from ..results import Result
from ..scenario.effort import REFEREE_WORK
from ..scenario.scenario import Scenario
from . import post, rounding
from .differences import Comparison, compare_traces
from .post import Claim, RecoveredRate
from .trace import COST, Quantity, Run, Trace, Whole, quantities, take, take_whole

IMPLEMENTATIONS: dict[str, ModuleType] = {"handwritten": handwritten, "tape": tape, "sequential": sequential}
DRAWN = "handwritten"  # recorded at more iterations than are compared, because that is quick in NumPy
REFEREE = "numerical"

# a run, as soon as it is over
Finished = Callable[[Run], None]


@dataclass(frozen=True, kw_only=True)
class Experiment(Result):
    """All that a comparison found.

    Attributes:
        runs: every implementation from every start, the first at ``scenario.drawn``, the others at
            ``scenario.recorded``.
        comparisons: every pair of runs from one start, every quantity that both offer, every iteration of
            ``scenario.recorded``; and every run with the referee.
        not_offered: for each implementation the names of the quantities that it does not give.
        constant_cost: the cost of the best prediction that takes no notice of the inputs.
        device: that TensorFlow trained on.
        recovered_rate: the learning rate that the forum question does not state, if the scenario is its network.
        claims: every figure that the forum question prints, beside the measured one; empty for other scenarios.
        log_dir: the folder that the runs were logged to; None if nothing was logged.
    """

    scenario: Scenario
    runs: list[Run]
    comparisons: list[Comparison]
    not_offered: dict[str, list[str]]
    constant_cost: float
    device: str
    recovered_rate: RecoveredRate | None = None
    claims: Sequence[Claim] = ()
    log_dir: str | None = None

    def folder_of(self, run: Run) -> str:
        """The name of the folder that a run is logged to.

        Implementations that agree share the folder of their initializer: their curves would lie on each other.
        """
        return run.initializer if run.implementation == DRAWN or self.implementations_agree else run.name

    @property
    def implementations_agree(self) -> bool:
        """Whether every comparison does."""
        return all(comparison.difference.agrees for comparison in self.comparisons)

    @property
    def agrees(self) -> bool:
        """Whether every comparison does, and every figure that the forum question prints."""
        return self.implementations_agree and all(claim.agrees for claim in self.claims)


def train_run(name: str, scenario: Scenario, initializer: str, finished: Finished | None) -> Run:
    """Train one implementation of the scenario from one start and trace its recorded iterations.

    An interrupt goes on to the caller, but not before what was recorded is handed to ``finished``. Its traces have been
    computed by then, so that an interrupt is answered soon.
    """
    implementation, network, rate = IMPLEMENTATIONS[name], scenario.network, scenario.learning_rate
    x, y, batches = scenario.x, scenario.y, scenario.batches
    weights: list[Weights] = []
    traces: list[Trace] = []
    wholes: list[Whole] = []
    iterations = scenario.drawn if name == DRAWN else scenario.recorded
    training = Training(rate, recorded=iterations, batches=batches)
    path = implementation.train(network, scenario.start(initializer), x, y, training)
    try:
        for iteration, recorded in zip(iterations, path):
            trace = take(implementation, network, recorded, *scenario.batch(iteration), rate)
            if batches is not None:
                wholes.append(take_whole(implementation.forward, network, recorded, x, y))
            # one that is computed later keeps its observations until then, of mini-batches a copy each
            is_computed_later = finished is None and batches is None
            traces.append(trace if is_computed_later else dict(trace))
            weights.append(recorded)
    finally:
        complete = len(weights)  # an interrupt may come between two of them
        run = Run(
            implementation=name,
            initializer=initializer,
            recorded=iterations[:complete],
            weights=weights,
            traces=traces[:complete],
            wholes=wholes[:complete],
        )
        if finished is not None:
            finished(run)
    return run


def referee_trace(network: Network, weights: Weights, x: Array, y: Array) -> tuple[Trace, dict[Quantity, float]]:
    """What the referee says of an iteration from ``weights``, and by how much its gradients may be off themselves."""
    entries = max(1, REFEREE_WORK // (len(x) * sum(network.sizes)))
    derivatives = numerical.differentiate(network, weights, x, y, at_most=entries)
    forward = numerical.forward(network, weights, x, y)
    trace: dict[Quantity, Array] = {}
    errors: dict[Quantity, float] = {}
    for layer, (z, a) in enumerate(zip(forward.z or [], forward.a), start=1):
        trace[Quantity("z", layer)], trace[Quantity("a", layer)] = z, a
    trace[COST] = np.asarray(forward.cost)
    for layer in reversed(network.layers):
        quantity = Quantity("gradient", layer)
        trace[quantity], errors[quantity] = derivatives.gradients[layer - 1], derivatives.errors[layer - 1]
    return trace, errors


def with_referee(scenario: Scenario, run: Run, iteration: int) -> Iterator[Comparison]:
    """A recorded iteration of the run against the referee, from the run's own weights."""
    place, rate = run.place(iteration), scenario.learning_rate
    weights = run.weights[place]
    x, y = scenario.batch(iteration)
    bounds = rounding.bounds(scenario.network, weights, rounding.no_error(weights), x, y, rate, scenario.dtype)
    trace, errors = referee_trace(scenario.network, weights, x, y)
    for quantity, error in errors.items():
        bounds[quantity] = bounds[quantity] + error
    for difference in compare_traces(run.traces[place], trace, bounds, scenario.dtype):
        yield Comparison(
            left=run.implementation,
            right=REFEREE,
            initializer=run.initializer,
            iteration=iteration,
            difference=difference,
        )


def drifted_bounds(scenario: Scenario, path: Sequence[Weights]) -> list[rounding.Bounds]:
    """The bounds at each recorded iteration, for implementations whose weights have drifted apart since the start."""
    network, rate, dtype = scenario.network, scenario.learning_rate, scenario.dtype

    def bounds(weights: Weights, off: Sequence[Array], iteration: int) -> rounding.Bounds:
        return rounding.bounds(network, weights, off, *scenario.batch(iteration), rate, dtype)

    def of_update(weights: Weights, iteration: int) -> list[Array]:
        known = bounds(weights, rounding.no_error(weights), iteration)
        return [known[Quantity("weights", layer)] for layer in network.layers]

    def train(weights: Weights, begin: int, end: int) -> Weights:
        batches = None if scenario.batches is None else scenario.batches.starting_at(begin)
        training = Training(rate, recorded=[end - begin], batches=batches)
        (reached,) = handwritten.train(network, weights, scenario.x, scenario.y, training)
        return reached

    drift = rounding.drift(train, of_update, scenario.recorded, path)
    return [bounds(w, off, iteration) for w, off, iteration in zip(path, drift, scenario.recorded)]


def compare_runs(scenario: Scenario, runs: Sequence[Run]) -> Iterator[Comparison]:
    """Every pair of runs from one start, and every run with the referee."""
    bounds = drifted_bounds(scenario, [runs[0].weights[runs[0].place(iteration)] for iteration in scenario.recorded])
    for left, right in combinations(runs, 2):
        for iteration, allowed in zip(scenario.recorded, bounds):
            ours, theirs = left.traces[left.place(iteration)], right.traces[right.place(iteration)]
            for difference in compare_traces(ours, theirs, allowed, scenario.dtype):
                yield Comparison(
                    left=left.implementation,
                    right=right.implementation,
                    initializer=left.initializer,
                    iteration=iteration,
                    difference=difference,
                )
    for run in runs:
        for iteration in scenario.recorded:
            yield from with_referee(scenario, run, iteration)


def run(scenario: Scenario, progress: Progress = silent, finished: Finished | None = None) -> Experiment:
    """Train, trace and compare: the whole main job, without writing or printing anything itself."""
    runs: list[Run] = []
    comparisons: list[Comparison] = []
    steps = [(start, name) for start in scenario.initializers for name in (*IMPLEMENTATIONS, REFEREE)]
    for done, (start, name) in enumerate(steps):
        progress(done, len(steps), f"{name} from {start}")
        if name == REFEREE:
            comparisons += compare_runs(scenario, runs[-len(IMPLEMENTATIONS) :])
        else:
            runs.append(train_run(name, scenario, start, finished))
    names = list(dict.fromkeys(quantity.name for quantity in quantities(scenario.network)))
    not_offered = {
        run.implementation: [name for name in names if name not in {quantity.name for quantity in run.traces[0]}]
        for run in runs
    }
    is_post = post.is_post(scenario)
    recovered = (
        post.recover_learning_rate(post.OUTPUTS_AFTER_1000, 1000, post.PRINTED_ERROR_AFTER_1000) if is_post else None
    )
    return Experiment(
        scenario=scenario,
        runs=runs,
        comparisons=comparisons,
        not_offered=not_offered,
        constant_cost=constant_cost(scenario.network.cost, scenario.y),
        device=device_name(),
        recovered_rate=recovered,
        claims=() if recovered is None else post.claims(recovered),
    )
