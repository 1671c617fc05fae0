"""A folder in the temporary folder for as long as this process needs it.

A process that is killed cannot remove its folder. The next one does: each holds a lock on a file in its folder, which
the system releases when the process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

try:
    import fcntl

    HAS_LOCKS = True
except ImportError:  # Windows has no such locks: folders of killed processes stay there
    HAS_LOCKS = False

PREFIX = "harness-"
LOCK_NAME = "in-use"
CONTENT_NAME = "content"


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder, removed at the end; those of processes that were killed are removed first."""
    temporary = Path(tempfile.gettempdir())
    remove_abandoned(temporary)
    beginning = f"{PREFIX}{secrets.token_hex(8)}-"
    try:
        with contextlib.ExitStack() as stack:
            made = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=beginning, ignore_cleanup_errors=True)))
            if HAS_LOCKS:
                stack.enter_context(locked_file(made))
            content = made / CONTENT_NAME
            content.mkdir()
            yield content
    finally:  # an interrupt may come when the folder is made and nothing knows its name yet
        for left in temporary.glob(f"{beginning}*"):
            shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def temporary_files_in_scratch() -> Iterator[None]:
    """Let the temporary files of this process, such as TensorFlow's, lie in a scratch folder, and end with it."""
    with scratch_folder() as folder:
        before, tempfile.tempdir = tempfile.tempdir, str(folder)
        try:
            yield
        finally:
            tempfile.tempdir = before


def locked_file(folder: Path) -> IO[bytes]:
    """The file of a folder that says that it is in use; it is locked before others can see it under its name."""
    file = open(folder / f"{LOCK_NAME}-new", "wb")  # noqa: SIM115 - closed by who asked for it
    fcntl.flock(file, fcntl.LOCK_EX)
    os.rename(file.name, folder / LOCK_NAME)
    return file


def remove_abandoned(temporary: Path) -> None:
    """Remove the scratch folders that no process uses any more."""
    if not HAS_LOCKS:
        return
    for folder in temporary.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), open(folder / LOCK_NAME, "r+b") as file:  # of another user, or gone
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
