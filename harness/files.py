"""Files that are there whole or not at all, and the folder of a run that is marked while it is not complete."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .errors import BadInput, reason_of, shown_path

UNFINISHED = "UNFINISHED"  # a file of that name marks a folder that is not, or not yet, complete
PARTIAL = ".partial"  # how the name of a file ends until it is whole


def remedy_for(error: Exception, otherwise: str) -> str:
    """What to do about an error of writing: on a full disk, making room helps too."""
    is_full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    return f"make room, or {otherwise}" if is_full else otherwise


@contextlib.contextmanager
def plain_errors(folder: Path) -> Iterator[None]:
    """Raise BadInput in place of the OSError that kept this program from writing into ``folder``."""
    try:
        yield
    except OSError as error:
        shown = shown_path(folder)
        if isinstance(error, FileExistsError) and folder.is_dir():
            raise BadInput(f"{shown} exists and is not overwritten; choose another name, or remove it") from None
        remedy = remedy_for(error, "choose another folder")
        raise BadInput(f"{shown}: cannot be written ({error.strerror}); {remedy}") from None


@contextlib.contextmanager
def replaced(path: Path, **how: Any) -> Iterator[io.IOBase]:
    """Open a file to write beside ``path``, and put it in its place when all is written and synced.

    Whatever happens in between, ``path`` is as it was or whole; a killed process leaves a file that ends in
    ``PARTIAL``.

    Args:
        path: the file to be.
        how: further arguments of ``open``, "wb" without any.
    """
    number, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=PARTIAL)
    try:
        with open(number, **{"mode": "wb", **how}) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~umask())
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
    if os.name == "posix":  # the new name, too, is to outlast a loss of power
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def umask() -> int:
    """What this process takes from the permissions of its files; the only way to ask is to set it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file, or leave what was there.

    Raises:
        BadInput: it cannot be written.
    """
    with plain_errors(path.parent), replaced(path) as file:
        file.write(content)


# Files that somebody asked for


def cannot_write(path: Path, why: Exception | str) -> BadInput:
    """The error of a file that cannot be written."""
    reason, remedy = why, "give another file"
    if isinstance(why, Exception):
        reason, remedy = reason_of(why), remedy_for(why, remedy)
    return BadInput(f"{shown_path(path)}: cannot be written ({reason}); {remedy}")


def place_of(path: Path) -> Path:
    """Where the file is or is to be, links followed."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return target


def check_output_file(path: Path) -> None:
    """Raise BadInput if a file cannot be written, before there is anything to write."""
    try:
        if path.is_dir():
            raise cannot_write(path, "it is a folder")
        if not path.exists():  # what is not there yet needs a folder
            target = place_of(path).parent
            if not target.is_dir():
                raise cannot_write(path, "its folder does not exist")
            tempfile.TemporaryFile(dir=target).close()
    except (OSError, ValueError) as error:
        raise cannot_write(path, error) from None


@contextlib.contextmanager
def opened_output(path: Path, **how: Any) -> Iterator[Any]:
    """Open a file that somebody asked for: whole or as it was; a pipe or a device directly.

    Args:
        path: the file to be.
        how: further arguments of ``open``.

    Raises:
        BadInput: it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            # without waiting for somebody to read from a pipe, which may be never
            number = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
            os.set_blocking(number, True)
            with open(number, **how) as stream:
                yield stream
        else:
            with replaced(place_of(path), **how) as file:
                yield file
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise cannot_write(path, error) from None


def write_csv_file(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a whole CSV file, or leave what was there; into a pipe or a device directly.

    Raises:
        BadInput: it cannot be written.
    """
    with opened_output(path, mode="w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        fill(file, header, rows)


def write_output_file(path: Path, content: bytes) -> None:
    """Write a whole file that somebody asked for, or leave what was there; into a pipe or a device directly.

    Raises:
        BadInput: it cannot be written.
    """
    with opened_output(path, mode="wb") as file:
        file.write(content)


def fill(stream: Any, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write header and rows."""
    writer = csv.writer(stream)
    writer.writerow(header)
    writer.writerows(rows)
