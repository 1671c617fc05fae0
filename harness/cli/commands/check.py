"""``harness check``"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from ..options import add_json, add_seed, integer, integer_up_to, invalid_value, number
from ..pages import add_report, check_files, write_page
from ..terminal import print_as, progress_bar, show_result
from . import AGREES, DIFFERS, NOT_JUDGED

MAX_SECONDS = 86400
MIN_MEGABYTES, MAX_MEGABYTES = 128, 2**24  # MB; a Python with NumPy takes about 100
MAX_JOBS = 64  # each takes a process for the check and one for the file


def seconds(text: str) -> float:
    """A number above 0, up to a day."""
    if not 0 < number(text) <= MAX_SECONDS:
        raise invalid_value(f"a number above 0 and at most {MAX_SECONDS}", text)
    return number(text)


def megabytes(text: str) -> int:
    """What a Python with NumPy can start in, or 0, which is no limit."""
    if integer(text) != 0 and not MIN_MEGABYTES <= integer(text) <= MAX_MEGABYTES:
        raise invalid_value(f"a whole number from {MIN_MEGABYTES} to {MAX_MEGABYTES}, or 0 for no limit", text)
    return integer(text)


def add(commands: Any) -> None:
    command = commands.add_parser(
        "check",
        help="is my hand-written math right, and if not, which line is wrong?",
        description="Run a Python file of your own as it is, record its arithmetic, compare its gradients with true "
        "ones, and show the wrong line and the mistake's name. Exit code 0: correct, 1: a mistake, 2: bad input, "
        "3: not judged.",
    )
    command.add_argument("path", type=Path, metavar="FILE", help="a Python file, a notebook, or a folder of them")
    command.add_argument(
        "--run",
        dest="lines",
        metavar="LINES",
        help="lines of Python that make the file train, run after it with X, Y, y and labels at hand "
        "(default: detected)",
    )
    add_seed(command, "the file's random numbers and data, unless it sets its own")
    command.add_argument(
        "--seconds", type=seconds, default=30, metavar="SECONDS", help="time limit for a file (default: 30)"
    )
    command.add_argument(
        "--memory",
        type=megabytes,
        default=8192,
        metavar="MB",
        help="address space for a file, 0 for no limit (default: 8192)",
    )
    command.add_argument(
        "--jobs",
        type=integer_up_to(MAX_JOBS),
        default=min(os.cpu_count() or 1, MAX_JOBS),
        metavar="N",
        help="files at once (default: one a core)",
    )
    output = command.add_argument_group("output")
    add_json(output)
    add_report(output)
    output.add_argument("--csv", type=Path, metavar="FILE", help="write one row for every file")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ...checking import check
    from ...checking.result import Verdict
    from ...errors import BadInput
    from ...files import check_output_file
    from ...report import checking as report

    check_files(arguments)
    path: Path = arguments.path
    if arguments.csv is not None:
        check_output_file(arguments.csv)
    limits = {"seed": arguments.seed, "seconds": arguments.seconds, "megabytes": arguments.memory}
    if path.is_dir():
        if arguments.lines is not None:
            raise BadInput(key="run", problem="is for one file, not for a folder", hint="check the files one by one")
        with progress_bar(path.name) as show:
            results = check.check_files(check.files_in(path), jobs=arguments.jobs, progress=show, **limits)
    else:
        with progress_bar(path.name):
            results = [check.check_file(path, run=arguments.lines, **limits)]
    if arguments.csv is not None:
        report.write_csv(results, arguments.csv)
    if arguments.report is not None:
        from ...report.page import checks

        write_page(
            arguments,
            lambda: checks.page_of_many(results, path.name) if path.is_dir() else checks.page_of(results[0], path),
        )
    if path.is_dir():
        print_as(
            as_json=arguments.json,
            machines=lambda: report.machines_of_many(results),
            people=lambda: report.people_of_many(results),
        )
    else:
        show_result(arguments, results[0])
    verdicts = {one.verdict for one in results}
    if Verdict.MISTAKE in verdicts:
        return DIFFERS
    return NOT_JUDGED if Verdict.NOT_JUDGED in verdicts else AGREES
