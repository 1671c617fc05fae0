"""kill -9 while a folder is graded: nothing is half written, nothing goes on, and --resume ends as it would have."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from harness.grading.grade import ending_pool
from tests.network_files import text_of, text_without_hidden_derivative
from tests.processes import PATIENCE, ROOT, start_harness

HAND_INS = 5
MOST_SECONDS = 30.0  # until the processes of a killed command are gone

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc for what is left")


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    """Grade the class in a folder, two hand-ins at once."""
    line = ["check", "class", "--results", "results", "--csv", "marks.csv", "--jobs", "2", "--sandbox", "off", *more]
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    return start_harness(*line, cwd=folder, environment={"TMPDIR": str(folder / "tmp")}, **options)


def finish(folder: Path, *more: str) -> bytes:
    """The marks after grading to the end."""
    assert start(folder, *more).wait(timeout=PATIENCE) in (0, 1)
    return (folder / "marks.csv").read_bytes()


def running_in(folder: Path) -> list[str]:
    """The processes whose current folder is this one, or in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                place = os.readlink(entry / "cwd")
            except OSError:  # it has ended, or is another user's
                continue
            if Path(place).is_relative_to(folder):
                found.append(entry.name)
    return found


def wait_for_nothing_in(folder: Path) -> None:
    """Wait until no process is left in a folder."""
    deadline = time.monotonic() + MOST_SECONDS
    while running_in(folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert running_in(folder) == []


def wait_for_copies(process: subprocess.Popen[str], temporary: Path) -> None:
    """Wait until a grading has copied a hand-in."""
    while not list(temporary.rglob("*.py")):
        assert process.poll() is None
        time.sleep(0.01)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder with a class, the marks, and the seconds it took."""
    folder = tmp_path_factory.mktemp("whole")
    make_class(folder)
    started = time.monotonic()
    marks = finish(folder)
    return marks, time.monotonic() - started


def make_class(folder: Path) -> None:
    """Hand-ins with and without a mistake."""
    (folder / "tmp").mkdir(parents=True)
    (folder / "class").mkdir()
    right, wrong = text_of("matrix"), text_without_hidden_derivative()
    for number in range(HAND_INS):
        content = wrong if number % 2 else right
        (folder / "class" / f"student{number}.py").write_text(f"{content}\n# {number}\n")


@pytest.mark.parametrize("moments", [pytest.param(2, marks=pytest.mark.slow), pytest.param(30, marks=pytest.mark.long)])
def test_a_killed_grading_leaves_nothing_half_written_and_goes_on(whole, tmp_path, moments):
    marks, seconds = whole
    draw = random.Random(moments)
    for moment in range(moments):
        folder = tmp_path / str(moment)
        make_class(folder)
        process = start(folder)
        time.sleep(draw.uniform(0.1, 1.0) * seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_for_nothing_in(folder)
        for path in (folder / "results").glob("[0-9]*.json"):
            json.loads(path.read_text())
        if (folder / "marks.csv").exists():
            assert (folder / "marks.csv").read_bytes() == marks
        assert finish(folder, "--resume") == marks
        assert list((folder / "tmp").iterdir()) == []


@pytest.mark.slow
def test_the_processes_of_a_killed_grading_that_ignores_ctrl_c_remove_their_copies(tmp_path):
    """A shell starts jobs in the background so."""
    make_class(tmp_path)
    for path in (tmp_path / "class").iterdir():
        path.write_text("while True:\n    pass\n")
    line = f"trap '' INT; exec {sys.executable} -m harness check class --jobs 2 --sandbox off"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp")}
    process = subprocess.Popen(["sh", "-c", line], cwd=tmp_path, env=environment, text=True, stdout=subprocess.DEVNULL)
    wait_for_copies(process, tmp_path / "tmp")
    process.kill()
    process.wait()
    wait_for_nothing_in(tmp_path)
    assert list((tmp_path / "tmp").iterdir()) == []


def known_temporary_folder() -> str | None:
    """The folder for temporary files, if this process knows it already."""
    return tempfile.tempdir


def test_processes_of_a_grading_do_not_write_a_file_to_find_the_temporary_folder(tmp_path, monkeypatch):
    """An end would leave the file."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with ending_pool(1) as pool:
        assert pool.submit(known_temporary_folder).result() == str(tmp_path)


@pytest.mark.slow
def test_copies_of_hand_ins_whose_processes_were_all_killed_are_removed_by_the_next_grading(tmp_path):
    make_class(tmp_path)
    process = start(tmp_path)
    temporary = tmp_path / "tmp"
    wait_for_copies(process, temporary)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    wait_for_nothing_in(tmp_path)
    assert list(temporary.iterdir())
    finish(tmp_path, "--resume")
    assert list(temporary.iterdir()) == []
