"""Where outputs and targets meet: the differences and quotients that imply a cost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Kind, Node, Ref, references
from ..recording.steps import is_square
from .alignment import squeezed
from .cost import Error
from .replay import size_of
from .stage import VARIED_KINDS, Stage, argument_ids
from .structure import asks_for_margin

Array = NDArray[Any]

MOST_ERRORS = 4096
MOST_GROUPS = 6


def made_of_fill(stage: Stage, id: int) -> bool:
    """Whether nothing but zeros, ones and the like went into a node, the same number everywhere.

    Zeros for one class and ones for the other are labels.
    """
    above = [stage.node(one) for one in stage.program.ancestors([id])]
    return all(node.kind is Kind.FILL for node in above if node.is_leaf) and all(map(is_uniform, above))


def is_uniform(node: Node) -> bool:
    """Whether all numbers of a node are the same, as far as they are known."""
    if node.value is None or isinstance(node.value, tuple):
        return True
    value = np.asarray(node.value)
    return value.size < 2 or bool(np.all(value == value.flat[0]))


def complemented(stage: Stage, id: int) -> int | None:
    """The node a of ``1 - a``, None for others"""
    node = stage.node(id)
    if node.operation == "subtract" and len(node.arguments) == 2 and isinstance(node.arguments[1], Ref):
        first = node.arguments[0]
        if not isinstance(first, Ref) and first == 1:
            return node.arguments[1].id
    return None


def base_of(stage: Stage, id: int) -> int:
    """The node that this one is a copy of"""
    node = stage.node(id)
    while node.operation in ("copy", "array", "astype", "asarray") and argument_ids(node):
        node = stage.node(argument_ids(node)[0])
    return node.id


def label_error(stage: Stage, node: Node, dependent: set[int]) -> Error | None:
    """``probs[range(n), labels] -= 1``: an error whose target is the label."""
    if node.operation not in ("setitem", "subtract_at") or len(node.arguments) != 3:
        return None
    base, index, value = node.arguments
    if not isinstance(base, Ref) or base.id not in dependent or any(one in dependent for one in references(index)):
        return None
    if node.operation == "subtract_at":
        return label_in_row(stage, node, base, index) if value == 1 else None
    if not isinstance(value, Ref) or value.id not in dependent:
        return None
    change = stage.node(value.id)
    operands = change.arguments if change.operation == "subtract" else ()
    # 1 - p in the place of p - 1 is an error as well, of the wrong sign
    picked = [one for one in operands if isinstance(one, Ref) and stage.node(one.id).operation == "getitem"]
    is_of_one = any(not isinstance(one, Ref) and one == 1 for one in operands)
    return label_in_row(stage, node, base, index) if picked and is_of_one else None


def label_in_row(stage: Stage, node: Node, base: Ref, index: Any) -> Error:
    """The error of a label that is written into an array, or into a row of it: ``probs[i][label] -= 1``."""
    row = stage.node(base.id)
    whole = row.arguments[0] if row.operation == "getitem" else None
    if isinstance(whole, Ref):
        place = row.arguments[1]
        for child in map(stage.node, stage.program.children[node.id]):
            if child.operation == "setitem" and child.arguments == (whole, place, Ref(id=node.id)):
                return Error(node=child.id, output=base_of(stage, whole.id), index=(place, index))
    return Error(node=node.id, output=base_of(stage, base.id), index=index)


def labels_together(stage: Stage, errors: Sequence[Error]) -> list[Error]:
    """The errors, with labels that are written into one array one after the other as one error of all observations."""
    chains: dict[int, list[Error]] = {}  # by the last write
    for error in errors:
        is_one = isinstance(error.index, tuple) and not any(isinstance(one, (slice, list)) for one in error.index)
        before = label_written_before(stage, error.node, chains) if is_one else None
        chains[error.node] = [*chains.pop(before, ()), error] if before is not None else [error]
    return [
        chain[0]
        if len(chain) == 1
        else replace(chain[0], node=last, index=tuple(map(list, zip(*(one.index for one in chain)))))
        for last, chain in chains.items()
    ]


def label_written_before(stage: Stage, id: int, writes: Collection[int]) -> int | None:
    """The last of some writes of labels into the array that a node writes into, if only copies came between."""
    base = stage.node(id).arguments[0]
    while isinstance(base, Ref) and stage.node(base.id).operation == "setitem":
        node = stage.node(base.id)
        if node.id in writes:
            return node.id
        value = node.arguments[2]
        if not isinstance(value, Ref) or stage.node(value.id).operation != "getitem":
            return None
        base = node.arguments[0]
    return None


def as_difference(stage: Stage, node: Node) -> tuple[str, tuple[Any, ...]]:
    """The operation and the operands of a node; of ``-a + y``, those of ``y - a``."""
    if node.operation == "add":
        for one, other in (node.arguments, node.arguments[::-1]):
            if isinstance(one, Ref) and stage.node(one.id).operation == "negative":
                return "subtract", (other, *stage.node(one.id).arguments)
    return node.operation, node.arguments


def two_sided_error(stage: Stage, node: Node, dependent: set[int]) -> Error | None:
    """``a - y``, ``-a + y``, ``y / a`` and the like, between two values of one size."""
    operation, arguments = as_difference(stage, node)
    if operation not in ("subtract", "divide", "multiply") or len(arguments) != 2:
        return None
    for place in (0, 1):
        one, other = arguments[place], arguments[1 - place]
        if not isinstance(one, Ref) or one.id not in dependent:
            continue
        if operation == "divide" and place == 0:
            continue  # a / n is not a comparison
        if not isinstance(other, Ref):
            constant = constant_target(other)
            size = len(constant) if isinstance(constant, list) else 1
            is_whole = size_of(stage.node(one.id)) == size_of(node) == size
            is_slope = constant == 1.0 and is_square(stage.node(one.id))  # 1 - a**2 of tanh
            if operation == "subtract" and constant is not None and is_whole and not is_slope:
                return Error(node=node.id, output=one.id, constant=constant)
            continue
        if other.id in dependent:
            continue
        output, target = stage.node(one.id), stage.node(other.id)
        if operation != "subtract" and target.operation == "negative":  # -y / a
            target = stage.node(argument_ids(target)[0]) if argument_ids(target) else target
        same = squeezed(output.shape) == squeezed(target.shape)
        if operation != "subtract" and target.shape == () != output.shape:
            continue  # a rate or a scale
        broadcast = operation == "subtract" and target.shape != () and size_of(node) >= size_of(output)
        if not (same or broadcast):
            continue
        if made_of_fill(stage, target.id):
            continue
        a = complemented(stage, one.id)
        if a is not None and operation != "subtract":
            y = complemented(stage, target.id)
            if y is not None and a in dependent:
                return Error(node=node.id, output=a, target=y)
        return Error(node=node.id, output=one.id, target=target.id)
    return None


def constant_target(value: Any) -> float | list[Any] | None:
    """A number or a list of numbers, which stands in an operation as it is; None for other things"""
    if isinstance(value, list) and all(isinstance(one, (int, float)) for one in value):
        return value
    return float(value) if isinstance(value, (int, float)) else None


def sum_error(stage: Stage, id: int, *, has_margins: bool) -> Error | None:
    """``a + y`` for an output and a target of one shape, which can only be a slip.

    The first term of a sum that begins with 0 is not one, nor is an update if a branch asks for a margin before it.

    Args:
        stage: the iteration.
        id: of the sum.
        has_margins: whether branches ask for margins.
    """
    node = stage.node(id)
    if node.operation != "add" or len(argument_ids(node)) != 2:
        return None
    for output, target in (argument_ids(node), argument_ids(node)[::-1]):
        is_between = output in stage.dependent and target not in stage.dependent
        is_alike = squeezed(stage.node(output).shape) == squeezed(stage.node(target).shape)
        if is_between and is_alike and is_made_of_data(stage, target) and not is_noise(stage, target):
            made = stage.node(target) if stage.node(target).kind is Kind.LITERAL else stage.node(output)
            goes_on = set(node.names) & set(made.names) and (made.id == target or has_margins)
            return None if goes_on else Error(node=id, output=output, target=target)
    return None


def is_noise(stage: Stage, id: int) -> bool:
    """Whether numbers that went into a value were drawn after the iteration's forward pass had begun."""
    made = map(stage.node, stage.program.ancestors([id]))
    return any(one.kind is Kind.RANDOM and one.id > stage.first_computed for one in made)


