"""An exception in the main thread after some seconds, on systems that have such alarms."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

AGAIN_SECONDS = 0.2  # after which an exception that was lost is raised again


@contextlib.contextmanager
def when_lost(kind: type[BaseException], again: Callable[[], None]) -> Iterator[None]:
    """Call ``again`` if such an exception came where none can be raised: in a finalizer, or as garbage is collected.

    Python would report it there and go on. TensorFlow and JAX have such code.
    """
    report = sys.unraisablehook

    def look(lost: sys.UnraisableHookArgs) -> None:
        if issubclass(lost.exc_type, kind):
            again()
        else:
            report(lost)

    sys.unraisablehook = look
    try:
        yield
    finally:
        sys.unraisablehook = report


class Alarm:
    """Raises an exception in the main thread after some seconds; never in other threads or on other systems."""

    def __init__(self, error: type[BaseException]) -> None:
        """Not running yet."""
        self.error = error
        self.is_possible = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()

    def set(self, seconds: float) -> None:
        """Ring in so many seconds from now; 0 for never."""
        if self.is_possible:
            signal.setitimer(signal.ITIMER_REAL, seconds)

    @contextlib.contextmanager
    def running(self, seconds: float) -> Iterator[None]:
        """Let the alarm ring inside the block, in so many seconds from its start."""

        def ring(number: int, frame: FrameType | None) -> None:
            raise self.error

        before = signal.signal(signal.SIGALRM, ring) if self.is_possible else None
        self.set(seconds)
        try:
            with when_lost(self.error, lambda: self.set(AGAIN_SECONDS)):
                yield
        finally:
            self.set(0)
            if self.is_possible:
                signal.signal(signal.SIGALRM, before)
