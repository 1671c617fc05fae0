"""Start TensorBoard on a folder, by default for this machine only."""

from __future__ import annotations

import contextlib
import io
import ipaddress
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..errors import BadInput, shown_path
from ..scenario.given import Given, invalid_value
from .first_page import folders_below, opening_page

LOOPBACK = "127.0.0.1"
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]  # of WSGI
MAX_VISITED = 1_000_000  # files and folders in which an event file is searched


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def launch(folder: Path, port: int | None, host: str = LOOPBACK) -> str:
    """Start TensorBoard on ``host`` in a thread of this process, and return its address."""
    # imported here because it takes 0.3 s
    from tensorboard import default, program
    from tensorboard.plugins.debugger_v2.debugger_v2_plugin import DebuggerV2Plugin

    # The debugger, and plugins of other packages (the projector), import TensorFlow and have nothing to show here.
    board = program.TensorBoard(plugins=[p for p in default.get_static_plugins() if p is not DebuggerV2Plugin])
    board.configure(logdir=str(folder), host=host, port=port or None)
    serve = board.server_class
    board.server_class = lambda app, flags: serve(opening_at_first_page(app, folder), flags)
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # its advice names options that the harness does not have
            return str(board.launch())
    except program.TensorBoardPortInUseError:
        raise BadInput(
            f"{port} is in use", key="port", hint="choose another port, or leave it out for a free one"
        ) from None
    except SystemExit:  # its server exits if it cannot listen
        hint = f"give an address of this machine, or leave it out for {LOOPBACK}"
        raise BadInput(f"cannot listen on {host}", key="host", hint=hint) from None
    except program.TensorBoardServerException as error:
        raise BadInput(f"TensorBoard did not start: {error.msg}") from None


def opening_at_first_page(app: Application, folder: Path) -> Application:
    """An application that leads whoever asks for "/" alone to the first page, and is otherwise ``app``."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in ("", "/") and not environ.get("QUERY_STRING"):
            start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")])
            return [opening_page(folder)]
        return app(environ, start_response)

    return answer


def has_run(folder: Path) -> bool:
    """Whether an event file lies somewhere under the folder; after ``MAX_VISITED`` places the search gives up."""
    return any("tfevents" in name for _, names in folders_below(folder, MAX_VISITED) for name in names)


def view(folder: Path, port: int | None = None, announce: Callable[[str], None] = print, host: str = LOOPBACK) -> None:
    """Show ``folder`` in TensorBoard until Ctrl-C.

    Args:
        folder: folder of a run, of a comparison or of all logs.
        port: port to serve on; 0 or None is the first free one from 6006.
        announce: called with the address once it is served.
        host: address to listen on; if others can reach it, a warning goes to stderr.

    Raises:
        BadInput: there is no run in ``folder``, or the host or port cannot be used.
    """
    name = shown_path(folder)
    if not os.path.isdir(folder):
        raise BadInput(f"{name} is not a folder; give the folder of a run, or of all logs")
    if port is not None and not 0 <= port < 2**16:
        raise invalid_value(Given(port, "port"), f"an integer from 1 to {2**16 - 1}, or left out for a free port")
    if not re.fullmatch(r"[A-Za-z0-9_.:-]+", host):
        raise invalid_value(Given(host, "host"), f"an address of this machine, or left out for {LOOPBACK}")
    if not has_run(folder):
        raise BadInput(f"{name} has no logged run; log a run first, or give another folder")
    if not is_loopback(host):
        print(f"harness: whoever can reach {host} can read the logs; TensorBoard asks for no password", file=sys.stderr)
    with contextlib.suppress(KeyboardInterrupt):
        announce(launch(folder, port, host))
        threading.Event().wait()
