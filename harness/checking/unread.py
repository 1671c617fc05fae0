"""Biases that are updated with the gradient of their layer, and that the forward pass that is trained does not add."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..recording.graph import Kind
from .alignment import Samples, ratio, samples
from .factors import is_same
from .reading import Reading
from .result import Found
from .unused import start_of
from .vjps.operation import unbroadcast

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
