"""The answer as pictures of the size of a TensorBoard card, with the answer in words as their titles.

On TensorBoard's first page a picture is 215 pixels high and at most about 450 wide. One of another height is shrunk or
stretched without interpolation, so that its letters are torn.
"""

from __future__ import annotations

import struct
import textwrap
from collections.abc import Callable, Sequence
from typing import TypeAlias

import altair as alt

from ..backends.compare import BackendComparison
from ..comparison.experiment import Experiment
from ..comparison.trace import Run
from ..diagnosis.answer import Diagnosis
from ..diagnosis.scenarios.judge import Diagnosis as ScenarioDiagnosis
from ..figures import spread
from ..figures import training as charts
from ..figures.render import png
from ..measures.symmetry import effective_width, hidden_layers
from ..sweeps.sweep import Sweep
from . import backends, diagnosing, scenario_diagnosis
from . import comparison as words
from .page import backends as backends_page
from .page import diagnoses, scenario_diagnoses, sweeps, training
from .words import count, number

WIDTH, HEIGHT = 448, 215  # pixels of a card's picture; the height exactly
PIXELS_PER_INCH = 72  # of such a picture: one for each of the chart's own
CHARACTERS = 68  # of a line of the title
ATTEMPTS = 4  # to fit a chart
WORDS_LINES, WORDS_CHARACTERS = 13, 76  # of a card without a chart
LEAST = 40  # pixels of a chart
MARK_HEIGHT = 15  # pixels of the name of a vertical line
MAX_COLUMNS = 2  # initializers with a chart of their weights
GAP = 14  # pixels between the two
MAX_ROWS = 5  # combinations of a sweep

Pictures = dict[str, bytes]  # by their names


Chart: TypeAlias = alt.LayerChart | alt.HConcatChart
Build: TypeAlias = Callable[[int, int], Chart]  # a chart of about that width and height


def card(sentence: str, build: Build) -> bytes:
    """A chart under its title as a PNG file that fits a card.

    How much labels and axes take is known when it is drawn. It is drawn again with what is left for the chart.
    """
    lines = textwrap.wrap(sentence, CHARACTERS)
    heading = alt.Title(lines, fontSize=12, anchor="start", offset=6)
    width, height = WIDTH - 50, HEIGHT - 60
    for _ in range(ATTEMPTS):
        whole = alt.vconcat(build(width, height)).properties(title=heading, padding=2)
        picture = png(whole, PIXELS_PER_INCH)
        wide, high = struct.unpack(">2I", picture[16:24])  # a PNG has its size there
        if WIDTH - 8 <= wide <= WIDTH and high == HEIGHT:
            break
        width, height = max(width + WIDTH - 2 - wide, LEAST), max(height + HEIGHT - high, LEAST)
    return picture


def fitted(chart: alt.LayerChart, above: int = 0) -> Build:
    """A chart at any size; ``above`` are the pixels over it for the names of vertical lines."""
    return lambda width, height: chart.properties(width=width, height=height, title=alt.Title("", offset=above))


def comparison_cards(experiment: Experiment) -> Pictures:
    """The costs on logarithmic axes, and the weights of the first hidden layer from the first initializers."""
    runs = words.first_runs(experiment)
    headline = training.headline(experiment)
    level = experiment.constant_cost
    curves = [charts.Curve(name=run.initializer, iterations=run.recorded, values=run.costs) for run in runs]
    label = f"always predicting the mean: {number(level)}"

    pictures = {"cost": card(headline, fitted(charts.cost_chart(curves, level, label, training.AXES, "")))}
    if hidden_layers(runs[0].weights[-1]):
        pictures["weights"] = weights_card(runs[:MAX_COLUMNS])
    return pictures


