"""What is odd about a file whose gradients are right, and is only remarked, because somebody may want it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .reading import Reading
from .result import Note, Remark
from .stage import PRODUCTS

SQUARING = frozenset({"square", "power", "abs", "absolute", "multiply"})
TARGET_WORDS = frozenset({"y", "ys", "yi", "t", "target", "targets", "label", "labels", "truth"})


def added_targets(reading: Reading) -> Iterator[Note]:
    """The sums of outputs and targets that the file's own cost squares."""
    stage, program = reading.stage, reading.stage.program
    if reading.cost.node is None:
        return
    inside = program.ancestors([reading.cost.node], stop=stage.parameters)
    for id in sorted(inside & stage.dependent):
        node, parents = stage.node(id), program.parents[id]
        if node.operation != "add" or len(parents) != 2 or not is_squared(reading, id):
            continue
        outputs = [one for one in parents if one in stage.dependent and is_computed(reading, one)]
        targets = [one for one in parents if one not in stage.dependent and is_target(reading, one)]
        if outputs and targets and stage.node(outputs[0]).shape == stage.node(targets[0]).shape:
            yield Remark.TARGETS_ADDED, node.place, ""
            return


def is_squared(reading: Reading, id: int) -> bool:
    """Whether a value is squared, or its size taken"""
    program = reading.stage.program
    return any(
        program.nodes[one].operation in SQUARING and set(program.parents[one]) <= {id} for one in program.children[id]
    )


def is_computed(reading: Reading, id: int) -> bool:
    """Whether a value is made by a layer, and is not a penalty of parameters alone."""
    made = reading.stage.program.ancestors([id], stop=reading.stage.parameters)
    return any(reading.stage.node(one).operation in PRODUCTS for one in made)


def is_target(reading: Reading, id: int) -> bool:
    """Whether a value goes by a name for targets"""
    names = (name.rpartition(".")[2].lower() for name in reading.stage.node(id).names)
    return any((re.findall("[a-z]+", name) or [""])[0] in TARGET_WORDS for name in names)
