"""Ctrl-C is answered within a second, also while TensorFlow loads."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from harness.cli.terminal import insistent_interrupt, kept_interrupt
from harness.diagnosis import scenarios
from harness.diagnosis.scenarios import changes, runs
from harness.models import loop
from harness.models.network import Network
from harness.scenario.scenario import load
from tests.processes import PATIENCE, ROOT, heeding_ctrl_c, processor_seconds, start_harness

MAX_SECONDS = 1.0  # of the processor, between Ctrl-C and the answer


@pytest.fixture(autouse=True)
def heeds_ctrl_c():
    """A shell starts what it runs in the background with Ctrl-C ignored, and the tests inherit that."""
    with heeding_ctrl_c():
        yield


def test_an_interrupt_that_is_swallowed_is_raised_again():
    def swallow() -> None:
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)

    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt), insistent_interrupt():
        swallow()
    assert time.monotonic() - begin < 30
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_becomes_another_exception_is_still_one():
    def replace() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("no TensorFlow") from None

    with pytest.raises(KeyboardInterrupt), insistent_interrupt():
        replace()


def test_an_interrupt_is_not_raised_in_what_leaves_the_block():
    """A machine with much else to do may let a process wait there until it is to be raised again."""
    before, is_left = signal.getsignal(signal.SIGALRM), []

    @contextlib.contextmanager
    def interrupted_exit():
        yield
        interrupt = signal.getsignal(signal.SIGALRM)
        interrupt(signal.SIGALRM, sys._getframe(1))  # of contextlib
        is_left.append(True)

    with pytest.raises(KeyboardInterrupt), insistent_interrupt(), interrupted_exit():
        pass
    assert is_left == [True]
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_an_interrupt_while_garbage_is_collected_is_raised_afterwards():
    def interrupt(phase: str, _: dict[str, int]) -> None:
        gc.callbacks.remove(interrupt)
        os.kill(os.getpid(), signal.SIGINT)

    def collect() -> None:
        gc.callbacks.append(interrupt)
        gc.collect()
        time.sleep(60)

    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt), kept_interrupt():
        collect()
    assert time.monotonic() - begin < 30


def test_an_interrupt_that_ends_the_block_is_not_raised_again_after_it():
    """A signal that comes while Python exits would kill it: exit code -2 instead of 130."""

    def interrupt(phase: str, _: dict[str, int]) -> None:
        gc.callbacks.remove(interrupt)
        os.kill(os.getpid(), signal.SIGINT)

    def interrupt_twice() -> None:
        gc.callbacks.append(interrupt)
        gc.collect()  # loses the first
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), kept_interrupt():
        interrupt_twice()
    time.sleep(0.5)


def test_an_interrupt_that_c_code_loses_is_still_one():
    """Of TensorFlow's conversion of an array, a SystemError is left."""

    def convert() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            raise SystemError("returned a result with an exception set") from None

    with pytest.raises(KeyboardInterrupt), kept_interrupt(), kept_interrupt():
        convert()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nothing_is_raised_without_an_interrupt():
    with pytest.raises(ImportError), insistent_interrupt():
        raise ImportError
    with pytest.raises(SystemError), kept_interrupt():
        raise SystemError


WITH_THREAD = """
import sys, threading, time
from harness.cli import main as cli

def dispatch(arguments):
    threading.Thread(target=time.sleep, args=(3600,)).start()
    raise KeyboardInterrupt("runs is kept")

cli.dispatch = dispatch
sys.exit(cli.main())
"""


def test_the_process_does_not_wait_for_what_its_threads_compile():
    run = subprocess.run([sys.executable, "-c", WITH_THREAD], capture_output=True, text=True, timeout=PATIENCE)
    assert (run.returncode, run.stdout, run.stderr) == (130, "", "harness: interrupted: runs is kept\n")


ENDED_TWICE = """
import os, signal, sys
from harness.cli import main as cli

def dispatch(arguments):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    except KeyboardInterrupt:
        os.kill(os.getpid(), signal.SIGTERM)
        print("what is done")
        raise

cli.dispatch = dispatch
sys.exit(cli.main())
"""


def test_what_is_done_is_printed_under_timeout_which_sends_its_signal_twice():
    run = subprocess.run([sys.executable, "-c", ENDED_TWICE], capture_output=True, text=True, timeout=PATIENCE)
    assert (run.returncode, run.stdout, run.stderr) == (130, "what is done\n", "harness: interrupted\n")


IN_A_TEXT = """
import sys
from harness.cli import main as cli

cli.dispatch = lambda arguments: exec("raise KeyboardInterrupt")
sys.exit(cli.main())
"""


def test_an_interrupt_in_a_text_that_is_executed_ends_with_the_exit_code_of_all_others(tmp_path):
    """Imports execute texts: of dataclasses and of named tuples."""
    (tmp_path / "in_a_text.py").write_text(IN_A_TEXT)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])}
    run = subprocess.run(
        [sys.executable, "-m", "in_a_text"], env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert (run.returncode, run.stdout, run.stderr) == (130, "", "harness: interrupted\n")


def test_an_interrupted_search_leaves_no_training_behind():
    """30 million iterations of a block of the smallest members take a minute and more."""
    case = scenarios.case_of(load("post"), iterations=30_000_000)
    base = changes.trial_of(case, 0.01)

    def interrupt(done: int, total: int, what: object) -> None:
        raise KeyboardInterrupt

    before, began = set(threading.enumerate()), time.process_time()
    with pytest.raises(KeyboardInterrupt):
        runs.run_changes(base, [changes.NO_CHANGE, changes.longer(2)], runs.Budget(1e9, interrupt), 1.0)
    while set(threading.enumerate()) - before:
        time.sleep(0.01)
    assert time.process_time() - began < 20


def test_a_call_of_the_compiled_loop_takes_no_longer_than_a_second():
    """An iteration of the smallest network takes 0.25 us at the least, whatever it computes."""
    smallest = Network((1, 1), ("sigmoid",))
    (first, *_) = loop.calls(smallest, 1, 1, [10**9], loop.STOPS)
    assert first[-1].iteration * 0.25e-6 < MAX_SECONDS


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc to see how far loading is")
@pytest.mark.parametrize(
    "after",
    [
        pytest.param(0.8, marks=pytest.mark.long),
        pytest.param(2.0, marks=pytest.mark.slow),
        pytest.param(3.2, marks=pytest.mark.long),
    ],
)
def test_an_interrupt_ends_the_loading_of_tensorflow(after, tmp_path):
    process = start_harness("--no-log", cwd=tmp_path)
    while process.poll() is None and processor_seconds(process.pid) < after:
        time.sleep(0.02)
    had = processor_seconds(process.pid)
    process.send_signal(signal.SIGINT)
    answer = process.stderr.readline()
    took = processor_seconds(process.pid) - had
    out, rest = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, answer, rest) == (130, "", "harness: interrupted\n", "")
    assert took < MAX_SECONDS
