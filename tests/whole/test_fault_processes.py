"""Faults of the machine and of timing, in real processes: full and closed outputs, pipes."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from harness.cli import main as cli
from tests.processes import PATIENCE, start_harness

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("--iterations", "1", "--init", "ones")


def start(*arguments, cwd, **streams):
    """Start ``python -m harness``."""
    temporary = {"TMPDIR": "/dev/shm" if Path("/dev/shm").is_dir() else "/tmp"}
    return start_harness(*arguments, cwd=cwd, environment=temporary, **streams)


@contextlib.contextmanager
def files_no_larger_than(limit):
    """No file of this process, which has loaded TensorFlow, may exceed so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def ended(process):
    """(exit code, stdout, stderr)"""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, out, err


def is_plain(err: str) -> bool:
    """One line or two of ours, and no traceback."""
    return err.startswith("harness: ") and 1 <= len(err.splitlines()) <= 2 and "Traceback" not in err


@pytest.mark.slow
def test_no_half_csv_where_files_may_not_grow(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kept.csv").write_text("mine\n")
    arguments = ("sweep", *SMALL, "--init", "glorot_uniform", "--seeds", "2000", "--no-log", "--csv", "kept.csv")
    with files_no_larger_than(20_000):
        code = cli.main(list(arguments))
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert is_plain(err)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.csv"]
    assert (tmp_path / "kept.csv").read_text() == "mine\n"


@pytest.mark.slow
def test_no_half_run_where_files_may_not_grow(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with files_no_larger_than(5_000):
        code = cli.main(["compare", *SMALL, "--name", "x"])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert is_plain(err)
    folder = tmp_path / "logs" / "post" / "x"
    assert not folder.exists() or (folder / "UNFINISHED").exists()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_result_that_cannot_be_written_is_reported(tmp_path):
    with open("/dev/full", "w") as full:
        code, _, err = ended(start("check", "mine.py", cwd=tmp_path, stdout=full))
        assert code == 2
        (tmp_path / "mine.py").write_text("def forward(weights, x):\n    raise ValueError\n")
        code, _, err = ended(start("check", "mine.py", "--json", cwd=tmp_path, stdout=full))
    assert code == 2
    assert is_plain(err)
    assert "No space left" in err


@pytest.mark.slow
def test_closed_outputs_go_nowhere_and_into_no_file_of_ours(tmp_path):
    command = f"exec {sys.executable} -m harness compare {' '.join(SMALL)} --name x >&- 2>&-"
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=PATIENCE
    )
    assert done.returncode == 0
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for file in (tmp_path / "logs").rglob("*tfevents*"):
        events = EventAccumulator(str(file))
        events.Reload()
        assert events.Tags()["tensors"]


@pytest.mark.parametrize("command", ["check mine.py", pytest.param("check mine.py --json", marks=pytest.mark.slow)])
def test_the_exit_code_is_that_of_the_answer_if_its_reader_goes(command, tmp_path):
    command = f"{sys.executable} -m harness {command} | exec 0<&-; echo ${{PIPESTATUS[0]}}"
    (tmp_path / "mine.py").write_text("def forward(weights, x):\n    raise ValueError('x' * 100000)\n")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout.strip() == "3"
    assert done.stderr == ""


@contextlib.contextmanager
def mounted(options: str):
    """A file system of its own; skips if none can be mounted."""
    folder = tempfile.mkdtemp()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        shutil.rmtree(folder)
        pytest.skip("nothing can be mounted here, which needs root")
    try:
        yield Path(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mount") is None, reason="no mount here")
@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", *SMALL, "--name", "x", "--log-dir"),
        ("sweep", *SMALL, "--seeds", "2", "--name", "x", "--log-dir"),
        ("diagnose", *SMALL, "--budget", "1", "--name", "x", "--log-dir"),
        ("sweep", "--iterations", "1", "--init", "he_normal", "--seeds", "3000", "--no-log", "--csv"),
        ("check", "net.py", "--sandbox", "off", "--csv"),
        ("new",),
    ],
    ids=lambda arguments: " ".join(arguments[:1]) + (" csv" if "--csv" in arguments else ""),
)
@pytest.mark.parametrize("options", ["size=16k", "ro"], ids=["full", "read-only"])
def test_a_full_or_read_only_disk(tmp_path, monkeypatch, capsys, arguments, options):
    """In this process, which has loaded TensorFlow."""
    monkeypatch.chdir(tmp_path)
    with mounted(options) as disk:
        (tmp_path / "net.py").write_text("x = 1\n")
        if options != "ro":
            with contextlib.suppress(OSError), open(disk / "filler", "wb") as file:
                file.write(bytes(16_384 if arguments[0] in ("new", "diagnose", "check") else 4096))
        place = disk / "logs" if arguments[-1] == "--log-dir" else disk / "mine.py"
        code = cli.main([*arguments, str(place)])
        out, err = capsys.readouterr()
        assert (code, out) == (2, ""), err
        assert is_plain(err), err
        assert not (disk / "mine.py").exists()
        run = disk / "logs" / "post" / "x"
        assert not run.exists() or (run / "UNFINISHED").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("sweep", "--seeds", "1000000000000"),
        ("sweep", "--hidden", "5000,5000", "--iterations", "1"),
    ],
)
def test_what_cannot_fit_into_memory_is_refused_with_what_to_do(tmp_path, arguments):
    code, out, err = ended(start(*arguments, cwd=tmp_path))
    assert (code, out) == (2, "")
    assert is_plain(err)
    assert "give fewer" in err or "record fewer" in err
    assert list(tmp_path.iterdir()) == []
