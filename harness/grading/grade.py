"""Judges hand-ins, several at once, each in a copy of its own and in the sandbox if there is one."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import multiprocessing
import os
import platform
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

import numpy as np

from ..alarm import Alarm
from ..checking.check import check_file
from ..checking.result import CheckResult, Reason, Verdict
from ..errors import BadInput
from ..progress import Progress, silent
from ..sandbox import Box, Limits, copy_folder, own_patience, use_box
from ..scratch import scratch_folder
from ..version import __version__
from .course_tests import check_pytest, run_tests
from .hand_ins import MAX_JUDGED_FILES, HandIn, Unusable, digest_of, judged_files, staged
from .journal import Journal
from .result import FileResult, Grading, HandInKind, HandInResult, Problem, TestResult
from .rubric import Rubric, awards_of, quantities_of

INTERRUPTED = 130  # exit code
# what ends a process as Ctrl-C does; a job that a shell starts in the background ignores Ctrl-C itself
END_SIGNAL = getattr(signal, "SIGUSR1", signal.SIGINT)
JUDGING = threading.Event()  # set in a process of a pool while it judges a hand-in
ENDING = threading.Event()  # set in a process of a pool that was asked to end, and removes its copy
GRACE_SECONDS = 10.0  # to remove copies after the parent's end
PATIENCE, PATIENCE_SECONDS = 8, 60  # times the time limit, and on top of it, before the check of a file is given up
# a file that ends with one of these trains nothing, so that a right file beside it can decide
WITHOUT_TRAINING = (Reason.NO_PARAMETERS, Reason.NO_NUMPY)

# copies a hand-in into a new folder, and returns the names of what was left out
Stage = Callable[[HandIn, Path], tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How hand-ins are judged."""

    seed: int = 0  # of everything that is drawn
    seconds: float = Limits.seconds  # time limit of a file
    megabytes: int = Limits.megabytes  # memory limit of a file; 0 is none
    box: Box | None = None  # the sandbox; None to go without
    rubric: Rubric | None = None  # what to grade by; None gives no points
    tests: Path | None = None  # folder of the course's own tests; None if there are none

    @property
    def limits(self) -> Limits:
        """What a program may use."""
        return Limits(seconds=self.seconds, megabytes=self.megabytes)


# the results in the order of the hand-ins; the journal has each as soon as it is there
JudgeAll = Callable[[Sequence[HandIn], Settings, Journal], Iterator[HandInResult]]


def grade(
    hand_ins: Sequence[HandIn],
    settings: Settings,
    *,
    folder: str = "",
    jobs: int = 1,
    judge_all: JudgeAll | None = None,
    journal: Journal | None = None,
    progress: Progress = silent,
) -> Grading:
    """Judge hand-ins; in their order, one result for each.

    Args:
        hand_ins: what to judge.
        settings: how.
        folder: its name.
        jobs: how many this machine judges at once.
        judge_all: judges them all, on other machines; None judges them here.
        journal: of what was judged already, which is not judged again.
        progress: called with (done, in all, what is running).

    Raises:
        BadInput: the course's tests need pytest, and it is not installed.
    """
    if settings.tests is not None:
        check_pytest()
    journal = journal or Journal(None, resume=False)
    judge_all = judge_all or functools.partial(judge_here, jobs=jobs)
    results: list[HandInResult] = []
    # strict: what judges them is asked for its end too, where it says that a result could not be kept
    for hand_in, result in zip(hand_ins, judge_all(hand_ins, settings, journal), strict=True):
        results.append(result)
        progress(len(results), len(hand_ins), hand_in.id)
    return Grading(
        folder=folder,
        hand_ins=tuple(results),
        sandbox=settings.box.name if settings.box is not None else "",
        seed=settings.seed,
    )


def judge_here(hand_ins: Sequence[HandIn], settings: Settings, journal: Journal, jobs: int) -> Iterator[HandInResult]:
    """Judge hand-ins in processes of this machine, at most ``jobs`` at once."""
    if jobs == 1 or len(hand_ins) == 1:
        for hand_in in hand_ins:
            key, result = judge(hand_in, settings, journal.known)
            journal.add(key, result)
            yield result
        return
    not_kept: list[BadInput] = []

    def keep(future: Future[tuple[str, HandInResult]]) -> None:
        if not future.cancelled() and future.exception() is None:
            try:
                journal.add(*future.result())
            except BadInput as error:  # an exception of a callback is lost
                not_kept.append(error)

    with ending_pool(min(jobs, len(hand_ins))) as pool:
        waiting = [pool.submit(judge_or_end, hand_in, settings, journal.known) for hand_in in hand_ins]
        for future in waiting:
            future.add_done_callback(keep)
        for hand_in, future in zip(hand_ins, waiting):
            result = result_of(future, hand_in, settings)
            if not_kept:
                break
            yield result
    if not_kept:  # known for the last hand-in only now: a result may be taken before its callback has ended
        raise not_kept[0]


