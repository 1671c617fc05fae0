"""The page and the figure of the diagnosis of a scenario."""

from __future__ import annotations

import altair as alt
import numpy as np

from ...diagnosis.scenarios.judge import Diagnosis
from ...diagnosis.scenarios.judge import Row as Change
from ...figures import spread
from ...figures import training as charts
from ...measures.symmetry import effective_width, hidden_layers
from .. import scenario_diagnosis as words
from ..cards import MARK_HEIGHT, MOST_ROWS, card, fitted, words_card
from ..causes import cause_name
from ..scenario_words import change_text
from ..words import count, joined, number
from .document import Figure, Page, Part, Row, Section, Tone
from .html import Html, element, folded, paragraphs, table
from .training import course_of, widths_text

MAX_LAYERS = 3  # hidden layers with a chart
MAX_CHANGES = 3  # for a cause, in the figure
HEIGHT = 150


def headline(found: Diagnosis) -> str:
    """The answer in one sentence."""
    name = f"{found.case.name} from {found.case.start_name}"
    if found.best_possible:
        return f"{name} learns what there is to learn."
    outcome = "learns by luck" if found.lucky else "learns late" if found.late is not None else "learns"
    if not found.learns:
        outcome = "does not learn"
    causes = [cause_name(cause) for cause in found.causes]
    return f"{name} {outcome}: {joined(causes)}." if causes else f"{name} {outcome}."


def rows_of(found: Diagnosis) -> list[spread.PointRow]:
    """The trainings of the figure: as it is, and with each change that removes a cause."""
    own = np.asarray(found.own.costs, np.float64)
    rows = [spread.PointRow(name="as it is", values=own, reached=own <= found.target)]
    for cause in found.causes:
        for _, result in cause.evidence[:MAX_CHANGES]:
            costs = np.asarray(result.costs, np.float64)
            name = change_text(result.change)
            rows.append(spread.PointRow(name=name, values=costs, reached=costs <= found.target))
    return rows


def figure_of(found: Diagnosis) -> alt.LayerChart:
    """The final cost of every run, with and without the changes that remove the causes."""
    marks = [
        spread.Mark(value=found.target, name=f"learned: at most {number(found.target)}"),
        spread.Mark(value=found.constant, name=f"always predicting the mean: {number(found.constant)}"),
    ]
    title = f"With and without: cost after {count(found.judged_at, 'iteration')}, each point is one run"
    return spread.points_chart(rows_of(found), marks, "cost", title, is_cost=True)


def course_parts(found: Diagnosis) -> list[Part]:
    """The cost of the run and the weights of its hidden layers."""
    course = found.course
    costs = [float(cost) for cost in course.costs]
    iterations = list(course.iterations)
    curve = charts.Curve(name=found.case.start_name, iterations=iterations, values=costs)
    level = f"always predicting the mean: cost {number(found.constant)}"
    title = "Cost of the run"
    chart = charts.cost_chart([curve], found.constant, level, ("iteration", "cost"), title)
    described = f"The cost goes from {number(costs[0])} to {number(costs[-1])} in {count(iterations[-1], 'iteration')}."
    figures = [Figure(chart=chart.properties(height=HEIGHT), description=described)]
    layers = list(hidden_layers(course.weights[-1]))[:MAX_LAYERS]
    courses = [course_of(iterations, course.weights, layer) for layer in layers]
    for layer, of_layer in zip(layers, courses):
        units = of_layer.weights.shape[2]
        name = f"Hidden layer {layer}: {widths_text(units, effective_width(course.weights[-1], layer))}"
        chart = charts.weights_chart(of_layer, charts.weight_limits(courses), "iteration", name)
        figures.append(
            Figure(chart=chart.properties(height=HEIGHT), description=f"Incoming weights over the iterations. {name}.")
        )
    note = "Each line is one incoming weight, each unit has one colour; identical units are drawn thick to thin."
    return [Row(figures=figures), element("p", note, class_="note")]


def changes_table(caption: str, rows: list[Change]) -> Html:
    """Changes, each made alone, and what came of them."""
    header = ("change", "median cost", "learns (95 %)", "for")
    return table(caption, header, words.change_rows(rows), numeric=(1,))


def page_of(found: Diagnosis) -> Page:
    """The page of the diagnosis of a scenario."""
    summary = "; ".join(f"{row.name}: {int(np.sum(row.reached))} of {len(row.values)} learn" for row in rows_of(found))
    first: list[Part] = [
        Figure(
            chart=figure_of(found),
            description=f"Final costs. {summary}.",
            caption="Green circle: it has learned, red cross: it has not.",
        ),
        *course_parts(found),
    ]
    sections = [Section(heading="", parts=first)]
    sections += [
        Section(heading=f"Evidence: {cause_name(cause)}", parts=[changes_table("What removes it", cause.evidence)])
        for cause in found.causes
    ]
    if found.helpful:
        helpful = changes_table("Each change alone", found.helpful)
        sections.append(Section(heading="Helps too, but is not a cause", parts=[helpful]))
    if found.refuted:
        refuted = changes_table("Each change alone", found.refuted)
        shown = folded(f"Show {count(len(found.refuted), 'change')}", refuted)
        sections.append(Section(heading="Tried, and did not help", parts=[shown]))
    sections.append(Section(heading="How this was judged", parts=[paragraphs([words.how_judged(found)])]))
    return Page(
        title=f"harness diagnose: {found.case.name}",
        tone=Tone.GOOD if found.fine else Tone.BAD,
        headline=headline(found),
        answer=words.verdict(found),
        sections=sections,
    )


def cards_of(found: Diagnosis) -> dict[str, bytes]:
    """The answer in words, and the final cost of every run with and without the changes that remove the causes."""
    mark = spread.Mark(value=found.target, name=f"learned: at most {number(found.target)}")
    rows = rows_of(found)[:MOST_ROWS]
    axis = f"cost after {count(found.judged_at, 'iteration')}, each point is one run"
    chart = spread.points_chart(rows, [mark], axis, "", is_cost=True)
    costs = card(headline(found), fitted(chart, MARK_HEIGHT))
    return {"costs": costs, "words": words_card(words.verdict(found))}
