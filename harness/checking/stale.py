"""Values of an earlier forward pass that a later one computes with, as of a list that is never emptied."""

from __future__ import annotations

from .labels import found_at
from .reading import Reading
from .result import Found


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
                return [found_at(later, id, "wrong-value", absent, others=others, detail="stale")]
    return []
