"""Charts of many networks: every one a point, in one row for each way of training them, and shares with intervals."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np
from numpy.typing import NDArray

from .training import COST_LABEL, csv, log_ticks, short

REACHED, MISSED = "#2da05a", "#e5484d"
MAX_POINTS = 400  # of a row; more are drawn as a histogram
BINS = 90
ROW_HEIGHT = 42  # pixels
JITTER = 0.3  # of a row, up and down
LABEL_PIXELS = 330
NARROWEST_PIXELS = LABEL_PIXELS + 200  # of a chart with its labels


@dataclass(frozen=True, kw_only=True)
class PointRow:
    """The networks of one row."""

    name: str  # what stands beside the row
    values: NDArray[np.floating]  # one for each network; those that are not finite are left out
    reached: NDArray[np.bool_]  # whether each has learned


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A vertical line with its name."""

    value: float
    name: str


@dataclass(frozen=True, kw_only=True)
class ShareRow:
    """A share with its interval."""

    name: str
    value: float
    low: float
    high: float
    reached: bool


def row_axis(names: Sequence[str]) -> alt.Y:
    """The rows from top to bottom, by their numbers, with their names as labels."""
    places = list(range(len(names)))
    axis = alt.Axis(
        values=places,
        labelExpr=f"{json.dumps(list(names))}[datum.value]",
        title=None,
        grid=False,
        ticks=False,
        domain=False,
        labelLimit=LABEL_PIXELS,
        labelPadding=8,
    )
    return alt.Y("y:Q", axis=axis, scale=alt.Scale(domain=[len(names) - 0.5, -0.5], nice=False))


def value_axis(values: NDArray[np.floating], title: str, *, is_cost: bool, share: bool = False) -> alt.X:
    """The axis of the values: logarithmic for costs above 0, otherwise linear."""
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    if is_cost and low > 0:
        room = 10 ** (0.04 * max(math.log10(high / low), 0.2))
        ticks = log_ticks(low / room, high * room)
        axis = alt.Axis(title=title, labelExpr=COST_LABEL, values=ticks if len(ticks) > 1 else alt.Undefined)
        return alt.X("x:Q", axis=axis, scale=alt.Scale(type="log", nice=False, domain=[low / room, high * room]))
    room = 0.04 * ((high - low) or 1.0)
    axis = alt.Axis(title=title, format="~%" if share else "~g", tickCount=6)
    return alt.X("x:Q", axis=axis, scale=alt.Scale(nice=False, zero=False, domain=[low - room, high + room]))


def jitter(count: int) -> NDArray[np.floating]:
    """Evenly scattered offsets in a row, the same every time (the golden ratio's multiples)."""
    return JITTER * (2 * ((np.arange(count) * 0.6180339887498949) % 1.0) - 1)


