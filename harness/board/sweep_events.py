"""A sweep in TensorBoard: one entry of the HParams page for each combination, not for each member."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..figures.sampling import sampled
from ..files import plain_errors
from ..sweeps.sweep import Group, Sweep
from .events import Series, Setting, hparams_values, scalar_series
from .runs import event_file, write_events

# tag, title, what to look for; the group comes last, so that TensorBoard does not open its single points
SCALARS = (
    ("summary/cost_05", "cost, 5 %", "5 % of the networks end at or under this cost."),
    ("summary/cost_50", "cost, median", "Half of the networks end at or under this cost."),
    ("summary/cost_95", "cost, 95 %", "95 % of the networks end at or under this cost."),
    ("summary/learned", "share that learned", "The share of the networks that learned."),
    ("summary/median", "iterations to learn", "The median number of iterations that those needed."),
    ("summary/stuck", "share on plateau", "The share of the networks that end at the cost of a constant prediction."),
    ("summary/clones", "share with clones", "The share of the networks that end with clones in a hidden layer."),
)
LEARNED = "learned share"
PINNED = (LEARNED,)
CURVE_POINTS = 100


def figures(group: Group) -> list[float]:
    """One for each of ``SCALARS``"""
    return [
        *group.cost_quantiles,
        group.reached_share,
        group.iterations_quantiles[1],
        float(np.mean(group.stuck)),
        float(np.mean(group.clones)),
    ]


def learned_curve(group: Group, iterations: int) -> tuple[Series, list[int]]:
    """The share of the networks that have learned after some numbers of iterations, and these numbers."""
    places = sampled(iterations + 1, CURVE_POINTS + 1)
    shares = [float(np.mean(group.reached_at <= place)) for place in places]
    text = "The share of the networks that have learned by each iteration."
    return scalar_series(LEARNED, text, shares), places


def write(sweep: Sweep, folder: Path, wall_time: float) -> None:
    """Write a folder in ``folder`` for each combination, in place of what was written there before.

    Raises:
        BadInput: it cannot be written.
    """
    metrics = {tag: title for tag, title, _ in SCALARS}
    for group in sweep.groups:
        settings: dict[str, Setting] = {**group.combination._asdict(), "members": len(group.seeds)}
        series = [scalar_series(tag, text, [figure]) for (tag, _, text), figure in zip(SCALARS, figures(group))]
        curve, places = learned_curve(group, sweep.scenario.iterations)
        group_folder = folder / str(group.combination).replace(" ", "-")
        with plain_errors(group_folder):
            group_folder.mkdir(exist_ok=True)
            for old in group_folder.glob(event_file("*", "*")):
                old.unlink()
            write_events(
                group_folder,
                wall_time,
                hparams_values(settings, metrics, wall_time),
                series,
                [sweep.scenario.iterations],
            )
            write_events(group_folder, wall_time, [], [curve], places, "learned")
