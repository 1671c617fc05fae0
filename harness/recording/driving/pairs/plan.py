"""What is to be called, and what the lines that call it bind."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from ..returns import is_named


class PairKind(enum.Enum):
    """What belongs together."""

    LAYER = "layer"  # methods of one class
    FUNCTIONS = "functions"  # f_forward and f_backward
    DERIVATIVE = "derivative"  # an elementwise function and its derivative
    LOSS = "loss"  # a loss and its gradient


@dataclass(frozen=True, kw_only=True)
class GradientPlan:
    """One gradient of an option."""

    label: str  # the user's name of it ("dW", "self.dweights", "return value")
    of: str  # the user's name of what it is the gradient of
    value: str  # the name the lines bind it to
    of_value: str  # the name they bind that to
    after: str = ""  # if the backward pass updates it, the name of the updated value; ``value`` is "" then

    @property
    def name(self) -> str:
        """The user's name of it; of a result without a name, what it is the gradient of."""
        return self.label if is_named(self.label) else f"gradient of {self.of}"


@dataclass(frozen=True, kw_only=True)
class PairOption:
    """One way of calling a pair."""

    lines: tuple[str, ...]  # the statements
    output: str  # the name that the forward result is bound to
    upstream: str  # the name of the upstream gradient; "" if there is none (a loss), so that it is 1
    gradients: tuple[GradientPlan, ...]  # what the backward pass gives
    how: str = ""  # a word for the report: "of z", "of a"; ""
    # (the user's name, the name the lines bind it to) of parameters that the backward pass gives no gradient for
    unread: tuple[tuple[str, str], ...] = ()
    observed: tuple[str, ...] = ()  # the names that what holds observations is bound to
    # whether there is one observation only: such options count if no other could be called, or judged of a derivative
    single: bool = False


@dataclass(frozen=True, kw_only=True)
class PairPlan:
    """One pair."""

    kind: PairKind  # see there
    name: str  # "Linear.forward / Linear.backward", "relu / relu_backward"
    line: int  # of the definition of the backward computation
    options: tuple[PairOption, ...]  # most likely first
    parts: tuple[str, ...] = ()  # the classes of the layers that a layer is made of


def program_of(plans: Iterable[PairPlan]) -> str:
    """The text that runs all options of all pairs; an exception ends an option, not the program."""
    parts = ["import numpy as np"]
    for plan in plans:
        for option in plan.options:
            parts.append("try:")
            parts.extend("    " + line for line in option.lines)
            parts.append("except Exception:\n    pass")
    return "\n".join(parts)
