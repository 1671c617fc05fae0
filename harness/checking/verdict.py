"""The verdict on a recording: right, wrong at a line, or not judged."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..recording.graph import MOST_REPEATED, Check, Recording, Stop
from .alternatives import other_readings
from .choosing import choose, make_further_readings, make_readings, one_by_one, preference
from .compared_items import unpaired_items
from .contradictions import claimed_reading, contradiction_of, decisive_reading
from .decisions import leaves_outputs_open, with_decisions
from .doubts import (
    has_late_data,
    has_target,
    history_is_lost,
    is_changed_at_random,
    is_compared_with_one,
    is_network,
    is_settled_before,
    lost_on_the_way,
)
from .exceptions import is_files_own, is_updated
from .factors import hidden_factors
from .facts import assumed, facts_of_run, not_judged, parameter_facts, rows_of, sizes_of
from .idle_loops import update_after_loop
from .judging import (
    REPEATED,
    Judged,
    cut_to_integers,
    is_used,
    judge_reading,
    lost_observations,
    moves,
    not_in_forward,
    says_nothing,
    unlocated,
)
from .matching import is_turned_by_a_matrix
from .mistakes import BY_ID, UNNAMED
from .mistakes import Stage as MistakeStage
from .overflow import overflow_hint, overflow_mistake
from .overwriting import without_overwritten
from .pairing import Pairing, pairing_of
from .picked import with_picked_classes
from .raised import exception_mistake, unjudged_exception, with_exceptions
from .reading import Reading
from .recorded_costs import is_declared_cost, recorded_costs
from .replay import CannotReplay, Program, TooMuchWork
from .result import Alternative, CheckResult, Found, Kind, Note, Reason, Remark, Verdict, merge_by_line, without_echoes
from .rules import Rules, belongs_together, rule_mistakes, scale_mistake
from .scales import MISCOUNTED
from .scattering import without_scattered_writes
from .settings import branches, draw_settings, take_other_branches
from .several import (
    has_several_costs,
    joined,
    networks_of,
    of_one_turn,
    steps_between_writes,
    trainings_of,
    turns_of,
)
from .skipped import MOST_CANDIDATES, without_skipping
from .sources import Sources
from .stage import (
    Step,
    doubtful_parameters,
    from_first_use,
    make_stage,
    parameter_name,
    projected,
    returned_steps,
    steps_of,
)
from .stale import unrepeated_forward
from .stated import stated_costs
from .stochastic import with_samples_as_data
from .thresholds import error_groups
from .unread import unread_biases, unused_activation
from .unused import lost_update, lost_updates, together, untouched_parameters
from .unusual import other_rates, remarks_on

SKIPPED = "layer-missing-in-forward"
JUDGED = (Verdict.CORRECT, Verdict.MISTAKE)
MOST_WORK = 2 * 10**10  # elements that are computed for one verdict: about a minute, counted so that it is repeatable


def check_recording(recording: Recording, *, sources: Sources | None = None, shared_by: int = 1) -> CheckResult:
    """Judge a recording.

    Args:
        recording: what running the file showed.
        sources: the texts of the user's files, to find the lines that call helper functions.
        shared_by: how many recordings share the work that a verdict may take.
    """
    sources, most_work = sources or Sources(), MOST_WORK // shared_by
    early = before_judging(recording, sources)
    if early is not None:
        return early
    recording = without_scattered_writes(without_overwritten(recording))
    recording = with_samples_as_data(with_picked_classes(recording))
    decided = with_decisions(recording)
    if decided is recording and leaves_outputs_open(recording):
        return not_judged(recording, Reason.NO_COST_FITS)
    recording = decided
    program = Program(recording.nodes, most_work)
    steps = from_first_use(program, steps_of(recording, 0)) or returned_steps(recording)
    try:
        with np.errstate(all="ignore"):  # random settings may overflow
            turns = turns_of(program, steps)
            apart = judged_apart(recording, program, turns, sources, shared_by, tuple(Verdict))
            if apart is None:  # trainings that come one after the other
                trainings = trainings_of(recording, program, steps)
                apart = judged_apart(recording, program, trainings, sources, shared_by, JUDGED)
            if apart is not None:
                return apart
            result = judge(recording, program, steps, sources)
            if result.reason is Reason.NO_COST_FITS:
                result = with_skipped_layer(result, recording, program, steps, sources)
            result = with_later_cost(result, recording, program, steps, sources)
            if rests_on_part(recording, result):
                return not_judged(recording, Reason.TOO_MANY, f"{len(recording.nodes):,}")
            return with_exceptions(recording, result, sources)
    except TooMuchWork:
        return not_judged(recording, Reason.TOO_MANY, f"{most_work:,}")
    except CannotReplay as error:
        place = error.node.place
        found = not_judged(recording, Reason.CANNOT_REPLAY, f"{error.node.operation}: {error.reason}")
        return replace(found, notes=((Remark.CANNOT_REPLAY, place, error.node.operation),))


def with_skipped_layer(
    result: CheckResult, recording: Recording, program: Program, steps: tuple[Step, ...], sources: Sources
) -> CheckResult:
    """The result of updates that fit no cost, but do if the forward pass uses a layer that it leaves out."""
    for one in without_skipping(recording, program, steps):
        try:
            other = judge(
                one.recording, Program(one.recording.nodes, program.most_work / MOST_CANDIDATES), steps, sources
            )
        except (CannotReplay, TooMuchWork):
            continue
        if other.verdict is Verdict.CORRECT:
            made = program.ancestors([one.output.id])
            names = tuple(step.name for step in steps if step.before in made)
            found = Found(id=SKIPPED, place=one.product.place, others=one.lines, parameters=names)
            return replace(other, verdict=Verdict.MISTAKE, mistakes=(found,))
    return result


def rests_on_part(recording: Recording, result: CheckResult) -> bool:
    """Whether a mistake is one under an inferred cost alone, of a run that was cut off at the first updates.

    The file may compute its cost, or update the rest, in what was not recorded.
    """
    is_cut_off = recording.stop is Stop.NODES and all(len(one.updates) <= 1 for one in recording.parameters)
    is_inferred = result.cost is not None and result.cost.form != ""
    return result.verdict is Verdict.MISTAKE and is_cut_off and is_inferred


def with_later_cost(
    result: CheckResult, recording: Recording, program: Program, steps: tuple[Step, ...], sources: Sources
) -> CheckResult:
    """The result of updates that fit no usual cost, but do fit the file's own, which is first computed after them.

    So it is with a cost that is printed after every tenth update: it belongs to the second iteration. If the updates do
    fit a usual cost, the file's own may be another one, which is a second reading.
    """
    is_correct = result.verdict is Verdict.CORRECT and not result.alternatives
    is_open = result.verdict is Verdict.MISTAKE or result.reason is Reason.NO_COST_FITS
    is_aligned = all(one.aligned for one in result.parameters)
    is_of_updates = is_aligned and all(BY_ID[one.id].stage is MistakeStage.UPDATE for one in result.mistakes)
    if not (is_open or is_correct) or (result.mistakes and is_of_updates):
        return result
    if result.cost is not None and result.cost.form == "":
        return result
    later = second_alone(recording)
    own = steps_of(later, 0)
    if len(own) != len(steps):
        return result
    try:
        costs = recorded_costs(stage := make_stage(recording, program, steps), stage.last)
        if costs or not (costs := recorded_costs(stage := make_stage(later, program, own), stage.last)):
            return result
        is_declared = any(is_declared_cost(stage.node(one.node)) for one in costs if one.node is not None)
        if is_correct and (not is_declared or stated_costs(recording, program, returned_nodes(steps))):
            return result
        other = judge(later, program, own, sources)
    except (CannotReplay, TooMuchWork):
        return result
    if is_correct:
        return replace(result, alternatives=other.alternatives) if other.verdict is Verdict.CORRECT else result
    is_own = other.verdict is Verdict.CORRECT and other.cost is not None and other.cost.form == ""
    is_plain = all(one.aligned and not one.adaptive for one in other.parameters)
    return other if is_own and is_plain else result


def second_alone(recording: Recording) -> Recording:
    """The recording as if the second update of every parameter were its only one.

    What is carried from one update to the next is in it, so a plain step of it says that nothing is.
    """
    kept = [number for number, one in enumerate(recording.updates) if one.iteration == 1]
    numbers = {old: new for new, old in enumerate(kept)}
    # without data that are prepared once
    lasting = [number for number, one in enumerate(recording.parameters) if not numbers.keys().isdisjoint(one.updates)]
    updates = tuple(
        replace(recording.updates[one], iteration=0, parameter=lasting.index(recording.updates[one].parameter))
        for one in kept
    )
    parameters = tuple(
        replace(
            one,
            node=recording.updates[one.updates[1]].before if len(one.updates) > 1 else one.node,
            updates=tuple(numbers[number] for number in one.updates if number in numbers),
        )
        for one in (recording.parameters[number] for number in lasting)
    )
    return replace(recording, parameters=parameters, updates=updates)


def before_judging(recording: Recording, sources: Sources) -> CheckResult | None:
    """The result if there is nothing to judge."""
    if recording.check is Check.DIFFERENT:
        found = not_judged(recording, Reason.RECORDING_CHANGED_THE_RUN)
        return replace(found, notes=((Remark.CHANGED_AT, recording.changed_at, ""),))
    if recording.raised is not None and recording.stop is Stop.RAISED:
        if is_files_own(recording, sources):
            return exception_mistake(recording)
        if not is_updated(recording):
            return unjudged_exception(recording)
    outside = update_after_loop(recording, sources)
    if outside is not None:
        return CheckResult(verdict=Verdict.MISTAKE, mistakes=(outside,), **facts_of_run(recording))
    if not recording.parameters and not recording.gradients:
        if recording.driven.failures or recording.driven.suggestion:
            return not_judged(recording, Reason.NOT_DRIVEN)
        if not recording.uses_numpy and not recording.nodes:
            is_driven = any("numpy" in text or "cupy" in text for text in sources.texts.values())
            return not_judged(recording, Reason.NOT_DRIVEN if is_driven else Reason.NO_NUMPY)
        if recording.stop in (Stop.SECONDS, Stop.NODES, Stop.BYTES, Stop.DIED):
            return not_judged(recording, Reason.STOPPED, recording.stop.value)
        lost = lost_updates(recording, Program(recording.nodes))
        if lost:
            mistakes = together([lost_update(recording, *one) for one in lost.values()])
            return CheckResult(verdict=Verdict.MISTAKE, mistakes=tuple(mistakes), **facts_of_run(recording))
        return not_judged(recording, Reason.NO_PARAMETERS)
    if not steps_of(recording, 0) and not returned_steps(recording):
        return not_judged(recording, Reason.NO_PARAMETERS)
    return not_judged(recording, Reason.NO_GRADIENT) if is_changed_at_random(recording) else None


def returned_nodes(steps: Sequence[Step]) -> list[int]:
    """The nodes of gradients that are returned and not applied"""
    return [step.after for step in steps if step.returned]


def judge(
    recording: Recording, program: Program, steps: tuple[Step, ...], sources: Sources, steering: Sequence[int] = ()
) -> CheckResult:
    """The verdict, if the recording has steps to judge.

    Args:
        recording: the recording.
        program: its graph.
        steps: of one iteration.
        sources: the user's files.
        steering: values that say which branches are taken, and that are to be the same at all settings.
    """
    overflowing = overflow_mistake(recording, steps)
    overflow: CheckResult | None = None
    if overflowing is not None:
        overflow = CheckResult(verdict=Verdict.MISTAKE, mistakes=(overflowing,), **facts_of_run(recording))
    stage = make_stage(recording, program, steps)
    repeated = len(stage.needed & stage.dependent)
    if repeated > MOST_REPEATED:
        return not_judged(recording, Reason.TOO_MANY, f"{repeated:,}")
    costs = recorded_costs(stage, stage.last)
    groups = error_groups(stage, stage.needed)
    if not groups:
        wanted = program.ancestors([cost.node for cost in costs if cost.node is not None], stop=stage.parameters)
        groups = error_groups(stage, wanted & stage.dependent)
    if not draw_settings(stage, steering):
        return overflow or not_judged(recording, Reason.UNSTABLE_BRANCHES)
    readings: list[Reading] = []
    for errors in groups or [()]:
        readings += make_readings(stage, errors, costs if errors == (groups or [()])[0] else ())
    if not any(reading.descends for reading in readings):
        readings += make_further_readings(stage, groups, readings)
    if not readings:
        return overflow or not_judged(recording, Reason.NO_COST)
    readings.sort(key=preference)
    if not readings[0].descends and not steering:
        steering = branches(stage)
        if take_other_branches(stage, steering):  # as a maximum by comparisons does: what was recorded is another's
            return judge(recording, program, steps, sources, steering)
    best = choose(readings)
    stage.errors = best.errors
    judged = judge_reading(one_by_one(readings, best), sources)
    judged = replace(judged, reading=best)
    if says_nothing(best, judged):
        return overflow or not_judged(recording, Reason.NO_COST_FITS)
    alternatives = other_readings(readings, best, sources)
    result = conclude(recording, judged, alternatives, overflow, steps, sources)
    is_open = result.verdict is Verdict.MISTAKE or result.reason is Reason.NO_COST_FITS
    if is_open:
        # each may take what the others put out as given
        networks = networks_of(stage, groups[0] if groups else ())
        share = round(MOST_WORK / stage.program.most_work)
        apart = judged_apart(recording, stage.program, networks, sources, share, (Verdict.CORRECT,))
        if apart is not None:
            return apart
    is_unnamed = result.verdict is Verdict.MISTAKE and all(one.id == UNNAMED for one in result.mistakes)
    if (is_open and has_several_costs(recording, program)) or (is_unnamed and steps_between_writes(recording, program)):
        return not_judged(recording, Reason.SEVERAL_COSTS)
    if result.verdict is not Verdict.CORRECT:
        return result
    claimed = claimed_reading(readings, best)
    if claimed is not None:
        return under_claimed_cost(result, claimed, readings, sources)
    stated = stated_costs(recording, program, returned_nodes(steps))
    found = contradiction_of(readings, best, stated, sources)
    if found.mistake is None:
        is_said = result.cost is not None and result.cost.factor is not None
        if found.second is None or is_said or any(one.cost == found.second.cost for one in result.alternatives):
            return result
        return replace(result, alternatives=(found.second, *result.alternatives))
    # a mistake that spoils no step is in the cost alone, so there is no other reading
    mine = (Alternative(cost=result.cost or assumed(best), mistakes=()),) if found.mistake.parameters else ()
    cost = found.cost or result.cost
    return replace(result, verdict=Verdict.MISTAKE, mistakes=(found.mistake,), cost=cost, alternatives=mine)


def judged_apart(
    recording: Recording,
    program: Program,
    groups: Sequence[set[int]],
    sources: Sources,
    shared_by: int,
    accepted: Collection[Verdict],
) -> CheckResult | None:
    """The result of parameters that are judged group by group; None for one group, or if a verdict is not accepted."""
    parts: list[CheckResult] = []
    for one in groups if len(groups) > 1 else ():
        own = of_one_turn(recording, program, one)
        parts.append(check_recording(own, sources=sources, shared_by=shared_by * len(groups)))
        if parts[-1].verdict not in accepted:
            return None
    return joined(parts) if parts else None


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What is found of all parameters."""

    mistakes: tuple[Found, ...]  # of gradients, of rules, of parameters that are left out
    unused: tuple[Step, ...]  # steps of parameters that the cost does not depend on
    is_cost_partial: bool  # whether other steps depend on one of these parameters: then there is more to the cost
    unclassified: tuple[str, ...]  # names of values that change and are not parameters
    learned: tuple[str, ...]  # names of values that are trained and whose updates were not followed
    is_rule_open: bool  # whether the rule of an update is not understood
    notes: tuple[Note, ...]  # what the report says besides


