"""The calls of one goal, in the order in which a training makes them."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Sequence

from ..literals import last_name
from .acceptance import accumulates, clears
from .calling import Caller
from .goals import STEP_NAME, Goal
from .gradients import pair_gradients
from .preparing import call_forward_first, call_networks, call_passes_first, clear_gradients, ensure_attributes
from .roles import STEP_FUNCTION, Role
from .session import Session
from .source import FileFacts, FunctionFacts
from .watching import ENOUGH_UPDATES


def pursue(goal: Goal, caller: Caller, texts: Sequence[str]) -> None:
    """Makes the calls of one goal: what comes before it, the call, and what is repeated in each iteration.

    Args:
        goal: what to call.
        caller: of an attempt.
        texts: of the file and of the examples that come with it.
    """
    session, facts = caller.session, caller.facts
    function = goal.function
    assert function is not None
    repeat = not _repeats_itself(goal, caller)
    if not goal.owner:
        caller.call(function, function.name, repeat=None if repeat else False)
    else:
        variable = caller.make_object(goal.owner)
        if goal.constructor:
            return
        passed = repeat and call_passes_first(caller, function, variable)
        if repeat and not passed:
            call_forward_first(caller, function, variable)
        if repeat and STEP_NAME.search(function.name) and len(session.objects) > 1:
            clear_gradients(caller)
            if not passed:
                call_networks(caller, function)
        ensure_attributes(caller, function, variable)
        caller.call(function, f"{variable}.{function.name}", repeat=repeat)
        if repeat and STEP_NAME.search(function.name) and len(session.objects) == 1:
            clear_gradients(caller)
    hits = session.watcher.hits
    stateful = goal.owner or caller.roles_of(function) & {Role.PARAMETERS, Role.OBJECT}
    constructor = facts.constructor(goal.owner) if goal.owner else None
    roles = caller.roles_of(function) | (caller.roles_of(constructor) if constructor else set())
    counted = Role.EPOCHS in roles or (hits and max(hits.values()) >= ENOUGH_UPDATES)
    if stateful and not repeat and hits and not goal.gradients and (min(hits.values()) < 3 or not counted):
        repeat = session.statements[-1].repeat = True
    if session.statements and not session.statements[-1].repeat:
        for statement in session.statements:
            statement.repeat = False
    if goal.gradients:
        _apply_gradients(session)
        if accumulates(facts.reach(function)):
            _clear_gradients(caller, texts)
    if any(statement.repeat for statement in session.statements):
        session.watcher.stop_early = False
        for index in (1, 2):
            session.run_again(index)


def _repeats_itself(goal: Goal, caller: Caller) -> bool:
    """Whether one call makes several iterations."""
    function = goal.function
    assert function is not None
    if any(part.loops and Role.EPOCHS in caller.roles_of(part) for part in caller.facts.reach(function)):
        return True
    roles = caller.roles_of(function)
    if roles & {Role.EPOCHS, Role.PAIRS}:
        return True
    part_of_an_iteration = bool(roles & {Role.GRADIENTS, Role.CACHE, Role.UPSTREAM})
    return function.loops and not part_of_an_iteration and _outer_loop(function, caller.facts)


def _outer_loop(function: FunctionFacts, facts: FileFacts) -> bool:
    text = inspect.cleandoc("\n".join(_loop_heads(function)))
    return re.search(
        r"epoch|iter|while|zip\(|len\(X|shape\[0\]|num_|batch|range\(\d{2,}\)", text
    ) is not None and facts.trains(function)


def _apply_gradients(session: Session) -> None:
    """Makes a plain gradient step with what the file returned as gradients."""
    target = session.statements[-1].text.split(" = ")[0]
    session.gradients = pair_gradients(session) or pair_gradients(session, target.split(", "))
    for pair in session.gradients:
        sign = "+" if _is_added_by_file(session.facts, pair.parameter) else "-"
        # in place, because layers may hold the same array
        session.run(f"{pair.parameter} {sign}= 0.1 * {pair.gradient}", repeat=True)


def _is_added_by_file(facts: FileFacts, parameter: str) -> bool:
    """Whether the steps of the file that change a parameter by this name all add something to it."""
    name = re.findall(r"\w+", re.sub(r"\[[^\]]*\]$", "", parameter))[-1]
    steps = [
        node
        for function in facts.definitions()
        if STEP_FUNCTION.search(function.name)
        for node in ast.walk(function.node)
        if isinstance(node, ast.AugAssign) and last_name(node.target) == name
    ]
    return bool(steps) and all(isinstance(step.op, ast.Add) and "-" not in ast.unparse(step.value) for step in steps)


def _clear_gradients(caller: Caller, texts: Sequence[str]) -> None:
    """Sets gradients back to 0 after a step of the driver's, as the file does after its own."""
    session = caller.session
    if clear_gradients(caller):
        return
    if any(clears(text) for text in texts):
        for pair in session.gradients:
            session.run(f"{pair.gradient}[...] = 0", repeat=True)
    elif len(texts) == 1:  # nothing shows how it is meant to be used
        session.watcher.notes.append("gradients are added up, and nothing sets them back to 0")


def _loop_heads(function: FunctionFacts) -> list[str]:
    heads = []
    for item in ast.walk(function.node):
        if isinstance(item, ast.For):
            heads.append(f"{ast.unparse(item.target)} in {ast.unparse(item.iter)}")
        elif isinstance(item, ast.While):
            heads.append("while " + ast.unparse(item.test))
    return heads
