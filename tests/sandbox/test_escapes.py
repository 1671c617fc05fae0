"""Programs that try to get out of the sandbox, and what becomes of them; skipped where this machine has none."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from typing import cast

import pytest

from harness.checking.check import check_file
from harness.checking.result import Reason, Verdict
from harness.errors import BadInput
from harness.sandbox import (
    Absence,
    Box,
    Bubblewrap,
    Limits,
    Namespaces,
    Policy,
    copy_folder,
    find_box,
    find_bubblewrap,
    find_namespaces,
    finding,
    prepared,
    require_box,
    use_box,
)
from harness.sandbox.box import library_folders
from tests.network_files import write_file

FOUND = find_box()
needs_box = pytest.mark.skipif(isinstance(FOUND, Absence), reason=f"no sandbox on this machine: {FOUND}")
LIMITS = Limits(seconds=5, megabytes=1500)


def boxes() -> list[Box]:
    """Each kind of sandbox that works here: bubblewrap's and the kernel's, with a user namespace and without."""
    found = find_bubblewrap()
    kinds: list[Box] = []
    for as_root in sorted({os.geteuid() == 0, False}, reverse=True):
        if isinstance(found, Bubblewrap):
            kinds.append(Bubblewrap(program=found.program, as_root=as_root))
        kinds.append(Namespaces(as_root=as_root))
    return [box for box in kinds if not finding.try_box(box)]


def run(box: Box, folder: Path, code: str, limits: Limits = LIMITS, patience: float = 20) -> tuple[int, str, str]:
    """Run Python code in a sandbox that has a copy of a folder: exit code, stdout, stderr."""
    with (
        use_box(box),
        prepared([sys.executable, "-c", code], root=folder, folder=folder, limits=limits, environment={}) as launch,
    ):
        process = launch.start()
        out, err = process.communicate(timeout=patience)
        return process.returncode, out.decode(errors="replace"), err.decode(errors="replace")


def kinds() -> list[object]:
    """The boxes as parameters; of each kind, only the first is not slow."""
    found: list[object] = []
    names: set[str] = set()
    for box in boxes():
        id = f"{type(box).__name__.lower()}-{'superuser' if box.as_root else 'user'}"
        found.append(pytest.param(box, id=id, marks=pytest.mark.slow if box.name in names else ()))
        names.add(box.name)
    return found


@pytest.fixture(params=kinds())
def box(request) -> Box:
    return request.param


@pytest.fixture
def theirs(tmp_path) -> Path:
    folder = tmp_path / "class" / "ann"
    folder.mkdir(parents=True)
    (folder / "net.py").write_text("x = 1\n")
    return folder


@needs_box
def test_a_file_of_the_home_folder_cannot_be_read(box, theirs):
    secret = write_file(Path.home() / f".harness-secret-{os.getpid()}", "secret")
    try:
        code = f"import os; print(os.path.exists({str(secret)!r})); print(open({str(secret)!r}).read())"
        exit_code, out, err = run(box, theirs, code)
    finally:
        secret.unlink()
    assert (exit_code, out) == (1, "False\n")
    assert "FileNotFoundError" in err


@needs_box
def test_another_hand_in_and_passwords_cannot_be_read(box, theirs):
    other = theirs.parent / "bob" / "net.py"
    other.parent.mkdir()
    other.write_text("y = 2\n")
    paths = [str(other), "../bob/net.py", "/etc/shadow", "/etc/passwd", "/proc/1/environ"]
    code = f"""
for path in {paths!r}:
    try:
        print(path, len(open(path).read()))
    except OSError as error:
        print("no")
"""
    assert run(box, theirs, code)[1].splitlines()[:4] == ["no"] * 4


@needs_box
def test_it_writes_into_its_own_copy_only(box, theirs):
    code = """
open("weights.txt", "w").write("mine"); print(open("weights.txt").read())
import sys, os
for path in ["/given/net.py", "/usr/x", "/x", "/dev/x", os.path.dirname(os.__file__) + "/x", "/etc/x", os.__file__]:
    try:
        open(path, "a").write("y = 2"); print("written", path)
    except OSError as error:
        print("no")
