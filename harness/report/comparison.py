"""What people and machines read of a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..comparison.differences import Comparison
from ..comparison.experiment import Experiment
from ..comparison.post import Claim, RecoveredRate
from ..comparison.trace import Run
from ..measures.accuracy import accuracy, counts_classes
from ..measures.baseline import NEAR_CONSTANT
from ..measures.learning import target_of
from ..measures.symmetry import clone_spread, effective_width, hidden_layers
from ..models.network import Array, Weights
from ..results import as_cards, as_document, as_figure, as_page, as_report, as_verdict
from ..scenario.scenario import Scenario
from .registering import register_drawings
from .words import Json, count, joined, new_table, number

MAX_ROWS = 15  # iterations in the table of costs
MAX_NUMBERS = 10_000  # of x or y in a document, which is not a second copy of large data
SIDE_BY_SIDE = 2  # initializers in one table of costs; more are too wide for a terminal

# Words


def element(comparison: Comparison) -> str:
    """gradient3[0, 1]"""
    difference = comparison.difference
    return f"{difference.quantity}[{', '.join(map(str, difference.where))}]" if difference.where else "cost"


def outlier_sentence(comparisons: Sequence[Comparison]) -> str:
    """Which implementation all others contradict, after a space; "" if the others do not agree."""
    differing = {(c.left, c.right) for c in comparisons if not c.difference.agrees}
    agreeing = {(c.left, c.right) for c in comparisons} - differing
    names = {name for pair in agreeing for name in pair}
    outliers = set.intersection(*map(set, differing)) - names
    if not agreeing or len(outliers) != 1:
        return ""
    return f" {outliers.pop()} differs from all others, which agree with each other."


def agreement_sentence(experiment: Experiment) -> str:
    """Whether everything agrees, and if not, the first thing that does not."""
    names = list(dict.fromkeys(run.implementation for run in experiment.runs))
    wrong = next((c for c in experiment.comparisons if not c.difference.agrees), None)
    if wrong is not None:
        differing = sum(not c.difference.agrees for c in experiment.comparisons)
        return (
            f"The implementations differ in {differing:,} of {count(len(experiment.comparisons), 'comparison')}. The "
            f"first difference: {wrong.left} and {wrong.right}, {wrong.initializer} initializer, iteration "
            f"{wrong.iteration:,}, {element(wrong)}. They differ by up to {wrong.difference.max_abs:.2g}; rounding "
            f"explains at most {wrong.difference.allowed:.2g}.{outlier_sentence(experiment.comparisons)}"
        )
    return (
        f"The math is right: {joined(names)} agree with each other and with numerical differentiation in all "
        f"{count(len(experiment.comparisons), 'comparison')}."
    )


def near_constant(run: Run, constant_cost: float) -> tuple[int, int] | None:
    """The first and the last recorded iteration of the longest stretch at the cost of a constant prediction.

    A stretch that ends before twice its beginning is a passage, not a plateau.
    """
    near = [abs(cost - constant_cost) <= NEAR_CONSTANT * constant_cost for cost in run.costs]
    best: tuple[int, int] | None = None
    start = 0
    for end, inside in enumerate([*near, False]):
        if not inside:
            first, last = run.recorded[min(start, end - 1)], run.recorded[end - 1]
            if last >= 2 * max(first, 1) and (best is None or last - first > best[1] - best[0]):
                best = (first, last)
            start = end + 1
    return best


def has_identical_units(run: Run) -> bool:
    """Whether the units of each hidden layer are equal, bit for bit, at every recorded iteration."""
    hidden = list(hidden_layers(run.weights[-1]))
    return bool(hidden) and all(
        effective_width(weights, layer) == 1 and weights[layer - 1].shape[1] > 1 and clone_spread(weights, layer) == 0
        for weights in run.weights
        for layer in hidden
    )


def clones_phrase(run: Run) -> str:
    """What the hidden units are to each other."""
    last = run.weights[-1]
    widths = [(effective_width(last, layer), last[layer - 1].shape[1]) for layer in hidden_layers(last)]
    if not widths:
        return "there is no hidden layer"
    widths_text = f"(effective width {joined(f'{width} of {units}' for width, units in widths)})"
    if has_identical_units(run):
        return f"the units of each hidden layer stay identical throughout {widths_text}"
    if any(width < units for width, units in widths):
        return f"some hidden units are clones at the end {widths_text}"
    return "no two hidden units are clones"


def start_in_words(initializer: str) -> str:
    """ "all weights initialised to 1", "the glorot_uniform initializer" """
    constants = {"ones": "1", "zeros": "0"}
    given = constants.get(initializer) or (initializer[9:-1] if initializer.startswith("constant(") else None)
    return f"all weights initialised to {given}" if given else f"the {initializer} initializer"


def training_sentences(run: Run, experiment: Experiment) -> str:
    """What happened to the units and to the cost from one initializer."""
    costs, constant_cost = run.costs, experiment.constant_cost
    start = start_in_words(run.initializer)
    if not math.isfinite(costs[-1]):
        return f"Training with {start} diverged (the cost became NaN). Lower the learning rate."
    sentences = [
        f"With {start}, the cost goes from {number(costs[0])} to {number(costs[-1])} in "
        f"{count(run.recorded[-1], 'iteration')}; {clones_phrase(run)}."
    ]
    right = accuracy_at(experiment.scenario, run.weights[-1])
    if right is not None:
        sentences.append(f"The network gets {right:.1%} of the observations right.")
    plateau = near_constant(run, constant_cost)
    if plateau is not None:
        when = (
            f"From iteration {plateau[0]:,} to {plateau[1]:,}"
            if plateau[1] < run.recorded[-1]
            else f"From iteration {plateau[0]:,} to the end"
        )
        sentences.append(
            f"{when} it was on a plateau at {number(constant_cost)}, the cost of predicting the mean of y for every "
            "input."
        )
    scenario = experiment.scenario
    learned = costs[-1] <= target_of(scenario.network.cost, scenario.x, scenario.y).cost
    if learned and has_identical_units(run):
        sentences.append("Identical units did not prevent it from learning.")
    return " ".join(sentences)


def accuracy_at(scenario: Scenario, weights: Weights) -> float | None:
    """The share of observations whose class these weights get right; None if there are no classes."""
    return accuracy(scenario.network, weights, scenario.x, scenario.y)


def first_runs(experiment: Experiment) -> list[Run]:
    """One run for each initializer: the first implementation's, because the others agree with it."""
    return [run for run in experiment.runs if run.implementation == experiment.runs[0].implementation]


