"""The folder that a command logs a run to."""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from .terminal import explained_interrupt


def folder_name(path: str) -> str:
    """Name the folder of the runs of a file: after the file, without what the name of a folder cannot contain."""
    from ..scenario.scenario import MAX_NAME_CHARACTERS

    return re.sub(r"[^\w.-]+", "-", Path(path).stem).strip("-.")[:MAX_NAME_CHARACTERS] or "model"


@contextlib.contextmanager
def run_log(arguments: argparse.Namespace, name: str) -> Iterator[Path | None]:
    """Make the folder of a run, and say after Ctrl-C what it contains; None with ``--no-log``.

    Args:
        arguments: of the command: ``no_log``, ``log_dir``, and ``name`` of the run.
        name: of the folder of all runs of this scenario or file.
    """
    with contextlib.ExitStack() as stack:
        folder = None
        if not arguments.no_log:
            from .. import board

            folder = stack.enter_context(board.run_folder(arguments.log_dir, name, arguments.name))
        stack.enter_context(explained_interrupt(folder))
        yield folder
