"""When a process has taken too long: by the clock, unless other programs have kept it from computing."""

from __future__ import annotations

import os
import time

from .usage import processor_seconds_below

LOOK_SECONDS = 0.1, 5.0  # between two looks at a process that other programs slow down, at least and at most
LEAST_SHARE = 1 / 24  # of a processor; a process that gets less is waiting for something else


class Patience:
    """Counts the time that a process takes, from now on.

    On a machine that does nothing else, the clock decides. On a busy one, a process that has not yet computed for as
    long as it may is left to go on, as long as it computes at all.

    Args:
        clock: seconds until it may have taken too long.
        computing: seconds of processor time that it may use even if it takes longer by the clock.
        pid: of the process; those that descend from it count as well.
    """

    def __init__(self, *, clock: float, computing: float, pid: int) -> None:
        self.clock = clock
        self.computing = computing
        self.pid = pid
        self.begun = time.monotonic()
        self.before = processor_seconds_below(pid)

    def left(self) -> float:
        """Seconds until the next look at it; 0 if it has taken too long."""
        elapsed = time.monotonic() - self.begun
        if elapsed < self.clock:
            return self.clock - elapsed
        used = processor_seconds_below(self.pid) - self.before
        is_waiting = used < LEAST_SHARE * elapsed  # always so if there is no /proc
        least, most = LOOK_SECONDS
        return 0.0 if is_waiting or used >= self.computing else min(max(self.computing - used, least), most)


def own_patience(seconds: float) -> Patience:
    """That with this process, for as many seconds by the clock or, on a busy machine, of processor time."""
    return Patience(clock=seconds, computing=seconds, pid=os.getpid())
