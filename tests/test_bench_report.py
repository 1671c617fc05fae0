"""The bench's table and document, from rows whose figures are known."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from harness.bench import BEST_OF_KERAS, Row
from harness.report import bench as bench_report

ROWS = [
    Row(BEST_OF_KERAS, 1, 100, (4e-5, 5e-5, 6e-5)),
    Row("ensemble", 1000, 100, (1e-8, 1e-8, 2e-8)),
    Row("JAX", 1, 100, (), "not installed"),
]


def test_the_table_tells_times_and_ratios():
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(bench_report.people(ROWS))
    text = console.export_text()
    assert "50 us" in text
    assert "10 ns" in text
    assert "4e+03" in text  # the median of 4e-5 / 1e-8, 5e-5 / 1e-8, 6e-5 / 2e-8
    assert "JAX: not installed" in text
    assert "\\n" not in text


def test_the_document_holds_no_nan():
    document = bench_report.machines(ROWS)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["rows"][1]["times_faster_than_keras_fit"] == pytest.approx(4000)
    assert document["rows"][2]["median"] is None
