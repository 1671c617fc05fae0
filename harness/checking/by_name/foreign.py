"""Somebody's functions, called at arm's length: in a child process for a file, in this one for given functions.

The child has a time limit and a memory limit, and gets a path that starts with the file's own folder. It is sent
arrays and sends arrays back; it cannot make this process run anything.
"""

from __future__ import annotations

import contextlib
import inspect
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ...errors import on_the_terminal
from ...recording.record import root_of
from ...sandbox import Limits, prepared
from . import worker
from .worker import Json, Tree

WORKER = Path(__file__).with_name("worker.py")
SECONDS = 30.0
MEGABYTES = 8192  # of address space, which TensorFlow alone takes some GB of
MOST_OUTPUT = 20_000  # characters of what a file prints that are kept
MOST_LINES = 8  # of its traceback that are shown


@dataclass(frozen=True)
class Raised:
    """What a file raised: the type's name, the message, and its own lines of the traceback, outermost first."""

    type: str
    message: str
    lines: Sequence[Json] = ()

    def __str__(self) -> str:
        lines = [
            f"  {at['file']}, line {at['line']}{', in ' + at['function'] if at['function'] else ''}: {at['text']}"
            for at in self.lines[-MOST_LINES:]
        ]
        return "\n".join([f"{self.type}: {self.message}" if self.message else self.type, *lines])


@dataclass(frozen=True)
class Reply:
    """What came of one call.

    Attributes:
        result: what it returned, a tree of float, integer, .. arrays in lists, tuples and dicts.
        again: what it returned when called once more with the same arguments, if that was asked for.
        arguments: those that it was given, after the call.
        changed: the places of those that it wrote to.
        raised: in place of all that, what it raised.
    """

    result: Tree = None
    again: Tree = None
    arguments: Sequence[Tree] = ()
    changed: Sequence[int] = ()
    raised: Raised | None = None


class Gone(Exception):
    """The child is no more: it ended itself, or the time was up. The message says which in a plain line."""


@dataclass(frozen=True)
class Parameter:
    """One that can be given by position. many: ``*name``."""

    name: str
    default: bool = False
    many: bool = False


class Caller(Protocol):
    """Somebody's functions, by name."""

    @property
    def functions(self) -> Mapping[str, Sequence[Parameter]]:
        """The parameters of each."""

    def call(self, name: str, arguments: Sequence[Tree], plain: bool = False, twice: bool = False) -> Reply:
        """Call one; ``plain`` gives it lists of Python floats in place of arrays. Raises Gone."""


def as_parameters(found: Sequence[Json]) -> list[Parameter]:
    return [Parameter(**of) for of in found]


@dataclass
class Here:
    """Functions of this very process, given by name."""

    given: Mapping[str, Callable[..., Any]]
    functions: Mapping[str, Sequence[Parameter]] = field(init=False)

    def __post_init__(self) -> None:
        self.functions = {name: as_parameters(worker.parameters(f)) for name, f in self.given.items()}

    def call(self, name: str, arguments: Sequence[Tree], plain: bool = False, twice: bool = False) -> Reply:
        """See ``Caller``."""
        document, arrays = worker.encode(list(arguments))

        def fresh() -> list[Tree]:
            tree = worker.decode(document, arrays)
            return worker.plain(tree) if plain else tree

        try:
            reply, tree = worker.call(self.given[name], fresh, twice)
        except Exception as error:
            source = inspect.getsourcefile(self.given[name]) or "."
            told = worker.describe(error, Path(source).resolve().parent)
            return Reply(raised=Raised(**told))
        return Reply(**tree, **reply)


