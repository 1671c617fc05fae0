"""The page and the figure of a sweep."""

from __future__ import annotations

import altair as alt
import numpy as np

from ...figures import spread
from ...sweeps.sweep import Group, Sweep, best
from .. import sweep as words
from ..cards import MARK_HEIGHT, MOST_ROWS, card, fitted
from ..words import count, number
from .document import Figure, Page, Part, Section, Tone
from .html import element, table

MAX_ROWS = 40  # combinations with a row in the figure
MAX_NAMED = 3  # sentences of the answer; every combination has a row in the figure and in the table


def row_name(group: Group) -> str:
    """What stands beside the row of a combination."""
    if len(group.seeds) == 1:
        learned = "learns" if group.reached_share else "does not learn"
        return f"{group.combination}: {learned}"
    return f"{group.combination}: {group.reached_share:.1%} learn"


def point_rows(sweep: Sweep, most: int) -> list[spread.PointRow]:
    """The costs of the combinations that have a row: all, or as many of those that learn most often."""
    groups = sweep.groups
    best_first = sorted(range(len(groups)), key=lambda place: -groups[place].reached_share)
    return [
        spread.PointRow(name=row_name(group), values=group.final_cost, reached=np.isfinite(group.reached_at))
        for group in (groups[place] for place in sorted(best_first[:most]))
    ]


def target_mark(sweep: Sweep) -> spread.Mark:
    """The line of the cost that counts as learned."""
    return spread.Mark(value=sweep.target, name=f"learned: at most {number(sweep.target)}")


def figure_of(sweep: Sweep) -> alt.LayerChart:
    """The final cost of every network, one row for each combination."""
    marks = [
        target_mark(sweep),
        spread.Mark(value=sweep.constant_cost, name=f"always predicting the mean: {number(sweep.constant_cost)}"),
    ]
    title = f"Final cost of every network after {count(sweep.scenario.iterations, 'iteration')}"
    return spread.points_chart(point_rows(sweep, MAX_ROWS), marks, "final cost", title, is_cost=True)


def headline(sweep: Sweep) -> str:
    """The answer in one sentence."""
    if not sweep.groups:
        return "No network was trained."
    members = sum(len(group.seeds) for group in sweep.groups)
    learned = sum(int(np.sum(np.isfinite(group.reached_at))) for group in sweep.groups)
    text = f"{learned:,} of {count(members, 'network')} learn."
    quickest = best(sweep)
    if quickest is not None and len(sweep.groups) > 1:
        text += f" {quickest.combination} learns soonest."
    return text


def page_of(sweep: Sweep) -> Page:
    """The page of a sweep."""
    answer = [text for text in words.verdict(sweep) if "\n" not in text][:MAX_NAMED]
    parts: list[Part] = []
    if sweep.groups:
        described = "; ".join(map(words.group_sentence, sweep.groups[:MAX_ROWS]))
        diverged = sum(int(np.sum(~np.isfinite(group.final_cost))) for group in sweep.groups)
        caption = "Each point is one network (green circle: it has learned, red cross: it has not)"
        if any(len(group.seeds) > spread.MAX_POINTS for group in sweep.groups):
            caption = "Each bar counts networks with about that cost (green: they have learned, red: they have not)"
        caption += f". {count(diverged, 'network')} diverged and cannot be drawn." if diverged else "."
        if len(sweep.groups) > MAX_ROWS:
            caption += f" Of {len(sweep.groups)} combinations, the {MAX_ROWS} that learn most often are drawn."
        parts.append(Figure(chart=figure_of(sweep), description=f"Final costs. {described}", caption=caption))
    header = (
        "combination",
        "networks",
        "learned",
        "iterations needed:\nmedian, 90 %",
        "final cost:\nmedian, 90 %",
        "on a plateau",
        "with clones",
    )
    note = (
        "iterations needed: until the cost is at most the target, for the networks that have learned. on a plateau: "
        "the final cost is that of always predicting the mean. clones: units with equal incoming and outgoing weights."
    )
    if len({len(group.seeds) for group in sweep.groups}) > 1:
        note += " networks: one stands for all seeds if an initializer draws nothing, as ones does."
    rows = [(str(group.combination), f"{len(group.seeds):,}", *words.group_cells(group)) for group in sweep.groups]
    numbers = table("Every combination", header, rows, numeric=(1, 2, 3, 4, 5, 6))
    learned = bool(sweep.groups) and best(sweep) is not None
    return Page(
        title=f"harness sweep: {sweep.scenario.name}",
        tone=Tone.OPEN if sweep.interrupted else Tone.GOOD if learned else Tone.BAD,
        headline=headline(sweep),
        answer=answer,
        sections=[
            Section(heading="", parts=parts),
            Section(heading="Numbers", parts=[numbers, element("p", note, class_="note")]),
        ],
    )


def cards_of(sweep: Sweep) -> dict[str, bytes]:
    """The final cost of every network; no card if none was trained."""
    if not sweep.groups:
        return {}
    rows = point_rows(sweep, MOST_ROWS)
    sentence = headline(sweep)
    if len(rows) < len(sweep.groups):
        sentence += f" The {count(len(rows), 'combination')} that learn most often:"
    axis = f"final cost after {count(sweep.scenario.iterations, 'iteration')}"
    chart = spread.points_chart(rows, [target_mark(sweep)], axis, "", is_cost=True)
    return {"costs": card(sentence, fitted(chart, MARK_HEIGHT))}
