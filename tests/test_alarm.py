"""An alarm ends a block of the main thread, and nothing after it."""

import signal
import threading
import time

import pytest

from harness.alarm import Alarm


class OutOfTime(BaseException):
    """What the alarm raises."""


pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarms")


def test_it_rings_inside_the_block():
    with pytest.raises(OutOfTime), Alarm(OutOfTime).running(0.01):
        time.sleep(5)


class Slow:
    """Its finalizer takes longer than an alarm."""

    def __del__(self) -> None:
        """Come to the end of it after the alarm."""
        time.sleep(0.1)


def test_it_rings_again_if_it_rang_in_a_finalizer():
    def work() -> None:
        Slow()
        time.sleep(5)

    with pytest.raises(OutOfTime), Alarm(OutOfTime).running(0.02):
        work()


def test_it_does_not_ring_after_the_block_and_the_old_handler_is_back():
    before = signal.getsignal(signal.SIGALRM)
    with Alarm(OutOfTime).running(60):
        assert signal.getsignal(signal.SIGALRM) is not before
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_it_can_be_put_off():
    alarm = Alarm(OutOfTime)
    with alarm.running(60):
        alarm.set(0)
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize(("waits", "done"), [(1, []), (1000, [True])])
def test_it_waits_for_a_package_to_return_unless_that_takes_too_long(monkeypatch, waits, done):
    monkeypatch.setattr("harness.alarm.AGAIN_SECONDS", 0.02)
    monkeypatch.setattr("harness.alarm.MOST_WAITS", waits)
    ended = []
    alarm = Alarm(OutOfTime, waits_for=("package",))
    package = {"__name__": "package.part", "sleep": time.sleep, "ended": ended, "alarm": alarm}
    exec(
        "def work():\n    alarm.set(0.01)\n    for _ in range(20):\n        sleep(0.01)\n    ended.append(True)\n",
        package,
    )

    def work() -> None:
        package["work"]()
        time.sleep(5)

    with pytest.raises(OutOfTime), alarm.running(60):
        work()
    assert ended == done


def test_it_is_put_off_for_as_long_as_the_block_may_go_on():
    times = [0.01, 0.01, 0.0]
    with pytest.raises(OutOfTime), Alarm(OutOfTime).running(0.01, lambda: times.pop(0)):
        time.sleep(5)
    assert not times


def test_it_never_rings_in_another_thread():
    ended = []

    def wait():
        with Alarm(OutOfTime).running(0.01):
            time.sleep(0.05)
        ended.append(True)

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join()
    assert ended == [True]
