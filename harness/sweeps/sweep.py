"""What would have happened instead: many seeds under every combination of initializer, optimizer and learning rate."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from ..files import write_csv_file
from ..measures.baseline import NEAR_CONSTANT
from ..measures.learning import target_of
from ..measures.symmetry import members_with_clones
from ..models import ensemble, initializers, optimizers
from ..models.network import Array, block_size
from ..models.training import Training
from ..results import Result
from ..scenario import effort
from ..scenario.scenario import Scenario

QUANTILES = (0.05, 0.5, 0.95)
CHUNK = 2**14  # members at most that are trained between two looks at the progress bar and at Ctrl-C
MULTIPLICATIONS = 2 * 10**10  # of a chunk, for each core: some seconds
ENOUGH = 0.95  # the share of members that must reach the target for a combination to be recommended

CSV_HEADER = ("initializer", "optimizer", "learning_rate", "seed", "final_cost", "reached_at", "stuck", "clones")

# (members done, members in all, what is running)
Progress = Callable[[int, int, str], None]


class Combination(NamedTuple):
    """What the members of one group share; they differ in seed."""

    initializer: str
    optimizer: str
    learning_rate: float

    def __str__(self) -> str:
        return f"{self.initializer} {self.optimizer} {optimizers.exact(self.learning_rate)}"


class Part(NamedTuple):
    """Some members of one combination; ``members`` counts them from 0."""

    combination: Combination
    members: range


@dataclass(frozen=True, kw_only=True, eq=False)
class Job:
    """All that the results of a sweep depend on, but for the machine.

    Attributes:
        seeds: how many members of each combination; they have the scenario's seed and those after it.
        target: the cost to reach.
        constant_cost: that of the best constant prediction.
    """

    scenario: Scenario
    combinations: tuple[Combination, ...]
    seeds: int
    target: float
    constant_cost: float

    @property
    def parts(self) -> list[Part]:
        """All members of each combination; one where the start is the same whatever the seed."""
        return [
            Part(one, range(1 if is_constant(self.scenario, one.initializer) else self.seeds))
            for one in self.combinations
        ]

    @property
    def members(self) -> int:
        """Of all combinations"""
        return sum(len(part.members) for part in self.parts)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Members of one combination that were trained.

    Attributes:
        seeds: of the members, rising.
        final_cost: (members,) the cost after the last iteration.
        reached_at: (members,) the first recorded iteration at which the cost was at or under the target; NaN if none.
        stuck: (members,) whether the last cost is that of a constant prediction.
        clones: (members,) whether a hidden layer has clones at the end.
    """

    combination: Combination
    seeds: Sequence[int]
    final_cost: Array
    reached_at: Array
    stuck: NDArray[np.bool_]
    clones: NDArray[np.bool_]

    @property
    def cost_quantiles(self) -> list[float]:
        """The 5, 50 and 95 % quantiles of the final cost; a cost that is no number counts as infinite."""
        costs = np.where(np.isnan(self.final_cost), np.inf, self.final_cost)
        return [float(q) for q in np.quantile(costs, QUANTILES, method="inverted_cdf")]

    @property
    def reached_share(self) -> float:
        """The share of members that reached the target."""
        return float(np.mean(np.isfinite(self.reached_at)))

    @property
    def iterations_quantiles(self) -> list[float]:
        """The 5, 50 and 95 % quantiles of the iterations that those needed; NaN where none reached it."""
        needed = self.reached_at[np.isfinite(self.reached_at)]
        if not needed.size:
            return [float("nan")] * len(QUANTILES)
        return [float(q) for q in np.quantile(needed, QUANTILES, method="inverted_cdf")]


# trains parts of a job, and yields them in chunks, in any order
Train = Callable[[Job, Sequence[Part]], Generator[Group, None, None]]


@dataclass(frozen=True, kw_only=True)
class Sweep(Result):
    """A group for each combination, in their order; ``interrupted`` if some of the members ``asked`` are missing.

    Attributes:
        target: the cost to reach. constant_cost: that of the best constant prediction.
        log_dir: the folder that the sweep was logged to, None without a log.
    """

    scenario: Scenario
    target: float
    constant_cost: float
    groups: list[Group]
    asked: int
    interrupted: bool
    log_dir: str | None = None


def combinations(starts: Sequence[str], rules: Sequence[str], rates: Sequence[float]) -> list[Combination]:
    """Every one of them; the initializer changes last.

    Raises:
        BadInput: an optimizer that is not known, or the same combination twice.
    """
    try:
        names = [str(optimizers.parse(rule)) for rule in rules]
    except ValueError as error:
        raise BadInput(str(error), key="optimizers") from None
    found = [Combination(*each) for each in product(starts, names, rates)]
    if len(set(found)) < len(found):
        raise BadInput("an initializer, optimizer or learning rate is given twice; give each once")
    return found


def is_constant(scenario: Scenario, initializer: str) -> bool:
    """Whether every seed gives the same start, so that one member says all."""
    parts = [initializer] if scenario.bias_initializer is None else [initializer, scenario.bias_initializer]
    return all(initializers.parse(part).constant is not None for part in parts)


def job(scenario: Scenario, chosen: Sequence[Combination], seeds: int, target: float | None = None) -> Job:
    """The job of training ``seeds`` members of every combination, to the cost of *learned* unless another is given."""
    learned = target_of(scenario.network.cost, scenario.x, scenario.y)
    return Job(
        scenario=scenario,
        combinations=tuple(chosen),
        seeds=seeds,
        target=learned.cost if target is None else target,
        constant_cost=learned.constant,
    )


