"""Processes of the command line, and how they are interrupted in the middle of their work."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORKED = 12.0  # seconds of a processor by which TensorFlow is loaded, the loop compiled, and something recorded
PATIENCE = 600  # seconds that this may take on a machine with much else to do


@contextlib.contextmanager
def heeding_ctrl_c() -> Iterator[None]:
    """Processes that are started meanwhile heed Ctrl-C.

    A job that a shell starts in the background ignores it, and its children do too. A ``preexec_fn`` in the child is
    not a way out of it: Popen then forks, and a thread that gRPC starts in the fork may abort it before it is the
    program, "epoll_wait error: Bad file descriptor".
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def start_harness(
    *arguments: object, cwd: Path, environment: Mapping[str, str] = {}, **options: Any
) -> subprocess.Popen[str]:
    """Start ``python -m harness`` of this clone; what it prints comes in pipes, and it heeds Ctrl-C.

    Args:
        arguments: of the command line.
        cwd: the folder to stand in.
        environment: variables beside those of this process.
        options: of ``Popen``, in place of those.
    """
    with heeding_ctrl_c():
        return subprocess.Popen(
            [sys.executable, "-m", "harness", *map(str, arguments)],
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options,
        )


def run_harness(*arguments: object, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """``start_harness``, until it ends."""
    process = start_harness(*arguments, cwd=cwd, **options)
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def run_code(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Code of this clone in a Python of its own, which must not fail; it finds the arguments in ``sys.argv``."""
    line = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)


def processor_seconds(pid: int) -> float:
    """What a process has had of the processors so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def interrupted(arguments: list[str], folder: Path) -> tuple[int, str, str]:
    """Run ``python -m harness`` in ``folder``, Ctrl-C it while it trains; its exit code, stdout and stderr."""
    process = start_harness(*arguments, cwd=folder)
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and processor_seconds(process.pid) < WORKED and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, out, err
