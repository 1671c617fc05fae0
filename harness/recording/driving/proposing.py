"""What to propose if nothing trains a file: calls with its own names, in which the user fills in the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .goals import Goal, add_method
from .roles import Role
from .source import FileFacts, FunctionFacts
from .uses import Uses
from .words import PASS_BACK, PASS_FORWARD

Roles = Mapping[tuple[str, str, str], tuple[Role, Uses]]  # by class, function and argument


def propose_calls(facts: FileFacts, roles: Roles, goals: Sequence[Goal]) -> list[str]:
    """The calls that train, with X and y for the data and the names of all other arguments; none without a goal.

    Args:
        facts: of the file.
        roles: of the arguments that were looked at.
        goals: what could be called, most likely first; one that trains goes before one that returns gradients.
    """
    for goal in sorted(goals, key=lambda one: one.gradients):
        function = goal.function
        if function is None:
            continue
        if not goal.owner:
            return [f"{function.name}({_given(roles, function)})"]
        made = f"net = {goal.owner}({_given(roles, facts.constructor(goal.owner))})"
        parts = [] if goal.constructor else [*_called_before(facts, roles, goal.owner, function), function]
        return [made, *(f"net.{part.name}({_given(roles, part)})" for part in parts)]
    return []


def _called_before(facts: FileFacts, roles: Roles, owner: str, function: FunctionFacts) -> list[FunctionFacts]:
    """The methods that a network needs before the one that trains it: layers are added, and passes made."""
    methods = facts.methods(owner)
    reached = {part.name for part in facts.reach(function)}
    constructor = facts.constructor(owner)
    adding = add_method(facts, owner) if constructor is None or not constructor.required else None
    found = [adding] if adding is not None else []
    if {_role(roles, function, one.name) for one in function.arguments} & {Role.INPUTS, Role.PAIRS}:
        return found
    for pattern in (PASS_FORWARD,) if PASS_BACK.match(function.name) else (PASS_FORWARD, PASS_BACK):
        found += [one for name, one in methods.items() if pattern.match(name) and name not in reached][:1]
    return found


def _given(roles: Roles, function: FunctionFacts | None) -> str:
    """The arguments that a function needs, by their names; X and y for inputs and targets."""
    found: list[str] = []
    if function is None:
        return ""
    for argument in function.required:
        role = _role(roles, function, argument.name)
        name = "X" if role is Role.INPUTS else "y" if role is Role.TARGETS else argument.name
        found.append(argument.name if name in found else name)  # X for the training, not for the validation
    return ", ".join(found)


def _role(roles: Roles, function: FunctionFacts, name: str) -> Role | None:
    return roles.get((function.owner, function.name, name), (None,))[0]
