"""The child process: does the runs of somebody's file in processes of their own, and sends the recording.

Each is forked from this one after NumPy was imported, so that no run changes another.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    # the folder of this script comes first in the path, and its modules would hide others
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import contextlib
import os
import pickle  # noqa: F401  (imported before the user's file can replace it)
import random
import secrets
import struct
from typing import BinaryIO

from harness.recording.attempts import answer_for
from harness.recording.messages import read_message, tree_from_json, write_message
from harness.recording.run import JOBS, Answer, Task

KEY_BYTES = 16
OUTER: list[BinaryIO] = []  # the streams to and from the parent, which the user's code must not have
PR_SET_DUMPABLE = 4


def set_dumpable(whether: bool) -> None:
    """Whether other processes of the same user may trace this one and open its files; Linux only."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, int(whether), 0, 0, 0)


def apart(job: str, task: Task) -> Answer | None:
    """Do a job in a process of its own; None if that process died, or sent something without this job's key."""
    receive, send = os.pipe()
    key = secrets.token_bytes(KEY_BYTES)
    process = os.fork()
    if process == 0:
        os.close(receive)
        for stream in OUTER:
            stream.close()
        set_dumpable(True)
        code = 1
        try:
            null = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                if not (number == 2 and os.environ.get("HARNESS_RECORDING_DEBUG")):
                    os.dup2(null, number)
            document, arrays = JOBS[job](task)
            with os.fdopen(send, "wb") as stream_:
                stream_.write(key)
                write_message(stream_, document, arrays)
            code = 0
        except BaseException:
            if os.environ.get("HARNESS_RECORDING_DEBUG"):
                import traceback

                os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)
    os.close(send)
    answer: Answer | None = None
    broken = (EOFError, ValueError, struct.error, RecursionError, MemoryError)
    with os.fdopen(receive, "rb") as stream_in, contextlib.suppress(*broken):
        if secrets.compare_digest(stream_in.read(KEY_BYTES), key):
            answer = read_message(stream_in)
    os.waitpid(process, 0)
    return answer


def limit(megabytes: int) -> None:
    """Bound the memory of this process and of those that it starts."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on every system
        import resource

        if megabytes:
            resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read one task from stdin, write one answer to stdout."""
    # for what the user's file starts; bytecode of this package is kept, and run.py keeps none of the user's modules
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    OUTER.extend((requests, replies))
    set_dumpable(False)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    document, arrays = read_message(requests)
    task = tree_from_json(document, arrays)
    limit(task["megabytes"])
    random.seed(task["seed"])
    answer = answer_for(task, apart)
    if answer is not None:
        write_message(replies, *answer)
    replies.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.path.pop(0)
    main()
