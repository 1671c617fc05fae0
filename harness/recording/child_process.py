"""Starts the child process that runs somebody's file, in the folder of its project.

Nothing is imported here that takes long, so that the child can start while its parent imports what judges the file.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from ..sandbox import ONE_NUMPY_THREAD, Box, Launch, Limits, current_box, is_program, prepared
from .project import root_of

CHILD = Path(__file__).with_name("child.py")
DEBUG = "HARNESS_RECORDING_DEBUG"  # variable that lets the child's own errors be seen


@dataclass(frozen=True, kw_only=True)
class Child:
    """A process that waits for its task."""

    launch: Launch
    process: subprocess.Popen[bytes]
    root: Path  # the folder of the project
    purpose: tuple[Path, Limits, Box | None]  # the file, what it may use, and the sandbox


_WAITING: ContextVar[Child | None] = ContextVar("waiting", default=None)


@contextlib.contextmanager
def child_started(path: Path, limits: Limits) -> Iterator[None]:
    """Start the child for the first recording of a file that is made in this block; of no file, nothing is started."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, RuntimeError):  # which is reported when the file is recorded
            if is_program(path) and path.is_file():
                child = stack.enter_context(_started(path.resolve(), limits))
                stack.callback(_WAITING.reset, _WAITING.set(child))
        yield


@contextlib.contextmanager
def child_of(file: Path, limits: Limits) -> Iterator[Child]:
    """The child that waits for this file if there is one, else a new one; it is ended after the block.

    Args:
        file: resolved.
        limits: of its time and memory.
    """
    child = _WAITING.get()
    if child is not None and child.purpose == (file, limits, current_box()):
        _WAITING.set(None)
        yield child
    else:
        with _started(file, limits) as new:
            yield new


@contextlib.contextmanager
def _started(file: Path, limits: Limits) -> Iterator[Child]:
    quiet = {"PYTHONIOENCODING": "utf-8", "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"}
    debug = {DEBUG: "1"} if os.environ.get(DEBUG) else {}
    root = root_of(file)
    with prepared(
        [sys.executable, str(CHILD)],
        root=root,
        folder=file.parent,
        limits=limits,
        environment=quiet | ONE_NUMPY_THREAD | debug,
        main=file,
    ) as launch:
        yield Child(launch=launch, process=launch.start(), root=root, purpose=(file, limits, current_box()))