def verdict(experiment: Experiment) -> list[str]:
    """The answer in a few sentences."""
    sentences = [agreement_sentence(experiment)]
    if experiment.recovered_rate is not None:
        right = sum(claim.agrees for claim in experiment.claims)
        all_of = f"All {right}" if right == len(experiment.claims) else f"{right} of the {len(experiment.claims)}"
        sentences.append(
            f"{all_of} figures printed in the forum question are reproduced. Its learning rate, which it does not "
            f"state, was {experiment.recovered_rate.rate:g}."
        )
    return sentences + [training_sentences(run, experiment) for run in first_runs(experiment)]


def markdown(experiment: Experiment) -> str:
    """The verdict and the table of costs as Markdown, for TensorBoard's text page."""
    sentences, runs = verdict(experiment), first_runs(experiment)
    rows = table_rows(runs[0].recorded)
    lines = [" ".join(sentences), "", "| iteration | " + " | ".join(f"cost, {run.initializer}" for run in runs) + " |"]
    lines.append("| ---: |" + " ---: |" * len(runs))
    lines += [
        f"| {runs[0].recorded[row]} | " + " | ".join(number(run.costs[row]) for run in runs) + " |" for row in rows
    ]
    return "\n".join(lines)


# Tables


def rate_line(recovered: RecoveredRate) -> str:
    """How sure the learning rate is"""
    return (
        f"Learning rates from {recovered.low:.4f} to {recovered.high:.4f} reproduce the outputs after 1,000 "
        f"iterations; with {recovered.rate:g} they differ by {recovered.miss:.0e}."
    )


def table_rows(recorded: Sequence[int]) -> list[int]:
    """At most ``MAX_ROWS`` indices of recorded iterations: the first, the last, and round numbers between them."""
    wanted = [
        i for i, iteration in enumerate(recorded) if iteration == 0 or str(iteration).rstrip("0") in ("1", "2", "5")
    ]
    last = len(recorded) - 1
    if len(wanted) > MAX_ROWS:
        wanted = [wanted[int(i)] for i in np.unique(np.linspace(0, len(wanted) - 1, MAX_ROWS).astype(int))]
    return sorted({*wanted, 0, last})


