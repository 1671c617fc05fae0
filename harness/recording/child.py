"""The child process: runs somebody's file, recorded and once more without recording, and sends the recording.

Each run has a process of its own, forked from this one after NumPy was imported, so that no run changes another.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    # the folder of this script comes first in the path, and its modules would hide others
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import ast
import builtins
import contextlib
import io
import os
import pickle  # noqa: F401  (imported before the user's file can replace it)
import random
import re
import runpy
import secrets
import signal
import struct
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

import numpy as np

from harness.recording import creators, running, source, stand_ins
from harness.recording.arrays import TAPE, leaf
from harness.recording.graph import (
    Absorbed,
    Check,
    Driven,
    Gradient,
    Json,
    Kind,
    Loop,
    Place,
    Recording,
    Stop,
    read_message,
    to_json,
    tree_from_json,
    write_message,
)
from harness.recording.hook import Halt, Hook
from harness.recording.loops import loops_of
from harness.recording.parameters import Search
from harness.recording.stand_ins.involved import involves_stand_in
from harness.recording.tape import StopRecording

if TYPE_CHECKING:
    from harness.recording.driving.result import Attempt

Task: TypeAlias = dict[str, Any]
Answer: TypeAlias = tuple[Json, list[bytes]]
MAX_ROWS = 70_000


# One run


class Run:
    """One execution of the file in this process.

    Args:
        task: path, root, seed, seconds; lines to run after the file and their data, if any.
        recording: whether to record.
        until: number of assignments after which a run without recording halts.
    """

    def __init__(self, task: Task, recording: bool, until: int | None = None) -> None:
        self.task = task
        self.recording = recording
        self.files = running.Files(Path(task["root"]), Path(task["path"]), dict(task.get("sizes", [])))
        self.hook = Hook(recording, until, str(self.files.path))
        self.printed = running.Printed()
        self.names: dict[str, Any] = {}
        self.stop = Stop.FINISHED
        self.error: BaseException | None = None
        self.search: Search | None = None
        self.loops: tuple[Loop, ...] = ()

    def go(self) -> None:
        """Prepare the process and run."""
        self._prepare()
        try:
            running.execute(self.files, self._take_names, self._is_forgiving)
        except SystemExit as exit_:
            self.stop, self.error = Stop.EXITED, exit_
        except BaseException as error:
            self._ended_by(error)
        lines = self.task.get("lines") or []
        goes_on = self.stop in (Stop.FINISHED, Stop.EXITED)
        if lines and (goes_on or (self.task.get("driven") and self.stop is Stop.RAISED)):
            self.stop, self.error = Stop.FINISHED, None
            self._run_lines(lines)
        TAPE.on = False
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, 0)
        self._quiet(TAPE.stop)

    def _quiet(self, stop: Stop | None) -> None:
        """The tape's own reason to stop goes before an exception that followed from it."""
        if self.recording and stop is not None:
            self.stop, self.error = stop, None

    def _is_forgiving(self) -> bool:
        """Whether nothing was trained yet."""
        return TAPE.stop is None and (self.search is None or not self.search.updates_seen)

    def _take_names(self, names: dict[str, Any]) -> None:
        self.names = names

    def _ended_by(self, error: BaseException) -> None:
        if isinstance(error, StopRecording):
            self.stop = error.stop
            TAPE.on = False
            self.loops = loops_of(error, self.files.sources)
        elif isinstance(error, Halt):
            self.stop = Stop.ENOUGH
        else:
            self.stop, self.error = Stop.RAISED, error

    def _run_lines(self, lines: list[str]) -> None:
        data = {key: np.array(value) for key, value in (self.task.get("data") or {}).items()}  # that can be written to
        given = {
            key: leaf(value, key, Kind.ARGUMENT) if self.recording and TAPE.on else value for key, value in data.items()
        }
        if self.recording:
            for key, value in given.items():
                if hasattr(value, "_node"):
                    TAPE.name(value._node, key)
        self.names.update(given)
        self.names.setdefault("np", np)
        try:
            exec(self.files.compiled_lines("\n".join(lines)), self.names)
        except SystemExit as exit_:
            self.stop, self.error = Stop.EXITED, exit_
        except BaseException as error:
            self._ended_by(error)

    def _prepare(self) -> None:
        task, path = self.task, self.files.path
        warnings.simplefilter("ignore")
        sys.argv = [str(path)]
        sys.path[:0] = running.search_path(path, self.files.root)
        os.chdir(path.parent)
        sys.stdout = sys.stderr = self.printed
        sys.stdin = io.StringIO()
        sys.dont_write_bytecode = True
        builtins.__dict__["__harness__"] = self.hook
        creators.seed_everything(task["seed"])
        TAPE.sources = self.files.sources
        for number, rows in task.get("sizes", []):
            TAPE.stand_in(Absorbed.DATASET, f"{number} observations, made {rows}")
        stand_ins.install(
            TAPE.stand_in,
            self.files.text(),
            task.get("rows"),
            task.get("features"),
            bool(task.get("one_hot")),
            self.files.sizes,
            task.get("at_most"),
        )
        sys.meta_path.insert(0, running.Finder(self.files))
        real_run_path = runpy.run_path
        runpy.run_path = lambda path_name, init_globals=None, run_name=None: running.run_other(
            self.files, real_run_path, path_name, init_globals, run_name, self._is_forgiving
        )
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGPROF, self._late)
            signal.setitimer(signal.ITIMER_PROF, task["seconds"], 0.5)
        if self.recording:
            creators.install()
            self.search = Search(TAPE)
            TAPE.on = True

    def _late(self, *_: object) -> None:
        TAPE.stop = Stop.SECONDS
        raise StopRecording(Stop.SECONDS)


