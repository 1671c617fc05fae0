"""What one setup computed, in files between the processes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from ..models.network import Array
from ..results import plain
from .quantities import Kind, Quantity

RESULT = "result.json"
ARRAYS = "result.npz"
OF_QUANTITIES = ("shapes", "spread", "exact_spread", "bound", "exact_bound", "terms")  # attributes that go into RESULT


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the trainings of one setup came to, one a start."""

    losses: Array  # (starts,) on the rows that judge
    predictions: Array  # (starts, rows, ...)


@dataclass(frozen=True, kw_only=True)
class Computed:
    """What one setup computed."""

    values: Mapping[Quantity, Array]  # of each quantity, (elements,) in float64: all of its elements or a sample
    shapes: Mapping[Quantity, tuple[int, ...]]  # of the whole arrays
    # the same quantities computed by the same backend in float64
    reference: Mapping[Quantity, Array] = field(default_factory=dict)
    # by how much one rounding of the setup's dtype in every weight, input and output of a layer moves the float64
    # computation at most; of weights after updates, one in every weight at the start
    spread: Mapping[Quantity, float] = field(default_factory=dict)
    exact_spread: Mapping[Quantity, float] = field(default_factory=dict)  # the same for eight roundings of float64
    # of quantities that have a derived bound, how far a result in the setup's dtype may be from the exact one
    bound: Mapping[Quantity, float] = field(default_factory=dict)
    exact_bound: Mapping[Quantity, float] = field(default_factory=dict)  # the same in float64
    # of each quantity of the start, how many roundings one of its elements may have gone through
    terms: Mapping[Quantity, int] = field(default_factory=dict)
    is_compiled: bool = False  # whether the backend's compiler was used
    version: str = ""  # of the backend
    outcome: Outcome | None = None  # of the trainings; None if there were none


def write_computed(folder: Path, computed: Computed) -> None:
    """Write it into an existing folder."""
    arrays: dict[str, Array] = {}
    quantities: list[dict[str, Any]] = []
    for place, quantity in enumerate(computed.values):
        arrays[f"value {place}"] = computed.values[quantity]
        if quantity in computed.reference:
            arrays[f"reference {place}"] = computed.reference[quantity]
        known = {key: getattr(computed, key).get(quantity) for key in OF_QUANTITIES}
        quantities.append({**plain(quantity), **known})
    if computed.outcome is not None:
        arrays |= {"losses": computed.outcome.losses, "predictions": computed.outcome.predictions}
    np.savez(folder / ARRAYS, **arrays)  # type: ignore[arg-type]
    facts = {"quantities": quantities, "is_compiled": computed.is_compiled, "version": computed.version}
    (folder / RESULT).write_text(json.dumps(facts))


def read_computed(folder: Path) -> Computed:
    """Read what ``write_computed`` wrote."""
    facts = json.loads((folder / RESULT).read_text())
    with np.load(folder / ARRAYS, allow_pickle=False) as file:
        arrays = dict(file)
    entries: Sequence[dict[str, Any]] = facts["quantities"]
    names = [field.name for field in fields(Quantity)]
    quantities = [
        Quantity(**{name: entry[name] for name in names} | {"kind": Kind(entry["kind"])}) for entry in entries
    ]

    def known(key: str) -> dict[Quantity, Any]:
        return {q: entry[key] for q, entry in zip(quantities, entries) if entry[key] is not None}

    return Computed(
        values={q: arrays[f"value {place}"] for place, q in enumerate(quantities)},
        reference={
            q: arrays[f"reference {place}"] for place, q in enumerate(quantities) if f"reference {place}" in arrays
        },
        **{key: known(key) for key in OF_QUANTITIES}
        | {"shapes": {q: tuple(shape) for q, shape in known("shapes").items()}},
        is_compiled=facts["is_compiled"],
        version=facts["version"],
        outcome=Outcome(losses=arrays["losses"], predictions=arrays["predictions"]) if "losses" in arrays else None,
    )
