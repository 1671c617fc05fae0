"""What the cost depends on besides updated parameters: data, constants, masks, and parameters that stay as they are."""

from __future__ import annotations

import numpy as np

from ..recording.graph import Kind, Node
from .reading import Reading
from .replay import size_of
from .result import Found, Quantity
from .result import Kind as QuantityKind

PARAMETER_WORDS = (
    "w",
    "b",
    "weight",
    "weights",
    "bias",
    "biases",
    "theta",
    "kernel",
    "beta",
    "gamma",
    "synapse",
    "syn",
)
DATA_WORDS = ("x", "y", "data", "input", "inputs", "target", "targets", "label", "labels", "train", "test", "mask", "t")


def words_of(node: Node) -> list[str]:
    """The bare names of a value: "self.W1" is "w" """
    names = [*node.names, *([node.place.variable] if node.place is not None else [])]
    bare = [name.rsplit(".", 1)[-1].split("[")[-1].strip("]'\" ").lower() for name in names]
    return [one.rstrip("0123456789_").split("_")[0] for one in bare if one]


def untouched_parameters(reading: Reading) -> tuple[list[Found], list[str]]:
    """Parameters of the forward pass that are never updated, and leaves that may be one or not."""
    stage = reading.stage
    program = stage.program
    used = program.ancestors(reading.forward.outputs, stop=stage.parameters)
    updated = {parameter.leaf for parameter in stage.recording.parameters}
    found: list[Found] = []
    for id in sorted(used):
        node = stage.node(id)
        if not node.is_leaf or id in stage.parameters or id in updated:
            continue
        if node.kind not in (Kind.RANDOM, Kind.FILL) or np.dtype(node.dtype or "f8").kind != "f":
            continue
        words = words_of(node)
        if not any(word in PARAMETER_WORDS for word in words) or any(word in DATA_WORDS for word in words):
            continue
        if size_of(node) == 0 or is_changed_later(reading, id) or not reaches_forward(reading, id):
            continue
        name = node.names[0] if node.names else words[0]
        bias = any(word in ("b", "bias", "biases") for word in words)
        found.append(
            Found(
                id="bias-gradient-missing" if bias else "kernel-not-updated",
                place=node.place,
                variable=name,
                shape=node.shape,
                got=Quantity(kind=QuantityKind.NOTHING),
                parameters=(name,),
            )
        )
    return found, []


def is_changed_later(reading: Reading, leaf: int) -> bool:
    """Whether something that depends on a leaf is added to it: an update that the recording does not list."""
    stage = reading.stage
    program = stage.program
    versions, stack = {leaf}, [leaf]
    while stack:
        for child in program.children[stack.pop()]:
            node = stage.node(child)
            if child not in versions and node.shape == stage.node(leaf).shape and len(program.parents[child]) == 1:
                versions.add(child)
                stack.append(child)
    for version in versions:
        for child in program.children[version]:
            node = stage.node(child)
            if node.operation in ("add", "subtract") and len(program.parents[child]) == 2:
                other = next(one for one in program.parents[child] if one != version)
                deep = program.ancestors([other])
                if stage.node(other).shape == node.shape and versions & deep and len(deep) > 10:
                    return True
    return False


def reaches_forward(reading: Reading, leaf: int) -> bool:
    """Whether a leaf goes into a forward node together with something that depends on parameters or data."""
    stage = reading.stage
    used = stage.program.ancestors(reading.forward.outputs, stop=stage.parameters)
    below = stage.program.descendants([leaf], within=used)
    return bool(below & reading.forward.nodes)