def agreement_table(experiment: Experiment) -> Table:
    """One row per pair and initializer: the largest differences, and the element that is closest to its limit."""
    table = new_table(
        "Agreement: largest differences",
        ("", "left"),
        ("abs", "right"),
        ("rel", "right"),
        ("ulp", "right"),
        ("share of\nallowed", "right"),
        ("closest to the limit,\nat iteration", "left"),
    )
    groups: dict[str, dict[tuple[str, str], list[Comparison]]] = {}
    for comparison in experiment.comparisons:
        pairs = groups.setdefault(comparison.initializer, {})
        pairs.setdefault((comparison.left, comparison.right), []).append(comparison)
    for initializer, pairs in groups.items():
        table.add_section()
        table.add_row(Text(initializer, "bold"))
        for pair, group in pairs.items():
            worst = max(group, key=lambda c: c.difference.of_allowed)
            table.add_row(
                " ".join(pair),
                f"{max(c.difference.max_abs for c in group):.0e}",
                f"{max(c.difference.max_rel for c in group):.0e}",
                number(max(c.difference.max_ulp for c in group)),
                f"{worst.difference.of_allowed:.1%}",
                f"{element(worst)} at {worst.iteration:,}",
                style=None if worst.difference.agrees else "bold red",
            )
    return table


def agreement_notes(experiment: Experiment) -> str:
    """How to read the table of agreement, and what could not be compared."""
    lacking = [f"{name} does not offer {joined(lacks)}" for name, lacks in experiment.not_offered.items() if lacks]
    read = (
        "allowed: twice the bound on the rounding errors of everything that the element is computed from. rel: "
        "relative to that element. ulp: relative to the quantity's largest element. Both are large when sums cancel, "
        "as in a gradient on a plateau."
    )
    batches = experiment.scenario.batches
    if batches is not None:
        read += (
            f" The quantities of an iteration, its cost included, are those of its batch of {batches.size}; the cost "
            "in the training table is that of all observations."
        )
    return f"{read} Not compared: {joined(lacking)}." if lacking else read


def training_table(runs: Sequence[Run], scenario: Scenario) -> Table:
    """Cost, accuracy, and effective width and clone spread of the hidden layers, at log-spaced iterations."""
    columns = [("iteration", "right")]
    with_classes = counts_classes(scenario.network.cost, scenario.y)
    for run in runs:
        columns += [(f"{run.initializer}\ncost", "right")] + ([("accuracy", "right")] if with_classes else [])
        columns += [("width", "right"), ("spread", "right")]
    table = new_table("Training, and clones in the hidden layers", *columns)
    for row in table_rows(runs[0].recorded):
        cells = [f"{runs[0].recorded[row]:,}"]
        for run in runs:
            weights = run.weights[row]
            hidden = hidden_layers(weights)
            right = accuracy_at(scenario, weights)
            cells += [
                f"{run.costs[row]:.6f}",
                *([] if right is None else [f"{right:.1%}"]),
                " ".join(f"{effective_width(weights, layer)}/{weights[layer - 1].shape[1]}" for layer in hidden),
                " ".join(f"{clone_spread(weights, layer):.2g}" for layer in hidden),
            ]
        table.add_row(*cells)
    return table


def cells_of(values: Array) -> str:
    """A matrix in one cell, a row to a line; equal rows or columns are not repeated."""
    values = np.atleast_2d(values)
    rows = [row[:1] if np.all(row == row[0]) and len(row) > 1 else row for row in values]
    lines = [" ".join(f"{v:.7f}" for v in row) for row in rows]
    return "\n".join(dict.fromkeys(lines))


def claims_table(figures: Sequence[Claim]) -> Table:
    """Every figure that the forum question prints beside the measured one."""
    columns = (
        ("figure", "left"),
        ("printed", "left"),
        ("measured", "left"),
        ("difference", "right"),
        ("agree", "left"),
    )
    table = new_table("Figures of the forum question", *columns)
    for claim in figures:
        table.add_row(
            claim.claim,
            cells_of(claim.printed),
            cells_of(claim.measured),
            f"{np.max(np.abs(claim.printed - claim.measured)):.0e}",
            Text("yes", "green") if claim.agrees else Text("no", "bold red"),
        )
    return table


