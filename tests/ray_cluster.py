"""A Ray cluster of this machine for tests, and its processes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Ray listens on the loopback address only, sends no statistics and shows no pages
ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}

# runs Ray's command; its cluster ends with the process that started it, also if that is killed
PROGRAM = """
import ctypes, signal, sys
from ray.scripts.scripts import main
if sys.platform.startswith("linux"):
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
main()
"""


def environment():
    """For children, which are to find this harness and no other."""
    return os.environ | ALONE | {"PYTHONPATH": str(ROOT)}


def command_lines():
    """{pid: command line} of all processes"""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found[int(path.parent.name)] = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return found


def parent(pid):
    """Of a process, 0 if it is gone"""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


@contextlib.contextmanager
def ray_cluster(folder, cores=2):
    """HOST:PORT of a cluster of one worker process per core, which is started in ``folder``."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
    sockets = Path(os.environ.get("TMPDIR", "/tmp")) / f"ray-{os.getpid()}"  # short: sockets' paths have a limit
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    options = ["--head", "--block", f"--port={port}", f"--num-cpus={cores}", f"--temp-dir={sockets}"]
    options += ["--include-dashboard=false", "--disable-usage-stats", "--object-store-memory=100000000"]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "start", *options],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        for line in process.stdout:
            if "Ray runtime started" in line:
                break
        else:
            pytest.fail("no cluster")
        yield f"127.0.0.1:{port}"
    finally:
        for pid, line in command_lines().items():
            if str(sockets) in line:  # its own, which other processes' cannot be
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        process.kill()
        process.communicate(timeout=60)
        subprocess.run(["rm", "-rf", str(sockets)], check=True)


def workers(address):
    """The worker processes of our cluster that train."""
    lines = command_lines()
    port = address.rpartition(":")[2]
    raylets = {pid for pid, line in lines.items() if "raylet/raylet" in line.split(" ")[0] and port in line}
    return [pid for pid, line in lines.items() if line.startswith("ray::do_there") and parent(pid) in raylets]
