"""Processes that are interrupted in the middle of their work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOADING = 120  # seconds that TensorFlow may take to load, on a machine with much else to do
TRAINING = 8  # seconds after that, by which it trains


def interrupted(arguments: list[str], folder: Path) -> tuple[int, str, str]:
    """Run ``python -m harness`` in ``folder``, Ctrl-C it while it trains; its exit code, stdout and stderr."""
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + LOADING
    while "libtensorflow" not in Path(f"/proc/{process.pid}/maps").read_text() and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(TRAINING)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err
