"""``harness check``"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import BadInput, shown_path
from ...files import plain_errors, write_output_file
from ...results import as_page
from ...sandbox import Limits
from .. import ci_log
from ..options import add_json, add_ray, add_seed, comma_separated, integer, integer_up_to, invalid_value, number
from ..pages import add_report, check_files, write_page
from ..programs import refuse_without_code
from ..terminal import progress_bar, show_result
from . import AGREES, DIFFERS, NOT_JUDGED

if TYPE_CHECKING:
    from ...checking.result import CheckResult
    from ...report.page.document import Page
    from ...sandbox import Box

MAX_SECONDS = 86400
MIN_MEGABYTES, MAX_MEGABYTES = 128, 2**24  # MB; a Python with NumPy takes about 100
JOURNAL = "journal.jsonl"  # what was judged already, in the folder of --results
MAX_JOBS = 64  # each takes a process for the check and one for the file


def seconds(text: str) -> float:
    """A number above 0, up to a day."""
    if not 0 < number(text) <= MAX_SECONDS:
        raise invalid_value(f"a number above 0 and at most {MAX_SECONDS}", text)
    return number(text)


def megabytes(text: str) -> int:
    """What a Python with NumPy can start in, or 0 for no limit."""
    if integer(text) != 0 and not MIN_MEGABYTES <= integer(text) <= MAX_MEGABYTES:
        raise invalid_value(f"a whole number from {MIN_MEGABYTES} to {MAX_MEGABYTES}, or 0 for no limit", text)
    return integer(text)


def add(commands: Any) -> None:
    command = commands.add_parser(
        "check",
        help="is my hand-written math right, and if not, which line is wrong?",
        description="Run a Python file of your own as it is, record its arithmetic, compare its gradients with true "
        "ones, and show the wrong line and the mistake's name. Of a folder, judge everything in it: files, notebooks, "
        "zip files and folders, one for each student. Exit code 0: correct, 1: a mistake, 2: bad input, 3: not judged, "
        "or in a folder not all of it.",
    )
    command.add_argument(
        "path", type=Path, metavar="FILE", help="a Python file, a notebook, a zip file, or a folder of hand-ins"
    )
    command.add_argument(
        "--run",
        dest="lines",
        metavar="LINES",
        help="lines of Python that make the file train, run after it with X, Y, y and labels at hand if it does not "
        "set them itself (default: detected)",
    )
    add_seed(command, "the file's random numbers and data, unless it sets its own")
    command.add_argument(
        "--seconds",
        type=seconds,
        default=Limits.seconds,
        metavar="SECONDS",
        help=f"time limit for a file (default: {Limits.seconds})",
    )
    command.add_argument(
        "--memory",
        type=megabytes,
        default=Limits.megabytes,
        metavar="MB",
        help=f"address space for a file, 0 for no limit (default: {Limits.megabytes})",
    )
    command.add_argument(
        "--sandbox",
        choices=("require", "auto", "off"),
        help="whether files run in a sandbox: 'auto' uses any that this machine has, 'require' refuses to run without "
        "bubblewrap's, 'off' uses none (default: auto for a folder, a zip file or with --rubric, off for one file)",
    )
    command.add_argument(
        "--accept",
        action="extend",
        type=comma_separated,
        metavar="NAME",
        help="names of mistakes of one file that are intended; separate several by commas, or repeat the option. They "
        "are reported, and the exit code is 0. A comment '# harness: accept NAME' at the end of a line does the same "
        "for that line",
    )
    grading = command.add_argument_group("grading")
    grading.add_argument(
        "--jobs",
        type=integer_up_to(MAX_JOBS),
        default=min(os.cpu_count() or 1, MAX_JOBS),
        metavar="N",
        help="number of hand-ins judged at once (default: one per core)",
    )
    add_ray(grading, "judge hand-ins")
    grading.add_argument("--hand-in", action="store_true", help="take the folder for one hand-in of several files")
    grading.add_argument("--rubric", type=Path, metavar="FILE", help="TOML file of criteria and their points")
    grading.add_argument(
        "--tests", type=Path, metavar="DIR", help="folder of your own pytest files, run against every hand-in"
    )
    grading.add_argument(
        "--hide-expected",
        action="store_true",
        help="leave out what values should be and how to fix them, in all output",
    )
    grading.add_argument(
        "--results", type=Path, metavar="DIR", help="folder for a report and a results.json of every hand-in"
    )
    grading.add_argument(
        "--resume", action="store_true", help="judge only what is new or changed since the last run with this --results"
    )
    grading.add_argument(
        "--gradescope",
        type=Path,
        metavar="FILE",
        help="results.json to write for Gradescope, with the points of the one hand-in",
    )
    output = command.add_argument_group("output")
    add_json(output)
    add_report(output)
    output.add_argument("--csv", type=Path, metavar="FILE", help="CSV file to write, with one row per hand-in")
    output.add_argument(
        "--annotations",
        choices=ci_log.STYLES,
        help="marks at the lines of one file in the log of a CI service: 'github', or 'none' (default: github if "
        "GITHUB_ACTIONS is true)",
    )
    output.add_argument("--timings", action="store_true", help="add the seconds of each hand-in to the CSV file")
    command.set_defaults(run=run)


def is_grading(arguments: argparse.Namespace) -> bool:
    """Whether this is about hand-ins, and not about one file of the user's own."""
    wanted = (
        *(arguments.csv, arguments.rubric, arguments.tests, arguments.results, arguments.gradescope, arguments.ray),
        *(arguments.hand_in, arguments.hide_expected, arguments.resume, arguments.timings),
    )
    path: Path = arguments.path
    return path.is_dir() or path.suffix.lower() == ".zip" or any(one not in (None, False) for one in wanted)


