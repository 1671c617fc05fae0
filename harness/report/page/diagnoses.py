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


def levels(found: Diagnosis) -> list[tuple[str, Level]]:
    """The trainings of the figure, from top to bottom: as it is, without each repair, with all of them, and with what
    else would do for a scenario."""
    user = found.user
    rows = [] if user is None or user.error is not None else [("as it is", words.as_it_is(user, found.causes))]
    if len(found.causes) > 1:
        rows += [
            (f"all repairs but that of {cause_name(cause)}", cause.unrepaired)
            for cause in found.causes
            if cause.unrepaired is not None
        ]
    if found.repaired is not None and len(found.causes) > 1:
        rows.append(("with all repairs", found.repaired))
    elif found.repaired is not None:
        change = found.causes[0].change
        rows.append(("with the repair" if change is None else change_text(change), found.repaired))
    rows += [
        (change_text(other.change), other.level)
        for other in found.alternatives[: words.MOST_ALTERNATIVES]
        if other.change is not None
    ]
    return [(name, level) for name, level in rows if level.scores]


def scores_chart(found: Diagnosis, title: str) -> alt.LayerChart:
    """The score of every seed."""
    rows = []
    for name, level in levels(found):
        scores = np.array(level.scores)
        scores = scores if found.scenario is not None else np.maximum(scores, LEAST_SHOWN)
        rows.append(spread.PointRow(name=name, values=scores, reached=np.asarray(found.bar.has_learned(scores))))
    marks = [
        spread.Mark(value=found.bar.learned, name=f"learned from {words.score_text(found.task, found.bar.learned)}"),
        spread.Mark(
            value=max(found.references.constant, LEAST_SHOWN),
            name=f"constant prediction {words.score_text(found.task, found.references.constant)}",
        ),
    ]
    is_cost = found.scenario is not None
    share = not is_cost and found.task is not TaskKind.REGRESSION
    return spread.points_chart(rows, marks, words.score_name(found.task), title, is_cost=is_cost, share=share)


def shares_chart(found: Diagnosis) -> alt.LayerChart:
    """The share of the seeds that learn."""
    rows = [
        spread.ShareRow(
            name=f"{name}: {level.learned.count} of {level.learned.of}",
            value=level.learned.value,
            low=level.learned.low,
            high=level.learned.high,
            reached=level.learned.value >= 0.5,
        )
        for name, level in levels(found)
    ]
    return spread.shares_chart(rows, "share", "Seeds that learn, with the 95 % interval")


def figure_of(found: Diagnosis) -> alt.LayerChart | None:
    """Every seed with and without the repairs; None if nothing was trained."""
    return scores_chart(found, headline(found)) if levels(found) else None


def headline(found: Diagnosis) -> str:
    """The answer in one sentence."""
    text = f"{found.name} {words.outcome_text(found)}"
    causes = [cause_name(cause) for cause in found.causes]
    return f"{text}: {joined(causes)}." if causes else f"{text}."


def tone(found: Diagnosis) -> Tone:
    """What kind of answer it is."""
    if found.outcome is OutcomeKind.NOT_JUDGED or found.partial:
        return Tone.OPEN
    return Tone.GOOD if found.outcome is OutcomeKind.LEARNS else Tone.BAD


def figures(found: Diagnosis) -> list[Part]:
    """With and without the repairs."""
    if not levels(found):
        return []
    summary = "; ".join(f"{name}: {words.level_text(found, level)}" for name, level in levels(found))
    title = "With and without: each point is one seed" if found.repaired is not None else "Each point is one seed"
    return [
        Row(
            figures=[
                Figure(chart=scores_chart(found, title), description=f"Scores of the seeds. {summary}."),
                Figure(chart=shares_chart(found), description=f"Shares of the seeds that learn. {summary}."),
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


def cause_section(found: Diagnosis, place: int, cause: Cause) -> Section:
    """One cause: what it is, how to remove it, and the evidence."""
    first, *rest = words.cause_lines(found, place, cause)
    heading, _, meaning = first.partition(". ")
    remedies = list(words.remedy_lines(cause.changes, cause.edits))
    evidence = " ".join(line.strip() for line in rest[len(remedies) :])
    parts: list[Part] = [paragraphs([meaning, *remedies, evidence])]
    if cause.edits:
        parts.append(listing_of(cause.edits))
    return Section(heading=heading, parts=parts)


def other_lines(found: Diagnosis) -> list[str]:
    """The answer without its first lines and without the causes, which have sections of their own."""
    said = {*words.outcome_lines(found)}
    for place, cause in enumerate(found.causes, start=1):
        said |= {*words.cause_lines(found, place, cause)}
    return [line for line in words.verdict(found) if line not in said]


def page_of(found: Diagnosis) -> Page:
    """The page of a diagnosis."""
    _, *outcome = words.outcome_lines(found)
    first = figures(found)
    if found.scenario is not None:
        first += course_parts(found.name, found.scenario.course, found.bar.constant)
    sections = [Section(heading="", parts=first)]
    sections += [cause_section(found, place, cause) for place, cause in enumerate(found.causes, start=1)]
    if len(found.causes) > 1 and found.edits:
        sections.append(Section(heading="All edits together", parts=[listing_of(found.edits)]))
    others = other_lines(found)
    if others:
        sections.append(Section(heading="More", parts=[paragraphs(line.strip() for line in others)]))
    rows = words.tried_rows(found)
    header = words.tried_header(found)
    if rows:
        numbers = table("Every training of the search", header, rows, numeric=tuple(range(1, len(header))))
        sections.append(Section(heading="Trainings", parts=[folded("Show", numbers)]))
    return Page(
        title=f"harness diagnose: {found.name}",
        tone=tone(found),
        headline=headline(found),
        answer=outcome,
        sections=sections,
    )


def cards_of(found: Diagnosis) -> dict[str, bytes]:
    """The answer in words, and every seed with and without the repairs if any was trained."""
    words_of_it = {"words": words_card([line.strip() for line in words.verdict(found)])}
    if not levels(found):
        return words_of_it
    chart = scores_chart(found, "")
    return {"scores": card(headline(found), fitted(chart, 2 * MARK_HEIGHT))} | words_of_it