@as_verdict.register
def people(experiment: Experiment) -> RenderableType:
    """The answer."""
    return Text("\n\n".join(verdict(experiment)))


@as_report.register
def tables(experiment: Experiment) -> RenderableType:
    """Every table, and the answer last."""
    parts: list[RenderableType] = []
    if experiment.recovered_rate is not None:
        parts += [claims_table(experiment.claims), Text(rate_line(experiment.recovered_rate), "dim"), Text()]
    parts += [agreement_table(experiment), Text(agreement_notes(experiment), "dim"), Text()]
    runs = first_runs(experiment)
    parts += [
        training_table(runs[first : first + SIDE_BY_SIDE], experiment.scenario)
        for first in range(0, len(runs), SIDE_BY_SIDE)
    ]
    return Group(*parts, Text(), people(experiment))


# JSON


def scenario_json(scenario: Scenario) -> Json:
    """What was run"""
    return {
        "name": scenario.name,
        "observations": len(scenario.x),
        "x": scenario.x if scenario.x.size <= MAX_NUMBERS else None,
        "y": scenario.y if scenario.y.size <= MAX_NUMBERS else None,
        "sizes": scenario.network.sizes,
        "activations": scenario.network.activations,
        "cost": scenario.network.cost,
        "initializers": scenario.initializers,
        "bias_initializer": scenario.bias_initializer,
        "learning_rate": scenario.learning_rate,
        "iterations": scenario.iterations,
        "batch_size": None if scenario.batches is None else scenario.batches.size,
        "shuffle": None if scenario.batches is None else scenario.batches.shuffle,
        "dtype": scenario.dtype,
        "seed": scenario.seed,
        "recorded": scenario.recorded,
    }


def run_json(run: Run, experiment: Experiment) -> Json:
    """One run; the outputs, widths and spreads are those of its last weights"""
    last = run.weights[-1]
    return {
        "implementation": run.implementation,
        "initializer": run.initializer,
        "iterations": run.recorded[-1],
        "final_cost": run.costs[-1],
        "accuracy": accuracy_at(experiment.scenario, last),
        "costs": [[iteration, cost] for iteration, cost in zip(run.recorded, run.costs)],
        "outputs": None if run.outputs is None else run.outputs[-1],
        "effective_width": [effective_width(last, layer) for layer in hidden_layers(last)],
        "clone_spread": [clone_spread(last, layer) for layer in hidden_layers(last)],
        "log_dir": experiment.log_dir and f"{experiment.log_dir}/{experiment.folder_of(run)}",
    }


def comparison_json(comparison: Comparison) -> Json:
    """One quantity of one iteration"""
    difference = comparison.difference
    return {
        "left": comparison.left,
        "right": comparison.right,
        "initializer": comparison.initializer,
        "quantity": str(difference.quantity),
        "iteration": comparison.iteration,
        "max_abs": difference.max_abs,
        "max_rel": difference.max_rel,
        "max_ulp": difference.max_ulp,
        "where": difference.where,
        "allowed": difference.allowed,
        "of_allowed": difference.of_allowed,
        "agrees": difference.agrees,
    }


@as_document.register
def machines(experiment: Experiment) -> Json:
    """Everything of a comparison as one JSON document; the keys are described in docs/json.md."""
    recovered = experiment.recovered_rate
    return {
        "agrees": experiment.agrees,
        "scenario": scenario_json(experiment.scenario),
        "constant_cost": experiment.constant_cost,
        "device": experiment.device,
        "runs": [run_json(run, experiment) for run in experiment.runs],
        "comparisons": [comparison_json(comparison) for comparison in experiment.comparisons],
        "not_offered": experiment.not_offered,
        "post_claims": [
            {"claim": c.claim, "printed": c.printed, "measured": c.measured, "agrees": c.agrees}
            for c in experiment.claims
        ],
        "recovered_learning_rate": None if recovered is None else recovered.rate,
    }


register_drawings(Experiment, "training", as_page, as_figure, as_cards)