def gather(recording: Recording, judged: Judged, sources: Sources) -> Findings:
    """All that the best reading finds."""
    reading, stage = judged.reading, judged.reading.stage
    untouched = untouched_parameters(reading)
    left_out, unclassified = untouched.mistakes, list(untouched.unclassified)
    if ends_within_iteration(recording):
        unclassified += [name for one in left_out for name in one.parameters]
        left_out = ()
    doubtful = [one for one in doubtful_parameters(recording) if not is_settled_before(recording, one, stage)]
    unclassified += [parameter_name(recording, one) for one in doubtful]
    mistakes = [*judged.mistakes, *left_out, *cut_to_integers(reading)]
    behind = {before for before, match in reading.matches.items() if match is not None and match.nothing}
    unused = [step for step in stage.steps if step.before not in reading.forward.nodes | behind and moves(stage, step)]
    blamed = {name for one in judged.mistakes for name in one.parameters}  # one name, of many numbers
    in_use = {one for one in unused if is_used(stage, one)}
    idle = [one for one in unused if one not in in_use and not (one.shape == () and one.name in blamed)]
    if idle and not has_late_data(reading):
        mistakes += merge_by_line([not_in_forward(reading, step) for step in idle])
    mistakes += unread_biases(reading)
    rules, pairing = Rules(), Pairing()
    if not judged.unexplained and not judged.mistakes:
        mistakes += lost_observations(reading)
        pairing = pairing_of(reading)
        mistakes += pairing.mistakes or unpaired_items(reading, sources)
        mistakes += unrepeated_forward(reading)
        mistakes += unused_activation(reading)
        mistakes += hidden_factors(reading)
        rules = rule_mistakes(recording, reading, sources)
        mistakes += rules.mistakes
        if rules.departed is not None:
            mistakes += mistakes_of_later(reading, rules.departed, sources)
    kept = {Remark.BIASES_NOT_TRAINED: untouched.untrained, Remark.IDENTITY_NOT_TRAINED: untouched.identities}
    untrained = [(remark, None, ", ".join(names)) for remark, names in kept.items() if names]
    shifted = [(Remark.TARGETS_OF_OTHER_ROWS, None, str(pairing.shift))] if pairing.shift else []
    return Findings(
        mistakes=tuple(sorted(without_echoes(mistakes), key=line_of)),
        unused=tuple(unused),
        is_cost_partial=bool(in_use),
        unclassified=tuple(dict.fromkeys(unclassified)),
        learned=rules.learned,
        is_rule_open=rules.is_open or rules.departed is not None,
        notes=(
            *(*untrained, *shifted, *remarks_on(reading, sources)),
            *(() if mistakes else other_rates(reading)),
            *rules.notes,
        ),
    )


