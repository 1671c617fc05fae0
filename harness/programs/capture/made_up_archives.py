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

from ...recording.stand_ins.archives import made_up_zip, packed
from ..program import FILE
from .supply import Supply

EMPTY_TAR = bytes(10_240)  # the blocks that end an archive


def patch_archives(stack: contextlib.ExitStack, supply: Supply) -> None:
    """ZIP and TAR files that are read and do not exist."""
    plain_open: Any = tarfile.open
    plain_unpack: Any = shutil.unpack_archive

    def missing_path(file: Any) -> str | None:
        if not (supply.is_missing(file) and supply.asked_by_user()):
            return None
        supply.note(FILE, Path(file).name)
        return str(file)

    def opened(name: Any = None, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if not mode.startswith("r") or missing_path(name) is None:
            return plain_open(supply.readable(name), mode, *arguments, **options)
        return plain_open(fileobj=io.BytesIO(EMPTY_TAR))

    def unpack(file: Any, *arguments: Any, **options: Any) -> None:
        if not supply.is_missing(file):
            plain_unpack(supply.readable(file), *arguments, **options)
            return
        supply.note(FILE, Path(file).name)

    zip_file = made_up_zip(missing_path, packed, supply.missing.stream)
    stack.enter_context(mock.patch.object(zipfile, "ZipFile", zip_file))
    stack.enter_context(mock.patch.object(tarfile, "open", opened))
    stack.enter_context(mock.patch.object(shutil, "unpack_archive", unpack))
