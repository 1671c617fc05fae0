"""The runs that a recording takes: with data of other sizes, with fewer observations, driven, and without recording."""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import running, source
from .graph import MOST_REPEATED, Check, Json, Place, Stop
from .messages import to_json, tree_from_json
from .run import Answer, Task, driven_from_json, fields_of
from .shortened import shorten_texts
from .sizes import resized, with_columns, with_one_hot, with_parts
from .stand_ins.hints import counts_of_images, scaled_counts, scaled_grids, scaled_rounds, scaled_sizes
from .stand_ins.reduced import may_read


def compare(recorded: Json, unrecorded: Json, lines: set[tuple[str, int]], names: dict[str, str]) -> tuple[Check, Any]:
    """Whether two runs assigned the same values at the update statements; at all statements if there are none."""
    left = {(name, line): values for name, line, values in recorded}
    right = {(name, line): values for name, line, values in unrecorded}
    looked_at = [key for key in left if (names.get(key[0], key[0]), key[1]) in lines] or list(left)
    for key in looked_at:
        mine, other = left[key], right.get(key, [])
        if len(other) < len(mine) - 1 or mine[: len(other)] != other[: len(mine)]:
            return Check.DIFFERENT, key
    return Check.SAME, None


def resource_usage() -> tuple[float, float]:
    """Processor time of the processes that have ended, in seconds."""
    times = os.times()
    return times.children_user, times.children_system


def has_updates(answer: Answer) -> bool:
    """Whether parameters were updated."""
    return bool(answer[0]["recording"]["updates"]["tuple"])


def driven_without_calls(content: Json) -> Json:
    """What was tried, if nothing worked."""
    fields = fields_of(driven_from_json(content)) | {"calls": (), "sizes": {}}
    return {key: to_json(value, []) for key, value in fields.items()}


FEW_OBSERVATIONS = 12  # that are left if all are too many
SOME_OBSERVATIONS = 200  # that are tried before, if not their number is too large but their arrays are
MADE_OBSERVATIONS = 24  # that the largest number in the file becomes, if the file makes the observations
MADE_UNITS = 6  # that the largest size of layers, sequences or batches becomes
MADE_ROUNDS = 5  # that a loop goes if each of them takes thousands of operations


def reduced(task: Task, answer: Answer, record: Callable[[Task], Answer | None]) -> tuple[Task, Answer]:
    """A run with a part of the observations, if all of them were too many to be recorded, or held, until the updates.

    Those that the file reads are left out, as are most of its texts, and, unless that does not work, those that it
    makes: as many as numbers of thousands in its text say. If that is not enough, layers, sequences and batches become
    smaller as well, and then what the loops go through in which the recording ended.

    Returns:
        the task and its answer, the same as before if that does not help.
    """
    recording = answer[0]["recording"]
    is_beyond_memory = (recording.get("raised") or {"type": ""})["type"].endswith("MemoryError")
    is_cut_off = recording["stop"] in (Stop.NODES.value, Stop.BYTES.value) or is_beyond_memory
    is_short_of_updates = is_cut_off and not is_enough(recording)
    if not is_short_of_updates and longest_iteration(recording) <= MOST_REPEATED:
        return task, answer  # never because of the clock, on which no verdict may depend
    fewer = task | {"at_most": FEW_OBSERVATIONS}
    counts = scaled_counts(task["text"], MADE_OBSERVATIONS)
    others = [fewer | {"sizes": counts}] if counts else []
    has_text = shorten_texts(ast.parse(task["text"]), FEW_OBSERVATIONS)
    # lines may run another file
    others += [fewer] if task.get("lines") or has_text or may_read(task["text"]) else []
    sizes = scaled_sizes(task["text"], MADE_UNITS)
    others += [fewer | {"sizes": [*counts, *sizes]}] if sizes else []
    counts_of_loops = [loop["count"] for loop in recording["loops"]["tuple"] if loop.get("count") is not None]
    rounds = scaled_rounds(task["text"], counts_of_loops, MADE_ROUNDS)
    others += [fewer | {"sizes": [*counts, one]} for one in rounds]
    others[:0] = [task | {"sizes": [one]} for one in scaled_grids(task["text"], counts_of_loops, MADE_ROUNDS)]
    if recording["stop"] == Stop.BYTES.value:
        others.insert(0, task | {"at_most": SOME_OBSERVATIONS})
    parts = with_parts(task["text"], task.get("sizes") or [])
    if parts:
        others.insert(0, task | {"sizes": parts})
    partial: tuple[Task, Answer] | None = None
    for other in others:
        again = record(other)
        if again is None or not has_updates(again):
            continue
        if is_enough(again[0]["recording"]) and longest_iteration(again[0]["recording"]) <= MOST_REPEATED:
            return other, again
        partial = partial or (other, again)  # it may have ended between the updates of one iteration
    return (task, answer) if partial is None or is_enough(recording) else partial


