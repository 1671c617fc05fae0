"""Why does it not learn? A cause is named only with the runs that prove it.

A hypothesis names a property of the run, and changes that remove this property and nothing else. Each change is made
alone, from the same start, to many members at once (models/ensemble.py), and all are judged by the same target. The
search that names a cause is that of every diagnosis (``diagnosis.search``). Changes that did not help are kept: they
refute what would be believed without them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ...measures import symptoms
from ...measures.learning import target_of
from ...measures.symptoms import Course, Symptoms
from ...models.devices import device_name
from ...models.network import Array, Weights
from ...models.optimizers import Optimizer
from ...scenario.effort import BUDGET_SECONDS, FEWEST_MEMBERS, FEWEST_OBSERVATIONS
from ..faults import Fault
from ..search import OutOfBudget, Stage
from .case import Case
from .changes import (
    NO_CHANGE,
    Change,
    Family,
    Result,
    also,
    faster,
    from_healthy,
    healthy,
    lifted,
    long_look,
    longer,
    noise,
    optimized,
    standardised,
    targets_in_range,
    trial_of,
    wider,
)
from .hypotheses import (
    BY_FAULT,
    KEEPING_CLONES,
    Evidence,
    blamed,
    changes_for_the_record,
    changes_of_what_is_there,
    dead_from_the_start,
    has_zero_gradient,
    is_unlearnable,
    other_activations,
    out_of_range,
    unscaled,
)
from .runs import (
    MOST_MEMBERS,
    Budget,
    Progress,
    deadline,
    first_at,
    gradients_of,
    math_error,
    run_changes,
    run_course,
    seconds_a_member,
    seconds_an_observation,
)
from .search import SCREENING, ScenarioSearch

MUCH = 0.1  # of what a constant prediction leaves: a difference in cost that matters
LATE = 4  # times as many iterations as healthy starts need: then a run that learns is asked why it took so long
CHANGES = 60  # about so many there are to be made
MOST_PROOFS = 4  # changes that are tried on fresh members until one helps those too
LONGEST = 1_000_000  # iterations


# The verdict


class Row(NamedTuple):
    """What came of a change, and the cause that it removes."""

    fault: Fault
    result: Result


@dataclass(frozen=True, eq=False)
class ClonesRelation:
    """What clones are for a failure."""

    loosened: Result | None  # the change that breaks the clones and helps; None if breaking them does not
    failing_apart: Result | None  # the worst of healthy starts without clones that fail too; None if none does
    best_noise: Result | None  # the noise that helps most, enough or not
    learning_together: Result | None  # the best change that keeps the clones and learns; None if none does
    # healthy starts and the same with their units cloned, where the second learn less often
    harder: tuple[Result, Result] | None

    @property
    def are_necessary(self) -> bool:
        """Whether the network learns without them."""
        return self.loosened is not None

    @property
    def are_sufficient(self) -> bool:
        """Whether nothing that keeps them helps."""
        return self.learning_together is None


@dataclass(frozen=True)
class Cause:
    """A cause, named because of its evidence."""

    fault: Fault
    confidence: float  # 0 to 1, the lower end of the interval of the share that its removal takes to the target
    evidence: list[Row]  # the changes that remove it and help, the decisive one first, run on fresh members
    alone: bool  # whether its removal alone is enough; else the evidence is of its removal together with the others'


@dataclass(frozen=True, eq=False, kw_only=True)
class Diagnosis:
    """All that was found."""

    case: Case
    judged_at: int  # the iteration at which the question is asked
    learns: bool  # whether the run is at the target then
    learned_at: int | None  # since when it is at the target, None if never
    # target, constant, floor: the cost to come to, the best constant prediction's, the least of any function of x
    target: float
    constant: float
    floor: float
    course: Course  # the whole run
    own: Result  # the case as it is; before it is judged
    symptoms: Symptoms
    causes: list[Cause]  # best first; none if it learns, or if nothing was proved
    refuted: list[Row]  # what was tried and did not help
    helpful: list[Row]  # what helped, and is not a cause: a way round it
    clones: list[Result]  # healthy starts of several scales, their units cloned or not; empty if there are no clones
    bound: float | None  # under which cost no run can come that keeps its clones; None if no such bound holds
    relation: ClonesRelation | None  # what the clones are for this failure; None if there are none
    # lucky, late: why a run that learns was asked about all the same
    lucky: bool
    late: Result | None
    math_error: float  # the largest relative difference of the gradients from numerical ones
    skipped: list[Change]  # the changes that the budget did not reach
    budget: float
    seconds: float
    trials: int
    members: int
    device: str
    best_possible: bool  # whether nothing that was tried does much better
    left_out: tuple[int, int] | None  # so many observations that it did not, of how many

    @property
    def fine(self) -> bool:
        """Whether there is nothing to explain: it learns, in time and not by luck, or as well as can be."""
        return self.best_possible or (self.learns and not self.causes and not self.lucky and self.late is None)


def proven_causes(search: ScenarioSearch) -> list[Cause]:
    """The causes of a smallest set of changes that helps members which were not used before too; none if none does."""
    if BY_FAULT[Fault.CONTRADICTORY_TARGETS].present(search.evidence):
        return [unlearnable(search.evidence)]
    for _ in range(MOST_PROOFS):
        try:
            full = search.repair_fully()
            if full is None:
                return []
            minimal = search.minimise(full)
            proofs = {key: search.proof(minimal, minimal - {key}) for key in search.in_order(minimal)}
        except OutOfBudget:
            return []
        if all(proofs.values()):
            sure = search.run(minimal, stage=Stage.CONFIRM).trial
            return [named_cause(search, key, sure, alone=len(minimal) == 1) for key in proofs]
        search.unproven.add(minimal)
    return []


def named_cause(search: ScenarioSearch, key: str, sure: Result, *, alone: bool) -> Cause:
    """A cause with its evidence: the change on fresh members, and if it is enough alone, what else removes the same."""
    evidence, fault = search.evidence, search.cause_of(key)
    others = [r for r in BY_FAULT[fault].proofs(evidence) if r.change.key != key] if alone else []
    results = (sure, *others)
    confidence = max((one.interval[0] for one in results if one.members > 1), default=sure.interval[0])
    return Cause(fault, confidence, [Row(fault, one) for one in results], alone)


def unlearnable(evidence: Evidence) -> Cause:
    """No function of the inputs does better."""
    best = Change(Family.ANY_FUNCTION, 0.0, lambda trial: trial)
    result = Result(best, np.array([evidence.floor]), 0, False)
    fault = Fault.CONTRADICTORY_TARGETS
    return Cause(fault, 1.0, [Row(fault, result)], True)


def changes_in_pairs(case: Case, evidence: Evidence) -> list[Change]:
    """Two changes at once, one of each kind that the symptoms make possible; no two that change the network.

    If there is something to be seen (clones, inputs or targets out of scale, dead units), every pair removes that.
    """
    seen = []
    if evidence.symptoms.has_clones:
        seen += [noise(case, stddev, False) for stddev in (0.01, 0.3)]
    if unscaled(evidence):
        seen.append(standardised(case))
    if out_of_range(evidence):
        seen.append(targets_in_range(case))
    if dead_from_the_start(evidence):
        seen.append(lifted(case))
    blind = [from_healthy(case), longer(10)]
    blind += [faster(case, factor) for factor in (10.0, 100.0)]
    blind += [faster(case, factor) for factor in (0.1, 0.01)]
    networks = [*other_activations(case), wider(case, 4)] if case.network.depth > 1 else []
    adam = optimized(Optimizer("adam"), 0.01)
    # what changes the network comes first: a start is drawn for the network that there is then
    pairs = [(a, b) for i, a in enumerate(seen) for b in seen[i + 1 :]]
    pairs += [(b, a) for a in seen for b in networks] + [(a, b) for a in seen for b in (*blind, adam)]
    if not seen:
        pairs += [(a, b) for i, a in enumerate(blind) for b in blind[i + 1 :]]
        pairs += [(a, b) for a in networks for b in blind] + [(blind[0], adam)]
    return [also(a, b) for a, b in pairs if a.block != b.block]


def relation_of_clones(evidence: Evidence) -> ClonesRelation:
    """Whether the clones are necessary for the failure, and whether they are sufficient for it."""
    plain = [r for r in evidence.of(Family.HEALTHY_SCALED, Family.HEALTHY) if not r.enough]
    kept = (*KEEPING_CLONES, Family.HEALTHY_CLONED, Family.HEALTHY_SCALED_CLONED, Family.LONG_LOOK)
    symmetric = [r for r in evidence.of(*kept) if r.reached]
    apart, cloned = evidence.of(Family.HEALTHY), evidence.of(Family.HEALTHY_CLONED)
    is_harder = bool(apart and cloned and apart[0].interval[0] > cloned[0].interval[1])
    return ClonesRelation(
        loosened=next(iter(BY_FAULT[Fault.CLONES].proofs(evidence)), None),
        failing_apart=min(plain, key=lambda r: r.share, default=None),
        best_noise=max(evidence.of(Family.NOISE), key=lambda r: r.share, default=None),
        learning_together=max(symmetric, key=lambda r: r.share, default=None),
        harder=(apart[0], cloned[0]) if is_harder else None,
    )


def is_best_possible(evidence: Evidence) -> bool:
    """It missed the target by little, and nothing that was tried does much better.

    So it is with noisy targets: what is left is noise, and whoever trains for longer or wider fits that too.
    """
    final, constant = evidence.own.median, evidence.constant
    if evidence.own.costs[0] <= evidence.target:
        return False  # the run itself came there, by luck
    needed = {Family.HEALTHY, Family.RATE_UP, Family.ITERATIONS}
    if evidence.case.network.depth > 1:
        needed.add(Family.WIDER)
    tried = {r.change.family for r in evidence.results}
    if not needed <= tried or out_of_range(evidence) or not evidence.target < final <= 0.5 * constant:
        return False
    fair = [r.median for r in evidence.results if r.change.family is not Family.OUTPUTS and np.isfinite(r.median)]
    best = min(fair)
    return final - best <= MUCH * (constant - best)


def explosion(case: Case) -> float:
    """How many times larger the gradient of a kernel is at the start than at healthy starts, in the layer where it is
    most. That of a bias says how far off the outputs are."""

    def sizes(weights: Weights) -> Array:
        return np.array(symptoms.gradient_sizes([gradient[1:] for gradient in gradients_of(case, weights)]))

    drawn = healthy(case.network, case.seed, case.start[0].dtype, range(8))
    usual = np.median([sizes([w[..., k] for w in drawn]) for k in range(8)], axis=0)
    own = sizes(case.start)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.max(np.where(usual > 0, own / usual, 0)))


def failing_start(case: Case, own: Result, target: float) -> Weights:
    """The first of the starts of the case as it is that do not come to the target."""
    assert case.draw is not None
    first = int(np.flatnonzero(~(own.costs <= target))[0])
    return [w[..., 0] for w in case.draw(case.network, range(first, first + 1))]


def prepare_search(
    case: Case, course: Course, target: float, unlucky: bool, own: Result, trainings: Budget
) -> ScenarioSearch:
    """Measure the symptoms of a run, and prepare the search for its causes."""
    network, x, y = case.network, case.x, case.y
    gradients = [gradients_of(case, weights) for weights in (course.weights[0], course.weights[-1])]
    _, constant, floor = target_of(network.cost, x, y)
    found = symptoms.run_symptoms(network, course, x, y, *gradients)
    zero = has_zero_gradient(*gradients)
    evidence = Evidence(case, target, constant, floor, course, found, own, [], zero, explosion(case))
    return ScenarioSearch(base=trial_of(case, target, unlucky), evidence=evidence, trainings=trainings)


def find_causes(search: ScenarioSearch) -> list[Cause]:
    """The causes: what the run has is changed first, then what folklore has remedies for, then ever more."""
    evidence, trainings = search.evidence, search.trainings
    case = evidence.case
    each = min(SCREENING / 8, trainings.seconds / 200)
    is_hopeless = is_unlearnable(evidence.floor, evidence.constant)
    if is_hopeless and evidence.course.costs[-1] <= evidence.target + 0.05 * evidence.constant:
        return proven_causes(search)  # it does what can be done: no other cause to look for
    search.screen(changes_of_what_is_there(case, evidence), each)
    causes = proven_causes(search)
    # with a cause found, the others are tried where they cost little
    for_the_record = changes_for_the_record(case, evidence.results)
    search.screen(for_the_record, each, trainings.seconds / 30 if causes else None)
    if is_best_possible(evidence):
        return []
    causes = causes or proven_causes(search)
    if not causes:
        harder = [longer(100)] + ([wider(case, 16)] if case.network.depth > 1 else [])
        search.screen(harder, each, trainings.left / 3)
        causes = proven_causes(search)
    if not causes:
        search.screen(changes_in_pairs(case, evidence), each / 2)
        causes = proven_causes(search)
    if any(cause.fault is Fault.CLONES for cause in causes) and case.iterations < LONGEST:
        # what clones can never do is worth a long look
        look = long_look(case, LONGEST / case.iterations)
        if seconds_a_member(look.apply(search.base)) * MOST_MEMBERS < trainings.left:
            search.screen([look], SCREENING)
        else:
            trainings.skipped.append(look)
    return causes


def rows_beside(evidence: Evidence, causes: Sequence[Cause]) -> tuple[list[Row], list[Row]]:
    """(what did not help, what helped and is not a named cause's evidence)"""
    used = {row.result.change for cause in causes for row in cause.evidence}
    refuted: list[Row] = []
    helpful: list[Row] = []
    for result in evidence.results:
        change, helps = result.change, evidence.helps(result)
        if change not in used and (helps or not change.parts):
            (helpful if helps else refuted).append(Row(blamed(change.single[0].family, evidence), result))
    return refuted, helpful


def two_by_two(evidence: Evidence) -> list[Result]:
    """The healthy starts, each draw with its units cloned and not; none if none has clones."""
    families = (Family.HEALTHY, Family.HEALTHY_CLONED, Family.HEALTHY_SCALED, Family.HEALTHY_SCALED_CLONED)
    found = evidence.of(*families)
    return found if any(result.change.symmetric for result in found) else []


def sampled(case: Case, budget: float) -> Case:
    """The case on as many observations, drawn at random, as leave time for every change; on all where they do."""
    each = CHANGES * FEWEST_MEMBERS * seconds_an_observation(trial_of(case, 0.0))
    least = FEWEST_OBSERVATIONS if case.batches is None else max(FEWEST_OBSERVATIONS, case.batches.size)
    count = max(least, int(budget / 2 / max(each, 1e-12)))
    if count >= len(case.x):
        return case
    chosen = np.sort(np.random.default_rng(case.seed).permutation(len(case.x))[:count])
    return replace(case, x=case.x[chosen], y=case.y[chosen])


def diagnose(
    case: Case, budget: float = BUDGET_SECONDS, progress: Progress = lambda done, total, what: None
) -> Diagnosis:
    """Find out why the case does not learn.

    Args:
        case: the run.
        budget: seconds that trials may take; what it does not reach is listed.
        progress: called with (trials done, trials known of, what is running; None is the run itself).

    Raises:
        ValueError: shapes that do not fit.
    """
    trainings = Budget(budget, progress)
    target, constant, floor = target_of(case.network.cost, case.x, case.y)
    progress(0, 1, None)
    error = math_error(case)
    course = run_course(case, case.iterations)
    learned_at = first_at(course, target)
    learns, judged_at = learned_at is not None, case.iterations
    final, whole = course.costs[-1:], len(case.x)
    case = sampled(case, budget)
    left_out = None if len(case.x) == whole else (whole - len(case.x), whole)
    if left_out is not None:
        target, constant, floor = target_of(case.network.cost, case.x, case.y)

    own = alone = Result(NO_CHANGE, final, int(learns), False)
    if case.draw is not None:
        (own,) = run_changes(trial_of(case, target), [NO_CHANGE], trainings, SCREENING / 8, math.inf)
    unlucky = not learns and own.share >= 0.5
    if unlucky:
        own = alone
    lucky = learns and own.chance and own.interval[1] < 0.5
    late: Result | None = None
    if learned_at is not None and not lucky:
        healthy_ones = deadline(case, target, SCREENING / 8)
        if healthy_ones is not None and learned_at > LATE * healthy_ones[0]:
            judged_at, late = healthy_ones
            case = replace(case, iterations=judged_at)
            (own,) = run_changes(trial_of(case, target), [NO_CHANGE], trainings, SCREENING / 8, math.inf)
            late = None if own.reached else late

    learns = learns and not is_unlearnable(floor, constant)
    asked = (not learns) or lucky or late is not None
    if lucky:  # asked about are the others: one of these shows what they have
        case = replace(case, start=failing_start(case, own, target))
    same = late is None and left_out is None and not lucky
    judged = course if same or not asked else run_course(case, judged_at)
    search = prepare_search(case, judged, target, unlucky, own, trainings)
    causes, evidence = find_causes(search) if asked else [], search.evidence
    refuted, helpful = rows_beside(evidence, causes)
    best_possible = not causes and is_best_possible(evidence)
    return Diagnosis(
        case=case,
        judged_at=judged_at,
        learns=learns or best_possible,
        learned_at=learned_at,
        target=target,
        constant=constant,
        floor=floor,
        course=course,
        own=own,
        symptoms=evidence.symptoms,
        causes=causes,
        refuted=refuted,
        helpful=helpful,
        clones=two_by_two(evidence),
        bound=symptoms.clone_bound(case.network, case.start, case.x, case.y),
        relation=relation_of_clones(evidence) if evidence.symptoms.has_clones and evidence.of(Family.NOISE) else None,
        lucky=lucky,
        late=late,
        math_error=error,
        skipped=trainings.skipped,
        budget=budget,
        seconds=time.monotonic() - trainings.started,
        trials=trainings.trials,
        members=trainings.members,
        device=device_name(),
        best_possible=best_possible,
        left_out=left_out,
    )