def record(task: Task) -> Answer:
    """A recorded run: the recording without its check, and the notes for it."""
    run = Run(task, recording=True)
    run.go()
    assert run.search is not None
    parameters, updates = run.search.results()
    raised = None
    if isinstance(run.error, SystemExit):
        pass
    elif run.error is not None:
        raised = running.raised_of(run.error, run.files.sources)
        raised = replace(raised, involves_stand_in=involves_stand_in(run.error))
    driven = tree_driven(task.get("driven"))
    recording = Recording(
        file=run.files.name(run.files.path),
        nodes=tuple(step.as_node() for step in TAPE.steps),
        parameters=parameters,
        updates=updates,
        gradients=gradients_of(run, task),
        guards=tuple(TAPE.guards),
        losses=tuple(TAPE.losses),
        stand_ins=tuple(TAPE.stand_ins),
        files=tuple(s.name for s in run.files.sources.values() if s.name != running.RUN_FILE),
        printed=run.printed.text,
        stop=run.stop,
        raised=raised,
        driven=driven,
        seed=task["seed"],
        uses_numpy=TAPE.used_numpy,
        loops=run.loops,
    )
    arrays: list[bytes] = []
    document = to_json(recording, arrays)
    involved = is_involved(recording, run.hook.own)
    return {"recording": document, "notes": notes_of(run), "count": run.hook.count, "involved": involved}, arrays


def is_involved(recording: Recording, own: set[int]) -> bool:
    """Whether the file itself, not only others that use it, computes something with the parameters.

    Args:
        own: nodes of values that the file assigned or returned, though another file may have computed them: a network
            hands on what its layers compute.
    """
    depends = [False] * len(recording.nodes)
    parameters = {parameter.node for parameter in recording.parameters}
    for node in recording.nodes:
        depends[node.id] = node.id in parameters or any(depends[parent] for parent in node.parents)
        if not depends[node.id] or node.is_leaf:
            continue
        if node.id in own or (node.place is not None and node.place.file == recording.file):
            return True
    return False


def tree_driven(content: Json) -> Driven:
    """How the file was driven, from the task."""
    return Driven(**tree_from_json(content, [])) if content else Driven()


def gradients_of(run: Run, task: Task) -> tuple[Gradient, ...]:
    """The gradients that the lines left in the file's names."""
    found = []
    TAPE.stop = None
    for parameter, gradient in task.get("gradients") or []:
        with contextlib.suppress(Exception):
            value, of = eval(gradient, run.names), eval(parameter, run.names)
            if hasattr(value, "_node") and value._node is not None:
                found.append(Gradient(node=value._node, of=getattr(of, "_node", None), name=gradient))
    return tuple(found)


def notes_of(run: Run) -> Json:
    """The fingerprints of what was assigned, by file and line."""
    return [[name, line, values] for (name, line), values in run.hook.notes.items()]


def control(task: Task) -> Answer:
    """A run without recording, to the same point."""
    run = Run(task, recording=False, until=task["count"])
    run.go()
    return {"notes": notes_of(run), "stop": run.stop.value}, []