"""
    _, out, _ = run(box, theirs, code)
    assert out.splitlines() == ["mine", *["no"] * 7]
    assert [path.name for path in theirs.iterdir()] == ["net.py"]
    assert (theirs / "net.py").read_text() == "x = 1\n"


@needs_box
def test_it_cannot_connect(box, theirs):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"""
import socket
for address in [("127.0.0.1", {port}), ("192.0.2.1", 80)]:
    try:
        socket.create_connection(address, timeout=2); print("connected")
    except OSError:
        print("no")
"""
        assert run(box, theirs, code)[1] == "no\nno\n"


@needs_box
def test_a_fork_bomb_is_bounded_and_gone_afterwards(box, theirs):
    if os.geteuid() == 0 and not box.as_root:
        pytest.skip("the kernel does not limit the superuser's processes")
    code = """
import os, time
number = 0
try:
    while number < 5000:
        if os.fork() == 0:
            time.sleep(600)
        number += 1
except OSError:
    pass
print(number, flush=True)
"""
    exit_code, out, _ = run(box, theirs, code)
    assert exit_code == 0
    assert 0 < int(out) < LIMITS.processes


@needs_box
def test_no_other_process_is_seen_or_traced(box, theirs):
    code = f"""
import ctypes, os
print(all(int(name) < 10 for name in os.listdir("/proc") if name.isdecimal()))
print(ctypes.CDLL(None).ptrace(16, {os.getpid()}, 0, 0))
try:
    os.kill({os.getpid()}, 9); print("killed")
except OSError:
    print("no")
"""
    assert run(box, theirs, code)[1].split() == ["True", "-1", "no"]


@needs_box
def test_the_disk_cannot_be_filled(box, theirs):
    code = """
total = 0
import os
for folder in ("/tmp", "/dev/shm", "."):
    try:
        for number in range(100):
            with open(os.path.join(folder, f"large{number}"), "wb") as file:
                for _ in range(64):
                    total += file.write(bytes(2**20))
    except OSError:
        pass
