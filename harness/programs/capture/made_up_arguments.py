"""Command-line arguments that a program needs and was not given, by the names that its text gives them."""

from __future__ import annotations

import argparse
import ast
import contextlib
import operator
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

from ...recording.literals import last_name, nodes_of
from ..program import ARGUMENT, VALUE, MadeUp
from .snippets import NUMBERS, OF_TRAINING, PATH_NAME, Completion
from .supply import Supply

MOST_ARGUMENTS = 30
USUAL_ARGUMENT = "3"  # serves as a number and as a name of a file
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip
MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}


def patch_arguments(stack: contextlib.ExitStack, supply: Supply) -> None:
    """Let ``sys.argv`` and ``argparse`` have the arguments that the program needs."""
    completion = Completion(supply, supply.text)
    stack.enter_context(mock.patch.object(sys, "argv", _Arguments([*sys.argv], completion)))
    real = argparse.ArgumentParser.parse_known_args

    def parse(parser: Any, args: Any = None, namespace: Any = None) -> Any:
        for action in parser._actions:
            if action.required or (not action.option_strings and action.nargs not in ("?", "*")):
                number = number_for(completion, action.dest, (action.option_strings or [action.dest])[-1])
                usual = USUAL_ARGUMENT if number is None else number
                guess = action.type(usual) if action.type in (int, float) else "data"
                action.required, action.default = False, next(iter(action.choices or [guess]))
                if not action.option_strings:
                    action.nargs = "?"
        return real(parser, [] if args is None else args, namespace)

    stack.enter_context(mock.patch.object(argparse.ArgumentParser, "parse_known_args", parse))


def number_for(completion: Completion, name: str, shown: str) -> Any:
    """A number that is made up for an argument, by the name of what it is given to; None if that is not a number.

    Args:
        completion: of the program.
        name: of a variable or option.
        shown: how the argument is noted if data or model may depend on it.
    """
    low = name.lower()
    value = completion.number(low) if any(re.search(pattern, low) for pattern, _ in NUMBERS) else None
    if value is not None and OF_TRAINING.search(name):
        completion.supply.note(VALUE, f"{name} ({value})", MadeUp.NOTHING)
    else:
        completion.supply.note(ARGUMENT, shown)
    return value


class _Arguments(list[str]):
    """``sys.argv`` with as many arguments as the program checks for, and as many more as it asks for."""

    def __init__(self, given: list[str], completion: Completion) -> None:
        super().__init__(given)
        self.completion = completion
        self.uses = read_uses(completion.text)
        self.extend(self._made(number) for number in range(len(self), self.uses.needed))

    def _made(self, number: int) -> str:
        """A made-up argument."""
        name = self.uses.names.get(number, "")
        value = number_for(self.completion, name, f"sys.argv[{number}]")
        return str(value) if value is not None else "data" if PATH_NAME.search(name) else USUAL_ARGUMENT

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int) and key >= len(self):
            return self._made(key)
        return super().__getitem__(key)


@dataclass(frozen=True, kw_only=True)
class ArgumentUses:
    """How a program reads ``sys.argv``."""

    names: dict[int, str]  # the variable or option that holds an argument, by its number
    needed: int  # items without which the program ends or fails before it reads them; 0 if it does not check


def read_uses(text: str) -> ArgumentUses:
    """How a program reads ``sys.argv``, from its text."""
    names: dict[int, str] = {}
    unpacked = 0
    conditions: list[tuple[ast.expr, bool]] = []  # each with the value that ends the program
    for node in nodes_of(text):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            start = _start(node.value)
            if isinstance(target, (ast.Tuple, ast.List)) and start is not None:
                names |= {start + number: last_name(part) for number, part in enumerate(target.elts)}
                unpacked = max(unpacked, start + len(target.elts))
            elif isinstance(target, (ast.Tuple, ast.List)) and isinstance(node.value, (ast.Tuple, ast.List)):
                for part, value in zip(target.elts, node.value.elts):
                    names |= dict.fromkeys(_indices(value), last_name(part))
            else:
                names |= dict.fromkeys(_indices(node.value), last_name(target))
        elif isinstance(node, ast.keyword) and node.arg is not None:
            names |= dict.fromkeys(_indices(node.value), node.arg)
        elif isinstance(node, ast.If):
            conditions += [(node.test, True)] if _ends(node.body) else []
            conditions += [(node.test, False)] if _ends(node.orelse) else []
        elif isinstance(node, ast.Assert):
            conditions.append((node.test, False))
    fitting = (
        count
        for count in range(max(1, unpacked), MOST_ARGUMENTS)
        if all(_truth(test, count) is not ending for test, ending in conditions)
    )
    is_checked = any(_truth(test, 0) is not None for test, _ in conditions)
    return ArgumentUses(names=names, needed=next(fitting, 0) if is_checked else unpacked)


def _is_argv(node: ast.AST) -> bool:
    """Whether an expression is ``sys.argv``."""
    return last_name(node) == "argv"


def _indices(node: ast.AST) -> Iterator[int]:
    """The numbers of the arguments that an expression reads."""
    for part in ast.walk(node):
        number = part.slice if isinstance(part, ast.Subscript) and _is_argv(part.value) else None
        if isinstance(number, ast.Constant) and isinstance(number.value, int):
            yield number.value


def _start(node: ast.AST) -> int | None:
    """The number of the first argument of ``sys.argv`` or a slice of it; None for any other expression."""
    if isinstance(node, ast.Subscript) and _is_argv(node.value) and isinstance(node.slice, ast.Slice):
        lower = node.slice.lower or ast.Constant(0)
        return lower.value if isinstance(lower, ast.Constant) and isinstance(lower.value, int) else None
    return 0 if _is_argv(node) else None


def _ends(body: list[ast.stmt]) -> bool:
    """Whether statements end the program."""
    for node in (part for statement in body for part in ast.walk(statement)):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Raise) or (called is not None and last_name(called) in ("exit", "_exit", "quit")):
            return True
    return False


def _truth(test: ast.expr, count: int) -> bool | None:
    """Whether a condition on ``len(sys.argv)`` holds for a number of arguments; None if it is about something else."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        value = _truth(test.operand, count)
        return None if value is None else not value
    if isinstance(test, ast.BoolOp):
        values = [_truth(part, count) for part in test.values]
        decisive = isinstance(test.op, ast.Or)
        return decisive if decisive in values else None if None in values else not decisive
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    left, right, kind = test.left, test.comparators[0], type(test.ops[0])
    if isinstance(left, ast.Constant):
        left, right, kind = right, left, MIRRORED.get(kind, kind)
    number = right.value if isinstance(right, ast.Constant) else None
    is_length = isinstance(left, ast.Call) and last_name(left.func) == "len" and any(map(_is_argv, left.args))
    if not is_length or kind not in COMPARISONS or not isinstance(number, int):
        return None
    return COMPARISONS[kind](count, number)
