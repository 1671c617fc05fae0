"""What all reports have in common: numbers and counts in words, the one style of tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich import box
from rich.table import Table

Json = dict[str, Any]
MAX_LABEL_COLUMNS = 16  # of the first column of a table, whose words may go to the next line


def count(number: int, noun: str) -> str:
    """1 unit, 3 units"""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def joined(words: Iterable[str]) -> str:
    """a, b and c"""
    *head, last = list(words)
    return f"{', '.join(head)} and {last}" if head else last


def number(value: float) -> str:
    """Four significant digits"""
    return f"{value:.4g}"


def sizes_text(sizes: Iterable[int]) -> str:
    """2-3-3-2"""
    return "-".join(map(str, sizes))


def percent_range(low: float, high: float) -> str:
    """72 to 99%"""
    return f"{low:.0%} to {high:.0%}".replace("% to", " to")


def new_table(title: str, *columns: tuple[str, str]) -> Table:
    """A table with (name, justification) columns, in this project's one style."""
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    for place, (name, justify) in enumerate(columns):
        # the first column, of words, is folded when space is short; a number is never cut
        limit = None if place else MAX_LABEL_COLUMNS
        table.add_column(name, justify=justify, no_wrap=place > 0, max_width=limit)  # type: ignore[arg-type]
    return table
