"""The time that a diagnosis has taken, so that a busy machine does not end it too early."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

BUSY_FACTOR = 2.0  # times as long as on an idle machine, which a diagnosis may take on a busy one


@dataclass(frozen=True)
class Clock:
    """Counts seconds from its start, and fewer of those in which other processes use the processors.

    A diagnosis needs as much processor time on a busy machine as on an idle one. What is computed on a device or a
    cluster takes no processor time here, therefore the clock never runs at less than half its speed.
    """

    started: float = field(default_factory=time.monotonic)
    processor: float = field(default_factory=time.process_time)  # seconds of this process, of all its threads

    def now(self) -> float:
        """What ``time.monotonic`` would give if no other process had used the processors."""
        seconds, worked = time.monotonic() - self.started, time.process_time() - self.processor
        return self.started + min(seconds, max(worked, seconds / BUSY_FACTOR))
