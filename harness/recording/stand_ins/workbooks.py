"""Workbooks that are read cell by cell, as xlrd and openpyxl give them: made up, with the same table in every sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..graph import Absorbed, Array
from . import files
from .absorbed import Entered

SHEET = "Sheet1"
ADDRESS = re.compile(r"([A-Z]+)(\d+)")
LETTERS = 26


class Cell:
    """One cell.

    Args:
        value: in it.
    """

    def __init__(self, value: Any) -> None:
        self.value = value


class Sheet:
    """A sheet with numbers in all cells, and no titles.

    Args:
        table: the numbers.
        first: the number of the first row and column: 0 for xlrd, 1 for openpyxl.
    """

    name = title = SHEET

    def __init__(self, table: Array, first: int) -> None:
        self.table, self.first = table, first
        self.nrows, self.ncols = self.max_row, self.max_column = table.shape

    # As xlrd has it

    def cell_value(self, row: int, column: int) -> Any:
        """The number in a cell; the failure for a row that is not there asks for more rows."""
        return self.table[row - self.first, column - self.first].item()

    def cell(self, row: int, column: int, *_: Any) -> Cell:
        """A cell."""
        return Cell(self.cell_value(row, column))

    def row_values(self, row: int, start: int = 0, end: int | None = None) -> list[Any]:
        """The numbers of a row."""
        return list(self.table[row, start:end].tolist())

    def col_values(self, column: int, start: int = 0, end: int | None = None) -> list[Any]:
        """The numbers of a column."""
        return list(self.table[start:end, column].tolist())

    def row(self, row: int) -> list[Cell]:
        """The cells of a row."""
        return list(map(Cell, self.row_values(row)))

    def col(self, column: int) -> list[Cell]:
        """The cells of a column."""
        return list(map(Cell, self.col_values(column)))

    def get_rows(self) -> Iterator[list[Cell]]:
        """The cells, row by row."""
        return map(self.row, range(self.nrows))

    # As openpyxl has it

    def iter_rows(
        self,
        min_row: int | None = None,
        max_row: int | None = None,
        min_col: int | None = None,
        max_col: int | None = None,
        values_only: bool = False,
    ) -> Iterator[tuple[Any, ...]]:
        """The cells from one row and column to others, or the numbers in them, row by row."""
        part = self.table[(min_row or 1) - 1 : max_row, (min_col or 1) - 1 : max_col].tolist()
        return (tuple(row) if values_only else tuple(map(Cell, row)) for row in part)

    @property
    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The cells, row by row."""
        return self.iter_rows()

    @property
    def values(self) -> Iterator[tuple[Any, ...]]:
        """The numbers, row by row."""
        return self.iter_rows(values_only=True)

    @property
    def columns(self) -> Iterator[tuple[Cell, ...]]:
        """The cells, column by column."""
        return (tuple(self.col(column)) for column in range(self.ncols))

    def __getitem__(self, address: Any) -> Any:
        """The cell at "B3", a rectangle "A2:C9", the column "B", or the row of a number."""
        if isinstance(address, int):
            return tuple(self.row(address - 1))
        ends = [ADDRESS.fullmatch(part) for part in address.split(":")]
        places = [(int(end[2]), column_number(end[1])) for end in ends if end is not None]
        if not places:
            return tuple(self.col(column_number(address) - 1))
        (top, left), (bottom, right) = places[0], places[-1]
        found = tuple(self.iter_rows(top, bottom, left, right))
        return found if len(places) > 1 else found[0][0]


class Book(Entered):
    """A workbook with one sheet, which goes by every name and number.

    Args:
        sheet: it.
    """

    nsheets = 1

    def __init__(self, sheet: Sheet) -> None:
        self.active = self.sheet = sheet
        self.worksheets, self.sheetnames = Sheets([sheet]), [SHEET]

    def sheets(self) -> Sheets:
        """All sheets."""
        return self.worksheets

    def sheet_names(self) -> list[str]:
        """The names of all sheets."""
        return self.sheetnames

    def sheet_by_name(self, *_: Any) -> Sheet:
        """The sheet."""
        return self.sheet

    __getitem__ = sheet_by_index = get_sheet_by_name = get_active_sheet = sheet_by_name
    get_sheet_names = sheet_names

    def close(self) -> None:
        """Nothing."""


class Sheets(list[Sheet]):
    """A list that has the same sheet at every place."""

    def __getitem__(self, place: Any) -> Any:
        return super().__getitem__(place if isinstance(place, slice) else 0)


def column_number(letters: str) -> int:
    """1 for "A", 27 for "AA"."""
    number = 0
    for letter in letters:
        number = number * LETTERS + ord(letter) - ord("A") + 1
    return number


def of_modules(missing: files.Missing) -> dict[str, dict[str, Any]]:
    """What the modules that read workbooks give by name, by module."""

    def opened_by(first: int) -> Callable[..., Book]:
        def opened(path: Any, *_: Any, **__: Any) -> Book:
            name = Path(str(path)).name
            table = np.asarray(missing.table(name))
            missing.note(Absorbed.FILE, name, table.shape)
            return Book(Sheet(table, first))

        return opened

    return {"xlrd": {"open_workbook": opened_by(0)}, "openpyxl": {"load_workbook": opened_by(1)}}
