"""What people read (rich tables) and what machines read (JSON), from results. Computes nothing but their wording."""

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
from ..measures.baseline import LEARNED, NEAR_CONSTANT
from ..measures.symmetry import clone_spread, effective_width, hidden_layers
from ..models.network import Array
from ..scenario.scenario import Scenario
from .words import Json, count, joined, new_table, number, plain

ROWS = 15  # of iterations in the table of costs
MOST_NUMBERS = 10_000  # of x or y in a document: of larger data it would be a second copy
SIDE_BY_SIDE = 2  # starts in one table of costs: more are too wide for a terminal

# Words


def element(comparison: Comparison) -> str:
    """gradient3[0, 1]"""
    difference = comparison.difference
    return f"{difference.quantity}[{', '.join(map(str, difference.where))}]" if difference.where else "cost"


def agreement_sentence(experiment: Experiment) -> str:
    """Whether everything agrees, and if not, the first thing that does not."""
    names = list(dict.fromkeys(run.implementation for run in experiment.runs))
    wrong = next((c for c in experiment.comparisons if not c.difference.agrees), None)
    if wrong is not None:
        differing = sum(not c.difference.agrees for c in experiment.comparisons)
        return (
            f"The math differs in {differing:,} of {count(len(experiment.comparisons), 'comparison')}. The first: "
            f"{wrong.left} and {wrong.right} from {wrong.initializer} at iteration {wrong.iteration:,} differ in "
            f"{element(wrong)}, by up to {wrong.difference.max_abs:.2g} where rounding allows "
            f"{wrong.difference.allowed:.2g}."
        )
    return (
        f"The math is right: {joined(names)} agree with each other and with numerical differentiation in all "
        f"{count(len(experiment.comparisons), 'comparison')}."
    )


def near_constant(run: Run, constant_cost: float) -> tuple[int, int] | None:
    """The first and the last recorded iteration of the longest stretch at the cost of a constant prediction."""
    near = [abs(cost - constant_cost) <= NEAR_CONSTANT * constant_cost for cost in run.costs]
    best: tuple[int, int] | None = None
    start = 0
    for end, inside in enumerate([*near, False]):
        if not inside:
            if end - start > 1 and (best is None or run.recorded[end - 1] - run.recorded[start] > best[1] - best[0]):
                best = (run.recorded[start], run.recorded[end - 1])
            start = end + 1
    return best


def clones_phrase(run: Run) -> str:
    """What the hidden units of the first and the last weights are to each other."""
    last = run.weights[-1]
    hidden = list(hidden_layers(last))
    if not hidden:
        return "there is no hidden layer"
    widths = [(effective_width(last, layer), last[layer - 1].shape[1]) for layer in hidden]
    if all(width == units for width, units in widths):
        return "no two hidden units are clones"
    spread = max(clone_spread(weights, layer) for weights in run.weights for layer in hidden)
    exact = all(width == 1 for width, _ in widths) and spread == 0
    told = joined(f"{width} of {units}" for width, units in widths)
    always = " at every recorded iteration" if exact else " at the end"
    kind = "exact clones" if exact else "clones"
    return f"hidden units are {kind}{always} (effective width {told})"


def training_sentence(run: Run, constant_cost: float) -> str:
    """What happened to the units and to the cost from one start."""
    costs = run.costs
    if not math.isfinite(costs[-1]):
        return f"From {run.initializer} the cost left the numbers: lower the learning rate."
    told = (
        f"From {run.initializer}, {clones_phrase(run)}, and the cost goes from {number(costs[0])} to "
        f"{number(costs[-1])} in {count(run.recorded[-1], 'iteration')}"
    )
    stuck = near_constant(run, constant_cost)
    if stuck is not None:
        when = f"from iteration {stuck[0]:,} to {stuck[1]:,}" if stuck[1] < run.recorded[-1] else f"since {stuck[0]:,}"
        told += f"; {when} it lay at {number(constant_cost)}, the cost of predicting the mean of y whatever x"
    if costs[-1] <= LEARNED * constant_cost and "exact" in clones_phrase(run):
        told += ". Equal units did not keep it from learning"
    return told + "."


