"""Recordings in forks of one process that has imported NumPy.

To start Python and to import NumPy takes longer than most recordings of the tests. A fork begins where a process of its
own arrives after its imports: at ``child.main()``. What runs in a sandbox, or is started by a command that is a process
itself, is started as always.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from harness.recording import child

if TYPE_CHECKING:
    from harness.sandbox import Launch

MAX_REQUEST_BYTES = 2**20


class Fork:
    """What is needed of a ``Popen``: its number, its streams, and ways to end it.

    Args:
        server: forks.
        launch: what is to be started.
    """

    def __init__(self, server: Server, launch: Launch) -> None:
        (theirs_in, ours_in), (ours_out, theirs_out), (ours_err, theirs_err) = os.pipe(), os.pipe(), os.pipe()
        theirs = theirs_in, theirs_out, theirs_err
        self.server = server
        self.stdin, self.stdout, self.stderr = (
            os.fdopen(number, mode) for number, mode in ((ours_in, "wb"), (ours_out, "rb"), (ours_err, "rb"))
        )
        try:
            self.pid = server.ask({"folder": str(launch.folder), "environment": launch.environment}, theirs)
        finally:
            for number in theirs:
                os.close(number)

    def kill(self) -> None:
        """End it; its number is not another's before ``wait`` has returned."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Wait for its end."""
        return self.server.ask({"awaited": self.pid})


class Server:
    """The process that is forked.

    Args:
        launch: the first that it is for. It serves those with the same variables for Python and NumPy.
    """

    def __init__(self, launch: Launch) -> None:
        self.variables = read_at_start(launch.environment)
        self.lock = threading.Lock()
        self.socket, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, __file__], stdin=theirs, env=launch.environment, start_new_session=True
            )

    def ask(self, request: dict[str, Any], streams: tuple[int, ...] = ()) -> int:
        """Its answer to a request."""
        with self.lock:
            socket.send_fds(self.socket, [json.dumps(request).encode() + b"\n"], streams)
            return int(self.socket.recv(MAX_REQUEST_BYTES))

    def close(self) -> None:
        """End it."""
        self.socket.close()
        self.process.wait()


def read_at_start(environment: dict[str, str]) -> dict[str, str]:
    """The variables that Python and NumPy read when they start; others are read when they are needed."""
    return {name: value for name, value in environment.items() if name.startswith("PYTHON") or "THREADS" in name}


@contextlib.contextmanager
def recordings_are_forks() -> Iterator[None]:
    """Fork the child of each recording that is made without a sandbox."""
    from harness.recording.child_process import CHILD
    from harness.sandbox import Launch

    servers: list[Server] = []
    start = Launch.start

    def fork(launch: Launch) -> Any:
        if launch.sandboxed or launch.command != [sys.executable, str(CHILD)]:
            return start(launch)
        if not servers:
            servers.append(Server(launch))
        if read_at_start(launch.environment) != servers[0].variables:
            return start(launch)
        process = Fork(servers[0], launch)
        launch.started.append(process)  # type: ignore[arg-type]
        return process

    Launch.start = fork  # type: ignore[method-assign]
    try:
        yield
    finally:
        Launch.start = start  # type: ignore[method-assign]
        for server in servers:
            server.close()


def serve() -> None:
    """Answer requests until there will be no more."""
    import harness.recording.driving.drive  # noqa: F401  (else each child that drives a file imports it)

    with socket.socket(fileno=os.dup(0)) as requests:
        while True:
            text, streams, _, _ = socket.recv_fds(requests, MAX_REQUEST_BYTES, 3)
            if not text:
                return
            while not text.endswith(b"\n"):
                text += requests.recv(MAX_REQUEST_BYTES)
            request = json.loads(text)
            if "awaited" in request:
                answer = os.waitpid(request["awaited"], 0)[1]
            else:
                answer = os.fork()
                if not answer:
                    requests.close()
                    become_child(request, streams)
                for number in streams:
                    os.close(number)
            requests.send(str(answer).encode())


def become_child(request: dict[str, Any], streams: list[int]) -> None:
    """Go on as the child of a recording, in its folder, with its variables and streams."""
    try:
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.argv = [child.__file__]
        child.main()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


if __name__ == "__main__":
    sys.path.pop(0)
    serve()
