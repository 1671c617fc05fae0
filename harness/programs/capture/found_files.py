"""Files that lie in the working folder, and that a script names by a path of another machine or of another folder."""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from unittest import mock

import numpy as np

from ...recording.stand_ins.paths import SEPARATORS, only_file
from ..workspace import Workspace

NAMED = re.compile(r"""['"]([^'"\n*?]{1,200})['"]""")  # texts in a script that may be paths
MOST_FOLDERS = 500  # that are searched for a name


def paths_in(text: str) -> list[str]:
    """The texts in a script that may be paths."""
    return NAMED.findall(text)


class FoundFiles:
    """Looks for files that do not exist where a script looks for them.

    Attributes:
        found: those that are read, relative to the working folder.
    """

    def __init__(self, workspace: Workspace, paths: Iterable[str]) -> None:
        """Prepare to look.

        Args:
            workspace: where the script runs.
            paths: that its text or its arguments name; no other file is looked for, such as one of a library.
        """
        self.workspace = workspace
        self.names = {SEPARATORS.split(path)[-1] for path in paths}
        self.found: list[str] = []

    def readable(self, path: Any) -> Any:
        """The path to read ``path`` from: its namesake, with as much of the path as can be, if none is there."""
        if not isinstance(path, (str, os.PathLike)) or "://" in str(path) or os.path.exists(path):
            return path
        parts = [part for part in SEPARATORS.split(str(path)) if part not in ("", ".", "..")]
        if not parts or parts[-1] not in self.names:
            return path
        folder = self.workspace.copy
        tails = [folder.joinpath(*parts[start:]) for start in range(len(parts))]
        inner = (at for at, *_ in islice(os.walk(folder), MOST_FOLDERS))
        file = next((str(tail) for tail in tails if tail.is_file()), None) or only_file(parts[-1], inner)
        if file is None:
            return path
        self.found.append(os.path.relpath(file, folder))
        return file

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Read what is found inside the block."""
        plain_open = builtins.open

        def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            is_read = not any(letter in mode for letter in "wax+")
            return plain_open(self.readable(file) if is_read else file, mode, *arguments, **options)

        with contextlib.ExitStack() as stack:
            for module in (builtins, io):
                stack.enter_context(mock.patch.object(module, "open", opened))
            for name in ("loadtxt", "genfromtxt"):  # ask whether a file exists before they open it
                stack.enter_context(mock.patch.object(np, name, self._reader(getattr(np, name))))
            yield

    def _reader(self, real: Any) -> Any:
        """A function whose first argument is a path that it reads."""

        def read(path: Any, *arguments: Any, **options: Any) -> Any:
            return real(self.readable(path), *arguments, **options)

        return read