def points_chart(
    rows: Sequence[PointRow], marks: Sequence[Mark], axis_title: str, title: str, *, is_cost: bool, share: bool = False
) -> alt.LayerChart:
    """Every network a point, in rows; green if it has learned, otherwise red. Rows with very many are histograms.

    Args:
        rows: from top to bottom.
        marks: vertical lines.
        axis_title: of the values.
        title: what there is to see.
        is_cost: whether the values are costs, which have a logarithmic axis.
        share: whether they are shares, which are written in percent.
    """
    finite = [np.isfinite(row.values) for row in rows]
    drawn = np.concatenate([row.values[kept] for row, kept in zip(rows, finite)] + [np.array([m.value for m in marks])])
    y = row_axis([row.name for row in rows])
    x = value_axis(drawn, axis_title, is_cost=is_cost, share=share)
    logarithmic = is_cost and bool(np.all(drawn > 0))
    edges = bin_edges(drawn, logarithmic=logarithmic)
    points: list[tuple[object, ...]] = []
    bars: list[tuple[object, ...]] = []
    for place, (row, kept) in enumerate(zip(rows, finite)):
        values, reached = row.values[kept], row.reached[kept]
        if len(values) <= MAX_POINTS:
            offsets = jitter(len(values)) if len(values) > 1 else np.zeros(len(values))
            points += [
                (short(v), short(place + off), int(r))
                for v, off, r in zip(values.tolist(), offsets.tolist(), reached.tolist())
            ]
        else:
            bars += histogram(values, reached, place, edges)
    color = alt.Color("r:N", scale=alt.Scale(domain=["0", "1"], range=[MISSED, REACHED]), legend=None)
    shape = alt.Shape("r:N", scale=alt.Scale(domain=["0", "1"], range=["cross", "circle"]), legend=None)
    columns = {"x": "number", "y": "number", "r": "string"}
    dots = alt.Chart(csv(columns, points)).mark_point(filled=True, size=46, opacity=0.75)
    layers = [dots.encode(x=x, y=y, color=color, shape=shape)]
    if bars:
        chart = alt.Chart(csv({"x": "number", "x2": "number", "y": "number", "y2": "number", "r": "string"}, bars))
        layers.append(chart.mark_rect(opacity=0.85).encode(x=x, x2="x2:Q", y=y, y2="y2:Q", color=color))
    for number, mark in enumerate(marks):
        data = alt.Chart(alt.Data(values=[{"x": mark.value, "y": -0.5, "name": mark.name}]))
        layers.append(data.mark_rule(strokeDash=[5, 4], opacity=0.9).encode(x=x))
        side = 1 if is_left(mark.value, drawn, logarithmic=logarithmic) else -1
        text = data.mark_text(
            align="left" if side > 0 else "right", baseline="bottom", dx=4 * side, dy=-4 - 15 * number, fontSize=12
        )
        layers.append(text.encode(x=x, y=y, text="name:N"))
    heading = alt.Title(title, offset=8 + 15 * len(marks))
    return alt.layer(*layers).properties(title=heading, height=ROW_HEIGHT * max(len(rows), 1))


def is_left(value: float, values: NDArray[np.floating], *, logarithmic: bool) -> bool:
    """Whether a value lies in the left half of the axis of these values."""
    low, high = float(values.min()), float(values.max())
    middle = math.sqrt(low * high) if logarithmic else (low + high) / 2
    return value < middle


def bin_edges(values: NDArray[np.floating], *, logarithmic: bool) -> NDArray[np.floating]:
    """The edges of the histograms' bins, the same for all rows."""
    if logarithmic:
        return np.geomspace(float(values.min()), float(values.max()) * (1 + 1e-9), BINS + 1)
    return np.linspace(float(values.min()), float(values.max()) + 1e-12, BINS + 1)


def histogram(
    values: NDArray[np.floating], reached: NDArray[np.bool_], place: int, edges: NDArray[np.floating]
) -> list[tuple[object, ...]]:
    """The bars of a row, those of the networks that have learned below the others."""
    counted = [np.histogram(values[reached == kind], edges)[0] for kind in (False, True)]
    highest = max(int((counted[0] + counted[1]).max()), 1)
    bars: list[tuple[object, ...]] = []
    for number in range(BINS):
        bottom = place + 0.42
        for kind in (True, False):
            members = int(counted[kind][number])
            if members:
                top = bottom - 0.84 * members / highest
                bars.append((short(edges[number]), short(edges[number + 1]), short(bottom), short(top), int(kind)))
                bottom = top
    return bars


def shares_chart(rows: Sequence[ShareRow], axis_title: str, title: str) -> alt.LayerChart:
    """Shares from 0 to 100 % with their intervals, in rows."""
    data = [
        {"x": row.value, "low": row.low, "high": row.high, "y": place, "r": str(int(row.reached))}
        for place, row in enumerate(rows)
    ]
    y = row_axis([row.name for row in rows])
    axis = alt.Axis(title=axis_title, format="~%", values=[0, 0.25, 0.5, 0.75, 1], labelFlush=True)
    scale = alt.Scale(domain=[-0.02, 1.02], nice=False)
    color = alt.Color("r:N", scale=alt.Scale(domain=["0", "1"], range=[MISSED, REACHED]), legend=None)
    base = alt.Chart(alt.Data(values=data)).encode(y=y, color=color)
    lines = base.mark_rule(strokeWidth=4, opacity=0.45).encode(x=alt.X("low:Q", axis=axis, scale=scale), x2="high:Q")
    dots = base.mark_point(filled=True, size=110, opacity=1).encode(x=alt.X("x:Q", axis=axis, scale=scale))
    return alt.layer(lines, dots).properties(title=title, height=ROW_HEIGHT * max(len(rows), 1) * 0.8)
