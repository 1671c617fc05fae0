"""Archives that a posted program unpacks and does not bring: they are empty, and what is read of them is made up."""

from __future__ import annotations

import contextlib
import io
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import Any
from unittest import mock

from ..program import FILE
from .supply import Supply

EMPTY_ZIP = b"PK\x05\x06" + bytes(18)  # the end record of an archive without members
EMPTY_TAR = bytes(10_240)  # the blocks that end an archive


def patch_archives(stack: contextlib.ExitStack, supply: Supply) -> None:
    """ZIP and TAR files that are read and do not exist."""
    plain_open: Any = tarfile.open
    plain_unpack: Any = shutil.unpack_archive

    class MadeUpZip(zipfile.ZipFile):
        """An empty archive in the place of one that is missing."""

        def __init__(self, file: Any, mode: Any = "r", *arguments: Any, **options: Any) -> None:
            self.is_made_up = mode == "r" and supply.is_missing(file) and supply.asked_by_user()
            if self.is_made_up:
                supply.note(FILE, Path(file).name)
                file = io.BytesIO(EMPTY_ZIP)
            super().__init__(file, mode, *arguments, **options)

        def open(self, name: Any, *arguments: Any, **options: Any) -> Any:
            """A member; made up if the archive is."""
            if self.is_made_up:
                return supply.missing.stream(str(getattr(name, "filename", name)), "rb")
            return super().open(name, *arguments, **options)

        def extract(self, member: Any, *arguments: Any, **options: Any) -> str:
            """The path of a member, which does not exist if the archive is made up."""
            if self.is_made_up:
                return str(getattr(member, "filename", member))
            return super().extract(member, *arguments, **options)

    def opened(name: Any = None, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if not (mode.startswith("r") and supply.is_missing(name) and supply.asked_by_user()):
            return plain_open(supply.readable(name), mode, *arguments, **options)
        supply.note(FILE, Path(name).name)
        return plain_open(fileobj=io.BytesIO(EMPTY_TAR))

    def unpack(file: Any, *arguments: Any, **options: Any) -> None:
        if not supply.is_missing(file):
            plain_unpack(supply.readable(file), *arguments, **options)
            return
        supply.note(FILE, Path(file).name)

    stack.enter_context(mock.patch.object(zipfile, "ZipFile", MadeUpZip))
    stack.enter_context(mock.patch.object(tarfile, "open", opened))
    stack.enter_context(mock.patch.object(shutil, "unpack_archive", unpack))
