"""The page of the check of one file: the user's code with the wrong line marked."""

from __future__ import annotations

from pathlib import Path

from ...checking.result import CheckResult, Verdict
from ...checking.sources import read_texts
from ...recording.project import root_of
from ...recording.source import written_text
from .. import checking as words
from .code import listing
from .document import Page, Part, Section, Tone
from .html import Content, element, facts, table

TONES = {Verdict.CORRECT: Tone.GOOD, Verdict.MISTAKE: Tone.BAD, Verdict.NOT_JUDGED: Tone.OPEN}
IN_ANSWER = ("Line", "Mistake", "Value", "To fix it", "Why", "What to do", "Exception")
MAX_ANSWER_FACTS = 6


def texts_of(result: CheckResult, path: Path) -> dict[str, str]:
    """The texts of the checked file and of the files that its mistakes are in, by their names in the result."""
    root = root_of(path.resolve())
    own = path.resolve().relative_to(root).as_posix() if path.resolve().is_relative_to(root) else path.name
    names = [own, *(mistake.place.file for mistake in result.mistakes if mistake.place is not None)]
    return read_texts(path, names, written_text)


def remarks_of(result: CheckResult, file: str) -> dict[int, str]:
    """What each line of the backward pass is, by its number: the last of its operations that is a gradient.

    A gradient that is named after the line of the cost belongs to a value without a name of its own, and is left out.
    """
    cost_line = None if result.cost is None or result.cost.place is None else result.cost.place.line
    remarks = {}
    for row in result.rows:
        named = [value for value in row.aligned if value.line is None or value.line != cost_line]
        if named and row.place is not None and row.place.file == file:
            remarks[row.place.line] = f"= {words.quantity(named[0])}"
    return remarks


def code_parts(result: CheckResult, path: Path) -> list[Part]:
    """The user's files with the wrong lines marked."""
    parts: list[Part] = []
    for file, text in texts_of(result, path).items():
        in_file = [mistake for mistake in result.mistakes if mistake.place is not None and mistake.place.file == file]
        wrong = {
            mistake.place.line: f"{words.named(mistake)}: {words.words_of(mistake).what}"
            for mistake in in_file
            if mistake.place
        }
        related = [other.line for mistake in in_file for other in mistake.others if other.file == file]
        wrong |= {
            place.line: f"{result.exception} (in {place.function})"
            for place in result.traceback[-1:]
            if place.file == file and not in_file
        }
        remarks = remarks_of(result, file)
        parts += [element("h2", file), listing(text, wrong, related, remarks, file)]
        if remarks:
            note = (
                "Green: what a line of the backward pass is. dC/d(z) is the gradient of the cost with respect to z; "
                "a line without a remark is aligned with no gradient."
            )
            parts.append(element("p", note, class_="note"))
    return parts


def chain_rows(result: CheckResult) -> list[tuple[Content, ...]]:
    """The backward pass, one row for each line that runs."""
    return [
        (
            words.line_number(row.place),
            element("code", words.code(row.place)),
            row.operation,
            str(row.shape),
            words.quantity(row.aligned[0]) if row.aligned else "",
        )
        for row in words.last_of_lines(result.rows)
    ]


def detail_sections(result: CheckResult) -> list[Section]:
    """The parameters and the chain of the backward pass."""
    sections = []
    if result.parameters:
        rows = [
            (one.name, str(one.shape), words.line_number(one.place), words.update_words(one))
            for one in result.parameters
        ]
        updates = table("How each parameter is updated", ("parameter", "shape", "line", "update"), rows)
        sections.append(Section(heading="Parameters", parts=[updates]))
    if result.rows:
        header = ("line", "code", "operation", "shape", "is")
        chain = table("In the order in which the lines run", header, chain_rows(result))
        sections.append(Section(heading="The backward pass, line by line", parts=[chain]))
    return sections


def page_of(result: CheckResult, path: Path | None = None) -> Page:
    """The page of the check of one file.

    Args:
        result: of the check.
        path: where the file is; by default as the result names it.
    """
    entries = words.lines(result)
    answer = [(heading, text) for heading, text in entries if heading in IN_ANSWER][:MAX_ANSWER_FACTS]
    rest = [pair for pair in entries if pair not in answer]
    code = code_parts(result, Path(result.file) if path is None else path)
    sections = [Section(heading="", parts=[facts(answer), *code])]
    if rest:
        sections.append(Section(heading="More", parts=[facts(rest)]))
    return Page(
        title=f"harness check: {result.file}",
        tone=Tone.OPEN if result.is_accepted else TONES[result.verdict],
        headline=words.headline(result),
        answer=(),
        sections=[*sections, *detail_sections(result)],
    )
