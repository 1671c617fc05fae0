"""``harness check``"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from .. import BadInput
from ..given import shown
from ..options import add_json, positive
from ..terminal import show_result
from . import AGREES, BAD_INPUT, DIFFERS

MOST_SECONDS = 86400.0
LEAST_MEMORY, MOST_MEMORY = 128, 2**24  # MB; a Python with NumPy takes about 100
MOST_JOBS = 64  # each takes a process for the check and one for the file


def add(commands: Any) -> None:
    command = commands.add_parser(
        "check",
        help="is my hand-written math right, and if not, what is my mistake",
        description="Compare somebody's own Python file, or every one of a folder, with the references, and name the "
        "mistake. Exit code 0: correct, 1: not, 2: it cannot be judged, or bad input.",
    )
    command.add_argument("path", type=Path, metavar="FILE", help="a Python file, or a folder of them")
    command.add_argument(
        "--scenario", metavar="NAME", help="what the file is for: its activations and cost; found by trying otherwise"
    )
    command.add_argument("--cost", metavar="NAME", help="the cost it is for; found by trying otherwise")
    command.add_argument(
        "--layout",
        metavar="WORDS",
        help="of weights and observations, such as 'flat columns'; found by trying otherwise",
    )
    command.add_argument("--seed", type=int, default=0, metavar="N", help="of the random networks and data (0)")
    command.add_argument("--seconds", type=float, default=30.0, metavar="S", help="time limit for a file (30)")
    command.add_argument(
        "--memory", type=int, default=8192, metavar="MB", help="address space for a file, 0 is no limit (8192)"
    )
    command.add_argument(
        "--jobs", type=positive, default=os.cpu_count() or 1, metavar="N", help="files at once (one a core)"
    )
    command.add_argument("--csv", type=Path, metavar="CSV", help="write one row for every file")
    add_json(command)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from .. import check, csv_file
    from ..report import check as check_report

    path: Path = arguments.path
    if arguments.seed < 0:
        raise BadInput(f"--seed must be 0 or above, got {shown(arguments.seed)}")
    if not 0 < arguments.seconds <= MOST_SECONDS:
        raise BadInput(f"--seconds must be above 0 and at most {MOST_SECONDS:g}, got {arguments.seconds:g}")
    if not (arguments.memory == 0 or LEAST_MEMORY <= arguments.memory <= MOST_MEMORY):
        raise BadInput(
            f"--memory must be from {LEAST_MEMORY} to {MOST_MEMORY}, or 0 for no limit, got {shown(arguments.memory)}"
        )
    if arguments.jobs > MOST_JOBS:
        raise BadInput(f"--jobs must be at most {MOST_JOBS}, got {shown(arguments.jobs)}")
    if arguments.csv is not None:
        csv_file.check(arguments.csv)
    options = check.options(
        arguments.scenario, arguments.cost, arguments.layout, arguments.seed, arguments.seconds, arguments.memory
    )
    files = check.files_in(path)
    reports = check.check_files(files, options, arguments.jobs)
    if arguments.csv is not None:
        check_report.write_csv(reports, arguments.csv)
    if path.is_dir():
        show_result(
            arguments.json,
            lambda: check_report.machines_of_many(reports),
            lambda: check_report.people_of_many(reports),
        )
    else:
        show_result(arguments.json, lambda: check_report.machines(reports[0]), lambda: check_report.people(reports[0]))
    verdicts = {report.verdict for report in reports}
    if check.ERROR in verdicts:
        return BAD_INPUT
    return AGREES if verdicts == {check.CORRECT} else DIFFERS
