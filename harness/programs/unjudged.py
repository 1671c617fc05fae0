"""What can be said of a program whose data are missing: what contradicts itself, and what would be needed."""

from __future__ import annotations

from dataclasses import dataclass

from ..results import Result
from .contradictions import Contradiction, contradictions
from .program import MadeUp, Note, NoteKind, Program


@dataclass(frozen=True, kw_only=True)
class Unjudged(Result):
    """A program that was read and not trained, because what it trains on is not there.

    Attributes:
        name: of the program.
        missing: what had to be made up, such as ``the file train.csv``.
        contradictions: what is wrong or suspicious without any data, the surest first.
        notes: what the capture changed or could not keep.
    """

    name: str
    missing: tuple[str, ...]
    contradictions: tuple[Contradiction, ...]
    notes: tuple[Note, ...]


def is_judged(program: Program) -> bool:
    """Whether trainings of a captured program say something: none of its data were made up."""
    return program.made_up is MadeUp.NOTHING


def read_unjudged(program: Program) -> Unjudged:
    """What can be said of a program on made-up data."""
    missing = [note.detail for note in program.notes if note.kind is NoteKind.MADE_UP]
    return Unjudged(
        name=program.name,
        missing=tuple(dict.fromkeys(missing)),
        contradictions=contradictions(program),
        notes=program.notes,
    )
