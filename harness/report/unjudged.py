"""What people and machines read of a program whose data are missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Group
from rich.text import Text

from ..programs.unjudged import Unjudged
from ..results import as_document, as_report, as_verdict
from .findings import finding_document, finding_text, worth_saying
from .words import joined

MOST_MISSING = 4  # things that are named
MOST_FINDINGS = 8


@as_document.register
def unjudged_document(found: Unjudged) -> dict[str, Any]:
    """The facts, under the keys of a diagnosis; see docs/json.md."""
    return {
        "name": found.name,
        "outcome": "not-judged",
        "missing": list(found.missing),
        "causes": [],
        "hints": [],
        "alternatives": [],
        "mechanisms": [],
        "contradictions": [finding_document(one) for one in worth_saying(found.contradictions)],
        "edits": [],
        "notes": [{"id": note.kind.value, "count": note.count, "detail": note.detail} for note in found.notes],
        "partial": False,
    }


def missing_text(missing: tuple[str, ...]) -> str:
    """the file train.csv, the package pandas and 3 more"""
    if len(missing) <= MOST_MISSING:
        return joined(missing)
    return f"{', '.join(missing[:MOST_MISSING])} and {len(missing) - MOST_MISSING} more"


def lines(found: Unjudged) -> Iterator[str]:
    """The answer, line by line."""
    yield f"{found.name} was not judged, because {missing_text(found.missing)} had to be made up."
    shown = list(worth_saying(found.contradictions))
    if shown:
        yield "Model, loss and optimizer can be read without data:"
        yield from (f"  {finding_text(one)}" for one in shown[:MOST_FINDINGS])
    else:
        yield "Model, loss and optimizer do not contradict each other."
    yield "Give the script what is missing, and run it again: only trainings on the real data can prove a cause."


@as_verdict.register
@as_report.register
def people(found: Unjudged) -> Group:
    """The answer."""
    return Group(*map(Text, lines(found)))
