"""The verdict on a recording: right, wrong at a line, or not judged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..recording.graph import Check, Kind, Place, Recording, Stop, references
from .alignment import Samples, ratio, samples
from .contradictions import EXTRA_DERIVATIVE, MISSING_DERIVATIVE, contradiction_of, decisive_reading
from .cost import Cost, Error, Form, find_error_groups, is_declared_cost, recorded_costs
from .edits import EditBench
from .exceptions import is_files_own, is_updated, named_exception
from .factors import factor_mistakes, is_update_place, turned_difference
from .locating import locate
from .naming import name_edit, name_faults, naming_places, quantity
from .overflow import overflow_hint, overflow_mistake
from .overwriting import without_overwritten
from .reading import Reading, climbs_by_a_rule, label, lane_gradient, read, same_cost
from .replay import CannotReplay, Program, is_truth, size_of
from .result import (
    Alternative,
    AssumedCost,
    CheckResult,
    Found,
    ParameterFacts,
    Quantity,
    Reason,
    Row,
    Verdict,
)
from .result import Kind as QuantityKind
from .rules import belongs_together, rule_mistakes, scale_mistake, scaled_cost
from .scales import MISCOUNTED
from .scattering import without_scattered_writes
from .several import has_several_costs
from .sources import Sources
from .stage import (
    MOST_REPEATED,
    Stage,
    Step,
    branches,
    doubtful_parameters,
    draw_settings,
    make_stage,
    parameter_name,
    returned_steps,
    steps_of,
    take_other_branches,
)
from .stated import stated_costs
from .structure import PRODUCTS, Layer, is_view_of_parameter
from .unused import DATA_WORDS, untouched_parameters

FORMS = (Form.SQUARED, Form.BINARY, Form.CATEGORICAL, Form.ABSOLUTE, Form.HINGE)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One reading with what it finds.

    Attributes:
        reading: the reading.
        mistakes: of the gradients.
        unexplained: parameters whose steps remain without an explanation.
        is_trivial: whether all that was found is that steps are not gradients.
    """

    reading: Reading
    mistakes: tuple[Found, ...]
    unexplained: tuple[Step, ...]
    is_trivial: bool = False


def says_nothing(best: Reading, judged: Judged) -> bool:
    """Whether no step is a gradient, and no value before the steps either: then it is not gradient descent at all."""
    explained = any(one is not None and not one.nothing for one in best.matches.values())
    names = {one.id for one in judged.mistakes}
    errors = {error.node for error in best.stage.errors}
    rows = [one for one in best.backward_bundles()[:400] if one[0] not in errors]
    explained = explained or any(best.aligned_with(one) for one in rows)
    return not explained and judged.is_trivial and names <= {"wrong-value", "gradient-ascent"} and bool(names)


def check_recording(recording: Recording, *, sources: Sources | None = None) -> CheckResult:
    """Judge a recording.

    Args:
        recording: what running the file showed.
        sources: the texts of the user's files, to find the lines that call helper functions.
    """
    sources = sources or Sources()
    early = before_judging(recording, sources)
    if early is not None:
        return early
    recording = without_scattered_writes(without_overwritten(recording))
    program = Program(recording.nodes)
    steps = steps_of(recording, 0) or returned_steps(recording)
    try:
        with np.errstate(all="ignore"):  # random settings may overflow
            return with_exception(recording, judge(recording, program, steps, sources))
    except CannotReplay as error:
        place = error.node.place
        found = not_judged(recording, Reason.CANNOT_REPLAY, f"{error.node.operation}: {error.reason}")
        return replace(found, notes=(("cannot-replay", place, error.node.operation),))


def facts_of_run(recording: Recording) -> dict[str, Any]:
    """What every result says about the run"""
    return {
        "file": recording.file,
        "stand_ins": tuple((one.what.value, one.name) for one in recording.stand_ins),
        "calls": recording.driven.calls,
        "failures": recording.driven.failures,
        "suggestion": recording.driven.suggestion,
    }


def not_judged(recording: Recording, reason: Reason, detail: str = "") -> CheckResult:
    """No verdict, and why"""
    return CheckResult(verdict=Verdict.NOT_JUDGED, reason=reason, detail=detail, **facts_of_run(recording))