def run(arguments: argparse.Namespace) -> int:
    from ...sandbox import ONE_NUMPY_THREAD

    check_files(arguments)
    if "numpy" not in sys.modules:  # which looks at these variables once
        os.environ.update({**ONE_NUMPY_THREAD, **os.environ})
    return run_grading(arguments) if is_grading(arguments) else run_file(arguments)


def chosen_box(arguments: argparse.Namespace, default: str) -> Box | None:
    """The sandbox to run in; a line on stderr if there should be one and is none."""
    from ...sandbox import Absence, Policy, require_box

    box = require_box(Policy(arguments.sandbox or default))
    if isinstance(box, Absence):
        from ...report.grading import sandbox_line

        print(f"harness: {sandbox_line(box.reason)}", file=sys.stderr)
        return None
    return box


def run_file(arguments: argparse.Namespace) -> int:
    """Check one file."""
    from ...recording.child_process import child_started
    from ...sandbox import use_box

    def page() -> Page:
        from ...report.page.checks import page_of

        return page_of(result, arguments.path)

    accepted = arguments.accept or []
    limits = {"seconds": arguments.seconds, "megabytes": arguments.memory}
    with use_box(chosen_box(arguments, "off")), child_started(arguments.path, Limits(**limits)):
        # while the child starts
        from ...checking import accepting, check
        from ...checking.result import Verdict
        from ...report import checking as _  # noqa: F401 - registers how the result is shown

        accepting.check_names(accepted)
        if arguments.lines is None:
            refuse_without_code(arguments.path)
        with progress_bar(arguments.path.name):
            result = check.check_file(arguments.path, run=arguments.lines, seed=arguments.seed, **limits)
    result = accepting.accept_known(result, accepted)
    write_page(arguments, page)
    show_result(arguments, result if arguments.json else with_relative_files(result, arguments.path))
    ci_log.print_for(arguments.annotations, result, arguments.path, as_json=arguments.json)
    if result.is_accepted:
        return AGREES
    return {Verdict.CORRECT: AGREES, Verdict.MISTAKE: DIFFERS, Verdict.NOT_JUDGED: NOT_JUDGED}[result.verdict]


