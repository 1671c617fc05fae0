"""The kinds of a layer: the activations that its constructor chooses from by their names."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from ..source import FunctionFacts
from .calls import StaticCalls

ELEMENTWISE = re.compile(r"relu|tanh|sigmoid|logistic", re.IGNORECASE)  # the derivative is the layer's own


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One of several activations."""

    constructor: FunctionFacts
    argument: str  # of the constructor
    value: str  # of that argument, as text: the name of an activation, or the default

    def __str__(self) -> str:
        return f"{self.argument}={self.value}"

    def construction(self, text: str) -> str:
        """The expression that makes an instance, with this kind in place of another."""
        call = ast.parse(text, mode="eval").body
        assert isinstance(call, ast.Call)
        chosen = ast.parse(self.value, mode="eval").body
        place = [one.name for one in self.constructor.arguments].index(self.argument)
        if place < len(call.args):
            call.args[place] = chosen
        else:
            call.keywords = [one for one in call.keywords if one.arg != self.argument]
            call.keywords.append(ast.keyword(arg=self.argument, value=chosen))
        return ast.unparse(call)


def kinds_of(calls: StaticCalls, name: str) -> list[Kind | None]:
    """The kinds of a class, each of which is judged by itself; None stands for the only one."""
    constructor = calls.facts.constructor(name)
    if constructor is None:
        return [None]
    for argument in constructor.arguments:
        values = [repr(one) for one in calls.uses(constructor, argument).strings if ELEMENTWISE.search(one)]
        if len(values) > 1:
            values = values if argument.required else [argument.default, *values]
            return [Kind(constructor=constructor, argument=argument.name, value=one) for one in dict.fromkeys(values)]
    return [None]
