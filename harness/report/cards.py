"""The answer as pictures of the size of a TensorBoard card, with the answer in words as their titles.

On TensorBoard's first page a picture is 215 pixels high and at most about 450 wide. One of another height is shrunk or
stretched without interpolation, so that its letters are torn.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import TypeAlias

import altair as alt

from ..figures.png_files import png_size
from ..figures.render import png

WIDTH, HEIGHT = 448, 215  # pixels of a card's picture; the height exactly
PIXELS_PER_INCH = 72  # of such a picture: one for each of the chart's own
CHARACTERS = 68  # of a line of the title
ATTEMPTS = 4  # to fit a chart
WORDS_LINES, WORDS_CHARACTERS = 13, 76  # of a card without a chart
LEAST = 40  # pixels of a chart
MARK_HEIGHT = 15  # pixels of the name of a vertical line
MOST_ROWS = 5  # of points

Chart: TypeAlias = alt.LayerChart | alt.HConcatChart
Build: TypeAlias = Callable[[int, int], Chart]  # a chart of about that width and height


def card(sentence: str, build: Build) -> bytes:
    """A chart under its title as a PNG file that fits a card.

    How much labels and axes take is known when it is drawn. It is drawn again with what is left for the chart.
    """
    lines = textwrap.wrap(sentence, CHARACTERS)
    heading = alt.Title(lines, fontSize=12, anchor="start", offset=6)
    width, height = WIDTH - 50, HEIGHT - 60
    for _ in range(ATTEMPTS):
        chart = alt.vconcat(build(width, height)).properties(title=heading, padding=2)
        picture = png(chart, PIXELS_PER_INCH)
        wide, high = png_size(picture)
        if WIDTH - 8 <= wide <= WIDTH and high == HEIGHT:
            break
        width, height = max(width + WIDTH - 2 - wide, LEAST), max(height + HEIGHT - high, LEAST)
    return picture


def fitted(chart: alt.LayerChart, above: int = 0) -> Build:
    """A chart at any size; ``above`` are the pixels over it for the names of vertical lines."""
    return lambda width, height: chart.properties(width=width, height=height, title=alt.Title("", offset=above))


def words_card(paragraphs: Sequence[str]) -> bytes:
    """The answer in words, as much of it as fits."""
    lines = [line for text in paragraphs for line in textwrap.wrap(text, WORDS_CHARACTERS)]
    shown = WORDS_LINES if len(lines) <= WORDS_LINES else WORDS_LINES - 1
    rest = ["(all of it is on the Text page)"] if shown < len(lines) else []
    data = alt.Data(values=[{"text": [*lines[:shown], *rest]}])
    text = alt.Chart(data).mark_text(align="left", baseline="top", fontSize=12, lineHeight=15, limit=WIDTH - 6)
    chart = text.encode(x=alt.value(0), y=alt.value(0), text="text:N").properties(
        width=WIDTH - 4, height=HEIGHT - 4, padding=2, view=alt.ViewBackground(stroke=None)
    )
    return png(chart, PIXELS_PER_INCH)
