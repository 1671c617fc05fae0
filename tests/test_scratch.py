"""Scratch folders: removed at the end, and by the next process after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from harness.scratch import scratch_folder, temporary_files_in_scratch

ROOT = Path(__file__).resolve().parents[1]
HOLD = """
import sys, time
from harness.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "left").write_text("behind")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_scratch_folder_is_removed_at_the_end(temporary: Path) -> None:
    with scratch_folder() as folder:
        (folder / "file").write_text("text")
        assert list(temporary.iterdir()) == [folder.parent]
    assert list(temporary.iterdir()) == []


def test_an_interrupt_as_the_folder_is_made_leaves_nothing(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal that comes during a system call is handled right after it."""
    make = os.mkdir

    def interrupted(path: str, mode: int = 0o777) -> None:
        make(path, mode)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "mkdir", interrupted)
    with pytest.raises(KeyboardInterrupt), scratch_folder():
        pass
    assert list(temporary.iterdir()) == []


def test_temporary_files_lie_in_a_scratch_folder_and_end_with_it(temporary: Path) -> None:
    with temporary_files_in_scratch(), tempfile.NamedTemporaryFile(delete=False) as file:
        (scratch,) = temporary.iterdir()
        assert scratch in Path(file.name).parents
        with scratch_folder() as inner:
            assert scratch in inner.parents
    assert list(temporary.iterdir()) == []
    assert tempfile.gettempdir() == str(temporary)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs locks that end with their process")
def test_what_a_killed_process_left_is_removed_and_what_is_in_use_is_not(temporary: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, env=environment, text=True)
    assert process.stdout is not None
    left = Path(process.stdout.readline().strip())
    with scratch_folder():
        assert (left / "left").exists()  # its process is alive
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (left / "left").exists()
    with scratch_folder():
        assert not left.parent.exists()
