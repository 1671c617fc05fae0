"""The rates that gradients are multiplied by where their parameters are updated."""

from __future__ import annotations

from .factors import chain_of, is_update_place
from .reading import Reading
from .updates import numbers_in


def rates_of(reading: Reading) -> set[float]:
    """The numbers that gradients are multiplied by on the line of their update, if they have no line of their own."""
    stage = reading.stage
    found: set[float] = set()
    for step in stage.steps:
        match = reading.matches.get(step.before)
        if match is None or match.nothing:
            continue
        if not is_update_place(reading, step, chain_of(reading, step, match.factor).node):
            continue
        between = stage.program.ancestors([step.after], stop=stage.parameters) - reading.forward.nodes
        for id in between:
            if is_update_place(reading, step, id) or stage.node(id).is_leaf:
                found |= numbers_in(stage.node(id))
    return found - {0.0, 1.0}
