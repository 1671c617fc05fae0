"""Files that a run writes, kept in memory instead of among the user's own."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any

from .paths import REAL_OPEN

MAX_COPIED = 2**24  # bytes of a file that is opened for appending; a larger one begins empty


class Overlay:
    """The files that a run has written: it reads them back from here, and the disk stays as it was."""

    def __init__(self) -> None:
        self.written: dict[str, bytes] = {}

    def has(self, path: str) -> bool:
        """Whether the run has written this file."""
        return os.path.abspath(path) in self.written

    def reading(self, path: str, mode: str) -> Any:
        """A file that the run has written."""
        content = self.written[os.path.abspath(path)]
        return io.BytesIO(content) if "b" in mode else io.StringIO(content.decode("utf-8", errors="replace"))

    def writing(self, path: str, mode: str) -> Any:
        """A file that keeps what is written when it is closed."""
        key = os.path.abspath(path)
        old = b""
        if "w" not in mode and "x" not in mode:
            if key in self.written:
                old = self.written[key]
            elif os.path.exists(key) and os.path.getsize(key) < MAX_COPIED:
                with REAL_OPEN(key, "rb") as existing:
                    old = existing.read()
        stream = _Bytes(old) if "b" in mode else _Text(old.decode("utf-8", errors="replace"))
        stream.keep = lambda content: self.written.__setitem__(key, content)
        stream.name = path
        if "a" in mode:
            stream.seek(0, io.SEEK_END)
        self.written.setdefault(key, old)
        return stream


class _Kept:
    """A file in memory, whose content is kept when it is closed."""

    keep: Callable[[bytes], None]
    name: str
    closed: bool

    def close(self) -> None:
        """Keep the content."""
        if not self.closed:
            content = self.getvalue()  # type: ignore[attr-defined]
            self.keep(content.encode() if isinstance(content, str) else content)
        super().close()  # type: ignore[misc]

    def __del__(self) -> None:
        self.close()


class _Bytes(_Kept, io.BytesIO):
    """A kept file of bytes."""


class _Text(_Kept, io.StringIO):
    """A kept file of text."""
