"""The search for a minimal set of repairs: repair, then take away.

1. The training is measured as it is.
2. The likeliest single repairs are tried, then ever larger sets of them, until it learns.
3. The smallest prefix of the repairs, the likeliest first, that still learns is kept; of it, each repair is taken back,
   the least likely cause first, for as long as the training still learns. What remains is 1-minimal.
4. Each cause is proven on fresh seeds, with and without its repair.

The order is fixed, all sets are trained from the same seeds, and the number of trainings is bounded by counts. What is
trained, a Keras program (``program_search``) or a scenario (``scenarios.search``), is a subclass's.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, Protocol, TypeVar

from .outcomes import MOSTLY, Share

MOST_PASSES = 3
PREFIXES = (1, 2, 3, 5, 8, 12)
WORTH_MORE_SEEDS = 0.15  # difference of two shares from which more seeds may tell them apart

Keys = frozenset[str]
Progress = Callable[[str, int], None]


class OutOfBudget(Exception):
    """The updates that the budget is worth are spent, or the clock ended the search."""


class Stage(Enum):
    """Which seeds and rows a training is judged by."""

    SEARCH = "search"
    CONFIRM = "confirm"  # fresh seeds and rows
    CONFIRM_MORE = "confirm_more"  # the same and as many again, if the intervals overlap


class Trial(Protocol):
    """What a set of repairs reaches from several seeds."""

    @property
    def median(self) -> float:
        """The median score, or the median cost."""


class Repair(Protocol):
    """What the search knows of a repair."""

    @property
    def key(self) -> str:
        """Unique among the repairs of a training."""

    @property
    def block(self) -> str:
        """Repairs of one block are taken back together first."""

    @property
    def replaces(self) -> tuple[str, ...]:
        """Keys of repairs that have no effect beside this one."""


TrialT = TypeVar("TrialT", bound=Trial)
RepairT = TypeVar("RepairT", bound=Repair)


@dataclass(frozen=True, kw_only=True)
class Run(Generic[TrialT]):
    """One set of repairs and what the training reaches with it."""

    repairs: Keys  # keys of the repairs
    trial: TrialT  # what it reaches
    stage: Stage  # which seeds and rows judged it

    @property
    def median(self) -> float:
        """What most seeds reach."""
        return self.trial.median


@dataclass(kw_only=True)
class Search(abc.ABC, Generic[TrialT, RepairT]):
    """Trains sets of repairs once each, and remembers what they reach."""

    repairs: Sequence[RepairT]  # that may be made
    runs: dict[tuple[Keys, Stage], Run[TrialT]] = field(default_factory=dict)  # what was trained, by set and stage
    enough: float = MOSTLY  # the share of the seeds that must learn with a set
    singles: int | None = 1  # how many single repairs are tried, the likeliest first, before larger sets
    # numbers of repairs, the likeliest first, that are tried together at last
    prefixes: Sequence[int] = PREFIXES[1:]  # a later repair may have done harm

    def __post_init__(self) -> None:
        self.by_key = {repair.key: repair for repair in self.repairs}

    # What is trained

    @abc.abstractmethod
    def train(self, keys: Keys, stage: Stage, *, optional: bool) -> TrialT:
        """Train a set of repairs from the seeds that are new in a stage.

        Args:
            optional: whether the answer stands without it
        Raises:
            OutOfBudget: there is no room for it.
        """

    @abc.abstractmethod
    def joined(self, parts: Sequence[TrialT]) -> TrialT:
        """One trial of the seeds of several."""

    @abc.abstractmethod
    def learned(self, trial: TrialT) -> Share:
        """The share of the seeds that learned."""

    @abc.abstractmethod
    def in_order(self, keys: Iterable[str]) -> list[str]:
        """Keys, the likeliest cause first."""

    @abc.abstractmethod
    def questioned(self) -> list[str]:
        """Keys of the repairs whose choice is questioned, the likeliest cause first."""

    @abc.abstractmethod
    def full_sets(self, questioned: Sequence[str]) -> Sequence[Keys]:
        """Sets of several repairs to try if no single one is enough."""

    def chosen_single(self, key: str) -> str:
        """The single repair to keep if one is found that is enough."""
        return key

    def say_trained(self, keys: Keys) -> None:
        """Say that a set of repairs was trained."""

    # Runs

    def run(self, keys: Iterable[str], *, stage: Stage = Stage.SEARCH, optional: bool = False) -> Run[TrialT]:
        """The training with a set of repairs, from the seeds of a stage.

        Args:
            optional: whether the answer stands without it; it is then left out when the budget is spent
        Raises:
            OutOfBudget: there is no room for it.
        """
        chosen = self.effective(frozenset(keys))
        known = self.runs.get((chosen, stage))
        if known is not None:
            return known
        parts: list[TrialT] = []
        if stage is Stage.CONFIRM_MORE:
            parts.append(self.run(chosen, stage=Stage.CONFIRM, optional=optional).trial)
        parts.append(self.train(chosen, stage, optional=optional))
        found = Run(repairs=chosen, trial=self.joined(parts), stage=stage)
        self.runs[chosen, stage] = found
        self.say_trained(chosen)
        return found

    def effective(self, keys: Keys) -> Keys:
        """The set without repairs that have no effect beside others of it."""
        idle = {other for key in keys for other in self.by_key[key].replaces}
        return keys - idle

    def share(self, keys: Iterable[str], *, stage: Stage = Stage.SEARCH, optional: bool = False) -> Share:
        """The share of the seeds from which it learns with a set of repairs."""
        return self.learned(self.run(keys, stage=stage, optional=optional).trial)

    def learns(self, keys: Iterable[str], *, optional: bool = False) -> bool:
        """Whether a set of repairs makes it learn from enough seeds."""
        return self.share(keys, optional=optional).value >= self.enough

    def learned_runs(self) -> list[Run[TrialT]]:
        """The sets of repairs with which enough seeds learned while searching."""
        runs = [run for run in self.runs.values() if run.repairs and run.stage is Stage.SEARCH]
        return [run for run in runs if self.learned(run.trial).value >= self.enough]

    def proof(self, keys: Keys, without: Keys) -> tuple[Run[TrialT], Run[TrialT]] | None:
        """Runs of two sets on fresh seeds if clearly more learn with the first; None if not.

        If the intervals overlap and the shares differ, more seeds are asked.

        Raises:
            OutOfBudget: there is no room for them.
        """
        for stage in (Stage.CONFIRM, Stage.CONFIRM_MORE):
            optional = stage is Stage.CONFIRM_MORE
            one, other = (self.run(side, stage=stage, optional=optional) for side in (keys, without))
            share, other_share = self.learned(one.trial), self.learned(other.trial)
            if share.low > other_share.high:
                return one, other
            if share.value - other_share.value < WORTH_MORE_SEEDS:
                return None
        return None

    # Repair

    def repair_fully(self) -> Keys | None:
        """A set of repairs with which the training learns; None if none of those tried does."""
        questioned = self.questioned()
        for key in questioned[: self.singles]:
            if self.learns({key}):
                return frozenset({self.chosen_single(key)})
        for keys in self.full_sets(questioned):
            if self.learns(keys):
                return self.effective(frozenset(keys))
        return self.first_prefix(questioned, self.prefixes)

    def first_prefix(self, ordered: Sequence[str], counts: Sequence[int]) -> Keys | None:
        """The first of some prefixes of repairs with which the training learns."""
        for count in counts:
            if 0 < count <= len(ordered) and self.learns(ordered[:count]):
                return self.effective(frozenset(ordered[:count]))
        return None

    # Take away

    def minimise(self, keys: Keys) -> Keys:
        """A 1-minimal part of a set with which the training learns."""
        ordered = self.in_order(keys)
        for count in PREFIXES:
            if count < len(ordered) and self.learns(ordered[:count]):
                ordered = ordered[:count]
                break
        kept = frozenset(ordered)
        for _ in range(MOST_PASSES):
            before = kept
            kept = self._without_block(kept)
            for key in reversed(self.in_order(kept)):
                smaller = kept - {key}
                if smaller and self.learns(smaller):
                    kept = smaller
            if kept == before:
                break
        return kept

    def _without_block(self, keys: Keys) -> Keys:
        """The set without the blocks of coupled repairs that can be taken back as a whole."""
        blocks = dict.fromkeys(self.by_key[key].block for key in reversed(self.in_order(keys)))
        for block in blocks:
            members = frozenset(key for key in keys if self.by_key[key].block == block)
            if block and len(members) > 1 and len(members) < len(keys) and self.learns(keys - members):
                keys = keys - members
        return keys
