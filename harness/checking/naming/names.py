"""What a fault is called: tests are asked in order, and the first that knows the fault names it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..edits import EditBench, gradient_after
from ..explaining import locate
from ..labels import found_at, name_of_value, quantity
from ..locating import Fault
from ..mistakes import UNNAMED
from ..reading import Reading
from ..repairs import Change, Repair
from ..replay import CannotReplay
from ..result import Found, Kind, Quantity, join_mistakes
from ..sources import Sources
from .activations import at_activation, bias_gradient_sent_back
from .case import Case, Name, first_name
from .changes import by_change, name_change
from .deltas import at_pre_activation, diagonal_jacobian_of_scores, not_multiplied
from .operands import OTHER_PASS, cut_to_integers, of_another_pass, updated_weights, without_errors, wrong_part
from .parameters import at_parameter, of_one_use
from .scalars import at_factor

# What a value is made of goes before one change of an operation, and that before what the value should be.
TESTS = (
    *(cut_to_integers, of_another_pass, updated_weights, wrong_part, bias_gradient_sent_back, by_change),
    *(at_pre_activation, diagonal_jacobian_of_scores, at_activation, at_parameter, not_multiplied, without_errors),
)

UPDATED_WEIGHTS = "updated-weights-in-backward"

# Mistakes that show on several lines: each is one decision of the author
MERGED = frozenset(
    {
        *("output-delta-reused", "missing-hidden-activation-derivative", "missing-output-activation-derivative"),
        *("kernel-not-updated", "bias-gradient-missing", "updated-weights-in-backward", "integer-weights"),
        OTHER_PASS,
    }
)


def name_faults(reading: Reading, faults: Sequence[Fault], sources: Sources) -> list[Found]:
    """The names of all faults; the same mistake on the same line, or the same one in several places, is one."""
    found: list[Found] = []
    for fault in sorted(faults, key=lambda one: one.bundle[0]):
        case = Case(reading, fault, sources)
        named = describe(case, identify(case))
        number = next((number for number, other in enumerate(found) if is_same_mistake(other, named)), None)
        if number is None:
            found.append(named)
        else:
            found[number] = join_mistakes(found[number], named)
    return found


def name_edit(bench: EditBench, sources: Sources) -> Found | None:
    """The mistake if one edit of a line makes all steps right; None if none does, or if it has no name."""
    return describe_edit(bench, bench.repair(), sources)


def name_edits(bench: EditBench, sources: Sources) -> list[Found]:
    """The mistakes if an edit makes some steps right, and another edit or named values explain the others.

    Or an edit beside weights that were updated.
    """
    old = bench.with_old_weights()
    if old is not None:
        if old.mends(old.kept):
            return []  # that is all
        other = name_edit(old, sources)
        if other is not None:
            user, replaced = min(old.old_weights.items())
            name = bench.stage.parameters[min(replaced.values())].name
            return [found_at(bench.reading, user, UPDATED_WEIGHTS, old.mended.steps, detail=name), other]
    first = describe_edit(bench, bench.partial_repair(), sources)
    if first is None:
        return []
    rest = EditBench(bench.reading, [one for one in bench.broken if one not in bench.mended.steps], bench.mended)
    second = name_edit(rest, sources)
    if second is None:
        located = locate(bench.reading, rest.broken, rest.begun)
        others = name_faults(bench.reading, located.faults, sources)
        is_open = located.left or located.climbing or any(one.id == UNNAMED for one in others)
        return [] if is_open else [first, *others]
    return [join_mistakes(first, second)] if is_same_mistake(first, second) else [first, second]


def describe_edit(bench: EditBench, repair: Repair | None, sources: Sources) -> Found | None:
    """The mistake that an edit mends; None if there is no edit, or if the mistake has no name."""
    reading = bench.reading
    gradient = None if repair is None else gradient_after(bench, repair)
    if repair is None or gradient is None:
        return None
    target, alignment = gradient
    fault = Fault(
        bundle=(used_outside(bench, repair),),
        target=(target,),
        factor=alignment.factor,
        transposed=alignment.transposed,
        mends=tuple(step.before for step in bench.mended.steps),
        settings=tuple(bench.begun),
    )
    case = Case(reading, fault, sources)
    name = of_another_pass(case) or name_change(case, bench, repair)
    return None if name is None else describe(case, name)


def identify(case: Case) -> Name:
    """The name of a fault; that of any wrong value if no test knows it."""
    try:
        if case.fault.is_factor:
            return at_factor(case)
        name = first_name(TESTS, case) or wrong_term(case) or of_one_use(case)
    except (ValueError, IndexError, KeyError, CannotReplay):
        name = None
    return name or Name(UNNAMED, case.lines_after(case.reading.call_of_right_line(case.node.id)))


def wrong_term(case: Case) -> Name | None:
    """A sum of the gradients of two uses, one of them wrong, as of a layer that a residual connection goes around."""
    operands = case.stage.program.parents[case.node.id]
    if case.node.operation != "add" or len(operands) != 2 or case.target in case.stage.parameters:
        return None
    wrong = [id for id in operands if not case.reading.aligned_with(case.reading.bundle(id), case.settings)]
    places = [case.stage.node(id).place for id in wrong]
    if len(places) != 1 or places[0] is None:
        return None
    return Name(UNNAMED, case.lines_after(*places))


def describe(case: Case, name: Name) -> Found:
    """The fault under a name, at its lines."""
    places = case.blamed(name.places or case.lines())
    return Found(
        id=name.id,
        place=places[0] if places else None,
        others=tuple(places[1:]),
        variable=name_of_value(case.stage, case.node.id),
        shape=case.node.shape,
        got=quantity_of(case),
        expected=quantity(case.reading, case.target, case.fault.factor, case.fault.transposed),
        parameters=tuple(case.stage.parameters[one].name for one in case.fault.mends),
        detail=name.detail,
    )


def quantity_of(case: Case) -> Quantity:
    """What the faulty value is"""
    if case.faulty is not None and not np.any(case.faulty.flat):
        return Quantity(kind=Kind.NOTHING)
    if not case.aligned:
        return Quantity(kind=Kind.UNKNOWN)
    id, alignment = case.aligned[0]
    return quantity(case.reading, id, alignment.factor, alignment.transposed)


def is_same_mistake(first: Found, second: Found) -> bool:
    """Whether two faults are one mistake of the author"""
    shares_line = bool({first.place, *first.others} & {second.place, *second.others})
    return first.id == second.id and (shares_line or first.id in MERGED)


def used_outside(bench: EditBench, repair: Repair) -> int:
    """Where the result of a helper function is used first, if the helper is given the wrong array; else the edit."""
    stage, inside = bench.stage, set(bench.within)
    place, old = stage.node(repair.node).place, stage.node(max(repair.old, 0)).place
    if repair.change is not Change.ARRAY or place is None or (old is not None and old.function == place.function):
        return repair.node
    id = repair.node
    while True:
        children = [one for one in stage.program.children[id] if one in inside]
        if len(children) != 1:
            return repair.node
        id = children[0]
        other = stage.node(id).place
        if other is not None and other.function != place.function:
            return id
