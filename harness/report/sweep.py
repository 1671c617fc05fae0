"""What people and machines read of a sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ..comparison import post
from ..measures.accuracy import counts_classes
from ..models.optimizers import exact
from ..results import as_cards, as_document, as_figure, as_page, as_report, as_verdict
from ..scenario.scenario import load
from ..sweeps.sweep import ENOUGH, Combination, Group, Job, Sweep, best
from .comparison import scenario_json
from .registering import register_drawings
from .words import Json, count, new_table, number

MAX_NAMED_COMBINATIONS = 12  # with a line in the verdict


def forum_group(sweep: Sweep) -> Group | None:
    """The group with the settings of the forum question's random start, if the sweep has it."""
    original = Combination("glorot_uniform", "sgd", load("post").learning_rate)
    group = next((group for group in sweep.groups if group.combination == original), None)
    return group if post.is_post(sweep.scenario) else None


def post_sentence(sweep: Sweep) -> str:
    """Where the result of the forum question lies among networks with its settings; "" without those."""
    group = forum_group(sweep)
    if group is None:
        return ""
    better = float(np.mean(group.final_cost <= post.final_cost()))
    low, middle, high = (number(q) for q in group.cost_quantiles)
    return (
        f"The forum question reached a cost of {post.final_cost():.6f} in 10,000 iterations from a random start. Of "
        f"{count(len(group.seeds), 'seed')} of {group.combination}, {better:.1%} are at or under that cost after "
        f"{sweep.scenario.iterations:,} iterations (median {middle}, 90 % between {low} and {high})."
    )


def needed(group: Group) -> str:
    """The number of iterations that the members of a group need to learn."""
    low, middle, high = (f"{q:,.0f}" for q in group.iterations_quantiles)
    return f"median {middle} iterations, 90 % between {low} and {high}"


def group_sentence(group: Group) -> str:
    """The result of one combination."""
    constant = len(group.seeds) == 1
    learned = f"{group.reached_share:.1%} of {len(group.seeds):,} seeds learn"
    if constant:
        learned = "learns" if group.reached_share else f"does not learn (final cost {number(group.final_cost[0])})"
    text = f"{group.combination}: {learned}"
    if group.reached_share:
        text += f" (after {group.iterations_quantiles[1]:,.0f} iterations)" if constant else f" ({needed(group)})"
    if not np.isnan(group.accuracy).any():
        text += f", with {'an' if constant else 'a median'} accuracy of {group.accuracy_quantiles[1]:.1%}"
    clones = float(np.mean(group.clones))
    return text + (f"; clones in {clones:.0%}." if clones and not constant else "; clones." if clones else ".")


def best_sentence(sweep: Sweep) -> str:
    """Which combination learns soonest."""
    group = best(sweep)
    learned = f"Learned means a cost of at most {number(sweep.target)}."
    if group is None:
        return f"{learned} With no combination, {ENOUGH:.0%} of the seeds learn."
    if len(sweep.groups) == 1:
        return learned
    return f"{learned} {group.combination} learns soonest ({needed(group)})."


def verdict(sweep: Sweep) -> list[str]:
    """The answer in a few sentences, with every combination unless there are too many."""
    sentences = [post_sentence(sweep), best_sentence(sweep)] if sweep.groups else []
    sentences = [sentence for sentence in sentences if sentence]
    if 0 < len(sweep.groups) <= MAX_NAMED_COMBINATIONS:
        sentences.append("\n".join(group_sentence(group) for group in sweep.groups))
    if sweep.interrupted:
        done = sum(len(group.seeds) for group in sweep.groups)
        sentences.append(f"Interrupted: {done:,} of {sweep.asked:,} networks are done.")
    return sentences


def size(value: float) -> str:
    """0.01234, 12,345"""
    return number(value) if value < 1_000 else f"{value:,.0f}"


