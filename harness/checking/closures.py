"""Graphs of numbers: each operation adds its part to the slopes of its operands, in a function of its own.

``self.slope += other.value * out.slope`` is right if ``other.value`` is the derivative of what the operation gave with
respect to this operand. That is judged for every run of the line by itself, whatever the slopes are by then, so that a
line is not blamed for slopes that another one spoiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..recording.graph import Node, Place, Ref
from .labels import found_at, quantity
from .mistakes import UNNAMED
from .reading import Array, Reading
from .replay import CannotReplay, Program
from .result import UNKNOWN, Found
from .stage import Stage, argument_ids, function_of

ARITHMETIC = frozenset({"add", "subtract", "multiply", "divide", "power", "negative"})
MOST_PARTS = 5_000  # of slopes that are judged
MOST_BETWEEN = 30  # operations of one function between an operand and what the function gives
EXACT = 1e-8  # relative
SIGNS = {"add": 1.0, "subtract": -1.0}


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one run of a line adds to a slope."""

    node: int  # the slope with it
    term: int  # what is added
    slope: int  # the slope that it is made of
    operand: int  # the value whose slope it is added to
    result: int  # the value that the operation gave


def wrong_closure(reading: Reading) -> Found | None:
    """The only line that adds something else to slopes than slopes times the derivative; None if there is none."""
    stage = reading.stage
    wrong: dict[Place, tuple[Part, str]] = {}
    right: set[Place] = set()
    for part in parts_of_slopes(stage):
        place = stage.node(part.node).place
        name = name_of_part(stage, part)
        if place is None or name is None:
            continue
        if name:
            wrong.setdefault(place, (part, name))
        else:
            right.add(place)
    if len(wrong) != 1 or not right - wrong.keys():
        return None
    ((part, name),) = wrong.values()
    steps = [step for step in reading.unexplained if step.before in reading.forward.nodes]
    expected = quantity(reading, part.operand, None)
    return found_at(reading, part.node, name, steps or stage.steps, got=UNKNOWN, expected=expected)


def parts_of_slopes(stage: Stage) -> list[Part]:
    """What is added to slopes in one iteration, if it is known of which values these are."""
    program = stage.program
    begins = slopes_begun(stage)
    if not begins:
        return []
    owners = {**values_beside(program, set(begins.values())), **parameters_of(stage, begins)}
    found: list[Part] = []
    for id in sorted(begins):
        node = stage.node(id)
        if node.is_leaf or len(found) >= MOST_PARTS:
            continue
        before, term = argument_ids(node)
        slopes = slopes_behind(stage, term, node.place, begins)
        operand = owners.get(begins[before])
        if len(slopes) == 1 and operand is not None:
            slope = slopes.pop()
            result = None if stage.node(slope).is_leaf else owners.get(begins[slope])
            if result is not None:
                found.append(Part(node=id, term=term, slope=slope, operand=operand, result=result))
    return found


def slopes_begun(stage: Stage) -> dict[int, int]:
    """The numbers that a leaf begins and that others are added to under the same attribute, each with its leaf."""
    begins: dict[int, int] = {}
    attributes: dict[int, str] = {}
    for id in sorted(stage.needed):
        node = stage.node(id)
        attribute = attribute_of(node)
        if node.shape != () or not attribute or id in stage.parameters:
            continue
        if node.is_leaf:
            begins[id], attributes[id] = id, attribute
        elif node.operation in SIGNS and len(argument_ids(node)) == len(node.arguments):
            before = argument_ids(node)[0]
            if attributes.get(before) == attribute:
                begins[id], attributes[id] = begins[before], attribute
    added_to = {begin for id, begin in begins.items() if id != begin}
    slopes = {attributes[one] for one in added_to}
    return {id: begin for id, begin in begins.items() if attributes[id] in slopes}


def attribute_of(node: Node) -> str:
    """The attribute that a value was bound to first; "" if it was bound to none."""
    name = node.names[0] if node.names else ""
    return name.rpartition(".")[2] if "." in name and "[" not in name else ""


