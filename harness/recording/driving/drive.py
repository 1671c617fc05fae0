"""The entry point; being written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .result import Driven

MAX_ATTEMPTS = 400


def drive(
    namespace: dict[str, Any],
    source: str,
    *,
    seed: int = 0,
    budget: int = MAX_ATTEMPTS,
    trained: Callable[[], bool] | None = None,
) -> Driven:
    """Finds calls that train the network that a file defines.

    Args:
        namespace: the executed file's globals.
        source: its text.
        seed: of the generators and the data.
        budget: number of attempts.
        trained: whether parameters were updated; detected without recording if None.
    """
    return Driven(succeeded=False)
