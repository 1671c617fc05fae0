"""What people and machines read of a program that is not trained, most often because its data are missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group
from rich.text import Text

from ..programs.kinds import OWN_STEP
from ..programs.program import VALUE, NoteKind
from ..programs.unjudged import LikelyCause, Unjudged
from ..results import as_document, as_report, as_verdict
from .diagnosing import note_lines
from .diagnosis_document import edit_documents
from .findings import finding_document, finding_text, worth_checking, worth_saying
from .remedies import edit_text
from .words import joined

MOST_MISSING = 4  # things that are named
MOST_HINTS = 3
MOST_EDITS = 2  # of one cause


@as_document.register
def unjudged_document(found: Unjudged) -> dict[str, Any]:
    """The facts, under the keys of a diagnosis; see docs/json.md."""
    return {
        "name": found.name,
        "outcome": "does-not-train" if found.is_refused or found.is_hopeless else "not-judged",
        "missing": found.missing,
        "needed_budget": found.needed_budget,
        "causes": [],
        "likely": [{**finding_document(one.finding), "edits": edit_documents(one.edits)} for one in found.likely],
        "hints": [finding_document(one) for one in worth_checking(found.contradictions)],
        "alternatives": [],
        "mechanisms": [],
        "contradictions": [finding_document(one) for one in worth_saying(found.contradictions)],
        "edits": edit_documents(edit for one in found.likely for edit in one.edits),
        "notes": [{"id": note.kind, "count": note.count, "detail": note.detail} for note in found.notes],
        "device": None,
        "partial": found.is_partial,
    }


def missing_text(missing: tuple[str, ...]) -> str:
    """the file train.csv, the package pandas and 3 more; of values: the file a.csv and the values of x and y"""
    notes = [one.removeprefix(f"{VALUE} ") for one in missing if one.startswith(f"{VALUE} ")]
    values = list(dict.fromkeys(name for note in notes for name in note.split(", ")))  # a note may name several
    if len(values) < 2:
        return first_of(missing)
    others = [one for one in missing if not one.startswith(f"{VALUE} ")]
    between = ", and " if len(others) > 1 else " and "
    return between.join([*([first_of(others)] if others else []), f"the values of {first_of(values)}"])


def first_of(words: Sequence[str]) -> str:
    """a, b and c; of more than a few: a, b, c, d and 3 more"""
    if len(words) <= MOST_MISSING:
        return joined(words)
    return f"{', '.join(words[:MOST_MISSING])} and {len(words) - MOST_MISSING} more"


def cause_lines(causes: Sequence[LikelyCause], heading: str) -> Iterator[str]:
    """The first cause in the line of a heading, and the others below; each with its edits."""
    for number, likely in enumerate(causes):
        yield f"{heading if number == 0 else 'Also'}: {finding_text(likely.finding)}"
        edits = dict.fromkeys(edit_text(edit) for edit in likely.edits)
        yield from (f"  Edit: {text}" for text in list(edits)[:MOST_EDITS])


SAID = (
    NoteKind.FAILS_BEFORE_FIT,
    NoteKind.FILE_FOUND,
    NoteKind.OLD_NAME,
)  # beside what needs no training


def lines(found: Unjudged) -> Iterator[str]:
    """The answer, line by line: what was found comes first, and why nothing was trained last."""
    yield from finding_lines(found)
    yield from reason_lines(found)
    yield from note_lines([note for note in found.notes if note.kind in SAID])


def finding_lines(found: Unjudged) -> Iterator[str]:
    """What was found, the likeliest cause first."""
    hints = [finding_text(one) for one in worth_checking(found.contradictions)][:MOST_HINTS]
    if found.likely:
        yield from cause_lines(found.likely, heading_of(found))
        yield from (f"Worth a check: {hint}" for hint in hints)
    elif hints:
        yield from (f"Worth a check, without a training: {hint}" for hint in hints)
    else:
        yield f"{found.name} was not judged. What is known of it does not contradict itself."


def heading_of(found: Unjudged) -> str:
    """What is said before the first cause: how much follows from it."""
    if found.is_refused:
        return f"{found.name} cannot be trained by Keras"
    if found.is_hopeless:
        return f"{found.name} cannot learn"
    return "Likely cause, without a training"


def reason_lines(found: Unjudged) -> Iterator[str]:
    """Why nothing was trained, and what to do."""
    if found.is_refused:
        if found.missing:
            yield f"Before that, {missing_text(found.missing)} had to be made up."
        return
    if found.is_hopeless:
        if found.missing:
            yield f"That does not depend on the data: {missing_text(found.missing)} had to be made up."
        yield "Nothing was trained, because no other change would help. Repair this first, and run it again."
        return
    if found.is_never_fit:
        fails = any(note.kind is NoteKind.FAILS_BEFORE_FIT for note in found.notes)
        what = "fails after it compiles a model" if fails else "compiles a model and never calls fit()"
        yield f"Nothing was trained, because the script {what}."
        return
    advice = dict(reasons(found))
    if advice:
        yield f"Nothing was trained, because {' and because '.join(advice)}."
    updates = next((note.count for note in found.notes if note.kind is NoteKind.SCRIPT_STOPPED), None)
    if found.own_loop and updates:
        yield f"The time limit stopped this loop after {updates:,} updates, before it ended."
    yield from advice.values()
    if found.is_partial:
        yield "It was interrupted before a training could prove anything."


def reasons(found: Unjudged) -> Iterator[tuple[str, str]]:
    """Each reason why nothing was trained, with what to do about it."""
    if found.updated_models > 1:
        yield (
            f"the script trains {found.updated_models} models in turn with {found.own_loop}",
            "Such trainings are not repeated here: this answer comes from the code alone.",
        )
    elif found.own_loop:
        what = f"{'Gather the rows' if found.outputs else 'Write the model in Keras'}, and call fit() once"
        if found.own_loop == OWN_STEP:  # whose rows fit is given already
            what = f"Leave out {found.own_loop}, and give compile() its loss and optimizer"
        yield (
            f"the script trains with {found.own_loop}",
            f"{what}: only such trainings are repeated, and can prove a cause.",
        )
    elif found.outputs > 1:
        yield (
            f"the model has {found.outputs} outputs",
            "Diagnose one output at a time: make a model of the same inputs and that output.",
        )
    if found.needed_budget is not None:
        yield (
            "its updates take too long for the budget",
            f"Give a budget of {found.needed_budget:,.0f} s, or try the same on shorter or fewer rows.",
        )
    if found.missing:
        yield (
            f"{missing_text(found.missing)} had to be made up",
            "Give the script what is missing, and run it again: only trainings on the real data can prove a cause.",
        )


@as_verdict.register
@as_report.register
def people(found: Unjudged) -> Group:
    """The answer."""
    return Group(*map(Text, lines(found)))
