"""The diagnosis of a hand-written NumPy file: its own network on its own data, or why that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ...checking.result import CheckResult
from ...checking.sources import Sources, read_texts
from ...checking.verdict import check_recording
from ...programs.unjudged import Unjudged
from ...recording.graph import Recording
from ...recording.record import record_file
from ...results import Result
from ...scenario.effort import BUDGET_SECONDS
from ..answer import Diagnosis
from ..diagnosis import diagnose_program
from ..trials import TooSlow
from .passes import CannotRead, Unread
from .program import keras_program
from .reading import ReadNetwork, read_network
from .unjudged import read_handwritten


@dataclass(frozen=True, kw_only=True)
class HandwrittenDiagnosis(Result):
    """Why a hand-written network does not learn.

    Attributes:
        name: of the file.
        check: the verdict on its math.
        network: what it trains; None if that could not be read.
        unread: what could not be read; None if all was.
        detail: of what could not be read.
        diagnosis: of the same network, data and training in Keras; None if they could not be read.
        unjudged: what is likely of a network that was read, if its data are missing or it is too slow to be trained.
    """

    name: str
    check: CheckResult
    network: ReadNetwork | None
    unread: Unread | None
    detail: str
    diagnosis: Diagnosis | None = None
    unjudged: Unjudged | None = None


def diagnose_file(
    path: Path,
    *,
    budget: float = BUDGET_SECONDS,
    seed: int = 0,
    updates: int | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> HandwrittenDiagnosis:
    """Why the training of a hand-written file does not learn, or that it does.

    Args:
        path: of the file, which trains a network by itself.
        budget: seconds for trainings.
        seed: of all draws.
        updates: how many the file makes; None reads that from its loops.
        progress: called with what was trained and how many trainings there were.

    Raises:
        BadInput: there is no such file, or it is not Python 3.
    """
    recording = record_file(path, seed=seed, drive=False)
    sources = Sources(read_texts(path, recording.files))
    check = check_recording(recording, sources=sources)
    try:
        network = read_or_record_longer(recording, sources, path, updates)
    except CannotRead as problem:
        return HandwrittenDiagnosis(
            name=path.name, check=check, network=None, unread=problem.what, detail=problem.detail
        )
    if network.missing:
        return HandwrittenDiagnosis(
            name=path.name,
            check=check,
            network=network,
            unread=Unread.MADE_UP,
            detail=network.missing[0],
            unjudged=read_handwritten(network, path.name),
        )
    read = HandwrittenDiagnosis(name=path.name, check=check, network=network, unread=None, detail="")
    try:
        found = diagnose_program(keras_program(network, path.name), budget=budget, seed=seed, progress=progress)
    except TooSlow as error:
        return replace(read, unjudged=read_handwritten(network, path.name, needed_budget=error.budget))
    return replace(read, diagnosis=found)


def read_or_record_longer(recording: Recording, sources: Sources, path: Path, updates: int | None) -> ReadNetwork:
    """What a file trains; it is recorded again if more of its updates show it.

    Raises:
        CannotRead: as ``read_network``.
    """
    try:
        return read_network(recording, sources, updates)
    except CannotRead as problem:
        if not problem.needed:
            raise
        longer = record_file(path, seed=recording.seed, drive=False, updates=problem.needed + 1)
        return read_network(longer, sources, updates)
