"""The diagnosis of a hand-written NumPy file: its own network on its own data, or why that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ...scenario.effort import BUDGET_SECONDS
from ..answer import Diagnosis
from ..diagnosis import Interrupted, diagnose_program
from ..trials import TooSlow
from .program import keras_program
from .read_file import HandwrittenDiagnosis, read_file
from .unjudged import read_handwritten


def diagnose_file(
    path: Path,
    *,
    budget: float = BUDGET_SECONDS,
    seed: int = 0,
    progress: Callable[[str, int], None] | None = None,
) -> HandwrittenDiagnosis:
    """Why the training of a hand-written file does not learn, or that it does.

    Args:
        path: of the file, which trains a network by itself.
        budget: seconds for trainings.
        seed: of all draws.
        progress: called with what was trained and how many trainings there were.

    Raises:
        BadInput: there is no such file, or it is not Python.
    """
    return diagnose_read(read_file(path, seed=seed), budget=budget, seed=seed, progress=progress)


def diagnose_read(
    read: HandwrittenDiagnosis,
    *,
    budget: float = BUDGET_SECONDS,
    seed: int = 0,
    progress: Callable[[str, int], None] | None = None,
) -> HandwrittenDiagnosis:
    """``diagnose_file`` of a file that ``read_file`` has read; what could not be read is returned as it is.

    Raises:
        Interrupted: by Ctrl-C, with what is known.
    """
    network = read.network
    if network is None:
        return read
    if not network.has_all_data:
        return replace(read, unjudged=read_handwritten(network, read.name))
    try:
        found = diagnose_program(keras_program(network, read.name), budget=budget, seed=seed, progress=progress)
    except TooSlow as error:
        return replace(read, unjudged=read_handwritten(network, read.name, needed_budget=error.budget))
    except KeyboardInterrupt as interrupt:
        if isinstance(interrupt, Interrupted) and isinstance(interrupt.found, Diagnosis):
            raise Interrupted(replace(read, diagnosis=interrupt.found)) from None
        known = replace(read_handwritten(network, read.name), is_partial=True)
        raise Interrupted(replace(read, unjudged=known)) from None
    return replace(read, diagnosis=found)
