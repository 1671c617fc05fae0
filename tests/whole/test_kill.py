"""kill -9 at random moments: what a command leaves is nothing, or marked unfinished, or whole; and it can be read."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from harness import board
from harness.files import PARTIAL

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc to see when to kill")

SWEEP = "sweep --init glorot_uniform --learning-rate 0.5,1,3 --seeds 3000 --iterations 1000 --csv members.csv"
COMMANDS = {
    "compare": "compare xor --init ones,glorot_uniform --iterations 50",
    "sweep": SWEEP,
    "diagnose": "diagnose xor --init glorot_uniform",
    "diagnose a script": "diagnose train.py --budget 600",
}
OF_SCENARIOS = ("compare", "sweep", "diagnose")
CHUNKS = 36  # of the sweep: of 256 members, see killed.py
NAMES = {"compare": "xor", "sweep": "post", "diagnose": "xor", "diagnose a script": "train"}  # folders in logs/
EXIT_CODES = {"diagnose a script": 1}  # others end with 0
TELL_THE_TIME = ("diagnose", "diagnose a script")  # two undisturbed runs are not the same bytes
# learns nothing, because it has no learning rate to speak of
SCRIPT = """
import keras
import numpy as np

x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
y = (x[:, :1] > 0).astype("float32")
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(1, "sigmoid")])
model.compile(keras.optimizers.SGD(1e-6), "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=5, batch_size=16, verbose=0)
"""


class Killer:
    """Processes that run command lines in children, two at a time, and kill them."""

    def __init__(self) -> None:
        self.free: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        self.all = [
            subprocess.Popen(
                [sys.executable, str(ROOT / "tests" / "killed.py")],
                env=os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            for _ in range(2)
        ]
        for process in self.all:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            self.free.put(process)

    def run(
        self, folder: Path, arguments: str, after: float | None = None, stops: Sequence[float] = ()
    ) -> tuple[int, float]:
        """A command line in a folder, killed after so many seconds of the processors: exit code, and what it took.

        At each of the stops, what is in the folder is copied to a number in the folder "copies" beside it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "train.py").write_text(SCRIPT)
        process = self.free.get()
        request = {"folder": str(folder), "arguments": arguments.split(), "after": after}
        request |= {"stops": list(stops), "copies": str(folder.parent / "copies")}
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            code, took = json.loads(process.stdout.readline())
        finally:
            self.free.put(process)
        return code, took


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    made = Killer()
    yield made
    for process in made.all:
        process.kill()
        process.communicate()


def logged(folder: Path, command: str) -> Path:
    """The folder of its run"""
    return folder / "logs" / NAMES[command] / "n"


def line_of(command: str) -> str:
    """The command line of what is killed"""
    return f"{COMMANDS[command]} --json --name n"


def undisturbed(killer: Killer, command: str, folder: Path) -> tuple[Path, float]:
    """The folder of a command, and its seconds of the processors, when nothing disturbs it."""
    code, took = killer.run(folder, line_of(command))
    assert code == EXIT_CODES.get(command, 0), (folder / "err").read_text()
    assert not (logged(folder, command) / board.UNFINISHED).exists()
    return folder, took


@pytest.fixture(scope="module")
def whole(killer: Killer, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, float]]:
    """Runs a command of a scenario undisturbed, once for all tests."""
    return functools.cache(lambda command: undisturbed(killer, command, tmp_path_factory.mktemp(command)))


def whole_records(content: bytes) -> int:
    """How many records of an event file are there: length (8 bytes), its CRC (4), data, their CRC (4)."""
    place, found = 0, 0
    while len(content) - place >= 12:
        (length,) = struct.unpack_from("<Q", content, place)
        place += 12 + length + 4
        found += place <= len(content)
    return found


def check_events(folder: Path, reference: Path | None) -> None:
    """TensorBoard reads each event file to its last whole record, and it is how the undisturbed one begins."""
    for path in folder.rglob("events.out.*"):
        content = path.read_bytes()
        assert len(list(EventFileLoader(str(path)).Load())) == whole_records(content)
        if reference is not None:
            assert (reference / path.relative_to(folder)).read_bytes().startswith(content)


def files(folder: Path) -> dict[str, bytes]:
    """All but the chunks, whose archives tell the time"""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.endswith(".npz")}


def check_left(folder: Path, command: str, reference: Path) -> str:
    """What a killed command has left is nothing, or marked, or whole: which of them."""
    assert (folder / "train.py").read_text() == SCRIPT
    names = {path.name for path in folder.iterdir() if not path.name.endswith(PARTIAL)}
    assert names <= {"train.py", "logs", "out", "err", "members.csv"}
    run = logged(folder, command)
    parent = run.parent
    others = [path.name for path in parent.iterdir() if path != run] if parent.exists() else []
    assert all(re.fullmatch(r"\.[0-9]+-[0-9]+\.new", name) for name in others), others
    if not run.exists():
        return "nothing"
    same = command not in TELL_THE_TIME
    check_events(run, logged(reference, command) if same else None)
    if (run / board.UNFINISHED).exists():
        return "unfinished"
    if same:
        assert files(run) == files(logged(reference, command))
    else:
        assert any(run.rglob("events.out.*"))
        assert (run / "report.html").is_file()
    return "whole"


