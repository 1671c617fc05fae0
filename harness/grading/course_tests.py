"""The tests of a course, run against a hand-in by a pytest of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import secrets
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..errors import BadInput
from ..sandbox import ONE_NUMPY_THREAD, Limits, prepared
from .result import TestOutcome, TestResult

INSIDE = Path(__file__).with_name("tests_inside.py")
TESTS = "/course-tests"  # where they are seen in a sandbox
MAX_REPLY_BYTES = 2**22
WAITING = 4  # times the limit of computing time: how long the processes may take in all


def check_pytest() -> None:
    """Raise BadInput if there is no pytest for the tests of a course."""
    if importlib.util.find_spec("pytest") is None:
        raise BadInput("needs pytest, which is not installed", key="tests", hint="run: pip install pytest")


def run_tests(tests: Path, hand_in: Path, main: Path, limits: Limits) -> tuple[tuple[TestResult, ...], bool]:
    """Run tests against a hand-in, in the sandbox that is in use.

    Args:
        tests: the folder of them, which everybody can read.
        hand_in: the copy of the hand-in.
        main: the file that is judged, in it.
        limits: what they may use.

    Returns:
        The tests by name, and whether all of them ran to their end.
    """
    quiet = {"PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "Agg", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    same = {"PYTHONHASHSEED": "0"}
    with prepared(
        [sys.executable, str(INSIDE)],
        root=hand_in,
        folder=main.parent,
        limits=limits,
        environment=quiet | same | ONE_NUMPY_THREAD,
        main=main,
        readable=[(tests, TESTS)],
    ) as launch:
        place = TESTS if launch.sandboxed else str(tests)
        folders = dict.fromkeys([str(launch.seen(main.parent)), str(launch.seen(hand_in))])
        launch.command += [place, *folders]
        process = launch.start()
        word = secrets.token_hex(16)
        requests, replies = (cast(BinaryIO, pipe) for pipe in (process.stdin, process.stdout))
        # the hand-in may write into this pipe without end, and what it leaves behind may hold it open without end
        content: list[bytes] = []
        reader = threading.Thread(target=lambda: content.append(replies.readline(MAX_REPLY_BYTES)), daemon=True)
        reader.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                requests.write(f"{word}\n".encode())
                requests.flush()
            reader.join(WAITING * limits.seconds)
        finally:
            launch.close()
            reader.join(1)
            for pipe in (process.stdin, process.stderr, *([] if reader.is_alive() else [process.stdout])):
                with contextlib.suppress(OSError):
                    cast(BinaryIO, pipe).close()
    return outcomes_in(b"".join(content), word)


def outcomes_in(content: bytes, word: str) -> tuple[tuple[TestResult, ...], bool]:
    """The outcomes in a reply; none of them, and False, if it is not one."""
    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
        reply: Any = json.loads(content)
        if secrets.compare_digest(str(reply["word"]), word):
            return tuple(of_row(row) for row in reply["outcomes"]), True
    return (), False


def of_row(row: Sequence[str]) -> TestResult:
    """One test, under its name without the folder."""
    name, outcome, message = row
    return TestResult(name=str(name), outcome=TestOutcome(outcome), message=str(message))
