"""The page and the figure of the diagnosis of a Keras program or a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from ...diagnosis.answer import Cause, Diagnosis, Level
from ...diagnosis.outcomes import OutcomeKind
from ...diagnosis.tasks import TaskKind
from ...figures import spread
from ...figures import training as charts
from ...measures.symmetry import effective_width, hidden_layers
from ...measures.symptoms import Course
from .. import diagnosing as words
from ..cards import MARK_HEIGHT, card, fitted, words_card
from ..causes import cause_name
from ..remedies import remedy_lines
from ..scenario_words import change_text
from ..words import count, joined, number
from .code import diff_listing
from .document import Figure, Page, Part, Row, Section, Tone
from .html import element, folded, paragraphs, table
from .training import course_of, widths_text

if TYPE_CHECKING:
    from ...programs.edits import Edit

MOST_LAYERS = 3  # hidden layers of a scenario whose weights are drawn
COURSE_HEIGHT = 150  # pixels
LEAST_SHOWN = -1.0  # a lower R2 is drawn there, so that the others can be distinguished


def levels(diagnosis: Diagnosis) -> list[tuple[str, Level]]:
    """The trainings of the figure, from top to bottom: as it is, without each repair, with all of them, and with what
    else would do for a scenario."""
    user = diagnosis.user
    rows = [] if user is None or user.error is not None else [("as it is", words.as_it_is(user, diagnosis.causes))]
    if len(diagnosis.causes) > 1:
        rows += [
            (f"all repairs but that of {cause_name(cause)}", cause.unrepaired)
            for cause in diagnosis.causes
            if cause.unrepaired is not None
        ]
    if diagnosis.repaired is not None and len(diagnosis.causes) > 1:
        rows.append(("with all repairs", diagnosis.repaired))
    elif diagnosis.repaired is not None:
        change = diagnosis.causes[0].change
        rows.append(("with the repair" if change is None else change_text(change), diagnosis.repaired))
    rows += [
        (change_text(other.change), other.level)
        for other in diagnosis.alternatives[: words.MOST_ALTERNATIVES]
        if other.change is not None
    ]
    return [(name, level) for name, level in rows if level.scores]


def scores_chart(diagnosis: Diagnosis, title: str) -> alt.LayerChart:
    """The score of every seed."""
    rows = []
    for name, level in levels(diagnosis):
        scores = np.array(level.scores)
        scores = scores if diagnosis.scenario is not None else np.maximum(scores, LEAST_SHOWN)
        rows.append(spread.PointRow(name=name, values=scores, reached=np.asarray(diagnosis.bar.has_learned(scores))))
    marks = [
        spread.Mark(
            value=diagnosis.bar.learned, name=f"learned from {words.score_text(diagnosis.task, diagnosis.bar.learned)}"
        ),
        spread.Mark(
            value=max(diagnosis.references.constant, LEAST_SHOWN),
            name=f"{words.constant_name(diagnosis.references)} "
            f"{words.score_text(diagnosis.task, diagnosis.references.constant)}",
        ),
    ]
    is_cost = diagnosis.scenario is not None
    share = not is_cost and diagnosis.task is not TaskKind.REGRESSION
    return spread.points_chart(rows, marks, words.score_name(diagnosis.task), title, is_cost=is_cost, share=share)


def shares_chart(diagnosis: Diagnosis) -> alt.LayerChart:
    """The share of the seeds that learn."""
    rows = [
        spread.ShareRow(
            name=f"{name}: {level.learned.count} of {level.learned.of}",
            value=level.learned.value,
            low=level.learned.low,
            high=level.learned.high,
            reached=level.learned.value >= 0.5,
        )
        for name, level in levels(diagnosis)
    ]
    return spread.shares_chart(rows, "share", "Seeds that learn, with the 95 % interval")


def figure_of(diagnosis: Diagnosis) -> alt.LayerChart | None:
    """Every seed with and without the repairs; None if nothing was trained."""
    return scores_chart(diagnosis, headline(diagnosis)) if levels(diagnosis) else None


def headline(diagnosis: Diagnosis) -> str:
    """The answer in one sentence."""
    text = f"{diagnosis.name} {words.outcome_text(diagnosis)}"
    causes = [cause_name(cause) for cause in diagnosis.causes]
    return f"{text}: {joined(causes)}." if causes else f"{text}."


def tone(diagnosis: Diagnosis) -> Tone:
    """What kind of answer it is."""
    if diagnosis.outcome is OutcomeKind.NOT_JUDGED or diagnosis.partial:
        return Tone.OPEN
    return Tone.GOOD if diagnosis.outcome is OutcomeKind.LEARNS else Tone.BAD


def figures(diagnosis: Diagnosis) -> list[Part]:
    """With and without the repairs."""
    if not levels(diagnosis):
        return []
    summary = "; ".join(f"{name}: {words.level_text(diagnosis, level)}" for name, level in levels(diagnosis))
    title = "With and without: each point is one seed" if diagnosis.repaired is not None else "Each point is one seed"
    return [
        Row(
            figures=[
                Figure(chart=scores_chart(diagnosis, title), description=f"Scores of the seeds. {summary}."),
                Figure(chart=shares_chart(diagnosis), description=f"Shares of the seeds that learn. {summary}."),
            ],
            narrowest=spread.NARROWEST_PIXELS,
        )
    ]


def course_parts(name: str, course: Course, constant: float) -> list[Part]:
    """The cost of a scenario's run and the weights of its hidden layers."""
    costs = [float(cost) for cost in course.costs]
    iterations = list(course.iterations)
    curve = charts.Curve(name=name, iterations=iterations, values=costs)
    level = f"always predicting the mean: cost {number(constant)}"
    chart = charts.cost_chart([curve], constant, level, ("iteration", "cost"), "Cost of the run")
    described = f"The cost goes from {number(costs[0])} to {number(costs[-1])} in {count(iterations[-1], 'iteration')}."
    drawn = [Figure(chart=chart.properties(height=COURSE_HEIGHT), description=described)]
    layers = list(hidden_layers(course.weights[-1]))[:MOST_LAYERS]
    courses = [course_of(iterations, course.weights, layer) for layer in layers]
    for layer, of_layer in zip(layers, courses):
        units = of_layer.weights.shape[2]
        title = f"Hidden layer {layer}: {widths_text(units, effective_width(course.weights[-1], layer))}"
        chart = charts.weights_chart(of_layer, charts.weight_limits(courses), "iteration", title)
        described = f"Incoming weights over the iterations. {title}."
        drawn.append(Figure(chart=chart.properties(height=COURSE_HEIGHT), description=described))
    note = "Each line is one incoming weight, each unit has one colour; identical units are drawn thick to thin."
    return [Row(figures=drawn), element("p", note, class_="note")]


