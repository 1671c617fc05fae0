"""When a process has taken too long: by the clock, unless other programs have kept it from computing."""

from __future__ import annotations

import contextlib
import os
import time

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


def memory_below(pid: int) -> int:
    """The resident memory of a process and of all that descend from it, in bytes; 0 if there is no /proc."""
    return sum(int(fields[21]) for fields in _family(pid)) * os.sysconf("SC_PAGE_SIZE")


def processor_seconds_below(pid: int) -> float:
    """The processor time of a process, of all that descend from it, and of those of them that have ended.

    It is 0 if there is no /proc.
    """
    ticks = sum(int(field) for fields in _family(pid) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK") if ticks else 0.0


def _family(pid: int) -> list[list[str]]:
    """What /proc says of a process and of all that descend from it, from the third field on: see proc_pid_stat(5)."""
    known: dict[int, list[str]] = {}
    with contextlib.suppress(OSError):
        for entry in os.scandir("/proc"):
            if not entry.name.isdecimal():
                continue
            with contextlib.suppress(OSError), open(f"/proc/{entry.name}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
                if len(fields) > 21:
                    known[int(entry.name)] = fields
    family = {pid}
    grown = True
    while grown:
        more = {one for one, fields in known.items() if int(fields[1]) in family} - family
        family |= more
        grown = bool(more)
    return [known[one] for one in family if one in known]
