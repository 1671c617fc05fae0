"""Costs in which observations count differently, or whose targets the network makes itself.

A file that trains with class weights, a mask of padding or advantages multiplies its errors by numbers that do not
depend on the parameters. One that learns from its own predictions (Q-learning) takes these as given, so that no
gradient flows through them (a semi-gradient: Sutton and Barto, Reinforcement Learning, 2nd edition, section 9.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..recording.graph import Ref
from .alignment import squeezed
from .cost import Error, is_parameter, latest_outputs
from .reading import targets_of
from .replay import size_of
from .stage import Stage, argument_ids


def with_weights(stage: Stage, errors: Sequence[Error]) -> tuple[Error, ...]:
    """The errors with what each observation counts; nothing if all count the same."""
    forward = stage.program.ancestors([error.output for error in errors], stop=stage.parameters)
    found = tuple(replace(error, weights=weights_of(stage, error, forward)) for error in errors)
    nodes = [one for error in found for one in error.weights]
    if not nodes or not stage.extend([*nodes, *targets_of(errors)]):
        return ()
    values = [np.ravel(np.asarray(stage.settings[0][one], dtype=float)) for one in nodes]
    differ = np.ptp(np.concatenate(values)) > 0
    return found if differ and not any(is_weighted_by_target(stage, error) for error in found) else ()


def weights_of(stage: Stage, error: Error, forward: set[int]) -> tuple[int, ...]:
    """What an error is multiplied by on the way to the steps, one after the other.

    Args:
        stage: the iteration.
        error: where output and target are compared.
        forward: what the outputs are made of: an error times an input of the network is no error any more.
    """
    found: list[int] = []
    id: int | None = error.node
    while id is not None:
        size, made, id = size_of(stage.node(id)), id, None
        for child in sorted(set(stage.program.children[made]) & stage.needed):
            node = stage.node(child)
            others = [one for one in argument_ids(node) if one != made]
            is_divided = node.operation == "divide" and node.arguments[0] == Ref(id=made)
            is_scaled = node.operation == "multiply" or is_divided
            if is_scaled and size_of(node) == size and not any(one in stage.dependent for one in others):
                found += [one for one in others if node.operation == "multiply" and one not in forward]
                id = child
                break
    return tuple(found)


def is_weighted_by_target(stage: Stage, error: Error) -> bool:
    """Whether an error is multiplied by its target or by 1 - target, as one half of a cross-entropy is"""
    if error.target is None:
        return False
    target = np.ravel(np.asarray(stage.settings[0][error.target], dtype=float))
    shares = [np.ravel(np.asarray(stage.settings[0][one], dtype=float)) for one in error.weights]
    return any(np.array_equal(one, other) for one in shares for other in (target, 1 - target))


def held_targets(stage: Stage) -> tuple[Error, ...]:
    """Where a file compares an output with a target that the network made too, which is taken as given."""
    dependent, needed = stage.dependent, stage.needed
    afters = {step.after for step in stage.steps}
    found: list[Error] = []
    for id in sorted(needed & dependent - afters):
        node = stage.node(id)
        operands = [one.id for one in node.arguments if isinstance(one, Ref)]
        if node.operation != "subtract" or len(operands) != 2 or not set(operands) <= dependent:
            continue
        one, other = operands
        is_alike = squeezed(stage.node(one).shape) == squeezed(stage.node(other).shape)
        is_open = is_alike and not is_parameter(stage, one) and not is_parameter(stage, other)
        if is_open and afters <= stage.program.descendants([id], within=needed):
            found.append(Error(node=id, output=one, target=other))
    return latest_outputs(stage, found, needed)
