"""Trainings of a diagnosis on a Ray cluster of this machine, whose workers are killed: the same bytes as without it."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time

import pytest

from harness import cluster
from harness.diagnosis import cluster as diagnosis_cluster
from tests.processes import PATIENCE, start_harness
from tests.ray_cluster import environment, workers

# a network that does not learn: all weights equal; its search trains many variants, its proof several groups of seeds
SCRIPT = """
import keras, numpy as np
rng = np.random.default_rng(0)
x = rng.normal(size=(300, 4)).astype("float32")
y = (x[:, 0] * x[:, 1] > 0).astype("float32")
model = keras.Sequential([
    keras.layers.Dense(16, activation="relu", kernel_initializer="zeros"),
    keras.layers.Dropout(0.1),
    keras.layers.Dense(1, activation="sigmoid"),
])
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=40, batch_size=32, verbose=0)
"""
# of the program, whose clock aborts after six budgets, with time for workers to load TensorFlow
TARGETS = {
    "scenario": ["post", "--iterations", "2000", "--budget", "10"],
    "program": ["train.py", "--budget", "60"],
}


def killed_once(address, process):
    """Kill the first worker that trains, if there is one."""
    while process.poll() is None:
        for pid in workers(address)[:1]:
            os.kill(pid, signal.SIGKILL)
            return
        time.sleep(0.05)


def diagnosed(folder, *arguments, address=None):
    """The document that ``harness diagnose`` prints, without the seconds that it took."""
    folder.mkdir()
    (folder / "train.py").write_text(SCRIPT)
    ray = [] if address is None else ["--ray", address]
    process = start_harness("diagnose", *arguments, *ray, "--no-log", "--json", cwd=folder, environment=environment())
    if address is not None:
        threading.Thread(target=killed_once, args=(address, process), daemon=True).start()
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, err
    document = json.loads(out)
    document.pop("seconds", None)
    return document, err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc for the workers")
@pytest.mark.parametrize(
    "kind", [pytest.param("scenario", marks=pytest.mark.slow), pytest.param("program", marks=pytest.mark.long)]
)
def test_a_diagnosis_on_a_cluster_that_loses_a_worker_is_that_of_this_machine(kind, address, tmp_path):
    here, _ = diagnosed(tmp_path / "here", *TARGETS[kind])
    there, err = diagnosed(tmp_path / "there", *TARGETS[kind], address=address)
    assert here["causes"]
    assert there == here
    assert "worker died" in err  # as Ray reports it


class Unreadable:
    """What can be pickled, and not be read."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __setstate__(self, state: dict[str, int]) -> None:
        raise ValueError("cannot be read")


class Unsendable(Unreadable):
    """What cannot be pickled."""

    def __getstate__(self) -> dict[str, int]:
        raise ValueError("cannot be pickled")


def doubled(part):
    """The work of these tests."""
    return 2 * getattr(part, "value", part)


def test_parts_that_cannot_be_sent_or_are_lost_are_done_here_and_all_keep_their_order(monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")

    def spread(work, common, parts, versions, lost):
        sent = list(parts)
        assert [part.pickled is None for part in sent] == [False, False, True, False]
        yield lost(sent[3])
        yield from (work(common, part) for part in reversed(sent[:3]))

    monkeypatch.setattr(cluster, "is_connected", lambda: True)
    monkeypatch.setattr(cluster, "spread", spread)
    monkeypatch.setattr(diagnosis_cluster, "arithmetic", lambda: "bits")
    parts = [1, Unreadable(2), Unsendable(3), 4]
    assert list(diagnosis_cluster.do_in_order(doubled, parts)) == [2, 4, 6, 8]


def test_without_a_cluster_parts_are_done_here_one_after_another():
    done = diagnosis_cluster.do_in_order(doubled, iter([1, 2, 3]))
    assert [next(done), next(done), next(done)] == [2, 4, 6]


def test_a_worker_that_rounds_differently_is_refused(monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
    monkeypatch.setattr(diagnosis_cluster, "arithmetic", lambda: "other bits")
    sent = diagnosis_cluster.Sent(number=0, pickled=diagnosis_cluster.pickled(1))
    with pytest.raises(cluster.OtherMachine, match="rounds differently"):
        diagnosis_cluster.do_there((doubled, "bits"), sent)


@pytest.mark.slow
def test_the_rounding_of_this_machine_is_one_number():
    assert diagnosis_cluster.arithmetic() == diagnosis_cluster.arithmetic.__wrapped__()
