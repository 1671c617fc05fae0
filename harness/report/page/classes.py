"""The page of a folder of hand-ins: a table that can be sorted, and the report of each."""

from __future__ import annotations

from ...checking.result import Verdict
from ...grading.result import Grading
from .. import checking as words
from .. import grading as grading_words
from .checks import TONES
from .document import Page, Section, Tone
from .html import Content, Html, element, folded, sorting_buttons, table

FROM_CELLS = ("compared", "network", "cost", "layout", "other_files", "left_out")  # columns if any hand-in has them


def verdict_badge(verdict: Verdict) -> Html:
    """The verdict in its colour."""
    return element("span", verdict.value, class_=f"badge {TONES[verdict].value}")


def class_table(grading: Grading) -> Html:
    """One row for each hand-in."""
    with_points = any(one.awards for one in grading.hand_ins)
    cells = [grading_words.cells_of(one) for one in grading.hand_ins]
    more = [name for name in FROM_CELLS if any(of_one[name] for of_one in cells)]
    rows: list[tuple[Content, ...]] = []
    for one, of_one in zip(grading.hand_ins, cells):
        place = grading_words.place_of(one)
        row: tuple[Content, ...] = (
            one.id,
            verdict_badge(one.verdict),
            *((grading_words.points_words(one.points, one.max_points),) if with_points else ()),
            grading_words.mistake_names(one) or grading_words.why(one),
            words.line_number(place),
            element("code", words.code(place)),
            grading_words.explanation(one),
            *(str(of_one[name]) for name in more),
        )
        rows.append(row)
    points = ("points",) if with_points else ()
    header = ("hand-in", "verdict", *points, "mistake or reason", "line", "code", "explanation")
    names = [name.replace("_", " ") for name in more]
    caption = f"Hand-ins of {grading.folder}. Select a column's heading to sort by it."
    return table(caption, sorting_buttons([*header, *names]), rows)


def page_of(grading: Grading) -> Page:
    """The page of a folder of hand-ins."""
    counts = grading.by_verdict
    tone = Tone.BAD if counts[Verdict.MISTAKE] else Tone.OPEN if counts[Verdict.NOT_JUDGED] else Tone.GOOD
    headline, *answer = grading_words.summary(grading)
    reports = [
        folded(one.id, element("pre", grading_words.student_text(grading, one), class_="report"))
        for one in grading.hand_ins
    ]
    return Page(
        title=f"harness check: {grading.folder}",
        tone=tone,
        headline=headline,
        answer=[line.strip() for line in answer],
        sections=[
            Section(heading="", parts=[class_table(grading)]),
            Section(heading="The report of each hand-in", parts=reports),
        ],
    )
