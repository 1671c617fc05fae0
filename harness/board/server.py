"""TensorBoard itself, showing a folder, to this machine only unless asked otherwise."""

from __future__ import annotations

import contextlib
import io
import ipaddress
import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from ..errors import BadInput, shown_path
from ..scenario.given import Given, must
from .heatmap import FRAMES

LOOPBACK = "127.0.0.1"
MOST_SEEN = 1_000_000  # files and folders that are looked at for a run


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def launch(folder: Path, port: int | None, host: str = LOOPBACK) -> str:
    """Start TensorBoard on ``host`` in a thread of this process; its address."""
    # 0.3 s to load, and of no use before this
    from tensorboard import default, program
    from tensorboard.plugins.debugger_v2.debugger_v2_plugin import DebuggerV2Plugin

    # The debugger, and plugins that other packages bring (the projector), import TensorFlow and show nothing of ours.
    board = program.TensorBoard(plugins=[p for p in default.get_static_plugins() if p is not DebuggerV2Plugin])
    # by itself it keeps ten pictures of a tag
    samples = {"images": 10 * FRAMES}
    board.configure(logdir=str(folder), host=host, port=port or None, samples_per_plugin=samples)
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # its advice is about options that are not ours
            return str(board.launch())
    except program.TensorBoardPortInUseError:
        raise BadInput(f"{port} is in use", key="port", hint="choose another, or none to get a free one") from None
    except SystemExit:  # what serves for TensorBoard ends the process where it cannot listen
        hint = f"give an address of this machine, or none for {LOOPBACK}"
        raise BadInput(f"cannot listen on {host}", key="host", hint=hint) from None
    except program.TensorBoardServerException as error:
        raise BadInput(f"TensorBoard did not start: {error.msg}") from None


def has_run(folder: Path) -> bool:
    """Whether an event file lies somewhere under the folder, as far as a look at so many places can tell."""
    seen = 0
    for _, folders, files in os.walk(folder):
        if any("tfevents" in name for name in files):
            return True
        seen += 1 + len(files) + len(folders)
        if seen > MOST_SEEN:
            break
    return False


def view(folder: Path, port: int | None = None, tell: Callable[[str], None] = print, host: str = LOOPBACK) -> None:
    """Show ``folder`` in TensorBoard until Ctrl-C.

    Args:
        folder: that of a run, of a comparison or of all logs.
        port: where to serve; the first free one from 6006 on where it is 0 or None.
        tell: is told the address, once it is served.
        host: the address to listen on; a word on stderr tells where others can reach it.

    Raises:
        BadInput: nothing was written in ``folder``, or the host or port cannot be had.
    """
    told = shown_path(folder)
    if not os.path.isdir(folder):
        raise BadInput(f"{told} is no folder; give one in which a run was written")
    if port is not None and not 0 <= port < 2**16:
        wanted = f"a number from 1 to {2**16 - 1}, or left out to get a free one"
        raise must(Given(port, "port"), wanted)
    if not re.fullmatch(r"[A-Za-z0-9_.:-]+", host):
        raise must(Given(host, "host"), f"an address of this machine, or left out for {LOOPBACK}")
    if not has_run(folder):
        raise BadInput(f"{told} has no run; write one first, or give another folder")
    if not is_loopback(host):
        print(f"harness: whoever can reach {host} can read the logs; TensorBoard asks for no password", file=sys.stderr)
    with contextlib.suppress(KeyboardInterrupt):
        # unsmoothed: the default draws a cost of 0.0003 as 0.25
        tell(f"{launch(folder, port, host)}?smoothing=0")
        threading.Event().wait()
