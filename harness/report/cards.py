"""The answer as a picture of the size of a TensorBoard card, with the answer in words as its title."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import altair as alt

from ..comparison.experiment import Experiment
from ..diagnosis.diagnosis import Diagnosis
from ..figures import training as charts
from ..figures.render import png
from ..measures.symmetry import effective_width, hidden_layers
from ..sweeps.sweep import Sweep
from . import comparison as words
from .page import diagnoses, sweeps, training
from .words import number

WIDTH = 450  # pixels of a chart; a card is about that wide, and shrinks what is wider
CHARACTERS = 62  # of a line of the title
COST_HEIGHT, WEIGHTS_HEIGHT = 170, 105
MAX_COLUMNS, MAX_ROWS = 2, 2  # charts of weights
GAP = 46  # pixels between two of them
LABEL_WIDTH = 230  # pixels that the names of rows take at most


def titled(chart: alt.TopLevelMixin, sentences: Sequence[str], title_size: int = 15) -> alt.VConcatChart:
    """The chart under a title: the first sentence large, the others below it."""
    first, *others = sentences
    heading = alt.Title(
        textwrap.wrap(first, CHARACTERS),
        subtitle=[line for sentence in others for line in textwrap.wrap(sentence, CHARACTERS + 12)],
        fontSize=title_size,
        subtitleFontSize=12,
        anchor="start",
        offset=12,
        subtitlePadding=4,
    )
    whole: alt.VConcatChart = alt.vconcat(chart).properties(title=heading, padding=8)
    return whole


def comparison_card(experiment: Experiment) -> bytes:
    """The costs on logarithmic axes, and the weights of the first hidden layers from the first initializers."""
    runs = words.first_runs(experiment)
    level = number(experiment.constant_cost)
    curves = [charts.Curve(name=run.initializer, iterations=run.recorded, values=run.costs) for run in runs]
    cost = charts.cost_chart(
        curves, experiment.constant_cost, f"always predicting the mean: {level}", training.AXES, "Cost"
    )
    shown = runs[:MAX_COLUMNS]
    hidden = list(hidden_layers(runs[0].weights[-1]))[:MAX_ROWS]
    courses = {(run.initializer, layer): training.course_of(run, layer) for run in shown for layer in hidden}
    rows = [cost.properties(width=WIDTH, height=COST_HEIGHT)]
    width = (WIDTH - GAP * (len(shown) - 1)) // len(shown)
    if courses:
        limits = charts.weight_limits(list(courses.values()))
        for layer in hidden:
            row = []
            for run in shown:
                units, width_of = run.weights[-1][layer - 1].shape[1], effective_width(run.weights[-1], layer)
                title = f"{run.initializer}, layer {layer}: {width_of} of {units} units distinct"
                course = courses[run.initializer, layer]
                chart = charts.weights_chart(course, limits, training.AXES[0], title)
                row.append(chart.properties(width=width, height=WEIGHTS_HEIGHT))
            rows.append(alt.hconcat(*row, spacing=16).resolve_scale(y="shared"))
    sentences = [training.headline(experiment), *(words.training_sentences(run, experiment) for run in runs[:2])]
    if courses:
        sentences.append("Below: every incoming weight, one colour a unit. Equal units lie on each other.")
    return png(titled(alt.vconcat(*rows, spacing=14), sentences))


def comparison_pins(experiment: Experiment) -> list[str]:
    """Tags of the curves beside it."""
    depth = len(experiment.scenario.network.sizes) - 1
    first = f"layer{1:0{len(str(depth))}}"
    return [*([f"symmetry/{first}/effective_width"] if depth > 1 else []), "cost"]


def sweep_card(sweep: Sweep) -> bytes | None:
    """The final cost of every network; None if none was trained."""
    if not sweep.groups:
        return None
    chart = sweeps.figure_of(sweep).properties(width=WIDTH - LABEL_WIDTH + 40)
    return png(titled(chart, [sweeps.headline(sweep)]))


def diagnosis_card(found: Diagnosis) -> bytes | None:
    """Every seed with and without the repairs; None if nothing was trained."""
    if not diagnoses.levels(found):
        return None
    chart = diagnoses.scores_chart(found, "").properties(width=WIDTH - LABEL_WIDTH + 40)
    return png(titled(chart, [diagnoses.headline(found)]))
