"""Processes that are interrupted in the middle of their work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKED = 12.0  # seconds of a processor by which TensorFlow is loaded, the loop compiled, and something recorded
PATIENCE = 240  # seconds that this may take on a machine with much else to do


def heed_ctrl_c() -> None:
    """For the child: a job that a shell starts in the background ignores it, and its children do too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def processor_seconds(pid: int) -> float:
    """What a process has had of the processors so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def interrupted(arguments: list[str], folder: Path) -> tuple[int, str, str]:
    """Run ``python -m harness`` in ``folder``, Ctrl-C it while it trains; its exit code, stdout and stderr."""
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,
    )
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and processor_seconds(process.pid) < WORKED and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, out, err
