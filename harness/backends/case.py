"""The one computation that all setups repeat: model, weights, data and batches, in files that any backend can read.

Nothing here imports Keras, so that a child process reads a case before it has a backend.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..models.network import Array
from .configs import Config

DESCRIPTION = "case.json"
ARRAYS = "arrays.npz"
DESCRIBED = ("name", "model", "loss", "optimizer", "seed", "runs_code", "definitions")  # what is in DESCRIPTION


@dataclass(frozen=True, kw_only=True)
class Start:
    """One training for the outcome: where it starts, and its batches."""

    weights: Sequence[Array]  # in the order of ``model.weights``
    batches: Sequence[Array]  # the rows of each update


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model, and what it is given."""

    name: str  # for reports
    model: Config  # Keras' configuration of the model
    # loss, optimizer: of what it is compiled with
    loss: Config
    optimizer: Config
    weights: Sequence[Array]  # at the start, in the order of ``model.weights``
    x: dict[str, Array]  # the inputs by name; of a model with one input, under the name ""
    y: Array  # the targets, (rows, ...)
    sample_weight: Array | None = None  # (rows,), or None
    # the rows of each update that is compared; outputs and gradients are compared on the first
    batches: Sequence[Array]
    starts: Sequence[Start] = ()  # the trainings for the outcome
    # held_x, held_y: what the outcome is scored on
    held_x: dict[str, Array] = field(default_factory=dict)
    held_y: Array | None = None
    seed: int = 0  # of whatever draws random numbers
    # whether functions that the configuration holds may be run: only those of a script that runs anyway
    runs_code: bool = False
    definitions: str = ""  # the source of such a script's own classes and functions, which the configuration may name

    def rows(self, rows: Array) -> tuple[Any, Array, Array | None]:
        """(x, y, sample weights) of some rows, x in the form that the model takes."""
        weights = None if self.sample_weight is None else self.sample_weight[rows]
        return inputs_of({name: values[rows] for name, values in self.x.items()}), self.y[rows], weights


def inputs_of(x: dict[str, Array]) -> Any:
    """The inputs in the form that a model takes: an array, or one for each input by its name."""
    return x[""] if list(x) == [""] else x


def write_case(folder: Path, case: Case) -> None:
    """Write a case into an existing folder."""
    arrays: dict[str, Array] = {"y": case.y}
    arrays |= {f"weight {place}": weight for place, weight in enumerate(case.weights)}
    arrays |= {f"x {name}": values for name, values in case.x.items()}
    arrays |= {f"held {name}": values for name, values in case.held_x.items()}
    arrays |= {f"batch {place}": rows for place, rows in enumerate(case.batches)}
    for place, start in enumerate(case.starts):
        arrays |= {f"start {place} weight {number}": weight for number, weight in enumerate(start.weights)}
        arrays |= {f"start {place} batch {number}": rows for number, rows in enumerate(start.batches)}
    optional = {"sample_weight": case.sample_weight, "held_y": case.held_y}
    arrays |= {name: values for name, values in optional.items() if values is not None}
    description = {key: getattr(case, key) for key in DESCRIBED} | {"starts": len(case.starts)}
    np.savez(folder / ARRAYS, **arrays)  # type: ignore[arg-type]
    (folder / DESCRIPTION).write_text(json.dumps(description))


def read_case(folder: Path) -> Case:
    """Read what ``write_case`` wrote."""
    description = json.loads((folder / DESCRIPTION).read_text())
    with np.load(folder / ARRAYS, allow_pickle=False) as file:
        arrays = dict(file)

    def numbered(prefix: str) -> list[Array]:
        count = sum(name.startswith(prefix) for name in arrays)
        return [arrays[f"{prefix}{place}"] for place in range(count)]

    def named(prefix: str) -> dict[str, Array]:
        return {name[len(prefix) :]: values for name, values in arrays.items() if name.startswith(prefix)}

    return Case(
        **{key: description[key] for key in DESCRIBED},
        weights=numbered("weight "),
        x=named("x "),
        y=arrays["y"],
        sample_weight=arrays.get("sample_weight"),
        batches=numbered("batch "),
        starts=[
            Start(weights=numbered(f"start {place} weight "), batches=numbered(f"start {place} batch "))
            for place in range(description["starts"])
        ],
        held_x=named("held "),
        held_y=arrays.get("held_y"),
    )
