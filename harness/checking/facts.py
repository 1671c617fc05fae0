"""What every result says: the run, the assumed cost, the parameters, the backward pass, the shapes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..recording.graph import Recording
from .labels import label, name_of_value, quantity
from .reading import Reading
from .replay import is_truth, size_of
from .result import AssumedCost, CheckResult, ParameterFacts, Reason, Row, Verdict
from .stage import Stage

MAX_ROWS = 200


def facts_of_run(recording: Recording) -> dict[str, Any]:
    """What every result says about the run"""
    return {
        "file": recording.file,
        "stand_ins": tuple((one.what.value, one.name) for one in recording.stand_ins if one.reduction is None),
        "reductions": tuple(one.reduction for one in recording.stand_ins if one.reduction is not None),
        "calls": recording.driven.calls,
        "failures": recording.driven.failures,
        "suggestion": recording.driven.suggestion,
    }


def not_judged(recording: Recording, reason: Reason, detail: str = "") -> CheckResult:
    """No verdict, and why"""
    return CheckResult(verdict=Verdict.NOT_JUDGED, reason=reason, detail=detail, **facts_of_run(recording))


def computed_cost(stage: Stage, id: int) -> AssumedCost:
    """A number of the file as a cost, called as the user does, or as the function that returns it."""
    name, place = label(stage, id), stage.node(id).place
    if place is not None and place.variable == "return" and not stage.node(id).names:
        name = place.function.rsplit(".", 1)[-1]
    return AssumedCost(form="", place=place, variable=name)


def assumed(reading: Reading) -> AssumedCost:
    """The cost of a reading as facts"""
    cost = reading.cost
    stage = reading.stage
    if cost.node is not None:
        return replace(computed_cost(stage, cost.node), maximised=cost.maximised or reading.climbs)
    assert cost.form is not None
    first = cost.errors[0]
    return AssumedCost(
        form=cost.form.value,
        place=stage.node(first.node).place,
        variable=label(stage, first.output),
        weights=label(stage, first.weights[0]) if first.weights else "",
        plus=tuple(dict.fromkeys(one.form.value for one in cost.errors if one.form not in (None, cost.form))),
        held=first.target in stage.dependent,
    )


def parameter_facts(reading: Reading) -> tuple[ParameterFacts, ...]:
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


def sizes_of(reading: Reading) -> dict[str, tuple[int, ...]]:
    """The shapes of data, targets and outputs, by their names; data without one only if no others have one."""
    stage = reading.stage

    def name(id: int, otherwise: str) -> str:
        found = name_of_value(stage, id)
        return otherwise if found in ("", stage.node(id).operation) else found

    found: dict[str, tuple[int, ...]] = {}
    for id in sorted(reading.forward.nodes - set(stage.parameters)):
        for parent in stage.program.parents[id]:
            node = stage.node(parent)
            if parent not in stage.dependent and size_of(node) > 1 and len(found) < 3:
                found.setdefault(name(parent, "data"), node.shape)
    if len(found) > 1:
        found.pop("data", None)
    for error in reading.cost.errors[:1]:
        if error.target is not None:
            found[name(error.target, "targets")] = stage.node(error.target).shape
        found[name(error.output, "outputs")] = stage.node(error.output).shape
    return found