def check_resumed(killer: Killer, folder: Path, reference: Path) -> int:
    """The sweep goes on, comes to the undisturbed bytes, and leaves its finished chunks alone; how many those were."""
    run = logged(folder, "sweep")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in run.glob("chunks/*.npz")}
    code, _ = killer.run(folder, f"{line_of('sweep')} --resume")
    told = (folder / "err").read_text()
    assert code == 0, told
    assert re.fullmatch(rf"harness: .* of 9,000 networks are done, in {len(before)} chunks?\n", told), told
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in before} == before
    assert len(list(run.glob("chunks/*"))) == CHUNKS
    assert files(run) == files(logged(reference, "sweep"))
    for name in ("out", "members.csv"):
        assert (folder / name).read_bytes() == (reference / name).read_bytes(), name
    return len(before)


def moments(seed: int, count: int, seconds: float) -> list[float]:
    """Random ones, one in each of so many equal parts of the time."""
    draw = random.Random(seed)
    return [(part + draw.random()) * seconds / count for part in range(count)]


def check_kills(
    killer: Killer, whole: tuple[Path, float], command: str, count: int, seed: int, folder: Path
) -> list[str]:
    """Kill a command at so many moments, and look at what each has left: which, in the order of the moments."""
    reference, seconds = whole

    def check(number: int, after: float) -> str:
        of_this = folder / str(number)
        code, _ = killer.run(of_this, line_of(command), after)
        assert code in (EXIT_CODES.get(command, 0), -signal.SIGKILL), (of_this / "err").read_text()
        left = check_left(of_this, command, reference)
        if code >= 0:
            assert left == "whole"
        if command == "sweep":
            left = f"{left}, {check_resumed(killer, of_this, reference)} chunks"
        shutil.rmtree(of_this)
        return left

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(check, range(count), moments(seed, count, seconds)))


@pytest.mark.parametrize(
    ("command", "count"),
    [
        pytest.param("sweep", 2, marks=pytest.mark.slow),
        # a hundred together with those below
        *(pytest.param(command, 25, marks=pytest.mark.long) for command in OF_SCENARIOS),
    ],
)
def test_a_killed_command_leaves_nothing_half_written(killer, whole, command, count, tmp_path):
    found = check_kills(killer, whole(command), command, count, 0, tmp_path)
    assert sum("unfinished" in left for left in found) >= max(1, count // 3), found  # else nothing much was tried
    if command == "sweep":
        assert any(re.search(r" [1-9]\d* chunks", left) for left in found), found


@pytest.mark.long
def test_a_killed_diagnosis_of_a_script_leaves_nothing_half_written(killer, tmp_path):
    command, kills, stops = "diagnose a script", 3, 60
    reference, seconds = undisturbed(killer, command, tmp_path / "whole")
    found = check_kills(killer, (reference, seconds), command, kills, 2, tmp_path)
    # this run removes the scratch folders of those that were killed, and is one more with many moments of its own
    code, _ = killer.run(tmp_path / "stopped", line_of(command), stops=moments(3, stops, 0.95 * seconds))
    assert code == EXIT_CODES[command]
    found += [check_left(copy, command, reference) for copy in (tmp_path / "copies").iterdir()]
    assert len(found) >= kills + 0.8 * stops
    assert found.count("unfinished") >= len(found) // 3, found
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.slow
def test_an_event_file_that_is_cut_anywhere_is_read_to_its_last_whole_record(whole, tmp_path):
    """Also one of no bytes, as it is when it was just opened."""
    path = min(logged(whole("sweep")[0], "sweep").rglob("events.out.*"), key=lambda path: path.stat().st_size)
    content = path.read_bytes()
    cut = tmp_path / path.name
    draw = random.Random(3)
    for length in [0, 5, 12, *(draw.randrange(len(content)) for _ in range(20)), len(content)]:
        cut.write_bytes(content[:length])
        assert len(list(EventFileLoader(str(cut)).Load())) == whole_records(content[:length])


@pytest.mark.slow
def test_of_two_runs_at_once_into_one_name_one_is_refused(killer, tmp_path):
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda _: killer.run(tmp_path, line_of("sweep")), range(2)))
    assert sorted(code for code, _ in done) == [0, 2]
    with contextlib.suppress(FileNotFoundError):
        assert not (logged(tmp_path, "sweep") / board.UNFINISHED).exists()