def listing_of(edits: Sequence[Edit]) -> Part:
    """Edits as a unified diff."""
    from ...programs.edits import unified_diff  # only a program has edits

    return diff_listing(unified_diff(edits))


def cause_section(diagnosis: Diagnosis, place: int, cause: Cause) -> Section:
    """One cause: what it is, how to remove it, and the evidence."""
    first, *rest = words.cause_lines(diagnosis, place, cause)
    heading, _, meaning = first.partition(". ")
    remedies = list(remedy_lines(cause.changes, cause.edits))
    evidence = " ".join(line.strip() for line in rest[len(remedies) :])
    parts: list[Part] = [paragraphs([meaning, *remedies, evidence])]
    if cause.edits:
        parts.append(listing_of(cause.edits))
    return Section(heading=heading, parts=parts)


def other_lines(diagnosis: Diagnosis) -> list[str]:
    """The answer without its first lines and without the causes, which have sections of their own."""
    said = {*words.outcome_lines(diagnosis)}
    for place, cause in enumerate(diagnosis.causes, start=1):
        said |= {*words.cause_lines(diagnosis, place, cause)}
    return [line for line in words.verdict(diagnosis) if line not in said]


def page_of(diagnosis: Diagnosis) -> Page:
    """The page of a diagnosis."""
    _, *outcome = words.outcome_lines(diagnosis)
    first = figures(diagnosis)
    if diagnosis.scenario is not None:
        first += course_parts(diagnosis.name, diagnosis.scenario.course, diagnosis.bar.constant)
    sections = [Section(heading="", parts=first)]
    sections += [cause_section(diagnosis, place, cause) for place, cause in enumerate(diagnosis.causes, start=1)]
    if len(diagnosis.causes) > 1 and diagnosis.edits:
        sections.append(Section(heading="All edits together", parts=[listing_of(diagnosis.edits)]))
    others = other_lines(diagnosis)
    if others:
        sections.append(Section(heading="More", parts=[paragraphs(line.strip() for line in others)]))
    rows = words.tried_rows(diagnosis)
    header = words.tried_header(diagnosis)
    if rows:
        numbers = table("Every training of the search", header, rows, numeric=tuple(range(1, len(header))))
        sections.append(Section(heading="Trainings", parts=[folded("Show", numbers)]))
    return Page(
        title=f"harness diagnose: {diagnosis.name}",
        tone=tone(diagnosis),
        headline=headline(diagnosis),
        answer=outcome,
        sections=sections,
    )


def cards_of(diagnosis: Diagnosis) -> dict[str, bytes]:
    """The answer in words, and every seed with and without the repairs if any was trained."""
    answer = {"words": words_card([line.strip() for line in words.verdict(diagnosis)])}
    if not levels(diagnosis):
        return answer
    chart = scores_chart(diagnosis, "")
    return {"scores": card(headline(diagnosis), fitted(chart, 2 * MARK_HEIGHT))} | answer
