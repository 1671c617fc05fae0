"""What is known in a diagnosis of a Keras program, and its answer."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence

import numpy as np

from ..models.devices import device_name
from ..programs.edits import edits_for
from ..programs.program import FitError
from .answer import Cause, Diagnosis, Further, Hint, TriedSet
from .by_heart import ByHeart
from .case import Case
from .clock import Clock
from .clone_bounds import bound_of_clones
from .edited_run import Remedy, remedy_for
from .evident_causes import causes_without_run
from .faults import Fault
from .neighbours import Neighbours
from .outcomes import LEARNED_FRACTION, Bar, OutcomeKind
from .program_search import ProgramSearch
from .proofs import Proofs
from .repairs import propose_repairs
from .search import Keys, Progress, Stage
from .trials import ABORT_FACTOR, CONFIRM_SHARE, LEAST_SECONDS, Ledger, plan_trials, thinned
from .unproven import settled_blocks, unproven_choices

MOST_SETS = 6  # of repairs that edits are made for


class Known:
    """What is known in one diagnosis, and the answer from it."""

    def __init__(self, case: Case, budget: float, clock: Clock, progress: Progress | None) -> None:
        references = case.references
        self.clock = clock
        self.plan = plan_trials(case, budget)
        self.case = case = thinned(case, self.plan)
        time_left = max(ABORT_FACTOR * budget, LEAST_SECONDS)
        deadline = clock.started + time_left
        ledger = Ledger(budget=budget, deadline=deadline, reserved_time=CONFIRM_SHARE * time_left, clock=clock)
        self.repairs = propose_repairs(case, self.plan)
        # of the score of one seed, on the rows of one fold
        self.noise = references.noise * np.sqrt(len(case.split.folds))
        bar = Bar(constant=references.constant, best=references.best, noise=self.noise)
        self.search = ProgramSearch(
            case=case, repairs=self.repairs, bar=bar, plan=self.plan, ledger=ledger, progress=progress
        )
        self.proofs = Proofs(search=self.search)
        self.minimal: Keys | None = None
        self.wanted: Keys | None = None  # the minimal set and what improves it
        self.neighbours: Neighbours | None = None
        self.by_heart: ByHeart | None = None
        self.outcome = OutcomeKind.NOT_JUDGED
        self.raised: FitError | None = None

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
            learned = search.learned_runs()
            learned.sort(key=lambda run: (-round(search.quality(run, top), 1), len(run.repairs), sorted(run.repairs)))
            sets += [run.repairs for run in learned if all(search.by_key[key].changes for key in run.repairs)]
        made = []
        for keys in list(dict.fromkeys(sets))[:MOST_SETS]:
            repairs = [search.by_key[key] for key in search.in_order(keys)]
            changes = [*(change for repair in repairs for change in repair.changes), *outside]
            faults = tuple(dict.fromkeys(repair.fault for repair in repairs))
            promised = (self.proofs.confirmed(keys) or search.run(keys)).median
            made.append(remedy_for(self.case.program, faults, changes, promised))
        if not made:
            made = [remedy_for(self.case.program, tuple(cause.fault for cause in causes), outside)]
        return tuple(made)

    def result(self) -> Diagnosis:
        """Everything that was found."""
        search, case, proofs = self.search, self.case, self.proofs
        known = search.runs.get((frozenset(), Stage.SEARCH))
        repaired = proofs.confirmed(self.minimal) if self.minimal else None
        proven = {cause.fault for cause in proofs.causes}
        evident = causes_without_run(case, search.repairs, self.outcome, proven)
        causes = [
            dataclasses.replace(cause, edits=edits_for(self.case.program, cause.changes).edits)
            for cause in [*proofs.causes, *evident]
        ]
        learns = self.outcome is OutcomeKind.LEARNS
        is_open = proofs.partial and self.minimal is not None and not proofs.causes and not learns
        unconfirmed = search.runs.get((self.minimal, Stage.SEARCH)) if is_open and self.minimal else None
        improved = None if self.wanted is None else proofs.confirmed(self.wanted)
        remedy, further = self.remedies(causes)[0], self.further()
        said = [*(cause.fault for cause in causes), *(one.fault for one in further)]
        return Diagnosis(
            name=case.program.name,
            outcome=self.outcome,
            task=case.task.kind,
            judged=case.split.judged,
            user=None if known is None else proofs.level(known),
            repaired=None if repaired is None or not causes else proofs.level(repaired),
            improved=None if improved is None else proofs.level(improved),
            bar=search.bar,
            references=case.references,
            causes=tuple(causes),
            further=further,
            hints=() if learns or self.raised is not None else self.hints(said),
            alternatives=tuple(proofs.alternatives),
            mechanisms=tuple(proofs.mechanisms),
            curve=proofs.curve,
            repeats=case.repeats,
            neighbours=self.neighbours,
            by_heart=self.by_heart,
            known_validation=case.split.known_share,
            clone_bound=bound_of_clones(case) if Fault.CLONES in proven else None,
            contradictions=case.found,
            edits=remedy.edits if causes else (),
            remedy=remedy.faults if causes else (),
            edited=None,
            unconfirmed=None if unconfirmed is None else proofs.level(unconfirmed),
            notes=case.program.notes,
            tried=tuple(
                TriedSet(
                    repairs=tuple(sorted(run.repairs)), level=proofs.level(run), fresh=run.stage is not Stage.SEARCH
                )
                for run in search.runs.values()
            ),
            device=device_name(),
            partial=proofs.partial,
            raised=self.raised,
            seconds=time.monotonic() - self.clock.started,
        )

    def hints(self, said: Sequence[Fault]) -> tuple[Hint, ...]:
        """What is unusual without a proof, and not said of the causes or of what improves on them."""
        search = self.search
        known = {*said, *(other.fault for other in self.proofs.alternatives)}
        known |= {Fault.TOO_FEW_EPOCHS} if self.outcome is OutcomeKind.NO_SIGNAL else set()  # time adds no signal
        minimal = [search.by_key[key] for key in self.minimal or ()]
        repaired = self.proofs.confirmed(self.minimal or frozenset()) if self.proofs.causes else None
        settled = set() if repaired is None else settled_blocks(minimal, search.learned(repaired.trial))
        fitting = self.fitting_rows() if not minimal and self.outcome is OutcomeKind.DOES_NOT_TRAIN else frozenset()
        return tuple(unproven_choices(self.case, search.repairs, minimal, known, settled=settled, fitting=fitting))

    def fitting_rows(self) -> Keys:
        """The smallest set of repairs with which a program learns its training rows; empty if no set does that.

        That proves nothing, because a network may memorise rows that follow no rule.
        """
        bar, runs = self.search.bar, self.search.runs.values()
        known = [
            run.repairs for run in runs if bar.fraction(float(np.median(run.trial.scores.training))) >= LEARNED_FRACTION
        ]
        return min(known, key=lambda keys: (len(keys), sorted(keys)), default=frozenset())
