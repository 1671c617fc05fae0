"""What driving a file gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Lines that were tried, and how that ended."""

    lines: tuple[str, ...]  # the statements that ran, the failing one last
    # type, message: of the exception; "" if there was none but no parameter was updated
    type: str = ""
    message: str = ""
    line: int = 0  # number of the user's line that raised it; 0 if it was not raised in the user's files
    text: str = ""  # of that line, which may be in a file that this one imports


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two expressions in the user's names: a parameter, and what the file returned as its gradient."""

    parameter: str
    gradient: str


@dataclass(frozen=True, kw_only=True)
class Driven:
    """How a file that only defines things is made to train."""

    succeeded: bool  # whether parameters were updated (or gradients of them returned)
    lines: tuple[str, ...] = ()  # the statements, run after the file with ``data`` at hand
    data: Mapping[str, Any] = field(default_factory=dict)  # what the lines need: arrays by name, and the module ``np``
    gradients: tuple[Pair, ...] = ()  # pairs, if the file returns gradients and does not apply them
    applied_by_driver: bool = False  # whether the lines, not the file, apply the gradients
    calls_own: bool = False  # whether what is called to train is the file's own, and not another file's that uses it
    # chosen, by name: "observations", "inputs", "hidden", "outputs"
    sizes: Mapping[str, int] = field(default_factory=dict)
    layout: str = ""  # of the observations ("rows", "columns", "one at a time", ...); "" if no data was needed
    labels: str = ""  # kind of targets ("one-hot", "integers", "binary", ...); "" if there were none
    # whether the error of the attempt that came furthest is the file's own whatever the arguments are
    certain: bool = False
    # why shapes may only fit by accident (targets that were broadcast, sizes that had to be equal, ...). Such lines are
    # given only if nothing else worked, and no verdict should rest on them alone
    doubts: tuple[str, ...] = ()
    # the file's layers that the lines do not use, so that what they show says nothing about these
    left: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()  # those that failed, in order
    count: int = 0  # number of attempts, the successful one included
    suggestion: str = ""  # one line to start from for ``run``; "" if the file has nothing that could be called


def runs_script(lines: Iterable[str]) -> bool:
    """Whether lines run another file of the project, which does with its network what it likes."""
    return any("run_path" in line for line in lines)
