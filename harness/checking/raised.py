"""What an exception that ended a run makes of its result."""

from __future__ import annotations

from dataclasses import replace

from ..recording.graph import Absorbed, Raised, Recording, Stop
from .exceptions import is_beside_training, is_files_own, named_exception, names_left_unfinished
from .facts import facts_of_run, not_judged
from .result import CheckResult, Found, Reason, Remark, Verdict
from .sources import Sources


def exception_mistake(recording: Recording) -> CheckResult:
    """An exception that ended the run and is the file's own mistake."""
    raised = recording.raised
    assert raised is not None
    text = exception_text(recording)
    found = named_exception(recording) or Found(
        id="exception", place=raised.frames[-1], others=raised.frames[:-1], detail=text
    )
    return CheckResult(
        verdict=Verdict.MISTAKE, mistakes=(found,), traceback=raised.frames, exception=text, **facts_of_run(recording)
    )


def unjudged_exception(recording: Recording) -> CheckResult:
    """An exception that ended the run and leaves it without a verdict."""
    raised = recording.raised
    assert raised is not None
    text = exception_text(recording)
    is_of_module = raised.involves_stand_in and any(one.what is Absorbed.MODULE for one in recording.stand_ins)
    reason = Reason.MISSING_MODULE if is_of_module else Reason.RAISED
    return replace(not_judged(recording, reason, text), traceback=raised.frames, exception=text)


def with_own_exception(result: CheckResult, alone: Recording, sources: Sources) -> CheckResult:
    """The result of other calls than the file's own, whose run ends with an exception.

    Args:
        result: of other calls.
        alone: the file's own run.
        sources: the user's files.
    """
    raised = alone.raised
    if raised is None or alone.stop is not Stop.RAISED:
        return result
    if is_files_own(alone, sources):
        return exception_mistake(alone)
    if result.verdict is Verdict.NOT_JUDGED:
        return result
    last = raised.frames[-1] if raised.frames else None
    return replace(result, notes=((Remark.RAISED_ALONE, last, exception_text(alone)), *result.notes))


def exception_text(recording: Recording) -> str:
    """What was raised, in Python's words"""
    return "" if recording.raised is None else text_of(recording.raised)


def text_of(raised: Raised) -> str:
    """An exception in Python's words"""
    return f"{raised.type}: {raised.message}" if raised.message else raised.type


def with_exceptions(recording: Recording, result: CheckResult, sources: Sources) -> CheckResult:
    """The verdict on a run with exceptions: it says which left data unfinished, and which came after the updates."""
    for before in recording.passed_over:
        unfinished = names_left_unfinished(before, sources)
        if unfinished:
            detail = f"{', '.join(unfinished)} ({text_of(before)})"
            result = replace(result, notes=((Remark.RAISED_BEFORE, before.frames[-1], detail), *result.notes))
    raised = recording.raised
    if raised is None or recording.stop is not Stop.RAISED:
        return result
    last = raised.frames[-1] if raised.frames else None
    is_cut_off = all(len(one.updates) < 2 for one in recording.parameters)
    if (
        result.verdict is Verdict.CORRECT
        and last is not None
        and is_cut_off
        and not is_beside_training(recording, last)
    ):
        return unjudged_exception(recording)  # what is stale, or of other rows, shows in the second iteration
    return replace(result, notes=((Remark.RAISED_LATER, last, exception_text(recording)), *result.notes))
