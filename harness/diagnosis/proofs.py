"""What a set of repairs proves: its causes on fresh seeds, how they hurt, what else would do, and what does better."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..programs.changes import Change, ChangeKind
from .answer import LEAVING_PLATEAU, STARTS, Alternative, Cause, CurvePoint, Intervention, Level, Mechanism
from .faults import Fault
from .layers import read_layers
from .mechanisms import KEEPING_CLONES, Suspect, intervention_repair, suspects
from .outcomes import MOSTLY
from .program_search import WORTH_ADDING, ProgramRun, ProgramSearch
from .rates import ADAM_RATE, optimizer_facts
from .repair import Repair
from .search import WORTH_MORE_SEEDS, Keys, OutOfBudget, Stage
from .training_repairs import fewer_rows, other_optimizer
from .trials import Trial

CURVE_SHARES = (0.25, 0.5, 1.0)  # of the training rows
WORTH_MORE_ROWS = 0.05  # of the way from constant to best by which the score rises from half of the rows to all
MOSTLY_FLAT = 0.5  # share of its epochs for which the loss of a program hardly changes on a plateau
SEEN_PLATEAU = 0.05  # share of the epochs of a longer training for which its loss hardly changes before it falls


@dataclass
class Proofs:
    """What has been proven so far."""

    search: ProgramSearch  # trains sets of repairs
    # causes, alternatives, mechanisms, curve: as the answer has them
    causes: list[Cause] = field(default_factory=list)
    alternatives: list[Alternative] = field(default_factory=list)
    mechanisms: list[Mechanism] = field(default_factory=list)
    curve: tuple[CurvePoint, ...] = ()
    partial: bool = False  # whether the budget or the clock left something open

    def level(self, run: ProgramRun) -> Level:
        """What a run reaches, by the bar as it is."""
        trial: Trial = run.trial
        return Level(
            held=run.median,
            training=float(np.median(trial.scores.training)),
            learned=self.search.learned(trial),
            auc=trial.auc,
            updates=trial.updates,
            error=trial.error,
            scores=tuple(np.asarray(trial.scores.held, np.float64).tolist()),
            diverged=int(np.sum(trial.scores.diverged)),
        )

    def confirmed(self, keys: Keys) -> ProgramRun | None:
        """The run of a set on the most fresh seeds."""
        runs = self.search.runs
        return runs.get((keys, Stage.CONFIRM_MORE)) or runs.get((keys, Stage.CONFIRM))

    def confirm(self, keys: Keys, *, diverges: bool) -> Keys:
        """Name the causes of a set of repairs, both sides of each on fresh seeds and rows.

        Args:
            keys: with which the program learned in the search
            diverges: whether the program diverges as it is

        Returns:
            the set on which the causes stand: without what could not be proven beside them, if they can be proven
            without it.
        """
        proven = self.confirm_each(keys, diverges=diverges)
        if not proven or proven == keys:
            return keys
        causes, partial = self.causes, self.partial
        self.causes, self.partial = [], False
        if self.confirm_each(proven, diverges=diverges) == proven:
            return proven
        self.causes, self.partial = causes, partial
        return keys

    def confirm_each(self, keys: Keys, *, diverges: bool) -> Keys:
        """Name each cause that a set of repairs proves; the keys of these."""
        search = self.search
        proven = {key for key in search.in_order(keys) if self.confirm_one(search.by_key[key], keys, keys - {key})}
        rate = search.by_key.get("learning-rate")
        if "optimizer" in keys and rate is not None and (rate.doubt >= 2 or diverges):
            facts = optimizer_facts(search.case.program.optimizer, 1)
            search.replace_repair(other_optimizer(facts))
            part = dataclasses.replace(
                rate, changes=(Change(kind=ChangeKind.LEARNING_RATE, old=facts.rate, new=ADAM_RATE),)
            )
            if self.confirm_one(part, keys, keys - {"optimizer"} | {"optimizer-at-own-rate"}):
                proven.add("optimizer")
                if diverges:  # what diverges overshoots: that comes first
                    self.causes.insert(0, self.causes.pop())
        return frozenset(proven)

    def confirm_one(self, repair: Repair, keys: Keys, without: Keys) -> bool:
        """Name a cause if fresh seeds with and without its repair prove it; whether they do."""
        try:
            sides = self.search.proof(keys, without)
        except OutOfBudget:
            self.partial = True
            return False
        if sides is None:
            return False
        repaired, unrepaired = (self.level(run) for run in sides)
        self.causes.append(Cause(fault=repair.fault, changes=repair.changes, repaired=repaired, unrepaired=unrepaired))
        return True

    def look_for_mechanisms(self, keys: Keys) -> None:
        """How the causes hurt, each way proven by an intervention of its own; the budget may end this."""
        place = next((n for n, cause in enumerate(self.causes) if cause.fault in STARTS), None)
        if "initializer" in keys and place is not None:
            self.explain_start(place, keys - {"initializer"})
        left = [cause for cause in self.causes if self.leaves_plateau(cause, keys)]
        with_it = self.confirmed(keys)
        if left and with_it is not None:
            self.mechanisms.append(
                Mechanism(
                    fault=Fault.PLATEAU,
                    intervention=Intervention.LEFT,
                    repaired=self.level(with_it),
                    unrepaired=self.level(self.search.runs[frozenset(), Stage.SEARCH]),
                )
            )

    def explain_start(self, place: int, rest: Keys) -> None:
        """What of a bad start hurts: properties that can be taken away alone; else that other weights help.

        Args:
            place: of the start among the causes
            rest: the other repairs
        """
        case = self.search.case
        suspected = list(suspects(case, read_layers(case.program, case.head)))
        if len(suspected) == 1 and suspected[0].control is None:
            suspected = []  # the repair of the start takes away this and nothing else
        found = [one for one in (self.proven_mechanism(suspect, rest) for suspect in suspected) if one is not None]
        cause = self.causes[place]
        if self.learns_with_clones(rest):  # they are not to blame
            found = [one for one in found if one.fault is not Fault.CLONES]
            cause = dataclasses.replace(cause, fault=Fault.PLATEAU) if cause.fault is Fault.CLONES else cause
        if found and cause.fault not in {one.fault for one in found}:
            cause = dataclasses.replace(cause, fault=found[0].fault)
        self.causes[place] = cause
        self.mechanisms += found
        if not found and cause.repaired is not None and cause.unrepaired is not None:
            self.mechanisms.append(
                Mechanism(
                    fault=cause.fault,
                    intervention=Intervention.REDRAWN,
                    repaired=cause.repaired,
                    unrepaired=cause.unrepaired,
                )
            )

    def learns_with_clones(self, rest: Keys) -> bool:
        """Whether a change of the start that was tried and keeps identical units identical makes the program learn."""
        search = self.search
        runs = [search.runs.get((rest | {f"start:{kind.value}"}, Stage.SEARCH)) for kind in KEEPING_CLONES]
        return any(run is not None and search.learned(run.trial).value >= search.enough for run in runs)

    def leaves_plateau(self, cause: Cause, keys: Keys) -> bool:
        """Whether the program stays on a plateau, and leaves it with its repairs."""
        own, with_it = self.search.runs[frozenset(), Stage.SEARCH].trial, self.confirmed(keys)
        if cause.fault not in LEAVING_PLATEAU or own.flat < MOSTLY_FLAT or with_it is None:
            return False
        if Fault.RATE_TOO_SMALL in {other.fault for other in self.causes}:
            return False  # the loss hardly changes because the steps are small
        least = SEEN_PLATEAU if cause.fault is Fault.TOO_FEW_EPOCHS else 0.0
        return least <= with_it.trial.flat < own.flat

    def proven_mechanism(self, suspect: Suspect, rest: Keys) -> Mechanism | None:
        """A mechanism, if taking away its property makes the program learn and its control does not."""
        search = self.search
        kinds = [suspect.intervention] + ([] if suspect.control is None else [suspect.control])
        for kind in kinds:
            repair = intervention_repair(self.search.case, kind, suspect.fault)
            search.by_key[repair.key] = repair
        sides = [rest | {f"start:{kinds[0].value}"}, rest | {f"start:{kinds[1].value}"} if suspect.control else rest]
        for stage in (Stage.SEARCH, Stage.CONFIRM):  # the second only if the first makes it likely
            try:
                helped, compared = (self.level(search.run(keys, stage=stage, optional=True)) for keys in sides)
            except OutOfBudget:
                return None
            if helped.learned.value - compared.learned.value < WORTH_MORE_SEEDS:
                return None
        if helped.learned.low <= compared.learned.high:
            return None
        return Mechanism(fault=suspect.fault, intervention=suspect.intervention, repaired=helped, unrepaired=compared)

    def draw_curve(self) -> None:
        """What the program reaches from fewer rows with as many updates: whether more rows would help it.

        Too little data are named if the score rises with the rows from nearly every seed, and by enough to expect
        more of it.
        """
        search, case = self.search, self.search.case
        points = []
        for share in CURVE_SHARES:
            key = f"rows:{share:g}"
            search.by_key[key] = fewer_rows(case, share, key)
            run = search.affordable(frozenset({key}) if share < 1 else frozenset())
            if run is None:
                return
            rows = round(len(case.split.folds[0].train) * share)
            points.append((CurvePoint(rows=rows, level=self.level(run)), run.trial.scores.held))
        self.curve = tuple(point for point, _ in points)
        (_, half), (_, whole) = points[-2:]
        rises = np.median(whole) - np.median(half) >= WORTH_MORE_ROWS * (search.bar.best - search.bar.constant)
        if rises and np.mean(whole > half) >= MOSTLY:
            self.causes.append(Cause(fault=Fault.TOO_LITTLE_DATA, changes=(), repaired=None, unrepaired=None))

    def improved(self, keys: Keys) -> Keys | None:
        """The set with repairs beside it that raise its score, on fresh seeds too; None if none does. The budget may
        end this."""
        search = self.search
        try:
            wanted = search.improved(keys)
            if wanted == keys:
                return None
            better = search.run(wanted, stage=Stage.CONFIRM, optional=True)
        except OutOfBudget:
            return None
        finally:
            self.partial = self.partial or search.ledger.is_late
        known, top = self.confirmed(keys), search.best_known()
        is_better = known is not None and search.quality(better, top) >= search.quality(known, top) + WORTH_ADDING / 2
        return wanted if is_better else None

    def nearer(self, own: ProgramRun, keys: Sequence[str], times: float) -> Keys | None:
        """The first repair with which a learned regression leaves so many times less unexplained, on fresh seeds too.

        None if no repair does. The budget may end this.
        """
        search = self.search
        for key in keys:
            run = search.affordable(frozenset({key}))
            if run is None or not is_nearer(run, own, times):
                continue
            try:
                sides = [search.run(keys, stage=Stage.CONFIRM, optional=True) for keys in (run.repairs, own.repairs)]
            except OutOfBudget:
                self.partial = self.partial or search.ledger.is_late
                return None
            if is_nearer(sides[0], sides[1], times):
                return run.repairs
        return None

    def look_for_alternatives(self, keys: Keys) -> None:
        """Repairs that do in place of a cause; the budget may end this without harm."""
        search = self.search
        try:
            pairs = search.alternatives(keys)
        except OutOfBudget:
            self.partial = self.partial or search.ledger.is_late
            return
        proven = {cause.fault for cause in self.causes}
        for cause, other in pairs:
            repair = search.by_key[other]
            known = {alternative.fault for alternative in self.alternatives}
            if repair.fault in known or search.by_key[cause].fault not in proven:
                continue
            self.alternatives.append(
                Alternative(
                    fault=repair.fault,
                    changes=repair.changes,
                    instead_of=search.by_key[cause].fault,
                    level=self.level(search.run(keys - {cause} | {other})),
                )
            )


def is_nearer(run: ProgramRun, other: ProgramRun, times: float) -> bool:
    """Whether a run of a regression leaves so many times less unexplained than another."""
    return times * (1 - run.median) <= 1 - other.median
