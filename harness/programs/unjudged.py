"""What can be said of a program that cannot be trained: what contradicts itself, what is likely, what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from ..results import Result
from .contradictions import Contradiction, Severity, contradictions
from .edits import Edit
from .program import Note, NoteKind, Program
from .remedies import edits_against

MOST_LIKELY = 4  # causes that are named
LIKELIEST = (
    "output-activation", "loss", "label-encoding", "input-out-of-range", "target-out-of-range", "prediction",
    "too-little-data", "frozen-layer", "unscaled-inputs", "hidden-activation", "validation-mismatch", "optimizer",
    "learning-rate-too-large", "regularization", "learning-rate-too-small", "too-narrow", "dropout", "metric",
    "unshuffled", "input-layout", "too-few-epochs",
)  # fmt: skip  # ids of faults, by how often they keep programs from learning when they are found


@dataclass(frozen=True, kw_only=True)
class LikelyCause:
    """Something that is wrong or suspicious, and the edits that remove it, as far as they are obvious."""

    finding: Contradiction
    edits: tuple[Edit, ...]


@dataclass(frozen=True, kw_only=True)
class Unjudged(Result):
    """A program that was read and not trained.

    Its data are missing, it trains without fit, or its model has several outputs.

    Attributes:
        name: of the program.
        missing: what had to be made up, such as ``the file train.csv``.
        own_loop: how it trains without fit, such as ``train_on_batch()``; empty if it calls fit.
        outputs: of its model.
        likely: what is wrong or suspicious without any data, the surest and likeliest first.
        contradictions: all that was found without any data, hints and facts too.
        notes: what the capture changed or could not keep.
    """

    name: str
    missing: tuple[str, ...]
    own_loop: str
    outputs: int
    likely: tuple[LikelyCause, ...]
    contradictions: tuple[Contradiction, ...]
    notes: tuple[Note, ...]


def is_judged(program: Program) -> bool:
    """Whether trainings of a captured program say something."""
    return program.can_be_trained


def read_unjudged(program: Program) -> Unjudged:
    """What can be said of a program that is not trained."""
    missing = [note.detail for note in program.notes if note.kind is NoteKind.MADE_UP]
    found = contradictions(program)
    return Unjudged(
        name=program.name,
        missing=tuple(dict.fromkeys(missing)),
        own_loop=next((note.detail for note in program.notes if note.kind is NoteKind.OWN_LOOP), ""),
        outputs=program.outputs,
        likely=tuple(
            LikelyCause(finding=finding, edits=edits_against(program, finding)) for finding in likeliest(found)
        ),
        contradictions=found,
        notes=program.notes,
    )


def likeliest(found: tuple[Contradiction, ...]) -> list[Contradiction]:
    """What is wrong without any doubt first, then what is suspicious, each by how often it is the cause."""
    ranks = {name: rank for rank, name in enumerate(LIKELIEST)}
    sure = [Severity.CONTRADICTION, Severity.SUSPICION]
    named = [finding for finding in found if finding.severity in sure]
    named.sort(key=lambda finding: (sure.index(finding.severity), ranks.get(finding.id, len(ranks))))
    return named[:MOST_LIKELY]
