"""What people and machines read of the diagnosis of a model with several outputs."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from ..diagnosis.answer import Diagnosis
from ..diagnosis.outcomes import OutcomeKind
from ..diagnosis.outputs import OutputsDiagnosis
from ..results import as_document, as_figure, as_page, as_report, as_verdict
from . import diagnosing
from .words import joined


def heading(found: OutputsDiagnosis) -> str:
    """Which outputs learn alone."""
    learning = [one.name for one in found.outputs if one.outcome is OutcomeKind.LEARNS]
    verb = "learns" if len(learning) == 1 else "learn"
    summary = f"only {joined(learning)} {verb}" if learning else "none learns"
    if len(learning) == len(found.outputs):
        summary = "all learn"
    return f"{found.name} has {len(found.outputs)} outputs. Each was trained without the others: {summary}."


def verdict(found: OutputsDiagnosis) -> list[str]:
    """The answer: that of every output, those that do not learn first."""
    order = sorted(found.outputs, key=lambda one: one.outcome is OutcomeKind.LEARNS)
    return [heading(found), *(line for one in order for line in diagnosing.verdict(one))]


@as_verdict.register
def answer(found: OutputsDiagnosis) -> RenderableType:
    """The answer alone."""
    return Group(*map(Text, verdict(found)))


@as_report.register
def people(found: OutputsDiagnosis) -> RenderableType:
    """The tables of all trainings, and the answer last."""
    return Group(*map(diagnosing.tried_table, found.outputs), Text(), *map(Text, verdict(found)))


@as_document.register
def document(found: OutputsDiagnosis) -> dict[str, Any]:
    """The facts: a document of each output; see docs/json.md."""
    return {
        "name": found.name,
        "outcome": worst(found).outcome.value,
        "outputs": [as_document(one) for one in found.outputs],
    }


def worst(found: OutputsDiagnosis) -> Diagnosis:
    """The first output that does not learn; the first of all if each learns."""
    return next((one for one in found.outputs if one.outcome is not OutcomeKind.LEARNS), found.outputs[0])


@as_page.register
def page(found: OutputsDiagnosis) -> Any:
    """The page of the first output that does not learn."""
    return as_page(worst(found))


@as_figure.register
def figure(found: OutputsDiagnosis) -> Any:
    """The figure of the same output."""
    return as_figure(worst(found))