def spread(quantiles: Sequence[float], write: Callable[[float], str] = size) -> str:
    """The median, and under it the range of the middle 90 %"""
    low, middle, high = map(write, quantiles)
    return middle if low == high else f"{middle}\n{low} to {high}"


def sweep_table(sweep: Sweep) -> Table:
    """One row for every combination."""
    members = count(max(len(group.seeds) for group in sweep.groups), "network")
    with_classes = counts_classes(sweep.scenario.network.cost, sweep.scenario.y)
    table = new_table(
        f"{sweep.scenario.name}: {members} in each row, one from a constant initializer; "
        f"{sweep.scenario.iterations:,} iterations",
        ("combination", "left"),
        ("\nlearned", "right"),
        ("iterations:\nmedian, 90 %", "right"),
        ("final cost:\nmedian, 90 %", "right"),
        ("on\nplateau", "right"),
        ("\nclones", "right"),
        *([("accuracy:\nmedian, 90 %", "right")] if with_classes else []),
    )
    for group in sweep.groups:
        table.add_row(
            f"{group.combination.initializer}\n{group.combination.optimizer} {exact(group.combination.learning_rate)}",
            *group_cells(group),
            *([spread(group.accuracy_quantiles, "{:.1%}".format)] if with_classes else []),
        )
    return table


def group_cells(group: Group) -> list[str]:
    """Share that learned, iterations needed, final cost, shares on a plateau and with clones"""
    return [
        f"{group.reached_share:.1%}",
        "-" if np.isnan(group.iterations_quantiles[0]) else spread(group.iterations_quantiles),
        spread(group.cost_quantiles),
        f"{np.mean(group.stuck):.0%}",
        f"{np.mean(group.clones):.0%}",
    ]


def resumed_sentence(folder: Path, job: Job, done: Sequence[Group]) -> str:
    """How much of a sweep its folder has."""
    members = sum(len(group.seeds) for group in done)
    return f"{folder}: {members:,} of {job.members:,} networks are done, in {count(len(done), 'chunk')}"


@as_verdict.register
def people(sweep: Sweep) -> RenderableType:
    """The answer."""
    return Text("\n\n".join(verdict(sweep)))


@as_report.register
def tables(sweep: Sweep) -> RenderableType:
    """The table, and the answer last."""
    notes = (
        f"learned: the share with a cost of at most {number(sweep.target)}. iterations: the first recorded iteration "
        f"at which those had learned. on plateau: final cost within 1 % of {number(sweep.constant_cost)}, the cost of "
        "predicting the mean of y."
    )
    parts: list[RenderableType] = [sweep_table(sweep), Text(notes, "dim"), Text()] if sweep.groups else []
    return Lines(*parts, people(sweep))


def group_json(group: Group) -> Json:
    """One combination"""
    percent = ("5", "50", "95")
    return {
        **group.combination._asdict(),
        "members": len(group.seeds),
        "cost_quantiles": dict(zip(percent, group.cost_quantiles)),
        "reached_share": group.reached_share,
        "iterations_quantiles": dict(zip(percent, group.iterations_quantiles)),
        "stuck_share": float(np.mean(group.stuck)),
        "clones_share": float(np.mean(group.clones)),
        "accuracy_quantiles": dict(zip(percent, group.accuracy_quantiles)),
    }


@as_document.register
def machines(sweep: Sweep) -> Json:
    """Everything of a sweep as one JSON document; the keys are described in docs/json.md."""
    best_group = best(sweep)
    return {
        "scenario": scenario_json(sweep.scenario),
        "target": sweep.target,
        "constant_cost": sweep.constant_cost,
        "device": sweep.device,
        "interrupted": sweep.interrupted,
        "combinations": [group_json(group) for group in sweep.groups],
        "best": None if best_group is None else group_json(best_group),
        "log_dir": sweep.log_dir,
    }


register_drawings(Sweep, "sweeps", as_page, as_figure, as_cards)
