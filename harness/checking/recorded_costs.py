"""The costs that a file computes itself."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Node
from .cost import Cost
from .output_errors import is_parameter
from .replay import is_truth, size_of
from .stage import Stage

Array = NDArray[Any]

MOST_RECORDED_COSTS = 12
COST_WORDS = re.compile("cost|loss|objective|entropy|mse|nll|sse")
# what a cost is called, in the languages that programs are often written in
DECLARING_WORDS = re.compile(
    r"cost|loss|objective|cross_?entropy|log_?lik|elbo|perdida|pérdida|perte(?![a-z])|co[uû]t(?![a-z])|custo(?!m)|perda"
    r"|verlust|kosten|koszt|strata|poter"
)
METRIC_WORDS = ("acc", "correct", "metric", "score", "mae", "rmse")
COST_VARIABLES = frozenset({"c", "j", "e", "l", "error", "total_error", "err"})


def bare_words(node: Node) -> set[str]:
    """What a value is called, and the function that computes it, without objects and indices"""
    place = node.place
    words = [*(name.lower() for name in node.names)]
    if place is not None:
        words += [place.variable.lower(), place.function.lower()]
    return {word.rsplit(".", 1)[-1].split("[")[0].strip() for word in words}


def is_named(node: Node, words: re.Pattern[str], variables: Collection[str]) -> bool:
    """Whether one of these words is in a name of a value, or a name is one of the variables, and none is a metric's."""
    bare = bare_words(node)
    is_metric = any(metric in word for word in bare for metric in METRIC_WORDS)
    return not is_metric and (bool(bare & set(variables)) or any(words.search(one) for one in bare))


def is_declared_cost(node: Node) -> bool:
    """Whether the file calls this value its cost or loss, not an error or a metric."""
    return is_named(node, DECLARING_WORDS, {"j", "ll"})


def is_called_cost(node: Node) -> bool:
    """Whether the file calls this value a cost, an error or the like."""
    return is_named(node, COST_WORDS, COST_VARIABLES)


def recorded_costs(stage: Stage, last: int) -> list[Cost]:
    """The scalars that depend on parameters of the iteration and that no update depends on.

    Args:
        stage: the iteration.
        last: the last node that may belong to it.
    """
    program = stage.program
    if not stage.steps:
        return []
    dependent = program.descendants(stage.parameters, within=set(range(last + 1)))
    afters = {update.after for update in stage.recording.updates} | {step.after for step in stage.steps}
    feeding = program.ancestors(afters)
    after_this = program.descendants([step.after for step in stage.steps if not step.returned])
    found: list[int] = []
    for id in sorted(dependent):
        node = stage.node(id)
        if size_of(node) != 1 or id in feeding or id in after_this or is_truth(node) or id in stage.parameters:
            continue
        is_computed = node.operation not in ("getitem", "array") and not node.is_leaf
        if is_computed and np.dtype(node.dtype or "O").kind == "f":
            found.append(id)
    # a part of a cost (a loss without its penalty, the sum over the first observations) is left to the whole of it
    scalars = set(found)
    whole = [id for id in found if not is_part(stage, id, scalars)]
    whole += [id for id in found if id not in whole and is_last_called_cost(stage, id, scalars)]
    # the only output of a network is a number too, and no cost
    whole = [id for id in whole if is_called_cost(stage.node(id)) or compares(stage, id)]

    def rank(id: int) -> tuple[bool, bool, int]:  # a margin that a branch left out of the cost comes last
        return not is_called_cost(stage.node(id)), any(is_truth(stage.node(one)) for one in program.children[id]), id

    chosen = sorted(whole, key=rank)[:MOST_RECORDED_COSTS]
    return [Cost(node=id, form=None, meant=is_called_cost(stage.node(id))) for id in chosen]


def compares(stage: Stage, id: int) -> bool:
    """Whether something that depends on parameters meets data on the way to a value, other than as a layer's input."""
    program = stage.program
    for one in program.ancestors([id], stop=stage.parameters):
        if one not in stage.dependent or one in stage.parameters:
            continue
        parents = program.parents[one]
        values = [parent for parent in parents if parent in stage.dependent and not is_parameter(stage, parent)]
        data = [parent for parent in parents if parent not in stage.dependent]
        constants = [c for c in stage.node(one).arguments if isinstance(c, float) and c not in (0.0, 1.0)]
        if values and (data or (constants and stage.node(one).operation == "subtract")):
            return True
    return False


def is_last_called_cost(stage: Stage, id: int, scalars: set[int]) -> bool:
    """Whether a scalar is called a cost, and none that it goes into: those are running means and the like."""
    if not is_called_cost(stage.node(id)):
        return False
    after = (stage.program.descendants([id], within=scalars) - {id}) | joined_costs(stage, id, scalars)
    return not any(is_called_cost(stage.node(one)) for one in after)


def joined_costs(stage: Stage, id: int, scalars: set[int]) -> set[int]:
    """The sums and means of an array that was put together from several scalars, such as the costs of observations."""
    program = stage.program
    arrays = [one for one in program.children[id] if len(program.parents[one]) > 1]
    whole = [one for array in arrays if scalars.issuperset(program.parents[array]) for one in program.children[array]]
    return {one for one in whole if one in scalars and stage.node(one).operation in ("sum", "mean")}


def is_turned(node: Node) -> bool:
    """Whether an operation changes the sign of a value, as from a log-likelihood to a cost"""
    constants = [one for one in node.arguments if isinstance(one, (int, float))]
    return node.operation == "negative" or (
        node.operation in ("multiply", "divide") and any(one < 0 for one in constants)
    )


def is_part(stage: Stage, id: int, scalars: set[int]) -> bool:
    """Whether a scalar is added to others, or only scaled if neither it nor the result is called a cost."""
    program = stage.program
    if joined_costs(stage, id, scalars):
        return True
    for child in program.children[id]:
        if child not in scalars:
            continue
        node = stage.node(child)
        others = [one for one in program.parents[child] if one != id]
        if node.operation in ("add", "subtract", "sum") and any(one in stage.dependent for one in others):
            return True
        if not any(one in stage.dependent for one in others) and is_part(stage, child, scalars):
            return True
        if is_called_cost(node) and (not stage.node(id).names or is_turned(node)):
            return True
        if not is_called_cost(stage.node(id)) and not is_part(stage, child, scalars):
            return True
    return False
