"""Outputs of a threshold, as a perceptron has, whose cost is the perceptron criterion.

A threshold cannot be differentiated. The perceptron rule takes what it puts out as given, and descends ``(out - y) z``.
Here z is the value under the threshold (F. Rosenblatt, The perceptron, Psychological Review 65, 1958).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..recording.graph import Ref
from .cost import Error
from .decisions import EQUALITIES, ORDERS
from .output_errors import find_error_groups
from .picked import PICKS
from .replay import CannotReplay, size_of
from .stage import Stage, argument_ids
from .structure import LINEAR, is_margin
from .vjps import CHOICE

STEPS = ORDERS | {"sign", "heaviside", CHOICE}
AFFINE = LINEAR | {"negative", "divide", "mean"}
LARGE = 1e6  # a value that is beyond any threshold


def error_groups(stage: Stage, within: set[int]) -> list[tuple[Error, ...]]:
    """Where the file may compare outputs with targets, outputs of a threshold together with what is under it.

    Thresholds above other layers than a linear one have no rule that could be judged.
    """
    certain = picked_classes(stage, within) or wrong_side(stage)
    if certain:
        return [certain]
    above = within - only_compared(stage, within)  # z - threshold is not an error
    found = [*(find_error_groups(stage, above) or find_error_groups(stage, within))]
    found += asked_for_equality(stage, within)
    groups = [tuple(under_threshold(stage, error) for error in one) for one in found]
    return [tuple(error for one in group for error in one) for group in groups if all(group)]


def only_compared(stage: Stage, within: set[int]) -> set[int]:
    """The differences that decide what thresholds put out, and go into nothing else."""
    thresholds = {id for id in within & stage.dependent if stage.node(id).operation in STEPS}
    compared = {one for id in thresholds for one in dependent_operands(stage, id)} - set(stage.parameters)
    differences = {one for one in compared if stage.node(one).operation == "subtract"}
    return {one for one in differences if set(stage.program.children[one]) & within <= thresholds}


def asked_for_equality(stage: Stage, within: set[int]) -> list[tuple[Error, ...]]:
    """Where an update is made because an output of a threshold is not the target, the only place of one group."""
    errors = []
    for id in sorted(within & stage.dependent):
        node = stage.node(id)
        if node.operation == CHOICE and node.arguments[0] in EQUALITIES:
            _, target, output, *_ = node.arguments
            step = step_under(stage, output.id) if isinstance(output, Ref) else None
            if isinstance(target, Ref) and isinstance(output, Ref) and step is not None:
                errors.append(Error(node=id, output=output.id, target=target.id))
    return [tuple(errors)] if errors else []


def picked_classes(stage: Stage, within: set[int]) -> tuple[Error, ...]:
    """Where the class of the largest output of a linear layer is compared with the label.

    The perceptron rule for several classes takes the one as given, and descends its output minus that of the label.
    """
    errors = []
    for id in sorted(within & stage.dependent):
        node = stage.node(id)
        scores = argument_ids(node)[:1] if node.operation == PICKS and node.shape == () else []
        label = label_beside(stage, id) if scores and is_affine(stage, scores[0]) else None
        if label is not None:
            errors.append(Error(node=id, output=scores[0], index=label, decided=id))
    return tuple(errors)


def label_beside(stage: Stage, picked: int) -> Any:
    """What a class is compared with; None if there is nothing."""
    for child in map(stage.node, stage.program.children[picked]):
        if child.operation in EQUALITIES:
            others = [one for one in child.arguments if one != Ref(picked)]
            ids = {one.id for one in others if isinstance(one, Ref)}
            if others and stage.dependent.isdisjoint(ids):
                return others[0]
    return None


def under_threshold(stage: Stage, error: Error) -> tuple[Error, ...]:
    """The error, if its output is not made by a threshold; else those of what is compared there.

    That is nothing if there is more than one layer under the threshold.
    """
    step = step_under(stage, error.output)
    if step is None:
        return (error,)
    compared = dependent_operands(stage, step)
    directions = [direction(stage, error.output, one) for one in compared]
    if not all(directions) or not all(is_affine(stage, one) for one in compared):
        return ()
    made = stage.node(error.output)
    part = made.arguments[1] if is_item_of(stage, error.output, step) else None
    return tuple(
        replace(error, output=one, decided=error.output, factor=error.factor * sign, part=part)
        for one, sign in zip(compared, directions)
    )


def is_item_of(stage: Stage, id: int, step: int) -> bool:
    """Whether a value is read out of what a threshold made of the outputs for several observations."""
    node, decided = stage.node(id), stage.node(step)
    is_read = node.operation == "getitem" and stage.node(node.parents[0]).shape == decided.shape
    return is_read and size_of(node) < size_of(decided)


def wrong_side(stage: Stage) -> tuple[Error, ...]:
    """Where a branch decides the output before an update that another branch, on the target, leads to.

    Such an update adds or subtracts the input, and is made of neither: ``if target == 1 and out == 0: w += x``.
    """
    guards, nodes = stage.recording.guards, stage.recording.nodes
    made = stage.program.ancestors([step.after for step in stage.steps], stop=stage.parameters)
    sums = sorted(made & stage.dependent - set(stage.parameters))
    if not sums or not all(is_plain_sum(stage, one) for one in sums):
        return ()
    before = [guard for guard in guards if guard.how == "bool" and guard.node < sums[0]]
    decided = [one for one in before if nodes[one.node].operation in ORDERS and one.node in stage.dependent]
    decided = [one for one in decided if nodes[one.node].shape == ()]
    if not decided:
        return ()
    trained = stage.program.descendants([one.before for one in stage.recording.updates])
    last, begin = decided[-1], max([one.node for one in decided[:-1]], default=0)
    asked = [one for one in before if one.node > begin and nodes[one.node].operation in ORDERS | EQUALITIES]
    if all(one.node in trained for one in asked):
        return ()
    compared = dependent_operands(stage, last.node)
    directions = [direction(stage, last.node, one) for one in compared]
    if not all(directions) or not all(is_affine(stage, one) and not is_margin(stage, one) for one in compared):
        return ()
    target = 0.0 if last.value else 1.0
    return tuple(
        Error(node=last.node, output=one, constant=target, decided=last.node, factor=sign, is_wrong=True)
        for one, sign in zip(compared, directions)
    )


def is_plain_sum(stage: Stage, id: int) -> bool:
    """Whether a value is a version of a parameter, or an item of one, that nothing but data was added to."""
    operation = stage.node(id).operation
    count = 2 if operation == "setitem" else 1  # the array, and what is written into it
    return operation in ("add", "subtract", "getitem", "setitem") and len(dependent_operands(stage, id)) <= count


def dependent_operands(stage: Stage, id: int) -> list[int]:
    """The operands of an operation that depend on parameters"""
    return [one for one in argument_ids(stage.node(id)) if one in stage.dependent]


def step_under(stage: Stage, id: int) -> int | None:
    """The threshold that an output is made by, with nothing but constants besides; None if there is none."""
    output, size = id, size_of(stage.node(id))
    while id not in stage.parameters:
        node = stage.node(id)
        if node.operation in STEPS:
            return id if size_of(node) == size or is_item_of(stage, output, id) else None
        dependent = [one for one in stage.program.parents[id] if one in stage.dependent]
        if len(dependent) != 1:
            return None
        id = dependent[0]
    return None


def direction(stage: Stage, output: int, compared: int) -> int:
    """1 if an output grows with what is compared, -1 if it falls, and 0 if it does neither everywhere."""
    program, shape = stage.program, stage.node(compared).shape
    try:
        low, high = (
            np.asarray(program.run([output], {compared: np.full(shape, one)})[output], dtype=float)
            for one in (-LARGE, LARGE)
        )
    except CannotReplay:
        return 0
    return 1 if np.all(high > low) else -1 if np.all(high < low) else 0


def is_affine(stage: Stage, id: int) -> bool:
    """Whether a value is a sum of parameters, each multiplied by data."""
    for one in stage.program.ancestors([id], stop=stage.parameters) & stage.dependent - set(stage.parameters):
        node = stage.node(one)
        dependent = [parent for parent in node.parents if parent in stage.dependent]
        is_sum = node.operation in ("add", "subtract") or len(dependent) == 1
        is_divisor = node.operation == "divide" and node.arguments[0] != Ref(dependent[0])
        is_move = node.operation in LINEAR and node.operation not in ("multiply", "matmul", "dot")
        if node.operation not in AFFINE or is_divisor or not (is_sum or is_move):
            return False
    return True
