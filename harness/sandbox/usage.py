"""What a process and all that descend from it use: memory and processor time, as /proc says."""

from __future__ import annotations

import contextlib
import os


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