def new_pool(processes: int) -> ProcessPoolExecutor:
    """Processes that end with this one, also if it is killed.

    They are not forked: a fork could wait for ever for a lock that a thread of TensorFlow or JAX holds at that moment.
    """
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(
        processes, mp_context=context, initializer=begin_in_pool, initargs=(tempfile.gettempdir(),)
    )


@contextlib.contextmanager
def ending_pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """A new pool, whose processes are ended in the middle of their work if an exception leaves the block.

    Ctrl-C reaches them by itself, but a signal to this process alone does not.
    """
    others = set(multiprocessing.active_children())
    pool = new_pool(processes)
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            if process.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, END_SIGNAL)
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def end_by_signal(number: int, frame: FrameType | None) -> None:
    """End a process of a pool: at once, without a traceback, or if it judges a hand-in, by removing its copy first."""
    if not JUDGING.is_set():
        os._exit(INTERRUPTED)
    if not ENDING.is_set():  # a second signal must not end the removal
        ENDING.set()
        raise KeyboardInterrupt


def begin_in_pool(temporary: str) -> None:
    """Prepare a process of a pool.

    Args:
        temporary: the folder for temporary files. To find it, Python writes a file there, which would stay if the
            process were ended meanwhile.
    """
    tempfile.tempdir = temporary
    end_with_parent()


def end_with_parent() -> None:
    """End this process soon after its parent: as at Ctrl-C, so that its copies are removed, or else at once."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    signal.signal(END_SIGNAL, end_by_signal)
    # the pool sends it to all others when the first has ended, perhaps before these have handled theirs
    signal.signal(signal.SIGTERM, end_by_signal)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, end_by_signal)

    def watch() -> None:
        parent.join()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # nobody is left to read a traceback
        os.kill(os.getpid(), END_SIGNAL)
        time.sleep(GRACE_SECONDS)
        os._exit(INTERRUPTED)

    threading.Thread(target=watch, daemon=True).start()


def result_of(future: Future[tuple[str, HandInResult]], hand_in: HandIn, settings: Settings) -> HandInResult:
    """What a process found; if a process died, once more in a process of its own."""
    with contextlib.suppress(BrokenProcessPool):
        return future.result()[1]
    with ending_pool(1) as pool:
        try:
            return pool.submit(judge_or_end, hand_in, settings, {}).result()[1]
        except BrokenProcessPool:
            return failed(hand_in, Problem.CHECK_FAILED, "its process ended")


def judge_or_end(hand_in: HandIn, settings: Settings, known: dict[str, HandInResult]) -> tuple[str, HandInResult]:
    """``judge`` in a process of a pool, which ends at Ctrl-C and does not go on with what is waiting."""
    JUDGING.set()
    try:
        return judge(hand_in, settings, known)
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)
    finally:
        JUDGING.clear()


def failed(hand_in: HandIn, problem: Problem, detail: str = "") -> HandInResult:
    """A hand-in that could not be judged."""
    return HandInResult(
        id=hand_in.id, kind=hand_in.kind, verdict=Verdict.NOT_JUDGED, problem=problem, detail=" ".join(detail.split())
    )


# One hand-in


class OutOfPatience(BaseException):
    """The check itself takes too long; not an Exception, which the check might take for one of the file.

    The limits of the program are kept elsewhere; this is for what it sends, which could make the check itself endless.
    """


def judge(
    hand_in: HandIn, settings: Settings, known: dict[str, HandInResult], stage: Stage = staged
) -> tuple[str, HandInResult]:
    """(fingerprint, result) of one hand-in; whatever happens, there is a result.

    Args:
        hand_in: what to judge.
        settings: how.
        known: results by fingerprint.
        stage: makes the copy that is judged.
    """
    started = time.monotonic()
    key = ""
    left_out: tuple[str, ...] = ()
    try:
        with scratch_folder() as scratch, use_box(settings.box):
            copy = scratch.resolve() / "hand-in"
            left_out = stage(hand_in, copy)
            key = fingerprint(hand_in, copy, settings)
            if key in known:
                return key, known[key]
            result = scrubbed(judged(hand_in, copy, settings), str(copy))
    except Unusable as unusable:
        result = failed(hand_in, unusable.problem, unusable.detail)
    except Exception as error:  # a fault of the harness with one hand-in must not lose the others
        result = failed(hand_in, Problem.CHECK_FAILED, f"{type(error).__name__}: {error}"[:200])
    result = replace(result, left_out=left_out)
    rubric = settings.rubric
    if rubric is not None:
        given = awards_of(rubric, result.result, result.verdict, result.quantities, result.tests, result.tests_finished)
        result = replace(result, awards=given)
    return key, replace(result, seconds=time.monotonic() - started)


def fingerprint(hand_in: HandIn, copy: Path, settings: Settings) -> str:
    """Of everything that a result depends on."""
    tests = digest_of(settings.tests) if settings.tests is not None else ""
    parts = (
        *(__version__, platform.python_version(), np.__version__),
        hand_in.id,
        hand_in.kind.value,
        digest_of(copy),
        str(settings.seed),
        str(settings.seconds),
        str(settings.megabytes),
        settings.box.name if settings.box is not None else "",
        repr(settings.rubric),
        tests,
    )
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()


def judged(hand_in: HandIn, copy: Path, settings: Settings) -> HandInResult:
    """The verdict on the copy of a hand-in, all its files together.

    Raises:
        Unusable: there is no file to judge.
    """
    rubric = settings.rubric or Rubric()
    main = hand_in.name if hand_in.kind is HandInKind.FILE else ""
    chosen, others = judged_files(copy, rubric.file, main)
    run = rubric.run or None
    results = [
        FileResult(name=path.relative_to(copy).as_posix(), result=checked(path, run, settings))
        for path in chosen[:MAX_JUDGED_FILES]
    ]
    verdict, problem, files = together(results)
    if len(chosen) > MAX_JUDGED_FILES and verdict is not Verdict.MISTAKE:
        verdict, problem = Verdict.NOT_JUDGED, Problem.TOO_MANY_FILES
    tests: tuple[TestResult, ...] = ()
    finished: bool | None = None
    if settings.tests is not None:
        tests, finished = tested(settings.tests, copy, copy / files[0].name, settings)
    return HandInResult(
        id=hand_in.id,
        kind=hand_in.kind,
        verdict=verdict,
        problem=problem,
        detail=f"{len(chosen)}" if problem is Problem.TOO_MANY_FILES else "",
        files=files,
        helpers=tuple(path.relative_to(copy).as_posix() for path in [*chosen[MAX_JUDGED_FILES:], *others]),
        quantities=quantities_of(files[0].result),
        tests=tests,
        tests_finished=finished,
    )


def checked(path: Path, run: str | None, settings: Settings) -> CheckResult:
    """The verdict on one file; a file that is bad input, or takes too long to check, is not judged."""
    seconds, megabytes = settings.seconds, settings.megabytes
    limit = PATIENCE * seconds + PATIENCE_SECONDS
    try:
        with Alarm(OutOfPatience).running(limit, own_patience(limit).left):
            return check_file(path, run=run, seed=settings.seed, seconds=seconds, megabytes=megabytes)
    except BadInput as error:
        reason, detail = Reason.REFUSED, str(error).replace(str(path), path.name)
    except OutOfPatience:
        reason, detail = Reason.STOPPED, "the check took too long"
    return CheckResult(file=path.name, verdict=Verdict.NOT_JUDGED, reason=reason, detail=detail)


def tested(tests: Path, copy: Path, main: Path, settings: Settings) -> tuple[tuple[TestResult, ...], bool]:
    """The outcomes of the course's tests."""
    beside = copy.parent / "tests"
    copy_folder(tests, beside)
    return run_tests(beside, copy, main, settings.limits)