def raised_result(recording: Recording, is_mistake: bool) -> CheckResult:
    """An exception that ended the run: the file's own, or one that leaves it without a verdict."""
    raised = recording.raised
    assert raised is not None
    text = exception_text(recording)
    if is_mistake:
        found = named_exception(recording) or Found(
            id="exception", place=raised.frames[-1], others=raised.frames[:-1], detail=text
        )
        return CheckResult(
            verdict=Verdict.MISTAKE,
            mistakes=(found,),
            traceback=raised.frames,
            exception=text,
            **facts_of_run(recording),
        )
    return replace(not_judged(recording, Reason.RAISED, text), traceback=raised.frames, exception=text)


def exception_text(recording: Recording) -> str:
    """What was raised, in Python's words"""
    raised = recording.raised
    if raised is None:
        return ""
    return f"{raised.type}: {raised.message}" if raised.message else raised.type


def with_exception(recording: Recording, result: CheckResult) -> CheckResult:
    """The verdict on a run that an exception ended after every parameter was updated: it says so."""
    raised = recording.raised
    if raised is None or recording.stop is not Stop.RAISED:
        return result
    last = raised.frames[-1] if raised.frames else None
    return replace(result, notes=(("raised-later", last, exception_text(recording)), *result.notes))


def before_judging(recording: Recording, sources: Sources) -> CheckResult | None:
    """The result if there is nothing to judge."""
    if recording.raised is not None and recording.stop is Stop.RAISED:
        is_mistake = is_files_own(recording, sources)
        if is_mistake or not is_updated(recording):
            return raised_result(recording, is_mistake)
    if not recording.parameters and not recording.gradients:
        if recording.driven.failures or recording.driven.suggestion:
            return not_judged(recording, Reason.NOT_DRIVEN)
        if not recording.uses_numpy:
            return not_judged(recording, Reason.NO_NUMPY)
        if recording.stop in (Stop.SECONDS, Stop.NODES, Stop.BYTES, Stop.DIED):
            return not_judged(recording, Reason.STOPPED, recording.stop.value)
        return not_judged(recording, Reason.NO_PARAMETERS)
    if recording.check is Check.DIFFERENT:
        found = not_judged(recording, Reason.RECORDING_CHANGED_THE_RUN)
        return replace(found, notes=(("changed-at", recording.changed_at, ""),))
    if not steps_of(recording, 0) and not returned_steps(recording):
        return not_judged(recording, Reason.NO_PARAMETERS)
    return None


# Readings


def make_readings(stage: Stage, errors: Sequence[Error], costs: Sequence[Cost]) -> list[Reading]:
    """The stage under every cost that may be meant."""
    found = []
    stage.errors = tuple(errors)
    for cost in costs:
        reading = read(stage, cost)
        if reading is not None and (errors or cost.meant or len(reading.unexplained) < len(stage.steps)):
            found.append(reading)
    if errors:
        for form in FORMS:
            reading = read(stage, Cost(node=None, form=form, errors=tuple(errors)))
            if reading is not None:
                found.append(reading)
    return found


def preference(reading: Reading) -> tuple[int, ...]:
    """Smaller is better: what explains most of the file comes first, the file's own cost before the catalogue's."""
    explained = sum(one is not None for one in reading.matches.values())
    descending = sum(one is not None and one.factor < 0 for one in reading.matches.values())
    order = 0 if reading.cost.meant else 2 if reading.cost.form is None else 1
    form = 0 if reading.cost.form is None else FORMS.index(reading.cost.form)
    plain = -sum(one is not None and not one.decay for one in reading.matches.values())
    return (-int(reading.descends), -explained, -int(reading.same_factor), -descending, plain, order, form)


def returned_nodes(steps: Sequence[Step]) -> list[int]:
    """The nodes of gradients that are returned and not applied"""
    return [step.after for step in steps if step.returned]


