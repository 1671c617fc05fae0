"""What people and machines read of a sweep."""

from __future__ import annotations

import numpy as np
from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ..comparison import post
from ..models.optimizers import exact
from ..scenario.scenario import load
from ..sweeps.sweep import ENOUGH, Combination, Group, Sweep, best
from .comparison import scenario_json
from .words import Json, count, new_table, number, plain


def post_sentence(sweep: Sweep) -> str:
    """Where the post's own result lies among starts with its own settings; nothing where none were trained."""
    its_own = Combination("glorot_uniform", "sgd", load("post").learning_rate)
    group = next((group for group in sweep.groups if group.combination == its_own), None)
    if group is None or not post.is_post(sweep.scenario):
        return ""
    cost = post.final_cost()
    better = float(np.mean(group.final_cost <= cost))
    low, middle, high = (number(q) for q in group.cost_quantiles)
    return (
        f"The post came to a cost of {cost:.6f} in 10,000 iterations from a random start. Of {len(group.seeds):,} "
        f"starts by {group.combination}, {better:.1%} are at or under that after {sweep.scenario.iterations:,}; nine "
        f"in ten come to between {low} and {high}, the middle one to {middle}."
    )


def needed(group: Group) -> str:
    """What the members of a group need for the target."""
    low, middle, high = (f"{q:,.0f}" for q in group.iterations_quantiles)
    return f"{middle} iterations (nine in ten between {low} and {high})"


def needed_sentence(sweep: Sweep) -> str:
    """Whether so many iterations are too many: what the best combination needs."""
    group = best(sweep)
    if group is None:
        return f"No combination brings {ENOUGH:.0%} of its members to a cost of {number(sweep.target)}."
    return (
        f"Soonest at a cost of {number(sweep.target)} is {group.combination}: {group.reached_share:.1%} of its members "
        f"reach it, the middle one after {needed(group)}."
    )


def too_many_sentence(sweep: Sweep) -> str:
    """The post's last question: are 10000 iterations too many?"""
    group = best(sweep)
    if group is None or not post.is_post(sweep.scenario):
        return ""
    middle = group.iterations_quantiles[1]
    if middle == 0:  # a target that the start is at
        return ""
    if middle > 5000:
        return (
            "So 10,000 iterations are not too many for what was tried here; try --learning-rate 3 or --optimizer adam."
        )
    return f"So 10,000 iterations are {10000 / middle:,.0f} times as many as these settings need for the same cost."


def verdict(sweep: Sweep) -> list[str]:
    """The answer in a few sentences."""
    told = [post_sentence(sweep), needed_sentence(sweep), too_many_sentence(sweep)] if sweep.groups else []
    told = [sentence for sentence in told if sentence]
    if sweep.interrupted:
        done = sum(len(group.seeds) for group in sweep.groups)
        told.append(f"Interrupted: {done:,} of {sweep.asked:,} members are done.")
    return told


def sweep_table(sweep: Sweep) -> Table:
    """One row for every combination."""
    quantiles = ("5 %", "50 %", "95 %")
    members = count(max(len(group.seeds) for group in sweep.groups), "network")
    table = new_table(
        f"{sweep.scenario.name}: {members} to a row, one from a constant start; "
        f"{sweep.scenario.iterations:,} iterations",
        ("", "left"),
        *((f"{head}\n{name}", "right") for head, name in zip(("cost", "", ""), quantiles)),
        ("at\ntarget", "right"),
        *((f"{head}\n{name}", "right") for head, name in zip(("after", "", ""), quantiles)),
        ("\nstuck", "right"),
        ("\nclones", "right"),
    )
    for initializer in dict.fromkeys(group.combination.initializer for group in sweep.groups):
        of_start = [group for group in sweep.groups if group.combination.initializer == initializer]
        table.add_section()
        table.add_row(Text(initializer, "bold"))
        for group in of_start:
            table.add_row(
                f"{group.combination.optimizer} {exact(group.combination.learning_rate)}",
                *(f"{q:.0e}" for q in group.cost_quantiles),
                f"{group.reached_share:.1%}",
                *("-" if np.isnan(q) else f"{q:.0f}" for q in group.iterations_quantiles),
                f"{np.mean(group.stuck):.0%}",
                f"{np.mean(group.clones):.0%}",
            )
    return table


def people(sweep: Sweep, log_dir: str | None) -> RenderableType:
    """Everything that a person reads of a sweep."""
    notes = (
        f"target: a cost of {number(sweep.target)}. after: the first recorded iteration at the target, of those that "
        f"reach it. stuck: within 1 % of {number(sweep.constant_cost)}, the cost of predicting the mean of y."
    )
    parts: list[RenderableType] = [Text(f"{sentence}\n") for sentence in verdict(sweep)]
    if sweep.groups:
        parts += [sweep_table(sweep), Text(notes, "dim")]
    if log_dir is not None:
        parts += [Text(), Text(f"See it in TensorBoard: harness view {log_dir}")]
    return Lines(*parts)


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
    }


def machines(sweep: Sweep, log_dir: str | None) -> Json:
    """Everything of a sweep as one JSON document"""
    found = best(sweep)
    document: Json = plain(
        {
            "verdict": verdict(sweep),
            "scenario": scenario_json(sweep.scenario),
            "target": sweep.target,
            "constant_cost": sweep.constant_cost,
            "interrupted": sweep.interrupted,
            "combinations": [group_json(group) for group in sweep.groups],
            "best": None if found is None else group_json(found),
            "log_dir": log_dir,
        }
    )
    return document
