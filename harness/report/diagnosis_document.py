"""The JSON document of the diagnosis of a Keras program."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..diagnosis.answer import Diagnosis, Level
from ..diagnosis.edited_run import EditedRun
from ..programs.changes import Change
from ..programs.contradictions import Severity
from ..programs.edits import Edit
from ..results import as_document
from .findings import finding_document


@as_document.register
def diagnosis_document(found: Diagnosis) -> dict[str, Any]:
    """The facts of a diagnosis; their keys are described in docs/json.md. What is not a number is null."""
    return {
        "name": found.name,
        "outcome": found.outcome.value,
        "task": found.task.value,
        "judged": found.judged.value,
        "user": level_document(found.user),
        "repaired": level_document(found.repaired),
        "constant": _finite(found.references.constant),
        "references": [
            {"name": learner.name, "score": _finite(learner.score.value)} for learner in found.references.learners
        ],
        "signal_p": found.references.p_value,
        "learned_from": _finite(found.bar.learned),
        "causes": [
            {
                "id": cause.fault.value,
                "needs_no_run": cause.needs_no_run,
                "changes": [change_document(change) for change in cause.changes],
                "repaired": level_document(cause.repaired),
                "unrepaired": level_document(cause.unrepaired),
                "edits": [edit_document(edit) for edit in cause.edits],
            }
            for cause in found.causes
        ],
        "improved": level_document(found.improved),
        "further": [
            {
                "id": one.fault.value,
                "changes": [change_document(change) for change in one.changes],
                "edits": [edit_document(edit) for edit in one.edits],
            }
            for one in found.further
        ],
        "hints": [
            {"id": hint.fault.value, "changes": [change_document(change) for change in hint.changes]}
            for hint in found.hints
        ],
        "alternatives": [
            {
                "id": other.fault.value,
                "instead_of": other.instead_of.value,
                "changes": [change_document(change) for change in other.changes],
                "level": level_document(other.level),
            }
            for other in found.alternatives
        ],
        "mechanisms": [
            {
                "id": one.fault.value,
                "intervention": one.intervention.value,
                "repaired": level_document(one.repaired),
                "unrepaired": level_document(one.unrepaired),
            }
            for one in found.mechanisms
        ],
        "curve": [{"rows": point.rows, **(level_document(point.level) or {})} for point in found.curve],
        "repeats": None
        if found.repeats is None
        else {
            "rows": found.repeats.rows,
            "contradicted": found.repeats.contradicted,
            "best_score": _finite(found.repeats.best),
        },
        "neighbours": None
        if found.neighbours is None
        else {
            "rows": list(found.neighbours.rows),
            "learner": found.neighbours.learner,
            "score": _finite(found.neighbours.score),
            "own_score": _finite(found.neighbours.own),
        },
        "known_validation": found.known_validation,
        "clone_bound": None
        if found.clone_bound is None
        else {"loss": found.clone_bound.loss, "least": found.clone_bound.least, "total": found.clone_bound.total},
        "contradictions": [
            finding_document(finding) for finding in found.contradictions if finding.severity is not Severity.FACT
        ],
        "edits": [edit_document(edit) for edit in found.edits],
        "remedy": [{"id": fault.value} for fault in found.remedy],
        "unconfirmed": level_document(found.unconfirmed),
        "edited": edited_document(found.edited),
        "notes": [{"id": note.kind.value, "count": note.count, "detail": note.detail} for note in found.notes],
        "tried": [
            {"repairs": list(tried.repairs), "fresh": tried.fresh, **(level_document(tried.level) or {})}
            for tried in found.tried
        ],
        "device": found.device,
        "partial": found.partial,
    }


def _finite(value: float) -> float | None:
    """A number, or None for what JSON has no number for."""
    return float(value) if np.isfinite(value) else None


def level_document(level: Level | None) -> dict[str, Any] | None:
    """What one training reaches, as JSON takes it."""
    if level is None:
        return None
    return {
        "score": _finite(level.held),
        "training_score": _finite(level.training),
        "auc": None if level.auc is None else _finite(level.auc),
        "learned": level.learned.count,
        "seeds": level.learned.of,
        "interval": [level.learned.low, level.learned.high],
        "updates": level.updates,
        "diverged": level.diverged,
        "error": level.error,
    }


def change_document(change: Change) -> dict[str, Any]:
    """A change as JSON takes it."""
    return {"kind": change.kind.value, "layer": change.layer, "old": change.old, "new": change.new}


def edit_document(edit: Edit) -> dict[str, Any]:
    """An edit as JSON takes it."""
    return {"file": edit.file, "cell": edit.cell, "line": edit.line, "old": edit.old, "new": edit.new}


def edited_document(edited: EditedRun | None) -> dict[str, Any] | None:
    """What the edited script reaches, as JSON takes it."""
    if edited is None:
        return None
    return {
        "score": None if edited.held is None else _finite(edited.held),
        "training_score": None if edited.training is None else _finite(edited.training),
        "learned": edited.learned.count,
        "seeds": edited.learned.of,
        "by_fit": edited.is_plain,
        "stopped": edited.is_stopped,
        "error": edited.error,
    }
