"""Weights that were saved before: a file that finds them does not train, unless it is run as if there were none."""

from __future__ import annotations

import builtins
import io
import os
import pathlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..graph import Absorbed
from .files import WEIGHTS, for_user

OTHERS = (".py", ".ipynb", ".csv", ".png", ".jpg")  # files whose names may begin as those of weights do


class SavedBefore:
    """What a file asks of weights that were saved before.

    Args:
        note: called with (kind, name) of everything that is taken as missing.
        is_hidden: whether they are.
    """

    def __init__(self, note: Callable[..., None], is_hidden: bool) -> None:
        self.note, self.is_hidden = note, is_hidden
        self.names: set[str] = set()  # of the weights that were asked for and are there

    def install(self) -> None:
        """Patch what asks for files and what opens them."""
        kind: Any = pathlib.Path
        for owner, name in ((os.path, "exists"), (os.path, "isfile"), (kind, "exists"), (kind, "is_file")):
            setattr(owner, name, self._asked(getattr(owner, name)))
        builtins.open = io.open = self._opened(builtins.open)
        np.load = self._opened(np.load, by_anybody=True)

    def _is_hidden(self, file: Any, by_anybody: bool = False) -> bool:
        """Whether the user's own code, or anybody, asks for saved weights, which are to be missing."""
        path = os.fspath(file) if isinstance(file, (str, os.PathLike)) else None
        if not isinstance(path, str) or not WEIGHTS.search(Path(path).stem) or path.endswith(OTHERS):
            return False
        if not (by_anybody or for_user(3)) or not os.path.lexists(path):
            return False
        if self.is_hidden and Path(path).name not in self.names:
            self.note(Absorbed.SAVED, Path(path).name)
        self.names.add(Path(path).name)
        return self.is_hidden

    def _asked(self, real: Callable[..., bool]) -> Callable[..., bool]:
        def call(file: Any, **options: Any) -> bool:
            return not self._is_hidden(file) and real(file, **options)

        return call

    def _opened(self, real: Callable[..., Any], by_anybody: bool = False) -> Callable[..., Any]:
        def call(file: Any, *arguments: Any, **options: Any) -> Any:
            mode = options.get("mode", arguments[0] if arguments else "r")
            if not (isinstance(mode, str) and set(mode) & set("wax")) and self._is_hidden(file, by_anybody):
                raise FileNotFoundError(2, "No such file or directory", str(file))
            return real(file, *arguments, **options)

        return call
