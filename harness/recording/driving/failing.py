"""What the calls of an attempt that failed do with their arguments, seen with probes in their place."""

from __future__ import annotations

import ast
import contextlib
import inspect
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .probing import uses_in_call
from .roles import Role
from .session import FILE, Session, quiet
from .source import FunctionFacts
from .uses import Uses

if TYPE_CHECKING:
    from .calling import Caller

MAX_PROBED = 12  # calls of one file
# What a value of a wrong kind raises; one of a wrong shape raises others
OF_KIND = (TypeError, AttributeError, KeyError)
QUOTED = re.compile(r"'([A-Za-z_][\w-]*)'|\"([A-Za-z_][\w-]*)\"")
# choose from sgd, adam; must be one of: relu, tanh
OFFERED = re.compile(
    r"(?:one of|from|between|among|choices|options|available|supported|allowed|valid|use|expected)\W*"
    r"((?:(?!or\b)[A-Za-z_]\w*(?:, (?:or )?| or |/| \| ))+[A-Za-z_]\w*)"
)
# What arguments are given that are not in doubt
SURE = frozenset(
    {Role.INPUTS, Role.TARGETS, Role.OUTPUTS, Role.GRADIENTS, Role.UPSTREAM, Role.CACHE, Role.EPOCHS, Role.RATE}
    | {Role.INPUT_SIZE, Role.OUTPUT_SIZE, Role.BATCH_SIZE, Role.QUIET}
)


def learn_from_calls(caller: Caller, error: BaseException | None, line: int) -> FunctionFacts | None:
    """Notes what the last call, which raised, or one before it does with those of its arguments that are in doubt.

    Args:
        caller: of the attempt.
        error: what it ended with.
        line: of the user's that raised; the same calls are looked at once for each.

    Returns:
        the function that is called, if that says something new about them.
    """
    session = caller.session
    texts = [statement.text for statement in session.statements]
    if texts and (function := _learn_choices(caller, error, texts[-1])) is not None:
        return function
    if not (isinstance(error, OF_KIND) or "unpack" in str(error)) or not session.statements:
        return None
    for place in reversed(range(len(texts))):
        for function, call in _calls(caller, texts[place]):
            arguments = _looked_up(error, _in_doubt(caller, function, call))
            key = (function.owner, function.name, line)
            if not arguments or key in session.hints.probed or len(session.hints.probed) >= MAX_PROBED:
                continue
            session.hints.probed.add(key)
            program = [*texts[:place], _with_names(texts[place], arguments), *texts[place + 1 :]]
            learned = _seen(session, program, tuple(arguments))
            news = [caller.note_uses(function, name, uses) for name, uses in learned.items()]
            if any(news):
                return function
    return None


def _learn_choices(caller: Caller, error: BaseException | None, text: str) -> FunctionFacts | None:
    """Notes the names that a message lists, of an exception which the user's code raises for an argument of a call.

    Returns:
        the function that is called, if it is new that it takes one of these names.
    """
    message = str(error)
    for function, call in _calls(caller, text):
        for name, node in _in_doubt(caller, function, call).items():
            given = str(eval(ast.unparse(node), caller.session.names))
            if not re.search(rf"(?<![\w.]){re.escape(given)}(?![\w.])", message):
                continue
            choices = [one for one in _names_listed(message) if one != given]
            if choices and caller.note_uses(function, name, Uses(strings=choices)):
                return function
    return None


def _names_listed(message: str) -> list[str]:
    """The names that a message offers: in quotes, or one after the other behind words that say so."""
    quoted = [one for pair in QUOTED.findall(message) for one in pair if one]
    offered = OFFERED.search(message)
    return list(dict.fromkeys([*quoted, *(re.findall(r"[A-Za-z_]\w*", offered[1]) if offered else ())]))


def _seen(session: Session, program: list[str], names: tuple[str, ...]) -> Mapping[str, Uses]:
    """What statements do with what goes by these names in them."""
    code = compile("\n".join(program), FILE, "exec")

    def act(**probes: object) -> None:
        exec(code, {**session.names, **probes})

    with quiet():
        return uses_in_call(act, names)


def _calls(caller: Caller, text: str) -> Iterator[tuple[FunctionFacts, ast.Call]]:
    """The calls of the user's functions, methods and classes in a statement."""
    for call in ast.walk(ast.parse(text)):
        if isinstance(call, ast.Call):
            with contextlib.suppress(Exception):
                function = _facts_of(caller, eval(ast.unparse(call.func), caller.session.names))
                if function is not None:
                    yield function, call


def _facts_of(caller: Caller, called: Any) -> FunctionFacts | None:
    """The facts of a function, of a method of an object, or of the constructor of a class."""
    if inspect.isclass(called):
        return caller.facts.constructor(called.__name__)
    if inspect.ismethod(called):
        return caller.facts.methods(type(called.__self__).__name__).get(called.__name__)
    return caller.facts.functions.get(called.__name__)


def _in_doubt(caller: Caller, function: FunctionFacts, call: ast.Call) -> dict[str, ast.expr]:
    """The arguments of a call, by name, that may have been given something of a wrong kind."""
    given = dict(zip((one.name for one in function.arguments if not one.keyword_only), call.args))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    doubted = {}
    for argument in function.arguments:
        if argument.name in given and caller.role(function, argument)[0] not in SURE:
            with contextlib.suppress(Exception):
                value = eval(ast.unparse(given[argument.name]), caller.session.names)
                if not isinstance(value, np.ndarray):
                    doubted[argument.name] = given[argument.name]
    return doubted


def _looked_up(error: BaseException | None, arguments: dict[str, ast.expr]) -> dict[str, ast.expr]:
    """The arguments that hold the key that a dictionary is without; all if none does, or nothing was looked up."""
    key = repr(error.args[0]) if isinstance(error, KeyError) and error.args else ""
    holding = {name: node for name, node in arguments.items() if key and key in ast.unparse(node)}
    return holding or arguments


def _with_names(text: str, arguments: dict[str, ast.expr]) -> str:
    """A statement with the arguments replaced by their names."""
    for name, node in sorted(arguments.items(), key=lambda item: -item[1].col_offset):
        text = text[: node.col_offset] + name + text[node.end_col_offset :]
    return text
