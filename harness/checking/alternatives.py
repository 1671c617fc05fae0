"""What other costs would say of a file, if the question is open."""

from __future__ import annotations

from collections.abc import Sequence

from ..recording.graph import Place
from .choosing import natural, output_layer
from .contradictions import EXTRA_DERIVATIVE, MISSING_DERIVATIVE
from .cost import Form
from .facts import assumed
from .labels import found_at, quantity
from .naming.case import naming_places, taker_of
from .reading import Reading, same_cost
from .recorded_costs import is_declared_cost
from .result import Alternative, Found
from .sources import Sources
from .structure import Layer


def other_readings(readings: Sequence[Reading], best: Reading, sources: Sources) -> tuple[Alternative, ...]:
    """What other costs than that of the best reading would say of the file, if the question is open."""
    if not best.descends:
        return tuple(Alternative(cost=assumed(one), mistakes=()) for one in readings if one.descends)[:1]
    layer = output_layer(best)
    has_several_kinds = any(error.form for error in best.cost.errors)
    if best.cost.form is None or has_several_kinds or layer is None or layer.a == layer.z:
        return ()
    wanted = (Form.BINARY, Form.CATEGORICAL) if best.cost.form is Form.SQUARED else (Form.SQUARED,)
    possible = [one for one in readings if one.cost.form in wanted]
    declared = [
        one
        for one in readings
        if one.cost.node is not None
        and is_declared_cost(best.stage.node(one.cost.node))
        and any(same_cost(one, other) for other in possible)
    ]
    others = [*declared, *(one for one in possible if natural(one) > 0)]
    return tuple(
        Alternative(cost=assumed(one), mistakes=(output_mistake(best, one, layer, sources),)) for one in others[:1]
    )


def output_mistake(best: Reading, other: Reading, layer: Layer, sources: Sources) -> Found:
    """The derivative of the output that is missing, or one too many, if another cost is meant than that of the best."""
    stage, is_squared = best.stage, best.cost.form is Form.SQUARED
    delta = stage.node(output_delta_node(best, layer))
    compared = stage.node(best.cost.errors[0].node).place if best.cost.errors else None
    places = [compared] if is_squared else [compared, *naming_places(sources, delta), used_at(best, delta.id)]
    places += taker_of(delta.place)
    return found_at(
        best,
        delta.id,
        EXTRA_DERIVATIVE if is_squared else MISSING_DERIVATIVE,
        stage.steps,
        others=tuple(dict.fromkeys(one for one in places if one is not None and one != delta.place)),
        got=None if is_squared else quantity(other, layer.z, None),
        expected=quantity(other, layer.z, None),
    )


def output_delta_node(reading: Reading, layer: Layer) -> int:
    """The first backward operation that is the output's delta"""
    for bundle in reading.backward_bundles():
        if any(id == layer.z for id, _ in reading.aligned_with(bundle)):
            return bundle[0]
    return reading.cost.errors[0].node if reading.cost.errors else layer.z


def used_at(reading: Reading, delta: int) -> Place | None:
    """The first other line that uses a delta, if its derivative may be missing as well."""
    stage = reading.stage
    place = stage.node(delta).place
    for child in sorted(stage.program.children[delta]):
        other = stage.node(child).place
        if child in stage.needed and child not in reading.forward.nodes and other is not None and other != place:
            return other
    return None
