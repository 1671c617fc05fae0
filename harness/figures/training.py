"""Charts of one network's training: the cost on logarithmic axes, and every incoming weight of a layer.

Iteration 0 has no place on a logarithmic axis. It is drawn left of 1, at ``START``, and its label is 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np

from ..models.network import Array
from .sampling import sampled

START = 0.5  # where iteration 0 lies on the logarithmic axis
UNIT_COLORS = ("#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#e377c2", "#bcbd22")
CURVE_COLORS = ("#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf")
MAX_UNITS = 8  # of a layer
MAX_WEIGHTS = 9  # of a unit, the bias among them
THINNEST, THICKEST = 1.8, 8.0  # pixels of a line; clones lie on each other, the first the thickest
COST_LABEL = "datum.value > 0 && datum.value < 0.001 ? format(datum.value, '.0e') : format(datum.value, '~g')"
MAX_RISE = 1e6  # of a cost above the level and the start: what diverges further leaves the chart
MAX_GROWTH = 1e3  # of a weight beyond the largest one at the start: likewise
BEYOND = 2.0  # axes further goes a line of weights that leaves the chart
NEAR_LEVEL = 0.95  # of the level: what is above is not below it
ROOM_FOR_LABEL = 0.2  # of the height of a chart, in decades
DIGITS = 5  # of a number in a chart's data


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One curve."""

    name: str  # what stands beside it
    iterations: Sequence[int]  # rising
    values: Sequence[float]  # one for each


def place(iteration: int) -> float:
    """Where an iteration lies on the axis."""
    return max(float(iteration), START)


def csv(columns: Mapping[str, str], rows: Sequence[tuple[object, ...]]) -> alt.Data:
    """Rows as the data of a chart, in the fewest characters.

    Args:
        columns: the type of each column, "number" or "string".
        rows: in the order of the columns; without line breaks, commas or quotation marks.
    """
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    return alt.Data(values="\n".join(lines), format=alt.DataFormat(type="csv", parse=dict(columns)))


def short(value: float) -> str:
    """A number in a chart's data."""
    return f"{value:.{DIGITS}g}"


