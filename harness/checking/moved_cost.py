"""The cost that the first iteration computes, as a function of what a later one makes, which computes none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from ..recording.graph import Place, Ref
from .cost import Cost
from .reading import Reading
from .replay import Program
from .stage import Stage
from .stored import with_numbers

Key = tuple[tuple[Place, ...], str, tuple[int, ...]]  # the line with its callers, the operation and the shape


def moved_cost(first: Reading, stage: Stage) -> tuple[Stage, Cost] | None:
    """A later iteration with the cost of the first one, whose operations come after all others.

    Args:
        first: the first iteration, under a cost that the file computes.
        stage: the later iteration.

    Returns:
        the later iteration and its cost; None if the iterations do not update the same parameters, or if the later one
        is made of values that it has made anew, as targets of the first batch beside inputs of the second.
    """
    before = {step.parameter: step.before for step in stage.steps}
    if first.cost.node is None or any(step.parameter not in before for step in first.stage.steps):
        return None
    program = first.stage.program
    made = program.ancestors([first.cost.node], stop=first.stage.parameters)
    if was_made_anew(first.stage, stage, made & first.stage.needed & stage.needed):
        return None
    moved = {step.before: before[step.parameter] for step in first.stage.steps}
    moved |= counterparts(first.stage, stage, made - moved.keys())
    nodes = list(program.nodes)
    for id in sorted(made & first.stage.dependent - moved.keys()):
        references = {one: Ref(moved[one]) for one in program.parents[id] if one in moved}
        moved[id] = len(nodes)
        nodes.append(
            replace(
                program.nodes[id],
                id=moved[id],
                arguments=tuple(with_numbers(one, references) for one in program.nodes[id].arguments),
                keywords={name: with_numbers(one, references) for name, one in program.nodes[id].keywords.items()},
                value=None,
            )
        )
    longer = Program(nodes, program.most_work)
    longer.base, longer.work = program.base, program.work
    dependent = set(stage.dependent)
    for node in nodes[len(program.nodes) :]:
        dependent |= {node.id} if dependent.intersection(longer.parents[node.id]) else set()
    own = replace(
        stage,
        recording=replace(stage.recording, nodes=tuple(nodes)),
        program=longer,
        dependent=dependent,
        forwards={},
    )
    return own, replace(first.cost, node=moved[first.cost.node])


def by_key(stage: Stage, ids: Iterable[int]) -> dict[Key, list[int]]:
    """The values of lines of the user's files, but for parameters, in the order of execution."""
    found: dict[Key, list[int]] = defaultdict(list)
    for id in sorted(ids):
        node = stage.node(id)
        if node.place is not None and id not in stage.parameters:
            found[node.place.trail, node.operation, node.shape].append(id)
    return found


def was_made_anew(first: Stage, later: Stage, shared: Iterable[int]) -> bool:
    """Whether a line that made a value of both iterations ran once more between their updates."""
    again = by_key(later, range(first.end + 1, later.end + 1))
    return any(key in again for key in by_key(first, shared))


def counterparts(first: Stage, later: Stage, made: Iterable[int]) -> dict[int, int]:
    """What a later iteration makes in the place of values of the first one: the same lines, the same one in order.

    Args:
        first: the first iteration.
        later: the later one.
        made: values of the first one that are asked for.
    """
    shared = first.needed & later.needed
    others = by_key(later, later.needed - shared)
    found: dict[int, int] = {}
    for key, ids in by_key(first, first.needed - shared).items():
        if len(ids) == len(others.get(key, ())):
            found |= zip(ids, others[key])
    return {id: found[id] for id in made if id in found}
