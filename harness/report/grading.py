"""What people read of a grading: the table of a class, the summary, a report for each student, CSV and JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.text import Text

from ..checking.result import CheckResult, Verdict
from ..errors import escape_controls
from ..files import write_bytes, write_csv_file
from ..grading.result import Award, Grading, HandInResult, Problem, Status, TestOutcome
from ..recording.graph import Place
from ..results import as_document, as_page, as_report, as_verdict, plain
from . import checking, mistakes, reasons
from .registering import register_drawings
from .words import Json, count, joined, new_table

PROBLEMS: Mapping[Problem, str] = {
    Problem.NO_FILE: "There is neither a Python file nor a notebook in it.",
    Problem.NO_SUCH_FILE: "It does not have the file that should be judged.",
    Problem.NOT_A_HAND_IN: "It is not a Python file, a notebook, a zip file or a folder.",
    Problem.LEADS_ELSEWHERE: "It is a link to another folder.",
    Problem.BROKEN_ARCHIVE: "It cannot be unpacked.",
    Problem.ARCHIVE_TOO_LARGE: "It unpacks to more than is allowed.",
    Problem.TOO_MANY_FILES: "It has more programs than are judged; name the one to judge in the rubric (file = ...).",
    Problem.FILES_LEFT: "Some of its files are right, others were not judged.",
    Problem.CHECK_FAILED: "The check itself failed; please report this.",
}
STATUSES: Mapping[Status, str] = {
    Status.EARNED: "right",
    Status.PARTIAL: "part of the points",
    Status.LOST: "wrong",
    Status.NOT_JUDGED: "not judged",
    Status.NOT_FOUND: "not found in the file",
}
MAX_SHOWN_GROUPS, MAX_SHOWN_NAMES = 5, 6
EXPECTATIONS = ("To fix it", "Or")  # headings of a report that say what values should be
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a cell begins with that a spreadsheet would compute


# Facts in words


def why(one: HandInResult) -> str:
    """Why a hand-in was not judged, in one word"""
    if one.problem is not None:
        return one.problem.value
    return one.result.reason.value if one.result is not None and one.result.reason is not None else ""


def explanation(one: HandInResult) -> str:
    """What is wrong with a hand-in, or why it was not judged, in one sentence"""
    if one.problem is not None:
        return PROBLEMS[one.problem] + (f" ({one.detail})" if one.detail else "")
    if one.mistakes:
        return mistakes.MISTAKES[one.mistakes[0].id].what
    if one.result is not None and one.result.reason is not None:
        return reasons.REASONS[one.result.reason][0]
    return ""


def mistake_names(one: HandInResult) -> str:
    """The names of its mistakes"""
    return " and ".join(dict.fromkeys(mistake.id for mistake in one.mistakes))


def place_of(one: HandInResult) -> Place | None:
    """The line of its first mistake that has one"""
    return next((mistake.place for mistake in one.mistakes if mistake.place is not None), None)


def points_words(points: float | None, most: float) -> str:
    """7.5 / 10"""
    return f"- / {most:g}" if points is None else f"{round(points, 2):g} / {most:g}"


def network_words(result: CheckResult | None) -> str:
    """The parameters of a network with their shapes, in the order of the updates"""
    if result is None:
        return ""
    return ", ".join(f"{one.name} {'x'.join(map(str, one.shape)) or 'scalar'}" for one in result.parameters)


def cost_name(result: CheckResult | None) -> str:
    """The cost that was assumed, in one word"""
    return "" if result is None or result.cost is None else result.cost.form or f"computed as {result.cost.variable}"


def layout_words(result: CheckResult | None) -> str:
    """Whether observations are rows or columns, by the shapes of data and targets; "" if that is open"""
    shapes = [shape for shape in (result.sizes.values() if result is not None else ()) if len(shape) == 2]
    rows = len({shape[0] for shape in shapes}) == 1
    columns = len({shape[1] for shape in shapes}) == 1
    if len(shapes) < 2 or rows == columns:
        return ""
    return "rows" if rows else "columns"


def compared_words(one: HandInResult) -> str:
    """The quantities that were compared, with those that are wrong marked"""
    return ", ".join(quantity.name + ("" if quantity.right else " (wrong)") for quantity in one.quantities)


# The class


def names_of(names: tuple[str, ...]) -> str:
    """The first names of a list"""
    more = f" and {len(names) - MAX_SHOWN_NAMES} more" if len(names) > MAX_SHOWN_NAMES else ""
    return escape_controls(", ".join(names[:MAX_SHOWN_NAMES]) + more)


@as_verdict.register
def people(grading: Grading) -> RenderableType:
    """A table with one row a hand-in, and the summary; of a single hand-in its report"""
    if len(grading.hand_ins) == 1:
        return Text(student_text(grading, grading.hand_ins[0]))
    with_points = any(one.awards for one in grading.hand_ins)
    with_tests = any(one.tests_finished is not None for one in grading.hand_ins)
    columns = [("hand-in", "left"), ("verdict", "left"), ("mistakes", "left"), ("line", "right")]
    columns += [("tests", "right")] * with_tests + [("points", "right")] * with_points
    table = new_table("", *columns)
    table.columns[2].no_wrap = False
    for one in grading.hand_ins:
        place = place_of(one)
        cells: list[str | Text] = [
            escape_controls(one.id),
            Text(one.verdict.value, style=checking.STYLES[one.verdict]),
            mistake_names(one) or why(one),
            checking.line_number(place),
        ]
        tests = f"{passed_tests(one)} / {len(one.tests)}" if one.tests_finished else "-"
        cells += [tests] * with_tests + [points_words(one.points, one.max_points)] * with_points
        table.add_row(*cells)
    return Lines(table, Text("\n".join(summary(grading))))


@as_report.register
def all_people(grading: Grading) -> RenderableType:
    """A report for each hand-in, the table and the summary"""
    reports = [Text(student_text(grading, one) + "\n") for one in grading.hand_ins] if len(grading.hand_ins) > 1 else []
    return Lines(*reports, people(grading))


def mistake_lines(grading: Grading) -> list[str]:
    """Each mistake with how many have it, the most frequent first"""
    total = len(grading.hand_ins)
    return [f"{len(names)} of {total}: {id}. {mistakes.MISTAKES[id].what}" for id, names in grading.by_mistake]


def headline(grading: Grading) -> str:
    """How many are right"""
    counts = grading.by_verdict
    return (
        f"{counts[Verdict.CORRECT]} of {count(len(grading.hand_ins), 'hand-in')} correct, {counts[Verdict.MISTAKE]} "
        f"with a mistake, {counts[Verdict.NOT_JUDGED]} not judged."
    )


def summary(grading: Grading) -> list[str]:
    """How many are right, each mistake with how many have it, and the groups of equal mistakes"""
    lines = [headline(grading), *(f"  {line}" for line in mistake_lines(grading))]
    if grading.unmatched:
        lines.append(f"Of the rubric's names, {joined(grading.unmatched)} fit nothing in any file (case matters).")
    groups = grading.groups
    if groups:
        lines.append("The same mistake at lines that read the same:")
    lines += [f"  {' and '.join(group.mistakes)}: {names_of(group.hand_ins)}" for group in groups[:MAX_SHOWN_GROUPS]]
    if len(groups) > MAX_SHOWN_GROUPS:
        lines.append(f"  and {count(len(groups) - MAX_SHOWN_GROUPS, 'more group')}")
    if grading.sandbox:
        lines.append(f"Each hand-in ran in a sandbox ({grading.sandbox}).")
    unfinished = [one.id for one in grading.hand_ins if not one.is_complete]
    if unfinished:
        lines.append(f"To be looked at by you: {names_of(tuple(unfinished))}.")
    return lines


# One student


def student_text(grading: Grading, one: HandInResult) -> str:
    """A report to hand out, as plain text"""
    name = escape_controls(one.id)
    verdicts = {Verdict.CORRECT: "correct", Verdict.MISTAKE: "there is a mistake", Verdict.NOT_JUDGED: "was not judged"}
    lines = [f"{name}: {verdicts[one.verdict]}"]
    if one.awards:
        lines.append(f"Points: {points_words(one.points, one.max_points)}")
        lines += [f"  {award_text(award)}" for award in one.awards]
    if one.problem is not None:
        lines.append(explanation(one))
    for file in one.files:
        lines += ["", *file_lines(file.name, file.result, grading.hides_expected)]
    if one.tests_finished is not None:
        end = "" if one.tests_finished else " (the tests did not run to their end)"
        lines += ["", f"Tests: {passed_tests(one)} of {len(one.tests)} passed{end}"]
        for test in one.tests:
            if test.outcome is TestOutcome.FAILED:
                lines.append(f"  {test.name}" + (f": {test.message}" if test.message else ""))
    if one.helpers:
        lines += ["", f"Not judged by themselves: {', '.join(one.helpers)}"]
    if one.left_out:
        lines += ["", f"Left out: {', '.join(one.left_out)}"]
    return escape_controls("\n".join(lines))


def file_lines(name: str, result: CheckResult, hides_expected: bool) -> list[str]:
    """The report of one file of a hand-in"""
    lines = [checking.headline(result).replace(result.file, name, 1)]
    for heading, words in checking.lines(result):
        if hides_expected and heading in EXPECTATIONS:
            continue
        lines.append(checking.entry_line(heading, words))
    return lines


def award_text(award: Award) -> str:
    """Weights: 3 / 4, right (W1, W2)"""
    about = f" ({', '.join(award.quantities)})" if award.quantities else ""
    reason = f": {award.mistake}" if award.mistake else ""
    absent = f"; not in the file: {', '.join(award.unmatched)}" if award.quantities and award.unmatched else ""
    points = points_words(award.points, award.max_points)
    return f"{award.criterion}: {points}, {STATUSES[award.status]}{reason}{about}{absent}"


# Tables for spreadsheets


def cell(value: object) -> object:
    """A value on one line, which no spreadsheet takes for a formula"""
    if not isinstance(value, str):
        return "" if value is None else value
    text = " ".join(escape_controls(value).split())
    return f"'{text}" if text.startswith(FORMULAS) else text


def cells_of(one: HandInResult) -> dict[str, object]:
    """The cells of one hand-in by the names of their columns"""
    place = place_of(one)
    others = [f"{file.name}: {file.result.verdict.value}" for file in one.files[1:]]
    has_tests = one.tests_finished is not None
    return {
        "hand_in": one.id,
        "file": one.files[0].name if one.files else "",
        "verdict": one.verdict.value,
        "mistakes": mistake_names(one),
        "line": checking.line_number(place),
        "code": place.text if place is not None else "",
        "reason": why(one) if one.verdict is Verdict.NOT_JUDGED else "",
        "explanation": explanation(one),
        "points": one.points,
        "max_points": one.max_points if one.awards else None,
        "compared": compared_words(one),
        "network": network_words(one.result),
        "cost": cost_name(one.result),
        "layout": layout_words(one.result),
        "tests_passed": passed_tests(one) if has_tests else None,
        "tests": len(one.tests) if has_tests else None,
        "other_files": ", ".join(others),
        "left_out": ", ".join(one.left_out),
    }


def passed_tests(one: HandInResult) -> int:
    """How many of the course's tests passed"""
    return sum(test.outcome is TestOutcome.PASSED for test in one.tests)