def with_relative_files(result: CheckResult, path: Path) -> CheckResult:
    """A result whose lines are in files as the user knows them: from the current folder if they lie in it.

    Args:
        result: whose files are named from the folder of the project.
        path: of the file that was checked.
    """
    from ...checking.result import with_files
    from ...recording.project import root_of

    root = root_of(path.resolve())

    def name(file: str) -> str:
        full = root / file
        return str(full.relative_to(Path.cwd())) if full.is_file() and full.is_relative_to(Path.cwd()) else file

    shown: CheckResult = with_files(result, name)
    return shown


def run_grading(arguments: argparse.Namespace) -> int:
    """Judge hand-ins."""
    from ... import cluster
    from ...checking.result import Verdict
    from ...files import check_output_file
    from ...grading import cluster as grading_cluster
    from ...grading.grade import Settings, grade
    from ...grading.hand_ins import hand_in_at, hand_ins_in, refuse_export
    from ...grading.journal import Journal
    from ...grading.result import without_expected
    from ...grading.rubric import Rubric, read_rubric
    from ...report import grading as report

    path: Path = arguments.path
    for file in (arguments.csv, arguments.gradescope):
        if file is not None:
            check_output_file(file)
    one = arguments.hand_in or not path.is_dir()
    check_grading_options(arguments, one)
    if path.suffix.lower() == ".zip" and not arguments.hand_in:
        refuse_export(path)
    rubric = read_rubric(arguments.rubric) if arguments.rubric is not None else Rubric()
    settings = Settings(
        seed=arguments.seed,
        seconds=arguments.seconds,
        megabytes=arguments.memory,
        rubric=replace(rubric, run=arguments.lines or rubric.run),
        tests=arguments.tests,
        box=chosen_box(arguments, "auto"),
    )
    own = [arguments.csv, arguments.results, arguments.report, arguments.rubric, arguments.tests]
    apart = [file for file in own if file is not None]
    hand_ins = [replace(hand_in_at(path), path=path.resolve())] if one else hand_ins_in(path, apart)
    results: Path | None = arguments.results
    if results is not None:
        with plain_errors(results):
            results.mkdir(parents=True, exist_ok=True)
    journal = Journal(None if results is None else results / JOURNAL, arguments.resume)
    judge_all = None if arguments.ray is None else grading_cluster.judge_all
    with progress_bar(path.name) as show, resumable(results), cluster.connected(arguments.ray):
        grading = grade(
            hand_ins,
            settings,
            folder=path.resolve().name,
            jobs=arguments.jobs,
            judge_all=judge_all,
            journal=journal,
            progress=show,
        )
    if arguments.hide_expected:
        grading = without_expected(grading)
    if arguments.csv is not None:
        report.write_csv(grading, arguments.csv, arguments.timings)
    if results is not None:
        report.write_reports(grading, results)
    if arguments.gradescope is not None:
        write_output_file(arguments.gradescope, report.gradescope_json(grading, grading.hand_ins[0]).encode())
    write_page(arguments, lambda: as_page(grading))
    show_result(arguments, grading)
    if not all(one.is_complete for one in grading.hand_ins):
        return NOT_JUDGED
    return DIFFERS if any(one.verdict is Verdict.MISTAKE for one in grading.hand_ins) else AGREES


@contextlib.contextmanager
def resumable(results: Path | None) -> Iterator[None]:
    """Add to a KeyboardInterrupt how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        if results is None:
            raise
        raise KeyboardInterrupt(f"{results} keeps what was judged; to continue, add --resume") from None


def check_grading_options(arguments: argparse.Namespace, one: bool) -> None:
    """Raise BadInput for options that do not go together, or name what is not there."""
    if not arguments.path.exists():
        raise BadInput(f"{shown_path(arguments.path)} does not exist; give a file or a folder")
    if arguments.gradescope is not None and not one:
        raise BadInput(
            "is for one hand-in, not for a folder of them", key="gradescope", hint="add --hand-in, or use --results"
        )
    if arguments.resume and arguments.results is None:
        raise BadInput("needs the folder of the last run", key="resume", hint="name it with --results")
    if arguments.accept:
        raise BadInput("is for one file of your own, not for hand-ins", key="accept", hint="leave it out")
    if arguments.tests is not None and not arguments.tests.is_dir():
        raise BadInput(key="tests", expected="a folder of pytest files", got=str(arguments.tests))
