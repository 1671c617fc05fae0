"""Starts a command, in the sandbox that is in use if there is one, and ends it with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from ..scratch import scratch_folder
from .box import COPY, Box, Limits
from .staging import copy_folder
from .usage import memory_below

_BOX: ContextVar[Box | None] = ContextVar("box", default=None)
WATCH_SECONDS = 0.25  # between two looks at how much memory is in use
# of NumPy: small products take longer with more, and several programs may run at once
ONE_NUMPY_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def current_box() -> Box | None:
    """The sandbox in use."""
    return _BOX.get()


@contextlib.contextmanager
def use_box(box: Box | None) -> Iterator[None]:
    """Run what is started in the block in this sandbox; None is without one."""
    token = _BOX.set(box)
    try:
        yield
    finally:
        _BOX.reset(token)


@dataclass(kw_only=True)
class Launch:
    """A command that is ready to be started."""

    command: list[str]  # program and arguments
    environment: dict[str, str]  # all variables
    root: Path  # the folder, as this process sees it
    copy: Path  # the folder, as the program sees it
    megabytes: int  # of memory of all its processes together; 0 for no limit
    sandboxed: bool  # whether it is started in a sandbox
    folder: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def seen(self, path: Path) -> Path:
        """A path in the folder as the program sees it."""
        return self.copy / path.relative_to(self.root) if self.sandboxed else path

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, with a pipe for each of its streams, in a session of its own."""
        process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=self.environment,
            start_new_session=True,
        )
        self.started.append(process)
        if self.sandboxed and self.megabytes:
            threading.Thread(target=self._watch, args=(process,), daemon=True).start()
        return process

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """End it when all its processes together take more memory than they may."""
        while not self.over.wait(WATCH_SECONDS):
            if memory_below(process.pid) > self.megabytes * 2**20:
                end(process)
                return

    def close(self) -> None:
        """End it and whatever it started."""
        self.over.set()
        while self.started:  # once each: the number of a process that has ended may become another's
            process = self.started.pop()
            end(process)
            process.wait()


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its group; in a sandbox, all others die with it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()


@contextlib.contextmanager
def prepared(
    command: Sequence[str],
    *,
    root: Path,
    folder: Path,
    limits: Limits,
    environment: Mapping[str, str],
    main: Path | None = None,
    readable: Sequence[tuple[Path, str]] = (),
) -> Iterator[Launch]:
    """Make a command ready to be started; what it started is ended, and its copy removed, when the block ends.

    Args:
        command: absolute path of a program, and its arguments.
        root: the folder that the program needs; in a sandbox it gets a copy, and nothing else of the disk.
        folder: where it runs, in ``root``.
        limits: what it may use; without a sandbox, the program has to set them itself.
        environment: variables beside those of this process; in a sandbox, beside a few harmless ones.
        main: the file that matters most.
        readable: further folders, and where they are seen in a sandbox.
    """
    box = current_box()
    with contextlib.ExitStack() as stack:
        if box is None:
            launch = Launch(
                command=list(command),
                environment={**os.environ, **environment},
                root=root,
                copy=root,
                megabytes=limits.megabytes,
                sandboxed=False,
                folder=folder,
            )
        else:
            given = stack.enter_context(scratch_folder()) / "given"
            copy_folder(root, given, main)
            copy = Path(COPY)
            launch = Launch(
                command=box.command(
                    command,
                    given=given,
                    folder=copy / folder.relative_to(root),
                    limits=limits,
                    environment=dict(environment),
                    readable=readable,
                ),
                environment={"PATH": os.environ.get("PATH", os.defpath)},
                root=root,
                copy=copy,
                megabytes=limits.megabytes,
                sandboxed=True,
                folder=Path(sys.prefix),
            )
        stack.callback(launch.close)
        yield launch
