"""Hand-ins that are judged on a Ray cluster: the results are those of one machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import cluster
from harness.grading import cluster as grading_cluster
from harness.grading.grade import Settings, judge
from harness.grading.hand_ins import hand_in_at, staged
from tests.grading.classes import network
from tests.processes import PATIENCE, start_harness
from tests.ray_cluster import environment, workers


@pytest.fixture
def folder(tmp_path) -> Path:
    """A right file, a wrong one in a folder, one that does not train, and something that is not a hand-in."""
    folder = tmp_path / "class"
    (folder / "bob").mkdir(parents=True)
    (folder / "ann.py").write_text(network(0))
    (folder / "bob" / "net.py").write_text(network(0, "missing-hidden-activation-derivative"))
    (folder / "cy.py").write_text("print('hello')\n")
    (folder / "dan.pdf").write_bytes(b"%PDF")
    return folder


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    """``python -m harness check`` beside the folder."""
    line = ["check", folder, "--seconds", "60", "--json", *options]
    return start_harness(*line, cwd=folder.parent, environment=environment())


def test_a_worker_gets_the_copy_that_is_judged_here(folder, tmp_path):
    for name in ("ann.py", "bob"):
        hand_in = hand_in_at(folder / name)
        part = grading_cluster.sent(0, hand_in, Settings())
        assert part.stage(hand_in, tmp_path / f"{name}-there") == staged(hand_in, tmp_path / f"{name}-here")
        there, here = (grading_cluster.read_files(tmp_path / f"{name}-{place}") for place in ("there", "here"))
        assert there == here
        assert part.key == judge(hand_in, Settings(), {part.key: None})[0]


def test_a_worker_without_the_sandbox_is_not_given_work(monkeypatch):
    monkeypatch.setattr(grading_cluster, "find_namespaces", lambda: None)
    sent = grading_cluster.SentSettings(settings=Settings(), box="namespaces of the kernel", tests=None)
    with pytest.raises(cluster.OtherMachine, match="no sandbox by namespaces of the kernel"):
        grading_cluster.settings_here(sent)


@pytest.mark.slow
def test_a_class_gets_the_same_results_on_a_cluster(address, folder, tmp_path):
    here, there = start(folder), start(folder, "--ray", address, "--results", str(tmp_path / "results"))
    out, err = here.communicate(timeout=PATIENCE)
    assert there.communicate(timeout=PATIENCE) == (out, err)
    assert here.returncode == there.returncode == 3
    verdicts = [(one["id"], one["verdict"]) for one in json.loads(out)["hand_ins"]]
    assert verdicts == [("ann.py", "correct"), ("bob", "mistake"), ("cy.py", "not judged"), ("dan.pdf", "not judged")]
    again = start(folder, "--ray", address, "--results", str(tmp_path / "results"), "--resume")
    assert again.communicate(timeout=PATIENCE)[0] == out


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc for the workers")
def test_a_worker_and_the_machine_that_started_it_are_lost(address, folder, tmp_path):
    for number in range(6):
        (folder / f"e{number}.py").write_text(network(number))
    journal = tmp_path / "results" / "journal.jsonl"
    options = ("--ray", address, "--results", str(tmp_path / "results"))
    process = start(folder, *options)
    deadline = time.monotonic() + PATIENCE
    while not (journal.exists() and journal.read_text()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for pid in workers(address)[:1]:
        os.kill(pid, signal.SIGKILL)
    process.kill()
    process.communicate(timeout=PATIENCE)
    done = [line for line in journal.read_text().splitlines(keepends=True) if line.endswith("\n")]  # one may be torn
    resumed = start(folder, *options, "--resume")
    out, err = resumed.communicate(timeout=PATIENCE)
    assert out == start(folder).communicate(timeout=PATIENCE)[0], err
    assert journal.read_text().splitlines(keepends=True)[: len(done)] == done