def drive(task: Task) -> Answer:
    """Search for calls that train what the file defines."""
    from harness.recording.driving import drive as search

    run = Run(task | {"lines": None}, recording=False)
    run.go()
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, task["seconds"], 0.5)
    found = search(run.names, source.read_text(run.files.path), seed=task["seed"], root=task["root"])
    arrays: list[bytes] = []
    data = {key: value for key, value in found.data.items() if key != "np"}
    driven = Driven(
        calls=found.lines if found.succeeded else (),
        failures=tuple(("; ".join(a.lines[-1:]), f"{a.type}: {a.message}" if a.type else "") for a in found.attempts),
        suggestion=found.suggestion,
        sizes=dict(found.sizes),
        layout=found.layout,
        labels=found.labels,
        applied_by_driver=found.applied_by_driver,
        doubts=found.doubts,
        certain=found.certain,
    )
    return {
        "driven": to_json(vars_of(driven), arrays),
        "lines": list(found.lines),
        "data": to_json(data, arrays),
        "gradients": [[pair.parameter, pair.gradient] for pair in found.gradients],
        "scripts": scripts_of(found.attempts),
        "succeeded": found.succeeded,
        "certain": found.certain,
    }, arrays


def scripts_of(attempts: Sequence[Attempt]) -> list[str]:
    """The lines that run a script of the project and were not seen to train, those that came to their end first."""
    scripts = [one for one in attempts if one.lines and "run_path" in one.lines[-1]]
    scripts.sort(key=lambda one: ["", "Overrun"].index(one.type) if one.type in ("", "Overrun") else 2)
    return [one.lines[-1] for one in scripts][:MAX_SCRIPTS]


def vars_of(driven: Driven) -> dict[str, Any]:
    """The fields as a dictionary."""
    return {name: getattr(driven, name) for name in driven.__dataclass_fields__}


# Data of another shape


SHAPES = (
    (re.compile(r"shapes? \((\d+),(\d+)\) and \((\d+),(\d+)\) not aligned"), ((2, 3), (4, 1))),
    (re.compile(r"shapes? \((\d+),\) and \((\d+),(\d+)\) not aligned"), ((1, 2),)),
    (re.compile(r"shapes? \((\d+),(\d+)\) and \((\d+),\) not aligned"), ((1, 3), (2, 3))),
    (re.compile(r"size (\d+) is different from (\d+)"), ((2, 1), (1, 2))),
    (re.compile(r"cannot reshape array of size (\d+) into shape \(((?:\d+,?)+)\)"), ()),
    (re.compile(r"index (\d+) is out of bounds for (?:axis (\d) with )?size (\d+)"), ()),
)


def resized(task: Task, answer: Answer | None) -> Task | None:
    """The task with the sizes of made-up data that a failure names; None if it names none."""
    if answer is None:
        return None
    recording = answer[0]["recording"]
    raised = recording.get("raised")
    made_up = [
        s["shapes"]["tuple"] for s in recording["stand_ins"]["tuple"] if s["what"] in ("file", "dataset", "download")
    ]
    if raised is None or not made_up or recording["updates"]["tuple"]:
        return None
    sizes = [size for shapes in made_up for shape in shapes for size in shape["tuple"]]
    number = number_of_observations(raised["message"])
    if number is not None:
        return task | {"sizes": [*task.get("sizes", []), number]} if number not in task.get("sizes", []) else None
    beyond = loop_beyond(raised["message"], sizes, task)
    if beyond is not None:
        return task | {"sizes": [*task.get("sizes", []), beyond]}
    features, rows = wanted_sizes(raised["message"], set(sizes))
    if features is not None and table_width_blamed(raised["message"], recording["stand_ins"]["tuple"]):
        features -= 1  # the last column of a table is the target
    tried = task.get("tried", [])
    if wants_one_hot(raised["message"], set(sizes)) and not task.get("one_hot"):
        return task | {"one_hot": True}
    wanted = [features, rows]
    if wanted == [None, None] or wanted in tried:
        return None
    return task | {
        "features": features or task.get("features"),
        "rows": rows or task.get("rows"),
        "tried": [*tried, wanted],
    }


def wants_one_hot(message: str, made_up: set[int]) -> bool:
    """Whether a failure says that made-up labels should have one column for every class."""
    if "array is 1-dimensional, but 2 were indexed" in message:
        return True
    shapes = re.search(r"could not be broadcast together with shapes \((\d+),(\d+)\) \((\d+),\)", message)
    return shapes is not None and shapes[1] == shapes[3] and shapes[2] != "1" and int(shapes[1]) in made_up


