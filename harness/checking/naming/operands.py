"""Mistakes in what a faulty value is made of directly, whatever it should be."""

from __future__ import annotations

import numpy as np

from ...recording.graph import Node, Place
from ..alignment import ratio
from ..stage import Step
from .case import Case, Name, unique

OTHER_PASS = "values-of-another-forward-pass"


def cut_to_integers(case: Case) -> Name | None:
    """Fractions were cut off to integers on the way, which the truth values of a mask are not"""
    is_stored = case.node.operation in ("setitem", "astype")
    is_integer = is_stored and np.dtype(case.node.dtype or "f8").kind in "iu"
    from_fractions = any(np.dtype(case.stage.node(one).dtype or "f8").kind == "f" for one in case.node.parents)
    return Name("integer-weights", case.lines()) if is_integer and from_fractions else None


def wrong_part(case: Case) -> Name | None:
    """Another part of the same array would have been right: the bias' row or column is left in"""
    if case.node.operation not in ("getitem", "delete") or not case.operands():
        return None
    whole = case.value(case.operands()[0])
    expected = case.reading.gradient_samples(case.fault.target)
    if whole is None or expected is None or len(whole.shape) != 2 or len(expected.shape) != 2:
        return None
    parts = whole.flat.reshape(-1, *whole.shape)
    for part in (parts[:, :, 1:], parts[:, :, :-1], parts[:, 1:], parts[:, :-1]):
        if part.shape[1:] == expected.shape and ratio(part.ravel(), expected.flat) is not None:
            return Name("bias-row-not-dropped", case.lines())
    return None


def updated_weights(case: Case) -> Name | None:
    """The value is made with a parameter after its update"""
    for operand in case.operands():
        step = step_behind(case, case.origin(operand))
        if step is not None:
            is_written = case.stage.node(step.after).in_place  # else another name keeps what it was
            is_shared = is_written and is_other_name(case.stage.node(operand), step.name)
            return Name("shared-memory" if is_shared else "updated-weights-in-backward", case.lines(), step.name)
    return None


def of_another_pass(case: Case) -> Name | None:
    """The value is made with something that a layer stored in another forward pass, such as that of a validation.

    The place is the call of the later of the two passes, which came in between.
    """
    stage, program, forward = case.stage, case.stage.program, case.reading.forward.nodes
    computed = forward & stage.dependent - stage.parameters.keys()
    lines = {(node.operation, node.place) for id in computed if (node := stage.node(id)).place is not None}
    begun = min(computed, default=None)
    # without what is made of this pass, as by a slope that calls its activation
    after = program.descendants([step.before for step in stage.steps]) - case.reading.errors_below - forward
    after -= program.descendants(computed)
    for operand in (one for used in case.operands() for one in (used, case.origin(used))):
        if operand in forward | case.reading.errors_below | stage.parameters.keys() or begun is None:
            continue
        # what it is made of, and what that pass makes of it
        around = (program.ancestors([operand]) | set(program.children[operand])) & after
        around |= program.ancestors(around) & after
        passed = [id for id in around if (stage.node(id).operation, stage.node(id).place) in lines]
        if not passed or is_repeated(case, passed, computed) or min(passed) > case.node.id:
            continue
        later = begun if min(passed) < begun else min(passed)
        return Name(OTHER_PASS, unique([*call_of(stage.node(later), case.node), *case.lines()]))
    return None


def is_repeated(case: Case, passed: list[int], computed: set[int]) -> bool:
    """Whether a value of another pass is one of the forward pass, computed once more on its line."""
    nodes, program = case.stage.program.nodes, case.stage.program
    found = program.run([*passed, *computed], {}, program.base)
    by_line: dict[tuple[str, Place | None], list[int]] = {}
    for id in computed:
        by_line.setdefault((nodes[id].operation, nodes[id].place), []).append(id)
    return any(
        np.array_equal(found[one], found[id])
        for one in passed
        for id in by_line.get((nodes[one].operation, nodes[one].place), ())
    )


def call_of(node: Node, other: Node) -> list[Place]:
    """The line, in the function that leads to both of two operations, that leads to the first of them."""
    if node.place is None or other.place is None:
        return []
    first, second = (one.place.trail[::-1] for one in (node, other) if one.place is not None)
    apart = next((one for one, beside in zip(first, second) if one.site != beside.site), None)
    return [apart or node.place]


def without_errors(case: Case) -> Name | None:
    """The value does not depend on the errors at all, or not on what came from above, though gradients do"""
    errors, given = case.reading.errors_below, case.reading.given
    # in a whole network, a step that is not made of an error may follow another rule than gradient descent
    may_be_rule = case.target in case.stage.parameters and not given
    has_errors = bool(errors or given)
    is_cut = has_errors and case.node.id in case.stage.dependent and not errors & set(case.fault.bundle)
    return Name("upstream-gradient-dropped", case.lines()) if is_cut and not may_be_rule else None


def step_behind(case: Case, origin: int) -> Step | None:
    """The step that a value is a result of, or a part of; None if it is the result of none"""
    if origin in case.stage.applied:
        return case.stage.applied[origin]
    update = next((one for one in case.stage.recording.updates if origin in one.parts), None)
    if update is None or update.parameter < 0:
        return None
    return next((one for one in case.stage.steps if one.parameter == update.parameter), None)


def is_other_name(node: Node, parameter: str) -> bool:
    """Whether a value was bound to a name that is not the parameter's"""
    bare = parameter.rsplit(".", 1)[-1].split("[")[0]
    return bool(node.names) and not any(bare in name for name in node.names)
