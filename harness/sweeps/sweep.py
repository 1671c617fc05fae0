"""Sweeps: many seeds for every combination of initializer, optimizer and learning rate."""

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
from ..measures.accuracy import accuracy_of_members
from ..measures.baseline import NEAR_CONSTANT
from ..measures.learning import target_of
from ..measures.symmetry import members_with_clones
from ..models import ensemble, initializers, optimizers
from ..models.devices import device_name
from ..models.network import Array, block_size
from ..models.training import Training
from ..progress import Progress, silent
from ..results import Result
from ..scenario import effort
from ..scenario.scenario import Scenario

QUANTILES = (0.05, 0.5, 0.95)
CHUNK = 2**14  # members that are trained between two updates of the progress bar, at most
MULTIPLICATIONS = 2 * 10**10  # per core in a chunk: a few seconds
ENOUGH = 0.95  # share of the seeds that must learn for a combination to be recommended

# what is known of each member, (members,), with the dtype that it has in a file
ARRAYS = {"final_cost": "<f8", "reached_at": "<f8", "stuck": "|b1", "clones": "|b1", "accuracy": "<f8"}
CSV_HEADER = ("initializer", "optimizer", "learning_rate", "seed", *ARRAYS)


class Combination(NamedTuple):
    """The settings that the members of one group share; they differ in their seed."""

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
    """Everything that the results of a sweep depend on, except the machine."""

    scenario: Scenario  # data, network and training
    combinations: tuple[Combination, ...]  # settings to train
    seeds: int  # number of members per combination; their seeds are the scenario's and those after it
    target: float  # cost that counts as learned
    constant_cost: float  # cost of the best constant prediction

    @property
    def parts(self) -> list[Part]:
        """All members of each combination; only one if the initial weights do not depend on the seed."""
        return [
            Part(one, range(1 if is_constant(self.scenario, one.initializer) else self.seeds))
            for one in self.combinations
        ]

    @property
    def members(self) -> int:
        """Number of members of all combinations."""
        return sum(len(part.members) for part in self.parts)


@dataclass(frozen=True, kw_only=True)
class Group:
    """The trained members of one combination."""

    combination: Combination  # their settings
    seeds: Sequence[int]  # seeds of the members, rising
    final_cost: Array  # (members,) cost after the last iteration
    reached_at: Array  # (members,) first recorded iteration with a cost at or under the target; NaN if there is none
    stuck: NDArray[np.bool_]  # (members,) whether the final cost is that of a constant prediction
    clones: NDArray[np.bool_]  # (members,) whether a hidden layer has clones at the end
    accuracy: Array  # (members,) share of observations whose class is right at the end; NaN if there are no classes

    @property
    def cost_quantiles(self) -> list[float]:
        """The 5, 50 and 95 % quantiles of the final cost; a NaN counts as infinite."""
        return quantiles(np.where(np.isnan(self.final_cost), np.inf, self.final_cost))

    @property
    def accuracy_quantiles(self) -> list[float]:
        """The 5, 50 and 95 % quantiles of the accuracy; NaN if there are no classes."""
        return quantiles(self.accuracy)

    @property
    def reached_share(self) -> float:
        """The share of members that learned."""
        return float(np.mean(np.isfinite(self.reached_at)))

    @property
    def iterations_quantiles(self) -> list[float]:
        """The 5, 50 and 95 % quantiles of the iterations that those needed; NaN if none learned."""
        return quantiles(self.reached_at[np.isfinite(self.reached_at)])


def quantiles(values: Array) -> list[float]:
    """``QUANTILES`` of (members,), each the value of a member; NaN if there are none."""
    if not values.size:
        return [float("nan")] * len(QUANTILES)
    return [float(q) for q in np.quantile(values, QUANTILES, method="inverted_cdf")]


# trains parts of a job, and yields them in chunks, in any order
Train = Callable[[Job, Sequence[Part]], Generator[Group, None, None]]


@dataclass(frozen=True, kw_only=True)
class Sweep(Result):
    """The result of a sweep.

    Attributes:
        scenario: data, network and training.
        target: cost that counts as learned.
        constant_cost: cost of the best constant prediction.
        groups: one for each combination, in their order.
        device: that TensorFlow trains on, on the machine that started the sweep.
        asked: number of members that were asked for.
        interrupted: whether Ctrl-C stopped it before all of them were trained.
        log_dir: folder that the sweep was logged to; None if nothing was logged.
    """

    scenario: Scenario
    target: float
    constant_cost: float
    groups: list[Group]
    device: str
    asked: int
    interrupted: bool
    log_dir: str | None = None


def combinations(starts: Sequence[str], rules: Sequence[str], rates: Sequence[float]) -> list[Combination]:
    """All combinations of these settings; the initializer changes last.

    Raises:
        BadInput: an optimizer is unknown, or a combination is given twice.
    """
    try:
        names = [str(optimizers.parse(rule)) for rule in rules]
    except ValueError as error:
        raise BadInput(str(error), key="optimizers") from None
    all_combinations = [Combination(*each) for each in product(starts, names, rates)]
    if len(set(all_combinations)) < len(all_combinations):
        raise BadInput("an initializer, optimizer or learning rate is given twice; give each once")
    return all_combinations


