"""The page and the figure of a result, if the user or the run's folder wants them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput, shown_path
from ..results import as_figure, as_page

if TYPE_CHECKING:
    from ..report.page.document import Page

REPORT = "report.html"  # in the folder of a run
PAGE_FORMATS = (".html", ".htm", "")  # also a pipe
FIGURE_FORMATS = (".png", ".svg")


def add_report(output: argparse._ArgumentGroup) -> None:
    """Add the option for the page."""
    output.add_argument(
        "--report", type=Path, metavar="FILE", help="HTML file to write: one page with the answer, figures and tables"
    )


def add_figure(output: argparse._ArgumentGroup) -> None:
    """Add the option for the figure alone."""
    output.add_argument("--figure", type=Path, metavar="FILE", help="PNG or SVG file to write: the figure of the page")


def check_files(arguments: argparse.Namespace) -> None:
    """Raise BadInput if the page or the figure cannot be written, before there is anything to write."""
    from ..files import check_output_file

    figure: Path | None = getattr(arguments, "figure", None)
    if figure is not None and figure.suffix.lower() not in FIGURE_FORMATS:
        raise BadInput(f"must be a file that ends in .png or .svg, got {shown_path(figure)}", key="figure")
    report: Path | None = arguments.report
    if report is not None and report.suffix.lower() not in PAGE_FORMATS:
        raise BadInput(f"is a page in HTML; give a file that ends in .html, got {shown_path(report)}", key="report")
    for path in (report, figure):
        if path is not None:
            check_output_file(path)


def write_page(arguments: argparse.Namespace, make: Callable[[], Page], folder: Path | None = None) -> None:
    """Write a page into the folder of a run, if there is one, and into the file of ``--report``."""
    from ..files import write_bytes, write_output_file

    if folder is None and arguments.report is None:
        return
    content = make().html().encode("utf-8", errors="backslashreplace")
    if folder is not None:
        write_bytes(folder / REPORT, content)
    if arguments.report is not None:
        write_output_file(arguments.report, content)


def say_page(arguments: argparse.Namespace, folder: Path | None) -> None:
    """Say where the page of a run is, to people."""
    if folder is not None and not arguments.json:
        print(f"\nPage with figures: {folder / REPORT}")


def write_figure(arguments: argparse.Namespace, result: object) -> None:
    """Write the figure into the file of ``--figure``."""
    from ..files import write_output_file

    if arguments.figure is None:
        return
    chart: Any = as_figure(result)
    if chart is None:
        print("harness: there is nothing to draw, so no figure was written", file=sys.stderr)
        return
    from ..figures import render

    is_png = arguments.figure.suffix.lower() == ".png"
    write_output_file(arguments.figure, render.png(chart) if is_png else render.svg(chart).encode())


def write_pages(arguments: argparse.Namespace, result: object, folder: Path | None) -> None:
    """Write the page and the figure of a result."""
    write_page(arguments, lambda: as_page(result), folder)
    write_figure(arguments, result)
