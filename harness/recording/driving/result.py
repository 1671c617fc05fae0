"""What driving a file gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Lines that were tried, and how that ended.

    Attributes:
        lines: the statements that ran, the failing one last.
        type, message: of the exception; "" if there was none but no parameter was updated.
        line: number of the user's line that raised it; 0 if it was not raised in the user's files.
    """

    lines: tuple[str, ...]
    type: str = ""
    message: str = ""
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two expressions in the user's names: a parameter, and what the file returned as its gradient."""

    parameter: str
    gradient: str


@dataclass(frozen=True, kw_only=True)
class Driven:
    """How a file that only defines things is made to train.

    Attributes:
        succeeded: whether parameters were updated (or gradients of them returned).
        lines: the statements, run after the file with ``data`` at hand.
        data: what the lines need: arrays by name, and the module ``np``.
        gradients: pairs, if the file returns gradients and does not apply them.
        applied_by_driver: whether the lines, not the file, apply the gradients.
        calls_own: whether what is called to train is the file's own, and not another file's that uses it.
        sizes: chosen, by name: "observations", "inputs", "hidden", "outputs".
        layout: of the observations ("rows", "columns", "one at a time", ...); "" if no data was needed.
        labels: kind of targets ("one-hot", "integers", "binary", ...); "" if there were none.
        error: of the attempt that came furthest, if none succeeded.
        certain: whether that error is the file's own whatever the arguments are.
        doubts: why shapes may only fit by accident (targets that were broadcast, sizes that had to be equal, ...).
            Such lines are given only if nothing else worked, and no verdict should rest on them alone.
        left: the file's layers that the lines do not use, so that what they show says nothing about these.
        attempts: those that failed, in order.
        count: number of attempts, the successful one included.
        suggestion: one line to start from for ``run``; "" if the file has nothing that could be called.
    """

    succeeded: bool
    lines: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    gradients: tuple[Pair, ...] = ()
    applied_by_driver: bool = False
    calls_own: bool = False
    sizes: Mapping[str, int] = field(default_factory=dict)
    layout: str = ""
    labels: str = ""
    error: Attempt | None = None
    certain: bool = False
    doubts: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    count: int = 0
    suggestion: str = ""
