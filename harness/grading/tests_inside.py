"""Runs the tests of a course against a hand-in. Started by path, it imports nothing of this project.

The outcomes go out on what was stdout, with a word that only the parent knows. What tests and hand-in print goes
nowhere.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

MAX_MESSAGE = 500  # characters


class Outcomes:
    """A plugin of pytest that keeps the outcome of each test."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[str, str]] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """The phases of a test: setup, call, teardown."""
        if report.when == "call" or report.outcome != "passed":
            message = str(report.longrepr).strip().splitlines()[-1:] if report.outcome == "failed" else []
            if self.found.get(report.nodeid, ("passed", ""))[0] != "failed":
                self.found[report.nodeid] = report.outcome, "".join(message)[:MAX_MESSAGE]

    def pytest_collectreport(self, report: Any) -> None:
        """A file of tests that cannot be loaded is a test that fails."""
        if report.outcome == "failed":
            lines = str(report.longrepr).strip().splitlines()[-1:]
            self.found[report.nodeid] = "failed", "".join(lines)[:MAX_MESSAGE]


def main() -> None:
    """``tests_inside.py TESTS FOLDER ...``: the folder of tests, and those that modules of the hand-in are found in."""
    word = sys.stdin.readline().strip()
    reply = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    tests, folders = sys.argv[1], sys.argv[2:]
    sys.path[:0] = folders
    sys.dont_write_bytecode = True

    import pytest

    outcomes = Outcomes()
    options = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib", "-c", os.devnull, "--rootdir", tests, tests]
    pytest.main(options, plugins=[outcomes])
    rows = [[name, *outcome] for name, outcome in sorted(outcomes.found.items())]
    reply.write(json.dumps({"word": word, "outcomes": rows}) + "\n")
    reply.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.path.pop(0)
    main()
