"""Ctrl-C in a comparison: what had been computed is kept, and said to be a part."""

import json
from dataclasses import replace

import numpy as np
import pytest

from harness.backends import compare, jobs
from harness.backends.case import Case, Start
from harness.backends.jobs import OUTCOME, START, UPDATES
from harness.backends.results import Outcome
from harness.cli import main as cli
from harness.report import backends
from tests.backends.results_for_tests import JAX, TENSORFLOW, TOP, TORCH, computed

SETUPS = (TENSORFLOW, JAX, TORCH)
AFTER_UPDATES, SEEDS = 100, 5


class FakeWorkers:
    """Compute nothing: TensorFlow and JAX agree, and PyTorch differs from both at its top layer.

    Args:
        stop: number of the job in which Ctrl-C comes; None for never.
    """

    def __init__(self, stop=None):
        self.stop, self.jobs, self.is_killed = stop, [], False

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def compute(self, setup, case, progress, *, parts=(START, UPDATES), **switches):
        self.jobs.append((setup.backend, parts))
        for number in range(jobs.steps_of(parts, case)):
            progress(f"step {number}")
        if len(self.jobs) == self.stop:
            raise KeyboardInterrupt
        if parts == (OUTCOME,):
            seeds = len(case.starts)
            outcome = Outcome(losses=np.zeros(seeds), predictions=np.zeros((seeds, *case.held_y.shape)))
            return replace(computed(), outcome=outcome)
        return computed(off={TOP: 1e-3}) if setup == TORCH else computed()

    def kill(self):
        self.is_killed = True


@pytest.fixture(autouse=True)
def all_are_installed(monkeypatch):
    monkeypatch.setattr(compare, "is_installed", lambda backend: True)


def case(seeds=SEEDS):
    weights = [np.ones((2, 1))]
    return Case(
        name="mine",
        model={"class_name": "Sequential", "config": {"name": "all", "layers": []}},
        loss="mean_squared_error",
        optimizer={"class_name": "SGD", "config": {"learning_rate": 0.1}},
        weights=weights,
        x={"": np.zeros((3, 2))},
        y=np.arange(3.0),
        batches=[np.arange(3)] * AFTER_UPDATES,
        starts=[Start(weights=weights, batches=[np.arange(3)])] * seeds,
        held_y=np.arange(3.0),
    )


def run(stop=None, setups=SETUPS):
    """(the comparison, the workers, the pairs that were given before the end, progress)"""
    workers, judged, progress = FakeWorkers(stop), [], []
    result = compare.compare_cases(
        [(setup, case()) for setup in setups],
        workers,
        lambda *step: progress.append(step),
        lambda pair: judged.append((pair.left.backend, pair.right.backend, len(workers.jobs))),
    )
    return result, workers, judged, progress


def test_pairs_are_given_as_soon_as_they_are_judged_and_trainings_come_last():
    result, workers, judged, _ = run()
    assert judged[0] == ("tensorflow", "jax", 2)
    assert [names[:2] for names in judged] == [("tensorflow", "jax"), ("tensorflow", "torch"), ("jax", "torch")]
    assert workers.jobs[-3:] == [(setup.backend, (OUTCOME,)) for setup in SETUPS]
    assert [pair.agrees for pair in result.pairs] == [True, False, False]
    assert all(pair.scores is not None for pair in result.pairs)
    assert not result.interrupted
    assert not workers.is_killed


def test_every_step_is_counted():
    _, _, _, progress = run(setups=SETUPS[:2])
    # two times: the model, the start and the updates, both again in float64, the model again, five trainings
    assert [(done, total) for done, total, _ in progress] == [(number, 22) for number in range(22)]


def test_setups_that_were_compared_are_kept():
    result, workers, judged, _ = run(stop=3)
    assert workers.is_killed
    assert result.interrupted
    assert len(judged) == len(result.pairs) == 1
    assert result.pairs[0].agrees
    assert [run.problem for run in result.runs] == [None, None, compare.Problem.INTERRUPTED]
    assert not result.is_judged
    assert backends.verdict(result)[-1] == "Interrupted: PyTorch could not be compared."


def test_a_difference_is_kept_without_its_reason():
    result, _, judged, _ = run(stop=3, setups=(TENSORFLOW, TORCH))
    assert judged == []
    (pair,) = result.pairs
    assert (pair.first.quantity, pair.reasons) == (TOP, None)
    assert "The search for a reason was interrupted." in backends.verdict(result)[0]
    assert result.to_dict()["pairs"][0]["reasons"] is None


def test_a_comparison_is_kept_without_its_trainings():
    result, *_ = run(stop=4, setups=SETUPS[:2])
    assert [run.problem for run in result.runs] == [None, None]
    assert result.pairs[0].scores is None
    assert backends.verdict(result)[-1] == "Interrupted: every setup was compared, but not every one was trained."


def test_the_lines_of_pairs():
    result, *_ = run()
    assert [backends.pair_line(pair) for pair in result.pairs[:2]] == [
        "TensorFlow and JAX agree",
        "TensorFlow and PyTorch part at layer top",
    ]


def command(monkeypatch, folder, stop, *options):
    """The exit code of ``harness compare`` of three backends with Ctrl-C in one of the jobs."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(compare, "Workers", lambda: FakeWorkers(stop))
    return cli.main(["compare", "post", "--backends", "tensorflow,jax,torch", *options])


def test_the_command_prints_what_is_done(tmp_path, monkeypatch, capsys):
    assert command(monkeypatch, tmp_path, 3, "--json", "--no-log") == 130
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert (document["interrupted"], document["judged"], len(document["pairs"])) == (True, False, 1)
    assert err == "harness: interrupted\n"


@pytest.mark.slow
def test_the_command_logs_what_is_done(tmp_path, monkeypatch, capsys):
    assert command(monkeypatch, tmp_path, 3, "--name", "cut") == 130
    err = capsys.readouterr().err
    assert err == "harness: interrupted: logs/post/cut keeps what was recorded, and is marked UNFINISHED\n"
    assert (tmp_path / "logs/post/cut/report.html").is_file()
    assert (tmp_path / "logs/post/cut/UNFINISHED").is_file()


def test_the_command_prints_nothing_where_no_two_setups_are_done(tmp_path, monkeypatch, capsys):
    assert command(monkeypatch, tmp_path, 2, "--name", "cut") == 130
    assert capsys.readouterr() == ("", "harness: interrupted\n")
    assert not list(tmp_path.rglob("cut"))
