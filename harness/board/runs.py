"""The folder of a run and the event files in it."""

from __future__ import annotations

import contextlib
import itertools
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from tensorboard.compat.proto import summary_pb2

from models.network import Network

from .. import BadInput
from ..given import shown, shown_path
from ..trace import Run
from .events import Series, Setting, event_of, file_version, record, records_of, text_value
from .series import MAX_NEURONS, series_of, side_by_side, told_once

UNFINISHED = "UNFINISHED"  # a file of that name marks a folder that is not, or not yet, complete
NAME = re.compile(r"\w[\w.+=, -]{0,59}")  # one part of a path, on every system, and not a hidden one


def write_events(
    folder: Path,
    wall_time: float,
    once: Sequence[summary_pb2.Summary.Value],
    series: Sequence[Series],
    iterations: Sequence[int],
) -> None:
    """An event file in ``folder``. Interrupted, it stays readable up to the last whole iteration."""
    with open(folder / f"events.out.tfevents.{int(wall_time):010}.harness", "xb") as file:
        file.write(file_version(wall_time))
        file.write(record(event_of(once, 0, wall_time)))
        for one in records_of(series, iterations, wall_time):
            file.write(one)


@contextlib.contextmanager
def plain_errors(folder: Path) -> Iterator[None]:
    """Tell in plain words what kept us from writing into ``folder``."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileExistsError) and folder.is_dir():
            advice = (
                f"{shown_path(folder)} exists and is not overwritten: choose another name with --name, or remove it"
            )
        else:
            advice = (
                f"cannot write into {shown_path(folder)}: {error.strerror}; choose another log folder with --log-dir"
            )
        raise BadInput(advice) from None


def check_name(what: str, name: str) -> None:
    """Raise BadInput unless ``name`` can be that of one folder."""
    if not NAME.fullmatch(name):
        raise BadInput(
            f"{what} {shown(name)} cannot name a folder: use at most 60 letters, digits and any of _ . + = , - and "
            "spaces, starting with a letter or digit, without / or \\"
        )


def make_timestamped(parent: Path) -> Path:
    """Make a folder named by the time; those that fall into the same second get a number after it."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    for number in itertools.count(1):
        folder = parent / (stamp if number == 1 else f"{stamp}-{number}")
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            break
    return folder


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
    with plain_errors(folder):
        if name is not None:
            folder.mkdir()  # of two processes at once, one succeeds
        marker = folder / UNFINISHED
        marker.write_text("Not finished, or still being written. What is here can be read; it is not all.\n")
    try:
        yield folder
    except BaseException:
        if list(folder.iterdir()) == [marker]:
            marker.unlink()
            folder.rmdir()
        raise
    marker.unlink()


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
