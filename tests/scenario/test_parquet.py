"""Data from Parquet files: the numbers that the same table gives as CSV, and what cannot be read."""

import contextlib
import datetime
import decimal
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import BadInput, load
from harness.scenario import tables

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install '.[parquet]'")
pq = pytest.importorskip("pyarrow.parquet")

SCENARIO = """
[data]
{source} = "data.{source}"
inputs = ["height", "a b"]
targets = ["t"]
[network]
hidden = []
"""
HEIGHTS = [1.5, 2.0, -3.25]


def scenario(folder, source: str, cost: str | None = None) -> str:
    """The path of a scenario that reads data.csv or data.parquet in the folder."""
    text = SCENARIO.format(source=source) + (f'cost = "{cost}"\n' if cost else "")
    (folder / f"{source}.toml").write_text(text)
    return str(folder / f"{source}.toml")


def write(folder, heights, others, targets, **options) -> None:
    columns = {"t": targets, "unused": [None] * len(heights), "height": heights, "a b": others}
    pq.write_table(pa.table(columns), folder / "data.parquet", **options)


def mistake(folder) -> str:
    with pytest.raises(BadInput) as caught:
        load(scenario(folder, "parquet"))
    return str(caught.value)


@pytest.mark.parametrize(
    ("others", "numbers"),
    [
        (pa.array([1, 2, 3], pa.int8()), [1, 2, 3]),
        (pa.array([True, False, True]), [1, 0, 1]),
        (pa.array([0.5, 0.25, 8], pa.float32()), [0.5, 0.25, 8]),
        (pa.array([decimal.Decimal("0.5")] * 3), [0.5] * 3),
        (pa.array(["1", " 2.5", "1e2"]), [1, 2.5, 100]),
        (pa.array([4, 5, 4]).dictionary_encode(), [4, 5, 4]),
        (pa.array([2**53 + 1] * 3), [2.0**53] * 3),
    ],
)
def test_columns_of_every_type_of_number(tmp_path, others, numbers):
    write(tmp_path, HEIGHTS, others, [0.5, 0.25, 1])
    s = load(scenario(tmp_path, "parquet"))
    assert s.x.tolist() == [list(row) for row in zip(HEIGHTS, numbers)]
    assert s.y.tolist() == [[0.5], [0.25], [1]]
    assert s.x.dtype == s.y.dtype == np.float64


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize("rows_a_batch", [1, 2, 1000])
def test_names_of_classes_are_those_of_the_same_csv_file(tmp_path, monkeypatch, encoded, rows_a_batch):
    monkeypatch.setattr(tables, "ROWS_A_BATCH", rows_a_batch)
    names = ["setosa", "versicolor", " setosa", "aster", "1e5"]
    targets = pa.array(names).dictionary_encode() if encoded else pa.array(names)
    write(tmp_path, range(5), [2] * 5, targets)
    rows = "".join(f"{row},2,{name}\n" for row, name in enumerate(names))
    (tmp_path / "data.csv").write_text(f"height,a b,t\n{rows}")
    one, other = (load(scenario(tmp_path, source)) for source in ("parquet", "csv"))
    assert one.network == other.network
    assert one.x.tolist() == other.x.tolist() == [[row, 2] for row in range(5)]
    # in alphabetical order: 1e5, aster, setosa, versicolor
    assert one.y.tolist() == other.y.tolist() == np.eye(4)[[2, 3, 2, 1, 0]].tolist()


def test_a_million_rows_are_read_in_parts(tmp_path):
    values = np.arange(1_000_000)
    write(tmp_path, values, -values, values % 2)
    s = load(scenario(tmp_path, "parquet"))
    assert np.array_equal(s.x, np.stack([values, -values], axis=1))
    assert np.array_equal(s.y[:, 0], values % 2)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ([1, 2, None], ["column 'a b', row 3", "must be a finite number, got None"]),
        ([1.0, float("nan"), 2], ["column 'a b', row 2", "must be a finite number, got nan"]),
        (["1", "tall", "2"], ["column 'a b', row 2", "must be a finite number, got 'tall'"]),
        (["1", None, "2"], ["column 'a b', row 2", "must be a finite number, got ''"]),
        ([[1], [2], [3]], ["column 'a b'", "must hold numbers, got the type 'list<"]),
        ([datetime.date(2026, 1, 1)] * 3, ["column 'a b'", "must hold numbers, got the type 'date32"]),
    ],
)
@pytest.mark.parametrize("rows_a_batch", [1, 1000])
def test_what_is_not_a_number_is_reported_by_column_and_row(tmp_path, monkeypatch, others, words, rows_a_batch):
    monkeypatch.setattr(tables, "ROWS_A_BATCH", rows_a_batch)
    write(tmp_path, HEIGHTS, others, [0.5, 0.25, 1])
    message = mistake(tmp_path)
    assert [word for word in ["data.parquet", *words] if word not in message] == []


def test_columns_that_are_not_there(tmp_path):
    pq.write_table(pa.table({"heigth": HEIGHTS, "a b": HEIGHTS, "t": HEIGHTS}), tmp_path / "data.parquet")
    assert "data.parquet has no column 'height'" in mistake(tmp_path)
    write(tmp_path, pa.array([], pa.float64()), pa.array([], pa.float64()), pa.array([], pa.float64()))
    assert "data.parquet must have at least one row" in mistake(tmp_path)


def test_more_numbers_than_memory_holds_are_refused_before_any_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MAX_TABLE_NUMBERS", 8)
    monkeypatch.setattr(tables, "parquet_numbers", None)
    write(tmp_path, HEIGHTS, HEIGHTS, HEIGHTS)
    assert "data.parquet has more than 8 numbers in its columns; give fewer observations" in mistake(tmp_path)


def test_files_that_are_not_parquet(tmp_path):
    for content in (b"", b"height,a b,t\n1,2,3\n", b"PAR1" * 10):
        (tmp_path / "data.parquet").write_bytes(content)
        assert "data.parquet: not a Parquet file, or damaged" in mistake(tmp_path)
    (tmp_path / "data.parquet").unlink()
    assert "cannot be read (No such file or directory)" in mistake(tmp_path)
    (tmp_path / "data.parquet").mkdir()
    assert "cannot be read" in mistake(tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=8), st.integers(0, 60))
def test_damaged_files_end_in_one_message(tmp_path, changes, missing):
    write(tmp_path, HEIGHTS, HEIGHTS, ["a", "b", "a"])
    content = bytearray((tmp_path / "data.parquet").read_bytes())
    for place, byte in changes:
        content[place % len(content)] = byte
    (tmp_path / "data.parquet").write_bytes(content[: len(content) - missing])
    with contextlib.suppress(BadInput):
        assert load(scenario(tmp_path, "parquet")).x.shape == (3, 2)


def test_without_pyarrow_the_message_says_what_to_install(tmp_path, monkeypatch):
    write(tmp_path, HEIGHTS, HEIGHTS, HEIGHTS)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert mistake(tmp_path).endswith(
        "pyarrow is not installed; pip install 'backprop-harness[parquet]', or save it as CSV or NPZ"
    )
