"""The folder of a run and the event files in it."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from tensorboard.compat.proto import summary_pb2

from ..comparison.trace import Run
from ..errors import BadInput, shown
from ..files import UNFINISHED, plain_errors
from ..models.network import Network
from .events import Series, Setting, event_of, file_version, record, records_of, text_value
from .series import MAX_NEURONS, series_of, side_by_side, told_once

NOT_FINISHED = "Not finished, or still being written. What is here can be read; it is not all.\n"  # said in it
NAME = re.compile(r"\w[\w.+=, -]{0,59}")  # one part of a path, on every system, and not a hidden one


def event_file(time: str) -> str:
    """The name of an event file, by which TensorBoard knows it; ``time`` in whole seconds since 1970."""
    return f"events.out.tfevents.{time}.harness"


def write_events(
    folder: Path,
    wall_time: float,
    once: Sequence[summary_pb2.Summary.Value],
    series: Sequence[Series],
    iterations: Sequence[int],
) -> None:
    """An event file in ``folder``. Interrupted or killed, it stays readable up to the last whole iteration."""
    with open(folder / event_file(f"{int(wall_time):010}"), "xb", buffering=0) as file:
        # unbuffered: each record goes to the system in one piece
        file.write(file_version(wall_time))
        file.write(record(event_of(once, 0, wall_time)))
        for one in records_of(series, iterations, wall_time):
            file.write(one)
        os.fsync(file.fileno())


def check_name(what: str, name: str) -> None:
    """Raise BadInput unless ``name`` can be that of one folder."""
    if not NAME.fullmatch(name):
        raise BadInput(
            f"{what} {shown(name)} cannot name a folder; use at most 60 letters, digits and any of _ . + = , - and "
            "spaces, starting with a letter or digit, without / or \\"
        )


def mark(folder: Path) -> None:
    """Tell that ``folder`` is not, or no longer, complete.

    Raises:
        BadInput: it cannot be written.
    """
    with plain_errors(folder):
        (folder / UNFINISHED).write_text(NOT_FINISHED)


def is_marked(folder: Path) -> bool:
    """Whether ``folder`` is not complete."""
    return (folder / UNFINISHED).exists()


def make_marked(folder: Path) -> None:
    """Make a folder that is marked from its first moment on: it is made aside, and renamed.

    Of two processes that make the same one, one succeeds.

    Raises:
        OSError: it cannot be made; FileExistsError where there is one already.
    """
    aside = folder.with_name(f".{os.getpid()}-{threading.get_ident()}.new")
    exists = FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    aside.mkdir()
    try:
        (aside / UNFINISHED).write_text(NOT_FINISHED)
        if os.path.lexists(folder):  # renaming would take the place of an empty folder
            raise exists
        aside.rename(folder)
    except BaseException as error:
        shutil.rmtree(aside, ignore_errors=True)
        if isinstance(error, OSError) and error.errno == errno.ENOTEMPTY:  # another process was quicker
            raise exists from None
        raise


def make_timestamped(parent: Path) -> Path:
    """Make a folder named by the time; those that fall into the same second get a number after it."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    for number in itertools.count(1):
        folder = parent / (stamp if number == 1 else f"{stamp}-{number}")
        with contextlib.suppress(FileExistsError):
            make_marked(folder)
            break
    return folder


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes out of ``folder`` during a ``with``; the lock goes with its process, however that ends.

    Windows, and file systems that lock nothing, have none.

    Raises:
        BadInput: another process is in there.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with plain_errors(folder):
        opened = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(f"{folder}: another process is at work on it; wait for it, or choose another name") from None
        except OSError:
            pass
        yield
    finally:
        os.close(opened)


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Take the mark away at the end of a ``with``, in which no other process writes here.

    After an error or an interrupt it stays, beside what was written; where nothing was, the folder goes, and its name
    is free again.
    """
    with locked(folder):
        try:
            yield
        except BaseException:
            if [path.name for path in folder.iterdir()] == [UNFINISHED]:
                shutil.rmtree(folder)
            raise
        with plain_errors(folder):
            (folder / UNFINISHED).unlink(missing_ok=True)


@contextlib.contextmanager
def run_folder(root: Path, scenario: str, name: str | None = None) -> Iterator[Path]:
    """A new folder ``root/scenario/name`` for what is written in a ``with``; ``name`` is the time unless given.

    A file ``UNFINISHED`` stands in it until the ``with`` ends. After an error or an interrupt the file stays, beside
    what was written; where nothing was, the folder goes, and its name is free again.

    Raises:
        BadInput: the folder exists already, cannot be made, or a name is not that of one folder.
    """
    check_name("scenario", scenario)
    if name is not None:
        check_name("name", name)
    parent = root / scenario
    with plain_errors(parent):
        parent.mkdir(parents=True, exist_ok=True)
        folder = make_timestamped(parent) if name is None else parent / name
    if name is not None:
        with plain_errors(folder):
            make_marked(folder)
    with writing(folder):
        yield folder


@contextlib.contextmanager
def resumed_folder(root: Path, scenario: str, name: str) -> Iterator[Path]:
    """The folder ``root/scenario/name`` as somebody has left it, or a new one, as ``run_folder`` gives.

    It may be finished, and then has no mark: ``mark`` it before writing.

    Raises:
        BadInput: another process is writing there, it cannot be made, or a name is not that of one folder.
    """
    check_name("scenario", scenario)
    check_name("name", name)
    folder = root / scenario / name
    with writing(folder) if os.path.lexists(folder) else run_folder(root, scenario, name):
        yield folder


def write(
    run: Run,
    folder: Path,
    wall_time: float | None = None,
    max_neurons: int = MAX_NEURONS,
    network: Network | None = None,
    hparams: Mapping[str, Setting] = {},
) -> None:
    """Write the event file of one run into a new ``folder``.

    Args:
        run: what was recorded.
        folder: logs/<scenario>/<name>/<implementation>-<initializer>; TensorBoard names the run after it.
        wall_time: seconds since 1970, when the run was written: that of every event. Now, unless given. The same run
            with the same wall time gives the same bytes.
        max_neurons: how many neurons of a layer are drawn, see ``series.shown_neurons``.
        network: what was trained, for its activations: without it there is no saturated share.
        hparams: settings for the HParams page, beside the run's implementation and initializer.

    Raises:
        BadInput: ``folder`` exists already or cannot be written.
    """
    wall_time = time.time() if wall_time is None else wall_time
    with plain_errors(folder):
        folder.mkdir(parents=True)
        once = told_once(run, wall_time, max_neurons, hparams)
        write_events(folder, wall_time, once, series_of(run, max_neurons, network), run.recorded)


def write_verdict(folder: Path, markdown: str, wall_time: float | None = None, runs: Sequence[Run] = ()) -> None:
    """Write into ``folder`` what belongs to a whole comparison.

    Args:
        folder: that of the comparison, with the runs' folders in it.
        markdown: the text "verdict".
        wall_time: as for ``write``.
        runs: all of them; the neurons of the first from each start are shown side by side.

    Raises:
        BadInput: ``folder`` cannot be written.
    """
    wall_time = time.time() if wall_time is None else wall_time
    with plain_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        verdict = text_value("verdict", "What the comparison found.", markdown)
        write_events(folder, wall_time, [verdict], side_by_side(runs), runs[0].recorded if runs else ())
