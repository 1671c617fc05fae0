"""Branches that decide an output: a number that a file returns if ``z > 0``, or an update that it makes only then.

In the recording such a number is a constant, and nothing says that it was made of z. Here it is an operation on z, so
that a replay decides again. This is done only if the steps depend on the parameters through branches alone, as those
of a perceptron do.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..recording.graph import Guard, Node, Recording, Ref, Update
from .replay import Program
from .stored import with_stored_numbers
from .vjps import CHOICE
from .written import terms_in

ORDERS = frozenset({"greater", "greater_equal", "less", "less_equal"})
EQUALITIES = frozenset({"equal", "not_equal"})
LEVELS = (-1.0, 0.0, 1.0)  # outputs of a threshold whose other output is known without being seen


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One comparison that a branch looked at, and the values on the way to updates before the next one."""

    guard: Guard
    node: Node  # the comparison
    body: tuple[Node, ...]
    guards: tuple[Guard, ...]  # on other values, before the next comparison
    asked_besides: tuple[Guard, ...] = ()  # on the same value, for an output of one more level

    @property
    def question(self) -> tuple[Any, ...]:
        """What tells it from the other comparisons that decide one output."""
        return self.guard.place, self.node.operation, sum(one.node < self.node.id for one in self.asked_besides)


def with_decisions(recording: Recording) -> Recording:
    """The recording, with numbers and updates that a branch decided as operations on what the branch looked at."""
    if not any(recording.nodes[guard.node].operation in ORDERS | EQUALITIES for guard in recording.guards):
        return recording
    known = with_stored_numbers(recording)
    program = Program(known.nodes)
    if not recording.updates or not are_decided_by_branches(program, recording.updates):
        return recording
    found = decisions_of(known, program)
    nodes = decided_nodes(known, program, found)
    if not nodes:  # a branch in between may only be that of a cost, as in max(0, 1 - y z)
        found = decisions_of(known, program, of_costs=False)
        nodes = decided_nodes(known, program, found)
    if not nodes:
        return recording
    asked = [{guard.node for guard in (one.guard, *one.asked_besides)} for one in found]
    decided = set(nodes).union(*(one for one in asked if not one.isdisjoint(nodes)))
    guards = tuple(guard for guard in recording.guards if guard.node not in decided)
    return replace(recording, nodes=tuple(nodes.get(node.id, node) for node in known.nodes), guards=guards)


def decided_nodes(recording: Recording, program: Program, decisions: Sequence[Decision]) -> dict[int, Node]:
    """The nodes that change if numbers, or else updates, are what branches decided"""
    is_given = any(one.node.operation in EQUALITIES for one in decisions)  # an output that no branch decided
    return ({} if is_given else decided_outputs(recording, decisions)) or decided_updates(recording, program, decisions)


def leaves_outputs_open(recording: Recording) -> bool:
    """Whether updates that a target goes into are made because an output is not the target, and nothing else is known.

    Called with what ``with_decisions`` could not replace: the updates depend on no parameter, so none can be judged.
    """
    if not any(recording.nodes[guard.node].operation in EQUALITIES for guard in recording.guards):
        return False
    program = Program(recording.nodes)
    if not recording.updates or not are_decided_by_branches(program, recording.updates):
        return False
    return any(
        users_of(recording.nodes, one.body, row.target)
        for one in decisions_of(recording, program)
        for _, row in compared_for_equality(one, recording.nodes)
    )


def is_decided_by_sides(recording: Recording) -> bool:
    """Whether branches alone decide what is added to parameters, so that each branch has to be seen."""
    is_ordered = any(recording.nodes[guard.node].operation in ORDERS for guard in recording.guards)
    if not is_ordered or not recording.updates:
        return False
    is_decided = are_decided_by_branches(Program(recording.nodes), recording.updates)
    return is_decided and with_decisions(recording) is recording


def are_decided_by_branches(program: Program, updates: Sequence[Update]) -> bool:
    """Whether no step is computed from another parameter, or from an earlier version of its own."""
    versions = {id for one in updates for id in (one.before, one.after)}
    for one in updates:
        made = program.ancestors([one.after], stop=[one.before])
        if made & versions - {one.before, one.after}:
            return False
    return True


