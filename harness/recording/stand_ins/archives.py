"""ZIP files that are missing: any member that a program asks for is made up."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

MADE_UP = b"made up"  # the comment of such an archive


def packed(path: str, content: bytes | None = None) -> bytes:
    """An archive with one member, named like the archive without its ending; an empty one if content is None."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        if content is not None:
            opened.writestr(zipfile.ZipInfo(PurePosixPath(path).stem), content)
        opened.comment = MADE_UP
    return archive.getvalue()


def made_up_zip(
    missing_path: Callable[[Any], str | None], content: Callable[[str], bytes], stream: Callable[[str, str], Any]
) -> type[zipfile.ZipFile]:
    """``ZipFile`` that makes up the archives that are missing.

    Args:
        missing_path: the path that is given for a file, None if it exists or is not a path.
        content: the bytes of a missing archive, from ``packed``.
        stream: a missing file, opened.
    """

    class Archive(zipfile.ZipFile):
        """An archive that may be made up."""

        def __init__(self, file: Any, mode: Any = "r", *arguments: Any, **options: Any) -> None:
            path = missing_path(file) if mode == "r" else None
            file = file if path is None else io.BytesIO(content(path))
            super().__init__(file, mode, *arguments, **options)

        def open(self, name: Any, *arguments: Any, **options: Any) -> Any:
            """A member of the archive."""
            return stream(name, "rb") if self._lacks(name) else super().open(name, *arguments, **options)

        def extract(self, member: Any, *arguments: Any, **options: Any) -> str:
            """The path of a member, which does not exist if it is made up."""
            return member if self._lacks(member) else super().extract(member, *arguments, **options)

        def _lacks(self, name: Any) -> bool:
            """Whether a member is made up when it is read."""
            return self.comment == MADE_UP and isinstance(name, str) and name not in self.NameToInfo

    return Archive