ARRAY_FILES = (".npy", ".npz", ".mat", ".h5", ".hdf5", ".pkl")


def table_width_blamed(message: str, made_up: list[Json]) -> bool:
    """Whether the failure names the whole width of a made-up table, its column of targets included."""
    widths = [
        shape["tuple"][-1]
        for stand_in in made_up
        if stand_in["what"] in ("file", "download") and not stand_in["name"].endswith(ARRAY_FILES)
        for shape in stand_in["shapes"]["tuple"]
        if len(shape["tuple"]) == 2
    ]
    return any(re.search(rf"\b{width}\b", message) for width in widths)


def number_of_observations(message: str) -> list[int] | None:
    """[a number that stands in the file, what it is in the made-up data] if a reshape failed for it."""
    match = SHAPES[4][0].search(message)
    if match is None:
        return None
    size, parts = int(match[1]), [int(part) for part in match[2].split(",") if part]
    for place, part in enumerate(parts):
        others = int(np.prod(parts[:place] + parts[place + 1 :]))
        if part >= MANY and others and size % others == 0 and size // others not in (0, part):
            return [part, size // others]
    return None


def loop_beyond(message: str, sizes: list[int], task: Task) -> list[int] | None:
    """[a number that stands in the file, what it is in made-up data] if a loop went past the last observation."""
    match = SHAPES[5][0].search(message)
    if match is None or match[2] not in (None, "0") or match[1] != match[3]:
        return None
    rows, known = int(match[3]), dict(task.get("sizes", []))
    too_large = [number for number, made in known.items() if made > rows]
    if too_large:  # what was taken for a part of the observations counts those of another, smaller part
        return [min(too_large), rows]
    if rows not in sizes:
        return None
    tree = ast.parse(source.read_text(Path(task["path"])))
    numbers = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and type(n.value) is int}
    wanted = sorted(n for n in numbers - set(known) if n >= MANY and n > rows)
    # the largest number counts all observations, a smaller one those of a part
    return [wanted[0], rows if len(wanted) == 1 else rows * 5 // 6] if wanted else None


MANY = 1_000  # from here on a dimension is taken for a number of observations


def wanted_sizes(message: str, made_up: set[int]) -> tuple[int | None, int | None]:
    """(features, rows) that a failure asks for.

    Args:
        message: of the exception.
        made_up: sizes of the made-up data, with which the message must have to do.
    """
    near = made_up | {size - 1 for size in made_up}
    for pattern, pairs in SHAPES[:4]:
        match = pattern.search(message)
        if match:
            for of_data, of_network in pairs:
                size, wanted = int(match[of_data]), int(match[of_network])
                if size in near and size != wanted:
                    return wanted, None
    match = SHAPES[4][0].search(message)
    if match:
        parts = [int(part) for part in match[2].split(",") if part]
        inner = [int(np.prod(parts[1:])), int(np.prod(parts))]
        features = next((n for n in inner if 1 < n < int(match[1]) or n > int(match[1])), None)
        if features is not None and features not in near:
            return features, None
    match = SHAPES[5][0].search(message)
    if match:
        index, length = int(match[1]), int(match[3])
        if match[2] == "1" and length in near:
            return index + 1, None
        if match[2] in (None, "0"):
            return None, min((index + 1) * max(made_up) // max(length, 1) + length, MAX_ROWS)
    return None, None


# Processes


JOBS: dict[str, Callable[[Task], Answer]] = {"record": record, "control": control, "drive": drive}
KEY_BYTES = 16
OUTER: list[BinaryIO] = []  # the streams to and from the parent, which the user's code must not have
PR_SET_DUMPABLE = 4


def set_dumpable(whether: bool) -> None:
    """Whether other processes of the same user may trace this one and open its files; Linux only."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, int(whether), 0, 0, 0)


def apart(job: str, task: Task) -> Answer | None:
    """Do a job in a process of its own; None if that process died, or sent something without this job's key."""
    receive, send = os.pipe()
    key = secrets.token_bytes(KEY_BYTES)
    process = os.fork()
    if process == 0:
        os.close(receive)
        for stream in OUTER:
            stream.close()
        set_dumpable(True)
        code = 1
        try:
            null = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                if not (number == 2 and os.environ.get("HARNESS_RECORDING_DEBUG")):
                    os.dup2(null, number)
            document, arrays = JOBS[job](task)
            with os.fdopen(send, "wb") as stream_:
                stream_.write(key)
                write_message(stream_, document, arrays)
            code = 0
        except BaseException:
            if os.environ.get("HARNESS_RECORDING_DEBUG"):
                import traceback

                os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)
    os.close(send)
    answer: Answer | None = None
    broken = (EOFError, ValueError, struct.error, RecursionError, MemoryError)
    with os.fdopen(receive, "rb") as stream_in, contextlib.suppress(*broken):
        if secrets.compare_digest(stream_in.read(KEY_BYTES), key):
            answer = read_message(stream_in)
    os.waitpid(process, 0)
    return answer


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
    """What was tried, where nothing worked."""
    fields = vars_of(tree_driven(content)) | {"calls": (), "sizes": {}, "certain": False}
    return {key: to_json(value, []) for key, value in fields.items()}


FEW_OBSERVATIONS = 12  # that are left where all are too many


def reduced(task: Task, answer: Answer, record: Callable[[Task], Answer | None]) -> tuple[Task, Answer]:
    """A run with a part of the observations, if all of them were too many to be recorded until the updates.

    Returns:
        the task and its answer, the same as before if that does not help.
    """
    recording = answer[0]["recording"]
    if recording["stop"] not in (Stop.NODES.value, Stop.BYTES.value) or is_enough(recording):
        return task, answer  # never because of the clock, on which no verdict may depend
    other = task | {"at_most": FEW_OBSERVATIONS}
    again = record(other)
    if again is None or not again[0]["recording"]["updates"]["tuple"]:
        return task, answer
    return other, again


def is_enough(recording: Json) -> bool:
    """Whether every parameter has several updates."""
    counts = [len(parameter["updates"]["tuple"]) for parameter in recording["parameters"]["tuple"]]
    return bool(counts) and min(counts) > 1


MAX_RETRIES = 5  # with data of another shape
MAX_SCRIPTS = 3  # of the project that failed, and are run again with such data


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
        if has_updates(again) and not again[0]["involved"]:
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


def answer_for(task: Task) -> Answer | None:
    """The recording of a file: run, driven if it does not train by itself, and checked."""
    started = sum(resource_usage())

    def within(share: float) -> Task:
        """Time limits, of processor time: they only abort, and nothing that is found depends on them."""
        used = sum(resource_usage()) - started
        return {"seconds": max(task["seconds"] - used, 0.1) * share}

    if not task.get("lines"):
        text = running.Files(Path(task["root"]), Path(task["path"])).text()
        task = task | {"sizes": stand_ins.shrunk_bounds(text)}

    def record_again(other: Task) -> Answer | None:
        return apart("record", other | within(0.5))

    task, first = fitted_run(task, record_again)
    if first is None:
        return None
    answer = first
    if not task.get("lines") and not has_updates(answer) and task["drive"]:
        driven = apart("drive", task | within(0.5))
        if driven is not None:
            task, answer = driven_run(task, answer, driven, record_again)
    document, arrays = answer
    recording = document["recording"]
    if recording["updates"]["tuple"]:
        unrecorded = apart("control", task | {"count": document["count"]} | within(0.9))
        if unrecorded is not None:
            places = [u.get("place") for u in recording["updates"]["tuple"]]
            lines = {(p["file"], p["line"]) for p in places if p}
            names = {str(Path(task["root"]) / p["file"]): p["file"] for p in places if p}
            check, key = compare(document["notes"], unrecorded[0]["notes"], lines, names)
            recording["check"] = check.value
            if key is not None:
                changed = Place(file=names.get(key[0], Path(key[0]).name), line=key[1])
                recording["changed_at"] = to_json(changed, [])
    return recording, arrays


def limit(megabytes: int) -> None:
    """Bound the memory of this process and of those that it starts."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on every system
        import resource

        if megabytes:
            resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read one task from stdin, write one answer to stdout."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    OUTER.extend((requests, replies))
    set_dumpable(False)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    document, arrays = read_message(requests)
    task = tree_from_json(document, arrays)
    limit(task["megabytes"])
    random.seed(task["seed"])
    answer = answer_for(task)
    if answer is not None:
        write_message(replies, *answer)
    replies.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.path.pop(0)
    main()