print(total // 2**20)
"""
    limits = Limits(seconds=5, megabytes=1500, file_megabytes=32)
    _, out, _ = run(box, theirs, code, limits)
    assert 0 < int(out) <= 32 + 16


@needs_box
def test_a_daemon_does_not_survive(box, theirs, tmp_path):
    token = f"daemon-{os.getpid()}-{box.as_root}"
    code = f"""
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-S", "-c", "import time; time.sleep(600)", {token!r}])
    os._exit(0)
time.sleep(0.5)
print("done")
"""
    assert run(box, theirs, code)[1] == "done\n"
    assert not running(token)


def running(token: str) -> list[str]:
    """The processes with this word in their command line, but for this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if token in line.split("\0"):
                found.append(line)
    return found


@needs_box
def test_processes_together_are_bounded_in_memory(box, theirs):
    code = """
import os, time
for _ in range(20):
    if os.fork() == 0:
        x = bytearray(b"x") * (100 * 2**20); time.sleep(600)
time.sleep(600)
"""
    started = time.monotonic()
    exit_code, _, _ = run(box, theirs, code, Limits(seconds=5, megabytes=400))
    assert exit_code != 0
    assert time.monotonic() - started < 15


UNCOUNTED = {
    "memory of no process": "os.write(os.memfd_create('x'), bytes(2**20))",
    "shared memory of the system": "succeed(libc.shmget(0, 2**20, 0o1600))",
    "queues of messages": "succeed(libc.msgget(0, 0o1600))",
    "a file system of its own": "succeed(libc.unshare(0x10020000)); succeed(libc.mount(b'x', b'/tmp', b'tmpfs', 0, 0))",
    "the same by clone": "succeed(libc.syscall({'x86_64': 56}.get(os.uname().machine, 220), 0x10000011, 0, 0, 0, 0))",
    "keys of the user": "succeed(libc.syscall({'x86_64': 250}.get(os.uname().machine, 219), 0, -3, 0, 0))",
    "settings of the kernel": "open('/proc/sys/kernel/core_pattern', 'r+')",
}


@needs_box
def test_what_no_limit_counts_and_what_is_of_the_kernel_is_refused(box, theirs):
    if "Seccomp" not in Path("/proc/self/status").read_text():
        pytest.skip("the kernel does not filter system calls")
    code = f"""
import ctypes, os
libc = ctypes.CDLL(None)
def succeed(result):
    if result < 0:
        raise OSError("refused")
for name, deed in {UNCOUNTED!r}.items():
    try:
        exec(deed); print("done:", name, flush=True)
    except OSError:
        print("refused:", name, flush=True)
"""
    assert run(box, theirs, code)[1].splitlines() == [f"refused: {name}" for name in UNCOUNTED]


@needs_box
@pytest.mark.slow
def test_the_clock_of_the_processor_cannot_be_switched_off(box, theirs):
    code = """
import signal
for number in set(range(1, 32)) - {9, 19}:
    signal.signal(number, signal.SIG_IGN)
while True:
    pass
"""
    assert run(box, theirs, code, Limits(seconds=-1, megabytes=0))[0] != 0


@needs_box
def test_it_is_nobody_and_has_no_secrets(box, theirs, monkeypatch):
    monkeypatch.setenv("HARNESS_TEST_TOKEN", "secret")
    code = """
import os
print(os.environ.get("HARNESS_TEST_TOKEN"))
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
print(int(status["CapEff"], 16), status["NoNewPrivs"])
"""
    assert run(box, theirs, code)[1] == "None\n0 1\n"


@needs_box
def test_libraries_below_tmp_are_seen(box, theirs, tmp_path, monkeypatch):
    library = tmp_path / "clone" / "harness"
    library.mkdir(parents=True)
    (library / "part.py").write_text("seen")
    folders = library_folders()
    monkeypatch.setattr("harness.sandbox.box.library_folders", lambda: [*folders, library])
    assert run(box, theirs, f"print(open({str(library / 'part.py')!r}).read())")[1] == "seen\n"


# The reply

RIGHT = """
import numpy as np
np.random.seed(1)
X = np.random.randn(6, 3)
y = np.random.rand(6, 1)
W1, W2 = np.random.randn(3, 4), np.random.randn(4, 1)
def s(z): return 1 / (1 + np.exp(-z))
for i in range(20):
    a1 = s(X @ W1); a2 = s(a1 @ W2)
    d2 = (a2 - y) * a2 * (1 - a2)
    d1 = (d2 @ W2.T) * a1 * (1 - a1)
    W2 -= 0.1 * a1.T @ d2
    W1 -= 0.1 * X.T @ d1
"""

FORGERIES = {
    "writes into every pipe": """
import os
for number in range(3, 64):
    try:
        os.write(number, b"\\x00" * 16 + b'{"recording": 1}')
    except OSError:
        pass
os._exit(0)
""",
    "opens the pipes of its parents": """
import os
pid = os.getpid()
while pid > 1:
    pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
    for number in range(64):
        try:
            with open(f"/proc/{pid}/fd/{number}", "wb") as file:
                file.write(b"x" * 10000)
        except OSError:
            pass
os._exit(0)
""",
    "ends its parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n",
    "sends a recording of its own": """
import os, sys
sys.path.insert(0, "/")
from harness.recording.graph import Recording
from harness.recording.messages import to_json, write_message
import io
arrays = []
stream = io.BytesIO()
write_message(stream, {"recording": to_json(Recording(file="net.py"), arrays), "notes": [], "count": 1}, arrays)
for number in range(3, 64):
    try:
        os.write(number, stream.getvalue())
    except OSError:
        pass
os._exit(0)
""",
}


@needs_box
@pytest.mark.parametrize("code", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_reply_is_not_a_verdict(tmp_path, code):
    assert isinstance(FOUND, Box)
    (tmp_path / "net.py").write_text(code)
    with use_box(FOUND):
        result = check_file(tmp_path / "net.py", seconds=5)
    assert result.verdict is Verdict.NOT_JUDGED
    assert result.reason in Reason


@needs_box
def test_a_right_file_is_right_in_a_sandbox(tmp_path):
    assert isinstance(FOUND, Box)
    (tmp_path / "net.py").write_text(
        "from helper import *\n" + RIGHT.replace("def s(z): return 1 / (1 + np.exp(-z))", "")
    )
    (tmp_path / "helper.py").write_text("import numpy as np\ndef s(z):\n    return 1 / (1 + np.exp(-z))\n")
    with use_box(FOUND):
        result = check_file(tmp_path / "net.py")
    assert result.verdict is Verdict.CORRECT


@needs_box
def test_the_process_that_sends_the_reply_cannot_be_traced(tmp_path):
    """If it could be, the file would end at once, and be judged by nothing."""
    assert isinstance(FOUND, Box)
    traced = "import ctypes, os\nif ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0:\n    os._exit(0)\n"
    (tmp_path / "net.py").write_text(traced + RIGHT)
    with use_box(FOUND):
        assert check_file(tmp_path / "net.py").verdict is Verdict.CORRECT


# The copy, and machines without a sandbox


def test_links_out_of_the_folder_pipes_and_what_is_too_much_are_left_out(tmp_path, monkeypatch):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("secret")
    (root / "net.py").write_text("x = 1")
    (root / "same.py").symlink_to("net.py")
    (root / "out").symlink_to(tmp_path / "secret")
    (root / "round").symlink_to("round")
    os.mkfifo(root / "pipe")
    (root / "__pycache__").mkdir()
    (root / "__pycache__" / "x.pyc").write_text("")
    (root / "large.bin").write_bytes(bytes(2000))
    monkeypatch.setattr("harness.sandbox.staging.MAX_COPIED_BYTES", 1000)
    assert copy_folder(root, tmp_path / "copy") == ("large.bin", "out", "pipe", "round")
    assert {path.name: path.read_text() for path in (tmp_path / "copy").iterdir()} == {
        "net.py": "x = 1",
        "same.py": "x = 1",
    }


def test_without_bubblewrap_the_kernel_is_asked_and_what_is_required_is_bad_input(monkeypatch):
    monkeypatch.setattr("harness.sandbox.finding.programs", lambda: [])
    assert require_box(Policy.OFF) is None
    assert require_box(Policy.AUTO) == (find_namespaces() or Absence(installed=False))
    with pytest.raises(BadInput, match=r"sandbox: none on this machine: bubblewrap is not installed; install bwrap"):
        require_box(Policy.REQUIRE)


@pytest.mark.skipif(find_namespaces() is None, reason="the kernel gives no namespaces here")
def test_a_file_is_judged_and_kept_apart_by_the_kernel_alone(monkeypatch, tmp_path):
    monkeypatch.setattr("harness.sandbox.finding.programs", lambda: [])
    secret = write_file(tmp_path / "secret", "secret")
    folder = tmp_path / "ann"
    folder.mkdir()
    (folder / "net.py").write_text(f"import os\nassert not os.path.exists({str(secret)!r})\n" + RIGHT)
    with use_box(cast(Box, require_box(Policy.AUTO))):
        assert check_file(folder / "net.py").verdict is Verdict.CORRECT


def test_without_any_sandbox_it_says_why(monkeypatch):
    monkeypatch.setattr("harness.sandbox.finding.programs", lambda: [])
    monkeypatch.setattr("harness.sandbox.finding.try_box", lambda box: "no")
    assert require_box(Policy.AUTO) == Absence(installed=False)


def test_one_that_does_not_work_says_so(monkeypatch, tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr("harness.sandbox.finding.programs", lambda: [str(broken)])
    assert find_bubblewrap() == Absence(installed=True, said="bwrap: No permissions to create new namespace")