def mistakes_of_later(first: Reading, departed: Reading, sources: Sources) -> list[Found]:
    """Where a later iteration goes wrong though the first is right: the names for wrong formulas do not say why, other
    than that of an index, which may name an item twice from then on."""
    found = judge_reading(departed, sources).mistakes
    if departed.cost.is_of_branch or any(match is not None and match.nothing for match in first.matches.values()):
        return list(found)  # another branch, or inputs or deltas of 0, had hidden them
    detail = "longer" if len(departed.forward.nodes) > len(first.forward.nodes) else "later"
    return merge_by_line([one if one.id == REPEATED else replace(one, id=UNNAMED, detail=detail) for one in found])


def ends_within_iteration(recording: Recording) -> bool:
    """Whether the recording was cut off before a second update, so that the first of others may be missing."""
    is_cut = recording.stop in (Stop.NODES, Stop.BYTES, Stop.SECONDS)
    return is_cut and all(len(one.updates) < 2 for one in recording.parameters)


def conclude(
    recording: Recording,
    judged: Judged,
    alternatives: tuple[Alternative, ...],
    overflow: CheckResult | None,
    steps: Sequence[Step],
    sources: Sources,
) -> CheckResult:
    """The result from the best reading."""
    reading = judged.reading
    findings = gather(recording, judged, sources)
    result = CheckResult(
        verdict=Verdict.CORRECT,
        cost=assumed(reading),
        alternatives=alternatives,
        parameters=parameter_facts(reading),
        rows=rows_of(reading),
        sizes=sizes_of(reading),
        judged_iterations=min((len(one.updates) for one in recording.parameters), default=0),
        notes=(
            *findings.notes,
            *((Remark.UPDATE_PROJECTED, place, name) for name, place in projected(recording).items()),
            *((Remark.LOOP_WENT_ROUND_ONCE, place, "") for place in recording.single_turns),
        ),
        **facts_of_run(recording),
    )
    if findings.mistakes and history_is_lost(reading):
        return without_verdict(result, Reason.HISTORY_LOST)
    is_partial = findings.is_cost_partial or moves_beside_cost(reading, findings.mistakes)
    if findings.mistakes and (is_partial or not has_target(reading)):
        return without_verdict(result, Reason.NO_COST_FITS)
    if findings.mistakes and any(is_turned_by_a_matrix(reading, step) for step in steps):
        return without_verdict(result, Reason.RULE)
    if findings.mistakes:
        return replace(result, verdict=Verdict.MISTAKE, mistakes=findings.mistakes)
    if overflow is not None:
        return overflow
    if judged.unexplained:
        if len(judged.unexplained) == len(steps):
            return without_verdict(result, Reason.NO_COST_FITS)
        return replace(result, verdict=Verdict.MISTAKE, mistakes=(unlocated(reading, judged.unexplained[0]),))
    lost = (*(step.name for step in findings.unused), *findings.learned)
    if lost:
        return without_verdict(result, Reason.HISTORY_LOST, ", ".join(lost))
    if findings.unclassified:
        return without_verdict(result, Reason.UNCLASSIFIED, ", ".join(findings.unclassified))
    if findings.is_rule_open:
        return without_verdict(result, Reason.RULE)
    result = with_scale(result, reading)
    if result.verdict is Verdict.MISTAKE:
        return result
    return with_declared_cost(result, recording, reading, alternatives, steps) or if_a_network(
        result, recording, reading
    )


