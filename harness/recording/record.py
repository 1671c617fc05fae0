"""The parent's face: a file in, its recording out."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import struct
import symtable
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..errors import BadInput, nearest_file
from ..sandbox import Limits, Patience, end, is_program
from . import source
from .child_process import DEBUG, child_of
from .graph import Array, Driven, Recording, Start, Stop
from .messages import read_message, recording_from_json, to_json, write_message
from .python_2 import line_of_neither

WAITING = 4  # times the limit of processor time; on a busy machine, until that much was computed
GRACE_SECONDS = 3.0  # for the child to end by itself and send what it has
MAX_ERRORS = 4_000  # characters of what the child itself reports
# what reading a reply raises that is none
MALFORMED = (
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    AssertionError,
    RecursionError,
    MemoryError,
    OverflowError,
    struct.error,
)
PYTHON_2 = re.compile(r"^\s*(print\s+[\"'\w(]|print\s*>>|exec\s+[\"'\w]|raise\s+\w+\s*,|except\s+\w+\s*,\s*\w+\s*:)")


def record_file(
    path: str | Path,
    *,
    run: str | None = None,
    data: Mapping[str, Array] | None = None,
    seed: int = 0,
    seconds: float = Limits.seconds,
    megabytes: int = Limits.megabytes,
    drive: bool = True,
    in_networks: bool = False,
    updates: int | None = None,
    start: Start | None = None,
    definitions_only: bool = False,
) -> Recording:
    """Run somebody's file in a child process and record its arithmetic; in the sandbox that is in use, if there is one.

    Args:
        path: a Python file or a notebook.
        run: lines that are run after the file, with ``data`` at hand.
        data: arrays by name for ``run``; if None, those of X, Y, y and labels that the file does not set itself, of
            random values.
        seed: of the random generators, if the file does not set it.
        seconds: limit of processor time for everything together, and, for what waits, of a multiple of it as the
            clock goes. It only aborts; what is recorded does not depend on it.
        megabytes: memory limit; 0 is none.
        drive: whether to search for calls that train what the file defines, if it does not train by itself.
        in_networks: whether only scripts, and networks of other files that use this one, are tried in that search,
            as for layers that cannot be called on their own.
        updates: of every parameter that are recorded before the run is ended; fewer if each takes many operations.
            None is as many as show whether they are right.
        start: the line from whose statement on is recorded; None is the first.
        definitions_only: whether of the file itself only its definitions and constants are run, and not its training.

    Raises:
        BadInput: if there is no such file, or it is not Python.
    """
    try:
        file = Path(path).resolve()
    except (OSError, RuntimeError):  # Python up to 3.12 raises the second
        raise BadInput(f"{path}: cannot be read (its links lead round in a circle).") from None
    check_source(file, str(path))
    task: dict[str, Any] = {
        "seed": seed,
        "seconds": seconds,
        "megabytes": megabytes,
        "drive": drive and run is None,
        "in_networks": in_networks,
        "updates": updates,
        "start": {"site": start.place.site, "turn": start.turn, "passed": start.passed} if start is not None else None,
        "definitions_only": definitions_only,
        "lines": run.split("\n") if run else [],
        "after_exceptions": data is not None,  # calls that were tried of a file, and run after an exception of its own
        "data": {**(data if data is not None else missing_data(file, seed))} if run else {},
    }
    answer = _ask(file, task, Limits(seconds=seconds, megabytes=megabytes))
    if not isinstance(answer, Stop):
        with contextlib.suppress(*MALFORMED):
            return recording_from_json(*answer)
        answer = Stop.DIED
    return Recording(file=file.name, stop=answer, seed=seed, driven=Driven())


def missing_data(file: Path, seed: int) -> dict[str, Array]:
    """Those of ``default_data`` that the file does not set at its top level."""
    names = symtable.symtable(source.read_text(file), file.name, "exec").get_symbols()
    own = {name.get_name() for name in names if name.is_assigned() or name.is_imported()}
    return {name: values for name, values in default_data(seed).items() if name not in own}


def default_data(seed: int) -> dict[str, Array]:
    """X (23, 7), Y (23, 3) one-hot, y (23, 1) and labels (23,) for lines given by the user."""
    from .driving.data import Labels, Sizes, make_data

    sizes = Sizes()
    given = dict(make_data(sizes, Labels.ONE_HOT, seed))
    binary = make_data(Sizes(outputs=1), Labels.BINARY, seed)
    return given | {"y": binary["Y"]}


def check_source(file: Path, name: str) -> None:
    """Refuse what cannot be run.

    Raises:
        BadInput: with what to do.
    """
    if file.is_dir():
        raise BadInput(f"{name}: expected a Python file or a notebook, got a folder. Name the file that trains.")
    if not file.exists():
        raise BadInput(f"{name}: the file does not exist{nearest_file(file)}")
    if not is_program(file):
        raise BadInput(f"{name}: expected a Python file (.py) or a notebook (.ipynb).")
    try:
        text = source.read_text(file)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{name}: cannot be read ({getattr(error, 'strerror', None) or error}).") from None
    try:
        ast.parse(text)
    except SyntaxError as error:
        lines, lengths = text.split("\n"), source.cell_lengths(file)
        old = python_2_line(lines, error)
        neither = line_of_neither(text) if old else 0
        old, line = (0, neither) if neither else (old, error.lineno or 0)
        shown = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        cell, number = source.cell_of(old or line, lengths) or (None, old or line)
        place = source.line_words(number, cell) if number else "it"
        if old:
            raise BadInput(
                f"{name}: {place} is Python 2: {lines[old - 1].strip()}\n"
                "Convert the file to Python 3, for instance with 2to3 -w."
            ) from None
        message = "neither of version 3 nor of version 2" if neither else error.msg
        raise BadInput(f"{name}: {place} is not valid Python: {message}{': ' * bool(shown)}{shown}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise BadInput(f"{name}: cannot be parsed ({str(error) or 'it is nested too deeply'}).") from None


def python_2_line(lines: list[str], error: SyntaxError) -> int:
    """The line that only Python 2 takes, 0 if the syntax error has another cause."""
    message, line = error.msg or "", error.lineno or 0
    if 0 < line <= len(lines) and ("print" in message or "multiple exception types" in message):
        return line
    return next((number for number, text in enumerate(lines, 1) if PYTHON_2.match(text)), 0)


def _ask(file: Path, task: dict[str, Any], limits: Limits) -> tuple[Any, list[bytes]] | Stop:
    """Send a task to a child and wait for its answer; why there is none, if there is none."""
    with child_of(file, limits) as child:
        launch, process = child.launch, child.process
        arrays: list[bytes] = []
        paths = {"path": str(launch.seen(file)), "root": str(launch.seen(child.root))}
        document = to_json(paths | task, arrays)
        requests, replies, stderr = (cast(BinaryIO, pipe) for pipe in (process.stdin, process.stdout, process.stderr))
        errors: list[bytes] = []
        reader = threading.Thread(target=lambda: errors.append(stderr.read()[-MAX_ERRORS:]), daemon=True)
        reader.start()
        late, over = threading.Event(), threading.Event()
        clock, computing = WAITING * limits.seconds + GRACE_SECONDS, limits.seconds + GRACE_SECONDS
        patience = Patience(clock=clock, computing=computing, pid=process.pid)

        def watch() -> None:
            while left := patience.left():
                if over.wait(left):
                    return
            late.set()
            end(process)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                write_message(requests, document, arrays)
                requests.close()
            try:
                return read_message(replies)
            except MALFORMED:
                if os.environ.get(DEBUG):
                    reader.join(1)
                    sys.stderr.write(b"".join(errors).decode(errors="replace"))
                return Stop.SECONDS if late.is_set() else Stop.DIED
        finally:
            over.set()
            watcher.join()  # before the number of the process may become another's
            launch.close()
            reader.join(1)
            for pipe in (requests, replies, stderr):
                with contextlib.suppress(OSError):
                    pipe.close()
