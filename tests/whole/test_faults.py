"""Twenty thousand mistakes: each ends with 2 and a plain line, at once, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import io
import os
import re
import resource
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from harness.cli import main as cli
from harness.cluster import standing_in
from tests.faults import KINDS, SLOW_KINDS, Fault

SECONDS = 30.0  # for one mistake, on a machine with much else to do
MEGABYTES = 1500  # by which no number of mistakes may raise what this process takes
IN_ALL = 20_000

# of so many in a long run, as many as the kind has ways to go wrong
SHARES = {
    "a value in a TOML file": 3000,
    "a TOML file": 800,
    "data in a TOML file": 1500,
    "a CSV file": 1200,
    "an NPZ file": 1000,
    "an option": 1500,
    "a command": 400,
    "a place": 300,
    "a .keras file": 500,
    "a script": 3000,
    "a notebook": 3500,
    "a rubric": 3000,
    "a program for diagnose": 500,
}
EXCEPTION = re.compile(r"Traceback|\b[A-Z]\w+(Error|Exception|Warning)[(:]|object at 0x|<class '")


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """What is in a folder: names, kinds and sizes."""
    found = {}
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            status = os.lstat(os.path.join(parent, name))
            found[os.path.join(parent, name)] = (status.st_mode, status.st_size)
    return found


def run(fault: Fault) -> tuple[int, str, str, float]:
    """The exit code, stdout, stderr, and seconds; the folder must be as it was."""
    out, err = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as name, standing_in(Path(name)):
        fault.put(Path(name))
        before = tree(Path(name))
        started = time.monotonic()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = cli.main(fault.argv)
        took = time.monotonic() - started
        assert tree(Path(name)) == before, "something was written"
    return code, out.getvalue(), err.getvalue(), took


def check(fault: Fault) -> None:
    """All that holds of every mistake."""
    code, out, err, took = run(fault)
    assert code == 2, (code, err)
    assert out == ""
    assert err.startswith("harness: ")
    assert err.endswith("\n")
    lines = err[:-1].split("\n")
    assert len(lines) <= 3, err
    assert all(line.isprintable() and 0 < len(line) <= 520 for line in lines), err
    assert EXCEPTION.search(err) is None, err
    assert took < SECONDS


def try_many(kind: str, examples: int) -> int:
    """So many mistakes of a kind; how many there were."""
    count = 0

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given({**KINDS, **SLOW_KINDS}[kind])
    def each(fault: Fault) -> None:
        nonlocal count
        count += 1
        check(fault)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    each()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < MEGABYTES
    return count


def load_tensorflow() -> None:
    """Load all that a diagnosis needs, which takes longer than a mistake may."""
    run(Fault(("diagnose", "t.ipynb", "--no-log"), {"t.ipynb": b"null"}))


@pytest.mark.parametrize("kind", KINDS)
def test_a_mistake_is_a_plain_line_and_exit_2_and_leaves_nothing(kind):
    assert try_many(kind, SHARES[kind] // 160) > 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", SLOW_KINDS)
def test_the_same_of_what_loads_tensorflow(kind):
    load_tensorflow()
    assert try_many(kind, SHARES[kind] // 80) > 0


@pytest.mark.long
def test_twenty_thousand_mistakes(capsys):
    load_tensorflow()
    counts = Counter({kind: try_many(kind, share) for kind, share in SHARES.items()})
    with capsys.disabled():
        print("\n" + "\n".join(f"{count:6} {kind}" for kind, count in counts.items()))
        print(f"{counts.total():6} in all")
    assert counts.total() >= IN_ALL
