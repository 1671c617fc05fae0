"""Networks that are trained for several costs, one after the other: two that compete, or an actor and its critic."""

from __future__ import annotations

from itertools import pairwise

from ..recording.graph import Recording, Update
from .replay import Program


def has_several_costs(recording: Recording, program: Program) -> bool:
    """Whether a parameter is updated at two places in turn, each with a forward pass of its own before it.

    A step in parts, such as gradient and weight decay, has no forward pass between them, and the step to the place
    where Nesterov's momentum looks ahead has none before it.

    Args:
        recording: the recording.
        program: its graph.
    """

    def has_forward_pass(update: Update) -> bool:
        between = program.descendants([update.before], within=program.ancestors([update.after]))
        shape = recording.nodes[update.before].shape
        return any(recording.nodes[id].shape != shape for id in between)

    for parameter in recording.parameters:
        updates = [recording.updates[number] for number in parameter.updates]
        for one, following in pairwise(updates):
            in_turn = one.place != following.place and one.after == following.before
            if in_turn and has_forward_pass(one) and has_forward_pass(following):
                return True
    return False
