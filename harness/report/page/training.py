"""The page and the one-look figure of a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt
import numpy as np

from ...comparison.experiment import Experiment
from ...comparison.trace import Run
from ...figures import training as charts
from ...measures.symmetry import clone_groups, effective_width, hidden_layers
from ...models.network import Weights
from .. import comparison as words
from ..cards import card, fitted
from ..words import count, joined, number, sizes_text
from .document import Course, Figure, Page, Part, Row, Section, Tone
from .html import Html, element, table
from .network_drawing import draw_network

MAX_COLUMNS = 3  # initializers with charts of their weights
MAX_LAYERS = 4  # with charts; of a deeper network the first ones and the last
FIGURE_WIDTH = 1200
CARD_COLUMNS, CARD_GAP = 2, 14  # initializers with their weights in a card, and the pixels between them
COST_HEIGHT, WEIGHTS_HEIGHT = 200, 150
AXES = ("iteration", "cost")


def drawn_layers(run: Run) -> list[int]:
    """The layers that have a chart, the output layer among them."""
    layers = list(range(1, len(run.weights[0]) + 1))
    return layers if len(layers) <= MAX_LAYERS else [*layers[: MAX_LAYERS - 1], layers[-1]]


def course_of(iterations: Sequence[int], weights: Sequence[Weights], layer: int) -> charts.LayerCourse:
    """The weights of a layer over a run, whose weights at these iterations are given."""
    last = weights[-1]
    units = last[layer - 1].shape[1]
    groups = clone_groups(last, layer) if layer in hidden_layers(last) else [[unit] for unit in range(units)]
    of_layer = np.stack([of_run[layer - 1] for of_run in weights])
    return charts.LayerCourse(iterations=iterations, weights=of_layer, groups=groups)


def courses_of(runs: Sequence[Run], layers: Sequence[int]) -> dict[tuple[str, int], charts.LayerCourse]:
    """The weights of layers over runs, by initializer and layer."""
    return {(run.initializer, layer): course_of(run.recorded, run.weights, layer) for run in runs for layer in layers}


def layer_title(run: Run, layer: int) -> str:
    """ "ones, hidden layer 1: 3 units, all identical (their lines lie on each other)" """
    last = run.weights[-1]
    units = last[layer - 1].shape[1]
    if not np.all(np.isfinite(last[layer - 1])):
        return f"{run.initializer}, layer {layer}: {count(units, 'unit')}, diverged"
    if layer not in hidden_layers(last):
        return f"{run.initializer}, output layer: {count(units, 'unit')}"
    return f"{run.initializer}, hidden layer {layer}: {widths_text(units, effective_width(last, layer))}"


def widths_text(units: int, width: int) -> str:
    """ "3 units, all identical: their lines lie on each other" """
    name = count(units, "unit")
    if units == 1:
        return name
    if width == 1:
        return f"{name}, all identical: their lines lie on each other"
    return f"{name}, all different" if width == units else f"{name}, {width} of them distinct"


def plateau_phrase(run: Run, experiment: Experiment) -> str:
    """ "ones stays on it until iteration 4,477" """
    if not math.isfinite(run.costs[-1]):
        return f"{run.initializer} diverges"
    plateau = words.near_constant(run, experiment.constant_cost)
    if plateau is None:
        return f"{run.initializer} is never on it"
    if plateau[1] == run.recorded[-1]:
        return f"{run.initializer} stays on it to the end"
    return f"{run.initializer} leaves it after iteration {plateau[1]:,}"


def cost_title(experiment: Experiment, runs: Sequence[Run]) -> str:
    """What there is to see in the costs."""
    level = number(experiment.constant_cost)
    if all(words.near_constant(run, experiment.constant_cost) is None for run in runs):
        return f"Cost. A constant prediction has {level}"
    phrases = joined(plateau_phrase(run, experiment) for run in runs)
    return f"Cost. Plateau at {level}, the cost of always predicting the mean: {phrases}"


def cost_chart(experiment: Experiment, runs: Sequence[Run], title: str) -> alt.LayerChart:
    """The costs from every initializer."""
    curves = [charts.Curve(name=run.initializer, iterations=run.recorded, values=run.costs) for run in runs]
    level = experiment.constant_cost
    label = f"always predicting the mean: cost {number(level)}"
    return charts.cost_chart(curves, level, label, AXES, title)


def figure_of(experiment: Experiment) -> alt.VConcatChart:
    """The one-look figure: the costs, and every incoming weight of every hidden unit."""
    runs = words.first_runs(experiment)
    shown = runs[:MAX_COLUMNS]
    hidden = [layer for layer in drawn_layers(runs[0]) if layer in hidden_layers(runs[0].weights[-1])]
    layers = hidden or drawn_layers(runs[0])
    courses = courses_of(shown, layers)
    limits = charts.weight_limits(list(courses.values()))
    rows = [
        [
            charts.weights_chart(courses[run.initializer, layer], limits, AXES[0], layer_title(run, layer))
            for run in shown
        ]
        for layer in layers
    ]
    sizes = sizes_text(experiment.scenario.network.sizes)
    title = (
        f"{experiment.scenario.name} ({sizes}), {count(runs[0].recorded[-1], 'iteration')}: cost, and every incoming "
        "weight (one colour a unit)"
    )
    return charts.one_look(cost_chart(experiment, runs, cost_title(experiment, runs)), rows, title, FIGURE_WIDTH)


def headline(experiment: Experiment) -> str:
    """The answer in one sentence."""
    if not experiment.implementations_agree:
        return "The implementations do not agree."
    if not experiment.agrees:
        return "The implementations agree, but a figure of the forum question is not reproduced."
    runs = words.first_runs(experiment)
    diverged = [run.initializer for run in runs if not math.isfinite(run.costs[-1])]
    if diverged:
        return f"The math is right, but training diverges from {joined(diverged)}."
    ends: dict[int, list[str]] = {}
    for run in runs:
        stretch = words.near_constant(run, experiment.constant_cost)
        if stretch is not None:
            ends.setdefault(stretch[1], []).append(run.initializer)
    last = runs[0].recorded[-1]
    phrases = [
        f"from {joined(names)} until {'the end' if end == last else f'iteration {end:,}'}"
        for end, names in ends.items()
    ]
    if not phrases:
        shown = [f"from {number(r.costs[0])} to {number(r.costs[-1])} from {r.initializer}" for r in runs[:MAX_COLUMNS]]
        return f"The math is right. The cost goes {joined(shown)}."
    return f"The math is right. Training stands still on a plateau: {joined(phrases)}."


def tone(experiment: Experiment) -> Tone:
    """What kind of answer it is."""
    if not experiment.agrees:
        return Tone.BAD
    return Tone.GOOD if all(math.isfinite(run.costs[-1]) for run in experiment.runs) else Tone.OPEN


def readouts(runs: Sequence[Run]) -> list[str]:
    """What stands beside the slider at every iteration."""
    texts = []
    for index, iteration in enumerate(runs[0].recorded):
        costs = ", ".join(f"{run.initializer} {number(run.costs[index])}" for run in runs)
        texts.append(f"iteration {iteration:,}: cost {costs}")
    return texts


def slider(runs: Sequence[Run]) -> Html:
    """The slider that chooses the iteration of the page."""
    last = len(runs[0].recorded) - 1
    return element(
        "div",
        element("button", "Play", id="play", type="button"),
        element("label", "Iteration", for_="iteration"),
        element("input", type="range", id="iteration", min=0, max=last, value=last),
        element("output", readouts(runs)[-1], id="readout", for_="iteration"),
        class_="slider",
    )


def figures(experiment: Experiment, runs: Sequence[Run]) -> list[Part]:
    """The slider, the costs, and a row of charts for each layer."""
    shown, last = runs[:MAX_COLUMNS], runs[0].recorded[-1]
    layers = drawn_layers(runs[0])
    courses = courses_of(shown, layers)
    limits = charts.weight_limits(list(courses.values()))
    costs = ", ".join(f"{run.initializer} from {number(run.costs[0])} to {number(run.costs[-1])}" for run in runs)
    title = cost_title(experiment, runs)
    parts: list[Part] = [
        slider(runs),
        Figure(
            chart=charts.with_cursor(cost_chart(experiment, runs, title).properties(height=COST_HEIGHT), last),
            description=f"{title}. In {last:,} iterations: {costs}.",
            follows_iteration=True,
        ),
    ]
    for layer in layers:
        row = []
        for run in shown:
            chart = charts.weights_chart(courses[run.initializer, layer], limits, AXES[0], layer_title(run, layer))
            row.append(
                Figure(
                    chart=charts.with_cursor(chart.properties(height=WEIGHTS_HEIGHT), last),
                    description=f"Incoming weights over the iterations. {layer_title(run, layer)}.",
                    follows_iteration=True,
                )
            )
        parts.append(Row(figures=row))
    parts.append(element("p", figures_note(runs, courses[shown[0].initializer, layers[0]]), class_="note"))
    return parts


def figures_note(runs: Sequence[Run], course: charts.LayerCourse) -> str:
    """How to read the charts, and what they leave out."""
    texts = [
        "Each line is one incoming weight, biases included; each unit has one colour. Identical units (clones) are "
        "drawn thick to thin, one on top of the other. All charts of weights have the same scale. Point at a chart, "
        "or move the slider, to choose an iteration."
    ]
    inputs, units = course.weights.shape[1] - 1, course.weights.shape[2]
    if units > len(course.units) or inputs > len(course.rows) - 1:
        texts.append(
            f"At most {charts.MAX_UNITS} units of a layer and {charts.MAX_WEIGHTS} weights of a unit are drawn."
        )
    if len(runs) > MAX_COLUMNS:
        texts.append(f"Weights are drawn for the first {MAX_COLUMNS} of {len(runs)} initializers.")
    return " ".join(texts)


def agreement_rows(experiment: Experiment) -> Html:
    """One row for every pair: what agrees, and how close the closest element is to its limit."""
    groups: dict[tuple[str, str, str], list[tuple[float, bool]]] = {}
    for one in experiment.comparisons:
        groups.setdefault((one.left, one.right, one.initializer), []).append(
            (one.difference.of_allowed, one.difference.agrees)
        )
    rows = [
        (
            f"{left} and {right}",
            initializer,
            f"{len(group):,}",
            element("span", "yes", class_="badge good")
            if all(agrees for _, agrees in group)
            else element("span", f"no, {sum(not agrees for _, agrees in group):,} differ", class_="badge bad"),
            f"{max(share for share, _ in group):.1%}",
        )
        for (left, right, initializer), group in groups.items()
    ]
    header = ("implementations", "initializer", "comparisons", "agree", "largest share of the allowed difference")
    return table("What rounding errors allow is a bound that is computed, not chosen.", header, rows, numeric=(2, 4))


def page_of(experiment: Experiment) -> Page:
    """The page of a comparison."""
    runs = words.first_runs(experiment)
    shown = runs[:MAX_COLUMNS]
    drawings = [draw_network(run, f"The network trained from {run.initializer}") for run in shown]
    networks = element(
        "div",
        *(
            element("div", element("h3", f"{run.initializer}: {words.clones_phrase(run)}"), drawing.svg)
            for run, drawing in zip(shown, drawings)
        ),
        class_="networks",
    )
    explained = (
        "At the iteration of the slider. The width of an edge is the size of its weight; dashed blue is negative, "
        "solid orange positive. The number in a unit is its bias. Hidden units with the same colour in one layer are "
        "clones."
    )
    left_out = " Large layers are drawn in part." if any(drawing.left_out for drawing in drawings) else ""
    return Page(
        title=f"harness compare: {experiment.scenario.name}, network {sizes_text(experiment.scenario.network.sizes)}",
        tone=tone(experiment),
        headline=headline(experiment),
        answer=words.verdict(experiment),
        sections=[
            Section(heading="", parts=figures(experiment, runs)),
            Section(heading="The network", parts=[element("p", explained + left_out, class_="note"), networks]),
            Section(heading="Do the implementations agree?", parts=[agreement_rows(experiment)]),
        ],
        course=Course(
            iterations=runs[0].recorded, readouts=readouts(runs), networks=[drawing.data for drawing in drawings]
        ),
    )


def cards_of(experiment: Experiment) -> dict[str, bytes]:
    """The costs on logarithmic axes, and the weights of the first hidden layer from the first initializers."""
    runs = words.first_runs(experiment)
    pictures = {"cost": card(headline(experiment), fitted(cost_chart(experiment, runs, "")))}
    if hidden_layers(runs[0].weights[-1]):
        pictures["weights"] = weights_card(runs[:CARD_COLUMNS])
    return pictures


def weights_card(runs: Sequence[Run]) -> bytes:
    """Every incoming weight of the first hidden layer."""
    courses = [course_of(run.recorded, run.weights, 1) for run in runs]
    limits = charts.weight_limits(courses)

    def build(width: int, height: int) -> alt.HConcatChart:
        row = [
            charts.weights_chart(course, limits, AXES[0], f"from {run.initializer}").properties(
                width=width // len(runs), height=height
            )
            for run, course in zip(runs, courses)
        ]
        joined_row: alt.HConcatChart = alt.hconcat(*row, spacing=CARD_GAP).resolve_scale(y="shared")
        return joined_row

    return card(units_sentence(runs), build)


def units_sentence(runs: Sequence[Run]) -> str:
    """What the units of the first hidden layer are to each other, and how the picture shows it."""
    units = runs[0].weights[-1][0].shape[1]
    widths = [effective_width(run.weights[-1], 1) for run in runs]
    first, *others = [f"from {run.initializer}" for run in runs]
    text = f"Hidden layer 1 has {widths[0]} distinct of {count(units, 'unit')} {first}"
    text += "".join(f", {width} {other}" for width, other in zip(widths[1:], others))
    equal = "; equal units lie on each other" if min(widths) < units else ""
    return f"{text}. Each line is a weight, each colour a unit{equal}."