def iteration_axis(last: int, title: str) -> alt.X:
    """The logarithmic axis of iterations 0 to ``last``."""
    powers = [10**power for power in range(len(str(last))) if 10**power <= last]
    axis = alt.Axis(
        title=title,
        values=[START, *powers],
        labelExpr=f"datum.value <= {START} ? '0' : format(datum.value, ',')",
        grid=False,
        labelFlush=True,
    )
    return alt.X("x:Q", axis=axis, scale=alt.Scale(type="log", domain=[START, max(last, 1)], nice=False))


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers in a range: powers of ten, at most about six, or if it has too few of them, 1, 2 and 5 times."""
    powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
    if len(powers) > 1:
        return [10.0**power for power in powers[:: 1 + len(powers) // 7]]
    first = math.floor(math.log10(low))
    steps = [digit * 10.0**power for power in (first, first + 1) for digit in (1, 2, 5)]
    return [step for step in steps if low <= step <= high]


def cost_axis(costs: Sequence[float], title: str) -> alt.Y:
    """A logarithmic axis with room for all finite ones of these costs; linear if one of them is not above 0."""
    finite = [cost for cost in costs if math.isfinite(cost)] or [1.0]
    low, high = min(finite), max(finite)
    if low <= 0:
        return alt.Y("cost:Q", axis=alt.Axis(title=title, tickCount=5, format="~g"), scale=alt.Scale(zero=False))
    room = 10 ** (0.06 * max(math.log10(high / low), 0.2))
    ticks = log_ticks(low / room, high * room)
    axis = alt.Axis(title=title, labelExpr=COST_LABEL, values=ticks if len(ticks) > 1 else alt.Undefined)
    return alt.Y("cost:Q", axis=axis, scale=alt.Scale(type="log", nice=False, domain=[low / room, high * room**2]))


@np.errstate(invalid="ignore")  # of costs that are infinite
def label_places(curves: Sequence[Curve], level: float, most: float) -> list[int]:
    """For each curve the place in it that is farthest from the other curves and the level, on logarithmic axes.

    Only costs of at most ``most`` are in the chart.
    """
    logs = [np.log10(np.maximum(np.asarray(curve.values, np.float64), np.finfo(np.float64).tiny)) for curve in curves]
    places = []
    for number, own in enumerate(logs):
        others = [
            np.abs(np.interp(curves[number].iterations, curve.iterations, log) - own)
            for curve, log in zip(curves, logs)
            if curve is not curves[number]
        ]
        apart = np.min([*others, np.abs(own - math.log10(level))] if level > 0 else others or [own * 0], axis=0)
        where = np.log10([place(iteration) for iteration in curves[number].iterations])
        share = (where - where[0]) / max(where[-1] - where[0], 1)
        inside = (share > 0.12) & (share < 0.8) & (np.array(curves[number].values) <= most)
        places.append(int(np.argmax(np.where(inside, np.nan_to_num(apart, nan=0.0, posinf=0.0), -1.0))))
    return places


def cost_chart(
    curves: Sequence[Curve], level: float, level_label: str, axis_titles: tuple[str, str], title: str
) -> alt.LayerChart:
    """The costs on logarithmic axes, with the cost of a constant prediction.

    Args:
        curves: the cost of each run; at most as many as ``CURVE_COLORS`` can be distinguished.
        level: the cost of the best prediction that takes no notice of the inputs.
        level_label: what stands at that level.
        axis_titles: of the iterations and of the cost.
        title: what there is to see.
    """
    last = max(curve.iterations[-1] for curve in curves)
    names = [curve.name for curve in curves]
    keys = list(map(str, range(len(curves))))
    colors = [CURVE_COLORS[number % len(CURVE_COLORS)] for number in range(len(curves))]
    x = iteration_axis(last, axis_titles[0])
    most = MAX_RISE * max([level, *(curve.values[0] for curve in curves if math.isfinite(curve.values[0]))])
    shown = [level, *(min(cost, most) for curve in curves for cost in curve.values if math.isfinite(cost))]
    if level > 0 and min(shown) >= NEAR_LEVEL * level:  # room for the label below it
        shown.append(level * (level / max(shown)) ** ROOM_FOR_LABEL)
    y = cost_axis(shown, axis_titles[1])
    color = alt.Color("run:N", scale=alt.Scale(domain=keys, range=colors), legend=None)
    rows = [
        (short(place(iteration)), short(min(value, MAX_RISE * most)), key)
        for key, curve in zip(keys, curves)
        for iteration, value in zip(curve.iterations, curve.values)
        if math.isfinite(value)
    ]
    columns = {"x": "number", "cost": "number", "run": "string"}
    lines = alt.Chart(csv(columns, rows)).mark_line(strokeWidth=2.5, clip=True).encode(x=x, y=y, color=color)
    middle = math.sqrt(START * max(last, 1))
    labels: list[dict[str, Any]] = [
        {"x": place(curve.iterations[at]), "cost": curve.values[at], "run": key, "name": name}
        for key, curve, at, name in zip(keys, curves, label_places(curves, level, most), names)
        if curve.values[at] <= most
    ]
    texts = [
        alt.Chart(alt.Data(values=[label for label in labels if (label["x"] < middle) == is_left]))
        .mark_text(align=align, dx=dx, dy=dy, fontSize=14, fontWeight="bold")
        .encode(x=x, y=y, color=color, text="name:N")
        for is_left, align, dx, dy in ((True, "left", 10, -8), (False, "right", -8, 14))  # beside a falling curve
    ]
    constant = alt.Chart(alt.Data(values=[{"cost": level, "x": START, "name": level_label}]))
    rule = constant.mark_rule(strokeDash=[5, 4], opacity=0.8).encode(y=y)
    note = constant.mark_text(align="left", dx=6, dy=12, fontSize=12).encode(x=x, y=y, text="name:N")
    return alt.layer(rule, lines, *texts, note).properties(title=title)


@dataclass(frozen=True, kw_only=True)
class LayerCourse:
    """The incoming weights of one layer over a training."""

    iterations: Sequence[int]  # rising
    weights: Array  # (iterations, inputs + 1, units), the bias as row 0
    groups: Sequence[Sequence[int]]  # the units in groups of clones at the last iteration

    @property
    def units(self) -> list[int]:
        """The units that are drawn: all, or the largest groups of clones, whole, and as many others as fit."""
        by_size = sorted(self.groups, key=len, reverse=True)
        return sorted([unit for group in by_size for unit in group][:MAX_UNITS])

    @property
    def rows(self) -> list[int]:
        """The rows of the weights that are drawn: all, or the bias and an even sample of the inputs."""
        inputs = self.weights.shape[1] - 1
        return [0, *(1 + place for place in sampled(inputs, MAX_WEIGHTS - 1))]


def line_widths(course: LayerCourse) -> dict[int, float]:
    """How thick the lines of each unit are: clones get thinner and thinner, so that all of them are seen."""
    widths: dict[int, float] = {}
    for group in course.groups:
        shown = [unit for unit in group if unit in course.units]
        steps = np.geomspace(THICKEST, THINNEST, len(shown)) if len(shown) > 1 else [THINNEST]
        widths |= dict(zip(shown, map(float, steps)))
    return widths


def weights_chart(course: LayerCourse, limits: tuple[float, float], axis_title: str, title: str) -> alt.LayerChart:
    """Every incoming weight of a layer's units, one colour a unit.

    Args:
        limits: of the vertical axis, the same for all charts of a figure.
        axis_title: of the iterations.
        title: what there is to see.
    """
    x = iteration_axis(course.iterations[-1], axis_title)
    y = alt.Y("w:Q", axis=alt.Axis(title=None, tickCount=4), scale=alt.Scale(domain=list(limits), nice=False))
    layers = []
    # what leaves the chart is drawn to just beyond it: a browser cannot draw to 1e38
    lowest, highest = (limit + sign * BEYOND * (limits[1] - limits[0]) for limit, sign in zip(limits, (-1, 1)))
    widths = line_widths(course)
    for unit in sorted(course.units, key=lambda unit: -widths[unit]):
        rows = [
            (short(place(iteration)), short(min(max(weight, lowest), highest)), row)
            for row in course.rows
            for iteration, weight in zip(course.iterations, course.weights[:, row, unit].tolist())
            if math.isfinite(weight)
        ]
        chart = alt.Chart(csv({"x": "number", "w": "number", "row": "string"}, rows))
        color = UNIT_COLORS[course.units.index(unit) % len(UNIT_COLORS)]
        lines = chart.mark_line(strokeWidth=widths[unit], color=color, clip=True)
        layers.append(lines.encode(x=x, y=y, detail="row:N"))
    return alt.layer(*layers).properties(title=title)


def weight_limits(courses: Sequence[LayerCourse]) -> tuple[float, float]:
    """One scale for the weights of several layers and runs, with a margin."""
    drawn = np.concatenate([course.weights[:, course.rows][:, :, course.units].ravel() for course in courses])
    start = [np.abs(course.weights[0][np.isfinite(course.weights[0])]).max(initial=1.0) for course in courses]
    finite = drawn[np.abs(drawn) <= MAX_GROWTH * max(start)]  # without those that are not a number
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (-1.0, 1.0)
    margin = 0.06 * ((high - low) or 1.0)
    return low - margin, high + margin


def one_look(
    cost: alt.LayerChart, weights: Sequence[Sequence[alt.LayerChart]], title: str, width: int
) -> alt.VConcatChart:
    """The cost above rows of weight charts, one column a run.

    Args:
        cost: of all runs.
        weights: for each layer a chart of each run.
        title: of the whole figure.
        width: of the figure in pixels.
    """
    columns = len(weights[0]) if weights else 1
    each = (width - 60 * (columns - 1)) // columns
    rows = [
        alt.hconcat(*(chart.properties(width=each, height=170) for chart in row), spacing=24).resolve_scale(y="shared")
        for row in weights
    ]
    figure: alt.VConcatChart = alt.vconcat(cost.properties(width=width, height=220), *rows, spacing=24).properties(
        title=alt.Title(title, fontSize=18), padding=16
    )
    return figure


def with_cursor(chart: alt.LayerChart, iteration: int) -> alt.LayerChart:
    """The chart with a vertical line at an iteration, the value of its parameter ``iteration``."""
    parameter = alt.param(name="iteration", value=place(iteration))
    line = alt.Chart(alt.Data(values=[{}])).mark_rule(strokeWidth=1.2, opacity=0.9)
    x = next(layer.encoding.x for layer in chart.layer if layer.encoding.x is not alt.Undefined)
    timed = chart.copy()
    timed.layer = [*timed.layer, line.transform_calculate(x="iteration").encode(x=x)]
    return timed.add_params(parameter)
