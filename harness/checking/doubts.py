"""What leaves a recording without a verdict: lost histories, costs without a target, values of another kind."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np

from ..recording.graph import Kind, Node, Recording, Ref
from ..recording.versions import FORMS
from .reading import Reading, targets_of
from .replay import Program
from .stage import PRODUCTS, Stage
from .structure import is_data
from .unused import DATA_WORDS, start_of
from .written import factors_in

KEEPING = FORMS | {"add", "subtract", "getitem"}  # by which a value is kept, and something added to it
MOST_MADE = 16  # versions of a value that are looked at
ONE_MINUS = re.compile(r"\b1(\.0*)?\s*-")  # in a line, as in a * (1 - a)
MINUS_ONE = re.compile(r"[\w)\]]\s*-\s*1(\.0*)?(?![\w.])")  # as in a * (a - 1), and not as in a[-1]


def is_settled_before(recording: Recording, parameter: int, stage: Stage) -> bool:
    """Whether the changes of a value were over before the parameters judged here were trained, or made.

    So it is with data that are prepared (``X -= X.mean()``), and with an earlier network of the same statements.
    """
    known = recording.parameters[parameter]
    changes = [recording.updates[one].after for one in known.updates]
    judged = [recording.parameters[step.parameter] for step in stage.steps if step.parameter >= 0]
    if not judged:
        return False
    leaves = [one.leaf for one in judged]
    trained = stage.program.descendants(leaves)
    is_given = is_data(recording.nodes[known.leaf]) or set(re.findall("[a-z]+", known.name.lower())) & DATA_WORDS
    if is_given or _is_multiplied(stage, max(changes), leaves, trained):
        first = min(recording.updates[one.updates[0]].after for one in judged)
        return max(changes) < first and trained.isdisjoint(changes)
    places = {stage.node(step.after).place for step in stage.steps}
    return max(changes) < min(leaves) and all(recording.nodes[one].place in places for one in changes)


def _is_multiplied(stage: Stage, value: int, leaves: Collection[int], trained: Collection[int]) -> bool:
    """Whether a value, or what is made of it and of data, is multiplied by first versions of parameters, as inputs are.

    So are other rows that go through the forward pass before the training, such as the points of a grid to draw.
    """
    program, made = stage.program, [value]
    for id in made:  # grows by scaled and reshaped versions
        for child in program.children[id]:
            others = set(program.parents[child]) - {id}
            if stage.node(child).operation in PRODUCTS and any(start_of(program, one) in leaves for one in others):
                return True
            if others.isdisjoint(trained) and child not in made and len(made) < MOST_MADE:
                made.append(child)
    return False


def is_changed_at_random(recording: Recording) -> bool:
    """Whether all updates add numbers that are drawn for them, and nothing else, as a random search does."""
    first = min((one.before for one in recording.updates), default=0)
    if recording.gradients or not any(node.kind is Kind.RANDOM for node in recording.nodes[first + 1 :]):
        return False
    program = Program(recording.nodes)
    versions = {id for one in recording.updates for id in (one.before, one.after)}
    versions |= {one.leaf for one in recording.parameters}
    for update in recording.updates:
        known = versions - {update.after}
        made = program.ancestors([update.after], stop=known) - known
        leaves = [recording.nodes[id] for id in made if recording.nodes[id].is_leaf]
        drawn = [node for node in leaves if node.kind is Kind.RANDOM and node.id > update.before]
        if not drawn or any(node not in drawn and node.kind is not Kind.LITERAL for node in leaves):
            return False
        moved = program.descendants(known, within=made | known) - known
        if any(recording.nodes[id].operation not in KEEPING for id in moved):
            return False
    return bool(recording.updates)


def history_is_lost(reading: Reading) -> bool:
    """Whether arrays without a history appear in the backward pass: what they are made of is not known."""
    stage = reading.stage
    program = stage.program
    steps = [step.after for step in stage.steps if reading.matches.get(step.before) is None]
    if not steps:
        return False
    known = program.ancestors(reading.forward.outputs) | program.ancestors(targets_of(reading.errors))
    first = stage.first_computed
    for id in program.ancestors(steps, stop=stage.parameters) - known:
        node = stage.node(id)
        is_index = bool(node.dtype) and np.dtype(node.dtype).kind in "iub"
        if node.kind is Kind.LOST or (node.kind is Kind.DATA and id > first and node.shape != () and not is_index):
            return True
    return False


def lost_on_the_way(stage: Stage) -> bool:
    """Whether a value of this iteration went through something that does not record, on the way to an update.

    What was lost before anything was computed from a parameter is data.
    """
    first = stage.first_computed
    lost = [node.id for node in stage.recording.nodes if node.kind is Kind.LOST and node.id > first]
    return bool(lost) and bool(stage.program.descendants(lost) & {step.after for step in stage.steps})


def has_late_data(reading: Reading) -> bool:
    """Whether data came into the forward pass while it ran: it may be the result of code that is not recorded."""
    stage = reading.stage
    first = min(step.before for step in stage.steps)
    used = stage.program.ancestors(reading.forward.outputs, stop=stage.parameters)
    return any(stage.node(id).kind in (Kind.DATA, Kind.LOST) and id > first for id in used)


def has_target(reading: Reading) -> bool:
    """Whether the cost compares outputs with something: ``1 - a`` alone is rather a part of a derivative."""
    if reading.cost.node is not None or any(error.constant != 1.0 for error in reading.cost.errors):
        return True
    if all(is_beyond_literals(reading, error.node) for error in reading.cost.errors):
        return True
    if not is_compared_with_one(reading):
        return False
    nodes = [reading.stage.node(error.node) for error in reading.cost.errors]
    is_turned = all(isinstance(node.arguments[0], Ref) for node in nodes)  # a - 1
    is_named = all(node.place is not None and not ONE_MINUS.search(node.place.text) for node in nodes)  # y - a
    return is_turned or is_named or all(is_squared(reading, error.node) for error in reading.cost.errors)


def is_beyond_literals(reading: Reading, error: int) -> bool:
    """Whether a line makes such a difference more often than a 1 is written in it: (y - a) * a * (1 - a)."""
    own = reading.stage.node(error)
    if own.place is None:
        return False
    alike = [node for node in reading.stage.program.nodes if node.place == own.place and is_alike(node, own)]
    written = MINUS_ONE if isinstance(own.arguments[0], Ref) else ONE_MINUS
    return len(alike) > len(written.findall(own.place.text))


def is_squared(reading: Reading, error: int) -> bool:
    """Whether the file squares such a difference anywhere, as a cost does and a derivative does not."""
    program, own = reading.stage.program, reading.stage.node(error)
    alike = {id for one in own.parents for id in program.children[one] if is_alike(program.nodes[id], own)}
    scaled = alike | {id for one in alike for id in program.children[one] if program.parents[id] == (one,)}
    products = {id for one in alike for id in program.children[one]}
    return any(
        program.nodes[id].operation in ("square", "power")
        or (
            program.nodes[id].operation == "multiply"
            and len(program.parents[id]) == 2
            and scaled >= {*program.parents[id]}
        )
        for id in products
    )


def is_alike(node: Node, other: Node) -> bool:
    """Whether two values are made in the same way of the same values."""
    return (node.operation, node.arguments) == (other.operation, other.arguments)


def is_compared_with_one(reading: Reading) -> bool:
    """Whether ``1 - a`` or ``a - 1`` stands by itself: in ``a * (1 - a)`` it is a part of a derivative."""
    stage = reading.stage
    for error in reading.cost.errors:
        for child in stage.program.children[error.node]:
            if stage.node(child).operation == "multiply" and error.output in stage.program.parents[child]:
                return False
    return bool(reading.cost.errors)


def is_network(reading: Reading) -> bool:
    """Whether the forward pass has a product of a parameter with something, as every layer has.

    That may be a plain number, if it comes from data: it does not stand in the line as a factor.
    """
    nodes = [reading.stage.node(id) for id in reading.forward.nodes]
    products = [node for node in nodes if node.operation in PRODUCTS]
    return any(len(node.parents) > 1 or has_plain_data(node) for node in products)


def has_plain_data(node: Node) -> bool:
    """Whether a value is made with a plain number that is neither a factor nor an argument in its line."""
    written = factors_in(node.place)
    return any(isinstance(one, (int, float)) and abs(one) not in written for one in node.arguments)
