"""Sequences of numbers of words: what functions are given that index by the items of their inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .data import HIDDEN, INPUTS
from .roles import Role
from .words import SIZE_ROLES

if TYPE_CHECKING:
    from .calling import Caller

STATES = (f"np.zeros(({HIDDEN}, 1))", f"np.zeros((1, {HIDDEN}))", f"np.zeros({HIDDEN})")  # before the first word


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words whose numbers the inputs are."""

    count: int  # of the vocabulary
    names: frozenset[str]  # arguments that are such sequences
    begins_with_none: bool  # whether nothing may come before the first word

    @property
    def text(self) -> str:
        """The expression for the inputs."""
        return "[None, *labels[i + 1:i + 4].tolist()]" if self.begins_with_none else "labels[i:i + 4].tolist()"


def find_words(caller: Caller) -> Words | None:
    """The words of a file that has a function which indexes by the items of its inputs and of its targets.

    Their number is the default of an argument that is a size, if there is one.
    """
    names: set[str] = set()
    sizes: list[int] = []
    begins_with_none = False
    for function in caller.facts.functions.values():
        given = [(argument, *caller.role(function, argument)) for argument in function.arguments]
        inputs = [(argument, uses) for argument, role, uses in given if role is Role.INPUTS and uses.indexes]
        if inputs and any(role is Role.TARGETS and uses.indexes for _, role, uses in given):
            names |= {argument.name for argument, _ in inputs}
            begins_with_none |= any(uses.element_missing for _, uses in inputs)
            sized = [argument.default for argument, role, _ in given if role in (*SIZE_ROLES, Role.COUNT)]
            sizes += [int(text) for text in sized if text.isdigit()]
    if not names:
        return None
    return Words(count=next(iter(sizes), INPUTS), names=frozenset(names), begins_with_none=begins_with_none)
