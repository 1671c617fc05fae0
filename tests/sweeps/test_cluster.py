"""A sweep on a Ray cluster of this machine, whose workers are killed: the bytes are those of a sweep without it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from harness import BadInput, cluster
from harness.cli import main as cli
from harness.scenario.scenario import load
from harness.sweeps import cluster as sweep_cluster
from harness.sweeps import provenance, sweep
from tests.processes import PATIENCE, start_harness
from tests.ray_cluster import command_lines, environment, workers

# eight chunks on two cores, of a second each, and twice as many on one
ARGUMENTS = ["sweep", "--init", "glorot_uniform", "--learning-rate", "0.5,1,1.5,2,2.5,3,3.5,4", "--seeds", "16000"]
ARGUMENTS += ["--iterations", "10000", "--dtype", "float32", "--json", "--csv", "members.csv", "--name", "s"]
CHUNKS = 8
KILLS = 16  # of a sweep, two with each number of chunks done


def start(arguments, folder):
    """``python -m harness`` in a new folder, in which somebody has a models.py of his own."""
    folder.mkdir(exist_ok=True)
    (folder / "models.py").write_text("raise SystemExit('somebody else')\n")
    return start_harness(*arguments, cwd=folder, environment=environment())


def ended(process):
    """Its exit code, stdout and stderr"""
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def chunks_of(folder):
    """{name: content} of the finished chunks"""
    return {path.name: path.read_bytes() for path in (folder / "logs/post/s/chunks").glob("*.npz")}


def wait_for(what, process):
    """Wait until ``what()`` holds, while the process runs."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_for_no_workers(address):
    """Wait until the cluster does no work."""
    deadline = time.monotonic() + PATIENCE
    while workers(address) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert workers(address) == []


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The sweep without Ray: stdout and CSV."""
    folder = tmp_path_factory.mktemp("local")
    code, out, err = ended(start(ARGUMENTS, folder))
    assert (code, err) == (0, "")
    return out, (folder / "members.csv").read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc for the workers")
def test_a_sweep_goes_from_a_cluster_to_this_machine_and_back_through_every_interrupt(address, local, tmp_path):
    """Ctrl-C ends the work on the cluster, kill -9 that of this machine, and then a worker dies: no byte differs."""
    process = start([*ARGUMENTS, "--ray", address], tmp_path)
    wait_for(lambda: len(chunks_of(tmp_path)) >= 1, process)
    process.send_signal(signal.SIGINT)
    code, out, err = ended(process)
    assert code == 130, err
    assert json.loads(out)["interrupted"] is True
    assert err.endswith("to continue, add --name s --resume\n")
    wait_for_no_workers(address)
    done = chunks_of(tmp_path)

    process = start([*ARGUMENTS, "--resume"], tmp_path)
    wait_for(lambda: len(chunks_of(tmp_path)) > len(done), process)
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert done.items() <= chunks_of(tmp_path).items()
    done = chunks_of(tmp_path)

    process = start([*ARGUMENTS, "--resume", "--ray", address], tmp_path)
    wait_for(lambda: len(chunks_of(tmp_path)) > len(done) and len(workers(address)) == 2, process)
    killed = workers(address)[0]
    os.kill(killed, signal.SIGKILL)
    code, out, err = ended(process)
    assert (code, out) == (0, local[0]), err
    assert (tmp_path / "members.csv").read_bytes() == local[1]
    assert done.items() <= chunks_of(tmp_path).items()
    assert f"in {len(done)} chunks" in err
    assert "worker died" in err  # as Ray tells it
    assert killed not in command_lines()


@pytest.mark.long
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc for the workers")
@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_sweep_leaves_no_work_on_the_cluster_and_goes_on(number, address, local, tmp_path):
    process = start([*ARGUMENTS, "--ray", address], tmp_path)
    wait_for(lambda: len(chunks_of(tmp_path)) >= number % CHUNKS, process)
    time.sleep(random.Random(number).random())
    process.kill()
    process.communicate(timeout=PATIENCE)
    wait_for_no_workers(address)
    done = chunks_of(tmp_path)
    code, out, err = ended(start([*ARGUMENTS, "--resume", "--ray", address], tmp_path))
    assert (code, out) == (0, local[0]), err
    assert (tmp_path / "members.csv").read_bytes() == local[1]
    assert done.items() <= chunks_of(tmp_path).items()


@pytest.mark.slow
def test_a_worker_of_another_version_is_not_given_work(address, tmp_path):
    script = "import sys, types; from harness.cli import main as cli, terminal\n"
    script += "with terminal.silent_import(): from harness.sweeps import provenance\n"
    script += "provenance.np = types.SimpleNamespace(__version__='1.0'); "
    script += f"sys.exit(cli.main({[*ARGUMENTS, '--ray', address]!r}))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "has numpy" in done.stderr
    assert "this machine has 1.0" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list((tmp_path / "logs" / "post").iterdir()) == []


def test_a_worker_says_in_what_it_is_another(monkeypatch):
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
    monkeypatch.setattr(ray.util, "get_node_ip_address", lambda: "10.0.0.7")
    job = sweep.job(load("post", {"iterations": 5}), [sweep.Combination("glorot_uniform", "sgd", 0.5)], 3)
    here = provenance.provenance_of(job)
    (trained,) = sweep.train_part(job, job.parts[0], 3)

    def trained_there(wanted, arithmetic):
        monkeypatch.setattr(cluster, "common_of", lambda reference: (job, arithmetic))
        return cluster.do_there(sweep_cluster.train_there, provenance.versions, wanted, [None], job.parts[0])

    found = trained_there(here["versions"], here["arithmetic"])
    assert found.final_cost.tolist() == trained.final_cost.tolist()
    other = trained_there({**here["versions"], "tensorflow": "2.0"}, here["arithmetic"])
    assert other.reason.startswith("10.0.0.7 has tensorflow 2.2")
    assert "rounds differently" in trained_there(here["versions"], "0").reason


def test_workers_have_as_many_threads_as_this_machine_or_as_the_user_wants(monkeypatch):
    """XLA divides products among them, and so adds in another order."""
    for name in ("XLA_FLAGS", "TF_NUM_INTRAOP_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(5)), raising=False)
    assert cluster.rounding_environment() == {"TF_NUM_INTRAOP_THREADS": "5"}
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "1")
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_prefer_vector_width=512")
    wanted = {"TF_NUM_INTRAOP_THREADS": "1", "XLA_FLAGS": "--xla_cpu_prefer_vector_width=512"}
    assert cluster.rounding_environment() == wanted


def test_pieces_are_all_members_once():
    one, other = (sweep.Combination(start, "sgd", 0.5) for start in ("ones", "glorot_uniform"))
    found = list(sweep_cluster.pieces([sweep.Part(one, range(1)), sweep.Part(other, range(5, 12))], 3))
    assert found == [(one, range(1)), (other, range(5, 8)), (other, range(8, 11)), (other, range(11, 12))]


@pytest.mark.parametrize("address", ["xor", "127.0.0.1:1", "no.such.host.invalid:6379", "127.0.0.1:99999"])
def test_no_cluster_is_reported_in_a_line(address, tmp_path, monkeypatch, capsys):
    pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
    monkeypatch.chdir(tmp_path)
    began = time.monotonic()
    assert cli.main(["sweep", "--ray", address, "--seeds", "1", "--iterations", "1"]) == 2
    assert time.monotonic() - began < 30
    out, err = capsys.readouterr()
    assert out == ""
    assert address in err
    assert len(err.splitlines()) == 1
    assert not any(tmp_path.glob("logs/post/*"))


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["nothing", "another protocol"])
def test_a_server_that_is_not_a_cluster_is_reported_in_a_line_within_the_limit(says, monkeypatch):
    """Ray itself would wait for one that accepts and says nothing for as long as it likes."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
    monkeypatch.setattr(cluster, "CONNECT_TIMEOUT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with contextlib.suppress(OSError):
                client, _ = server.accept()
                client.sendall(says)
                time.sleep(1.0)

        threading.Thread(target=answer, daemon=True).start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(BadInput, match=f"no answer from {address}.*'ray start'"), cluster.connected(address):
            pass
    assert time.monotonic() - began < 30


def test_a_cluster_that_ray_waits_for_is_reported_in_a_line_within_the_limit(monkeypatch):
    """Such as one that listens on the loopback address only, while Ray takes 127.0.0.1 for this machine's other one."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
    monkeypatch.setattr(cluster, "INIT_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(cluster, "check_address", lambda address: None)
    monkeypatch.setattr(ray, "init", lambda **options: time.sleep(60))
    began = time.monotonic()
    with pytest.raises(BadInput, match=r"no connection .* at h:1 \(none within 0 s"), cluster.connected("h:1"):
        pass
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("address", ["auto", "127.0.0.1:1"])
def test_without_ray_it_says_how_to_get_it(address, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(BadInput, match="pip install"), cluster.connected(address):
        pass
