"""A drawing of a network: its edges and units take the weights of the iteration that the page's slider is at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...comparison.trace import Run
from ...figures.sampling import sampled
from ...figures.training import UNIT_COLORS
from ...measures.symmetry import clone_groups, hidden_layers
from .html import Content, Html, element

MAX_DRAWN = 8  # units of a layer, and inputs
WIDTH, HEIGHT = 560, 330
RADIUS, MARGIN_X, MARGIN_Y = 19, 60, 44


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """One network over its training."""

    svg: Html  # as it is at the last iteration
    # for the script: the weights of every edge, the biases and the colours of every unit at each iteration
    data: dict[str, Any]
    left_out: bool  # whether a layer has more units than are drawn


def unit_colors(run: Run, index: int, drawn: Sequence[Sequence[int]]) -> list[int]:
    """The place in ``UNIT_COLORS`` of every unit that is drawn; clones have that of the first of them."""
    weights, colors = run.weights[index], []
    for layer, units in enumerate(drawn[1:], start=1):
        if layer in hidden_layers(weights):
            first = {unit: min(group) for group in clone_groups(weights, layer) for unit in group}
        else:
            first = {unit: unit for unit in units}
        colors += [first[unit] % len(UNIT_COLORS) for unit in units]
    return colors


def short(value: float) -> float | None:
    """A number for the script; None for one that JSON has not."""
    return float(f"{value:.4g}") if math.isfinite(value) else None


def positions(drawn: Sequence[Sequence[int]]) -> list[list[tuple[float, float]]]:
    """Where each unit lies: a column for each layer, the inputs on the left."""
    columns = []
    for place, units in enumerate(drawn):
        x = MARGIN_X + place * (WIDTH - 2 * MARGIN_X) / max(len(drawn) - 1, 1)
        step = (HEIGHT - 2 * MARGIN_Y) / max(max(map(len, drawn)) - 1, 1)
        top = HEIGHT / 2 + 8 - step * (len(units) - 1) / 2
        columns.append([(x, top + step * number) for number in range(len(units))])
    return columns


def layer_name(layer: int, depth: int) -> str:
    """What stands over a column."""
    if layer == 0:
        return "inputs"
    return "outputs" if layer == depth else f"hidden layer {layer}"


def draw_network(run: Run, description: str) -> Drawing:
    """Draw the network of a run.

    Args:
        run: with the weights of every recorded iteration.
        description: for those who cannot see it.
    """
    first = run.weights[0]
    sizes = [first[0].shape[0] - 1, *(w.shape[1] for w in first)]
    drawn = [sampled(size, MAX_DRAWN) for size in sizes]
    places = positions(drawn)
    edges = [
        (layer, source, target)
        for layer in range(1, len(sizes))
        for source in range(len(drawn[layer - 1]))
        for target in range(len(drawn[layer]))
    ]
    weights = [
        [short(float(of_run[layer - 1][1 + drawn[layer - 1][i], drawn[layer][j]])) for layer, i, j in edges]
        for of_run in run.weights
    ]
    biases = [
        [short(float(of_run[layer - 1][0, unit])) for layer in range(1, len(sizes)) for unit in drawn[layer]]
        for of_run in run.weights
    ]
    colors = [unit_colors(run, index, drawn) for index in range(len(run.weights))]
    sizes_of_weights = [abs(weight) for row in weights for weight in row if weight is not None]
    largest = max(sizes_of_weights, default=1.0) or 1.0
    contents: list[Content] = [element("title", description)]
    for number, (layer, i, j) in enumerate(edges):
        contents.append(edge(layer, i, j, places, drawn, weights[-1][number], largest))
    depth, unit = len(sizes) - 1, 0
    for layer, column in enumerate(places):
        contents.append(label(layer_name(layer, depth), column[0][0], 16, "quiet"))
        for place, (x, y) in enumerate(column):
            if layer == 0:
                contents.append(element("circle", cx=round(x, 1), cy=round(y, 1), r=RADIUS, class_="input"))
                contents.append(label(f"x{drawn[0][place]}", x, y + 4, None))
                continue
            bias, color = biases[-1][unit], UNIT_COLORS[colors[-1][unit]]
            contents.append(element("circle", cx=round(x, 1), cy=round(y, 1), r=RADIUS, class_="unit", fill=color))
            contents.append(label("NaN" if bias is None else f"{bias:.2g}", x, y + 4, "in-unit"))
            unit += 1
    svg = element("svg", *contents, viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="network", role="img")
    data = {"edges": weights, "biases": biases, "colors": colors, "largest": largest, "palette": UNIT_COLORS}
    return Drawing(svg=svg, data=data, left_out=any(size > MAX_DRAWN for size in sizes))


def edge(
    layer: int,
    source: int,
    target: int,
    places: Sequence[Sequence[tuple[float, float]]],
    drawn: Sequence[Sequence[int]],
    weight: float | None,
    largest: float,
) -> Html:
    """The line of one weight."""
    (x1, y1), (x2, y2) = places[layer - 1][source], places[layer][target]
    name = f"layer {layer}, from {drawn[layer - 1][source]} to unit {drawn[layer][target]}"
    value = "not a number" if weight is None else f"{weight:.3g}"
    where = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    sign = "" if weight is None else "negative" if weight < 0 else "positive"
    width = 1.0 if weight is None else 0.5 + 7 * min(abs(weight) / largest, 1)
    look = f'class="{sign}" stroke-width="{width:.2f}" data-name="{name}"'
    return Html(f"<line {where} {look}><title>{name}: {value}</title></line>")


def label(text: str, x: float, y: float, kind: str | None) -> Html:
    """A piece of text in a drawing."""
    return element("text", text, x=round(x, 1), y=round(y, 1), class_=kind)
