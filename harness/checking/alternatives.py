"""What other costs would say of a file, where the question is open."""

from __future__ import annotations

from collections.abc import Sequence

from ..recording.graph import Place
from .choosing import natural, output_layer
from .contradictions import EXTRA_DERIVATIVE, MISSING_DERIVATIVE
from .cost import Form, is_declared_cost
from .facts import assumed
from .naming.case import naming_places
from .reading import Reading, label, quantity, same_cost
from .result import Alternative, Found
from .sources import Sources
from .structure import Layer


def other_readings(readings: Sequence[Reading], best: Reading, sources: Sources) -> tuple[Alternative, ...]:
    """What other costs than that of the best reading would say of the file, if the question is open."""
    if not best.descends:
        return tuple(Alternative(cost=assumed(one), mistakes=()) for one in readings if one.descends)[:1]
    found: list[Alternative] = []
    layer = output_layer(best)
    if best.cost.form is not None and layer is not None and layer.a != layer.z:
        squared = best.cost.form is Form.SQUARED
        id = EXTRA_DERIVATIVE if squared else MISSING_DERIVATIVE
        wanted = (Form.BINARY, Form.CATEGORICAL) if squared else (Form.SQUARED,)
        for other in readings:
            meant = (
                other.cost.node is not None
                and is_declared_cost(best.stage.node(other.cost.node))
                and any(same_cost(other, one) for one in readings if one.cost.form in wanted)
            )
            if not meant and (other.cost.form not in wanted or natural(other) <= 0):
                continue
            place_node = output_delta_node(best, layer)
            place = best.stage.node(place_node).place
            compared = best.stage.node(best.cost.errors[0].node).place if best.cost.errors else None
            named = naming_places(sources, best.stage.node(place_node))
            places = [compared] if squared else [compared, *named, used_at(best, place_node)]
            mistake = Found(
                id=id,
                place=place,
                others=tuple(dict.fromkeys(one for one in places if one is not None and one != place)),
                variable=label(best.stage, place_node),
                shape=best.stage.node(place_node).shape,
                got=quantity(other, layer.z, None) if not squared else None,
                expected=quantity(other, layer.z, None),
                parameters=tuple(step.name for step in best.stage.steps),
            )
            found.append(Alternative(cost=assumed(other), mistakes=(mistake,)))
            if meant:
                break
        found.sort(key=lambda one: one.cost.form != "")
    return tuple(found[:1])


def output_delta_node(reading: Reading, layer: Layer) -> int:
    """The first backward operation that is the output's delta"""
    for bundle in reading.backward_bundles():
        if any(id == layer.z for id, _ in reading.aligned_with(bundle)):
            return bundle[0]
    return reading.cost.errors[0].node if reading.cost.errors else layer.z


def used_at(reading: Reading, delta: int) -> Place | None:
    """The first other line that uses a delta, where its derivative may be missing as well."""
    stage = reading.stage
    place = stage.node(delta).place
    for child in sorted(stage.program.children[delta]):
        other = stage.node(child).place
        if child in stage.needed and child not in reading.forward.nodes and other is not None and other != place:
            return other
    return None