def decisions_of(recording: Recording, program: Program, *, of_costs: bool = True) -> list[Decision]:
    """The comparisons of values that depend on parameters, on which branches looked and nothing else, in order.

    Those of one value after another, with nothing between them, decide one output that has more than two levels.

    Args:
        recording, program: what was recorded.
        of_costs: whether those are meant too that compare what is made of data and a value that was compared before.
    """
    dependent = program.descendants([one.before for one in recording.updates])
    made: set[int] = set()
    for update in recording.updates:
        made |= program.ancestors([update.after], stop=[update.before]) - {update.before}
    looked_at: dict[int, Guard] = {}
    for guard in recording.guards:
        node = recording.nodes[guard.node]
        is_compared = node.operation in ORDERS | EQUALITIES and node.shape == () and not program.children[node.id]
        if is_compared and node.id in dependent and guard.how in ("bool", "int"):
            looked_at.setdefault(node.id, guard)
    ids, found = sorted(looked_at), list[Decision]()
    if not of_costs:
        compared = [compared_in(recording.nodes[id], dependent) for id in ids]
        ids = [
            id for place, id in enumerate(ids) if not is_made_of(program, dependent, compared[place], compared[:place])
        ]
    besides: tuple[Guard, ...] = ()
    for id, end in zip(ids, [*ids[1:], len(recording.nodes)]):
        guard, node = looked_at[id], recording.nodes[id]
        body = tuple(recording.nodes[one] for one in range(id + 1, end) if one in made)
        guards = tuple(guard for guard in recording.guards if id < guard.node < end)
        is_asked_again = end in looked_at and compared_in(node, dependent) == compared_in(
            recording.nodes[end], dependent
        )
        if is_asked_again and not body and not guards:
            besides += (guard,)
            continue
        if besides and node.operation in EQUALITIES and (order := last_order(besides, recording.nodes)) is not None:
            besides = (*(one for one in besides if one is not order), guard)
            guard, node = order, recording.nodes[order.node]
        found.append(Decision(guard=guard, node=node, body=body, guards=guards, asked_besides=besides))
        besides = ()
    return found


def is_made_of(program: Program, dependent: Set[int], values: Set[int], earlier: Sequence[Set[int]]) -> bool:
    """Whether values are made of data and of others that were compared earlier, and of nothing else."""
    above = program.ancestors(values)
    for one in earlier:
        if above.isdisjoint(one):
            continue
        within = program.ancestors(values, stop=one) & dependent
        between = within & program.descendants(one, within) - one
        if between and within <= between | one:
            return True
    return False


def compared_in(node: Node, dependent: Set[int]) -> set[int]:
    """The operands of a comparison that depend on parameters."""
    return {one.id for one in node.arguments if isinstance(one, Ref) and one.id in dependent}