def values_beside(program: Program, begins: set[int]) -> dict[int, int]:
    """The values that were bound to attributes of the same object just before its slope was."""
    found: dict[int, int] = {}
    last: dict[str, int] = {}  # the latest value of each name of an object
    slopes = {attribute_of(program.nodes[one]) for one in begins}
    for node in program.nodes:
        owners = {name.rpartition(".")[0] for name in node.names if "." in name}
        if node.id in begins:
            owner = node.names[0].rpartition(".")[0]
            if owner in last:
                found[node.id] = last[owner]
        elif node.shape == () and attribute_of(node) not in slopes:
            last |= dict.fromkeys(owners, node.id)
    return found


def parameters_of(stage: Stage, begins: Mapping[int, int]) -> dict[int, int]:
    """The parameters whose steps are made of slopes, by the leaves of these."""
    found: dict[int, int] = {}
    for step in stage.steps:
        slopes = slopes_behind(stage, step.after, stage.node(step.after).place, begins)
        if len(slopes) == 1:
            found[begins[slopes.pop()]] = step.before
    return found


def slopes_behind(stage: Stage, id: int, place: Place | None, begins: Mapping[int, int]) -> set[int]:
    """The slopes that a value is made of on its line."""
    found, stack = set[int](), [id]
    while stack:
        one = stack.pop()
        if one in begins:
            found.add(one)
        elif stage.node(one).place == place and one not in stage.parameters:
            stack += stage.program.parents[one]
    return found


def name_of_part(stage: Stage, part: Part) -> str | None:
    """The name of what is wrong with a part of a slope: "" if it is right, None if that is not known."""
    local = local_derivative(stage, part)
    if local is None or not stage.extend([part.term, part.slope]):
        return None
    term, slope = (
        np.array([float(np.asarray(values[id])) for values in stage.settings]) for id in (part.term, part.slope)
    )
    term = SIGNS[stage.node(part.node).operation] * term
    if is_near(term, slope * local):
        return ""
    operation = stage.node(part.result).operation
    if is_near(term, -slope * local):
        return "wrong-sign"
    if operation in ARITHMETIC:
        return "forward-factor-missing" if operation == "multiply" and is_near(term, slope) else UNNAMED
    return "missing-hidden-activation-derivative" if is_near(term, slope) else "wrong-derivative"


def is_near(first: Array, second: Array) -> bool:
    """Whether two numbers are the same at all settings"""
    return bool(np.max(np.abs(first - second)) <= EXACT * max(np.max(np.abs(first)), np.max(np.abs(second))))


def local_derivative(stage: Stage, part: Part) -> Array | None:
    """The derivative of what an operation gave with respect to its operand, at all settings; None if it is not known.

    A branch that gives a constant, as a relu does below 0, has the derivative 0, and one that gives its operand 1.
    """
    program, node = stage.program, stage.node(part.result)
    if part.operand == part.result:
        return np.ones(len(stage.settings))
    if node.is_leaf:
        is_constant = part.result not in stage.dependent
        return np.zeros(len(stage.settings)) if is_constant else None
    between = operations_between(stage, part)
    if between is None or not stage.extend([part.result, part.operand]):
        return None
    try:
        found = [
            program.gradients({part.result: np.ones(())}, values, between, [part.operand])[part.operand]
            for values in stage.settings
        ]
    except (CannotReplay, KeyError):
        return None
    return np.array(found, dtype=float)


def operations_between(stage: Stage, part: Part) -> set[int] | None:
    """The operations of one function from an operand to a result, which uses the operand once; None if it does not."""
    program, place = stage.program, stage.node(part.result).place
    found, stack, uses = {part.result}, [part.result], 0
    while stack and len(found) <= MOST_BETWEEN:
        node = stage.node(stack.pop())
        uses += sum(one == Ref(part.operand) for one in node.arguments)
        for one in program.parents[node.id]:
            other = stage.node(one).place
            is_of_function = place is not None and other is not None and function_of(other) == function_of(place)
            if one != part.operand and one not in found and is_of_function and not stage.node(one).is_leaf:
                found.add(one)
                stack.append(one)
    is_product_with_itself = uses != 1 and len(found) == 1
    return None if uses == 0 or is_product_with_itself else found | {part.operand}
