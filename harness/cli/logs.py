"""The folder that a command logs a run to."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path

from .terminal import explained_interrupt


def folder_name(path: str) -> str:
    """The name of the folder of all runs of a file."""
    from ..scenario.scenario import name_after

    return name_after(Path(path), "model")


@contextlib.contextmanager
def run_log(arguments: argparse.Namespace, name: str) -> Iterator[Path | None]:
    """Make the folder of a run, and say after Ctrl-C what it contains; None with ``--no-log``.

    Args:
        arguments: of the command: ``no_log``, ``log_dir``, and ``name`` of the run.
        name: of the folder of all runs of this scenario or file.
    """
    if arguments.no_log:
        yield None
        return
    from .. import board

    with board.run_folder(arguments.log_dir, name, arguments.name) as folder, explained_interrupt(folder):
        yield folder


@contextlib.contextmanager
def resumable_log(arguments: argparse.Namespace, name: str) -> Iterator[Path | None]:
    """``run_log`` of a run that ``--resume`` continues in its folder; Ctrl-C says how.

    Args:
        arguments: of the command: as for ``run_log``, and ``resume``.
        name: of the folder of all runs of this scenario or file.
    """
    if arguments.no_log:
        yield None
        return
    from .. import board

    in_folder = board.resumed_folder if arguments.resume else board.run_folder
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(in_folder(arguments.log_dir, name, arguments.name))
        stack.enter_context(explained_interrupt(folder, f"; to continue, add --name {folder.name} --resume"))
        yield folder
