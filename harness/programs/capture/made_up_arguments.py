"""Command-line arguments that a program needs and was not given, by the names that its text gives them."""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
from typing import Any
from unittest import mock

from ...recording.literals import nodes_of
from ...recording.stand_ins.arguments import read_uses
from ..program import ARGUMENT, VALUE, MadeUp
from .snippets import NUMBERS, OF_TRAINING, PATH_NAME, Completion
from .supply import Supply

USUAL_ARGUMENT = "3"  # serves as a number and as a name of a file


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
        self.uses = read_uses(nodes_of(completion.text))
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
