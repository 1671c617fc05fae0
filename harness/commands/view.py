"""``harness view``"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from . import AGREES


def add(commands: Any) -> None:
    command = commands.add_parser(
        "view", help="open TensorBoard on the logs", description="Open TensorBoard on 127.0.0.1. Ctrl-C ends it."
    )
    command.add_argument(
        "folder", nargs="?", type=Path, default=Path("logs"), metavar="DIR", help="what to show (logs)"
    )
    command.add_argument("--port", type=int, metavar="N", help="6006, or the next one that is free")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from .. import board

    board.view(arguments.folder, arguments.port)
    return AGREES
