"""What people read of a check by the names of functions. Computes nothing but the wording."""

from __future__ import annotations

from collections.abc import Sequence

from ..checking.by_name.backprop import COST_FORMS
from ..checking.by_name.judge import CORRECT, DIFFERS, ERROR, MISTAKE, FirstDifference, Report
from ..checking.by_name.mistakes import BY_ID
from ..comparison.trace import Quantity
from .words import count

MOST_OUTPUT_LINES = 5  # of what a file prints that people are shown


def what_of(purpose_form: str) -> str:
    return COST_FORMS[purpose_form].formula


def headline(report: Report) -> str:
    """The verdict in one sentence."""
    if report.verdict == CORRECT:
        return f"{report.name} is correct: all that it gives agrees ({count(len(report.agrees), 'array')})."
    if report.verdict == ERROR:
        return f"{report.name} cannot be judged."
    if report.verdict == DIFFERS:
        return f"{report.name} is not right, and no known mistake gives its numbers."
    if not report.named:
        return f"{report.name} is not right."
    best = report.named[0].ids
    return f"{report.name}: {' and '.join(best)}"


def place(difference: FirstDifference) -> str:
    """gradient3[0, 1]"""
    index = "" if not difference.index else f"[{', '.join(map(str, difference.index))}]"
    return f"{difference.quantity}{index}"


def difference_sentence(difference: FirstDifference) -> str:
    """What differs first, where, and by how much."""
    inferred = ", inferred from the weights after one update" if difference.inferred else ""
    if difference.index is None:
        got, expected = difference.got_shape, difference.expected_shape
        return f"First difference: {difference.quantity} has shape {got}, expected is {expected}{inferred}."
    row = ""
    if difference.quantity.name in ("gradient", "weights", "trained") and difference.index:
        row = " (a bias)" if difference.index[0] == 0 else " (of the kernel)"
    return (
        f"First difference: {place(difference)}{row} is {difference.got:.10g}, "
        f"expected is {difference.expected:.10g}{inferred}."
    )


def span(quantities: Sequence[Quantity]) -> str:
    """z1 to z3, cost, ..."""
    by_name: dict[str, list[int]] = {}
    for quantity in quantities:
        by_name.setdefault(quantity.name, []).append(quantity.layer or 0)
    parts = []
    for name, layers in by_name.items():
        first, last = layers[0], layers[-1]
        if layers == [0]:
            parts.append(name)
        elif len(layers) > 2 and sorted(layers) == list(range(min(layers), max(layers) + 1)):
            parts.append(f"{name}{first} to {name}{last}")
        else:
            parts.append(", ".join(f"{name}{layer}" for layer in layers))
    return ", ".join(parts)


def lines(report: Report) -> list[tuple[str, str]]:
    """All that there is to say, as (heading, text)."""
    told: list[tuple[str, str]] = []
    if report.verdict == MISTAKE and report.named:
        for number, (id, detail) in enumerate(zip(report.named[0].ids, report.named[0].details)):
            told.append(("Mistake" if number == 0 else "and", f"{id}{f' ({detail})' if detail else ''}"))
            told += [("", BY_ID[id].does), ("To fix it", BY_ID[id].fix)]
        if set(report.explanations) and any(named.ids != report.named[0].ids for named in report.named[1:]):
            others = [" and ".join(named.ids) for named in report.named[1:]]
            told.append(("Or", "; ".join(others)))
    else:
        told += [("Why" if number == 0 else "", text) for number, text in enumerate(report.explanations)]
    if report.first_difference is not None:
        told.append(("Where", difference_sentence(report.first_difference)))
    if report.agrees and report.verdict != CORRECT:
        told.append(("Agrees", span(report.agrees)))
    if report.differs:
        told.append(("Differs", span(report.differs)))
    if report.verdict == CORRECT:
        told.append(("Compared", span(report.agrees)))
    if report.purpose is not None:
        told.append(("Network", f"{report.purpose.activations}; the cost is {what_of(report.purpose.form)}"))
    if report.layout is not None:
        told.append(("Layout", str(report.layout)))
    shown = [note for note in report.notes if not note.startswith("the same numbers")]
    told += [("Note" if number == 0 else "", note) for number, note in enumerate(shown)]
    if report.output.strip():
        printed = report.output.strip().splitlines()
        more = f" (and {len(printed) - MOST_OUTPUT_LINES} more lines)" if len(printed) > MOST_OUTPUT_LINES else ""
        told.append(("It printed", "\n".join(printed[:MOST_OUTPUT_LINES]) + more))
    return told


def text(report: Report) -> str:
    """The report as plain text, for an assertion message or a log."""
    texts = [headline(report)]
    for heading, told in lines(report):
        texts.append(f"  {heading + ':' if heading else '':<12}{told}".rstrip())
    return "\n".join(texts)