def last_order(guards: Sequence[Guard], nodes: Sequence[Node]) -> Guard | None:
    """The last branch on whether a value is above or below a threshold."""
    return next((one for one in reversed(guards) if nodes[one.node].operation in ORDERS), None)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Where a target meets a number that a branch decided."""

    node: Node  # the operation
    target: Ref
    decided: Any  # the argument
    number: float  # its value


def number_of(argument: Any, one: Decision, nodes: Sequence[Node]) -> float | None:
    """A number that may be what a branch decided: a plain one, or one that its line makes, as ``np.where`` does."""
    if isinstance(argument, Ref):
        node = nodes[argument.id]
        is_made = node.is_leaf and node.id > one.node.id and node.shape == () and node.place == one.guard.place
        return float(np.asarray(node.value)) if is_made and node.place is not None else None
    return float(argument) if isinstance(argument, (int, float, np.bool_)) else None


def with_number(node: Node, one: Decision, nodes: Sequence[Node]) -> Compared | None:
    """An operation on a value and a number that may be decided, None for others"""
    if len(node.arguments) != 2 or np.prod(node.shape) != 1:
        return None
    for target, other in (node.arguments, node.arguments[::-1]):
        number = number_of(other, one, nodes)
        if isinstance(target, Ref) and number is not None and number_of(target, one, nodes) is None:
            return Compared(node=node, target=target, decided=other, number=number)
    return None


def is_same_value(nodes: Sequence[Node], argument: Any, ref: Ref) -> bool:
    """Whether an argument is a value, or the same item of an array as that value."""
    if not isinstance(argument, Ref) or argument == ref:
        return isinstance(argument, Ref)
    one, other = nodes[argument.id], nodes[ref.id]
    return one.operation == other.operation == "getitem" and one.arguments == other.arguments


def users_of(nodes: Sequence[Node], body: Sequence[Node], ref: Ref) -> list[Node]:
    """The operations on a value"""
    return [node for node in body if any(is_same_value(nodes, argument, ref) for argument in node.arguments)]


def outputs_by_side(seen: Sequence[tuple[bool, float]], targets: set[float]) -> dict[bool, float] | None:
    """What a branch gives on each side of its threshold; None if that is not one number a side, and another one.

    Args:
        seen: which side was taken, and what it gave.
        targets: the numbers that outputs are compared with, to know the side that was never taken.
    """
    found: dict[bool, float] = {}
    for side, number in seen:
        if found.setdefault(side, number) != number:
            return None
    if len(found) == 1:
        ((side, number),) = found.items()
        if number not in LEVELS:
            return None
        found[not side] = min(targets - {1.0}, default=0.0) if number == 1 else 1.0
    return found if len(set(found.values())) == 2 else None


def outputs_of(seen: Sequence[tuple[Decision, float]], targets: set[float]) -> dict[int, dict[bool, float]]:
    """What the branch of each comparison gives on each side of its threshold; empty if that is not known.

    Args:
        seen: the decisions, and what they gave.
        targets: as for ``outputs_by_side``.
    """
    if not any(one.asked_besides for one, _ in seen):
        sides = outputs_by_side([(bool(one.guard.value), number) for one, number in seen], targets)
        return {one.node.id: sides for one, _ in seen} if sides is not None else {}
    every = {number for _, number in seen}
    if not every <= set(LEVELS):
        return {}
    found: dict[int, dict[bool, float]] = {}
    for one, number in seen:
        side = bool(one.guard.value)
        opposite = {n for other, n in seen if other.question == one.question and bool(other.guard.value) is not side}
        others = opposite - {number} or set(LEVELS) - every or every - {number}
        if len({other > number for other in others}) != 1:
            return {}  # it may be on either side
        found[one.node.id] = {side: number, not side: max(others, key=lambda other: abs(other - number))}
    return found


def compared_numbers(one: Decision, nodes: Sequence[Node]) -> list[Compared]:
    """Where a number and a value are subtracted, or added, after a decision: a target and an output.

    If a branch asks whether they are equal, a number that stands in the line is not an output: ``2 * target - 1``.
    """
    found = (with_number(node, one, nodes) for node in one.body if node.operation in ("subtract", "add"))
    rows = [row for row in found if row is not None]
    if not compared_for_equality(one, nodes):
        return rows
    return [row for row in rows if isinstance(row.decided, Ref) or row.number not in terms_in(row.node.place)]


def compared_for_equality(one: Decision, nodes: Sequence[Node]) -> list[tuple[bool, Compared]]:
    """Where a branch asks after a decision whether a value is equal to a number, and the answer."""
    asking = [(bool(guard.value), nodes[guard.node]) for guard in one.guards]
    rows = [(answer, with_number(node, one, nodes)) for answer, node in asking if node.operation in EQUALITIES]
    return [(answer, row) for answer, row in rows if row is not None]


def choice(node: Node, name: str, operands: tuple[Any, Any], outcomes: tuple[Any, Any], nodes: Sequence[Node]) -> Node:
    """A comparison as a choice between two outcomes: the first if it holds, the second otherwise."""
    chosen = outcomes[0] if bool(np.all(node.value)) else outcomes[1]
    value = np.asarray(nodes[chosen.id].value if isinstance(chosen, Ref) else chosen, dtype=float)
    return replace(node, operation=CHOICE, arguments=(name, *operands, *outcomes), value=value, dtype=value.dtype.str)


def with_operand(node: Node, new: Ref, nodes: Sequence[Node], old: Ref) -> Node:
    """The operation with another operand"""
    return replace(node, arguments=tuple(new if is_same_value(nodes, one, old) else one for one in node.arguments))


def decided_outputs(recording: Recording, decisions: Sequence[Decision]) -> dict[int, Node]:
    """The nodes that change if the numbers that targets are compared with are what branches decided.

    Each decision is followed by such a comparison, or by a question whether there is one to make; else it is not known
    which belongs to which. Those before the first that is followed by one may be of predictions before the training.
    They are left out if nothing is computed after them, and if the training has more than one comparison.
    """
    nodes = recording.nodes
    compared = [compared_numbers(one, nodes) for one in decisions]
    if not any(compared):
        return decided_by_equality(recording, decisions)
    begin = next(number for number, one in enumerate(compared) if one)
    if sum(map(bool, compared)) > 1 and all(decides_nothing(one) for one in decisions[:begin]):
        decisions, compared = decisions[begin:], compared[begin:]
    count = max(number for number, one in enumerate(compared) if one) + 1
    if not all(rows or one.guards for one, rows in zip(decisions[:count], compared)):
        return {}
    seen = [(one, row.number) for one, rows in zip(decisions, compared) for row in rows]
    outputs = outputs_of(seen, targets_in(nodes, [row for rows in compared for row in rows]))
    if not outputs:
        return {}
    found: dict[int, Node] = {}
    for one, rows in zip(decisions[:count], compared):
        for row in rows:
            found[one.node.id] = threshold(one, outputs[one.node.id], nodes)
            operands = tuple(
                argument if argument == row.target else Ref(one.node.id) for argument in row.node.arguments
            )
            found[row.node.id] = replace(row.node, arguments=operands)
    return found


def decides_nothing(one: Decision) -> bool:
    """Whether nothing is computed after a decision, and nothing else asked."""
    return not one.guards and all(node.is_leaf for node in one.body)


def targets_in(nodes: Sequence[Node], rows: Sequence[Compared]) -> set[float]:
    """The targets that were seen"""
    return {float(np.asarray(nodes[row.target.id].value).item()) for row in rows}


def threshold(one: Decision, sides: dict[bool, float], nodes: Sequence[Node]) -> Node:
    """The output that a branch decided"""
    left, right = one.node.arguments
    return choice(one.node, one.node.operation, (left, right), (sides[True], sides[False]), nodes)


def without_middle(
    one: Decision, sides: dict[bool, float], target: float, nodes: Sequence[Node]
) -> tuple[Decision, dict[bool, float]]:
    """A decision with two levels alone: the target, and its opposite, which an output between them counts as.

    Its comparison is the one on whose other side the output is the target.
    """
    if 0.0 not in sides.values() or not one.asked_besides:
        return one, sides
    side = bool(one.guard.value)
    if sides[side] == 0.0 and sides[not side] != target and (order := last_order(one.asked_besides, nodes)) is not None:
        one, side = replace(one, guard=order, node=nodes[order.node]), bool(order.value)
    elif sides[side] != 0.0:
        return one, {side: sides[side], not side: -sides[side]}
    return one, {side: -target, not side: target}


def decided_by_equality(recording: Recording, decisions: Sequence[Decision]) -> dict[int, Node]:
    """The nodes that change if an update is made because an output, which a branch decided, is not the target."""
    nodes = recording.nodes
    asked = [compared_for_equality(one, nodes) for one in decisions]
    if not asked or not all(len(one) == 1 for one in asked[:-1]) or not any(asked):
        return {}
    seen = [(one, row.number) for one, rows in zip(decisions, asked) for _, row in rows]
    targets = targets_in(nodes, [row for rows in asked for _, row in rows])
    outputs = outputs_of(seen, targets)
    levels = {number for sides in outputs.values() for number in sides.values()}
    if not targets <= levels - {0.0}:  # a target of 0 would update nothing
        return {}
    found: dict[int, Node] = {}
    updated: set[bool] = set()
    for one, rows in zip(decisions, asked):
        for side, row in rows:
            ref, asking = row.target, row.node
            users = [node for node in users_of(nodes, one.body, ref) if node.id > asking.id]
            if not users:
                continue
            updated.add(side)
            target = float(np.asarray(nodes[ref.id].value).item())
            decider, sides = without_middle(one, outputs[one.node.id], target, nodes)
            found[decider.node.id] = threshold(decider, sides, nodes)
            outcomes = (ref, 0.0) if side else (0.0, ref)
            found[asking.id] = choice(asking, asking.operation, (ref, Ref(decider.node.id)), outcomes, nodes)
            found |= {node.id: with_operand(node, Ref(asking.id), nodes, ref) for node in users}
    # an update on both sides is not decided by the branch
    return found if len(updated) == 1 else {}


def decided_updates(recording: Recording, program: Program, decisions: Sequence[Decision]) -> dict[int, Node]:
    """The nodes that change if updates are made because a product of target and output is on one side, or because an
    output is not the target."""
    nodes = recording.nodes
    dependent = program.descendants([one.before for one in recording.updates])
    found: dict[int, Node] = {}
    updated: set[bool] = set()
    for one in decisions:
        is_equality = one.node.operation in EQUALITIES
        products = [nodes[argument.id] for argument in one.node.arguments if isinstance(argument, Ref)]
        if not is_equality and (len(products) != 1 or products[0].operation != "multiply"):
            return {}
        known = one.node.arguments if is_equality else products[0].arguments
        operands = [argument for argument in known if isinstance(argument, Ref) and argument.id not in dependent]
        used = [(ref, users) for ref in operands if (users := users_of(nodes, one.body, ref))]
        if not used:
            continue
        if len(used) != 1:
            return {}
        ((ref, users),) = used
        if is_equality and abs(float(np.asarray(nodes[ref.id].value))) != 1:
            return {}
        side = bool(one.guard.value)
        updated.add(side)
        # of two that are asked to be equal, the target first
        left, right = one.node.arguments
        asked = (right, left) if is_equality and right == ref else (left, right)
        outcomes = (ref, 0.0) if side else (0.0, ref)
        found[one.node.id] = choice(one.node, one.node.operation, asked, outcomes, nodes)
        found |= {node.id: with_operand(node, Ref(one.node.id), nodes, ref) for node in users}
    return found if len(updated) == 1 else {}
