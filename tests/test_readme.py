"""The README shows what the command prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_output_shown_is_the_output_printed(tmp_path):
    shown = re.search(r"## What it says of that network\n\n```\n(.*?)\n```", (ROOT / "README.md").read_text(), re.S)
    assert shown is not None
    done = subprocess.run(
        [sys.executable, "-m", "harness", "--no-log"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    places = [printed.index(line) for line in shown[1].splitlines() if line]
    assert len(places) > 20
    assert places == sorted(places)
