"""The page of a folder of hand-ins: a table that can be sorted."""

from __future__ import annotations

from ...checking.result import Verdict
from ...grading.result import Grading
from .. import checking as words
from .. import grading as grading_words
from .checks import TONES
from .document import Page, Section, Tone
from .html import Content, Html, element, sorting_buttons, table


def verdict_badge(verdict: Verdict) -> Html:
    """The verdict in its colour."""
    return element("span", verdict.value, class_=f"badge {TONES[verdict].value}")


def page_of(grading: Grading) -> Page:
    """The page of a folder of hand-ins: one row for each."""
    with_points = any(one.awards for one in grading.hand_ins)
    rows: list[tuple[Content, ...]] = []
    for one in grading.hand_ins:
        place = grading_words.place_of(one)
        row: tuple[Content, ...] = (
            one.id,
            verdict_badge(one.verdict),
            *((grading_words.points_words(one.points, one.max_points),) if with_points else ()),
            grading_words.mistake_names(one) or grading_words.why(one),
            "" if place is None else str(place.line),
            element("code", words.code(place)),
            grading_words.explanation(one),
        )
        rows.append(row)
    counts = grading.by_verdict
    points = ("points",) if with_points else ()
    header = ("hand-in", "verdict", *points, "mistake or reason", "line", "code", "explanation")
    caption = f"Hand-ins of {grading.folder}. Select a column's heading to sort by it."
    tone = Tone.BAD if counts[Verdict.MISTAKE] else Tone.OPEN if counts[Verdict.NOT_JUDGED] else Tone.GOOD
    return Page(
        title=f"harness check: {grading.folder}",
        tone=tone,
        headline=grading_words.headline(grading),
        answer=grading_words.mistake_lines(grading),
        sections=[Section(heading="", parts=[table(caption, sorting_buttons(header), rows)])],
    )
