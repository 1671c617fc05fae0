"""``harness view``"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from . import AGREES

LOOPBACK = "127.0.0.1"


def add(commands: Any) -> None:
    command = commands.add_parser(
        "view",
        help="open TensorBoard on the logs",
        description="Open TensorBoard, for this machine only unless --host says else. Ctrl-C ends it.",
    )
    command.add_argument(
        "folder", nargs="?", type=Path, default=Path("logs"), metavar="DIR", help="what to show (logs)"
    )
    command.add_argument("--port", type=int, metavar="N", help="6006, or the next one that is free")
    command.add_argument(
        "--host",
        default=LOOPBACK,
        metavar="ADDRESS",
        help=f"where to listen ({LOOPBACK}); with another, whoever can reach this machine there can read the logs",
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from .. import board

    board.view(arguments.folder, arguments.port, arguments.host)
    return AGREES