def first_runs(experiment: Experiment) -> list[Run]:
    """One run for each start: the first implementation's, for the others agree with it."""
    return [run for run in experiment.runs if run.implementation == experiment.runs[0].implementation]


def verdict(experiment: Experiment, recovered: RecoveredRate | None, figures: Sequence[Claim]) -> list[str]:
    """The whole answer in a few sentences."""
    told = [agreement_sentence(experiment)]
    if recovered is not None:
        right = sum(claim.agrees for claim in figures)
        told.append(
            f"{right} of the {len(figures)} printed figures of the post are ours too; "
            f"its unstated learning rate was {recovered.rate:g}."
        )
    told += [training_sentence(run, experiment.constant_cost) for run in first_runs(experiment)]
    return told


def markdown(sentences: Sequence[str], experiment: Experiment) -> str:
    """The verdict and the table of costs as Markdown, for TensorBoard's text page."""
    runs = first_runs(experiment)
    rows = table_rows(runs[0].recorded)
    lines = [
        " ".join(sentences),
        "",
        "| iteration | " + " | ".join(f"cost from {run.initializer}" for run in runs) + " |",
    ]
    lines.append("| ---: |" + " ---: |" * len(runs))
    lines += [
        f"| {runs[0].recorded[row]} | " + " | ".join(number(run.costs[row]) for run in runs) + " |" for row in rows
    ]
    return "\n".join(lines)


# Tables


def rate_line(recovered: RecoveredRate) -> str:
    """How sure the learning rate is"""
    return (
        f"The learning rate, by search: those from {recovered.low:.4f} to {recovered.high:.4f} reproduce the outputs "
        f"after 1000 iterations; {recovered.rate:g} misses them by {recovered.miss:.0e}."
    )


def table_rows(recorded: Sequence[int]) -> list[int]:
    """At most ``ROWS`` places among the recorded iterations, the first and the last with them, round numbers first."""
    wanted = [
        i for i, iteration in enumerate(recorded) if iteration == 0 or str(iteration).rstrip("0") in ("1", "2", "5")
    ]
    last = len(recorded) - 1
    if len(wanted) > ROWS:
        wanted = [wanted[int(i)] for i in np.unique(np.linspace(0, len(wanted) - 1, ROWS).astype(int))]
    return sorted({*wanted, 0, last})


def agreement_table(experiment: Experiment) -> Table:
    """One row for every pair and start: the worst differences, and the element that came nearest to what is allowed."""
    table = new_table(
        "Agreement: the largest differences",
        ("", "left"),
        ("abs", "right"),
        ("rel", "right"),
        ("ulp", "right"),
        ("of\nallowed", "right"),
        ("nearest to it,\nat iteration", "left"),
    )
    groups: dict[str, dict[tuple[str, str], list[Comparison]]] = {}
    for comparison in experiment.comparisons:
        pairs = groups.setdefault(comparison.initializer, {})
        pairs.setdefault((comparison.left, comparison.right), []).append(comparison)
    for initializer, pairs in groups.items():
        table.add_section()
        table.add_row(Text(f"from {initializer}", "bold"))
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
    lacking = [f"{name} offers no {joined(lacks)}" for name, lacks in experiment.not_offered.items() if lacks]
    read = (
        "allowed: twice the bound of the rounding errors of all that went into the element. rel: of one element. "
        "ulp: of the quantity's largest element; both are large where sums cancel, as in a gradient on a plateau."
    )
    batches = experiment.scenario.batches
    if batches is not None:
        read += (
            f" The quantities of an iteration, its cost too, are those of its batch of {batches.size}; the cost of the "
            "training below is that of all observations."
        )
    return f"{read} Not compared: {joined(lacking)}." if lacking else read