def judge(
    recording: Recording,
    program: Program,
    steps: tuple[Step, ...],
    sources: Sources,
    steering: Sequence[int] = (),
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
    groups = find_error_groups(stage, stage.needed)
    if not groups:
        wanted = program.ancestors([cost.node for cost in costs if cost.node is not None], stop=stage.parameters)
        groups = find_error_groups(stage, wanted & stage.dependent)
    if not draw_settings(stage, steering):
        return overflow or not_judged(recording, Reason.UNSTABLE_BRANCHES)
    readings: list[Reading] = []
    for errors in groups or [()]:
        readings += make_readings(stage, errors, costs if errors == (groups or [()])[0] else ())
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
    alternatives = other_readings(readings, judged, sources)
    result = conclude(recording, stage, judged, alternatives, overflow, steps)
    if result.verdict is Verdict.MISTAKE and has_several_costs(recording, program):
        return not_judged(recording, Reason.SEVERAL_COSTS)
    if result.verdict is not Verdict.CORRECT:
        return result
    stated = stated_costs(recording, program, returned_nodes(steps))
    found = contradiction_of(readings, best, stated, sources)
    if found.mistake is None:
        is_said = result.cost is not None and result.cost.factor is not None
        if found.second is None or is_said:
            return result
        return replace(result, alternatives=(found.second, *result.alternatives))
    mine = Alternative(cost=result.cost or assumed(best), mistakes=())
    return replace(result, verdict=Verdict.MISTAKE, mistakes=(found.mistake,), alternatives=(mine,))


def choose(readings: Sequence[Reading]) -> Reading:
    """The reading that the verdict is given under."""
    best = readings[0]
    if best.descends:
        return best
    # nothing is right under any cost: the one under which the backward pass agrees longest
    same = [one for one in readings if preference(one)[:5] == preference(best)[:5]]
    if len(same) == 1:
        return best
    return max(same, key=lambda one: (natural(one), output_is_right(one), aligned_rows(one), -readings.index(one)))


def output_is_right(reading: Reading) -> int:
    """How many parameters of the output layer are explained."""
    layer = output_layer(reading)
    return 0 if layer is None else sum(reading.matches.get(one) is not None for one in layer.parameters)


def natural(reading: Reading) -> int:
    """Whether a cost goes with the activation of the output."""
    if reading.cost.form is None:
        return 3 if reading.cost.meant else -1
    layers = [one for one in reading.forward.layers if any(o in reading.forward.outputs for o in (one.a, one.z))]
    coupled = bool(layers) and any(reading.stage.node(id).operation in ("sum", "softmax") for id in layers[-1].region)
    if reading.cost.form is Form.CATEGORICAL:
        return 2 if coupled else -1
    if reading.cost.form is Form.BINARY:
        return 1 if layers and layers[-1].a != layers[-1].z and not coupled else -1
    return 1 if reading.cost.form is Form.SQUARED else -2


def aligned_rows(reading: Reading) -> int:
    """How many operations of the backward pass are multiples of a true gradient."""
    return sum(bool(reading.aligned_with(bundle)) for bundle in reading.backward_bundles()[:400])


def one_by_one(readings: Sequence[Reading], best: Reading) -> Reading:
    """The reading to look for mistakes with: each observation for itself, if that is the same cost."""
    if best.descends or best.forward.lane_count > 1:
        return best
    return next((one for one in readings if one.forward.lane_count > 1 and same_cost(best, one)), best)


def judge_reading(reading: Reading, sources: Sources) -> Judged:
    """The mistakes of the gradients under one reading."""
    broken = [step for step in reading.unexplained if step.before in reading.forward.nodes]
    found, broken = one_observation_only(reading, broken)
    others = {step.before: of_another(reading, step) or unsummed(reading, step) for step in broken}
    found += [one for one in others.values() if one is not None]
    broken = [step for step in broken if others[step.before] is None]
    climbing = [step for step in broken if climbs_by_a_rule(reading, step)]
    found += merge_found([climbing_update(reading, step) for step in climbing])
    broken = [step for step in broken if step not in climbing]
    edit = name_edit(EditBench(reading, broken), sources) if broken else None
    if edit is not None:
        return Judged(reading=reading, mistakes=(*found, edit, *factor_mistakes(reading)), unexplained=())
    located = locate(reading, broken)
    found += name_faults(reading, located.faults, sources)
    found += merge_found([climbing_update(reading, step) for step in located.climbing])
    departed = [departure(reading, step) for step in located.left]
    found += merge_found([one for one in departed if one is not None])
    left = [step for step, one in zip(located.left, departed) if one is None]
    found += factor_mistakes(reading)
    trivial = all(is_view_of_parameter(reading.stage, fault.target[0]) for fault in located.faults)
    return Judged(reading=reading, mistakes=tuple(found), unexplained=tuple(left), is_trivial=trivial)


def last_named(reading: Reading, step: Step, value: Samples) -> Place | None:
    """Where the value that a step is made with got its name, outside the line of the update"""
    stage = reading.stage
    for id in sorted(stage.program.ancestors([step.after], stop=stage.parameters) - {step.after}):
        one = stage.samples(id)
        if id not in stage.dependent or one is None or one.flat.shape != value.flat.shape:
            continue
        node = stage.node(id)
        if node.names and ratio(one.flat, value.flat, 1e-6) is not None and not is_update_place(reading, step, id):
            return node.place
    return None


def of_another(reading: Reading, step: Step) -> Found | None:
    """A step that is made with the gradient of another parameter, which fits because NumPy repeats it."""
    stage = reading.stage
    steps = [step.of(values) for values in stage.settings]
    if step.returned or step.shape == ():
        return None
    whole = np.concatenate([one.ravel() for one in steps])
    for other in stage.steps:
        if other.before == step.before or other.before not in reading.forward.nodes:
            continue
        try:
            gradients = [np.broadcast_to(one[other.before], steps[0].shape).ravel() for one in reading.gradients]
        except ValueError:
            continue
        factor = ratio(whole, np.concatenate(gradients), 1e-6)
        if factor is None or factor > 0:
            continue
        return Found(
            id="gradient-of-another-parameter",
            place=stage.node(step.after).place,
            variable=step.name,
            shape=step.shape,
            got=quantity(reading, other.before, factor),
            expected=quantity(reading, step.before, factor),
            parameters=(step.name,),
            detail=other.name,
        )
    return None


def unsummed(reading: Reading, step: Step) -> Found | None:
    """A bias from which the delta of every observation is subtracted, so that NumPy makes a row of it for each."""
    stage, layer = reading.stage, reading.forward.layer_of_parameter(step.before)
    node = stage.node(step.after)
    if step.returned or layer is None or node.shape == step.shape:
        return None
    delta = reading.gradient_samples((layer.z,))
    value = samples([step.of(values) for values in stage.settings])
    if delta is None or delta.flat.shape != value.flat.shape or ratio(value.flat, delta.flat, 1e-6) is None:
        return None
    return Found(
        id="bias-gradient-not-summed",
        place=node.place,
        variable=step.name,
        shape=node.shape,
        got=quantity(reading, layer.z, None),
        expected=quantity(reading, step.before, None),
        parameters=(step.name,),
    )


def climbing_update(reading: Reading, step: Step) -> Found:
    """A step whose gradient is right, or mended, and that goes the wrong way"""
    turned = turned_difference(reading)
    return Found(
        id="gradient-ascent",
        place=reading.stage.node(step.after).place,
        others=() if turned is None else (turned,),
        variable=step.name,
        shape=step.shape,
        got=Quantity(kind=QuantityKind.UNKNOWN),
        expected=quantity(reading, step.before, None),
        parameters=(step.name,),
        ratio=-1.0,
    )


def one_observation_only(reading: Reading, broken: Sequence[Step]) -> tuple[list[Found], list[Step]]:
    """Steps that one observation alone makes, though several were looked at; and the steps that are left."""
    if reading.forward.lane_count < 2 or reading.cost.node is not None:
        return [], list(broken)
    found: list[Found] = []
    left: list[Step] = []
    stage = reading.stage
    for step in broken:
        value = samples([step.of(values) for values in stage.settings])
        lanes = [lane_gradient(reading, step, lane) for lane in (0, reading.forward.lane_count - 1)]
        if not any(lane is not None and ratio(value.flat, lane.flat, 1e-6) is not None for lane in lanes):
            left.append(step)
            continue
        made = last_named(reading, step, value)
        update = stage.node(step.after).place
        found.append(
            Found(
                id="last-observation-only",
                # what is missing between the gradient and the update is the sum
                place=update,
                others=(made,) if made is not None and made != update else (),
                variable=step.name,
                shape=step.shape,
                expected=quantity(reading, step.before, None),
                parameters=(step.name,),
            )
        )
    return merge_found(found), left


def departure(reading: Reading, step: Step) -> Found | None:
    """Where values that are gradients become one that is not, on the way to a step: the last such operation."""
    stage = reading.stage
    leading = stage.program.ancestors([step.after], stop=stage.parameters)
    last: int | None = None
    for bundle in reading.backward_bundles():
        is_update = bundle[0] == step.after and not step.returned
        if bundle[0] not in leading or is_update or reading.aligned_with(bundle):
            continue
        operands = [one for one in stage.program.parents[bundle[0]] if one in stage.dependent]
        if any(one not in reading.forward.nodes and reading.aligned_with(reading.bundle(one)) for one in operands):
            last = bundle[0]
    if last is None:
        return None
    node = stage.node(last)
    id = "wrong-value"
    if node.operation in ("sum", "mean"):
        whole = size_of(node) == 1 < max(1, int(np.prod(step.shape)))
        id = "bias-gradient-summed-over-units" if whole else "sum-over-wrong-axis"
    return Found(
        id=id,
        place=node.place,
        variable=label(stage, last),
        shape=node.shape,
        got=Quantity(kind=QuantityKind.UNKNOWN),
        expected=quantity(reading, step.before, None),
        parameters=(step.name,),
    )


def merge_found(found: Sequence[Found]) -> list[Found]:
    """One mistake for each id and line, or each id if it is one decision"""
    kept: dict[tuple[str, object], Found] = {}
    for one in found:
        key = (one.id, one.place)
        if key in kept:
            kept[key] = replace(kept[key], parameters=tuple(dict.fromkeys((*kept[key].parameters, *one.parameters))))
        else:
            kept[key] = one
    return list(kept.values())


def other_readings(readings: Sequence[Reading], judged: Judged, sources: Sources) -> tuple[Alternative, ...]:
    """What other costs would say of the file, where the question is open."""
    best = judged.reading
    if not best.descends:
        return tuple(Alternative(cost=assumed(one), mistakes=()) for one in readings if one.descends)[:1]
    found: list[Alternative] = []
    layer = output_layer(best)
    if best.cost.form is not None and layer is not None and layer.a != layer.z:
        squared = best.cost.form is Form.SQUARED
        id = EXTRA_DERIVATIVE if squared else MISSING_DERIVATIVE
        wanted = (Form.BINARY, Form.CATEGORICAL) if squared else (Form.SQUARED,)
        for other in readings:
            meant = (
                other.cost.node is not None
                and is_declared_cost(best.stage.node(other.cost.node))
                and any(same_cost(other, one) for one in readings if one.cost.form in wanted)
            )
            if not meant and (other.cost.form not in wanted or natural(other) <= 0):
                continue
            place_node = output_delta_node(best, layer)
            place = best.stage.node(place_node).place
            compared = best.stage.node(best.cost.errors[0].node).place if best.cost.errors else None
            named = naming_places(sources, best.stage.node(place_node))
            places = [compared] if squared else [compared, *named, used_at(best, place_node)]
            mistake = Found(
                id=id,
                place=place,
                others=tuple(dict.fromkeys(one for one in places if one is not None and one != place)),
                variable=label(best.stage, place_node),
                shape=best.stage.node(place_node).shape,
                got=quantity(other, layer.z, None) if not squared else None,
                expected=quantity(other, layer.z, None),
                parameters=tuple(step.name for step in best.stage.steps),
            )
            found.append(Alternative(cost=assumed(other), mistakes=(mistake,)))
            if meant:
                break
        found.sort(key=lambda one: one.cost.form != "")
    return tuple(found[:1])


def output_layer(reading: Reading) -> Layer | None:
    """The layer whose activation is compared with targets."""
    ends = set(reading.forward.outputs) | {error.output for error in reading.stage.errors}
    for layer in reversed(reading.forward.layers):
        if layer.a in ends or layer.z in ends or ends & set(layer.region):
            return layer
    return None


def output_delta_node(reading: Reading, layer: Layer) -> int:
    """The first backward operation that is the output's delta"""
    for bundle in reading.backward_bundles():
        if any(id == layer.z for id, _ in reading.aligned_with(bundle)):
            return bundle[0]
    return reading.cost.errors[0].node if reading.cost.errors else layer.z


def used_at(reading: Reading, delta: int) -> Place | None:
    """The first other line that uses a delta, where its derivative may be missing as well."""
    stage = reading.stage
    place = stage.node(delta).place
    for child in sorted(stage.program.children[delta]):
        other = stage.node(child).place
        if child in stage.needed and child not in reading.forward.nodes and other is not None and other != place:
            return other
    return None


def read_like(first: Reading, stage: Stage, errors: tuple[Error, ...]) -> Reading | None:
    """A later iteration under the same cost as the first one."""
    if first.cost.form is not None:
        return read(stage, replace(first.cost, errors=errors)) if errors else None
    costs = recorded_costs(stage, stage.last)
    readings = make_readings(stage, errors, costs)
    return min(readings, key=preference) if readings else None


# The result


def assumed(reading: Reading) -> AssumedCost:
    """The cost of a reading as facts"""
    cost = reading.cost
    stage = reading.stage
    if cost.node is not None:
        node = stage.node(cost.node)
        climbs = bool(reading.factors) and all(one > 0 for one in reading.factors.values())
        return AssumedCost(form="", place=node.place, variable=label(stage, cost.node), maximised=climbs)
    assert cost.form is not None
    return AssumedCost(
        form=cost.form.value,
        place=stage.node(cost.errors[0].node).place,
        variable=label(stage, cost.errors[0].output),
    )


def conclude(
    recording: Recording,
    stage: Stage,
    judged: Judged,
    alternatives: tuple[Alternative, ...],
    overflow: CheckResult | None,
    steps: Sequence[Step],
) -> CheckResult:
    """The result from the best reading."""
    reading = judged.reading
    mistakes = list(judged.mistakes)
    notes: list[tuple[str, Place | None, str]] = []
    untouched, unclassified = untouched_parameters(reading)
    unclassified += [
        parameter_name(recording, one)
        for one in doubtful_parameters(recording)
        if not is_settled_before(recording, one, stage)
    ]
    mistakes += untouched
    mistakes += cut_to_integers(reading)
    iterations = min((len(one.updates) for one in recording.parameters), default=0)
    open_rule = False
    outside = [step for step in reading.stage.steps if step.before not in reading.forward.nodes]
    unused = [step for step in outside if moves(stage, step)]
    if unused and not has_late_data(reading):
        mistakes += merge_found([not_in_forward(reading, step) for step in unused])
    if not judged.unexplained and not judged.mistakes:
        rules = rule_mistakes(recording, reading, lambda later, errors: read_like(reading, later, errors))
        mistakes += rules.mistakes
        notes += rules.notes
        open_rule = rules.is_open
    common: dict[str, Any] = {
        **facts_of_run(recording),
        "cost": assumed(reading),
        "alternatives": alternatives,
        "parameters": parameter_facts(recording, reading),
        "rows": rows_of(reading),
        "sizes": sizes_of(reading),
        "judged_iterations": iterations,
        "notes": tuple(notes),
    }
    mistakes.sort(key=order_of)
    if mistakes and history_is_lost(reading):
        return CheckResult(verdict=Verdict.NOT_JUDGED, reason=Reason.HISTORY_LOST, **common)
    if mistakes and not has_target(reading):
        return CheckResult(verdict=Verdict.NOT_JUDGED, reason=Reason.NO_COST_FITS, **common)
    if mistakes:
        return CheckResult(verdict=Verdict.MISTAKE, mistakes=tuple(mistakes), **common)
    if overflow is not None:
        return overflow
    if judged.unexplained:
        if len(judged.unexplained) == len(steps):
            return CheckResult(verdict=Verdict.NOT_JUDGED, reason=Reason.NO_COST_FITS, **common)
        return CheckResult(verdict=Verdict.MISTAKE, mistakes=tuple(unlocated(reading, judged.unexplained)), **common)
    if unused:
        names = ", ".join(step.name for step in unused)
        return CheckResult(verdict=Verdict.NOT_JUDGED, reason=Reason.HISTORY_LOST, detail=names, **common)
    if unclassified:
        return CheckResult(
            verdict=Verdict.NOT_JUDGED, reason=Reason.UNCLASSIFIED, detail=", ".join(unclassified), **common
        )
    if open_rule:
        return CheckResult(verdict=Verdict.NOT_JUDGED, reason=Reason.RULE, **common)
    scaled = (
        scale_mistake(reading) if reading.cost.meant and not any(p.adaptive for p in common["parameters"]) else None
    )
    if scaled is not None and scaled.ratio is not None:
        own = assumed(reading)
        is_declared = is_declared_cost(stage.node(reading.cost.outputs[0]))
        if belongs_together(reading) or (is_declared and scaled.id == MISCOUNTED):
            other = Alternative(cost=scaled_cost(own, scaled.ratio), mistakes=())
            return CheckResult(
                verdict=Verdict.MISTAKE, mistakes=(scaled,), **{**common, "alternatives": (other, *alternatives)}
            )
        common["cost"] = scaled_cost(own, scaled.ratio)
        common["alternatives"] = (Alternative(cost=own, mistakes=(scaled,)), *alternatives)
    decisive = decisive_reading(
        reading, alternatives, lambda: stated_costs(recording, stage.program, returned_nodes(steps))
    )
    if decisive is not None:
        mine = Alternative(cost=assumed(reading), mistakes=())
        return CheckResult(
            verdict=Verdict.MISTAKE,
            mistakes=decisive.mistakes,
            **{**common, "cost": decisive.cost, "alternatives": (mine,)},
        )
    if not (has_target(reading) or is_compared_with_one(reading)) or not is_network(reading):
        return CheckResult(verdict=Verdict.NOT_JUDGED, reason=Reason.NO_COST_FITS, **common)
    if recording.losses and lost_on_the_way(stage):
        return CheckResult(verdict=Verdict.NOT_JUDGED, reason=Reason.HISTORY_LOST, **common)
    hint = overflow_hint(reading)
    if hint is not None:
        common["notes"] = (*common["notes"], ("overflow-at-large-values", hint, ""))
    return CheckResult(verdict=Verdict.CORRECT, **common)


def cut_to_integers(reading: Reading) -> list[Found]:
    """Parameters of integers whose steps are right but for their fractions, which are lost when they are stored."""
    stage = reading.stage
    found = []
    for step in stage.steps:
        node, match = stage.node(step.after), reading.matches.get(step.before)
        if step.returned or match is None or np.dtype(node.dtype or "f8").kind not in "iu":
            continue
        places = [stage.node(stage.recording.parameters[step.parameter].leaf).place, node.place]
        known = [one for one in places if one is not None]
        found.append(
            Found(
                id="integer-weights",
                place=known[0] if known else None,
                others=tuple(known[1:]),
                variable=step.name,
                shape=step.shape,
                parameters=(step.name,),
            )
        )
    return merge_found(found)


def is_settled_before(recording: Recording, parameter: int, stage: Stage) -> bool:
    """Whether the changes of a value were over before the parameters judged here were made.

    So it is with data that are prepared (``X -= X.mean()``), and with an earlier network of the same statements.
    """
    known = recording.parameters[parameter]
    updates = [recording.updates[one] for one in known.updates]
    leaves = [recording.parameters[step.parameter].leaf for step in stage.steps if step.parameter >= 0]
    if not leaves or any(one.after >= min(leaves) for one in updates):
        return False
    leaf = recording.nodes[known.leaf]
    is_data = leaf.kind in (Kind.DATA, Kind.STAND_IN, Kind.ARGUMENT, Kind.LITERAL)
    is_data = is_data or bool(set(re.findall("[a-z]+", known.name.lower())) & DATA_WORDS)
    judged = {stage.node(step.after).place for step in stage.steps}
    return is_data or all(recording.nodes[one.after].place in judged for one in updates)


def history_is_lost(reading: Reading) -> bool:
    """Whether arrays without a history appear in the backward pass: what they are made of is not known."""
    stage = reading.stage
    program = stage.program
    first = min(step.before for step in stage.steps)
    steps = [step.after for step in stage.steps if reading.matches.get(step.before) is None]
    if not steps:
        return False
    known = program.ancestors(reading.forward.outputs) | program.ancestors(targets_of(reading))
    for id in program.ancestors(steps, stop=stage.parameters) - known:
        node = stage.node(id)
        is_index = bool(node.dtype) and np.dtype(node.dtype).kind in "iub"
        if node.kind is Kind.LOST or (node.kind is Kind.DATA and id > first and node.shape != () and not is_index):
            return True
    return False


def has_target(reading: Reading) -> bool:
    """Whether the cost compares outputs with something: ``1 - a`` alone is rather a part of a derivative."""
    return reading.cost.node is not None or any(error.constant != 1.0 for error in reading.cost.errors)


def is_compared_with_one(reading: Reading) -> bool:
    """Whether ``1 - a`` stands by itself: in ``a * (1 - a)`` it is a part of a derivative."""
    stage = reading.stage
    for error in reading.cost.errors:
        for child in stage.program.children[error.node]:
            if stage.node(child).operation == "multiply" and error.output in stage.program.parents[child]:
                return False
    return bool(reading.cost.errors)


def is_network(reading: Reading) -> bool:
    """Whether the forward pass has a product of a parameter with something, as every layer has."""
    program = reading.stage.program
    return any(
        reading.stage.node(id).operation in PRODUCTS and len(program.parents[id]) > 1 for id in reading.forward.nodes
    )


def targets_of(reading: Reading) -> list[int]:
    """The nodes of all targets"""
    found = [error.target for error in reading.errors if error.target is not None]
    return found + [one for error in reading.errors for one in references(error.index)]


def moves(stage: Stage, step: Step) -> bool:
    """Whether a step changes its parameter at any setting"""
    return any(np.any(step.of(values)) for values in stage.settings)


def has_late_data(reading: Reading) -> bool:
    """Whether data came into the forward pass while it ran: it may be the result of code that is not recorded."""
    stage = reading.stage
    first = min(step.before for step in stage.steps)
    used = stage.program.ancestors(reading.forward.outputs, stop=stage.parameters)
    return any(stage.node(id).kind in (Kind.DATA, Kind.LOST) and id > first for id in used)


def not_in_forward(reading: Reading, step: Step) -> Found:
    """A parameter that is updated but that the cost does not depend on."""
    return Found(
        id="bias-missing-in-forward",
        place=reading.stage.node(step.after).place,
        variable=step.name,
        shape=step.shape,
        expected=Quantity(kind=QuantityKind.NOTHING),
        parameters=(step.name,),
    )


def order_of(found: Found) -> tuple[int, int]:
    """Mistakes of the backward pass first, in the order of lines; then those of updates."""
    line = found.place.line if found.place is not None else 10**9
    return (0, line)


def unlocated(reading: Reading, steps: Sequence[Step]) -> list[Found]:
    """Updates that are wrong for a reason that was not found, at the line of each."""
    found = []
    for step in steps:
        node = reading.stage.node(step.after)
        found.append(
            Found(
                id="wrong-value",
                place=node.place,
                variable=step.name,
                shape=step.shape,
                got=Quantity(kind=QuantityKind.UNKNOWN),
                expected=quantity(reading, step.before, None),
                parameters=(step.name,),
            )
        )
    return found[:1]


def lost_on_the_way(stage: Stage) -> bool:
    """Whether a value of this iteration went through something that does not record, on the way to an update."""
    lost = [node.id for node in stage.recording.nodes if node.kind is Kind.LOST]
    return bool(lost) and bool(stage.program.descendants(lost) & {step.after for step in stage.steps})


def parameter_facts(recording: Recording, reading: Reading) -> tuple[ParameterFacts, ...]:
    """All parameters of a reading"""
    found = []
    for step in reading.stage.steps:
        match = reading.matches.get(step.before)
        found.append(
            ParameterFacts(
                name=step.name,
                shape=step.shape,
                place=reading.stage.node(step.after).place,
                factor=match.factor if match is not None and match.via is None and not match.nothing else None,
                decay=match.decay if match is not None else 0.0,
                adaptive=match is not None and match.via is not None,
                aligned=match is not None,
            )
        )
    return tuple(found)


def rows_of(reading: Reading) -> tuple[Row, ...]:
    """The backward pass, one row an operation of the first observation"""
    found = []
    for bundle in reading.backward_bundles():
        node = reading.stage.node(bundle[0])
        if is_truth(node):
            continue
        aligned = tuple(
            quantity(reading, id, one.factor, one.transposed) for id, one in reading.aligned_with(bundle)[:1]
        )
        found.append(Row(place=node.place, operation=node.operation, shape=node.shape, aligned=aligned))
        if len(found) >= MAX_ROWS:
            break
    return tuple(found)


MAX_ROWS = 200


def sizes_of(reading: Reading) -> dict[str, tuple[int, ...]]:
    """The shapes of data, targets and outputs"""
    stage = reading.stage
    found: dict[str, tuple[int, ...]] = {}
    for id in sorted(reading.forward.nodes - set(stage.parameters)):
        for parent in stage.program.parents[id]:
            node = stage.node(parent)
            if parent not in stage.dependent and size_of(node) > 1 and len(found) < 3:
                found.setdefault(label(stage, parent), node.shape)
    for error in reading.cost.errors[:1]:
        if error.target is not None:
            found[label(stage, error.target)] = stage.node(error.target).shape
        found[label(stage, error.output)] = stage.node(error.output).shape
    return found
