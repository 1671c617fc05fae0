"""A CSV file that somebody asked for: whole, or not there."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from . import BadInput
from .given import shown_path


def cannot(path: Path, why: str | None) -> BadInput:
    """The error of a file that cannot be written."""
    return BadInput(f"{shown_path(path)}: cannot be written ({why}); give another file with --csv")


def place_of(path: Path) -> Path:
    """Where the file is or is to be, links followed."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return target


def check(path: Path) -> None:
    """Raise BadInput for what can be seen to be no place for a file, before there is anything to write into it."""
    try:
        if path.is_dir():
            raise cannot(path, "it is a folder")
        if not path.exists():  # what is not there yet needs a folder
            target = place_of(path).parent
            if not target.is_dir():
                raise cannot(path, "no such folder")
            tempfile.TemporaryFile(dir=target).close()
    except (OSError, ValueError) as error:
        raise cannot(path, getattr(error, "strerror", None) or str(error)) from None


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write beside the file, then put it in its place; into a pipe or a device directly.

    Raises:
        BadInput: it cannot be written; then the file is as it was.
    """
    try:
        if path.exists() and not path.is_file():
            # without waiting for somebody to read from a pipe, which may be never
            number = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
            os.set_blocking(number, True)
            with open(number, "w", newline="", encoding="utf-8", errors="backslashreplace") as stream:
                fill(stream, header, rows)
            return
        target = place_of(path)
        number, beside = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".csv")
        try:
            with open(number, "w", newline="", encoding="utf-8", errors="backslashreplace") as file:
                fill(file, header, rows)
            os.chmod(beside, target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~umask())
            os.replace(beside, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise cannot(path, getattr(error, "strerror", None) or str(error)) from None


def umask() -> int:
    """What this process takes from the permissions of its files; there is no way to ask but to set it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def fill(stream: io.TextIOBase, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Header and rows."""
    writer = csv.writer(stream)
    writer.writerow(header)
    writer.writerows(rows)
