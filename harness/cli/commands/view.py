"""``harness view``"""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import Any

from ..options import add_json, integer
from ..terminal import progress_bar, say
from . import AGREES

LOOPBACK = "127.0.0.1"


def add(commands: Any) -> None:
    command = commands.add_parser(
        "view",
        help="open TensorBoard on the logs",
        description=f"Open TensorBoard on {LOOPBACK}, which only this machine can reach. Ctrl-C stops it. "
        "Exit code 0, or 2: bad input.",
    )
    command.add_argument(
        "folder", nargs="?", type=Path, default=Path("logs"), metavar="DIR", help="folder to show (default: logs)"
    )
    command.add_argument(
        "--port", type=integer, metavar="N", help="port of the page (default: 6006, or the next free one)"
    )
    command.add_argument(
        "--host",
        default=LOOPBACK,
        metavar="ADDRESS",
        help=f"address to listen on; whoever can reach it can read the logs (default: {LOOPBACK})",
    )
    add_json(command.add_argument_group("output"))
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ... import board

    with contextlib.ExitStack() as starting:
        starting.enter_context(progress_bar("starting TensorBoard"))

        def announce(address: str) -> None:
            starting.close()
            document = {"folder": str(arguments.folder), "address": address}
            say(arguments.json, document, f"TensorBoard shows {arguments.folder} at {address} (press Ctrl-C to stop)")

        board.view(arguments.folder, arguments.port, announce, arguments.host)
    return AGREES
