"""Charts of how far several ways to compute the same network are apart: by layer, and by update."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from .training import CURVE_COLORS

SMALLEST = 1e-18  # what is equal is drawn here, at the lower end of the logarithmic axis
LARGEST = 1e6  # what is infinite is drawn here
LABEL = f"datum.value <= {SMALLEST} ? '0' : format(datum.value, '.0e')"


@dataclass(frozen=True, kw_only=True)
class DifferenceLine:
    """One line.

    Attributes:
        name: of the pair.
        values: relative differences, one for each place on the axis; None if there is none.
    """

    name: str
    values: Sequence[float | None]


def drawn(value: float) -> float:
    """Where a difference lies on the axis."""
    return min(max(value, SMALLEST), LARGEST) if math.isfinite(value) else LARGEST


def differences_chart(
    places: Sequence[str], lines: Sequence[DifferenceLine], axis_titles: tuple[str, str], title: str
) -> alt.LayerChart:
    """Relative differences on a logarithmic axis, one line a pair.

    Args:
        places: labels of the horizontal axis, in order.
        lines: at most as many as ``CURVE_COLORS`` can be distinguished.
        axis_titles: of the places and of the differences.
        title: what there is to see.
    """
    names = [line.name for line in lines]
    rows = [
        {"place": place, "difference": drawn(value), "pair": line.name}
        for line in lines
        for place, value in zip(places, line.values)
        if value is not None
    ]
    values = [row["difference"] for row in rows if isinstance(row["difference"], float)] or [SMALLEST]
    low, high = min(values) / 10, max(values) * 10
    colors = [CURVE_COLORS[number % len(CURVE_COLORS)] for number in range(len(lines))]
    chart = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("place:O", sort=list(places), axis=alt.Axis(title=axis_titles[0], labelAngle=-40, labelLimit=140)),
        y=alt.Y(
            "difference:Q",
            scale=alt.Scale(type="log", domain=[low, high], nice=False),
            axis=alt.Axis(title=axis_titles[1], labelExpr=LABEL, tickCount=6),
        ),
        color=alt.Color(
            "pair:N", scale=alt.Scale(domain=names, range=colors), legend=alt.Legend(title=None, orient="top")
        ),
    )
    return alt.layer(chart.mark_line(strokeWidth=2), chart.mark_point(size=40, filled=True)).properties(title=title)
