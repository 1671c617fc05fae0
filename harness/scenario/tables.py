"""x and y from named columns of a CSV or a Parquet file.

Text in the rows is read in the same way in both: as a number, or in a column of y as the name of a class.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MAX_WORDS, BadInput, known_words, nearest, shown, shown_path
from ..models.network import Array
from .contents import FEWER, decoded, open_regular, read_bytes
from .given import Data, Given, invalid_value, texts

MAX_TABLE_NUMBERS = 100_000_000  # of x and y together
ROWS_A_BATCH = 65_536  # of a Parquet file, read at once
INSTALL = "pip install 'backprop-harness[parquet]'"
NO_CLASS_NAMES = frozenset({"nan", "na", "n/a", "null", "none", "inf", "-inf", "infinity", "-infinity"})


def column_places(header: Sequence[str], given: Given, file: str) -> list[int]:
    """The indices of the named columns."""
    names = column_names(given)
    places = {name: place for place, name in enumerate(header)}
    in_header, in_names = Counter(header), Counter(names)
    for name in names:
        if name not in places:
            hint = known_words([shown(other) for other in header[: MAX_WORDS + 1]]) + nearest(name, header)
            raise BadInput(f"{file} has no column {shown(name)}{hint}", key=given.where)
        if in_header[name] > 1:
            raise BadInput(f"{file} has two columns {shown(name)}; rename one", key=given.where)
        if in_names[name] > 1:
            raise BadInput(f"the column {shown(name)} is named twice; remove one", key=given.where)
    return [places[name] for name in names]


def column_names(given: Given) -> list[str]:
    """The names of columns that a key lists."""
    return [name.strip() for name in texts(given, "a column of the file, or a list of them")]


def number_of_cell(cell: str) -> float:
    """The number in a cell, or NaN. "1_000" is a number in Python but not in a spreadsheet."""
    try:
        return math.nan if "_" in cell else float(cell)
    except ValueError:
        return math.nan


def is_class_name(cell: str) -> bool:
    """Whether a cell can be the name of a class: it has a letter, and does not stand for a missing value."""
    return any(letter.isalpha() for letter in cell) and cell.strip().lower() not in NO_CLASS_NAMES


def number_of_text(given: Given, names: dict[str, int], is_target: bool, is_first: bool) -> float:
    """The number in a cell, or that of the class it names.

    Args:
        given: the text of the cell, and where it is.
        names: the classes that the column has named so far, numbered as they came; a new one is added.
        is_target: whether the column is one of y.
        is_first: whether the cell is in the first row, which decides whether the column names classes.

    Raises:
        BadInput: it is neither.
    """
    cell = str(given.value)
    number = number_of_cell(cell)
    if not names and math.isfinite(number):
        return number
    if is_target and (names or is_first) and is_class_name(cell):
        return names.setdefault(cell.strip(), len(names))
    raise bad_cell(given, is_target, bool(names))


def bad_cell(given: Given, is_target: bool, names_above: bool) -> BadInput:
    """The error for a cell without a finite number, or for a number among names of classes."""
    if names_above:
        message = str(invalid_value(given, "the name of a class as in the rows above"))
    else:
        message = str(invalid_value(given, "a finite number"))
    mixed = is_target and (names_above or is_class_name(str(given.value)))
    return BadInput(f"{message}; write all class labels of a column as names, or all as numbers" if mixed else message)


def table_data(table: Array, inputs: int, names: Sequence[Mapping[str, int]], file: str) -> Data:
    """x and y from their columns; names of classes are numbered in alphabetical order.

    Args:
        table: (rows, columns), first those of x.
        inputs: number of columns of x.
        names: by column, the classes it names with the numbers they have in the table.
        file: its name, for messages.
    """
    for column, numbers in enumerate(names):
        if numbers:
            order = np.argsort(np.argsort(np.array(sorted(numbers, key=numbers.__getitem__))))
            table[:, column] = order[table[:, column].astype(np.intp)]
    classes = tuple(tuple(sorted(numbers)) for numbers in names if numbers)
    return Data(table[:, :inputs], table[:, inputs:], f"{file}: inputs", f"{file}: targets", classes)


def csv_data(given: Mapping[str, Given], path: Path) -> Data:
    """x and y from the named columns of a CSV file."""
    import csv
    import io
    from array import array

    file = shown_path(path)
    content = read_bytes(path, f"{given['csv'].where}: {file}")
    decoded(content, file)  # for its error; the lines themselves are decoded one by one
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline=""))
    header: list[str] = []
    numbers_read = array("d")  # row after row; Python lists would take six times the memory
    columns: list[int] = []
    names: list[dict[str, int]] = []
    inputs = len(column_names(given["inputs"]))
    above = 0  # number of lines before this row; a quoted cell may hold several
    try:
        for cells in reader:
            line, above = above + 1, reader.line_num
            if not cells:
                continue
            if not header:
                header = [cell.strip() for cell in cells]
                if len(header) == 1 and re.search(r"[;\t]", header[0]):
                    raise BadInput(f"{file}: its header has no commas; save it with commas between the columns")
                columns = [place for key in ("inputs", "targets") for place in column_places(header, given[key], file)]
                names = [{} for _ in columns]
                continue
            if len(cells) != len(header):
                raise BadInput(f"{file}, row {line} must have {len(header)} cells as the header, got {len(cells)}")
            numbers = [number_of_cell(cells[column]) for column in columns]
            if not math.isfinite(sum(numbers)) or any(names):  # almost no row: a million rows take half the time
                for place, column in enumerate(columns):
                    where = f"{file}, row {line}, column {column + 1} ({shown(header[column])})"
                    cell = Given(cells[column], where)
                    numbers[place] = number_of_text(cell, names[place], place >= inputs, not numbers_read)
            numbers_read.extend(numbers)
            if len(numbers_read) > MAX_TABLE_NUMBERS:
                raise BadInput(f"{file} has more than {MAX_TABLE_NUMBERS:,} numbers in its columns; {FEWER}")
    except csv.Error as error:
        raise BadInput(f"{file}, row {above + 1}: not CSV: {error}") from None
    if not numbers_read:
        got = "only a header" if header else "an empty file"
        raise BadInput(f"{file} must have a header row and at least one row of numbers, got {got}")
    return table_data(np.frombuffer(numbers_read).reshape(-1, len(columns)), inputs, names, file)


def parquet_data(given: Mapping[str, Given], path: Path) -> Data:
    """x and y from the named columns of a Parquet file. Other columns are not read, and these some rows at a time."""
    file = shown_path(path)
    where = f"{given['parquet'].where}: {file}"
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise BadInput(f"{where}: pyarrow is not installed; {INSTALL}, or save it as CSV or NPZ") from None
    inputs = len(column_names(given["inputs"]))
    with open_regular(path, where) as content:
        try:
            reader = parquet.ParquetFile(content)
            header = reader.schema_arrow.names
            columns = [place for key in ("inputs", "targets") for place in column_places(header, given[key], file)]
            rows = reader.metadata.num_rows
            if not rows:
                raise BadInput(f"{file} must have at least one row")
            if rows * len(columns) > MAX_TABLE_NUMBERS:
                raise BadInput(f"{file} has more than {MAX_TABLE_NUMBERS:,} numbers in its columns; {FEWER}")
            table = np.empty((rows, len(columns)))
            names: list[dict[str, int]] = [{} for _ in columns]
            begin = 0
            for batch in reader.iter_batches(ROWS_A_BATCH, columns=[header[column] for column in columns]):
                for place, column in enumerate(columns):
                    at = f"{file}, column {shown(header[column])}"
                    values = batch.column(header[column])
                    table[begin : begin + len(values), place] = parquet_numbers(
                        values, at, begin, names[place], place >= inputs
                    )
                begin += batch.num_rows
        except BadInput:
            raise
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            raise BadInput(f"{file}: not a Parquet file, or damaged ({type(error).__name__}); save it again") from None
    return table_data(table, inputs, names, file)


def parquet_numbers(values: Any, where: str, begin: int, names: dict[str, int], is_target: bool) -> Array:
    """The numbers of some rows of one column, (rows,) in float64; text is read as in a CSV file.

    Args:
        values: a pyarrow array.
        where: the file and the column.
        begin: number of rows above these.
        names: the classes that the column has named so far, see ``number_of_text``.
        is_target: whether the column is one of y.

    Raises:
        BadInput: one of them is missing or not a finite number, or the column holds something else.
    """
    import pyarrow
    from pyarrow import types

    kind = values.type
    if types.is_dictionary(kind):
        values, kind = values.dictionary_decode(), kind.value_type
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        rows = enumerate(values.to_pylist(), start=begin + 1)
        return np.array(
            [
                number_of_text(Given("" if text is None else text, f"{where}, row {row}"), names, is_target, row == 1)
                for row, text in rows
            ]
        )
    if types.is_boolean(kind):
        values = values.cast(pyarrow.uint8())
    elif not (types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)):
        raise BadInput(f"{where} must hold numbers, got the type {shown(str(kind))}; convert it")
    numbers: Array = values.cast(pyarrow.float64(), safe=False).to_numpy(zero_copy_only=False)
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        given = Given(values[int(bad[0])].as_py(), f"{where}, row {begin + int(bad[0]) + 1}")
        raise bad_cell(given, is_target, False)
    return numbers