def together(results: Sequence[FileResult]) -> tuple[Verdict, Problem | None, tuple[FileResult, ...]]:
    """(verdict, problem, files with the one that decides first) of the files of one hand-in.

    A mistake in any file is a mistake. A hand-in is correct if the updates of a network are, and every other file is
    correct too or trains nothing.
    """
    wrong = [one for one in results if one.result.verdict is Verdict.MISTAKE]
    right = [one for one in results if one.result.verdict is Verdict.CORRECT]
    left = [one for one in results if one.result.verdict is Verdict.NOT_JUDGED]
    networks = [one for one in right if one.result.parameters]
    harmless = all(one.result.reason in WITHOUT_TRAINING for one in left)
    if wrong:
        return Verdict.MISTAKE, None, first(wrong[0], results)
    if right and not left:
        return Verdict.CORRECT, None, first((networks or right)[0], results)
    if networks and harmless:
        return Verdict.CORRECT, None, first(networks[0], results)
    return Verdict.NOT_JUDGED, Problem.FILES_LEFT if right else None, first(left[0], results)


def first(one: FileResult, results: Sequence[FileResult]) -> tuple[FileResult, ...]:
    """The results, with this one first."""
    return (one, *(other for other in results if other is not one))


def scrubbed(result: HandInResult, folder: str) -> HandInResult:
    """The result without the name of the folder that the copy was in, which is another one each time."""

    def clean(text: str) -> str:
        return text.replace(folder + os.sep, "").replace(folder, ".")

    files = tuple(
        replace(
            one,
            result=replace(
                one.result,
                detail=clean(one.result.detail),
                exception=clean(one.result.exception),
                failures=tuple((line, clean(reason)) for line, reason in one.result.failures),
            ),
        )
        for one in result.files
    )
    return replace(result, files=files)