def longest_iteration(recording: Json) -> int:
    """The most operations from one update of a parameter to the next; 0 if none is updated twice."""
    after = [update["after"] for update in recording["updates"]["tuple"]]
    numbers = [[after[one] for one in parameter["updates"]["tuple"]] for parameter in recording["parameters"]["tuple"]]
    return max((later - earlier for one in numbers for earlier, later in zip(one, one[1:])), default=0)


def is_enough(recording: Json) -> bool:
    """Whether every parameter has several updates."""
    counts = [len(parameter["updates"]["tuple"]) for parameter in recording["parameters"]["tuple"]]
    return bool(counts) and min(counts) > 1


MAX_RETRIES = 5  # with data of another shape


def fitted_run(task: Task, record: Callable[[Task], Answer | None]) -> tuple[Task, Answer | None]:
    """A run with made-up data of the sizes that its failures ask for, and no more observations than can be recorded.

    Returns:
        the task with these sizes, and its answer.
    """
    answer = record(task)
    for _ in range(MAX_RETRIES):
        other = resized(task, answer)
        if other is None:
            break
        again = record(other)
        if again is None:
            break
        task, answer = other, again
    for changed in (with_columns, with_one_hot):
        other = changed(task, answer) if answer is not None else None
        again = None if other is None else record(other)
        if other is not None and again is not None and has_updates(again) and not again[0]["recording"].get("raised"):
            task, answer = other, again
    return reduced(task, answer, record) if answer is not None else (task, None)


def driven_run(
    task: Task, answer: Answer, driven: Answer, record: Callable[[Task], Answer | None]
) -> tuple[Task, Answer]:
    """The run with the lines that driving has found; then those with a script that failed, with data that fit it.

    Args:
        task, answer: of the file alone, which are returned if nothing trains.
        driven: the answer of driving.
        record: runs a task.
    """
    content, arrays = driven
    answer[0]["recording"]["driven"] = driven_without_calls(content["driven"])
    data = tree_from_json(content["data"], arrays)
    attempts = [content["lines"], *([script] for script in content["scripts"])]
    for lines in attempts[: 1 if content["succeeded"] or content["certain"] else None]:
        if not lines:
            continue
        more: Task = {"lines": lines, "data": data, "driven": driven_without_calls(content["driven"])}
        if lines == content["lines"]:
            more |= {"driven": content["driven"], "gradients": content["gradients"]}
        other, again = fitted_run(task | more, record)
        if again is None:
            continue
        if has_updates(again) and not (again[0]["involved"] or content["calls_own"]):
            continue  # a network of other files, with which this one has to do in another way
        recording = again[0]["recording"]
        is_cut_off = recording.get("raised") is not None and not is_enough(recording)
        if has_updates(again) and is_cut_off and not (content["succeeded"] or content["certain"]):
            continue  # wrong arguments may have kept it from the updates that are missing
        if has_updates(again):
            again[0]["recording"]["driven"]["calls"] = to_json(tuple(lines), [])
            return other, again
        # an attempt that failed says something about the file only if the arguments cannot be to blame
        if content["succeeded"] or content["certain"]:
            return other, again
    return task, answer


PRELOADED = frozenset({"pandas", "sklearn", "scipy"})  # packages that take long to import


