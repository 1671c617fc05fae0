"""TensorBoard itself, showing a folder to this machine only."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Callable
from pathlib import Path

from .. import BadInput
from .heatmap import FRAMES


def launch(folder: Path, port: int | None) -> str:
    """Start TensorBoard on 127.0.0.1 in a thread of this process; its address."""
    # 0.3 s to load, and of no use before this
    from tensorboard import default, program
    from tensorboard.plugins.debugger_v2.debugger_v2_plugin import DebuggerV2Plugin

    # The debugger, and plugins that other packages bring (the projector), import TensorFlow and show nothing of ours.
    board = program.TensorBoard(plugins=[p for p in default.get_static_plugins() if p is not DebuggerV2Plugin])
    # by itself it keeps ten pictures of a tag
    samples = {"images": 10 * FRAMES}
    board.configure(logdir=str(folder), host="127.0.0.1", port=port or None, samples_per_plugin=samples)
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # its advice is about options that are not ours
            return str(board.launch())
    except program.TensorBoardPortInUseError:
        raise BadInput(f"port {port} is in use: choose another with --port, or none to get a free one") from None
    except program.TensorBoardServerException as error:
        raise BadInput(f"TensorBoard did not start: {error.msg}") from None


def view(folder: Path, port: int | None = None, tell: Callable[[str], None] = print) -> None:
    """Show ``folder`` in TensorBoard, on 127.0.0.1 only, until Ctrl-C.

    Args:
        folder: that of a run, of a comparison or of all logs.
        port: where to serve; the first free one from 6006 on where it is 0 or None.
        tell: is told the address, once it is served.

    Raises:
        BadInput: nothing was written in ``folder``, or the port cannot be had.
    """
    if not folder.is_dir():
        raise BadInput(f"no folder {folder}: give one in which a run was written")
    if next(folder.rglob("*tfevents*"), None) is None:
        raise BadInput(f"no run in {folder}: write one first, or give another folder")
    if port is not None and not 0 <= port < 2**16:
        raise BadInput(f"no port {port}: give --port a number from 1 to {2**16 - 1}, or none to get a free one")
    with contextlib.suppress(KeyboardInterrupt):
        # unsmoothed: the default draws a cost of 0.0003 as 0.25
        tell(f"{launch(folder, port)}?smoothing=0")
        threading.Event().wait()