@contextlib.contextmanager
def understood(doing: str) -> Iterator[None]:
    """Tell of an answer that is none of the worker's: the file can find the pipe and write what it likes into it."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError, MemoryError):
        raise Gone(f"its answer cannot be taken, {doing}: what it sent is no answer") from None


def raised_of(told: Json) -> Raised:
    """What the worker says that the file raised, as a terminal can show it."""
    lines = [{key: on_the_terminal(v) if isinstance(v, str) else v for key, v in at.items()} for at in told["lines"]]
    return Raised(on_the_terminal(told["type"]), on_the_terminal(told["message"]), lines)


class Child:
    """The functions of a file, in a child process. Use it as a context manager.

    Args:
        path: the file.
        names: the functions that are wanted of it.
        seconds: for all calls together, loading included.
        megabytes: of address space; 0 is no limit.

    Raises:
        Gone: on entering and in ``call``, when the child ended or the time was up.
    """

    def __init__(self, path: Path, names: Sequence[str], seconds: float = SECONDS, megabytes: int = MEGABYTES) -> None:
        self.path, self.names, self.seconds, self.megabytes = path, names, seconds, megabytes
        self.functions: Mapping[str, Sequence[Parameter]] = {}
        self.raised: Raised | None = None
        self.printed: list[str] = []
        self.launches = contextlib.ExitStack()

    def __enter__(self) -> Child:
        self.deadline = time.monotonic() + self.seconds
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
        one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        path = self.path.resolve()
        self.launch = self.launches.enter_context(
            prepared(
                [sys.executable, str(WORKER)],
                root=root_of(path),
                folder=path.parent,
                limits=Limits(seconds=self.seconds, megabytes=self.megabytes),
                environment=quiet | one_thread,
                main=path,
            )
        )
        self.launch.command += [str(self.launch.seen(path)), str(self.megabytes)]
        self.process = self.launch.start()
        self.replies: queue.Queue[tuple[Json, Json, list[bytes]] | str | None] = queue.Queue()
        self.readers = [threading.Thread(target=work, daemon=True) for work in (self.receive, self.keep_output)]
        for reader in self.readers:
            reader.start()
        try:
            reply, _ = self.ask({"do": "load", "names": list(self.names)})
        except BaseException:
            self.end()
            raise
        try:
            with understood("while loading"):
                if "error" in reply:
                    self.raised = raised_of(reply["error"])
                else:
                    self.functions = {name: as_parameters(found) for name, found in reply["functions"].items()}
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.end()

    def end(self) -> None:
        """Kill the child and whatever it started."""
        self.launches.close()
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        for reader, pipe in zip(self.readers, (self.process.stdout, self.process.stderr)):
            reader.join(1)
            if pipe is not None and not reader.is_alive():  # whoever left the group may hold the other end for ever
                pipe.close()

    def receive(self) -> None:
        """Put replies into the queue as they come; None at the end of them, or why they cannot be read."""
        assert self.process.stdout is not None
        last: str | None = None
        try:
            while True:
                self.replies.put(worker.read(self.process.stdout))  # type: ignore[arg-type]
        except (EOFError, OSError):
            pass
        except (ValueError, RecursionError, MemoryError) as error:  # the file itself may have written into the pipe
            last = str(error) if "MiB" in str(error) else "what it sent is no answer"
        self.replies.put(last)

    def keep_output(self) -> None:
        """Keep the beginning of what the file prints, and go on reading so that it never has to wait."""
        assert self.process.stderr is not None
        room = MOST_OUTPUT
        with contextlib.suppress(ValueError, OSError):
            while content := self.process.stderr.read1(65536):  # type: ignore[attr-defined]
                text = content.decode(errors="replace")[:room]
                room -= len(text)
                self.printed.append(text)

    @property
    def output(self) -> str:
        """What the file printed so far, its beginning."""
        return on_the_terminal("".join(self.printed))

    def ask(self, message: Json, tree: Tree = None) -> tuple[Json, Tree]:
        """One request and its reply."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError, OSError):
            worker.write(self.process.stdin, message, tree)  # type: ignore[arg-type]
        doing = "while loading" if message["do"] == "load" else f"in {message['function']}"
        try:
            reply = self.replies.get(timeout=max(0.0, self.deadline - time.monotonic()))
        except queue.Empty:
            raise Gone(f"not done after {self.seconds:g} s, {doing}; an endless loop, or give it more time") from None
        if reply is None:
            code = self.process.wait()
            how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
            raise Gone(f"it ended the whole process {doing} ({how})")
        if isinstance(reply, str):
            raise Gone(f"its answer cannot be taken, {doing}: {reply}")
        content, document, arrays = reply
        with understood(doing):
            return content, worker.decode(document, arrays)

    def call(self, name: str, arguments: Sequence[Tree], plain: bool = False, twice: bool = False) -> Reply:
        """See ``Caller``."""
        request = {"do": "call", "function": name, "plain": plain, "twice": twice}
        reply, tree = self.ask(request, list(arguments))
        with understood(f"in {name}"):
            if "error" in reply:
                return Reply(raised=raised_of(reply["error"]))
            return Reply(**tree, **reply)
