"""What the user calls the values of a recording, and mistakes and quantities under these names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..recording.graph import Kind as Source
from ..recording.graph import Ref
from .exceptions import RUN_FILE
from .reading import Reading
from .result import Found, Kind, Quantity
from .stage import Stage, Step
from .vjps import CHOICE

# names of lines that were run after the file
OF_RUN = re.compile(
    r"^(?:\w*_|(?:input|gradient|upstream|output|argument|back|both|layer|before|after)\d+_\d*)(?:\[.*)?$"
)


def label(stage: Stage, id: int) -> str:
    """What the user calls a node: the name it was bound to, the variable of its line, or its operation."""
    if id in stage.parameters:
        return stage.parameters[id].name
    node = stage.node(id)
    names = [name for name in node.names if not OF_RUN.match(name)]
    if names:
        return names[0]
    if node.names and node.names[0].startswith("gradient"):
        return "what is returned"
    if node.place is not None and node.place.file == RUN_FILE:  # X.T of "net = train(X.T, Y.T)" is not the net
        made_of = [argument.id for argument in node.arguments if isinstance(argument, Ref)]
        return label(stage, made_of[0]) if len(made_of) == 1 else node.operation
    if node.place is not None and node.place.variable not in ("", "return"):
        return node.place.variable
    return "what the branch gives" if node.operation == CHOICE else node.operation


def name_of_value(stage: Stage, id: int) -> str:
    """What the user calls a value; "" if it only goes into another one of its line, which the variable there holds."""
    node = stage.node(id)
    if node.names or node.place is None:
        return label(stage, id)
    # X[rows] of "cost, grads = step(X[rows], y[rows])" is used elsewhere; what a line binds has names
    is_bound_elsewhere = node.place.variable not in ("", "return") and node.place.file != RUN_FILE
    after = (stage.node(child).place for child in stage.program.children[id])
    return "" if is_bound_elsewhere or any(place == node.place for place in after) else label(stage, id)


MAX_EXPRESSION = 40  # characters
SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "matmul": "@", "dot": "@"}
FUNCTIONS = frozenset({"sqrt", "exp", "log", "tanh"})


def expression(stage: Stage, id: int) -> str:
    """What the user calls a node; of a part of a statement, its arithmetic if that is short: "x @ w1 + b1"."""
    written = _written(stage, id, 3)
    return written if written is not None and len(written) <= MAX_EXPRESSION else label(stage, id)


def _written(stage: Stage, id: int, depth: int) -> str | None:
    """The arithmetic of a node without a name, in the names of what goes in; None if it has other parts."""
    node = stage.node(id)
    if node.kind is Source.LITERAL and not node.names and node.shape == () and node.value is not None:
        return f"{np.asarray(node.value).item():g}"
    is_given = node.place is not None and node.place.file == RUN_FILE and len(stage.program.parents[id]) == 1
    if id in stage.parameters or node.is_leaf or is_given or any(not OF_RUN.match(name) for name in node.names):
        return label(stage, id)
    if depth == 0 or node.keywords:
        return None
    written = [
        _written(stage, one.id, depth - 1) if isinstance(one, Ref) else f"{one:g}"
        for one in node.arguments
        if isinstance(one, (Ref, int, float))
    ]
    if len(written) != len(node.arguments):
        return None
    if node.operation in FUNCTIONS and len(written) == 1 and written[0] is not None:
        return f"{node.operation}({written[0]})"
    if node.operation not in SIGNS or len(written) != 2:
        return None
    sign = SIGNS[node.operation]
    if sign not in "+-":
        written = [f"({one})" if one is not None and " " in one else one for one in written]
    return None if None in written else f"{written[0]} {sign} {written[1]}"


def found_at(reading: Reading, node: int, id: str, steps: Iterable[Step], **facts: Any) -> Found:
    """A mistake in a value that spoils these steps; ``facts`` are further attributes of ``Found``.

    It is at the value's line, or at the call of that line if it is a helper's.
    """
    made = reading.stage.node(node)
    place = None if made.place is None else reading.asked_by(made.place)
    others = () if place is made.place else (made.place,)
    names = tuple(step.name for step in steps)
    variable = name_of_value(reading.stage, node)
    common = {"place": place, "others": others, "variable": variable, "shape": made.shape, "parameters": names}
    return Found(id=id, **{**common, **facts})


def found_in_step(reading: Reading, step: Step, id: str, **facts: Any) -> Found:
    """A mistake in the step of one parameter, at the line of its update; ``facts`` are attributes of ``Found``."""
    return found_at(reading, step.after, id, [step], **{"variable": step.name, "shape": step.shape, **facts})


def quantity(reading: Reading, id: int, factor: float | None, transposed: bool = False) -> Quantity:
    """The gradient with respect to a forward node, in the user's names"""
    place = reading.stage.node(id).place
    return Quantity(
        kind=Kind.GRADIENT,
        name=expression(reading.stage, id),
        line=None if place is None or place.file == RUN_FILE else place.line,
        factor=factor,
        transposed=transposed,
        shape=reading.stage.node(id).shape,
    )
