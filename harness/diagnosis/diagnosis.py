"""The diagnosis of a Keras program: its outcome, and a minimal set of causes, each proven by runs."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Sequence

import numpy as np

from ..programs.program import NoteKind, Program
from ..results import Result
from ..scenario.effort import BUDGET_SECONDS
from .answer import Cause, Diagnosis
from .by_heart import learned_by_heart
from .case import prepare_case
from .clock import Clock
from .edited_run import chosen_remedy
from .evident_causes import linear_causes, refused_causes
from .faults import Fault
from .known import Known
from .neighbours import Neighbours, telling_neighbours
from .outcomes import (
    LEARNED_FRACTION,
    LEAST_LOWERED_FRACTION,
    MOSTLY,
    NOTHING_FRACTION,
    Bar,
    OutcomeKind,
    outcome_of,
    outcome_of_little,
)
from .program_search import FAR_FROM_PRACTICE, GOOD_ENOUGH, MOST_TRIED_ADDITIONS, PERFECT, QUESTIONED, ProgramRun
from .rates import optimizer_facts
from .references import EXACT, LEAST_SQUARES, SIGNAL_LEVEL, TIMES_NEARER
from .repair import CERTAIN
from .restraints import restraints
from .search import Keys, OutOfBudget, Progress, Stage
from .splits import Judged
from .tasks import TaskKind
from .training_repairs import rate_repair, rates_to_try
from .trials import Trial, joined_trials, updates_of

FALLEN_FRACTION = 0.1  # by which a loss that goes on falling falls after the part that was trained here
MUCH_BETTER = 0.15  # of the way from constant to best by which a repaired contradiction must be better to matter
WORTH_NAMING = 2  # times less that a regression leaves unexplained with a repair that is named as an improvement
FAR_FROM_PERFECT = 0.9  # of a perfect score, below which a network may do better than references that suit it badly
MEMORISED = 0.3  # of the way from constant to best by which training rows are known better than others


def diagnose_program(
    program: Program, *, budget: float = BUDGET_SECONDS, seed: int = 0, progress: Progress | None = None
) -> Diagnosis:
    """Why a program's training does not learn, or that it does.

    Args:
        program: as it was when it called ``fit``
        budget: seconds, converted to a fixed number of updates
        seed: of all draws; the same seed gives the same answer
        progress: called with what was trained and how many trainings there were
    Raises:
        BadInput: the program cannot be judged, with what to do.
        Interrupted: by Ctrl-C, with what is known.
    """
    clock = Clock()
    case = prepare_case(program, seed=seed)
    diagnoser = _Diagnoser(case, budget, clock, progress)
    found = diagnoser.run()
    is_own_loop = any(note.kind is NoteKind.LOOP_AS_FIT for note in program.notes)
    if program.path is None or not found.edits or is_own_loop:  # the rows of an edited loop may come in another order
        return found
    if progress is not None:
        progress("the edited program", len(found.tried))
    remedies, ledger = diagnoser.remedies(found.causes), diagnoser.search.ledger
    try:
        remedy, edited = chosen_remedy(
            case,
            remedies,
            diagnoser.search.bar,
            members=diagnoser.plan.members,
            budget=budget,
            deadline=ledger.deadline,
            clock=clock,
        )
    except KeyboardInterrupt:
        raise Interrupted(dataclasses.replace(found, partial=True)) from None
    return dataclasses.replace(
        found, edits=remedy.edits, remedy=remedy.faults, edited=edited, seconds=time.monotonic() - clock.started
    )


class Interrupted(KeyboardInterrupt):
    """Ends a diagnosis by Ctrl-C; ``found`` is what was known then."""

    def __init__(self, found: Result) -> None:
        super().__init__()
        self.found = found


class _Diagnoser(Known):
    """The steps of one diagnosis."""

    def run(self) -> Diagnosis:
        """All steps; what is known when the clock ends them."""
        try:
            try:
                self.judge()
            except OutOfBudget:
                self.proofs.partial = True
                self.confirm_smallest()
        except KeyboardInterrupt:
            self.proofs.partial = True
            raise Interrupted(self.result()) from None
        return self.result()

    def confirm_smallest(self) -> None:
        """Confirm the smallest set that learned before the search ran out of its share of the budget or the time; what
        confirming needs was reserved."""
        if self.minimal is not None:
            return
        self.minimal = self.smallest_learning()
        if self.minimal is not None:
            with contextlib.suppress(OutOfBudget):
                self.prove(self.minimal)

    def prove(self, keys: Keys) -> Keys:
        """Prove the causes of a set with which the program learned; the minimal set is what they stand on."""
        self.minimal = keys
        self.minimal = minimal = self.proofs.confirm(keys, diverges=self.outcome is OutcomeKind.DIVERGES)
        return minimal

    def smallest_learning(self) -> Keys | None:
        """The smallest set of repairs that learned in the search, which was ended before it could be confirmed."""
        learned = self.search.learned_runs()
        return min((run.repairs for run in learned), key=lambda keys: (len(keys), sorted(keys)), default=None)

    def judge(self) -> None:
        """The outcome, and the causes if it does not learn."""
        search = self.search
        own = search.run(())
        if own.trial.error is None and self.case.program.error is not None:
            self.raised = self.case.program.error  # which training alone does not, as a metric or a callback
            return
        certain = any(repair.doubt >= CERTAIN for repair in search.repairs)
        if own.trial.error is not None and self.case.program.history:
            return  # fit worked in the program and does not here: what was captured is not what was run
        repeats = self.case.repeats
        if repeats is not None and repeats.learnable < NOTHING_FRACTION and not certain:
            self.outcome = OutcomeKind.NO_SIGNAL  # contradictory_causes says why
            return
        if not self.case.references.has_signal:
            self.without_signal(own)
            return
        self.outcome = self.outcome_now()
        is_fine = self.outcome is OutcomeKind.LEARNS and not self.contradiction_matters()
        doubtful = any(repair.doubt >= FAR_FROM_PRACTICE for repair in search.repairs)
        if not doubtful and self.memorises(own) and self.is_better_restrained():
            return
        if is_fine and (self.knows_nothing_else(own) or self.lacks_rows_before(own)):
            return
        if is_fine and not self.may_be_far_from_best(own):
            keys = self.raise_bar_to_reference(own)
            self.explain(self.steadier() if keys is None and self.outcome is OutcomeKind.LEARNS else keys)
            return
        is_open = self.outcome is not OutcomeKind.LEARNS and not self.stands_for_whole()
        if is_open and not linear_causes(self.case, search.repairs):  # which no longer training removes
            self.outcome, self.proofs.partial = OutcomeKind.NOT_JUDGED, True
            self.minimal = self.learning_in_part()
            return
        if self.outcome is OutcomeKind.LUCKY:
            self.outcome = outcome_of(self.own_trial_of_more_seeds().scores, search.bar)
            if self.outcome is OutcomeKind.LEARNS:
                self.explain(self.steadier())
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
                self.proofs.draw_curve()
            return
        self.explain(search.minimise(full))

    def explain(self, keys: Keys | None) -> None:
        """Prove the causes of a 1-minimal set, how they hurt, what improves it, and what does in place of a cause."""
        if keys is None:
            return
        minimal = self.prove(keys)
        if self.proofs.causes:
            self.proofs.look_for_mechanisms(minimal)
            self.wanted = self.proofs.improved(minimal)
            self.proofs.look_for_alternatives(minimal)
            faults = {cause.fault for cause in self.proofs.causes} | {other.fault for other in self.proofs.alternatives}
            longer_is_enough = len(minimal) == 1 and Fault.TOO_FEW_EPOCHS in faults
            if longer_is_enough and self.outcome in (OutcomeKind.UNDERFITS, OutcomeKind.DOES_NOT_TRAIN):
                self.outcome = OutcomeKind.SLOW

    def outcome_now(self) -> OutcomeKind:
        """The outcome of the program as it is, by the bar as it is."""
        return outcome_of(self.search.run(()).trial.scores, self.search.bar)

    def stands_for_whole(self) -> bool:
        """Whether the first part of a long training says what the whole would: the captured loss must not have fallen
        much after it, nor have been falling when the time limit stopped the script."""
        plan, program = self.plan, self.case.program
        if plan.prefix_updates is None or self.search.run(()).trial.error is not None:
            return True
        losses = (program.history or {}).get("loss", ())
        if not losses:
            return False
        steps = program.steps_per_epoch or max(1, -(-program.split_rows() // max(1, program.batch_size)))
        first = losses[min(len(losses) - 1, max(0, plan.prefix_updates // steps - 1))]
        if not np.isfinite(losses[-1]):
            return self.outcome is OutcomeKind.DIVERGES
        if program.is_stopped and may_still_fall(losses, program.epochs - program.initial_epoch):
            return False
        return bool(losses[-1] > first - FALLEN_FRACTION * abs(first))

    def learning_in_part(self) -> Keys | None:
        """What is far from practice in a long training and is enough, if repaired, to learn in its first part: no
        proof, because the whole may learn as it is."""
        search = self.search
        keys = [key for key in search.questioned() if search.by_key[key].doubt >= FAR_FROM_PRACTICE]
        keys = [key for key in keys if not search.is_longer(key)]
        with contextlib.suppress(OutOfBudget):
            return search.first_prefix(keys, sorted({1, len(keys)}))
        return None

    def own_trial_of_more_seeds(self) -> Trial:
        """The program as it is, from the seeds of the search and fresh ones."""
        runs = [self.search.run((), stage=stage) for stage in (Stage.SEARCH, Stage.CONFIRM)]
        return joined_trials([run.trial for run in runs])

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

    def memorises(self, own: ProgramRun) -> bool:
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
            self.prove(keys)
        if keys is None or not self.proofs.causes:
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

    def without_signal(self, own: ProgramRun) -> None:
        """The outcome if the references are at chance or hardly above: the repaired network decides."""
        search, references = self.search, self.case.references
        if self.case.has_unrelated_columns:
            self.outcome = OutcomeKind.NO_SIGNAL
            self.name_rows(own, Fault.NO_SIGNAL)
            return
        best = own
        sets = search.full_sets(search.questioned())
        for keys in [*sets[:1], *sets[-1:]]:
            if search.quality(best, PERFECT) < GOOD_ENOUGH:
                best = max(best, search.run(keys), key=lambda run: run.median)
        if best.median < references.constant + references.least_way:
            self.judge_at_chance(own)
            return
        search.bar = Bar(constant=references.constant, best=best.median, noise=self.noise)
        self.outcome = self.outcome_now()
        if self.outcome is OutcomeKind.LEARNS or best is own:
            self.outcome = OutcomeKind.LEARNS
            return
        self.prove(search.minimise(best.repairs))

    def judge_at_chance(self, own: ProgramRun) -> None:
        """The outcome if neither the references nor the repaired network are clearly above chance."""
        search, references = self.search, self.case.references
        at_chance = references.p_value is None or references.p_value > SIGNAL_LEVEL
        if own.trial.error is not None:
            self.outcome = OutcomeKind.DOES_NOT_TRAIN
            self.proofs.causes = refused_causes(search.repairs)
        elif self.case.has_equal_targets:
            self.outcome = OutcomeKind.NOT_JUDGED
        elif at_chance and references.apt:
            self.outcome = OutcomeKind.NO_SIGNAL
            self.neighbours = self.asked_neighbours(has_signal=False)
            is_window = self.neighbours is not None and not self.neighbours.is_shift
            self.name_rows(own, Fault.WINDOW if is_window else Fault.NO_SIGNAL)
        elif at_chance:  # of images and sequences, flat learners at chance prove nothing
            way = 1 - references.constant
            memorised = float(np.median(own.trial.scores.training)) > references.constant + 0.5 * way
            self.outcome = OutcomeKind.OVERFITS if memorised else OutcomeKind.DOES_NOT_TRAIN
        else:
            trained = float(np.median(own.trial.scores.training))
            self.outcome = outcome_of_little(own.median, trained, search.bar)

    def knows_nothing_else(self, own: ProgramRun) -> bool:
        """Whether a program is proven to have learned its few training rows by heart, and nothing beside them."""
        with contextlib.suppress(OutOfBudget):
            self.by_heart = learned_by_heart(self.search)
        if self.by_heart is None:
            return False
        self.outcome = OutcomeKind.NO_SIGNAL
        self.name_rows(own, Fault.NO_SIGNAL)
        return True

    def lacks_rows_before(self, own: ProgramRun) -> bool:
        """Whether a regression that learns what its rows hold is proven to depend on the rows before them too."""
        best = max(self.search.bar.best, own.median)
        if self.case.task.kind is not TaskKind.REGRESSION or best >= LEARNED_FRACTION:
            return False
        self.neighbours = self.asked_neighbours(has_signal=True)
        if self.neighbours is None:
            return False
        self.raise_bar_to(self.neighbours.score, own)
        self.name_rows(own, Fault.WINDOW)
        return True

    def asked_neighbours(self, *, has_signal: bool) -> Neighbours | None:
        """Other rows that hold what a row does not, if learners off the shelf suit them."""
        case = self.case
        if not case.references.apt or case.task.positions > 1:
            return None
        if case.split.judged is Judged.TRAINING and not has_signal:
            return None
        inputs = [values[: case.rows] for values in case.inputs]
        return telling_neighbours(inputs, case.targets[: case.rows], case.task, has_signal=has_signal, seed=case.seed)

    def name_rows(self, own: ProgramRun, fault: Fault) -> None:
        """Name a fault of the rows, which learners off the shelf prove and no edit of a line repairs."""
        self.proofs.causes = [Cause(fault=fault, changes=(), repaired=None, unrepaired=self.proofs.level(own))]

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

    def may_be_far_from_best(self, own: ProgramRun) -> bool:
        """Whether a program that is as good as the references may still be far from what a network reaches: images and
        sequences, which flat learners do badly."""
        return not self.case.references.apt and own.median < FAR_FROM_PERFECT * PERFECT

    def raise_bar_to_reference(self, own: ProgramRun) -> Keys | None:
        """A repair that brings a learned regression about as near as an exact reference in a training as long.

        None if there is none: the program learns then, and a repair that leaves half as much only improves it. Every
        training without noise comes nearer if it goes on, which counts only if all there is to learn is a line.
        """
        references, search = self.case.references, self.search
        nearer = references.much_nearer(own.median) if self.case.task.kind is TaskKind.REGRESSION else None
        if nearer is None:
            return None
        tried = [*search.additions(frozenset())[:MOST_TRIED_ADDITIONS], *search.much_longer()]
        counting = [key for key in tried if nearer.name == LEAST_SQUARES or not search.is_longer(key)]
        keys = self.proofs.nearer(own, counting, TIMES_NEARER) if nearer.score >= EXACT else None
        if keys is None and linear_causes(self.case, search.repairs):  # the time may not be enough to train others
            self.raise_bar_to(nearer.score, own)
            return None
        if keys is None:
            self.wanted = self.proofs.nearer(own, tried, WORTH_NAMING)
            return None
        self.raise_bar_to(nearer.score, own)
        return keys

    def raise_bar_to(self, best: float, own: ProgramRun) -> None:
        """Ask for half of the way from the program to a level that is proven to be possible."""
        bar = Bar(constant=self.case.references.constant, best=best, noise=0.0)
        self.search.bar = dataclasses.replace(bar, needed=(1 + bar.fraction(own.median)) / 2)
        self.outcome = self.outcome_now()

    def steadier(self) -> Keys | None:
        """A set of repairs with which clearly more seeds learn, for a program that learns from most seeds only.

        None if there is none, or if noise lowers the threshold and the repairs do not score much better: by how little
        a seed misses it then says nothing. The outcome of such a program is that it depends on the seed.
        """
        search = self.search
        if search.share(()).value >= MOSTLY:
            return None
        try:
            if search.learned(self.own_trial_of_more_seeds()).value >= MOSTLY:
                return None
            keys = search.repair_fully()
            if keys is not None and search.bar.noise > 0 and self.gain(keys) < MUCH_BETTER:
                return None
            keys = None if keys is None or search.proof(keys, frozenset()) is None else search.minimise(keys)
        except OutOfBudget:
            self.proofs.partial = self.proofs.partial or search.ledger.is_late
            return None
        if keys is not None:
            self.outcome = OutcomeKind.LUCKY
        return keys

    def gain(self, keys: Keys) -> float:
        """How much farther the seeds come with some repairs on the way from constant to best, on average."""
        search = self.search
        own, repaired = search.run(()), search.run(keys)
        top = search.best_known()
        return search.quality(repaired, top) - search.quality(own, top)

    def raise_bar(self) -> Keys | None:
        """The full repair as the level to reach, if it is far above the program; None if the program learns."""
        search = self.search
        sets = search.full_sets(search.questioned())[:2]
        best = max((search.run(keys) for keys in sets), key=lambda run: run.median, default=None)
        if best is None or best.median <= search.bar.best:
            return None
        bar = Bar(constant=search.bar.constant, best=best.median, noise=search.bar.noise)
        outcome = outcome_of(search.run(()).trial.scores, bar)
        if outcome is OutcomeKind.LEARNS:
            return None
        search.bar, self.outcome = bar, outcome
        return best.repairs

    def lower_bar(self, own: ProgramRun) -> Keys | None:
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
        outcome = outcome_of(own.trial.scores, bar)
        if outcome is OutcomeKind.LEARNS:
            if limited:
                self.outcome = OutcomeKind.LEARNS
            return None
        search.bar, self.outcome = bar, outcome
        return best.repairs if search.learns(best.repairs) else None


def may_still_fall(losses: Sequence[float], epochs: int) -> bool:
    """Whether a loss would fall much in the epochs that are left, if it went on as in the last half of those that ran.

    Args:
        losses: of each epoch that ran.
        epochs: that were asked for.
    """
    quarter = len(losses) // 4
    if quarter == 0:
        return True
    before, after = np.mean(losses[-2 * quarter : -quarter]), np.mean(losses[-quarter:])
    return bool((before - after) / quarter * (epochs - len(losses)) > FALLEN_FRACTION * abs(after))
