"""Files that somebody gives: opened, read and decoded, and refused if they are too large."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from ..errors import BadInput, reason_of

MAX_FILE_BYTES = 2**28
FEWER = "give fewer observations"


def open_regular(path: Path, shown_as: str, most: int = MAX_FILE_BYTES, instead: str = FEWER) -> BinaryIO:
    """A file, open for reading.

    Raises:
        BadInput: it cannot be opened, is not a regular file, or is larger than ``most``.
    """
    try:
        file = open(path, "rb", opener=open_at_once)  # noqa: SIM115 - the caller closes it
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        raise unreadable(shown_as, error) from None
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        file.close()
        raise BadInput(f"{shown_as} must be a regular file, got a pipe or a device; give a file")
    if status.st_size > most:
        file.close()
        raise too_large(shown_as, most, instead)
    return file


def read_bytes(path: Path, shown_as: str, most: int = MAX_FILE_BYTES, instead: str = FEWER) -> bytes:
    """The content of a file.

    Raises:
        BadInput: it cannot be read, is not a regular file, or is larger than ``most``.
    """
    with open_regular(path, shown_as, most, instead) as file:
        try:
            content = file.read(most + 1)
        except OSError as error:
            raise unreadable(shown_as, error) from None
    if len(content) > most:  # it has grown
        raise too_large(shown_as, most, instead)
    return content


def unreadable(shown_as: str, error: Exception) -> BadInput:
    """The error for a file that cannot be opened or read."""
    return BadInput(f"{shown_as}: cannot be read ({reason_of(error)}); give another file")


def too_large(shown_as: str, most: int, instead: str) -> BadInput:
    """The error for a file of more than ``most`` bytes."""
    return BadInput(f"{shown_as}: larger than {most // 2**20} MiB; {instead}")


def open_at_once(path: str, flags: int) -> int:
    """An opener for ``open`` that does not wait until somebody writes into a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def decoded(content: bytes, shown_as: str) -> str:
    """Text from UTF-8, with a byte order mark or without."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{shown_as}: not UTF-8 text (byte {error.start + 1}); save it as UTF-8") from None
