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
from dataclasses import replace

import numpy as np

from ...measures import symptoms
from ...measures.accuracy import accuracy
from ...measures.learning import Target, target_of
from ...measures.symptoms import Course
from ...models.devices import device_name
from ...models.network import Array, Weights
from ...models.optimizers import Optimizer
from ...scenario.effort import BUDGET_SECONDS, FEWEST_MEMBERS, FEWEST_OBSERVATIONS
from ..answer import Alternative, Cause, CloneBound, ClonesRelation, Diagnosis, Level, ScenarioFacts, TriedSet
from ..faults import Fault
from ..outcomes import NOTHING_FRACTION, CostBar, OutcomeKind
from ..references import References
from ..scenario_changes import Change, Family, Result
from ..search import OutOfBudget, Run, Stage
from ..splits import Judged
from .case import Case
from .changes import (
    NO_CHANGE,
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
CHANGES = 60  # about as many as are made
MOST_PROOFS = 4  # changes that are tried on fresh members until one helps those too
LONGEST = 1_000_000  # iterations


def proven_causes(search: ScenarioSearch) -> list[Cause]:
    """The causes of a smallest set of changes that helps members which were not used before too; none if none does."""
    if BY_FAULT[Fault.CONTRADICTORY_TARGETS].present(search.evidence):
        return [Cause(fault=Fault.CONTRADICTORY_TARGETS, changes=(), repaired=None, unrepaired=None)]
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
            return [named_cause(search, key, sides) for key, sides in proofs.items() if sides is not None]
        search.unproven.add(minimal)
    return []


def named_cause(search: ScenarioSearch, key: str, sides: tuple[Run[Result], Run[Result]]) -> Cause:
    """A cause with its proof: runs with all changes, and without the one that removes it."""
    repaired, unrepaired = (level_of(run.trial) for run in sides)
    change = search.by_key[key]
    return Cause(fault=search.cause_of(key), changes=(), repaired=repaired, unrepaired=unrepaired, change=change)


def level_of(result: Result) -> Level:
    """What came of a change, as answers have it."""
    return Level(
        held=result.median,
        training=result.median,
        learned=result.learned,
        auc=None,
        updates=result.iterations,
        error=None,
        scores=tuple(np.asarray(result.costs, np.float64).tolist()),
        diverged=int(np.sum(~np.isfinite(result.costs))),
    )


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


def relation_of_clones(evidence: Evidence) -> ClonesRelation | None:
    """Whether the clones are necessary for the failure, and sufficient for it; None if there are none to ask about."""
    noises = evidence.of(Family.NOISE)
    if not evidence.symptoms.has_clones or not noises:
        return None
    plain = [r for r in evidence.of(Family.HEALTHY_SCALED, Family.HEALTHY) if not r.enough]
    kept = (*KEEPING_CLONES, Family.HEALTHY_CLONED, Family.HEALTHY_SCALED_CLONED, Family.LONG_LOOK)
    symmetric = [r for r in evidence.of(*kept) if r.reached]
    apart, cloned = evidence.of(Family.HEALTHY), evidence.of(Family.HEALTHY_CLONED)
    is_harder = bool(apart and cloned and apart[0].interval[0] > cloned[0].interval[1])
    return ClonesRelation(
        loosened=next(iter(BY_FAULT[Fault.CLONES].proofs(evidence)), None),
        failing_apart=min(plain, key=lambda r: r.share, default=None),
        best_noise=max(noises, key=lambda r: r.share),
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
    case: Case, course: Course, target: Target, unlucky: bool, own: Result, trainings: Budget
) -> ScenarioSearch:
    """Measure the symptoms of a run, and prepare the search for its causes."""
    network, x, y = case.network, case.x, case.y
    gradients = [gradients_of(case, weights) for weights in (course.weights[0], course.weights[-1])]
    symptoms_of_run = symptoms.run_symptoms(network, course, x, y, *gradients)
    zero = has_zero_gradient(*gradients)
    evidence = Evidence(case, *target, course, symptoms_of_run, own, [], zero, explosion(case))
    return ScenarioSearch(base=trial_of(case, target.cost, unlucky), evidence=evidence, trainings=trainings)


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
    # once a cause is known, other changes are tried only if they cost little
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


def alternatives_to(evidence: Evidence, causes: Sequence[Cause]) -> tuple[Alternative, ...]:
    """What helps and does not remove the only cause, a way round it: the first change that does for each fault."""
    if len(causes) != 1 or causes[0].change is None:
        return ()
    cause = causes[0].fault
    removing = BY_FAULT[cause].proofs(evidence)
    helping: dict[Fault, Result] = {}
    for result in evidence.results:
        if evidence.helps(result) and not result.change.parts and result not in removing:
            helping.setdefault(blamed(result.change.family, evidence), result)
    return tuple(
        Alternative(fault=fault, changes=(), instead_of=cause, level=level_of(result), change=result.change)
        for fault, result in helping.items()
        if fault is not cause
    )


def sampled(case: Case, budget: float) -> Case:
    """The case on as many observations, drawn at random, as leave time for every change; on all if all do."""
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
        budget: seconds that trials may take; the answer is partial if no cause is found before they end.
        progress: called with (trials done, trials known of, what is running; None is the run itself).

    Raises:
        ValueError: shapes that do not fit.
    """
    trainings, given = Budget(budget, progress), case
    target = target_of(case.network.cost, case.x, case.y)
    progress(0, 1, None)
    error = math_error(case)
    course = run_course(case, case.iterations)
    learned_at = first_at(course, target.cost)
    comes_there = learned_at is not None
    case = sampled(case, budget)
    if case is not given:
        target = target_of(case.network.cost, case.x, case.y)

    own = alone = Result(NO_CHANGE, course.costs[-1:], int(comes_there), False, case.iterations)
    if case.draw is not None:
        own = own_runs(case, target.cost, trainings)
    unlucky = not comes_there and own.share >= 0.5
    if unlucky:
        own = alone
    lucky = comes_there and own.chance and own.interval[1] < 0.5
    in_time: Result | None = None
    if learned_at is not None and not lucky:
        in_time = deadline(case, target.cost, SCREENING / 8)
        if in_time is not None and learned_at > LATE * in_time.iterations:
            case = replace(case, iterations=in_time.iterations)
            own = own_runs(case, target.cost, trainings)
            in_time = None if own.reached else in_time
        else:
            in_time = None

    learns = comes_there and not is_unlearnable(target.floor, target.constant)
    asked = (not learns) or lucky or in_time is not None
    if lucky:  # asked about are the others: one of these shows what they have
        case = replace(case, start=failing_start(case, own, target.cost))
    is_whole = case is given or not asked
    judged = course if is_whole else run_course(case, case.iterations)
    search = prepare_search(case, judged, target, unlucky, own, trainings)
    causes, evidence = find_causes(search) if asked else [], search.evidence
    best_possible = not causes and is_best_possible(evidence)
    outcome = OutcomeKind.LUCKY if lucky else OutcomeKind.SLOW
    if best_possible or not asked:
        outcome = OutcomeKind.LEARNS
    elif not comes_there or not learns:
        outcome = outcome_of_failure(course, target)
    bound = symptoms.clone_bound(case.network, case.start, case.x, case.y)
    network, x, y = given.network, given.x, given.y
    return Diagnosis(
        name=f"{case.name} from {case.start_name}",
        outcome=outcome,
        task=None,
        judged=Judged.TRAINING,
        user=level_of(own),
        repaired=causes[0].repaired if causes else None,
        bar=CostBar(constant=target.constant, best=target.floor, learned=target.cost),
        references=References(
            constant=target.constant, learners=(), best=target.floor, p_value=None, apt=False, noise=0.0
        ),
        causes=tuple(causes),
        alternatives=alternatives_to(evidence, causes),
        clone_bound=None
        if bound is None or bound <= target.cost
        else CloneBound(loss=case.network.cost, least=bound, total=None),
        tried=tuple(
            TriedSet(
                repairs=tuple(search.in_order(run.repairs)),
                level=level_of(run.trial),
                fresh=run.stage is not Stage.SEARCH,
            )
            for run in search.runs.values()
        ),
        device=device_name(),
        partial=bool(trainings.skipped) and not causes and outcome is not OutcomeKind.LEARNS,
        seconds=time.monotonic() - trainings.started,
        scenario=ScenarioFacts(
            learning_rate=case.learning_rate,
            course=course,
            learned_at=learned_at,
            in_time=None if in_time is None else level_of(in_time),
            accuracy=accuracy(network, course.weights[-1], x, y),
            math_error=error,
            relation=relation_of_clones(evidence),
            sampled=None if len(case.x) == len(x) else (len(case.x), len(x)),
        ),
    )


def own_runs(case: Case, target: float, trainings: Budget) -> Result:
    """The case as it is, from many draws of its initializer or its one start."""
    (own,) = run_changes(trial_of(case, target), [NO_CHANGE], trainings, SCREENING / 8, math.inf)
    return own


def outcome_of_failure(course: Course, target: Target) -> OutcomeKind:
    """What became of a run that does not come to the target, or whose target nothing comes near."""
    if is_unlearnable(target.floor, target.constant):
        return OutcomeKind.NO_SIGNAL
    if not np.isfinite(course.costs[-1]):
        return OutcomeKind.DIVERGES
    way = target.constant - target.floor
    is_little = course.costs[-1] > target.constant - NOTHING_FRACTION * way
    return OutcomeKind.DOES_NOT_TRAIN if is_little else OutcomeKind.UNDERFITS