def preload(files: running.Files, text: str) -> None:
    """Import what a file asks of large packages once, for all of its runs."""
    for name in source.imported_modules(text):
        root = name.partition(".")[0]
        if root in PRELOADED and not files.has_module(root):
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def answer_for(task: Task, apart: Callable[[str, Task], Answer | None]) -> Answer | None:
    """The recording of a file: run, driven if it does not train by itself, and checked.

    Args:
        task: path, root, seed, seconds, drive, and lines to run after the file, if any.
        apart: does a job of ``run.JOBS`` in a process of its own.
    """
    started = sum(resource_usage())

    def within(share: float) -> Task:
        """Time limits, of processor time: they only abort, and nothing that is found depends on them."""
        used = sum(resource_usage()) - started
        return {"seconds": max(task["seconds"] - used, 0.1) * share}

    files = running.Files(Path(task["root"]), Path(task["path"]))
    text = files.text()
    task = task | {"text": text}
    preload(files, text)
    if not task.get("lines"):
        rows, sizes = counts_of_images(text)
        task = task | {"rows": rows, "sizes": sizes}

    def record_again(other: Task) -> Answer | None:
        return apart("record", other | within(0.5))

    task, first = fitted_run(task, record_again)
    if first is None:
        return None
    if not has_updates(first) and first[0]["found_saved"]:  # it may train only if it finds no weights
        untrained, again = fitted_run(task | {"untrained": True}, record_again)
        task, first = (untrained, again) if again is not None and has_updates(again) else (task, first)
    answer = first
    if not task.get("lines") and not has_updates(answer) and task["drive"]:
        driven = apart("drive", task | within(0.5))
        if driven is not None:
            raised_alone = first[0]["recording"].get("raised") is not None
            task, answer = driven_run(task, answer, driven, record_again)
            answer[0]["recording"]["driven"]["raised_alone"] = raised_alone
    document, arrays = answer
    recording = document["recording"]
    raised = recording.get("raised")
    if recording["updates"]["tuple"] or raised:
        # an exception comes after the last assignment: a run without it would go on to the next
        count = document["count"] + (raised is not None)
        same_end = {"count": count, "strict_from": document["strict_from"]}
        unrecorded = apart("control", task | same_end | within(0.9))
        if unrecorded is not None:
            note_check(document, unrecorded[0], task["root"])
    if recording["check"] == Check.DIFFERENT.value and document["is_beyond"] and not task.get("bounded"):
        return answer_for(task | {"bounded": True}, apart)  # memory that belongs to others is why the runs differ
    return recording, arrays


def note_check(document: Json, unrecorded: Json, root: str) -> None:
    """Note in a recording whether a run without recording did the same.

    Args:
        document: the answer of the recorded run.
        unrecorded: the answer of the other one.
        root: the project's folder.
    """
    recording = document["recording"]
    places = [place for update in recording["updates"]["tuple"] if (place := update.get("place"))]
    if places:
        lines = {(place["file"], place["line"]) for place in places}
        names = {str(Path(root) / place["file"]): place["file"] for place in places}
        check, key = compare(document["notes"], unrecorded["notes"], lines, names)
        recording["check"] = check.value
        if key is not None:
            changed = Place(file=names.get(key[0], Path(key[0]).name), line=key[1])
            recording["changed_at"] = to_json(changed, [])
    raised, other = recording.get("raised"), unrecorded["raised"]
    # what NumPy says of an object of a missing module depends on the array that it is written into
    is_same = raised and other and (raised["involves_stand_in"] or origin_of(other) == origin_of(raised))
    if raised and not is_same and unrecorded["stop"] != Stop.SECONDS.value:
        frames = raised["frames"]["tuple"]
        recording["check"] = Check.DIFFERENT.value
        recording["changed_at"] = frames[-1] if frames else None


def origin_of(raised: Json) -> Json:
    """The kind of an exception, and the file and line of the user's that raised it."""
    frames = raised["frames"]["tuple"]
    return raised["type"], [(one["file"], one["line"]) for one in frames[-1:]]
