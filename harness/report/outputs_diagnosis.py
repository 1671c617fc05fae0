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


def heading(diagnosis: OutputsDiagnosis) -> str:
    """Which outputs learn alone."""
    learning = [one.name for one in diagnosis.outputs if one.outcome is OutcomeKind.LEARNS]
    verb = "learns" if len(learning) == 1 else "learn"
    summary = f"only {joined(learning)} {verb}" if learning else "none learns"
    if len(learning) == len(diagnosis.outputs):
        summary = "all learn"
    return f"{diagnosis.name} has {len(diagnosis.outputs)} outputs. Each was trained without the others: {summary}."


def verdict(diagnosis: OutputsDiagnosis) -> list[str]:
    """The answer: that of every output, those that do not learn first."""
    order = sorted(diagnosis.outputs, key=lambda one: one.outcome is OutcomeKind.LEARNS)
    return [heading(diagnosis), *(line for one in order for line in diagnosing.verdict(one))]


@as_verdict.register
def answer(diagnosis: OutputsDiagnosis) -> RenderableType:
    """The answer alone."""
    return Group(*map(Text, verdict(diagnosis)))


@as_report.register
def people(diagnosis: OutputsDiagnosis) -> RenderableType:
    """The tables of all trainings, and the answer last."""
    return Group(*map(diagnosing.tried_table, diagnosis.outputs), Text(), *map(Text, verdict(diagnosis)))


@as_document.register
def document(diagnosis: OutputsDiagnosis) -> dict[str, Any]:
    """The facts: a document of each output; see docs/json.md."""
    return {
        "name": diagnosis.name,
        "outcome": worst(diagnosis).outcome.value,
        "outputs": [as_document(one) for one in diagnosis.outputs],
    }


def worst(diagnosis: OutputsDiagnosis) -> Diagnosis:
    """The first output that does not learn; the first of all if each learns."""
    return next((one for one in diagnosis.outputs if one.outcome is not OutcomeKind.LEARNS), diagnosis.outputs[0])


@as_page.register
def page(diagnosis: OutputsDiagnosis) -> Any:
    """The page of the first output that does not learn."""
    return as_page(worst(diagnosis))


@as_figure.register
def figure(diagnosis: OutputsDiagnosis) -> Any:
    """The figure of the same output."""
    return as_figure(worst(diagnosis))
