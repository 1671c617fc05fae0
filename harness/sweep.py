"""What would have happened instead: many seeds under every combination of initializer, optimizer and learning rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import ensemble, initializers, optimizers
from models.network import Array

from . import BadInput, csv_file, effort, post
from .baseline import LEARNED, NEAR_CONSTANT, constant_cost
from .scenario import Scenario
from .symmetry import members_with_clones

QUANTILES = (0.05, 0.5, 0.95)
CHUNK = 2**14  # members that are trained between two looks at the progress bar and at Ctrl-C
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
        return f"{self.initializer} {self.optimizer} {self.learning_rate:g}"


@dataclass(frozen=True)
class Group:
    """The members of one combination.

    Attributes:
        seeds: of the members that were trained, in order.
        final_cost: (members,) the cost after the last iteration.
        reached_at: (members,) the first recorded iteration at which the cost was at or under the target; NaN if none.
        stuck: (members,) whether the last cost is that of a constant prediction.
        clones: (members,) whether a hidden layer has clones at the end.
    """

    combination: Combination
    seeds: range
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


@dataclass(frozen=True)
class Sweep:
    """All groups, in the order of the combinations; ``interrupted`` where some of the members ``asked`` are missing."""

    scenario: Scenario
    target: float
    constant_cost: float
    groups: list[Group]
    asked: int
    interrupted: bool


def combinations(starts: Sequence[str], rules: Sequence[str], rates: Sequence[float]) -> list[Combination]:
    """Every one of them; the initializer changes last.

    Raises:
        BadInput: an optimizer that is not known, or the same combination twice.
    """
    try:
        names = [str(optimizers.parse(rule)) for rule in rules]
    except ValueError as error:
        raise BadInput(f"command line: --optimizer: {error}") from None
    found = [Combination(*each) for each in product(starts, names, rates)]
    if len(set(found)) < len(found):
        raise BadInput("command line: --init, --optimizer or --learning-rate has the same value twice; give each once")
    return found


def default_target(scenario: Scenario) -> float:
    """The cost to reach: the post's own after its 10000 iterations, else a hundredth of the constant prediction's."""
    if post.is_post(scenario):
        return post.final_cost()
    return LEARNED * constant_cost(scenario.network.cost, scenario.y)


def is_constant(scenario: Scenario, initializer: str) -> bool:
    """Whether every seed gives the same start, so that one member says all."""
    parts = [initializer] if scenario.bias_initializer is None else [initializer, scenario.bias_initializer]
    return all(initializers.parse(part).constant is not None for part in parts)


def train_group(
    scenario: Scenario, combination: Combination, seeds: int, target: float, plateau: float
) -> Iterator[Group]:
    """The members of one combination, a chunk at a time.

    Args:
        seeds: how many members; they have the scenario's seed and those after it.
        plateau: the cost of the best constant prediction.
    """
    bias = None if scenario.bias_initializer is None else initializers.parse(scenario.bias_initializer)

    def draw(members: range) -> list[Array]:
        return initializers.draw_members(
            scenario.network,
            initializers.parse(combination.initializer),
            bias,
            scenario.seed,
            members,
            np.dtype(scenario.dtype),
        )

    recorded = scenario.recorded
    for done in ensemble.outcomes(
        scenario.network,
        draw,
        seeds,
        scenario.x,
        scenario.y,
        combination.learning_rate,
        recorded,
        optimizers.parse(combination.optimizer),
        effort.members_at_once(scenario, CHUNK),
        scenario.batches,
    ):
        final = np.asarray(done.costs[-1], np.float64)
        yield Group(
            combination,
            range(scenario.seed + done.members.start, scenario.seed + done.members.stop),
            final,
            ensemble.iterations_to_reach(target, done, recorded),
            np.abs(final - plateau) <= NEAR_CONSTANT * plateau,
            members_with_clones(done.weights),
        )


def joined(parts: Sequence[Group]) -> Group:
    """One group of all chunks of one combination."""
    return Group(
        parts[0].combination,
        range(parts[0].seeds.start, parts[-1].seeds.stop),
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("final_cost", "reached_at", "stuck", "clones")
        ),
    )


def run(
    scenario: Scenario,
    chosen: Sequence[Combination],
    seeds: int,
    target: float | None = None,
    progress: Progress = lambda done, total, what: None,
) -> Sweep:
    """Train ``seeds`` members of every combination, or one where the start is the same whatever the seed.

    Ctrl-C ends it early: what is done is kept, and the result says that it was interrupted.
    """
    goal = default_target(scenario) if target is None else target
    plateau = constant_cost(scenario.network.cost, scenario.y)
    members = [1 if is_constant(scenario, combination.initializer) else seeds for combination in chosen]
    parts: dict[Combination, list[Group]] = {}
    done = 0
    interrupted = False
    try:
        for combination, asked in zip(chosen, members):
            progress(done, sum(members), str(combination))
            for part in train_group(scenario, combination, asked, goal, plateau):
                parts.setdefault(combination, []).append(part)
                done += len(part.seeds)
                progress(done, sum(members), str(combination))
    except KeyboardInterrupt:
        interrupted = True
    return Sweep(scenario, goal, plateau, [joined(group) for group in parts.values()], sum(members), interrupted)


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
    csv_file.write(path, CSV_HEADER, csv_rows(sweep))