def is_made_of_data(stage: Stage, id: int) -> bool:
    """Whether numbers from outside of the arithmetic, or drawn ones, went into a value."""
    kinds = {stage.node(one).kind for one in stage.program.ancestors([id]) if stage.node(one).is_leaf}
    return bool(kinds & (VARIED_KINDS | {Kind.RANDOM}))


def without_drawn(stage: Stage, errors: Sequence[Error]) -> list[Error]:
    """The errors whose targets are not single drawn numbers, as a threshold that no step changes is; else all."""
    targets = [None if one.target is None else stage.node(one.target) for one in errors]
    is_given = [one is None or one.kind is not Kind.RANDOM or one.shape != () for one in targets]
    return [one for one, given in zip(errors, is_given) if given] or list(errors)


def find_error_groups(stage: Stage, within: set[int]) -> list[tuple[Error, ...]]:
    """Where the file may compare outputs with targets, on the way to its steps, the likeliest place first.

    Subtractions and labels count more than quotients and products, which stand in forward passes too (a mask, a scale).
    A number that is subtracted (1 - a) may be a target or belong to a derivative, so every such line is tried.
    """
    dependent = stage.dependent
    subtractions: list[Error] = []
    others: list[Error] = []
    for id in sorted(within & dependent):
        node = stage.node(id)
        error = label_error(stage, node, dependent) or two_sided_error(stage, node, dependent)
        if error is not None and not is_parameter(stage, error.output):
            (others if node.operation in ("divide", "multiply") else subtractions).append(error)
        if len(subtractions) + len(others) > MOST_ERRORS:
            break
    numbers = [error for error in subtractions if isinstance(error.constant, float)]
    constants = [error for error in numbers if not changes_an_item(stage, error)]
    arrays = [error for error in subtractions if not isinstance(error.constant, float)]
    arrays = labels_together(stage, without_drawn(stage, arrays))
    sums: list[Error] = []
    if not arrays:
        has_margins = asks_for_margin(stage)
        found_sums = (sum_error(stage, id, has_margins=has_margins) for id in sorted(within & dependent))
        sums = [one for one in found_sums if one]
    quotients = [error for error in others if stage.node(error.node).operation == "divide"]
    products = [error for error in others if error not in quotients]
    quotients = [one for one in quotients if not is_of_margins(stage, one, products)]
    for candidates in (arrays, quotients):
        found = latest_outputs(stage, candidates, within)
        if found:
            return [found]
    groups = [latest_outputs(stage, one, within) for one in by_line(stage, constants)]
    groups += [latest_outputs(stage, one, within) for one in (sums, others)]
    return [one for one in groups if one][:MOST_GROUPS]


