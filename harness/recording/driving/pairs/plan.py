"""What is to be called, and what the lines that call it bind."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass


class PairKind(enum.Enum):
    """What belongs together."""

    LAYER = "layer"  # methods of one class
    FUNCTIONS = "functions"  # f_forward and f_backward
    DERIVATIVE = "derivative"  # an elementwise function and its derivative
    LOSS = "loss"  # a loss and its gradient


@dataclass(frozen=True, kw_only=True)
class GradientPlan:
    """One gradient of an option.

    Attributes:
        label: the user's name of it ("dW", "self.dweights", "return value").
        of: the user's name of what it is the gradient of.
        value: the name the lines bind it to.
        of_value: the name they bind that to.
        after: if the backward pass updates it, the name of the updated value; ``value`` is "" then.
    """

    label: str
    of: str
    value: str
    of_value: str
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class PairOption:
    """One way of calling a pair.

    Attributes:
        lines: the statements.
        output: the name that the forward result is bound to.
        upstream: the name of the upstream gradient; "" if there is none (a loss), so that it is 1.
        gradients: what the backward pass gives.
        how: a word for the report: "of z", "of a"; "".
        single: whether there is one observation only; such options count only if no other could be called.
    """

    lines: tuple[str, ...]
    output: str
    upstream: str
    gradients: tuple[GradientPlan, ...]
    how: str = ""
    single: bool = False


@dataclass(frozen=True, kw_only=True)
class PairPlan:
    """One pair.

    Attributes:
        kind: see there.
        name: "Linear.forward / Linear.backward", "relu / relu_backward".
        line: of the definition of the backward computation.
        options: most likely first.
    """

    kind: PairKind
    name: str
    line: int
    options: tuple[PairOption, ...]


def program_of(plans: Iterable[PairPlan]) -> str:
    """The text that runs all options of all pairs; an exception ends an option, not the program."""
    parts = ["import numpy as np"]
    for plan in plans:
        for option in plan.options:
            parts.append("try:")
            parts.extend("    " + line for line in option.lines)
            parts.append("except Exception:\n    pass")
    return "\n".join(parts)
