"""Workbooks that are read cell by cell by packages that are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.recording.record import record_file
from tests.network_files import write_file

READERS = {
    "xlrd": """
import xlrd
sheet = xlrd.open_workbook("C:/data/prices.xls").sheets()[0]
for i in range(rows):
    X[i] = [sheet.cell(i + 1, 0).value, sheet.cell_value(i + 1, 1)]
    t[i] = sheet.row_values(i + 1)[2]
""",
    "openpyxl": """
from openpyxl import load_workbook
sheet = load_workbook("prices.xlsx", data_only=True)["prices"]
for i in range(rows):
    X[i] = [sheet.cell(row=i + 2, column=1).value, sheet["B" + str(i + 2)].value]
    t[i] = sheet.cell(i + 2, 3).value
""",
}

FIT = """
w, b = np.random.normal(size=2), 0.0
for turn in range(10):
    error = X @ w + b - t
    w -= 0.1 * X.T @ error / rows
    b -= 0.1 * error.mean()
"""


def written(folder: Path, reader: str, fit: str = FIT) -> Path:
    text = "import numpy as np\nrows = 300\nX, t = np.zeros((rows, 2)), np.zeros(rows)\n" + READERS[reader] + fit
    return write_file(folder / "prices.py", text)


@pytest.mark.every(2)
@pytest.mark.parametrize("reader", READERS)
def test_cells_are_made_up(tmp_path: Path, reader: str) -> None:
    assert check_file(written(tmp_path, reader)).verdict is Verdict.CORRECT


def test_a_mistake_behind_made_up_cells_has_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "xlrd", FIT.replace("X.T @ error / rows", "X.T @ error ** 2 / rows"))
    result = check_file(path)
    assert result.verdict is Verdict.MISTAKE
    assert [one.place and one.place.line for one in result.mistakes] == [14]


def test_sheets_go_by_any_name_and_are_read_in_rows_and_rectangles(tmp_path: Path) -> None:
    text = """
import openpyxl, xlrd
book = openpyxl.load_workbook("table.xlsx")
sheet = book.active
whole = [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]
assert len(whole) == sheet.max_row - 1 and len(whole[0]) == sheet.max_column
assert [[one.value for one in row] for row in sheet["A2:B3"]] == [row[:2] for row in whole[:2]]
assert [one.value for one in sheet["A"]][1:] == [row[0] for row in whole]
assert [one.value for one in list(sheet.columns)[1]][1:] == [row[1] for row in whole]
assert book["any"] is book.worksheets[3] is sheet
old = xlrd.open_workbook("table.xlsx").sheet_by_index(0)
assert old.col_values(1, 1) == [row[1] for row in whole] and old.row(1)[0].value == whole[0][0]
assert len(list(old.get_rows())) == old.nrows and len(list(sheet.rows)) == len(list(sheet.values))
"""
    recording = record_file(write_file(tmp_path / "read.py", text), drive=False)
    assert recording.raised is None, recording.raised