def chunk_size(scenario: Scenario, cores: int) -> int:
    """How many members take some seconds on so many cores: whole blocks, at least one for each core.

    No more than memory holds, and it changes no result. An iteration's work is reckoned as three products a layer.
    """
    block = block_size(scenario.network, scenario.dtype)
    of_block = 3 * scenario.batch_size * scenario.network.weight_count * block * max(scenario.iterations, 1)
    return min(max(cores * MULTIPLICATIONS // of_block, cores) * block, effort.members_at_once(scenario, CHUNK))


def train_part(job: Job, part: Part, chunk: int) -> Iterator[Group]:
    """Train the members of a part, so many at a time."""
    scenario, combination, first = job.scenario, part.combination, part.members.start
    bias = None if scenario.bias_initializer is None else initializers.parse(scenario.bias_initializer)

    def draw(members: range) -> list[Array]:
        return initializers.draw_members(
            scenario.network,
            initializers.parse(combination.initializer),
            bias,
            scenario.seed,
            range(first + members.start, first + members.stop),
            np.dtype(scenario.dtype),
        )

    recorded = scenario.recorded
    training = Training(
        combination.learning_rate,
        optimizer=optimizers.parse(combination.optimizer),
        recorded=recorded,
        batches=scenario.batches,
    )
    for done in ensemble.outcomes(
        scenario.network,
        draw,
        len(part.members),
        scenario.x,
        scenario.y,
        training,
        chunk,
    ):
        seed = scenario.seed + first
        final = np.asarray(done.costs[-1], np.float64)
        yield Group(
            combination=combination,
            seeds=range(seed + done.members.start, seed + done.members.stop),
            final_cost=final,
            reached_at=ensemble.iterations_to_reach(job.target, done, recorded),
            stuck=np.abs(final - job.constant_cost) <= NEAR_CONSTANT * job.constant_cost,
            clones=members_with_clones(done.weights),
        )


def train(job: Job, parts: Sequence[Part]) -> Generator[Group, None, None]:
    """Train parts of a job in this process, a chunk at a time."""
    chunk = chunk_size(job.scenario, os.cpu_count() or 1)
    for part in parts:
        yield from train_part(job, part, chunk)


def joined(groups: Sequence[Group]) -> Group:
    """One group of all chunks of one combination, in whatever order they were trained."""
    ordered = sorted(groups, key=lambda group: group.seeds[0])
    return Group(
        combination=ordered[0].combination,
        seeds=list(chain.from_iterable(group.seeds for group in ordered)),
        **{
            name: np.concatenate([getattr(group, name) for group in ordered])
            for name in ("final_cost", "reached_at", "stuck", "clones")
        },
    )


def missing(job: Job, done: Sequence[Group]) -> list[Part]:
    """The members of a job that are in none of the groups ``done``, which have none twice."""
    found = []
    for combination, members in job.parts:
        reached = 0
        of_combination = [group.seeds for group in done if group.combination == combination]
        for seeds in sorted(of_combination, key=lambda seeds: seeds[0]):
            first, last = seeds[0] - job.scenario.seed, seeds[-1] - job.scenario.seed
            if first > reached:
                found.append(Part(combination, range(reached, first)))
            reached = last + 1
        if reached < len(members):
            found.append(Part(combination, range(reached, len(members))))
    return found


def run(
    job: Job,
    progress: Progress = lambda done, total, what: None,
    train: Train = train,
    done: Sequence[Group] = (),
) -> Sweep:
    """Train all members of a job but for those that are ``done``.

    Ctrl-C ends it early: what is done is kept, and the result says that it was interrupted.

    Args:
        train: trains parts of a job and yields them in chunks, in any order.
    """
    groups: dict[Combination, list[Group]] = {}
    count = 0

    def keep(group: Group) -> None:
        nonlocal count
        groups.setdefault(group.combination, []).append(group)
        count += len(group.seeds)
        progress(count, job.members, str(group.combination))

    for group in done:
        keep(group)
    left = missing(job, done)
    interrupted = False
    try:
        if left:
            progress(count, job.members, str(left[0].combination))
        with contextlib.closing(train(job, left)) as trained:
            for group in trained:
                keep(group)
    except KeyboardInterrupt:
        interrupted = True
    found = [joined(groups[combination]) for combination in job.combinations if combination in groups]
    return Sweep(
        scenario=job.scenario,
        target=job.target,
        constant_cost=job.constant_cost,
        groups=found,
        asked=job.members,
        interrupted=interrupted,
    )


def best(sweep: Sweep) -> Group | None:
    """The combination of which enough members reach the target, and nearly all of those soonest; None if there is none.

    One member is no evidence: a constant start is left out where there are others.
    """
    enough = [group for group in sweep.groups if group.reached_share >= ENOUGH]
    drawn = [group for group in enough if len(group.seeds) > 1]
    return min(drawn or enough, key=lambda group: group.iterations_quantiles[-1], default=None)


def csv_rows(sweep: Sweep) -> Iterator[Sequence[object]]:
    """One row for every member, after ``CSV_HEADER``."""
    for group in sweep.groups:
        columns = (group.seeds, group.final_cost, group.reached_at, group.stuck, group.clones)
        for seed, cost, reached, stuck, clones in zip(*columns):
            at = "" if np.isnan(reached) else int(reached)
            yield [*group.combination, seed, repr(float(cost)), at, int(stuck), int(clones)]


def write_csv(sweep: Sweep, path: Path) -> None:
    """One row for every member.

    Raises:
        BadInput: the file cannot be written.
    """
    write_csv_file(path, CSV_HEADER, csv_rows(sweep))
