"""How a long work says what it has done so far."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int, str], None]  # (steps done, steps in all, what is running): called as the work goes on


def silent(done: int, total: int, what: str) -> None:
    """Show no progress."""
