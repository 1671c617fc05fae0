"""What people and machines read of the bench."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from ..bench import BEST_OF_KERAS, Row, ratio
from .words import Json, new_table, number, plain


def duration(seconds: float) -> str:
    """ "17 ns", "0.52 ms" """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds * 1e9)} ns"


def of_keras(rows: Sequence[Row], row: Row) -> float:
    """How many times faster than Keras' fit at its best."""
    return ratio(row, next(other for other in rows if other.way == BEST_OF_KERAS))


def people(rows: Sequence[Row]) -> RenderableType:
    """The table"""
    table = new_table(
        "One iteration of one network, 2-3-3-2, float32",
        ("way to train", "left"),
        ("networks\nat once", "right"),
        ("median", "right"),
        ("times faster\nthan Keras fit", "right"),
    )
    for row in rows:
        if row.skipped:
            table.add_row(row.way, f"{row.networks:,}", "-", "-", style="dim")
        else:
            table.add_row(row.way, f"{row.networks:,}", duration(row.median), f"{of_keras(rows, row):,.3g}")
    skipped = [Text(f"{row.way}: {row.skipped}", "dim") for row in rows if row.skipped]
    return Group(table, *skipped)


def machines(rows: Sequence[Row]) -> Json:
    """The table as one JSON document"""
    document: Json = plain(
        {
            "rows": [
                {
                    "way": row.way,
                    "networks": row.networks,
                    "iterations": row.iterations,
                    "seconds": list(row.seconds),
                    "median": row.median,
                    "times_faster_than_keras_fit": of_keras(rows, row),
                    "skipped": row.skipped,
                }
                for row in rows
            ]
        }
    )
    return document
