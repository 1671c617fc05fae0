"""A sweep that is taken up again: the bytes of one that was never stopped, and nothing trained twice."""

from __future__ import annotations

import contextlib
import io
import json
import resource
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import board
from harness.cli import main as cli
from harness.scenario.scenario import load
from harness.sweeps import chunks, provenance, sweep

ARGUMENTS = ["sweep", "--init", "glorot_uniform,ones", "--learning-rate", "0.5,3", "--seeds", "300"]
ARGUMENTS += ["--iterations", "20", "--json", "--csv", "members.csv"]
MEMBERS = 2 * 300 + 2


def files(folder):
    """{path: content} of all files under a folder"""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """A hundred members each, so that a combination has three."""
    monkeypatch.setattr(sweep, "CHUNK", 100)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """The folder of a whole sweep, and its stdout."""
    folder = tmp_path_factory.mktemp("sweep")
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.setattr(sweep, "CHUNK", 100)
        patch.chdir(folder)
        assert cli.main([*ARGUMENTS, "--name", "s"]) == 0
    return folder, out.getvalue()


@pytest.fixture
def swept(original, tmp_path, monkeypatch):
    """A whole sweep in tmp_path/logs/post/s; its folder, and its stdout and CSV."""
    folder, out = original
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Path("logs/post/s"), out, Path("members.csv").read_bytes()


def resumed(capsys, *more):
    """Take it up again: (exit code, stdout, stderr)."""
    code = cli.main([*ARGUMENTS, *more, "--name", "s", "--resume"])
    return code, *capsys.readouterr()


def test_chunks_are_written_and_the_sweep_is_described(swept):
    folder, _, _ = swept
    names = {path.name for path in (folder / "chunks").iterdir()}
    drawn = {f"{n}-{first}-{first + 100}.npz" for n in (0, 1) for first in (0, 100, 200)}
    assert names == drawn | {"2-0-1.npz", "3-0-1.npz"}
    described = json.loads((folder / "sweep.json").read_text())
    assert described["scenario"]["iterations"] == 20
    assert described["combinations"][1] == {"initializer": "glorot_uniform", "optimizer": "sgd", "learning_rate": 3.0}
    assert described["versions"] == provenance.versions()
    assert not (folder / board.UNFINISHED).exists()


@pytest.mark.every(2)
@pytest.mark.parametrize("lost", [["0-100-200.npz"], ["1-0-100.npz", "1-100-200.npz", "3-0-1.npz"], None])
def test_an_unfinished_sweep_comes_to_the_same_bytes_and_trains_only_what_is_missing(swept, capsys, monkeypatch, lost):
    folder, out, table = swept
    whole = files(folder)
    lost = [path.name for path in (folder / "chunks").iterdir()] if lost is None else lost
    for name in lost:
        (folder / "chunks" / name).unlink()
    Path("members.csv").unlink()
    board.mark(folder)
    before = {path: path.stat().st_mtime_ns for path in (folder / "chunks").iterdir()}
    trained = []
    train_part = sweep.train_part

    def watched(job, part, chunk):
        for group in train_part(job, part, chunk):
            trained.append(len(group.seeds))
            yield group

    monkeypatch.setattr(sweep, "train_part", watched)
    code, again, err = resumed(capsys)
    members = sum(int(end) - int(first) for _, first, end in (name[:-4].split("-") for name in lost))
    assert (code, again) == (0, out)
    assert err == (
        f"harness: logs/post/s: {MEMBERS - members} of {MEMBERS} networks are done, in {8 - len(lost)} chunks\n"
    )
    assert sum(trained) == members
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert Path("members.csv").read_bytes() == table
    now = files(folder)
    assert set(now) == set(whole)
    assert {n: c for n, c in now.items() if ".npz" not in n} == {n: c for n, c in whole.items() if ".npz" not in n}


def test_a_finished_sweep_prints_its_results_and_writes_nothing(swept, capsys):
    folder, out, _ = swept
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert resumed(capsys)[:2] == (0, out)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_chunk_is_read_whole_or_not_at_all(tmp_path_factory, data):
    """Whatever byte is changed, wherever it is cut: the chunk is as it was, or is said to be none."""
    folder = tmp_path_factory.mktemp("chunk")
    job = sweep.Job(
        scenario=load("post"),
        combinations=(sweep.Combination("glorot_uniform", "sgd", 0.5),),
        seeds=7,
        target=0.1,
        constant_cost=0.4,
    )
    values = np.arange(7.0)
    group = sweep.Group(
        combination=job.combinations[0],
        seeds=range(7),
        final_cost=values,
        reached_at=values / 3,
        stuck=values > 2,
        clones=values > 4,
        accuracy=values / 10,
    )
    chunks.write_chunk(folder, job, group)
    (path,) = (folder / "chunks").iterdir()
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    found = chunks.read(folder, job)
    if found:
        assert found[0].final_cost.tolist() == values.tolist()
        assert found[0].reached_at.tolist() == (values / 3).tolist()
        assert found[0].stuck.tolist() == (values > 2).tolist()
        assert found[0].clones.tolist() == (values > 4).tolist()
    else:
        assert not path.exists()


def test_a_chunk_that_would_be_unpickled_is_none(tmp_path):
    job = sweep.Job(
        scenario=load("post"),
        combinations=(sweep.Combination("ones", "sgd", 0.5),),
        seeds=1,
        target=0.1,
        constant_cost=0.4,
    )
    (tmp_path / "chunks").mkdir()
    evil = np.array([print], object)
    np.savez(tmp_path / "chunks" / "0-0-1.npz", final_cost=evil, reached_at=evil, stuck=evil, clones=evil)
    assert chunks.read(tmp_path, job) == []