def under_claimed_cost(
    result: CheckResult, claimed: Reading, readings: Sequence[Reading], sources: Sources
) -> CheckResult:
    """The result of a right file under the cost that it computes together with its gradients."""
    claimed.stage.errors = claimed.errors
    judged = judge_reading(one_by_one(readings, claimed), sources)
    if not judged.mistakes or result.cost is None:
        return result
    right = Alternative(cost=result.cost, mistakes=())
    mistakes = tuple(sorted(judged.mistakes, key=line_of))
    return replace(result, verdict=Verdict.MISTAKE, mistakes=mistakes, cost=assumed(claimed), alternatives=(right,))


def without_verdict(result: CheckResult, reason: Reason, detail: str = "") -> CheckResult:
    """The result, not judged"""
    return replace(result, verdict=Verdict.NOT_JUDGED, reason=reason, detail=detail)


def with_scale(result: CheckResult, reading: Reading) -> CheckResult:
    """The result with what all gradients are scaled by: a mistake, or another cost and the mistake under the file's."""
    if any(one.adaptive for one in result.parameters):
        return result
    scaled = scale_mistake(reading)
    if scaled is None or scaled.ratio is None:
        return result
    own = assumed(reading)
    other = replace(own, factor=scaled.ratio, maximised=reading.cost.maximised)
    is_declared = is_declared_cost(reading.stage.node(reading.cost.outputs[0]))
    if (reading.cost.meant and belongs_together(reading)) or (is_declared and scaled.id == MISCOUNTED):
        alternatives = (Alternative(cost=other, mistakes=()), *result.alternatives)
        return replace(result, verdict=Verdict.MISTAKE, mistakes=(scaled,), alternatives=alternatives)
    return replace(result, cost=other, alternatives=(Alternative(cost=own, mistakes=(scaled,)), *result.alternatives))


