"""``harness check``"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from ..options import add_json, add_seed, must, number, up_to, whole
from ..terminal import print_as, progress_bar
from . import AGREES, BAD_INPUT, DIFFERS

MOST_SECONDS = 86400
LEAST_MEMORY, MOST_MEMORY = 128, 2**24  # MB; a Python with NumPy takes about 100
MOST_JOBS = 64  # each takes a process for the check and one for the file


def seconds(text: str) -> float:
    """A number above 0, up to a day."""
    if not 0 < number(text) <= MOST_SECONDS:
        raise must(f"a number above 0 and at most {MOST_SECONDS}", text)
    return number(text)


def megabytes(text: str) -> int:
    """What a Python with NumPy can start in, or 0, which is no limit."""
    if whole(text) != 0 and not LEAST_MEMORY <= whole(text) <= MOST_MEMORY:
        raise must(f"a whole number from {LEAST_MEMORY} to {MOST_MEMORY}, or 0 for no limit", text)
    return whole(text)


def add(commands: Any) -> None:
    command = commands.add_parser(
        "check",
        help="is my hand-written math right, and if not, what is my mistake?",
        description="Compare a Python file of your own, or every one of a folder, with the references, and name the "
        "mistake. Exit code 0: correct, 1: not, 2: it cannot be judged, or bad input.",
    )
    command.add_argument("path", type=Path, metavar="FILE", help="a Python file, or a folder of them")
    command.add_argument(
        "--scenario", metavar="SCENARIO", help="has the activations and cost that the file is for (default: by trying)"
    )
    command.add_argument("--cost", metavar="NAME", help="that the file is for (default: by trying)")
    command.add_argument(
        "--layout", metavar="WORDS", help="of weights and observations, such as 'flat columns' (default: by trying)"
    )
    add_seed(command, "the random networks and data")
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
        type=up_to(MOST_JOBS),
        default=min(os.cpu_count() or 1, MOST_JOBS),
        metavar="N",
        help="files at once (default: one a core)",
    )
    output = command.add_argument_group("output")
    add_json(output)
    output.add_argument("--csv", type=Path, metavar="FILE", help="write one row for every file")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ...checking import by_name as check
    from ...files import check_csv_file
    from ...report import by_name as check_report

    path: Path = arguments.path
    if arguments.csv is not None:
        check_csv_file(arguments.csv)
    options = check.options(
        arguments.scenario, arguments.cost, arguments.layout, arguments.seed, arguments.seconds, arguments.memory
    )
    files = check.files_in(path)
    with progress_bar(path.name) as show:
        reports = check.check_files(files, options, arguments.jobs, show)
    if arguments.csv is not None:
        check_report.write_csv(reports, arguments.csv)
    if path.is_dir():
        print_as(
            as_json=arguments.json,
            machines=lambda: check_report.machines_of_many(reports),
            people=lambda: check_report.people_of_many(reports),
        )
    else:
        print_as(
            as_json=arguments.json,
            machines=lambda: check_report.machines(reports[0]),
            people=lambda: check_report.people(reports[0]),
        )
    verdicts = {report.verdict for report in reports}
    if check.ERROR in verdicts:
        return BAD_INPUT
    return AGREES if verdicts == {check.CORRECT} else DIFFERS