def write_csv(grading: Grading, path: Path, with_seconds: bool = False) -> None:
    """One row a hand-in.

    Args:
        grading: the class.
        path: of the file.
        with_seconds: whether there is a column of how long each took, which differs from run to run.

    Raises:
        BadInput: it cannot be written.
    """
    criteria = dict.fromkeys(award.criterion for one in grading.hand_ins for award in one.awards)
    table = []
    for one in grading.hand_ins:
        given = {award.criterion: award.points for award in one.awards}
        points = {f"points: {cell(name)}": given.get(name) for name in criteria}
        table.append(cells_of(one) | points | ({"seconds": round(one.seconds, 2)} if with_seconds else {}))
    write_csv_file(path, list(table[0]), [list(map(cell, row.values())) for row in table])


# JSON


def machines_of_hand_in(one: HandInResult) -> Json:
    """The facts of one hand-in, without the seconds, which differ from run to run"""
    document: Json = plain(one)
    document.pop("seconds")
    return document | {"points": one.points, "max_points": one.max_points, "is_complete": one.is_complete}


@as_document.register
def machines(grading: Grading) -> Json:
    """The facts of a class"""
    return {
        "folder": grading.folder,
        "sandbox": grading.sandbox or None,
        "seed": grading.seed,
        "hand_ins": [machines_of_hand_in(one) for one in grading.hand_ins],
        "verdicts": {verdict.value: number for verdict, number in grading.by_verdict.items()},
        "by_mistake": [{"id": id, "hand_ins": list(names)} for id, names in grading.by_mistake],
        "groups": grading.groups,
        "unmatched": grading.unmatched,
    }