def training_table(runs: Sequence[Run]) -> Table:
    """Cost, effective width and clone spread of the hidden layers by start, at log-spaced iterations."""
    columns = [("iteration", "right")]
    for run in runs:
        columns += [(f"{run.initializer}\ncost", "right"), ("width", "right"), ("spread", "right")]
    table = new_table("Training, and the clones of the hidden layers", *columns)
    for row in table_rows(runs[0].recorded):
        cells = [f"{runs[0].recorded[row]:,}"]
        for run in runs:
            weights = run.weights[row]
            hidden = hidden_layers(weights)
            cells += [
                f"{run.costs[row]:.6f}",
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
    """Every printed figure of the post beside ours."""
    columns = (("figure", "left"), ("printed", "left"), ("ours", "left"), ("apart", "right"), ("agree", "left"))
    table = new_table("The post's figures", *columns)
    for claim in figures:
        table.add_row(
            claim.claim,
            cells_of(claim.printed),
            cells_of(claim.measured),
            f"{np.max(np.abs(claim.printed - claim.measured)):.0e}",
            Text("yes", "green") if claim.agrees else Text("no", "bold red"),
        )
    return table


def people(
    experiment: Experiment, recovered: RecoveredRate | None, figures: Sequence[Claim], log_dir: str | None
) -> RenderableType:
    """Everything that a person reads of the main job."""
    told = verdict(experiment, recovered, figures)
    parts: list[RenderableType] = [Text(f"{sentence}\n") for sentence in told]
    if recovered is not None:
        parts += [claims_table(figures), Text(rate_line(recovered), "dim"), Text()]
    parts += [agreement_table(experiment), Text(agreement_notes(experiment), "dim"), Text()]
    runs = first_runs(experiment)
    parts += [training_table(runs[first : first + SIDE_BY_SIDE]) for first in range(0, len(runs), SIDE_BY_SIDE)]
    if log_dir is not None:
        parts.append(Text(f"See it in TensorBoard: harness view {log_dir}"))
    return Group(*parts)


# JSON


def scenario_json(scenario: Scenario) -> Json:
    """What was run"""
    return {
        "name": scenario.name,
        "observations": len(scenario.x),
        "x": scenario.x if scenario.x.size <= MOST_NUMBERS else None,
        "y": scenario.y if scenario.y.size <= MOST_NUMBERS else None,
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


def run_json(run: Run, log_dir: str | None) -> Json:
    """One run; the outputs, widths and spreads are those of its last weights"""
    last = run.weights[-1]
    return {
        "implementation": run.implementation,
        "initializer": run.initializer,
        "iterations": run.recorded[-1],
        "final_cost": run.costs[-1],
        "costs": [[iteration, cost] for iteration, cost in zip(run.recorded, run.costs)],
        "outputs": None if run.outputs is None else run.outputs[-1],
        "effective_width": [effective_width(last, layer) for layer in hidden_layers(last)],
        "clone_spread": [clone_spread(last, layer) for layer in hidden_layers(last)],
        "log_dir": None if log_dir is None else f"{log_dir}/{run.name}",
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


def machines(
    experiment: Experiment, recovered: RecoveredRate | None, figures: Sequence[Claim], log_dir: str | None
) -> Json:
    """Everything of the main job as one JSON document; the keys are described in docs/json.md and stay."""
    return plain(
        {
            "verdict": verdict(experiment, recovered, figures),
            "agrees": experiment.agrees and all(claim.agrees for claim in figures),
            "scenario": scenario_json(experiment.scenario),
            "constant_cost": experiment.constant_cost,
            "runs": [run_json(run, log_dir) for run in experiment.runs],
            "comparisons": [comparison_json(comparison) for comparison in experiment.comparisons],
            "not_offered": experiment.not_offered,
            "post_claims": [
                {"claim": c.claim, "printed": c.printed, "measured": c.measured, "agrees": c.agrees} for c in figures
            ],
            "recovered_learning_rate": None if recovered is None else recovered.rate,
        }
    )
