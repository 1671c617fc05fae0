"""The child processes: one for each setup, with a Keras backend of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from ..scratch import scratch_folder
from .case import Case, write_case
from .jobs import Job
from .results import Computed, read_computed
from .setups import Setup

ROOT = Path(__file__).resolve().parents[2]  # the folder that the package is imported from
MAX_PROCESSES = 4  # at once; each holds a backend in memory
PATIENCE_SECONDS = 5.0  # for a child to end by itself

Progress = Callable[[str], None]  # called with what a child computes now


class Failed(Exception):
    """A setup could not compute the case; the message is one line."""


class Worker:
    """A child process with one backend.

    Args:
        setup: its backend.
        folder: its working folder.
        runs_code: whether it may import modules from the user's current folder.
        environment: variables beside those of this process.
    """

    def __init__(self, setup: Setup, folder: Path, *, runs_code: bool, environment: Mapping[str, str]) -> None:
        paths = [str(ROOT), *([os.getcwd()] if runs_code else []), os.environ.get("PYTHONPATH", "")]
        own = {
            "KERAS_BACKEND": setup.backend,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        self.messages = open(folder / "messages.txt", "wb")  # noqa: SIM115 - closed with the worker
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness.backends.child"],
            cwd=folder,
            env={**os.environ, **own, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.messages,
            text=True,
            start_new_session=True,  # Ctrl-C reaches this process alone, which ends its children
        )

    def run(self, job: Job, progress: Progress) -> None:
        """Have a job computed.

        Raises:
            Failed: it could not be.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(job.line() + "\n")
            self.process.stdin.flush()
        for line in self.process.stdout:
            answer: dict[str, Any] = json.loads(line)
            if "failed" in answer:
                raise Failed(answer["failed"])
            if "done" in answer:
                return
            progress(answer["progress"])
        raise Failed(f"the process ended with exit code {self.process.wait()}: {self._last_message()}")

    def _last_message(self) -> str:
        """The last line that the child wrote to stderr."""
        lines = Path(self.messages.name).read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "no message")[:200]

    def close(self) -> None:
        """End the process, and what it started."""
        with contextlib.suppress(OSError):
            assert self.process.stdin is not None
            self.process.stdin.close()
        try:
            self.process.wait(PATIENCE_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            self.kill()
        self.messages.close()

    def kill(self) -> None:
        """End the process at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Workers:
    """The workers of one comparison, in a ``with``; a worker stays for the next job of its setup."""

    def __init__(self) -> None:
        self.stack = contextlib.ExitStack()
        self.folder = self.stack.enter_context(scratch_folder())
        self.open: dict[tuple[Setup, tuple[tuple[str, str], ...]], Worker] = {}
        self.cases: list[tuple[Case, Path]] = []
        self.jobs = 0

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            self.kill()
        for worker in self.open.values():
            worker.close()
        self.stack.close()

    def kill(self) -> None:
        """End all of them at once, in the middle of their work."""
        for worker in self.open.values():
            worker.kill()

    def compute(
        self, setup: Setup, case: Case, progress: Progress, *, environment: Mapping[str, str] = {}, **switches: Any
    ) -> Computed:
        """Compute parts of a case as one setup.

        Args:
            setup, case: what to compute, and how.
            progress: called with what is computed now.
            environment: variables beside those of this process.
            switches: further attributes of the ``Job``, such as ``parts``.

        Raises:
            Failed: the setup cannot compute it.
        """
        self.jobs += 1
        out = self.folder / f"result-{self.jobs}"
        out.mkdir()
        job = Job(case=str(self._folder_of(case)), out=str(out), dtype=setup.dtype, jit=setup.jit, **switches)
        self._worker(setup, case, environment).run(job, progress)
        return read_computed(out)

    def _folder_of(self, case: Case) -> Path:
        """The folder that a case is written to, once."""
        for known, folder in self.cases:
            if known is case:
                return folder
        folder = self.folder / f"case-{len(self.cases)}"
        folder.mkdir()
        write_case(folder, case)
        self.cases.append((case, folder))
        return folder

    def _worker(self, setup: Setup, case: Case, environment: Mapping[str, str]) -> Worker:
        """The worker of a setup; the one that waits longest ends if there are too many."""
        key = (setup, tuple(sorted(environment.items())))
        worker = self.open.pop(key, None)
        if worker is not None and worker.process.poll() is not None:
            worker.close()
            worker = None
        if worker is None:
            while len(self.open) >= MAX_PROCESSES:
                self.open.pop(next(iter(self.open))).close()
            self.jobs += 1
            folder = self.folder / f"worker-{self.jobs}"
            folder.mkdir()
            worker = Worker(setup, folder, runs_code=case.runs_code, environment=environment)
        self.open[key] = worker
        return worker
