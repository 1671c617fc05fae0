"""The paths that a program names, and the files that are there; some are paths of another machine."""

from __future__ import annotations

import builtins
import itertools
import os
import re
from collections.abc import Iterable
from typing import Any

REAL_OPEN, REAL_SCAN = builtins.open, os.scandir  # are replaced later
POINTER = b"version https://git-lfs"  # what a large file starts with that was not fetched
MAX_FOLDERS = 20  # beside a file, in which another is looked for
SEPARATORS = re.compile(r"[/\\]+")


def exists(path: str | os.PathLike[str]) -> bool:
    """Whether a file is there, and not only a pointer to it."""
    if not os.path.isfile(path):
        return os.path.exists(path)
    try:
        with REAL_OPEN(path, "rb") as stream:
            return stream.read(len(POINTER)) != POINTER
    except OSError:
        return True


def only_file(name: str, folders: Iterable[str]) -> str | None:
    """The path of a file in one of some folders; None if it is in none or in several."""
    places = (os.path.join(folder, name) for folder in folders)
    there = itertools.islice((one for one in places if os.path.isfile(one) and exists(one)), 2)
    first, second = next(there, None), next(there, None)
    return first if second is None else None


def path_of(file: Any) -> str | None:
    """The path, if it is one; of a file that is not there, the path of the only one of its name near the user's."""
    path = os.fspath(file) if isinstance(file, (str, os.PathLike)) else None
    if not isinstance(path, str) or os.path.lexists(path):
        return path if isinstance(path, str) else None
    name = SEPARATORS.split(path)[-1]
    return (only_file(name, (".", "..", *_folders_here())) if name else None) or path


def missing_path(file: Any) -> str | None:
    """The path of a file that does not exist; None for others."""
    path = path_of(file)
    return None if path is None or exists(path) else path


def _folders_here() -> list[str]:
    """The folders beside the file that runs."""
    try:
        with REAL_SCAN(".") as entries:
            return sorted(one.name for one in entries if one.is_dir() and not one.name.startswith("."))[:MAX_FOLDERS]
    except OSError:
        return []
