"""What may take how long on a machine that is busy with other work."""

from __future__ import annotations

import os

import pytest

from harness.sandbox import Patience, patience


class Machine:
    """Its clock, and the processor time of the process that is waited for."""

    clock, used = 100.0, 7.0


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    one = Machine()
    monkeypatch.setattr(patience.time, "monotonic", lambda: one.clock)
    monkeypatch.setattr(patience, "processor_seconds_below", lambda pid: one.used)
    return one


@pytest.mark.parametrize(
    ("elapsed", "used", "left"),
    [
        (0, 0, 120),
        (119, 1, 1),  # the clock has not run out, whatever is computed
        (119, 90, 1),
        (120, 10, 5),  # another program has the processor
        (120, 27, 3),
        (120, 29.99, 0.1),
        (120, 30, 0),  # it has computed for as long as it may
        (120, 4, 0),  # it waits for something else
        (600, 26, 4),
        (600, 24, 0),
    ],
)
def test_it_ends_with_the_clock_unless_the_process_could_not_compute(
    machine: Machine, elapsed: float, used: float, left: float
) -> None:
    one = Patience(clock=120, computing=30, pid=1)
    machine.clock += elapsed
    machine.used += used
    assert one.left() == pytest.approx(left)


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="this system has no /proc")
def test_the_processor_time_of_a_process_includes_what_it_started() -> None:
    before = patience.processor_seconds_below(os.getpid())
    child = os.fork()
    if child == 0:
        while sum(os.times()[:2]) < 0.2:
            pass
        os._exit(0)
    os.waitpid(child, 0)
    assert patience.processor_seconds_below(os.getpid()) - before > 0.15