def with_declared_cost(
    result: CheckResult,
    recording: Recording,
    reading: Reading,
    alternatives: tuple[Alternative, ...],
    steps: Sequence[Step],
) -> CheckResult | None:
    """The mistake under another cost, if the file says that it means that one; None if it does not."""
    decisive = decisive_reading(
        reading, alternatives, lambda: stated_costs(recording, reading.stage.program, returned_nodes(steps))
    )
    if decisive is None:
        return None
    mine = Alternative(cost=assumed(reading), mistakes=())
    return replace(
        result, verdict=Verdict.MISTAKE, mistakes=decisive.mistakes, cost=decisive.cost, alternatives=(mine,)
    )


def moves_beside_cost(reading: Reading, mistakes: Sequence[Found]) -> bool:
    """Whether all that is wrong are parameters that move and on which a value that was taken for the cost does not
    depend: a part of the cost, such as one without the penalty."""
    expected = [one.expected.kind if one.id == UNNAMED and one.expected else None for one in mistakes]
    return reading.cost.form is None and all(kind is Kind.NOTHING for kind in expected)


def if_a_network(result: CheckResult, recording: Recording, reading: Reading) -> CheckResult:
    """The result, correct if it is that of a network whose values were all followed, and that moves at all."""
    if all(match is not None and match.nothing for match in reading.matches.values()):
        return without_verdict(result, Reason.NO_COST_FITS)
    if not (has_target(reading) or is_compared_with_one(reading)) or not is_network(reading):
        return without_verdict(result, Reason.NO_COST_FITS)
    if recording.losses and lost_on_the_way(reading.stage):
        return without_verdict(result, Reason.HISTORY_LOST)
    hint = overflow_hint(reading)
    return (
        result if hint is None else replace(result, notes=(*result.notes, (Remark.OVERFLOW_AT_LARGE_VALUES, hint, "")))
    )


def line_of(found: Found) -> int:
    """The line of a mistake, to sort by; those without a line go last"""
    return found.place.line if found.place is not None else sys.maxsize
