"""ZIP files that are missing: they hold one member of their own name, and any other that a file asks for is made up."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

MADE_UP = b"made up"  # the comment of such an archive


def packed(path: str, content: bytes) -> bytes:
    """An archive with one member, which has the name of the archive without its ending."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(zipfile.ZipInfo(PurePosixPath(path).stem), content)
        opened.comment = MADE_UP
    return archive.getvalue()


def install(
    missing_path: Callable[[Any], str | None], content: Callable[[str], bytes], stream: Callable[[str, str], Any]
) -> None:
    """Make up the archives that are missing.

    Args:
        missing_path: the path that is given for a file, None if it exists or is not a path.
        content: the bytes of a missing file.
        stream: a missing file, opened.
    """

    class Archive(zipfile.ZipFile):
        """An archive that may be made up."""

        def __init__(self, file: Any, mode: Any = "r", *arguments: Any, **options: Any) -> None:
            path = missing_path(file) if mode == "r" else None
            file = file if path is None else io.BytesIO(content(path))
            super().__init__(file, mode, *arguments, **options)

        def open(self, name: Any, *arguments: Any, **options: Any) -> Any:
            """A member"""
            if self.comment == MADE_UP and isinstance(name, str) and name not in self.NameToInfo:
                return stream(name, "rb")
            return super().open(name, *arguments, **options)

    zipfile.ZipFile = Archive  # type: ignore[misc]
