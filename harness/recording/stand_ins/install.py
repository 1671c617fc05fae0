"""Puts all stand-ins in place in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..graph import Absorbed
from . import absorbed


def install(note: Callable[..., None], text: str) -> None:
    """For a run with or without recording.

    Args:
        note: is told (kind, name, shapes...) of everything that is stood in for.
        text: of the file, for the sizes in it.
    """
    absorbed.forget_absorbed()

    def noted(name: str) -> None:
        root = name.partition(".")[0]
        if name == root and root not in absorbed.PROGRESS:
            note(Absorbed.DISPLAY if root in absorbed.DISPLAYS else Absorbed.MODULE, root)

    sys.meta_path.insert(0, absorbed.AbsorbingFinder(absorbed.is_absorbed, noted))


def install_last(note: Callable[..., None]) -> None:
    """What is asked when nobody else has a module."""

    def missing(fullname: str) -> bool:
        return sys._getframe(1) is not None and not fullname.startswith(("_", "harness"))

    def noted(name: str) -> None:
        note(Absorbed.MODULE, name)

    finder: Any = absorbed.AbsorbingFinder(missing, noted)
    sys.meta_path.append(finder)
