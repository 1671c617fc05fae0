"""What a hand-written NumPy file trains, and whether its math is right. Nothing here needs TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...checking.cells import as_written
from ...checking.result import CheckResult
from ...checking.sources import Sources, read_texts
from ...checking.verdict import check_recording
from ...recording.graph import Recording
from ...recording.record import record_file
from ...results import Result
from .passes import CannotRead, Unread
from .reading import ReadNetwork, read_network

if TYPE_CHECKING:
    from ...programs.unjudged import Unjudged
    from ..answer import Diagnosis


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


def read_file(path: Path, *, seed: int = 0, updates: int | None = None) -> HandwrittenDiagnosis:
    """What a hand-written file trains, or why that cannot be read; nothing of it is trained or looked for.

    Args:
        path: of the file, which trains a network by itself.
        seed: of all draws.
        updates: how many the file makes; None reads that from its loops.

    Raises:
        BadInput: there is no such file, or it is not Python.
    """
    recording = record_file(path, seed=seed, drive=False)
    sources = Sources(read_texts(path, recording.files))
    check = as_written(check_recording(recording, sources=sources), path)
    try:
        network = read_or_record_longer(recording, sources, path, updates)
    except CannotRead as problem:
        return HandwrittenDiagnosis(
            name=path.name, check=check, network=None, unread=problem.what, detail=problem.detail
        )
    missing = network.missing[:1]
    unread = Unread.PART if network.is_part else None
    return HandwrittenDiagnosis(
        name=path.name,
        check=check,
        network=network,
        unread=Unread.MADE_UP if missing else unread,
        detail="".join(missing),
    )


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