def weights_card(runs: Sequence[Run]) -> bytes:
    """Every incoming weight of the first hidden layer."""
    courses = [training.course_of(run.recorded, run.weights, 1) for run in runs]
    limits = charts.weight_limits(courses)

    def build(width: int, height: int) -> Chart:
        row = [
            charts.weights_chart(course, limits, training.AXES[0], f"from {run.initializer}").properties(
                width=width // len(runs), height=height
            )
            for run, course in zip(runs, courses)
        ]
        joined_row: alt.HConcatChart = alt.hconcat(*row, spacing=GAP).resolve_scale(y="shared")
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


def comparison_pins(experiment: Experiment) -> list[str]:
    """Tags of the curves beside the pictures."""
    depth = len(experiment.scenario.network.sizes) - 1
    first = f"layer{1:0{len(str(depth))}}"
    return [*([f"symmetry/{first}/effective_width"] if depth > 1 else []), "cost"]


def sweep_cards(sweep: Sweep) -> Pictures:
    """The final cost of every network; nothing if none was trained."""
    if not sweep.groups:
        return {}
    rows = sweeps.point_rows(sweep, MAX_ROWS)
    mark = spread.Mark(value=sweep.target, name=f"learned: at most {number(sweep.target)}")
    sentence = sweeps.headline(sweep)
    if len(rows) < len(sweep.groups):
        sentence += f" The {count(len(rows), 'combination')} that learn most often:"
    axis = f"final cost after {count(sweep.scenario.iterations, 'iteration')}"
    chart = spread.points_chart(rows, [mark], axis, "", is_cost=True)
    return {"costs": card(sentence, fitted(chart, MARK_HEIGHT))}


def words_card(paragraphs: Sequence[str]) -> bytes:
    """The answer in words, as much of it as fits."""
    lines = [line for text in paragraphs for line in textwrap.wrap(text, WORDS_CHARACTERS)]
    shown = WORDS_LINES if len(lines) <= WORDS_LINES else WORDS_LINES - 1
    rest = ["(all of it is on the Text page)"] if shown < len(lines) else []
    data = alt.Data(values=[{"text": [*lines[:shown], *rest]}])
    text = alt.Chart(data).mark_text(align="left", baseline="top", fontSize=12, lineHeight=15, limit=WIDTH - 6)
    chart = text.encode(x=alt.value(0), y=alt.value(0), text="text:N").properties(
        width=WIDTH - 4, height=HEIGHT - 4, padding=2, view=alt.ViewBackground(stroke=None)
    )
    return png(chart, PIXELS_PER_INCH)


def diagnosis_cards(found: Diagnosis) -> Pictures:
    """The answer in words, and every seed with and without the repairs if any was trained."""
    words_of_it = {"words": words_card([line.strip() for line in diagnosing.verdict(found)])}
    if not diagnoses.levels(found):
        return words_of_it
    chart = diagnoses.scores_chart(found, "")
    return {"scores": card(diagnoses.headline(found), fitted(chart, 2 * MARK_HEIGHT))} | words_of_it


def scenario_diagnosis_cards(found: ScenarioDiagnosis) -> Pictures:
    """The answer in words, and the final cost of every run with and without the changes that remove the causes."""
    mark = spread.Mark(value=found.target, name=f"learned: at most {number(found.target)}")
    rows = scenario_diagnoses.rows_of(found)[:MAX_ROWS]
    axis = f"cost after {count(found.judged_at, 'iteration')}, each point is one run"
    chart = spread.points_chart(rows, [mark], axis, "", is_cost=True)
    costs = card(scenario_diagnoses.headline(found), fitted(chart, MARK_HEIGHT))
    return {"costs": costs, "words": words_card(scenario_diagnosis.verdict(found))}


def backends_cards(comparison: BackendComparison) -> Pictures:
    """The answer in words, and the largest differences layer by layer and update by update."""
    words_of_it = {"words": words_card(backends.verdict(comparison))}
    if not comparison.pairs:
        return words_of_it
    return {
        "layers": card("Outputs of each layer before training", fitted(backends_page.layers_chart(comparison))),
        "updates": card("Weights of all layers in training", fitted(backends_page.updates_chart(comparison))),
    } | words_of_it
