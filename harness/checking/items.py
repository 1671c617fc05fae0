"""Updates that are written out item by item, some of which take the gradient of another item."""

from __future__ import annotations

import numpy as np

from ..recording.graph import Place, Ref
from .alignment import ratio
from .factors import is_same
from .labels import found_in_step
from .reading import Reading
from .result import UNKNOWN, Found
from .stage import Step

MOST_ITEMS = 64  # of a parameter whose items are written one by one in the text


def of_other_items(reading: Reading, step: Step) -> Found | None:
    """Items whose step is the gradient of another item of the parameter, beside items whose step is their own.

    Each must have a statement that no right item shares: what they all go through is right then.
    """
    size = int(np.prod(step.shape))
    items = reading.items_of(step) if 1 < size <= MOST_ITEMS else None
    places = places_of_items(reading, step) if items is not None else []
    if items is None or len(set(places)) < 2:
        return None
    steps, gradients = items
    if steps.shape[1] != size:
        return None
    factors = [ratio(steps[:, item], gradients[:, item], 1e-6) for item in range(size)]
    known = [one for one in factors if one is not None]
    if not known or known[0] > 0 or not all(is_same(one, known[0]) for one in known):
        return None
    right = {place for place, factor in zip(places, factors) if factor is not None}
    wrong = [item for item in range(size) if factors[item] is None]
    wrong_places = {places[item] for item in wrong}
    if None in wrong_places or right & wrong_places:
        return None
    for item in wrong:
        others = [ratio(steps[:, item], gradients[:, other], 1e-6) for other in range(size)]
        if not any(one is not None and is_same(one, known[0]) for one in others):
            return None
    first, *rest = sorted((one for one in wrong_places if one is not None), key=lambda one: (one.file, one.line))
    return found_in_step(reading, step, "wrong-index", place=first, others=tuple(rest), got=UNKNOWN)


def places_of_items(reading: Reading, step: Step) -> list[Place | None]:
    """The statement that wrote each item last; None of an item that was not written."""
    stage, values = reading.stage, reading.stage.settings[0]
    found: list[Place | None] = [None] * int(np.prod(step.shape))
    id = step.after
    while id != step.before:
        node = stage.node(id)
        base = node.arguments[0] if node.operation == "setitem" else None
        if not isinstance(base, Ref) or base.id not in values or id not in values:
            return []
        for item in np.flatnonzero(np.ravel(values[id]) != np.ravel(values[base.id])):
            found[item] = found[item] or node.place
        id = base.id
    return found
