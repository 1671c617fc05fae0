"""Charts of how far several ways to compute the same network are apart: by layer, and by update."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from .training import CURVE_COLORS, log_ticks

LARGEST = 1e6  # what is infinite is drawn here
LEVEL_CHARACTERS = 50  # of all labels of the places, which have room beside each other in a narrow chart
BELOW_ALL = 100  # times lower than all other differences is drawn what is equal


@dataclass(frozen=True, kw_only=True)
class DifferenceLine:
    """One line."""

    name: str  # of the pair
    measured: Sequence[float | None]  # relative differences, one for each place on the axis; None if there is none
    explained: Sequence[float | None]  # as much of each as is explained


def bounded(value: float) -> float:
    """The difference as it is drawn: what is infinite or NaN at the upper end."""
    return min(value, LARGEST) if math.isfinite(value) else LARGEST


def difference_axis(values: Sequence[float], title: str) -> tuple[alt.Y, float]:
    """A logarithmic axis for all of these differences, and where on it lies what is equal."""
    positive = [value for value in values if value > 0] or [1.0]
    zero = min(positive) / BELOW_ALL
    low, high = zero if 0 in values else min(positive) / 2, 2 * max(positive)
    ticks = [tick for tick in log_ticks(low, high) if tick >= min(positive) / 2]
    axis = alt.Axis(
        title=title,
        values=[zero, *ticks] if 0 in values else ticks,
        labelExpr=f"datum.value <= {zero} ? '0' : format(datum.value, '.0e')",
    )
    return alt.Y("difference:Q", axis=axis, scale=alt.Scale(type="log", domain=[low, high], nice=False)), zero


def differences_chart(
    places: Sequence[str],
    lines: Sequence[DifferenceLine],
    axis_titles: tuple[str, str],
    kinds: tuple[str, str],
    title: str,
) -> alt.LayerChart:
    """Relative differences on a logarithmic axis, a solid line a pair, and a dashed one of what is explained.

    Args:
        places: labels of the horizontal axis, in order.
        lines: at most as many as ``CURVE_COLORS`` can be distinguished.
        axis_titles: of the places and of the differences.
        kinds: what the solid and the dashed lines are.
        title: what there is to see.
    """
    points = [
        (place, bounded(value), line.name, kind)
        for line in lines
        for kind, values in zip(kinds, (line.measured, line.explained))
        for place, value in zip(places, values)
        if value is not None
    ]
    y, zero = difference_axis([value for _, value, _, _ in points], axis_titles[1])
    rows = [
        {"place": place, "difference": value or zero, "pair": name, "kind": kind} for place, value, name, kind in points
    ]
    colors = [CURVE_COLORS[number % len(CURVE_COLORS)] for number in range(len(lines))]
    pair_legend = alt.Legend(title=None, orient="top", labelLimit=0, columns=2, offset=4)
    kind_legend = alt.Legend(title=None, orient="bottom", labelLimit=0, offset=4)
    angle = 0 if sum(map(len, places)) <= LEVEL_CHARACTERS else -40
    chart = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("place:O", sort=list(places), axis=alt.Axis(title=axis_titles[0], labelAngle=angle, labelLimit=140)),
        y=y,
        color=alt.Color(
            "pair:N", scale=alt.Scale(domain=[line.name for line in lines], range=colors), legend=pair_legend
        ),
    )
    dashes = alt.Scale(domain=list(kinds), range=[[1, 0], [5, 4]])
    strokes = chart.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("kind:N", scale=dashes, legend=kind_legend)
    )
    marks = chart.transform_filter(alt.datum.kind == kinds[0]).mark_point(size=40, filled=True)
    return alt.layer(strokes, marks).properties(title=title)
