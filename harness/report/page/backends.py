"""The page and the figure of a network computed under several backends."""

from __future__ import annotations

import altair as alt

from ...backends.compare import BackendComparison
from ...backends.quantities import RECORDED_UPDATES
from ...figures.differences import DifferenceLine, differences_chart
from .. import backends as words
from .document import Figure, Page, Part, Section, Tone
from .html import element, table

Y_TITLE = "largest difference, relative"


def layers_chart(comparison: BackendComparison) -> alt.LayerChart:
    """The outputs, layer by layer."""
    lines = [
        DifferenceLine(
            name=words.pair_title(pair), values=[pair.largest_of_outputs(layer) for layer in comparison.layers]
        )
        for pair in comparison.pairs
    ]
    return differences_chart(comparison.layers, lines, ("layer", Y_TITLE), "Outputs of each layer before training")


def updates_chart(comparison: BackendComparison) -> alt.LayerChart:
    """The weights, update by update."""
    lines = [
        DifferenceLine(
            name=words.pair_title(pair), values=[pair.largest_of_weights(number) for number in RECORDED_UPDATES]
        )
        for pair in comparison.pairs
    ]
    places = list(map(str, RECORDED_UPDATES))
    return differences_chart(places, lines, ("updates", Y_TITLE), "Weights of all layers in training")


def figure_of(comparison: BackendComparison) -> alt.VConcatChart | None:
    """Both charts, one above the other; None without a pair."""
    if not comparison.pairs:
        return None
    whole: alt.VConcatChart = alt.vconcat(
        *(chart.properties(width=640, height=220) for chart in (layers_chart(comparison), updates_chart(comparison)))
    )
    return whole


def tone(comparison: BackendComparison) -> Tone:
    """What kind of answer it is."""
    if not comparison.agrees:
        return Tone.BAD
    return Tone.GOOD if comparison.is_judged else Tone.OPEN


def page_of(comparison: BackendComparison) -> Page:
    """The page of it."""
    parts: list[Part] = []
    if comparison.pairs:
        for chart, what in (
            (layers_chart(comparison), "Outputs of each layer: largest relative difference, one line a pair."),
            (updates_chart(comparison), "Weights after updates: largest relative difference, one line a pair."),
        ):
            parts.append(Figure(chart=chart.properties(height=240), description=what))
    for pair in comparison.pairs:
        rows = [words.difference_cells(difference) for difference in words.shown_differences(pair)]
        parts.append(table(words.pair_title(pair), words.COLUMNS, rows, numeric=range(1, len(words.COLUMNS))))
    parts.append(element("p", words.NOTE, class_="note"))
    answer = words.verdict(comparison)
    headline = words.headline(comparison)
    return Page(
        title=f"harness compare: {comparison.name}",
        tone=tone(comparison),
        headline=headline,
        answer=[text for text in answer if text != headline],
        sections=[Section(heading="", parts=parts)],
    )
