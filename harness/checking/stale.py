"""Values of an earlier forward pass that are used again: by a later one, or by updates without one of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .labels import found_at
from .mistakes import UNNAMED
from .reading import Reading
from .result import Found
from .stage import Stage, Step

FEWEST_TURNS = 3  # of a loop in which a parameter gets the same step; two may be those of equal observations


def stale_values(first: Reading, later: Reading) -> list[Found]:
    """Where a later forward pass goes on from a value of an earlier one, although it computed a new one on that line.

    So it is only if parameters of the first forward pass are not in the later one, and are updated all the same. A
    state that is carried on leaves them in it.
    """
    stage, program = later.stage, later.stage.program
    used = {step.parameter for step in first.stage.steps if step.before in first.forward.nodes}
    absent = [
        one
        for one in later.unexplained  # not those of a unit that is off
        if one.before not in later.forward.nodes and one.parameter in used
    ]
    versions = [step.before for step in first.stage.steps]
    start = stage.first_computed
    old = program.descendants(versions, within=set(range(start))) - stage.parameters.keys()
    for id in sorted(later.forward.nodes) if absent else ():
        for parent in program.parents[id]:
            known = stage.node(parent)
            if parent in old and any(
                (one.place, one.operation) == (known.place, known.operation) and one.id in stage.dependent
                for one in stage.recording.nodes[start:id]
            ):
                others = () if known.place is None else (known.place,)
                return [found_at(later, id, UNNAMED, absent, others=others, detail="stale")]
    return []


def unrepeated_forward(reading: Reading) -> list[Found]:
    """Updates that add the same step turn after turn, because the forward pass ran once, before the loop of them.

    Observations that are gone through after one forward pass give steps that differ.
    """
    stage = reading.stage
    turns = [versions_of_line(stage, step) for step in stage.steps if not step.returned]
    made = sorted({one for parts in turns for one in parts})
    changes = {one: change_of(stage, one) for one in made}
    wanted = [one for one in changes.values() if one is not None]
    is_repeated = (
        turns
        and all(len(parts) >= FEWEST_TURNS for parts in turns)
        and len(wanted) == len(made)
        and stage.extend(wanted)
        and all(are_the_same(stage, [changes[one] for one in parts]) for parts in turns)
    )
    ends = [error.output for error in reading.stage.errors] or reading.forward.outputs
    if not is_repeated or not ends:
        return []
    updates = [stage.node(parts[0]).place for parts in turns]
    others = tuple(dict.fromkeys(one for one in updates if one is not None))
    return [found_at(reading, ends[-1], "forward-pass-not-repeated", stage.steps, others=others)]


def versions_of_line(stage: Stage, step: Step) -> tuple[int, ...]:
    """The versions that one line made of a parameter in an iteration, in order; none if several lines made them."""
    updates = stage.recording.updates
    known = (updates[one] for one in stage.recording.parameters[step.parameter].updates)
    parts = next((one.parts for one in known if one.after == step.after), ())
    return parts if len({stage.node(one).place for one in parts}) == 1 else ()


def change_of(stage: Stage, version: int) -> int | None:
    """What was added to the version before, or subtracted from it; None if this version is made otherwise."""
    parents = stage.program.parents[version]
    if stage.node(version).operation not in ("add", "subtract") or len(parents) != 2:
        return None
    return parents[1] if parents[0] in stage.parameters or parents[0] in stage.dependent else None


def are_the_same(stage: Stage, changes: Sequence[int | None]) -> bool:
    """Whether they are one value at every setting."""
    values = [None if one is None else stage.samples(one) for one in changes]
    first = values[0]
    return first is not None and all(one is not None and np.array_equal(one.flat, first.flat) for one in values)
