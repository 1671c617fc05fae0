"""TensorBoard curves of several setups: how far each pair is apart, after each number of updates."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np

from ..backends.compare import BackendComparison, Pair
from ..backends.quantities import RECORDED_UPDATES
from ..files import plain_errors
from .events import Series, scalar_series
from .runs import write_events

ALL_LAYERS = "difference/all layers"
DESCRIPTION = "The largest difference of the weights between two setups, relative to the largest weight of its array."


def series_of_pair(pair: Pair, layers: list[str]) -> list[Series]:
    """A curve of all layers, and one of each with weights."""
    tags: dict[str, str | None] = {ALL_LAYERS: None} | {f"difference/{layer}": layer for layer in layers}
    series = []
    for tag, layer in tags.items():
        largest = [pair.largest_of_weights(updates, layer) for updates in RECORDED_UPDATES]
        known = [difference.relative for difference in largest if difference is not None]
        if len(known) == len(RECORDED_UPDATES):
            series.append(scalar_series(tag, DESCRIPTION, np.array(known)))
    return series


def write_backends(folder: Path, comparison: BackendComparison) -> None:
    """Write a run with curves for each pair.

    Args:
        folder: of the comparison.
        comparison: with pairs whose updates were computed.

    Raises:
        BadInput: ``folder`` cannot be written.
    """
    for pair in comparison.pairs:
        series = series_of_pair(pair, list(comparison.layers))
        if not series:
            continue
        of_pair = folder / re.sub(r"\W+", "-", f"{pair.left.name}-{pair.right.name}")[:60]
        with plain_errors(of_pair):
            of_pair.mkdir(parents=True, exist_ok=True)
            write_events(of_pair, time.time(), [], series, RECORDED_UPDATES)
