"""The file's own cost: called beside its forward pass, if the calls that train leave it out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .calling import Caller
from .choices import Exhausted
from .roles import Role
from .session import Statement
from .source import FunctionFacts
from .words import DERIVATIVE_WORDS, LOSS_WORDS, WRONG_NAME

OF_A_LOSS = frozenset({Role.INPUTS, Role.OUTPUTS, Role.TARGETS, Role.CACHE, Role.UNKNOWN})  # the roles of its arguments


def statements_with_cost(caller: Caller) -> list[Statement] | None:
    """The statements of a session with a call of the file's one cost after that of the forward pass.

    Args:
        caller: of a session that trains.

    Returns:
        None if the cost was called, if the forward pass was not called on its own, or if there is not one cost.
    """
    session = caller.session
    costs = list(_costs(caller))
    if len(costs) != 1 or not session.forward_results:
        return None
    function, expression = costs[0]
    place = _place_of_forward(session.statements, session.forward_results)
    before = len(session.statements)
    try:
        with caller.loss_of_outputs():
            arguments = caller.arguments(function)
    except (Exhausted, KeyError):
        return None
    used, made = set(re.findall(r"\w+", arguments)), len(session.statements) > before
    if place is None or made or not used & {"X", *session.forward_results}:
        return None
    call = Statement(f"{session.new_name('own_cost')} = {expression}({arguments})", repeat=True)
    return [*session.statements[: place + 1], call, *session.statements[place + 1 :]]


def _costs(caller: Caller) -> Iterator[tuple[FunctionFacts, str]]:
    """The costs of the file that are computed from outputs or inputs, and targets, and that no call has reached."""
    session = caller.session
    for function, expression in session.functions():
        name = function.name
        if not LOSS_WORDS.search(name) or DERIVATIVE_WORDS.search(name) or WRONG_NAME.search(name):
            continue
        if function.abstract or not function.returns_something or caller.facts.trains(function):
            continue
        roles = {caller.role(function, argument)[0] for argument in function.required}
        if Role.TARGETS in roles and len(roles) > 1 and roles <= OF_A_LOSS and name not in session.watcher.functions:
            yield function, expression


def _place_of_forward(statements: list[Statement], results: list[str]) -> int | None:
    """The index of the statement of an iteration that makes the outputs."""
    target = ", ".join(results)
    places = [i for i, one in enumerate(statements) if one.repeat and one.text.startswith(f"{target} = ")]
    return places[-1] if places else None