def is_constant(scenario: Scenario, initializer: str) -> bool:
    """Whether the initial weights do not depend on the seed."""
    parts = [initializer] if scenario.bias_initializer is None else [initializer, scenario.bias_initializer]
    return all(initializers.parse(part).constant is not None for part in parts)


def job(scenario: Scenario, chosen: Sequence[Combination], seeds: int, target: float | None = None) -> Job:
    """The job of training ``seeds`` members of every combination, by default to the target of ``measures.learning``."""
    learned = target_of(scenario.network.cost, scenario.x, scenario.y)
    return Job(
        scenario=scenario,
        combinations=tuple(chosen),
        seeds=seeds,
        target=learned.cost if target is None else target,
        constant_cost=learned.constant,
    )


def chunk_size(scenario: Scenario, cores: int) -> int:
    """The number of members that take a few seconds: complete blocks, at least one per core, that fit into memory.

    It does not change the results. The work of an iteration is estimated as three products per layer.
    """
    block = block_size(scenario.network, scenario.dtype)
    block_work = 3 * scenario.batch_size * scenario.network.weight_count * block * max(scenario.iterations, 1)
    return min(max(cores * MULTIPLICATIONS // block_work, cores) * block, effort.members_at_once(scenario, CHUNK))


def train_part(job: Job, part: Part, chunk: int) -> Iterator[Group]:
    """Train the members of a part, ``chunk`` at a time."""
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
    for done in ensemble.outcomes(scenario.network, draw, len(part.members), scenario.x, scenario.y, training, chunk):
        seed = scenario.seed + first
        final = np.asarray(done.costs[-1], np.float64)
        yield Group(
            combination=combination,
            seeds=range(seed + done.members.start, seed + done.members.stop),
            final_cost=final,
            reached_at=ensemble.iterations_to_reach(job.target, done, recorded),
            stuck=np.abs(final - job.constant_cost) <= NEAR_CONSTANT * job.constant_cost,
            clones=members_with_clones(done.weights),
            accuracy=accuracy_of_members(scenario.network, done.weights, scenario.x, scenario.y),
        )


def train(job: Job, parts: Sequence[Part]) -> Generator[Group, None, None]:
    """Train parts of a job in this process, a chunk at a time."""
    chunk = chunk_size(job.scenario, os.cpu_count() or 1)
    for part in parts:
        yield from train_part(job, part, chunk)


def joined(groups: Sequence[Group]) -> Group:
    """One group of all chunks of a combination, in the order of their seeds."""
    ordered = sorted(groups, key=lambda group: group.seeds[0])
    return Group(
        combination=ordered[0].combination,
        seeds=list(chain.from_iterable(group.seeds for group in ordered)),
        **{name: np.concatenate([getattr(group, name) for group in ordered]) for name in ARRAYS},
    )


def missing(job: Job, done: Sequence[Group]) -> list[Part]:
    """The members of a job that are in none of the groups ``done``, which have no member twice."""
    parts = []
    for combination, members in job.parts:
        reached = 0
        seed_ranges = [group.seeds for group in done if group.combination == combination]
        for seeds in sorted(seed_ranges, key=lambda seeds: seeds[0]):
            first, last = seeds[0] - job.scenario.seed, seeds[-1] - job.scenario.seed
            if first > reached:
                parts.append(Part(combination, range(reached, first)))
            reached = last + 1
        if reached < len(members):
            parts.append(Part(combination, range(reached, len(members))))
    return parts


def run(job: Job, progress: Progress = silent, train: Train = train, done: Sequence[Group] = ()) -> Sweep:
    """Train all members of a job except those that are ``done``.

    After Ctrl-C the result holds what is done, and says that it was interrupted.

    Args:
        job: what to train.
        progress: called with (members done, members in all, what is running).
        train: trains parts of a job and yields them in chunks, in any order.
        done: groups that were trained before.
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
    joined_groups = [joined(groups[combination]) for combination in job.combinations if combination in groups]
    return Sweep(
        scenario=job.scenario,
        target=job.target,
        constant_cost=job.constant_cost,
        groups=joined_groups,
        device=device_name(),
        asked=job.members,
        interrupted=interrupted,
    )


def best(sweep: Sweep) -> Group | None:
    """The combination that learns soonest among those that enough seeds learn with; None if there is none.

    One member is not evidence, so a constant initializer counts only if there is nothing else.
    """
    enough = [group for group in sweep.groups if group.reached_share >= ENOUGH]
    drawn = [group for group in enough if len(group.seeds) > 1]
    return min(drawn or enough, key=lambda group: group.iterations_quantiles[-1], default=None)


def csv_rows(sweep: Sweep) -> Iterator[Sequence[object]]:
    """One row per member, with the columns of ``CSV_HEADER``."""
    for group in sweep.groups:
        columns = (group.seeds, group.final_cost, group.reached_at, group.stuck, group.clones, group.accuracy)
        for seed, cost, reached, stuck, clones, accuracy in zip(*columns):
            at = "" if np.isnan(reached) else int(reached)
            right = "" if np.isnan(accuracy) else repr(float(accuracy))
            yield [*group.combination, seed, repr(float(cost)), at, int(stuck), int(clones), right]


def write_csv(sweep: Sweep, path: Path) -> None:
    """Write one row per member.

    Raises:
        BadInput: the file cannot be written.
    """
    write_csv_file(path, CSV_HEADER, csv_rows(sweep))