def test_of_two_chunks_with_one_member_one_is_taken(tmp_path):
    job = sweep.Job(
        scenario=load("post"),
        combinations=(sweep.Combination("glorot_uniform", "sgd", 0.5),),
        seeds=9,
        target=0.1,
        constant_cost=0.4,
    )
    for seeds in (range(0, 5), range(3, 9)):
        values = np.array(seeds, np.float64)
        chunks.write_chunk(
            tmp_path,
            job,
            sweep.Group(
                combination=job.combinations[0],
                seeds=seeds,
                final_cost=values,
                reached_at=values,
                stuck=values > 0,
                clones=values > 0,
                accuracy=values / 10,
            ),
        )
    found = chunks.read(tmp_path, job)
    assert [group.seeds for group in found] == [range(5)]
    assert sweep.missing(job, found) == [(job.combinations[0], range(5, 9))]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--iterations", "21"], "scenario.iterations 20, got 21"),
        (["--seed", "1"], "scenario.seed 0, got 1"),
        pytest.param(["--dtype", "float32"], "scenario.x 'float64 (2, 2)", marks=pytest.mark.slow),
        pytest.param(["--hidden", "3,4"], "scenario.network.sizes[2] 3, got 4", marks=pytest.mark.slow),
        pytest.param(["--optimizer", "adam"], "combinations[0].optimizer 'sgd', got 'adam'", marks=pytest.mark.slow),
        (["--seeds", "301"], "seeds 300, got 301"),
        (["--target", "0.25"], "got 0.25"),
    ],
)
def test_another_sweep_does_not_go_on_there(swept, capsys, options, told):
    folder, _, _ = swept
    before = files(folder)
    code, out, err = resumed(capsys, *options)
    assert (code, out) == (2, "")
    assert told in err
    assert len(err.splitlines()) == 1
    assert files(folder) == before


def test_other_versions_and_another_processor_do_not_go_on_there(swept, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(provenance.np, "__version__", "1.0")
        code, _, err = resumed(capsys)
    assert code == 2
    assert "versions.numpy" in err
    monkeypatch.setattr(provenance, "arithmetic", lambda job: "0")
    code, _, err = resumed(capsys)
    assert code == 2
    assert "rounds differently" in err


@pytest.mark.slow
def test_how_a_machine_rounds_is_seen_in_the_last_bit(monkeypatch):
    job = sweep.job(load("post", {"dtype": "float32"}), [sweep.Combination("glorot_uniform", "sgd", 0.5)], 100)
    here = provenance.arithmetic(job)
    assert provenance.arithmetic(job) == here
    outcomes = sweep.ensemble.outcomes

    def rounding_otherwise(*arguments):
        for done in outcomes(*arguments):
            done.costs[-1, 3] = np.nextafter(done.costs[-1, 3], np.float32(1))
            yield done

    monkeypatch.setattr(sweep.ensemble, "outcomes", rounding_otherwise)
    assert provenance.arithmetic(job) != here


def test_what_is_not_a_sweep_is_left_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = Path("logs/post/s")
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    code, _, err = resumed(capsys)
    assert (code, err) == (2, "harness: logs/post/s: holds no sweep that can be resumed; choose another name\n")
    for content in ("{", "[]", '{"format": 1}'):
        (folder / "sweep.json").write_text(content)
        code, _, err = resumed(capsys)
        assert code == 2
        assert len(err.splitlines()) == 1
        assert "sweep.json" in err
    assert set(files(folder)) == {"notes.txt", "sweep.json"}


def test_resume_begins_what_nobody_has_begun(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, _, err = resumed(capsys)
    assert (code, err) == (0, f"harness: logs/post/s: 0 of {MEMBERS} networks are done, in 0 chunks\n")
    assert not Path("logs/post/s/UNFINISHED").exists()


@pytest.mark.parametrize("options", [["--resume"], ["--resume", "--no-log", "--name", "s"]])
def test_resume_wants_a_folder(options, capsys):
    assert cli.main(["sweep", *options]) == 2
    assert "--name" in capsys.readouterr().err


def test_two_at_once_do_not_take_up_one_sweep(swept, capsys):
    folder, out, _ = swept
    with board.resumed_folder(Path("logs"), "post", "s"):
        code, _, err = resumed(capsys)
    assert (code, err) == (
        2,
        "harness: logs/post/s: another process is writing to it; wait for it, or choose another name\n",
    )
    assert resumed(capsys)[:2] == (0, out)
    with board.run_folder(Path("logs"), "post", "new"):
        code = cli.main(["sweep", "--name", "new", "--resume"])
    assert code == 2
    assert "another process" in capsys.readouterr().err
    assert not Path("logs/post/new").joinpath(board.UNFINISHED).exists()


def test_a_full_disk_keeps_what_was_done(tmp_path, monkeypatch, capsys):
    """No file may grow over 2000 bytes, which a manifest does not need and a chunk does: as on a full disk."""
    monkeypatch.chdir(tmp_path)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        code = cli.main([*ARGUMENTS, "--name", "s"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.startswith("harness: logs/post/s/chunks: cannot be written (File too large)")
    folder = Path("logs/post/s")
    assert (folder / board.UNFINISHED).exists()
    assert [path.name for path in (folder / "chunks").iterdir()] == []
    code, out, _ = resumed(capsys)
    assert code == 0
    assert len(json.loads(out)["combinations"]) == 4
