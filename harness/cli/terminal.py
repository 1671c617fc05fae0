"""The terminal: progress bar, results, silence while libraries load, what Ctrl-C keeps."""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from ..alarm import AGAIN_SECONDS, when_lost
from ..results import Document, as_document, as_report, as_verdict, versioned
from .pages import REPORT

if TYPE_CHECKING:
    from rich.console import RenderableType

MAX_COLUMNS = 1000  # of a table
PROGRESS_DELAY_SECONDS = 1.0  # shorter work shows no progress bar
UNNEEDED = ("jax", "pandas", "sklearn")  # for arrays of NumPy


def open_standard_streams() -> None:
    """Open /dev/null as each standard stream that the caller has closed (``>&-``).

    Otherwise the next file that is opened would take its number, and what libraries print would go into that file.
    """
    for number in (0, 1, 2):
        if not is_open(number):
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    # Python has no stream if there was none when it started
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - to the end of the process
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115


def is_open(number: int) -> bool:
    """Whether this file descriptor is open."""
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def stdout_to_nowhere() -> None:
    """Discard what stdout still holds: it cannot be written, and Python would try again at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


@contextlib.contextmanager
def unless_nobody_reads() -> Iterator[None]:
    """Discard what is printed once its reader (head, less) has gone: the exit code stays that of the answer."""
    try:
        yield
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # rich would end the process with 1
        stdout_to_nowhere()


@contextlib.contextmanager
def insistent_interrupt() -> Iterator[None]:
    """Let Ctrl-C end the block, whatever the code in it makes of a KeyboardInterrupt.

    Libraries that are being loaded may swallow it, or raise another exception in its place. So it is raised again and
    again until the block has ended, and in place of any other exception then.
    """
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():  # Ctrl-C is ignored
        yield
        return
    is_interrupted = has_ended = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal is_interrupted
        is_interrupted = True
        if has_ended:
            return
        # at intervals: a signal that comes just before a call of the system begins does not end it
        signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS, AGAIN_SECONDS)
        # what leaves the block restores the handlers, and must come to its end
        if frame is None or frame.f_globals.get("__name__") not in (__name__, contextlib.__name__):
            raise KeyboardInterrupt

    alarm = signal.signal(signal.SIGALRM, interrupt)
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        has_ended = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGALRM, alarm)
        if is_interrupted:
            raise KeyboardInterrupt


@contextlib.contextmanager
def kept_interrupt() -> Iterator[None]:
    """Raise Ctrl-C again if it came where no exception can be raised, and in place of what C code makes of it.

    TensorFlow's conversion of an array loses it, and ends with a SystemError.
    """
    before, is_interrupted = signal.getsignal(signal.SIGINT), False
    timers: list[threading.Timer] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal is_interrupted
        is_interrupted = True
        if callable(before):
            before(number, frame)

    def raise_again() -> None:
        main = threading.main_thread().ident
        again = threading.Timer(AGAIN_SECONDS, signal.pthread_kill, (main, signal.SIGINT))
        again.daemon = True
        again.start()
        timers.append(again)

    is_heeded = callable(before) and threading.current_thread() is threading.main_thread()
    if is_heeded:
        signal.signal(signal.SIGINT, interrupt)
    try:
        with when_lost(KeyboardInterrupt, raise_again):
            yield
    except SystemError:
        if is_interrupted:
            raise KeyboardInterrupt from None
        raise
    finally:
        for timer in timers:
            timer.cancel()  # as Python exits, the signal would kill it
        if is_heeded:
            signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector off the modules that the block imports, in the block and after it."""
    was_enabled, modules = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > modules:  # else nothing new stays, and what is garbage now would be kept
            gc.freeze()
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def silent_import() -> Iterator[None]:
    """Hide what TensorFlow's libraries write to stderr while they load, unless loading fails. Ctrl-C ends loading.

    C++ code writes it before it reads any log level, so the file descriptor itself has to be replaced.

    What is loaded stays to the end of the process, so the garbage collector neither looks for garbage meanwhile nor
    looks through it later: that would be a fifth of the time that loading takes.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "1") == "1":  # importing JAX sets it to 1
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    sys.stderr.flush()
    with tempfile.TemporaryFile() as kept:
        stderr = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            with insistent_interrupt(), uncollected():
                yield
        except Exception:
            kept.seek(0)
            os.write(stderr, kept.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def load_tensorflow() -> None:
    """Load TensorFlow for a scenario, without packages that TensorFlow and Keras import if they are installed.

    They import them to recognise their arrays and tables, which takes a third of the time. A scenario has none of
    these; a user's program may have, so it is not for that.
    """
    hidden: dict[str, Any] = dict.fromkeys(name for name in UNNEEDED if name not in sys.modules)
    sys.modules.update(hidden)  # None marks a package as missing
    try:
        import tensorflow  # noqa: F401
    finally:
        for name in hidden:
            del sys.modules[name]


class Shown:
    """Shows what goes on: call it with (done, in all, what is running now); ``say`` prints a line that stays."""

    def __init__(self, bar: Any = None, task: Any = None) -> None:
        """Show on a bar; None shows nothing."""
        self.bar, self.task = bar, task

    def __call__(self, done: int, total: int, what: str) -> None:
        if self.bar is not None:
            self.bar.update(self.task, completed=done, total=total, description=what)

    def say(self, line: str) -> None:
        """Print a line that stays."""
        if self.bar is not None:
            self.bar.console.print(line, markup=False, highlight=False)


@contextlib.contextmanager
def progress_bar(first: str) -> Iterator[Shown]:
    """Show a progress bar on stderr after a second, at a terminal only, and remove it at the end.

    Args:
        first: what runs before the first step is known.
    """
    if not sys.stderr.isatty():
        yield Shown()
        return
    from rich.console import Console
    from rich.progress import Progress

    # a separate descriptor, because ``silent_import`` replaces that of stderr
    with open(os.dup(2), "w", encoding=sys.stderr.encoding, errors="replace") as terminal:
        console = Console(file=terminal)
        bar = Progress(console=console, transient=True, disable=not console.is_interactive)
        task = bar.add_task(first, total=None)

        after_a_second = threading.Timer(PROGRESS_DELAY_SECONDS, bar.start)
        after_a_second.daemon = True
        after_a_second.start()
        try:
            yield Shown(bar, task)
        finally:
            after_a_second.cancel()
            after_a_second.join()
            bar.stop()


@unless_nobody_reads()
def say(as_json: bool, document: Document, sentence: str) -> None:
    """Print one JSON document, or one sentence, and flush it."""
    print(json.dumps(versioned(document), indent=1) if as_json else sentence, flush=True)


@unless_nobody_reads()
def print_as(*, as_json: bool, machines: Callable[[], Document], people: Callable[[], RenderableType]) -> None:
    """Print one JSON document, or what people read."""
    if as_json:
        print(json.dumps(versioned(machines()), indent=1))
    else:
        print_uncut(people())


def print_uncut(renderable: RenderableType) -> None:
    """Print text at the width of the terminal, and tables as wide as they need: no label or number is cut."""
    from rich.console import Console, Group
    from rich.measure import Measurement
    from rich.table import Table

    console = Console()
    for part in renderable.renderables if isinstance(renderable, Group) else [renderable]:
        needed = Measurement.get(console, console.options.update(max_width=MAX_COLUMNS), part)
        # a grid without lines is text beside its labels, and folds as text does
        wide = isinstance(part, Table) and part.box is not None and needed.maximum > console.width
        (Console(width=needed.maximum) if wide else console).print(part)


@unless_nobody_reads()
def show_result(arguments: argparse.Namespace, result: object) -> None:
    """Print one JSON document, or the answer, or with ``-v`` all tables and the answer last."""
    people = as_report if arguments.verbose else as_verdict
    print_as(as_json=arguments.json, machines=lambda: as_document(result), people=lambda: people(result))
    folder = getattr(result, "log_dir", None)
    if folder is not None and not arguments.json:
        print(f"\nPage with figures: {folder}/{REPORT}\nHistograms and curves: harness view {folder}")


@contextlib.contextmanager
def explained_interrupt(folder: Path, advice: str = "") -> Iterator[None]:
    """Add to a KeyboardInterrupt where the unfinished results are, and ``advice`` on what to do with them."""
    from ..files import UNFINISHED

    try:
        with kept_interrupt():
            yield
    except KeyboardInterrupt:
        if not any(path.is_dir() for path in folder.iterdir()):
            raise  # nothing was recorded yet
        raise KeyboardInterrupt(f"{folder} keeps what was recorded, and is marked {UNFINISHED}{advice}") from None
