"""What people (rich tables, Markdown) and machines (JSON) read of a diagnosis. Computes nothing but its wording."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..diagnosis.faults import Fault
from ..diagnosis.scenarios.changes import ENOUGH, Result
from ..diagnosis.scenarios.judge import Cause, Diagnosis, Row
from ..measures.accuracy import accuracy
from ..results import as_cards, as_document, as_figure, as_page, as_report, as_verdict
from .causes import FAULTS, cause_name
from .registering import register_drawings
from .scenario_words import AT_START, change_text, relation_text, symptom_rows
from .words import Json, count, joined, new_table, number

MOST_ROWS = 60  # of changes in a table
MOST_SKIPPED = 5  # changes without time that are named


# Words


def share_in_words(row: Row) -> str:
    """97.7 % (95.0 to 98.9, 256 runs); yes or no of one run"""
    if row.result.members == 1:
        return "yes" if row.result.reached else "no"
    low, high = row.result.interval
    return f"{row.result.share:.1%} ({low:.1%} to {high:.1%})"


def outcome_sentence(found: Diagnosis) -> str:
    """Whether it learns."""
    case, final = found.case, float(found.course.costs[-1])
    last = found.course.iterations[-1]
    right = accuracy_of(found)
    beside = "" if right is None else f" (accuracy {right:.1%})"
    text = f"{case.name} from {case.start_name}, rate {case.learning_rate:g}: the cost is {number(final)}{beside} "
    text += f"after {count(last, 'iteration')}, where {number(found.target)} counts as learned"
    if found.best_possible:
        return f"{text}. Nothing that was tried does better by much: it learns what there is to learn."
    if found.late is not None:
        return (
            f"{text}. It learns, but late: from iteration {found.learned_at:,} on, while "
            f"{found.late.share:.0%} of healthy starts have by iteration {found.judged_at:,}. This run is at "
            f"{number(found.own.median)} then. Why so late?"
        )
    if found.lucky:
        return (
            f"{text}. It learns, by luck: of other starts by {case.start_name} {found.own.share:.0%} do "
            f"({found.own.interval[0]:.0%} to {found.own.interval[1]:.0%}). Why not the others?"
        )
    return f"{text}. It {'learns' if found.learns else 'does not learn'}."


def accuracy_of(found: Diagnosis) -> float | None:
    """The share of observations whose class the run gets right at its end; None if there are no classes."""
    return accuracy(found.case.network, found.course.weights[-1], found.case.x, found.case.y)


def no_cause_sentence(found: Diagnosis) -> str:
    """Whether it is for want of time that no cause is named, or because nothing helps."""
    untried = len(set(found.skipped))
    if untried > found.trials:
        return (
            f"No cause is named, because time ran out: the budget of {found.budget:g} s ended before {untried} changes "
            f"were tried, most of them. That says nothing about the network. Try again with {larger_budget(found)}."
        )
    return "No cause was proven: with nothing that was tried do enough runs learn."


def larger_budget(found: Diagnosis) -> str:
    """The option that gives it more time: two minutes or four times as much, up to a day."""
    return f"--budget {min(max(2, math.ceil(4 * found.budget / 60)), 24 * 60)}m"


def cause_sentences(found: Diagnosis) -> Iterator[str]:
    """What causes it, how sure that is, and what it is not."""
    if found.fine:
        return
    if not found.causes:
        yield no_cause_sentence(found)
    both = [cause for cause in found.causes if not cause.alone]
    for place, cause in enumerate(found.causes):
        result = cause.evidence[0].result
        named = "Cause" if place == 0 else "Also"
        text = f"{named}: {cause_name(cause)}. {FAULTS[cause.fault].meaning}"
        change = change_text(result.change)
        if cause.fault is Fault.CONTRADICTORY_TARGETS:
            text += f" No function of the inputs comes under a cost of {number(found.floor)}."
        elif cause.alone:
            text += f" Evidence: {change}, and nothing else changed, takes the cost from {number(found.own.median)} to "
            text += f"{number(result.median)}"
            text += "." if result.members == 1 else f", and {result.share:.1%} of {result.members} runs learn."
        elif cause is both[-1]:
            text += f" Evidence for {joined(map(cause_name, both))} together: {change}: {result.share:.1%} of "
            text += f"{result.members} runs learn. Neither alone was enough."
        yield text
    if found.relation is not None:
        yield relation_text(found.relation)
    if found.bound is not None and found.bound > found.target:
        what = "With these clones" if found.relation else "With one unit in each hidden layer"
        yield (
            f"{what}, no training can come under a cost of {number(found.bound)}: each output is then a monotone "
            f"function of the sum of the inputs, and this is the best of those (isotonic fit)."
        )


def verdict(found: Diagnosis) -> list[str]:
    """The whole answer in a few sentences."""
    sentences = [outcome_sentence(found)]
    sentences.append(f"The math is right: its gradients are within {found.math_error:.0e} of numerical ones.")
    sentences += cause_sentences(found)
    remedy = remedy_text(found.causes)
    if remedy:
        sentences.append(f"To fix it: {remedy}.")
    names = not_reached(found)
    if names:
        more = f" and {len(names) - MOST_SKIPPED} more changes" if len(names) > MOST_SKIPPED else ""
        sentences.append(
            f"The budget of {found.budget:g} s did not reach: {'; '.join(names[:MOST_SKIPPED])}{more}. "
            f"Give it more with {larger_budget(found)}."
        )
    return sentences


def remedy_text(causes: Sequence[Cause]) -> str | None:
    """What to do about all causes; None if there are none."""
    return "; ".join(dict.fromkeys(FAULTS[cause.fault].remedy for cause in causes)) or None


def not_reached(found: Diagnosis) -> list[str]:
    """What the budget did not reach: observations and changes."""
    left_out = [] if found.left_out is None else [f"{found.left_out[0]} of {found.left_out[1]} observations"]
    return list(dict.fromkeys([*left_out, *map(change_text, found.skipped)]))


def how_judged(found: Diagnosis) -> str:
    """The small print: the target and the runs."""
    return (
        f"Target: a cost of {number(found.target)}. The best constant prediction has {number(found.constant)}, and no "
        f"function of the inputs less than {number(found.floor)}. A cause is named when its removal alone takes "
        f"{ENOUGH:.0%} of the runs to the target, and does so again with other draws; intervals are Wilson's, 95 %. "
        f"A change in which nothing is drawn was run once: yes or no. "
        f"{count(found.members, 'run')} of {count(found.trials, 'change')} in {found.seconds:.1f} s."
    )


# Tables


def symptom_table(found: Diagnosis) -> Table:
    """What was measured on the run."""
    table = new_table("Symptoms", ("", "left"), ("layer", "right"), ("measured", "left"))
    for id, layer, _, text in symptom_rows(found.symptoms):
        table.add_row(id.removesuffix(AT_START), "" if layer is None else str(layer), Text(text))
    table.columns[2].no_wrap = False
    return table


def change_table(title: str, rows: Sequence[Row]) -> Table:
    """Changes, each made alone, and what came of them."""
    table = new_table(title, ("change", "left"), ("median cost", "right"), ("learns (95 %)", "right"), ("for", "left"))
    for cells in change_rows(rows):
        table.add_row(*map(Text, cells))
    return table


def change_rows(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """The cells of changes: what was changed, the median cost, how many learn, and for which hypothesis"""
    return [
        (change_text(row.result.change), number(row.result.median), share_in_words(row), row.fault.value)
        for row in rows[:MOST_ROWS]
    ]


def clones_table(found: Diagnosis) -> Table:
    """Clones and scale taken apart: the same draws, their units cloned or not."""
    table = new_table(
        f"Clones against the start's scale: share of healthy starts that learn within {found.judged_at:,} iterations",
        ("scale", "right"), ("no clones", "right"), ("the same draws, cloned", "right"),
    )  # fmt: skip
    by_scale: dict[float, dict[bool, str]] = {}
    for result in found.clones:
        low, high = result.interval
        change = result.change
        by_scale.setdefault(change.amounts[0], {})[change.symmetric] = f"{result.share:.1%} ({low:.1%} to {high:.1%})"
    for scale in sorted(by_scale):
        table.add_row(f"x {scale:g}", by_scale[scale].get(False, ""), by_scale[scale].get(True, ""))
    return table


@as_verdict.register
def people(found: Diagnosis) -> RenderableType:
    """The answer."""
    return Text("\n\n".join(verdict(found)))


@as_report.register
def everything(found: Diagnosis) -> RenderableType:
    """Every table, and the answer last."""
    tables = [symptom_table(found)]
    tables += [change_table(f"Evidence: {cause_name(c)}, changes that remove it", c.evidence) for c in found.causes]
    if found.clones:
        tables.append(clones_table(found))
    if found.helpful:
        tables.append(change_table("Helps too, but is not a cause: a way round it", found.helpful))
    if found.refuted:
        tables.append(change_table("Tried, and did not help", found.refuted))
    parts: list[RenderableType] = [part for table in tables for part in (table, Text())]
    return Group(*parts, Text(how_judged(found), "dim"), Text(), people(found))


# JSON


def row_json(row: Row, own: Result) -> Json:
    """A change and what came of it, beside the case as it is"""
    return {
        "hypothesis": row.fault.value,
        "intervention": change_text(row.result.change),
        "before": own.median,
        "after": row.result.median,
        "share_before": own.share,
        "share": row.result.share,
        "interval": row.result.interval,
        "members": row.result.members,
    }


@as_document.register
def machines(found: Diagnosis) -> Json:
    """Everything that a machine reads"""
    causes: list[Json] = [
        {
            "id": cause.fault.value,
            "confidence": cause.confidence,
            "alone": cause.alone,
            "evidence": [row_json(row, found.own) for row in cause.evidence],
            "remedy": FAULTS[cause.fault].remedy,
        }
        for cause in found.causes
    ]
    if found.fine:
        causes = [{"id": "none", "confidence": 1.0, "alone": True, "evidence": [], "remedy": None}]
    return {
        "verdict": " ".join(verdict(found)),
        "learns": found.learns,
        "learned_at": found.learned_at,
        "judged_at": found.judged_at,
        "late": found.late is not None,
        "lucky": found.lucky,
        "device": found.device,
        "target": found.target,
        "constant_cost": found.constant,
        "least_cost_of_any_function": found.floor,
        "least_cost_with_clones": found.bound,
        "final_cost": float(found.course.costs[-1]),
        "accuracy": accuracy_of(found),
        "math_error": found.math_error,
        "symptoms": [
            {"id": id, "layer": layer, "value": value} for id, layer, value, _ in symptom_rows(found.symptoms)
        ],
        "causes": causes,
        "refuted": [row_json(row, found.own) for row in found.refuted],
        "helps_too": [row_json(row, found.own) for row in found.helpful],
        "clones": [
            {
                "cloned": result.change.symmetric,
                "scale": result.change.amounts[0],
                "share": result.share,
                "interval": result.interval,
            }
            for result in found.clones
        ],
        "clones_necessary": None if found.relation is None else found.relation.are_necessary,
        "clones_sufficient": None if found.relation is None else found.relation.are_sufficient,
        "remedy": remedy_text(found.causes),
        "budget": {
            "seconds": found.budget,
            "changes": found.trials,
            "runs": found.members,
            "not_reached": not_reached(found),
        },
    }


register_drawings(Diagnosis, "scenario_diagnoses", as_page, as_figure, as_cards)
