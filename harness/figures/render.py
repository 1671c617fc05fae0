"""Charts as PNG, SVG and Vega-Lite documents, without a browser and without a network."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from ..files import replaced

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


def cache_folder() -> Path:
    """Where this user's programs keep what they can make again."""
    if sys.platform == "win32":
        root = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        root = "~/Library/Caches"
    else:
        root = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(root).expanduser() / "backprop-harness"


def bundled() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script. Putting it together takes more than a second."""
    return str(vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed;"))


@functools.cache
def javascript() -> str:
    """What a browser needs to draw the charts, as ``vegaEmbed``. It loads nothing itself.

    It is kept in the user's cache, under the version of what it is made by, with its checksum in the first line.
    """
    kept = cache_folder() / f"vega-{metadata.version('vl-convert-python')}.js"
    with contextlib.suppress(OSError, ValueError):
        checksum, _, script = kept.read_text(encoding="utf-8").partition("\n")
        if checksum == checksum_line(script):
            return script
    script = bundled()
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        with replaced(kept) as file:
            file.write(f"{checksum_line(script)}\n{script}".encode())
    return script


def checksum_line(script: str) -> str:
    """The first line of a kept script."""
    return f"// sha256 {hashlib.sha256(script.encode()).hexdigest()}"
