"""The JSON document of the diagnosis of a Keras program or a scenario."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..diagnosis.answer import Diagnosis, Level, ScenarioFacts
from ..programs.findings import Severity
from ..results import as_document
from .findings import finding_document

if TYPE_CHECKING:
    from ..diagnosis.edited_run import EditedRun
    from ..programs.edits import Edit


@as_document.register
def diagnosis_document(diagnosis: Diagnosis) -> dict[str, Any]:
    """The facts of a diagnosis; their keys are described in docs/json.md."""
    return {
        "name": diagnosis.name,
        "outcome": diagnosis.outcome,
        "task": diagnosis.task,
        "judged": diagnosis.judged,
        "user": level_document(diagnosis.user),
        "repaired": level_document(diagnosis.repaired),
        "constant": diagnosis.references.constant,
        "best_known": diagnosis.bar.best,
        "references": [{"name": one.name, "score": one.score} for one in diagnosis.references.learners],
        "signal_p": diagnosis.references.p_value,
        "learned_from": diagnosis.bar.learned,
        "causes": [
            {
                "id": cause.fault,
                "needs_no_run": cause.needs_no_run,
                "changes": cause.changes,
                "change": None if cause.change is None else cause.change.key,
                "repaired": level_document(cause.repaired),
                "unrepaired": level_document(cause.unrepaired),
                "edits": edit_documents(cause.edits),
            }
            for cause in diagnosis.causes
        ],
        "improved": level_document(diagnosis.improved),
        "further": [
            {"id": one.fault, "changes": one.changes, "edits": edit_documents(one.edits)} for one in diagnosis.further
        ],
        "hints": [{"id": hint.fault, "changes": hint.changes} for hint in diagnosis.hints],
        "alternatives": [
            {
                "id": other.fault,
                "instead_of": other.instead_of,
                "changes": other.changes,
                "change": None if other.change is None else other.change.key,
                "level": level_document(other.level),
            }
            for other in diagnosis.alternatives
        ],
        "mechanisms": [
            {
                "id": one.fault,
                "intervention": one.intervention,
                "repaired": level_document(one.repaired),
                "unrepaired": level_document(one.unrepaired),
            }
            for one in diagnosis.mechanisms
        ],
        "curve": [{"rows": point.rows, **(level_document(point.level) or {})} for point in diagnosis.curve],
        "repeats": None
        if diagnosis.repeats is None
        else {
            "rows": diagnosis.repeats.rows,
            "contradicted": diagnosis.repeats.contradicted,
            "best_score": diagnosis.repeats.best,
        },
        "neighbours": None
        if diagnosis.neighbours is None
        else {
            "rows": diagnosis.neighbours.rows,
            "learner": diagnosis.neighbours.learner,
            "score": diagnosis.neighbours.score,
            "own_score": diagnosis.neighbours.own,
        },
        "by_heart": None
        if diagnosis.by_heart is None
        else {
            "rows": diagnosis.by_heart.rows,
            "score": diagnosis.by_heart.score,
            "constant_score": diagnosis.by_heart.constant,
            "shuffled_learned": diagnosis.by_heart.shuffled.count,
            "seeds": diagnosis.by_heart.shuffled.of,
        },
        "known_validation": diagnosis.known_validation,
        "raised": None
        if diagnosis.raised is None
        else {
            "kind": diagnosis.raised.kind,
            "message": diagnosis.raised.message,
            "file": None if diagnosis.raised.place is None else diagnosis.raised.place.file,
            "line": None if diagnosis.raised.place is None else diagnosis.raised.place.line,
        },
        "clone_bound": diagnosis.clone_bound,
        "contradictions": [
            finding_document(finding) for finding in diagnosis.contradictions if finding.severity is not Severity.FACT
        ],
        "edits": edit_documents(diagnosis.edits),
        "remedy": [{"id": fault} for fault in diagnosis.remedy],
        "unconfirmed": level_document(diagnosis.unconfirmed),
        "edited": edited_document(diagnosis.edited),
        "notes": [{"id": note.kind, "count": note.count, "detail": note.detail} for note in diagnosis.notes],
        "tried": [
            {"repairs": tried.repairs, "fresh": tried.fresh, **(level_document(tried.level) or {})}
            for tried in diagnosis.tried
        ],
        "device": diagnosis.device,
        "partial": diagnosis.partial,
        "scenario": None if diagnosis.scenario is None else scenario_document(diagnosis.scenario),
    }


def scenario_document(facts: ScenarioFacts) -> dict[str, Any]:
    """What is known of a scenario alone, as JSON takes it."""
    relation = facts.relation
    return {
        "final_cost": facts.course.costs[-1],
        "learned_at": facts.learned_at,
        "in_time": level_document(facts.in_time),
        "accuracy": facts.accuracy,
        "math_error": facts.math_error,
        "clones_necessary": None if relation is None else relation.are_necessary,
        "clones_sufficient": None if relation is None else relation.are_sufficient,
        "sampled": facts.sampled,
    }


def level_document(level: Level | None) -> dict[str, Any] | None:
    """What one training reaches, as JSON takes it."""
    if level is None:
        return None
    return {
        "score": level.held,
        "training_score": level.training,
        "auc": level.auc,
        "learned": level.learned.count,
        "seeds": level.learned.of,
        "interval": [level.learned.low, level.learned.high],
        "updates": level.updates,
        "diverged": level.diverged,
        "error": level.error,
    }


def edit_documents(edits: Iterable[Edit]) -> list[dict[str, Any]]:
    """Edits as JSON takes them."""
    return [
        {"file": edit.file, "cell": edit.cell, "line": edit.line, "old": edit.old, "new": edit.new} for edit in edits
    ]


def edited_document(edited: EditedRun | None) -> dict[str, Any] | None:
    """What the edited script reaches, as JSON takes it."""
    if edited is None:
        return None
    return {
        "score": edited.held,
        "training_score": edited.training,
        "learned": edited.learned.count,
        "seeds": edited.learned.of,
        "by_fit": edited.is_plain,
        "stopped": edited.is_stopped,
        "error": edited.error,
    }
