"""Charts as PNG, SVG and Vega-Lite documents, without a browser and without a network."""

from __future__ import annotations

import functools
from typing import Any

import altair as alt
import vl_convert

Spec = dict[str, Any]

FONT = "Arial, Liberation Sans, sans-serif"
PIXELS_PER_INCH = 144  # of a PNG: twice what a chart's own pixels are, for sharp screens
FONT_SIZE = 12
TITLE_SIZE = 13


def theme(ink: str, quiet: str, paper: str | None) -> Spec:
    """The look that all charts share, as Vega's configuration.

    Args:
        ink: the colour of titles.
        quiet: the colour of axes and their labels.
        paper: the colour behind, None for what the chart lies on.
    """
    return {
        "background": paper,
        "font": FONT,
        "axis": {
            "labelColor": quiet,
            "titleColor": quiet,
            "domainColor": quiet,
            "tickColor": quiet,
            "gridColor": quiet,
            "gridOpacity": 0.18,
            "labelFontSize": FONT_SIZE,
            "titleFontSize": FONT_SIZE,
            "titleFontWeight": "normal",
        },
        "legend": {"labelColor": ink, "titleColor": quiet, "labelFontSize": FONT_SIZE, "titleFontSize": FONT_SIZE},
        "title": {
            "color": ink,
            "subtitleColor": quiet,
            "fontSize": TITLE_SIZE,
            "subtitleFontSize": FONT_SIZE,
            "anchor": "start",
            "offset": 8,
        },
        "header": {"labelColor": ink, "titleColor": quiet, "labelFontSize": FONT_SIZE},
        "view": {"stroke": quiet, "strokeOpacity": 0.35},
        "text": {"color": ink, "fontSize": FONT_SIZE},
        "rule": {"color": quiet},
    }


LIGHT = theme("#1f2328", "#59636e", "#ffffff")
DARK = theme("#e6edf3", "#9198a1", None)


def spec(chart: alt.TopLevelMixin) -> Spec:
    """The chart as a Vega-Lite document, without a theme."""
    document: Spec = chart.to_dict()
    document.pop("config", None)
    return document


def png(chart: alt.TopLevelMixin, pixels_per_inch: int = PIXELS_PER_INCH) -> bytes:
    """The chart as a PNG file, on white; with 72 pixels per inch, one pixel for each of the chart's own."""
    return bytes(vl_convert.vegalite_to_png(spec(chart), config=LIGHT, ppi=pixels_per_inch))


def svg(chart: alt.TopLevelMixin) -> str:
    """The chart as an SVG file, on white."""
    return str(vl_convert.vegalite_to_svg(spec(chart), config=LIGHT))


@functools.cache
def javascript() -> str:
    """What a browser needs to draw the charts: Vega, Vega-Lite and Vega-Embed in one script, as ``vegaEmbed``.

    It loads nothing itself. Putting it together takes about a second.
    """
    return str(vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed;"))