def gradescope(grading: Grading, one: HandInResult) -> Json:
    """The results.json that Gradescope reads: points for every criterion, or for the verdict without a rubric.

    What was not judged gets no points and says so, because Gradescope wants a number.
    """
    tests = [gradescope_test(award) for award in one.awards] or [gradescope_verdict(one)]
    return {
        "score": sum(test["score"] for test in tests),
        "output": student_text(grading, one),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"verdict": one.verdict.value, "judged": one.is_complete, "mistakes": mistake_names(one)},
    }


def gradescope_test(award: Award) -> Json:
    """One criterion as Gradescope has it"""
    full = award.points is not None and award.points >= award.max_points
    return {
        "name": award.criterion,
        "score": round(award.points or 0.0, 4),
        "max_score": award.max_points,
        "status": "passed" if full else "failed",
        "output": STATUSES[award.status] + (f": {award.mistake}" if award.mistake else ""),
    }


def gradescope_verdict(one: HandInResult) -> Json:
    """The verdict as the one test, worth one point"""
    right = one.verdict is Verdict.CORRECT and one.is_complete
    return {
        "name": "gradients",
        "score": 1.0 if right else 0.0,
        "max_score": 1.0,
        "status": "passed" if right else "failed",
        "output": one.verdict.value,
    }


