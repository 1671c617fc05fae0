"""The page and the figure of a network computed under several backends."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from ...backends.compare import BackendComparison, Pair
from ...backends.judge import Difference
from ...backends.quantities import RECORDED_UPDATES
from ...figures.differences import DifferenceLine, differences_chart
from .. import backends as words
from ..cards import card, fitted, words_card
from .document import Figure, Page, Part, Section, Tone
from .html import Content, element, table

LAYERS_TITLE, UPDATES_TITLE = "Outputs of each layer before training", "Weights of all layers in training"
Y_TITLE = "relative difference"
KINDS = ("difference", "explained by rounding")


def line_of(pair: Pair, differences: Sequence[Difference | None]) -> DifferenceLine:
    """The line of one pair: a difference for each place on the axis."""
    return DifferenceLine(
        name=words.pair_title(pair),
        measured=[None if one is None else one.relative for one in differences],
        explained=[None if one is None else one.relative_by_rounding for one in differences],
    )


def layers_chart(comparison: BackendComparison) -> alt.LayerChart:
    """The outputs, layer by layer."""
    lines = [line_of(pair, list(map(pair.largest_of_outputs, comparison.layers))) for pair in comparison.pairs]
    return differences_chart(comparison.layers, lines, ("layer", Y_TITLE), KINDS, LAYERS_TITLE)


def updates_chart(comparison: BackendComparison) -> alt.LayerChart:
    """The weights, update by update."""
    lines = [line_of(pair, list(map(pair.largest_of_weights, RECORDED_UPDATES))) for pair in comparison.pairs]
    places = list(map(str, RECORDED_UPDATES))
    return differences_chart(places, lines, ("updates", Y_TITLE), KINDS, UPDATES_TITLE)


def figure_of(comparison: BackendComparison) -> alt.VConcatChart | None:
    """Both charts, one above the other; None if there is no pair."""
    if not comparison.pairs:
        return None
    figure: alt.VConcatChart = alt.vconcat(
        *(chart.properties(width=640, height=220) for chart in (layers_chart(comparison), updates_chart(comparison)))
    )
    return figure


def tone(comparison: BackendComparison) -> Tone:
    """What kind of answer it is."""
    if not comparison.agrees:
        return Tone.BAD
    return Tone.GOOD if comparison.is_judged else Tone.OPEN


def row_of(difference: Difference) -> list[Content]:
    """The row of one quantity; its name is marked if rounding does not explain its difference."""
    name, *sizes = words.difference_cells(difference)
    return [name if difference.agrees else element("span", name, class_=f"badge {Tone.BAD.value}"), *sizes]


def page_of(comparison: BackendComparison) -> Page:
    """The page of it."""
    parts: list[Part] = []
    if comparison.pairs:
        for chart, what in (
            (
                layers_chart(comparison),
                "Outputs of each layer: largest relative difference of each pair, and as much as rounding explains.",
            ),
            (
                updates_chart(comparison),
                "Weights after updates: largest relative difference of each pair, and as much as rounding explains.",
            ),
        ):
            parts.append(Figure(chart=chart.properties(height=240), description=what))
    for pair in comparison.pairs:
        rows = [row_of(difference) for difference in words.shown_differences(pair)]
        parts.append(table(words.pair_title(pair), words.COLUMNS, rows, numeric=range(1, len(words.COLUMNS))))
    parts.append(element("p", words.NOTE, class_="note"))
    headline = words.headline(comparison)
    answer = [text.removeprefix(headline).strip() for text in words.verdict(comparison)]
    return Page(
        title=f"harness compare: {comparison.name}",
        tone=tone(comparison),
        headline=headline,
        answer=list(filter(None, answer)),
        sections=[Section(heading="", parts=parts)],
    )


def cards_of(comparison: BackendComparison) -> dict[str, bytes]:
    """The answer in words, and the largest differences layer by layer and update by update."""
    answer = {"words": words_card(words.verdict(comparison))}
    if not comparison.pairs:
        return answer
    return {
        "layers": card(LAYERS_TITLE, fitted(layers_chart(comparison))),
        "updates": card(UPDATES_TITLE, fitted(updates_chart(comparison))),
    } | answer
