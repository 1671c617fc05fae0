"""An exception in the main thread after some seconds, on systems that have such alarms."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

AGAIN_SECONDS = 0.2  # after which an exception that was lost is raised again
MOST_WAITS = 50  # of AGAIN_SECONDS each, for a package to return


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

    def __init__(self, error: type[BaseException], *, waits_for: tuple[str, ...] = ()) -> None:
        """Not running yet.

        Args:
            error: what is raised.
            waits_for: packages whose functions are not interrupted unless they take far too long. An exception in a
                function that C++ calls can end the process.
        """
        self.error = error
        self.waits_for = waits_for
        self.waits = 0
        self.is_possible = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()

    @property
    def is_free(self) -> bool:
        """Whether no other alarm is running, which this one would replace."""
        return not (self.is_possible and any(signal.getitimer(signal.ITIMER_REAL)))

    def set(self, seconds: float) -> None:
        """Ring ``seconds`` from now; 0 for never."""
        self.waits = 0
        if self.is_possible:
            signal.setitimer(signal.ITIMER_REAL, seconds)

    @contextlib.contextmanager
    def running(self, seconds: float, more: Callable[[], float] = lambda: 0.0) -> Iterator[None]:
        """Let the alarm ring inside the block, ``seconds`` after its start.

        Args:
            seconds: until it rings.
            more: asked then; for how many seconds it is put off, or 0.
        """

        def ring(number: int, frame: FrameType | None) -> None:
            if self.waits < MOST_WAITS and self._is_inside(frame):
                self.waits += 1
                signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)
            elif again := more():
                signal.setitimer(signal.ITIMER_REAL, again)
            else:
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

    def _is_inside(self, frame: FrameType | None) -> bool:
        """Whether a function of a package that is not interrupted is running."""
        while self.waits_for and frame is not None:
            if str(frame.f_globals.get("__name__")).split(".")[0] in self.waits_for:
                return True
            frame = frame.f_back
        return False
