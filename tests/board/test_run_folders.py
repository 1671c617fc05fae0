"""The folder of a run: its name, its mark while it is not complete, and who gets it."""

import contextlib
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import BadInput, board
from harness.board import events
from tests.board.runs import RECORDED, points, read


def make_run_folder(root, scenario, name=None):
    """Nothing but the folder."""
    with board.run_folder(root, scenario, name) as folder:
        return folder


def test_finished_folder_has_no_mark(tmp_path, runs):
    with board.run_folder(tmp_path, "post", "first") as folder:
        assert folder == tmp_path / "post" / "first"
        assert (folder / board.UNFINISHED).is_file()
        board.write(runs["ones"], folder / runs["ones"].name)
    assert [path.name for path in folder.iterdir()] == ["handwritten-ones"]


def test_interrupt_before_anything_was_written_frees_the_name(tmp_path):
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt), board.run_folder(tmp_path, "post", "first"):
            raise KeyboardInterrupt
    assert list((tmp_path / "post").iterdir()) == []


def test_interrupted_run_is_marked_and_readable(tmp_path, runs, monkeypatch):
    left = iter(range(3))  # the file's version and two iterations
    record = events.record

    def interrupted(event):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return record(event)

    monkeypatch.setattr(events, "record", interrupted)
    with pytest.raises(KeyboardInterrupt), board.run_folder(tmp_path, "post", "first") as folder:
        board.write(runs["ones"], folder / "run")
    assert (folder / board.UNFINISHED).is_file()
    assert list(points(read(folder / "run"), "cost")) == RECORDED[:2]
    assert points(read(folder / "run"), "cost")[0] == pytest.approx(1.96, abs=0.3)


def test_timestamped_folders_of_one_second_are_distinct(tmp_path):
    with contextlib.ExitStack() as stack:
        folders = [stack.enter_context(board.run_folder(tmp_path, "post")) for _ in range(5)]
    assert len(set(folders)) == 5
    assert all(re.fullmatch(r"\d{8}-\d{6}(-\d)?", folder.name) for folder in folders)


def test_existing_folder_is_not_overwritten(tmp_path, runs):
    folder = make_run_folder(tmp_path, "post", "first")
    board.write(runs["ones"], folder / "run")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(BadInput, match=rf"{folder} exists.*another name"):
        make_run_folder(tmp_path, "post", "first")
    with pytest.raises(BadInput, match="exists"):
        board.write(runs["ones"], folder / "run")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_of_many_at_once_exactly_one_gets_the_name(tmp_path):
    together = threading.Barrier(8)

    def claim(_):
        together.wait()
        try:
            with board.run_folder(tmp_path, "post", "same") as folder:
                (folder / "events").touch()  # renaming would replace a folder that was finished without a file
                return folder
        except BadInput:
            return None

    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(claim, range(8)))
    assert [folder for folder in claims if folder] == [tmp_path / "post" / "same"]


ESCAPES = ["", ".", "..", "../x", "a/b", "/tmp", "a\\b", "..\\x", "C:x", ".hidden", "a\0b", "a\nb", "-rf", "~", " a"]


@pytest.mark.parametrize("name", ESCAPES)
def test_name_stays_in_the_log_folder(tmp_path, name):
    with pytest.raises(BadInput, match="cannot name a folder"):
        make_run_folder(tmp_path / "logs", "post", name)
    with pytest.raises(BadInput, match="cannot name a folder"):
        make_run_folder(tmp_path / "logs", name, "first")
    assert list(tmp_path.iterdir()) == []


def test_log_folder_that_cannot_be_written(tmp_path, runs):
    (tmp_path / "file").write_text("")
    for write in (
        lambda: make_run_folder(tmp_path / "file", "post", "first"),
        lambda: make_run_folder(tmp_path / "file", "post"),
        lambda: make_run_folder(tmp_path, "file", "first"),
        lambda: make_run_folder(tmp_path, "file"),
        lambda: board.write(runs["ones"], tmp_path / "file" / "run"),
        lambda: board.write_answer(tmp_path / "file" / "run", "text"),
    ):
        with pytest.raises(BadInput, match="cannot be written"):
            write()
    with pytest.raises(BadInput, match="at most 60 letters"):
        make_run_folder(tmp_path, "post", "n" * 300)
