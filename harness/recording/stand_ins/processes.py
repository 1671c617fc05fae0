"""Pools and processes that work in this process, one call after the other: other processes would not be recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .absorbed import Entered


class Pool(Entered):
    """In place of ``multiprocessing.Pool``."""

    def __init__(self, *_: Any, initializer: Callable[..., Any] | None = None, initargs: Any = (), **__: Any) -> None:
        if initializer is not None:
            initializer(*initargs)

    def apply(self, function: Callable[..., Any], args: Any = (), kwds: Any = None) -> Any:
        """One call."""
        return function(*args, **(kwds or {}))

    def apply_async(
        self, function: Callable[..., Any], args: Any = (), kwds: Any = None, callback: Any = None, *_: Any
    ) -> Done:
        """One call, whose result is there at once."""
        result = self.apply(function, args, kwds)
        if callback is not None:
            callback(result)
        return Done(result)

    def map(self, function: Callable[..., Any], items: Iterable[Any], *_: Any, **__: Any) -> list[Any]:
        """A call for every item."""
        return [function(item) for item in items]

    imap = imap_unordered = map

    def map_async(self, function: Callable[..., Any], items: Iterable[Any], *_: Any, **__: Any) -> Done:
        """A call for every item, whose results are there at once."""
        return Done(self.map(function, items))

    def starmap(self, function: Callable[..., Any], items: Iterable[Any], *_: Any, **__: Any) -> list[Any]:
        """A call for every item with several arguments."""
        return [function(*item) for item in items]

    def close(self, *_: Any) -> None:
        """Nothing."""

    join = terminate = close


class Done:
    """A result that is there."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def get(self, *_: Any) -> Any:
        """The result."""
        return self.value

    def wait(self, *_: Any) -> None:
        """Nothing."""

    def ready(self) -> bool:
        """It is."""
        return True

    successful = ready


class Process:
    """In place of ``multiprocessing.Process``: it runs when it is started."""

    exitcode, pid, daemon = 0, 0, False

    def __init__(
        self, group: Any = None, target: Any = None, name: Any = None, args: Any = (), kwargs: Any = None, **_: Any
    ) -> None:
        self.target, self.args, self.kwargs, self.name = target, args, kwargs or {}, name

    def run(self) -> None:
        """What it is for."""
        if self.target is not None:
            self.target(*self.args, **self.kwargs)

    def start(self) -> None:
        """Runs to its end."""
        self.run()

    def join(self, *_: Any) -> None:
        """Nothing."""

    terminate = kill = close = join

    def is_alive(self) -> bool:
        """It has ended."""
        return False


def install_pools(multiprocessing: Any) -> None:
    """Put these in place of the real ones."""
    import multiprocessing.pool as pools

    multiprocessing.Pool = pools.Pool = pools.ThreadPool = Pool  # type: ignore[assignment,misc]
    multiprocessing.Process = Process
    multiprocessing.set_start_method = lambda *_, **__: None


def install_executors(futures: Any) -> None:
    """Put one in place of the executors of ``concurrent.futures``."""

    class Executor(futures.Executor):
        """In place of all of them."""

        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def submit(self, function: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Any:
            """One call, whose result is there at once."""
            future = futures.Future()
            future.set_result(function(*arguments, **keywords))
            return future

    futures.ThreadPoolExecutor = futures.ProcessPoolExecutor = Executor
    futures.as_completed = lambda items, *_, **__: iter(list(items))