def changes_an_item(stage: Stage, error: Error) -> bool:
    """Whether an error is an item of an array less a number, in the item's own place: ``scores[wall] -= 1000``."""
    item, writes = stage.node(error.output), [stage.node(one) for one in stage.program.children[error.node]]
    return (
        item.operation == "getitem"
        and bool(writes)
        and all(one.operation == "setitem" and one.arguments[0] == item.arguments[0] for one in writes)
    )


def is_of_margins(stage: Stage, quotient: Error, products: Sequence[Error]) -> bool:
    """Whether what a target is divided by is made of that target times an output: ``-y / (1 + exp(y * z))``."""
    above = stage.program.ancestors([quotient.output])
    exponents = {id for one in above if stage.node(one).operation == "exp" for id in argument_ids(stage.node(one))}
    return any(one.node in exponents and one.target == quotient.target for one in products)


def is_parameter(stage: Stage, id: int) -> bool:
    """Whether a node is a parameter, perhaps transposed, sliced or scaled: nothing that a network puts out."""
    while id not in stage.parameters:
        node = stage.node(id)
        dependent = [one for one in argument_ids(node) if one in stage.dependent]
        # one weight times one number may be an output
        is_scaled = node.operation in ("multiply", "divide", "negative") and size_of(node) > 1 == max(
            (size_of(stage.node(one)) for one in argument_ids(node) if one not in dependent), default=1
        )
        is_as_it_was = node.operation in ("transpose", "reshape", "ravel", "getitem", "copy", "squeeze")
        if not (is_as_it_was or is_scaled) or len(dependent) != 1:
            return False
        id = dependent[0]
    return True


def by_line(stage: Stage, errors: Sequence[Error]) -> list[list[Error]]:
    """The errors of each line of the file; lines with several numbers first, which are targets rather than 1 - a"""
    lines: dict[object, list[Error]] = {}
    for error in errors:
        place = stage.node(error.node).place
        lines.setdefault(None if place is None else place.site, []).append(error)
    return sorted(lines.values(), key=lambda one: all(error.constant == 1.0 for error in one))


def latest_outputs(stage: Stage, errors: Sequence[Error], within: set[int]) -> tuple[Error, ...]:
    """The errors whose outputs come last in the forward pass, one for each output and target."""
    unique: dict[tuple[int, int | None], Error] = {}
    for one in errors:
        kept = unique.setdefault((one.output, one.target), one)
        if kept.constant == 1.0 != one.constant:  # beside another number, 1 - a belongs to a derivative
            unique[one.output, one.target] = one
        elif kept is not one and kept.constant == one.constant:
            unique[one.output, one.target] = replace(kept, repeats=(*kept.repeats, one.node))
    if not unique:
        return ()
    found = list(unique.values())
    # an output that depends on an error belongs to the backward pass, and one that goes into another error's output to
    # the forward pass (a - mean, z - threshold)
    behind = stage.program.descendants([error.node for error in found], within=within)
    first = [error for error in found if error.output not in behind] or found[:1]
    below: set[int] = set()
    for candidate in first:
        below |= stage.program.ancestors([candidate.output], stop=stage.parameters) - {candidate.output}
    last = [error for error in first if error.output not in below]
    return tuple(last or first[:1])
