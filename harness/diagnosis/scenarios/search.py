"""The search over the changes of a scenario: the general one, with many members trained at once.

All single changes are trained beforehand, as ensembles. One is asked about as a cause if the run has the property that
it removes, and if its controls do not help as well (``hypotheses``).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..faults import Fault
from ..outcomes import Share
from ..scenario_changes import ENOUGH, Change, Family, Result
from ..search import Keys, OutOfBudget, Run, Search, Stage
from .changes import NO_CHANGE, Trial, also
from .hypotheses import BY_FAULT, HYPOTHESES, RANK, Evidence, blamed
from .runs import MOST_MEMBERS, Budget, run_changes

SCREENING = 2.0  # seconds that a change to all members may take: the fewer members, the larger the network
FIRST_MEMBERS = {Stage.SEARCH: 0, Stage.CONFIRM: 4 * MOST_MEMBERS, Stage.CONFIRM_MORE: 8 * MOST_MEMBERS}
NETWORK = (Family.ACTIVATION, Family.WIDER)  # these come first: a start is drawn for the network that there is


@dataclass(kw_only=True)
class ScenarioSearch(Search[Result, Change]):
    """Trains sets of changes."""

    base: Trial  # the trial that all changes are made to
    evidence: Evidence  # what is known of the run; results of single changes are added to it
    trainings: Budget  # what they may take
    repairs: Sequence[Change] = ()
    enough: float = ENOUGH
    singles: int | None = None
    prefixes: Sequence[int] = ()
    unproven: set[Keys] = field(default_factory=set)  # sets that do not help members which were not used before

    def __post_init__(self) -> None:
        super().__post_init__()
        self.runs[frozenset(), Stage.SEARCH] = Run(repairs=frozenset(), trial=self.evidence.own, stage=Stage.SEARCH)

    def keep(self, result: Result) -> None:
        """Remember what a change or a pair of changes came to."""
        self.by_key |= {change.key: change for change in result.change.single}
        keys = frozenset(change.key for change in result.change.single)
        self.runs[keys, Stage.SEARCH] = Run(repairs=keys, trial=result, stage=Stage.SEARCH)
        self.evidence.results.append(result)

    def screen(self, changes: Iterable[Change], seconds: float, at_most: float | None = None) -> None:
        """Train many changes or pairs of changes, each from the base, for about ``seconds`` each."""
        for result in run_changes(self.base, changes, self.trainings, seconds, at_most):
            self.keep(result)

    def train(self, keys: Keys, stage: Stage, *, optional: bool) -> Result:
        """Train a set of changes with the members of a stage; without chance, it is what it was."""
        known = self.runs.get((keys, Stage.SEARCH))
        if known is not None and not known.trial.chance:
            return known.trial
        chosen = sorted(self.in_order(keys), key=lambda key: self.by_key[key].family not in NETWORK)
        change = functools.reduce(also, [self.by_key[key] for key in chosen]) if chosen else NO_CHANGE
        most = math.inf if stage is Stage.CONFIRM else self.trainings.left
        results = run_changes(self.base, [change], self.trainings, SCREENING / 2, most, FIRST_MEMBERS[stage])
        if not results:
            raise OutOfBudget
        return results[0]

    def joined(self, parts: Sequence[Result]) -> Result:
        """One result of the members of several."""
        costs = np.concatenate([part.costs for part in parts])
        return replace(parts[0], costs=costs, reached=sum(part.reached for part in parts))

    def learned(self, trial: Result) -> Share:
        """The share of the members that came to the target."""
        return trial.learned

    def learns(self, keys: Iterable[str], *, optional: bool = False) -> bool:
        """Whether enough members learn with a set of changes that was not refuted."""
        return frozenset(keys) not in self.unproven and super().learns(keys, optional=optional)

    def in_order(self, keys: Iterable[str]) -> list[str]:
        """Keys, the most direct cause first, and of one cause the weakest change first."""
        return sorted(keys, key=lambda key: (RANK[self.cause_of(key)], self.by_key[key].size, key))

    def cause_of(self, key: str) -> Fault:
        """The cause that a change proves alone, or else the one that it has to do with."""
        for hypothesis in HYPOTHESES:
            if hypothesis.present(self.evidence) and key in {r.change.key for r in hypothesis.proofs(self.evidence)}:
                return hypothesis.fault
        return blamed(self.by_key[key].family, self.evidence)

    def questioned(self) -> list[str]:
        """Keys of the changes that prove a hypothesis, the most direct cause first."""
        present = [hypothesis for hypothesis in HYPOTHESES if hypothesis.present(self.evidence)]
        return list(dict.fromkeys(r.change.key for one in present for r in one.proofs(self.evidence)))

    def full_sets(self, questioned: Sequence[str]) -> Sequence[Keys]:
        """The pairs of changes that help and remove two causes that the run has, the most direct ones first."""
        pairs = []
        for result in self.evidence.results:
            faults = {blamed(change.family, self.evidence) for change in result.change.single}
            present = all(BY_FAULT[fault].present(self.evidence) for fault in faults)
            if len(faults) == 2 and present and self.evidence.helps(result):
                pairs.append((sum(RANK[fault] for fault in faults), result.change.size, result.change.single))
        pairs.sort(key=lambda pair: pair[:2])
        return [frozenset(change.key for change in changes) for *_, changes in pairs]
