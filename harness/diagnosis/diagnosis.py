"""The diagnosis of a Keras program: its outcome, and a minimal set of causes, each proven by runs."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Sequence

import numpy as np

from ..programs.changes import Change, ChangeKind
from ..programs.contradictions import Check, Contradiction, Severity, contradictions
from ..programs.edits import edits_for
from ..programs.program import NoteKind, Program
from ..scenario.effort import BUDGET_SECONDS
from .answer import (
    LEAVING_PLATEAU,
    STARTS,
    Alternative,
    Cause,
    CurvePoint,
    Diagnosis,
    Further,
    Hint,
    Level,
    Mechanism,
    TriedSet,
)
from .case import Case, prepare_case
from .edited_run import Remedy, chosen_remedy, remedy_for
from .faults import Fault
from .head_choices import CCE
from .layers import read_layers
from .mechanisms import Intervention, Suspect, intervention_repair, suspects
from .outcomes import (
    LEARNED_FRACTION,
    LEAST_LOWERED_FRACTION,
    MOSTLY,
    NOTHING_FRACTION,
    Bar,
    OutcomeKind,
    outcome_of,
    share_of,
)
from .rates import ADAM_RATE, optimizer_facts
from .references import SIGNAL_LEVEL
from .repair import Repair
from .repairs import order_of, propose_repairs
from .restraints import restraints
from .search import CERTAIN, QUESTIONED, WORTH_ADDING, Keys, Progress, Run, Search, Stage
from .tasks import LabelFormat, TaskKind
from .training_repairs import fewer_rows, other_optimizer, rate_repair, rates_to_try
from .trials import Ledger, OutOfBudget, Trial, joined_trials, plan_trials, thinned, updates_of

METRIC_OF_REGRESSION = "mae"
ABORT_FACTOR = 6.0  # times the budget after which the clock aborts
LEAST_SECONDS = 20.0  # before which it never does
LEAST_WAY = 0.05  # between constant and best prediction, below which a program cannot be placed
LEAST_NOISES = 2.5  # the same in standard deviations of the score
FALLEN_FRACTION = 0.1  # by which a loss that goes on falling falls after the part that was trained here
MUCH_BETTER = 0.15  # of the way from constant to best by which a repaired contradiction must be better to matter
MOST_SETS = 6  # of repairs that edits are made for
MEMORISED = 0.3  # of the way from constant to best by which training rows are known better than others
FAR_FROM_PRACTICE = 2.0  # doubt from which a choice is repaired before an overfitting network is restrained
CURVE_SHARES = (0.25, 0.5, 1.0)  # of the training rows
WORTH_MORE_ROWS = 0.05  # of the way from constant to best by which the score rises from half of the rows to all
MOSTLY_FLAT = 0.5  # share of its epochs for which the loss of a program hardly changes on a plateau
SEEN_PLATEAU = 0.05  # share of the epochs of a longer training for which its loss hardly changes before it falls
WORTH_MORE_SEEDS = 0.15  # difference of two shares from which more seeds may tell them apart
IMPOSSIBLE = (Check.SOFTMAX_OVER_ONE_UNIT, Check.FROZEN_MODEL, Check.NO_LEARNING_RATE)


def diagnose_program(
    program: Program,
    *,
    budget: float = BUDGET_SECONDS,
    seed: int = 0,
    progress: Progress | None = None,
    at_once: Callable[[tuple[Contradiction, ...]], None] | None = None,
) -> Diagnosis:
    """Why a program's training does not learn, or that it does.

    Args:
        program: as it was when it called ``fit``
        budget: seconds, converted to a fixed number of updates
        seed: of all draws; the same seed gives the same answer
        progress: called with what was trained and how many trainings there were
        at_once: called with what contradicts itself, before anything is trained
    Raises:
        BadInput: the program cannot be judged, with what to do.
    """
    started = time.monotonic()
    if at_once is not None:
        at_once(contradictions(program))
    case = prepare_case(program, seed=seed)
    diagnoser = _Diagnoser(case, budget, started, progress)
    found = diagnoser.run()
    is_own_loop = any(note.kind is NoteKind.LOOP_AS_FIT for note in program.notes)
    if program.path is None or not found.edits or is_own_loop:  # the rows of an edited loop may come in another order
        return found
    if progress is not None:
        progress("the edited program", len(found.tried))
    remedies, deadline = diagnoser.remedies(found.causes), diagnoser.search.ledger.deadline
    remedy, edited = chosen_remedy(case, remedies, found.bar, budget=budget, deadline=deadline)
    return dataclasses.replace(
        found, edits=remedy.edits, remedy=remedy.faults, edited=edited, seconds=time.monotonic() - started
    )


class _Diagnoser:
    """The steps of one diagnosis."""

    def __init__(self, case: Case, budget: float, started: float, progress: Progress | None) -> None:
        references = case.references
        self.started = started
        self.plan = plan_trials(case, budget)
        self.case = case = thinned(case, self.plan)
        ledger = Ledger(budget=budget, deadline=started + max(ABORT_FACTOR * budget, LEAST_SECONDS))
        self.repairs = propose_repairs(case, self.plan)
        self.noise = references.noise * np.sqrt(
            len(case.split.folds)
        )  # of the score of one seed, on the rows of one fold
        bar = Bar(constant=references.constant, best=references.best, noise=self.noise)
        self.search = Search(case=case, repairs=self.repairs, bar=bar, plan=self.plan, ledger=ledger, progress=progress)
        self.causes: list[Cause] = []
        self.alternatives: list[Alternative] = []
        self.mechanisms: list[Mechanism] = []
        self.curve: tuple[CurvePoint, ...] = ()
        self.minimal: Keys | None = None
        self.wanted: Keys | None = None  # the minimal set and what improves it
        self.outcome = OutcomeKind.NOT_JUDGED
        self.partial = False

    def run(self) -> Diagnosis:
        """All steps; what is known when the clock ends them."""
        try:
            self.judge()
        except OutOfBudget:
            self.partial = True
            self.confirm_smallest()
        return self.result()

    def confirm_smallest(self) -> None:
        """Confirm the smallest set that learned before the search ran out of its share of the budget; what confirming
        needs was reserved. Where the clock ended the search, nothing new is named."""
        if self.minimal is not None:
            return
        self.minimal = self.smallest_learning()
        if self.minimal is not None and not self.search.ledger.is_late:
            with contextlib.suppress(OutOfBudget):
                self.confirm(self.minimal)

    def smallest_learning(self) -> Keys | None:
        """The smallest set of repairs that learned in the search, which was ended before it could be confirmed."""
        bar = self.search.bar
        runs = [run for run in self.search.runs.values() if run.repairs and run.stage is Stage.SEARCH]
        learned = [run for run in runs if share_of(bar.has_learned(run.trial.scores.held)).value >= MOSTLY]
        return min((run.repairs for run in learned), key=lambda keys: (len(keys), sorted(keys)), default=None)

    def judge(self) -> None:
        """The outcome, and the causes if it does not learn."""
        search = self.search
        own = search.run(())
        if own.trial.error is None and self.case.program.error is not None:
            return  # fit raised something that training alone does not, such as a metric: nothing to judge
        certain = any(repair.doubt >= CERTAIN for repair in search.repairs)
        if own.trial.error is not None and self.case.program.history and not certain:
            return  # fit worked in the program and does not here: what was captured is not what was run
        repeats = self.case.repeats
        if repeats is not None and repeats.learnable < NOTHING_FRACTION and not certain:
            self.outcome = OutcomeKind.NO_SIGNAL  # contradictory_causes says why
            return
        if not self.has_signal():
            self.without_signal(own)
            return
        self.outcome = self.outcome_now()
        is_fine = self.outcome is OutcomeKind.LEARNS and not self.contradiction_matters()
        doubtful = any(repair.doubt >= FAR_FROM_PRACTICE for repair in search.repairs)
        if not doubtful and self.memorises(own) and self.is_better_restrained():
            return
        if is_fine and not self.may_be_far_from_best(own):
            return
        if self.outcome is not OutcomeKind.LEARNS and not self.stands_for_whole():
            self.outcome, self.partial = OutcomeKind.NOT_JUDGED, True
            return
        if self.outcome is OutcomeKind.LUCKY:
            self.outcome = self.outcome_of_more_seeds()
            if self.outcome is OutcomeKind.LEARNS:
                return
        if self.outcome is not OutcomeKind.LEARNS and self.memorises(own):
            self.outcome = OutcomeKind.OVERFITS
        if self.outcome is not OutcomeKind.LEARNS:
            self.tune_rate()
        full = self.repaired_set() if self.outcome is not OutcomeKind.LEARNS else self.raise_bar()
        if full is None and self.outcome is not OutcomeKind.LEARNS:
            full = None if self.memorises(own) else self.lower_bar(own)
        if full is None:
            if self.outcome is OutcomeKind.OVERFITS and self.plan.prefix_updates is None:
                self.draw_curve()
            return
        self.minimal = search.minimise(full)
        self.confirm(self.minimal)
        if self.causes:
            self.look_for_mechanisms(self.minimal)
            self.look_for_improvements(self.minimal)
            self.look_for_alternatives(self.minimal)
            faults = {cause.fault for cause in self.causes} | {other.fault for other in self.alternatives}
            longer_is_enough = len(self.minimal) == 1 and Fault.TOO_FEW_EPOCHS in faults
            if longer_is_enough and self.outcome in (OutcomeKind.UNDERFITS, OutcomeKind.DOES_NOT_TRAIN):
                self.outcome = OutcomeKind.SLOW

    def outcome_now(self) -> OutcomeKind:
        """The outcome of the program as it is, by the bar as it is."""
        return outcome_of(self.search.run(()).trial.scores, self.search.bar, self.search.bar)

    def stands_for_whole(self) -> bool:
        """Whether the first part of a long training says what the whole would: the captured loss must not have fallen
        much after it."""
        plan, program = self.plan, self.case.program
        if plan.prefix_updates is None:
            return True
        losses = (program.history or {}).get("loss", ())
        if not losses:
            return False
        steps = program.steps_per_epoch or max(1, -(-program.split_rows() // max(1, program.batch_size)))
        first = losses[min(len(losses) - 1, max(0, plan.prefix_updates // steps - 1))]
        if not np.isfinite(losses[-1]):
            return self.outcome is OutcomeKind.DIVERGES
        return bool(losses[-1] > first - FALLEN_FRACTION * abs(first))

    def outcome_of_more_seeds(self) -> OutcomeKind:
        """The outcome of a program that fails from some seeds of the search, counting fresh ones."""
        runs = [self.search.run((), stage=stage) for stage in (Stage.SEARCH, Stage.CONFIRM)]
        scores = joined_trials([run.trial for run in runs]).scores
        return outcome_of(scores, self.search.bar, self.search.bar)

    def repaired_set(self) -> Keys | None:
        """A set of repairs with which the program learns; None if none of those tried does.

        A program that only overfits is restrained first; where its choices are far from practice, these come first.
        """
        search = self.search
        if self.outcome is not OutcomeKind.OVERFITS:
            return search.repair_fully()
        doubtful = any(repair.doubt >= FAR_FROM_PRACTICE for repair in search.repairs)
        ways = [self.restrained, search.repair_questioned]
        ways = ways[::-1] if doubtful else ways
        return next((keys for keys in (way() for way in ways) if keys is not None), None)

    def memorises(self, own: Run) -> bool:
        """Whether a program knows its training rows much better than others, and others clearly worse than it could."""
        bar, training = self.search.bar, float(np.median(own.trial.scores.training))
        known, other = (min(1.0, bar.fraction(value)) for value in (training, own.median))
        return known >= LEARNED_FRACTION > other and known - other >= MEMORISED

    def is_better_restrained(self) -> bool:
        """Whether a remedy of overfitting is proven for a program that memorises; its outcome is then that it overfits.

        The threshold is not lowered by the noise of the score here: the proof has to bridge it.
        """
        search, before = self.search, self.search.bar
        search.bar = dataclasses.replace(before, noise=0.0)
        keys = self.restrained()
        if keys is not None:
            self.confirm(keys)
        if keys is None or not self.causes:
            search.bar = before
            return False
        self.minimal, self.outcome = keys, OutcomeKind.OVERFITS
        return True

    def restrained(self) -> Keys | None:
        """A remedy of overfitting with which the program learns."""
        search = self.search
        for repair in restraints(self.case, whole=self.plan.prefix_updates is None):
            search.by_key[repair.key] = repair
            if search.learns({repair.key}):
                return frozenset({repair.key})
        return None

    def tune_rate(self) -> None:
        """Let the repair of the learning rate set the rate that does best of several."""
        search, case = self.search, self.case
        known = search.by_key.get("learning-rate")
        if known is None or known.doubt >= CERTAIN or any(repair.doubt >= CERTAIN for repair in search.repairs):
            return
        facts = optimizer_facts(case.program.optimizer, updates_of(case.program, len(case.split.folds[0].train)))
        rates = rates_to_try(facts, diverges=self.outcome is OutcomeKind.DIVERGES)
        try:
            rate, learns = search.best_rate(rates)
        except OutOfBudget:
            return
        if learns or self.outcome is OutcomeKind.DIVERGES:
            # another rate may only be a way round something else: it is the last to be suspected
            search.replace_repair(rate_repair(facts, rate, max(known.doubt, QUESTIONED)))

    def has_signal(self) -> bool:
        """Whether off-the-shelf learners find more than chance in the data, and more than the noise of the score."""
        references = self.case.references
        way = references.best - references.constant
        if references.p_value is None:
            return way > 0
        return references.p_value <= SIGNAL_LEVEL and way > max(LEAST_WAY, LEAST_NOISES * references.noise)

    def without_signal(self, own: Run) -> None:
        """The outcome where the references are at chance or hardly above: the repaired network decides."""
        search, references = self.search, self.case.references
        best = own
        sets = list(search.full_sets(search.questioned()))
        for keys in [*sets[:1], *sets[-1:]]:
            best = max(best, search.run(keys), key=lambda run: run.median)
        if best.median < references.constant + max(LEAST_WAY, LEAST_NOISES * references.noise):
            self.judge_at_chance(own)
            return
        search.bar = Bar(constant=references.constant, best=best.median, noise=self.noise)
        self.outcome = self.outcome_now()
        if self.outcome is OutcomeKind.LEARNS or best is own:
            self.outcome = OutcomeKind.LEARNS
            return
        self.minimal = search.minimise(best.repairs)
        self.confirm(self.minimal)

    def judge_at_chance(self, own: Run) -> None:
        """The outcome where neither the references nor the repaired network are clearly above chance."""
        search, references = self.search, self.case.references
        at_chance = references.p_value is None or references.p_value > SIGNAL_LEVEL
        if own.trial.error is not None:
            self.outcome = OutcomeKind.DOES_NOT_TRAIN
            self.causes = [
                Cause(
                    fault=repair.fault, changes=repair.changes, repaired=None, unrepaired=None, needs_no_run=True
                )  # Keras refuses to train it: that needs no further proof
                for repair in search.repairs
                if repair.doubt >= CERTAIN
            ]
        elif np.all(self.case.targets == self.case.targets[:1]):
            self.outcome = OutcomeKind.NOT_JUDGED  # of equal targets, R2 and accuracy say nothing
        elif at_chance and references.apt:
            self.outcome = OutcomeKind.NO_SIGNAL
            self.causes = [Cause(fault=Fault.NO_SIGNAL, changes=(), repaired=None, unrepaired=self.level(own))]
        elif at_chance:  # of images and sequences, flat learners at chance prove nothing
            way = 1 - references.constant
            memorised = float(np.median(own.trial.scores.training)) > references.constant + 0.5 * way
            self.outcome = OutcomeKind.OVERFITS if memorised else OutcomeKind.DOES_NOT_TRAIN
        elif own.median >= references.constant:
            self.outcome = OutcomeKind.LEARNS  # the little that there is to learn
        else:
            trained = float(np.median(own.trial.scores.training))
            has_fitted = trained > references.constant + NOTHING_FRACTION * (1 - references.constant)
            self.outcome = OutcomeKind.OVERFITS if has_fitted else OutcomeKind.DOES_NOT_TRAIN

    def contradiction_matters(self) -> bool:
        """Whether a program that learns is much better without its contradictions; the bar is then raised."""
        search = self.search
        certain = [repair.key for repair in search.repairs if repair.doubt >= CERTAIN]
        if not certain:
            return False
        own, repaired = search.run(()), search.run(certain)
        bar = Bar(constant=search.bar.constant, best=max(search.bar.best, repaired.median), noise=search.bar.noise)
        if bar.fraction(repaired.median) - bar.fraction(own.median) < MUCH_BETTER:
            return False
        search.bar = dataclasses.replace(bar, best=repaired.median, noise=0.0, needed=1 - MUCH_BETTER / 2)
        self.outcome = self.outcome_now()
        return self.outcome is not OutcomeKind.LEARNS

    def may_be_far_from_best(self, own: Run) -> bool:
        """Whether a program that is as good as the references may still be far from what a network reaches: images and
        sequences, which flat learners do badly."""
        perfect = 1.0
        return not self.case.references.apt and own.median < 0.9 * perfect

    def raise_bar(self) -> Keys | None:
        """The full repair as the level to reach, where it is far above the program; None if the program learns."""
        search = self.search
        sets = list(search.full_sets(search.questioned()))[:2]
        best = max((search.run(keys) for keys in sets), key=lambda run: run.median, default=None)
        if best is None or best.median <= search.bar.best:
            return None
        bar = Bar(constant=search.bar.constant, best=best.median, noise=search.bar.noise)
        outcome = outcome_of(search.run(()).trial.scores, bar, bar)
        if outcome is OutcomeKind.LEARNS:
            return None
        search.bar, self.outcome = bar, outcome
        return best.repairs

    def lower_bar(self, own: Run) -> Keys | None:
        """The best repair as the level to reach, where none reaches the references: a network need not beat boosting.

        None if the program is about as good as any repair of it; it then learns what this kind of network can, or its
        outcome stays without a cause.
        """
        search = self.search
        runs = [run for run in search.runs.values() if run.repairs and run.stage is Stage.SEARCH]
        best = max(runs, key=lambda run: run.median, default=own)
        bar = Bar(constant=search.bar.constant, best=best.median, noise=search.bar.noise)
        limited = search.bar.fraction(own.median) >= LEAST_LOWERED_FRACTION
        if search.bar.fraction(best.median) < LEAST_LOWERED_FRACTION / 2:
            return None  # nothing comes near: no level to judge by
        outcome = outcome_of(own.trial.scores, bar, bar)
        if outcome is OutcomeKind.LEARNS:
            if limited:
                self.outcome = OutcomeKind.LEARNS
            return None
        search.bar, self.outcome = bar, outcome
        return best.repairs if search.learns(best.repairs) else None

    def confirm(self, keys: Keys) -> None:
        """Both sides of each cause, on fresh seeds and rows."""
        search = self.search
        for key in search.in_order(keys):
            self.confirm_one(search.by_key[key], keys, keys - {key})
        rate = search.by_key.get("learning-rate")
        diverges = self.outcome is OutcomeKind.DIVERGES
        if "optimizer" in keys and rate is not None and (rate.doubt >= 2 or diverges):
            facts = optimizer_facts(self.case.program.optimizer, 1)
            search.replace_repair(other_optimizer(facts))
            part = dataclasses.replace(
                rate, changes=(Change(kind=ChangeKind.LEARNING_RATE, old=facts.rate, new=ADAM_RATE),)
            )
            named = len(self.causes)
            self.confirm_one(part, keys, keys - {"optimizer"} | {"optimizer-at-own-rate"})
            if diverges and len(self.causes) > named:  # what diverges overshoots: that comes first
                self.causes.insert(0, self.causes.pop())

    def confirm_one(self, repair: Repair, keys: Keys, without: Keys) -> None:
        """Name a cause if the intervals with and without its repair exclude each other.

        Where they overlap and the shares differ, more seeds are asked.
        """
        search = self.search
        for stage in (Stage.CONFIRM, Stage.CONFIRM_MORE):
            optional = stage is Stage.CONFIRM_MORE
            try:
                share = search.share(keys, stage=stage, optional=optional)
                other = search.share(without, stage=stage, optional=optional)
            except OutOfBudget:
                self.partial = True
                return
            if share.low > other.high:
                self.causes.append(
                    Cause(
                        fault=repair.fault,
                        changes=repair.changes,
                        repaired=self.level(search.run(keys, stage=stage)),
                        unrepaired=self.level(search.run(without, stage=stage)),
                    )
                )
                return
            if share.value - other.value < WORTH_MORE_SEEDS:
                return

    def look_for_mechanisms(self, keys: Keys) -> None:
        """How a bad start hurts, each way proven by an intervention of its own; the budget may end this."""
        search = self.search
        place = next((n for n, cause in enumerate(self.causes) if cause.fault in STARTS), None)
        if "initializer" in keys and place is not None:
            rest = keys - {"initializer"}
            suspected = list(suspects(self.case, read_layers(self.case.program, self.case.head)))
            if len(suspected) == 1 and suspected[0].control is None:
                suspected = []  # the repair of the start takes away this and nothing else
            for suspect in suspected:
                found = self.proven_mechanism(suspect, rest)
                self.mechanisms += [] if found is None else [found]
            cause = self.causes[place]
            if self.mechanisms and cause.fault not in {found.fault for found in self.mechanisms}:
                self.causes[place] = cause = dataclasses.replace(cause, fault=self.mechanisms[0].fault)
            elif not self.mechanisms and cause.repaired is not None and cause.unrepaired is not None:
                self.mechanisms.append(
                    Mechanism(
                        fault=cause.fault,
                        intervention=Intervention.REDRAWN,
                        repaired=cause.repaired,
                        unrepaired=cause.unrepaired,
                    )
                )
        own = search.runs[frozenset(), Stage.SEARCH].trial
        for cause in self.causes:
            with_it = self.confirmed(keys)
            if cause.fault not in LEAVING_PLATEAU or own.flat < MOSTLY_FLAT or with_it is None:
                continue
            least = SEEN_PLATEAU if cause.fault is Fault.TOO_FEW_EPOCHS else 0.0
            if least <= with_it.trial.flat < own.flat:
                self.mechanisms.append(
                    Mechanism(
                        fault=Fault.PLATEAU,
                        intervention=Intervention.LEFT,
                        repaired=self.level(with_it),
                        unrepaired=self.level(search.runs[frozenset(), Stage.SEARCH]),
                    )
                )
                break

    def proven_mechanism(self, suspect: Suspect, rest: Keys) -> Mechanism | None:
        """A mechanism, if taking away its property makes the program learn and its control does not."""
        search = self.search
        kinds = [suspect.intervention] + ([] if suspect.control is None else [suspect.control])
        for kind in kinds:
            repair = intervention_repair(self.case, kind, suspect.fault)
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
        return Mechanism(
            fault=suspect.fault,
            intervention=suspect.intervention,
            repaired=helped,
            unrepaired=compared,
        )

    def draw_curve(self) -> None:
        """What the program reaches from fewer rows with as many updates: whether more rows would help it.

        Too little data are named where the score rises with the rows from nearly every seed, and by enough to expect
        more of it.
        """
        search, case = self.search, self.case
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

    def confirmed(self, keys: Keys) -> Run | None:
        """The run of a set on the most fresh seeds."""
        runs = self.search.runs
        return runs.get((keys, Stage.CONFIRM_MORE)) or runs.get((keys, Stage.CONFIRM))

    def look_for_improvements(self, keys: Keys) -> None:
        """Repairs that raise the score of the repaired program, on fresh seeds too; the budget may end this."""
        search = self.search
        wanted = search.improved(keys)
        self.partial = self.partial or search.ledger.is_late
        if wanted == keys:
            return
        try:
            better = search.run(wanted, stage=Stage.CONFIRM, optional=True)
        except OutOfBudget:
            return
        known = self.confirmed(keys)
        top = search.best_known()
        if known is not None and search.quality(better, top) >= search.quality(known, top) + WORTH_ADDING / 2:
            self.wanted = wanted

    def further(self) -> tuple[Further, ...]:
        """What the wanted set has beside the minimal one."""
        added = (self.wanted or frozenset()) - (self.minimal or frozenset())
        repairs = [self.search.by_key[key] for key in self.search.in_order(added)]
        return tuple(
            Further(
                fault=repair.fault, changes=repair.changes, edits=edits_for(self.case.program, repair.changes).edits
            )
            for repair in repairs
        )

    def remedies(self, causes: Sequence[Cause]) -> tuple[Remedy, ...]:
        """Edits that may repair the program, the best first.

        That of the causes with what improves them, that of the causes alone, and those of other sets of repairs with
        which the program learned in the search, the best and smallest first.
        """
        search = self.search
        outside = [change for cause in causes if cause.needs_no_run for change in cause.changes]
        sets = [keys for keys in (self.wanted, self.minimal) if keys]
        if self.minimal is not None:
            top = search.best_known()
            runs = [run for run in search.runs.values() if run.stage is Stage.SEARCH and run.repairs]
            learned = [run for run in runs if share_of(search.bar.has_learned(run.trial.scores.held)).value >= MOSTLY]
            learned.sort(key=lambda run: (-round(search.quality(run, top), 1), len(run.repairs), sorted(run.repairs)))
            sets += [run.repairs for run in learned if all(search.by_key[key].changes for key in run.repairs)]
        made = []
        for keys in list(dict.fromkeys(sets))[:MOST_SETS]:
            repairs = [search.by_key[key] for key in search.in_order(keys)]
            changes = [*(change for repair in repairs for change in repair.changes), *outside]
            faults = tuple(dict.fromkeys(repair.fault for repair in repairs))
            promised = (self.confirmed(keys) or search.run(keys)).median
            made.append(remedy_for(self.case.program, faults, changes, promised))
        if not made:
            made = [remedy_for(self.case.program, tuple(cause.fault for cause in causes), outside)]
        return tuple(made)

    def look_for_alternatives(self, keys: Keys) -> None:
        """Repairs that do in place of a cause; the clock may end this without harm."""
        search = self.search
        try:
            pairs = search.alternatives(keys)
        except OutOfBudget:
            self.partial = True
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

    def level(self, run: Run) -> Level:
        """What a run reaches, by the bar as it is."""
        trial: Trial = run.trial
        return Level(
            held=run.median,
            training=float(np.median(trial.scores.training)),
            learned=share_of(self.search.bar.has_learned(trial.scores.held)),
            auc=trial.auc,
            updates=trial.updates,
            error=trial.error,
            scores=tuple(np.asarray(trial.scores.held, np.float64).tolist()),
        )

    def result(self) -> Diagnosis:
        """Everything that was found."""
        search, case = self.search, self.case
        known = search.runs.get((frozenset(), Stage.SEARCH))
        repaired = self.confirmed(self.minimal) if self.minimal else None
        causes = [self.with_edits(cause) for cause in [*self.causes, *self.causes_without_run()]]
        named = {cause.fault for cause in causes}
        hints = self.hints(named) if self.outcome is not OutcomeKind.LEARNS else []
        is_open = self.partial and self.minimal and not self.causes and self.outcome is not OutcomeKind.LEARNS
        unconfirmed = search.runs.get((self.minimal, Stage.SEARCH)) if is_open and self.minimal else None
        improved = None if self.wanted is None else self.confirmed(self.wanted)
        remedy = self.remedies(causes)[0]
        return Diagnosis(
            name=case.program.name,
            outcome=self.outcome,
            task=case.task.kind,
            judged=case.split.judged,
            user=None if known is None else self.level(known),
            repaired=None if repaired is None or not causes else self.level(repaired),
            improved=None if improved is None else self.level(improved),
            bar=search.bar,
            references=case.references,
            causes=tuple(causes),
            further=self.further(),
            hints=tuple(hints),
            alternatives=tuple(self.alternatives),
            mechanisms=tuple(self.mechanisms),
            curve=self.curve,
            repeats=case.repeats,
            contradictions=case.found,
            edits=remedy.edits if causes else (),
            remedy=remedy.faults if causes else (),
            edited=None,
            unconfirmed=None if unconfirmed is None else self.level(unconfirmed),
            notes=case.program.notes,
            tried=tuple(
                TriedSet(repairs=tuple(sorted(run.repairs)), level=self.level(run), fresh=run.stage is not Stage.SEARCH)
                for run in search.runs.values()
            ),
            partial=self.partial,
            seconds=time.monotonic() - self.started,
        )

    def with_edits(self, cause: Cause) -> Cause:
        """The cause with the edits that repair it."""
        return dataclasses.replace(cause, edits=edits_for(self.case.program, cause.changes).edits)

    def causes_without_run(self) -> list[Cause]:
        """What follows from the program alone: no run is needed to know it."""
        return [*self.impossible_causes(), *self.contradictory_causes(), *self.metric_causes()]

    def contradictory_causes(self) -> list[Cause]:
        """Equal inputs with different targets, where they keep every function of the inputs from being good."""
        repeats = self.case.repeats
        if repeats is None or self.outcome in (OutcomeKind.LEARNS, OutcomeKind.NOT_JUDGED):
            return []
        if repeats.learnable >= LEARNED_FRACTION:
            return []
        fault = Fault.CONTRADICTORY_TARGETS
        return [Cause(fault=fault, changes=(), repaired=None, unrepaired=None, needs_no_run=True)]

    def impossible_causes(self) -> list[Cause]:
        """What keeps every training from learning whatever the weights are, where the search has not come to prove it.

        Softmax over one unit is 1 for every input; without trainable weights or a learning rate nothing changes.
        """
        if self.outcome in (OutcomeKind.LEARNS, OutcomeKind.NO_SIGNAL):
            return []
        known = {cause.fault for cause in self.causes}
        ids = {finding.id for finding in self.case.found if finding.check in IMPOSSIBLE}
        certain = [repair for repair in self.search.repairs if repair.doubt >= CERTAIN and repair.fault not in known]
        chosen = {repair.key: repair for repair in certain if repair.fault.value in ids}
        if any(repair.block == "head" for repair in chosen.values()):  # labels, loss and units change with it
            chosen |= {repair.key: repair for repair in certain if repair.block == "head"}
        return [
            Cause(fault=repair.fault, changes=repair.changes, repaired=None, unrepaired=None, needs_no_run=True)
            for repair in chosen.values()
        ]

    def metric_causes(self) -> list[Cause]:
        """Metrics that say nothing about the targets: they mislead whatever is learned."""
        wrong = [
            finding
            for finding in self.case.found
            if finding.id == Fault.METRIC.value and finding.severity is Severity.CONTRADICTION
        ]
        if not wrong or self.case.task.is_classification:
            return []
        changes = tuple(
            Change(kind=ChangeKind.METRIC, old=str(finding.values.get("metric")), new=METRIC_OF_REGRESSION)
            for finding in wrong
        )
        return [Cause(fault=Fault.METRIC, changes=changes, repaired=None, unrepaired=None, needs_no_run=True)]

    def hints(self, named: set[Fault]) -> list[Hint]:
        """Questioned choices that are not among the causes; those of a minimal set that was not confirmed first.

        A last layer or loss that does not suit the classes stays among them, even if the program learns without a
        repair of it: it is the commonest fault, and whoever reads the answer asks for it.
        """
        minimal = self.minimal or frozenset()
        other = {alternative.fault for alternative in self.alternatives}
        blocks = {self.search.by_key[key].block for key in minimal if self.causes} - {"", "layers", "head"}
        unproven = [
            repair
            for repair in sorted(self.search.repairs, key=order_of)
            if repair.fault not in named | other
            and repair.block not in blocks
            and (repair.doubt >= 2 or repair.key in minimal or self.is_unfit_head(repair))
        ]
        unproven.sort(key=lambda repair: (repair.key not in minimal, not self.is_unfit_head(repair)))
        hints = [
            Hint(
                fault=repair.fault,
                changes=repair.changes,
                doubt=repair.doubt,
                is_needed=repair.key in minimal,
            )
            for repair in unproven
        ]
        known = named | other | {hint.fault for hint in hints}
        return hints if Fault.OUTPUT_ACTIVATION in known else [*hints, *self.usual_head()]

    def usual_head(self) -> list[Hint]:
        """Softmax and its cross-entropy, for a sigmoid over exclusive classes: it can learn, but is seldom meant."""
        task, head = self.case.task, self.case.head
        is_exclusive = task.kind is TaskKind.MULTICLASS and task.format is LabelFormat.ONE_HOT
        if not (is_exclusive and head.activation == "sigmoid" and head.is_certain):
            return []
        changes = [Change(kind=ChangeKind.ACTIVATION, layer=head.activation_layers[-1], old="sigmoid", new="softmax")]
        if head.loss != CCE:
            changes.append(Change(kind=ChangeKind.LOSS, old=head.loss, new=CCE))
        return [Hint(fault=Fault.OUTPUT_ACTIVATION, changes=tuple(changes), doubt=1)]

    def is_unfit_head(self, repair: Repair) -> bool:
        """Whether a repair is of a last layer or loss that can learn the task, and is not made for it."""
        suspected = any(
            finding.id == repair.fault.value and finding.severity is not Severity.FACT for finding in self.case.found
        )
        return repair.block == "head" and repair.doubt >= 1 and (self.case.task.is_classification or suspected)
