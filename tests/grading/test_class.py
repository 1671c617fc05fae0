"""A whole class is graded: nothing escapes, nothing is lost, and every hand-in has a row."""

from __future__ import annotations

import csv
import json
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from harness.checking.result import Verdict
from harness.grading.grade import Settings, grade
from harness.grading.hand_ins import hand_ins_in
from harness.grading.result import Grading
from harness.report import grading as report
from harness.sandbox import Absence, Box, find_box, find_namespaces
from tests.grading.classes import Expected, make_class

FOUND = find_box()
needs_box = pytest.mark.skipif(isinstance(FOUND, Absence), reason=f"no sandbox on this machine: {FOUND}")
KERNELS = find_namespaces()
BOXES = {box.name.split()[0]: box for box in (FOUND, KERNELS) if isinstance(box, Box)}
SECRET = "the password is 7c1d"


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def running(token: str) -> int:
    """How many processes have this word in their command line."""
    number = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                number += token.encode() in (entry / "cmdline").read_bytes()
            except OSError:
                continue
    return number


class Watched:
    """A class in a folder, with everything around it that must stay as it is."""

    def __init__(self, tmp_path: Path, honest: int, hostile: int) -> None:
        self.folder = tmp_path / "class"
        self.folder.mkdir()
        self.secret = tmp_path / "secret.txt"
        self.secret.write_text(SECRET)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        threading.Thread(target=self.accept, daemon=True).start()
        self.token = f"left-behind-{os.getpid()}-{honest}"
        self.expected: dict[str, Expected] = make_class(
            self.folder,
            honest=honest,
            hostile=hostile,
            secret=self.secret,
            port=self.server.getsockname()[1],
            token=self.token,
        )
        self.before = contents(tmp_path)
        self.around = tmp_path

    def accept(self) -> None:
        """Count who connects."""
        while True:
            try:
                self.server.accept()
            except OSError:
                return
            self.connections += 1

    def check_nothing_escaped(self, grading: Grading, tmp_path: Path) -> None:
        """Nothing was read, written, reached or left."""
        assert contents(self.around) == self.before
        assert self.connections == 0
        assert running(self.token) == 0
        assert not (Path.home() / "new").exists()
        told = json.dumps(grading.to_dict()) + "".join(report.student_text(grading, one) for one in grading.hand_ins)
        assert SECRET not in told
        assert "np.random.seed(0)" not in told
        self.server.close()


def check_rows(grading: Grading, expected: dict[str, Expected], path: Path) -> None:
    """Every hand-in has a row, and the verdict that it was made for."""
    assert {one.id for one in grading.hand_ins} == set(expected)
    wrong = {}
    for one in grading.hand_ins:
        of = expected[one.id]
        ids = {found.id for found in one.mistakes}
        if one.verdict.value != of.verdict or (of.mistake and of.mistake not in ids):
            wrong[one.id] = (one.verdict.value, ids, one.problem, one.result and (one.result.reason, one.result.detail))
    assert not wrong
    report.write_csv(grading, path)
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + len(expected)
    assert all("\n" not in cell and not cell.startswith("=") for row in rows for cell in row)
    assert {len(row) for row in rows} == {len(rows[0])}


@pytest.mark.slow
@needs_box
def test_a_few_of_them(tmp_path):
    watched = Watched(tmp_path, honest=2, hostile=1)
    assert not isinstance(FOUND, Absence)
    grading = grade(hand_ins_in(watched.folder), Settings(box=FOUND, seconds=5), jobs=2)
    watched.check_nothing_escaped(grading, tmp_path)
    check_rows(grading, watched.expected, tmp_path / "marks.csv")


@pytest.mark.parametrize(
    "box",
    [
        pytest.param(box, id=name, marks=pytest.mark.long if number else pytest.mark.slow)
        for number, (name, box) in enumerate(BOXES.items())
    ],
)
def test_every_hostile_deed(box, tmp_path):
    watched = Watched(tmp_path, honest=0, hostile=20)
    grading = grade(hand_ins_in(watched.folder), Settings(box=box, seconds=2, megabytes=1000), jobs=2)
    watched.check_nothing_escaped(grading, tmp_path)
    check_rows(grading, watched.expected, tmp_path / "marks.csv")


@needs_box
@pytest.mark.slow
def test_a_small_class(tmp_path):
    watched = Watched(tmp_path, honest=10, hostile=0)
    assert not isinstance(FOUND, Absence)
    settings = Settings(box=FOUND, seconds=10)
    grading = grade(hand_ins_in(watched.folder), settings, jobs=2)
    watched.check_nothing_escaped(grading, tmp_path)
    check_rows(grading, watched.expected, tmp_path / "marks.csv")
    again = grade(hand_ins_in(watched.folder), settings, jobs=1)
    assert json.dumps(again.to_dict()) == json.dumps(grading.to_dict())


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
@pytest.mark.long
def test_two_hundred_hand_ins_of_which_forty_are_hostile(box, tmp_path):
    watched = Watched(tmp_path, honest=160, hostile=40)
    settings = Settings(box=box, seconds=5, megabytes=2000)
    hand_ins = hand_ins_in(watched.folder)
    started = time.monotonic()
    honest = grade([one for one in hand_ins if not one.id.startswith("h")], settings, jobs=2)
    seconds = time.monotonic() - started
    hostile = grade([one for one in hand_ins if one.id.startswith("h")], settings, jobs=2)
    both = Grading(folder="class", hand_ins=honest.hand_ins + hostile.hand_ins)
    watched.check_nothing_escaped(both, tmp_path)
    check_rows(both, watched.expected, tmp_path / "marks.csv")
    assert all(one.verdict is Verdict.NOT_JUDGED for one in hostile.hand_ins)
    print(f"{box.name}: {seconds / len(honest.hand_ins):.2f} s a hand-in as the clock goes, with two workers")
    assert seconds / len(honest.hand_ins) <= 1
