"""What the forward pass that is trained leaves out: biases that are updated, and the activation of the outputs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from ..recording.graph import Kind, Node, Place
from .alignment import Samples, ratio, samples
from .factors import is_same
from .labels import found_at
from .reading import Reading
from .replay import size_of
from .result import Found
from .unused import start_of
from .vjps.operation import unbroadcast

CURVES = frozenset({"exp", "exp2", "expm1", "tanh", "expit", "erf"})  # what activations of outputs are made of
STARTS = (Kind.RANDOM, Kind.FILL, Kind.LITERAL)


def unread_biases(reading: Reading) -> list[Found]:
    """Values that begin as parameters do, are updated as a bias is, and do not go into the outputs.

    They may be used elsewhere, as in a function that predicts.
    """
    stage, program = reading.stage, reading.stage.program
    into_outputs = program.ancestors(reading.forward.outputs)
    found = []
    for id in sorted(stage.dependent - stage.needed - reading.forward.nodes):
        node, parents = stage.node(id), program.parents[id]
        if node.operation not in ("add", "subtract") or len(parents) != 2 or node.place is None or id > stage.last:
            continue
        before, change = parents if parents[1] in stage.dependent else parents[::-1]
        start = stage.node(start_of(program, before))
        if start.kind not in STARTS or stage.node(before).shape != node.shape or change not in stage.dependent:
            continue
        after = [stage.node(child) for child in (*program.children[before], *program.children[id])]
        updates = [one for one in after if (one.operation, one.place) == (node.operation, node.place)]
        if len(updates) < 2 or before in into_outputs:
            continue
        z = layer_of_step(reading, change, node.shape, -1.0 if node.operation == "subtract" else 1.0)
        if z is None:
            continue
        names = (*node.names, *stage.node(before).names, *start.names)
        name = names[0] if names else node.place.variable
        places = [one for one in (stage.node(z).place, node.place) if one is not None]
        found.append(
            Found(
                id="bias-missing-in-forward",
                place=places[0],
                others=tuple(places[1:]),
                variable=name,
                shape=node.shape,
                parameters=(name,),
            )
        )
    return found


def layer_of_step(reading: Reading, change: int, shape: tuple[int, ...], sign: float) -> int | None:
    """The pre-activation whose summed gradient a value is, times what the other steps have; None if there is none.

    Args:
        reading: the reading.
        change: the node that is added to the bias or taken off.
        shape: of the bias.
        sign: -1 if it is taken off.
    """
    value = reading.stage.samples(change) if reading.stage.extend([change]) else None
    if value is None:
        return None
    for z, gradient in summed_gradients(reading, shape):
        factor = ratio(sign * value.flat, gradient.flat, 1e-6)
        if factor is not None and any(is_same(factor, one) for one in reading.factors.values()):
            return z
    return None


def summed_gradients(reading: Reading, shape: tuple[int, ...]) -> Iterator[tuple[int, Samples]]:
    """The pre-activation of each layer, and its gradient as a bias of a shape has it, summed over all observations.

    What one line computes in each step of a sequence is one layer too.
    """
    layers, stage = reading.forward.layers, reading.stage
    groups: dict[object, list[int]] = {}
    for layer in layers:
        place = stage.node(layer.z).place
        groups.setdefault(layer.number, []).append(layer.z)
        groups.setdefault(None if place is None else place.site, []).append(layer.z)
    for alike in dict.fromkeys(map(tuple, groups.values())):
        found = summed(reading, alike, shape)
        if found is not None:
            yield alike[0], found


def summed(reading: Reading, alike: Sequence[int], shape: tuple[int, ...]) -> Samples | None:
    """The sum of the gradients of several values, each in the shape of a bias; None if they do not have it."""
    try:
        return samples([sum(unbroadcast(np.asarray(one[z]), shape) for z in alike) for one in reading.gradients])
    except (KeyError, ValueError, IndexError):
        return None


def unused_activation(reading: Reading) -> list[Found]:
    """The activation of the output layer, if it is computed and then left: outputs are the values before it.

    Its name is that of a hidden activation with another number, as ``a2`` beside ``a1``. Under a name of its own, it
    may be a probability that is printed, of a network that is trained on the values before it.
    """
    stage, program = reading.stage, reading.stage.program
    hidden = {family for one in reading.forward.layers if one.z != one.a for family in families_of(stage.node(one.a))}
    for z in [one.z for one in reading.forward.layers if one.z == one.a and one.z in reading.forward.outputs]:
        made, is_curved = {z}, False
        for id in range(z + 1, stage.end + 1):
            node, parents = stage.node(id), program.parents[id]
            others = [one for one in parents if one not in made]
            if len(others) == len(parents) or any(size_of(stage.node(one)) != 1 for one in others):
                continue
            made.add(id)
            is_curved |= node.operation in CURVES
            is_left = is_curved and not program.children[id] and node.shape == stage.node(z).shape
            place = place_beside(node, stage.node(z))
            if is_left and place is not None and families_of(node) & hidden:
                missing = "activation-missing-on-output"
                return [found_at(reading, id, missing, stage.steps, place=place, others=(), detail="unused")]
    return []


def families_of(node: Node) -> set[str]:
    """The names of a value without their numbers."""
    return {re.sub(r"\d+", "", name) for name in node.names if name != "return"} - {""}


def place_beside(node: Node, other: Node) -> Place | None:
    """The line that makes one value, perhaps by a helper, in the function that makes another; None if it is not."""
    function = None if other.place is None else other.place.function
    trail = () if node.place is None else node.place.trail
    return next((one for one in trail if one.function == function), None)