def gradescope_json(grading: Grading, one: HandInResult) -> str:
    """The text of results.json"""
    return f"{json.dumps(gradescope(grading, one), indent=1)}\n"


def write_reports(grading: Grading, folder: Path) -> None:
    """A text to hand out and a results.json for each hand-in, under its name.

    Raises:
        BadInput: they cannot be written.
    """
    for one in grading.hand_ins:
        stem = file_name(one.id)
        write_bytes(folder / f"{stem}.txt", f"{student_text(grading, one)}\n".encode(errors="backslashreplace"))
        write_bytes(folder / f"{stem}.json", gradescope_json(grading, one).encode())


def file_name(id: str) -> str:
    """The name of a hand-in with nothing in it that a file system refuses; of its own, whatever others are called"""
    name = "".join(letter if letter.isalnum() or letter in "-_ ." else "_" for letter in id).strip(" .")[:80]
    if name == id:
        return name
    digest = hashlib.sha256(id.encode(errors="surrogateescape")).hexdigest()[:8]
    return f"{name or 'hand-in'}-{digest}"


def sandbox_line(reason: str) -> str:
    """Why programs run without a sandbox, in one line"""
    return f"no sandbox, because {reason}; the files can read and write what you can"


register_drawings(Grading, "classes", as_page)
