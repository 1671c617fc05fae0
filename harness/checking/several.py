"""Networks that are trained for several costs, one after the other: two that compete, or an actor and its critic."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from ..recording.graph import Kind, Node, Recording, Update
from .cost import Error
from .replay import Program
from .result import CheckResult, Remark, Verdict, merge_by_line
from .stage import CONTRACTIONS, Stage, Step

MOST_PAIRS = 1_000  # of parameters that are compared
MOST_TRAINED = 100  # parameters that may belong to trainings of their own


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


def steps_between_writes(recording: Recording, program: Program) -> bool:
    """Whether items of a parameter are updated, and then others by outputs that those have gone into.

    Such as the vector of a word by one neighbour after the other: each of them has a cost, and a step, of its own.
    """
    for update in recording.updates:
        for earlier, later in pairwise(sorted({*update.parts, update.after} - {update.before})):
            between = program.ancestors(program.parents[later][1:], within=set(range(earlier, later)))
            made = program.descendants([earlier], within=between)
            if any(recording.nodes[id].operation in CONTRACTIONS for id in made):
                return True
    return False


def turns_of(program: Program, steps: Sequence[Step]) -> list[set[int]]:
    """The numbers of parameters that are trained together, in the order of their turns; one set if all are.

    A parameter has its turn after another if its step is made of what the other became and of nothing that the other
    was: a forward pass of its own came between, as in two networks that compete. A delta that goes back through weights
    that were updated already is made of both.
    """
    levels = dict.fromkeys((step.parameter for step in steps), 0)
    afters = [step.after for step in steps]
    reached = program.descendants(
        [child for one in afters for child in program.children[one]], within=set(range(max(afters, default=-1) + 1))
    )
    later = sorted((step for step in steps if step.after in reached), key=lambda one: one.after)
    if len(later) * len(steps) > MOST_PAIRS or any(step.returned for step in steps):
        return [set(levels)]
    for step in later:
        made = program.ancestors([step.after])
        own = program.ancestors([step.after], stop=set(afters) - {step.after})
        for other in steps:
            if other is not step and other.after in made and other.before not in own:
                levels[step.parameter] = max(levels[step.parameter], levels[other.parameter] + 1)
    return [{number for number in levels if levels[number] == level} for level in sorted(set(levels.values()))]


def trainings_of(recording: Recording, program: Program, steps: Sequence[Step]) -> list[set[int]]:
    """The numbers of parameters that are trained together, in the order of their trainings; one set if all are.

    A function that makes parameters and trains them has another training in each call: its parameters are used only
    after the last updates of those of the call before, and their steps are made of nothing that those were.
    """
    own = sorted((step for step in steps if not step.returned), key=lambda one: one.after)
    if len(own) < max(2, len(steps)) or len(own) > MOST_TRAINED:
        return [{step.parameter for step in steps}]
    used = [min(program.children[step.before], default=step.before) for step in own]
    trainings, last = [{own[0].parameter}], last_update(recording, own[0].parameter)
    for place, step in enumerate(own[1:], 1):
        made = program.ancestors([one.after for one in own[place:]])
        if min(used[place:]) > last and not any(one.before in made for one in own[:place]):
            trainings.append(set())
        trainings[-1].add(step.parameter)
        last = max(last, last_update(recording, step.parameter))
    return trainings


def last_update(recording: Recording, parameter: int) -> int:
    """The node of the last update of a parameter."""
    return max(recording.updates[one].after for one in recording.parameters[parameter].updates)


def networks_of(stage: Stage, errors: Sequence[Error]) -> list[set[int]]:
    """The numbers of parameters that the same outputs are made of; none unless each belongs to one network alone.

    An actor is trained with what its critic says taken as given, though a sum of both costs may be printed.
    """
    made = {error.output: stage.program.ancestors([error.output]) for error in errors}
    numbers = {step.parameter for step in stage.steps}
    groups = [{step.parameter for step in stage.steps if step.before in one} for one in made.values()]
    networks = [set(one) for one in dict.fromkeys(map(frozenset, groups))]
    is_apart = sum(map(len, networks)) == len(numbers) and set[int]().union(*networks) == numbers
    return networks if is_apart and len(networks) > 1 and all(networks) else []


def of_one_turn(recording: Recording, program: Program, numbers: Collection[int]) -> Recording:
    """The recording in which only some parameters are trained: what the others make by themselves is data.

    Args:
        recording: of the whole training.
        program: its graph.
        numbers: of the parameters.
    """
    mine, others = set[int](), set[int]()
    for number, parameter in enumerate(recording.parameters):
        updates = [recording.updates[one] for one in parameter.updates]
        versions = {parameter.node} | {id for one in updates for id in (one.before, *one.parts)}
        (mine if number in numbers else others).update(versions)
    made_by_others = program.descendants(others) - (program.descendants(mine) - others)
    reached = program.ancestors(mine, stop=made_by_others)
    # with the noise that only goes into the other network
    data = others | {node.id for node in recording.nodes if node.kind is Kind.RANDOM and node.id not in reached}
    values = program.run(sorted(data), {}, program.base)
    nodes = [as_data(node, values[node.id]) if node.id in data else node for node in recording.nodes]
    parameters, kept = [], list[Update]()
    for place, number in enumerate(sorted(numbers)):
        own = [replace(recording.updates[one], parameter=place) for one in recording.parameters[number].updates]
        numbered = tuple(range(len(kept), len(kept) + len(own)))
        parameters.append(replace(recording.parameters[number], updates=numbered))
        kept += own
    return replace(recording, nodes=tuple(nodes), parameters=tuple(parameters), updates=tuple(kept))


def as_data(node: Node, value: Any) -> Node:
    """A value as if it had been read from a file."""
    return replace(node, operation="array", arguments=(), keywords={}, value=value, kind=Kind.DATA, in_place=False)


def joined(results: Sequence[CheckResult]) -> CheckResult:
    """The result of a training from those of its turns: a mistake of one, or right if all are.

    The cost is that of the first turn, or of the first that is wrong.
    """
    wrong = [one for one in results if one.verdict is Verdict.MISTAKE]
    if wrong:
        return replace(wrong[0], mistakes=tuple(merge_by_line(found for one in wrong for found in one.mistakes)))
    not_judged = [one for one in results if one.verdict is not Verdict.CORRECT]
    if not_judged:
        return not_judged[0]
    costs = [one.cost for one in results if one.cost is not None]
    notes = tuple((Remark.TRAINED_IN_TURN, cost.place, cost.variable) for cost in costs[1:] if cost != costs[0])
    return replace(
        results[0],
        parameters=tuple(fact for one in results for fact in one.parameters),
        notes=(*dict.fromkeys(note for one in results for note in one.notes), *notes),
    )
