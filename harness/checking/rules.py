"""What is done with right gradients over several iterations: rates, momentum, gradients that are never reset."""

from __future__ import annotations

from dataclasses import dataclass

from ..recording.graph import Place, Recording
from .reading import Reading
from .result import Found
from .stage import Stage


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the update rules show.

    Attributes:
        mistakes: wrong rules.
        notes: remarks, as (id, place, detail).
        is_open: whether a rule is not understood.
    """

    mistakes: tuple[Found, ...] = ()
    notes: tuple[tuple[str, Place | None, str], ...] = ()
    is_open: bool = False


def rule_mistakes(recording: Recording, stage: Stage, reading: Reading) -> Rules:
    """The mistakes of update rules."""
    return Rules()
