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
from .events import Series, Setting, event_of, file_version, image_series, record, records_of, text_value
from .first_page import ANSWER, PICTURES, Pin, write_pins
from .series import MAX_NEURONS, series_of, side_by_side, values_without_steps

UNFINISHED_TEXT = "This run was stopped, or is still being written. Its files can be read, but they are not complete.\n"
NAME = re.compile(r"\w[\w.+=, -]{0,59}")  # one part of a path on every system, and not hidden


def event_file(time: str, name: str = "harness") -> str:
    """The name by which TensorBoard recognises an event file; ``time`` in seconds since 1970."""
    return f"events.out.tfevents.{time}.{name}"


def write_events(
    folder: Path,
    wall_time: float,
    once: Sequence[summary_pb2.Summary.Value],
    series: Sequence[Series],
    iterations: Sequence[int],
    name: str = "harness",
) -> None:
    """Write an event file of that name.

    If it is interrupted or killed, the file is readable up to the last complete iteration.
    """
    with open(folder / event_file(f"{int(wall_time):010}", name), "xb", buffering=0) as file:
        # unbuffered, so that each record is written in one piece
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
    """Mark ``folder`` as not, or no longer, complete.

    Raises:
        BadInput: it cannot be written.
    """
    with plain_errors(folder):
        (folder / UNFINISHED).write_text(UNFINISHED_TEXT)


def is_marked(folder: Path) -> bool:
    """Whether ``folder`` is marked as not complete."""
    return (folder / UNFINISHED).exists()


def make_marked(folder: Path) -> None:
    """Make a folder that is marked from the beginning: it is made under another name and then renamed.

    If two processes make the same folder, one succeeds.

    Raises:
        OSError: it cannot be made; FileExistsError if it exists.
    """
    aside = folder.with_name(f".{os.getpid()}-{threading.get_ident()}.new")
    exists = FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    aside.mkdir()
    try:
        (aside / UNFINISHED).write_text(UNFINISHED_TEXT)
        if os.path.lexists(folder):  # renaming would replace an empty folder
            raise exists
        aside.rename(folder)
    except BaseException as error:
        shutil.rmtree(aside, ignore_errors=True)
        if isinstance(error, OSError) and error.errno == errno.ENOTEMPTY:  # another process was quicker
            raise exists from None
        raise


def make_timestamped(parent: Path) -> Path:
    """Make a folder named by the time; further folders of the same second get a number."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    for number in itertools.count(1):
        folder = parent / (stamp if number == 1 else f"{stamp}-{number}")
        with contextlib.suppress(FileExistsError):
            make_marked(folder)
            break
    return folder


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes out of ``folder`` during a ``with``. The lock ends with the process.

    There is no lock on Windows, or on file systems without locks.

    Raises:
        BadInput: another process has the lock.
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
            raise BadInput(f"{folder}: another process is writing to it; wait for it, or choose another name") from None
        except OSError:
            pass
        yield
    finally:
        os.close(opened)


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Lock the folder during a ``with``, and remove the mark at its end.

    After an error or an interrupt the mark stays. If nothing was written, the folder is removed.
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
    """Make the folder ``root/scenario/name`` for a ``with``; the default name is the time.

    It holds a file ``UNFINISHED`` until the ``with`` ends. After an error or an interrupt the file stays. If nothing
    was written, the folder is removed.

    Raises:
        BadInput: the folder exists, cannot be made, or a name cannot name a folder.
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
    """The existing folder ``root/scenario/name``, or a new one from ``run_folder``.

    A finished folder has no mark: call ``mark`` before writing.

    Raises:
        BadInput: another process is writing to it, it cannot be made, or a name cannot name a folder.
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
    is_finished: bool = True,
) -> None:
    """Write the event file of one run into a new ``folder``.

    Args:
        run: the recorded run.
        folder: logs/<scenario>/<name>/<implementation>-<initializer>; TensorBoard names the run after it.
        wall_time: time of every event, in seconds since 1970; now by default. The same run with the same wall time
            gives the same bytes.
        max_neurons: maximum number of units drawn per layer, see ``series.shown_neurons``.
        network: the trained network, for its activations; without it there is no saturated share.
        hparams: settings for the HParams page, besides implementation and initializer.
        is_finished: whether the training came to its end. If not, somebody waits after Ctrl-C, and the picture of the
            weights is left out, because drawing it takes most of a second.

    Raises:
        BadInput: ``folder`` exists or cannot be written.
    """
    wall_time = time.time() if wall_time is None else wall_time
    with plain_errors(folder):
        folder.mkdir(parents=True)
        once = values_without_steps(run, wall_time, max_neurons, hparams)
        series = series_of(run, max_neurons, network, is_finished=is_finished)
        write_events(folder, wall_time, once, series, run.recorded)


def write_text(folder: Path, markdown: str, wall_time: float) -> None:
    """Write what is known of a run after its event file was written: the answer, in words.

    Args:
        folder: of the run.
        markdown: the words.
        wall_time: as for ``write``.

    Raises:
        BadInput: ``folder`` cannot be written.
    """
    with plain_errors(folder):
        value = text_value(ANSWER, "What happened in this run.", markdown)
        # TensorBoard reads the files of a run in the order of their names
        write_events(folder, wall_time, [value], (), (), "answer")


def write_answer(
    folder: Path,
    markdown: str,
    wall_time: float | None = None,
    runs: Sequence[Run] = (),
    pictures: Mapping[str, bytes] = {},
    pinned: Sequence[str] = (),
    step: int = 0,
) -> None:
    """Write into ``folder/answer`` what belongs to a comparison, a sweep or a diagnosis as a whole.

    Args:
        folder: folder of the comparison, with the folders of the runs in it.
        markdown: the answer in words.
        wall_time: as for ``write``.
        runs: all runs of a comparison; the units of the first run from each initializer are shown side by side.
        pictures: the answer as PNG files by their names, which TensorBoard shows first.
        pinned: tags of curves that it shows beside the picture.
        step: of the picture, if there are no runs.

    Raises:
        BadInput: ``folder`` cannot be written.
    """
    wall_time = time.time() if wall_time is None else wall_time
    of_answer = folder / ANSWER
    with plain_errors(of_answer):
        of_answer.mkdir(parents=True, exist_ok=True)
        for old in of_answer.glob(event_file("*")):
            old.unlink()
        once = [text_value(ANSWER, "The answer in words.", markdown)]
        recorded = runs[0].recorded if runs else [step]
        series = side_by_side(runs)
        nothing_before = [None] * (len(recorded) - 1)
        for name, picture in pictures.items():
            tag = f"{PICTURES}/{name}"
            series.append(image_series(tag, tag, "The answer as a picture.", [*nothing_before, picture]))
        write_events(of_answer, wall_time, once, series, recorded)
        curves = [Pin(plugin="scalars", tag=tag) for tag in pinned]
        pins = [Pin(plugin="images", tag=f"{PICTURES}/{name}") for name in pictures]
        # without curves the pictures come first by themselves
        write_pins(of_answer, [*pins, *curves] if curves else [])
