"""The weight matrices of a training as a film strip: one row of frames for each layer, one frame for each iteration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np

from ..models.network import Array
from .sampling import sampled
from .training import csv, short

NEGATIVE, ZERO, POSITIVE = "#2166ac", "#ffffff", "#b2182b"
MAX_FRAMES = 6
MAX_ROWS = 32  # weights of a unit, beside the bias
MIN_CELL, MAX_CELL = 3, 26  # pixels
MAX_HEIGHT = 170  # pixels of a frame
MIN_LABELLED_CELL = 12  # pixels of a cell beside which there is room for its name


@dataclass(frozen=True, kw_only=True)
class Matrices:
    """The weights of some units of a layer at some iterations."""

    title: str  # what stands above
    units: Sequence[str]  # what stands above each column
    weights: Array  # (iterations, inputs + 1, units), the bias as row 0


def largest(layers: Sequence[Matrices]) -> float:
    """The largest finite weight of all layers, 1 if there is none but 0."""
    weight = max((np.max(np.abs(m.weights), where=np.isfinite(m.weights), initial=0.0) for m in layers), default=0.0)
    return float(weight) or 1.0


@np.errstate(invalid="ignore", over="ignore")
def frames_of(layers: Sequence[Matrices]) -> list[int]:
    """Places of iterations: the first, the last, and between them those that divide the way of the weights evenly."""
    count = len(layers[0].weights)
    steps = sum(np.sum(np.diff(m.weights.astype(np.float64), axis=0) ** 2, axis=(1, 2)) for m in layers)
    way = np.concatenate([[0.0], np.cumsum(np.nan_to_num(np.sqrt(steps), nan=0.0, posinf=0.0))])
    wanted = np.linspace(0, way[-1], min(count, MAX_FRAMES))
    nearest = np.argmin(np.abs(way[:, None] - wanted), axis=0).tolist()
    return sorted({0, count - 1, *nearest[1:-1]})


def film_strip(
    layers: Sequence[Matrices], iterations: Sequence[int], row_names: tuple[str, str], title: str, width: int
) -> alt.VConcatChart:
    """Blue is negative, white 0, red positive, on one scale for all layers and iterations: clones are equal columns.

    Args:
        layers: from the first to the last, at the same iterations.
        iterations: of the weights; ``MAX_FRAMES`` of them are drawn at most, with the same amount of change between
            them.
        row_names: of the bias, and of an input, to which its number is added.
        title: what there is to see.
        width: of the strip in pixels.
    """
    limit = largest(layers)
    frames = frames_of(layers)
    rows = [strip(layer, iterations, frames, row_names, limit, width // len(frames)) for layer in layers]
    chart: alt.VConcatChart = alt.vconcat(*rows, spacing=14).resolve_legend(color="shared").properties(title=title)
    return chart


def strip(
    layer: Matrices,
    iterations: Sequence[int],
    frames: Sequence[int],
    row_names: tuple[str, str],
    limit: float,
    frame_width: int,
) -> alt.HConcatChart:
    """The frames of one layer."""
    inputs = layer.weights.shape[1] - 1
    shown = [0, *(1 + place for place in sampled(inputs, MAX_ROWS))]
    names = [row_names[0], *(f"{row_names[1]} {row - 1}" for row in shown[1:])]
    first_label = 46  # pixels, left of the first frame
    cell_width = max(MIN_CELL, min(MAX_CELL, (frame_width - 14 - first_label // len(frames)) // len(layer.units)))
    cell_height = max(MIN_CELL, min(MAX_CELL, MAX_HEIGHT // len(shown)))
    charts = []
    for place, frame in enumerate(frames):
        weights = layer.weights[frame][shown]
        cells = [
            (row, unit, short(float(weight)) if math.isfinite(weight) else "")
            for row, of_row in enumerate(weights.tolist())
            for unit, weight in enumerate(of_row)
        ]
        charts.append(
            alt.Chart(csv({"row": "number", "unit": "number", "w": "number"}, cells))
            .mark_rect(stroke=ZERO, strokeWidth=0.6)
            .encode(
                x=axis("unit:O", layer.units, cell_width, 9) if place == 0 else axis("unit:O", layer.units, 0, 9),
                y=axis("row:O", names, cell_height, MIN_LABELLED_CELL) if place == 0 else axis("row:O", names, 0, 1),
                color=color(limit),
            )
            .properties(
                width=cell_width * len(layer.units),
                height=cell_height * len(shown),
                title=alt.Title(f"{iterations[frame]:,}", anchor="middle", fontSize=12, fontWeight="normal", offset=3),
            )
        )
    joined: alt.HConcatChart = alt.hconcat(*charts, spacing=10).properties(title=alt.Title(layer.title, fontSize=12))
    return joined


def axis(field: str, names: Sequence[str], cell: int, least: int) -> alt.X | alt.Y:
    """Rows or columns by their numbers, with their names if each has room for it."""
    labels = "[" + ",".join(f'"{name}"' for name in names) + "][datum.value]"
    shown = alt.Axis(
        title=None, labels=cell >= least, labelExpr=labels, labelAngle=0, ticks=False, domain=False, orient="left"
    )
    if field.startswith("unit"):
        shown.orient = "bottom"
        return alt.X(field, axis=shown)
    return alt.Y(field, axis=shown)


def color(limit: float) -> alt.Color:
    """From the most negative weight to the most positive, white between them."""
    scale = alt.Scale(domain=[-limit, 0, limit], range=[NEGATIVE, ZERO, POSITIVE], interpolate="rgb")
    legend = alt.Legend(
        title=None, orient="right", gradientLength=90, gradientThickness=10, values=[-limit, 0, limit], format=".3~g"
    )
    return alt.Color("w:Q", scale=scale, legend=legend)
