"""Values that overflow to inf or nan: in the user's run, a mistake; with large weights only, a hint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..recording.graph import Node, Place, Recording
from .reading import Reading
from .replay import CannotReplay, Values, is_zero
from .result import Found
from .settings import relevant_guards
from .stage import Step

LARGE = 1e3  # times the parameters


def overflow_hint(reading: Reading) -> Place | None:
    """The line that makes outputs nan or inf first if parameters are large; None if none does.

    A branch that large values would leave is not looked at.
    """
    stage, program = reading.stage, reading.stage.program
    outputs = {error.output for error in reading.errors} or set(reading.forward.outputs)
    given: Values = {id: LARGE * np.asarray(stage.settings[0][id], dtype=float) for id in stage.parameters}
    try:
        values = program.run(outputs, {**given, **{id: stage.settings[0][id] for id in stage.varied}})
    except (CannotReplay, KeyError):
        return None
    needed = program.ancestors(outputs, stop=stage.parameters)
    if not program.guards_hold(relevant_guards(stage, needed), values):
        return None
    infinite = [id for id in sorted(needed & stage.dependent) if not is_finite(values.get(id))]
    return stage.node(infinite[0]).place if outputs & set(infinite) else None


def is_finite(value: Any) -> bool:
    """Whether all numbers of a value are finite"""
    if value is None or isinstance(value, tuple) or np.asarray(value).dtype.kind != "f":
        return True
    return bool(np.all(np.isfinite(value)))


def overflow_mistake(recording: Recording, steps: Sequence[Step]) -> Found | None:
    """Where the run itself overflowed to inf or nan first; None if it did not."""
    last = max(step.after for step in steps)
    end = max([last, *(update.after for update in recording.updates)])
    is_right = all(is_finite(recording.nodes[step.after].value) for step in steps)
    for node in recording.nodes[: end + 1]:
        if node.is_leaf or is_finite(node.value):
            continue
        clean = all(is_finite(recording.nodes[one].value) for one in node.parents)
        found = negative_moment(recording, node) if clean else None
        if found is None and (not clean or node.id > last or is_right):
            continue
        return found or Found(id="numerical-overflow", place=node.place, variable=node.operation, shape=node.shape)
    return None


def negative_moment(recording: Recording, node: Node) -> Found | None:
    """A root of a running mean that is negative: it is not one of squares, as Adam and RMSprop have it."""
    id = node.id
    while recording.nodes[id].operation in ("sqrt", "divide", "add", "multiply", "power"):
        one = recording.nodes[id]
        operands = [parent for parent in one.parents if recording.nodes[parent].shape == one.shape]
        starts = [argument for argument in one.arguments if isinstance(argument, (int, float))]
        starts += [0 for parent in one.parents if parent not in operands and is_zero(recording.nodes[parent].value)]
        if one.operation == "add" and (len(operands) == 2 or 0 in starts):  # a mean may start at 0
            break
        if not operands:
            return None
        id = operands[0]
    found = recording.nodes[id]
    is_root = node.operation in ("sqrt", "power")
    if not is_root or found.operation != "add" or found.value is None or isinstance(found.value, tuple):
        return None
    if np.min(np.asarray(found.value), initial=0.0) >= 0:
        return None
    return Found(
        id="wrong-update-rule",
        place=found.place,
        others=(node.place,) if node.place is not None and node.place != found.place else (),
        variable=found.names[0] if found.names else found.operation,
        shape=found.shape,
        detail="not-squared",
    )
