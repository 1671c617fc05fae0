"""A CSV file is whole or not there, and never waits for anybody."""

from __future__ import annotations

import csv
import os
import stat
from pathlib import Path

import pytest

from harness import BadInput, files

HEADER, ROWS = ("a", "b"), [(1, "x"), (2, 'y,"z"\n'), (3, "\udc80")]


def failing():
    """Rows of which the third cannot be had."""
    yield from ROWS[:2]
    raise OSError(28, "No space left on device")


def test_it_is_read_as_it_was_given(tmp_path):
    files.write_csv_file(tmp_path / "a.csv", HEADER, ROWS[:2])
    with open(tmp_path / "a.csv", newline="") as file:
        assert list(csv.reader(file)) == [["a", "b"], ["1", "x"], ["2", 'y,"z"\n']]
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_what_fails_in_the_middle_leaves_what_was_there(tmp_path):
    (tmp_path / "old.csv").write_text("mine")
    for name in ("old.csv", "new.csv"):
        with pytest.raises(BadInput, match="No space left"):
            files.write_csv_file(tmp_path / name, HEADER, failing())
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"old.csv": "mine"}


def test_permissions_and_links_are_kept(tmp_path):
    (tmp_path / "real.csv").touch(0o640)
    (tmp_path / "link.csv").symlink_to("real.csv")
    files.write_csv_file(tmp_path / "link.csv", HEADER, ROWS)
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text(encoding="utf-8").startswith("a,b")
    assert stat.S_IMODE((tmp_path / "real.csv").stat().st_mode) == 0o640
    mask = os.umask(0o027)
    try:
        files.write_csv_file(tmp_path / "new.csv", HEADER, ROWS)
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new.csv").stat().st_mode) == 0o640


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_reported_with_what_to_do():
    with pytest.raises(BadInput, match=r"^/dev/full: .*\(No space left on device\); make room, or give"):
        files.write_csv_file(Path("/dev/full"), HEADER, ROWS)


@pytest.mark.parametrize("name", ["no/such/a.csv", ".", "pipe", "file/a.csv", "loop", "x" * 300 + ".csv"])
def test_no_place_for_a_file_is_reported_at_once(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    if name != "pipe":  # somebody may read from it by then
        with pytest.raises(BadInput, match="cannot be written"):
            files.check_output_file(tmp_path / name)
    with pytest.raises(BadInput, match="cannot be written"):
        files.write_csv_file(tmp_path / name, HEADER, ROWS)
    assert {path.name for path in tmp_path.iterdir()} == {"pipe", "file", "loop"}
