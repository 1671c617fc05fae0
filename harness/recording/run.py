"""One run of somebody's file in this process: recorded, without recording, or to search for calls that train."""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import runpy
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from . import arrays as _methods  # noqa: F401 - gives what is recorded its methods
from . import creators, dataframes, running, source
from .enough import ENOUGH_UPDATES
from .graph import Counted, Driven, Gradient, Json, Kind, Loop, Place, Recording, Stop
from .hook import Halt, Hook
from .loops import loops_of
from .messages import to_json, tree_from_json
from .parameters import Search
from .project import search_path, without_clone
from .stand_ins.hints import MANY, read_hints
from .stand_ins.install import install, patch_when_imported
from .stand_ins.involved import involves_stand_in
from .stand_ins.trained import SavedBefore
from .tape import StopRecording
from .values import TAPE, leaf
from .windows import Windows, watch_windows

if TYPE_CHECKING:
    from .driving.result import Attempt

Task: TypeAlias = dict[str, Any]
Answer: TypeAlias = tuple[Json, list[bytes]]
MAX_SCRIPTS = 3  # of the project that failed, and are run again with such data


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
        self.files = running.Files(
            Path(task["root"]),
            Path(task["path"]),
            dict(task.get("sizes", [])),
            task.get("start"),
            task.get("at_most"),
            bool(task.get("definitions_only")),
        )
        self.hook = Hook(recording, until, str(self.files.path))
        self.hook.waits_for = self.files.start["turn"] + 1 if self.files.start is not None else 0
        self.printed = running.Printed()
        self.names: dict[str, Any] = {}
        self.saved = SavedBefore(TAPE.stand_in, bool(task.get("untrained")))
        self.stop = Stop.FINISHED
        self.error: BaseException | None = None
        self.search: Search | None = None
        self.loops: tuple[Loop, ...] = ()
        self.ended_at: tuple[Place, ...] = ()
        # number of assignments from which on an exception is not passed over; a run without recording is given it
        self.strict_from: int | None = task.get("strict_from")

    def go(self) -> None:
        """Prepare the process and run."""
        self._prepare()
        try:
            running.execute(self.files, self._take_names, self._is_forgiving)
        except BaseException as error:
            self._ended_by(error)
        lines = self.task.get("lines") or []
        goes_on = [Stop.FINISHED, Stop.EXITED]
        if self.task.get("driven") or self.task.get("after_exceptions"):
            goes_on.append(Stop.RAISED)
        if lines and self.stop in goes_on:
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
        """Whether nothing was trained yet, so that an exception is passed over."""
        if self.strict_from is None and self.search is not None and self.search.updates_seen:
            self.strict_from = self.hook.count
        return TAPE.stop is None and (self.strict_from is None or self.hook.count < self.strict_from)

    def _take_names(self, names: dict[str, Any]) -> None:
        self.names = names

    def _ended_by(self, error: BaseException) -> None:
        with TAPE.paused():  # the number of rounds may be that of a recorded array
            self.loops = loops_of(error, self.files.sources)
        self.ended_at = running.raised_of(error, self.files.sources).frames
        if isinstance(error, StopRecording):
            self.stop = error.stop
            TAPE.on = False
        elif isinstance(error, Halt):
            self.stop = Stop.ENOUGH
        else:
            self.stop, self.error = Stop.EXITED if isinstance(error, SystemExit) else Stop.RAISED, error

    def _run_lines(self, lines: list[str]) -> None:
        """Run the lines that are run after the file, with their data as recorded arguments."""
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
        except BaseException as error:
            self._ended_by(error)

    def _prepare(self) -> None:
        """Put in place what a run needs: arguments, folders, stand-ins, the time limit and the recorder."""
        task, path = self.task, self.files.path
        warnings.simplefilter("ignore")
        sys.argv = [str(path)]
        sys.path[:] = [*search_path(path, self.files.root), *without_clone(sys.path)]
        os.chdir(path.parent)
        sys.stdout = sys.stderr = self.printed
        sys.stdin = io.StringIO()
        sys.dont_write_bytecode = True
        builtins.__dict__["__harness__"] = self.hook
        creators.seed_everything(task["seed"])
        watch_windows(bool(task.get("bounded")))
        TAPE.sources = self.files.sources
        for number, rows in task.get("sizes", []):
            TAPE.reduce(Counted.OBSERVATIONS if number >= MANY else Counted.SIZES, number, rows)
        hints = read_hints(
            task["text"],
            rows=task.get("rows") or task.get("at_most"),
            features=task.get("features"),
            one_hot=bool(task.get("one_hot")),
            as_columns=bool(task.get("as_columns")),
            sizes=self.files.sizes,
            classes=task.get("classes"),
            whole=bool(task.get("whole")),
            nameless=bool(task.get("nameless")),
            single=task.get("single", ()),
            fractions=bool(task.get("fractions")),
        )
        install(TAPE.stand_in, hints, task.get("at_most"))
        self.saved.install()
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
            patch_when_imported("pandas", dataframes.install)
            self.search = Search(TAPE, task.get("updates") or ENOUGH_UPDATES)
            TAPE.on = not self.hook.is_waiting

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
        is_doubtful = run.hook.has_ended_early and raised.is_refusal  # of gradients that were not computed whole
        raised = replace(raised, involves_stand_in=is_doubtful or involves_stand_in(run.error))
    driven = driven_from_json(task.get("driven"))
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
        ended_at=run.ended_at,
        assigned=tuple((run.files.sources[name].name, line) for name, line in run.hook.notes),
        passed_over=tuple(running.raised_of(one, run.files.sources) for one in run.files.passed_over),
        single_turns=tuple(Place(file=file, line=line) for file, line in dict.fromkeys(run.search.single_turns())),
    )
    arrays: list[bytes] = []
    document = to_json(recording, arrays)
    involved = is_involved(recording, run.hook.own)
    notes = {"notes": notes_of(run), "count": run.hook.count, "is_beyond": Windows.is_beyond}
    more = {"strict_from": run.strict_from, "found_saved": bool(run.saved.names)}
    return {"recording": document, "involved": involved, **more, **notes}, arrays


def is_involved(recording: Recording, own: set[int]) -> bool:
    """Whether the file itself, not only others that use it, computes something with the parameters or has it computed.

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
        if node.id in own or (node.place is not None and any(one.file == recording.file for one in node.place.trail)):
            return True
    return False


def driven_from_json(content: Json) -> Driven:
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
    raised = None if run.error is None else to_json(running.raised_of(run.error, run.files.sources), [])
    return {"notes": notes_of(run), "stop": run.stop.value, "raised": raised}, []


def drive(task: Task) -> Answer:
    """Search for calls that train what the file defines."""
    from .driving.drive import drive as search

    run = Run(task | {"lines": None}, recording=False)
    run.go()
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, task["seconds"], 0.5)
    text = source.read_text(run.files.path)
    found = search(run.names, text, seed=task["seed"], root=task["root"], in_networks=task["in_networks"])
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
        left=found.left,
    )
    return {
        "driven": to_json(fields_of(driven), arrays),
        "lines": list(found.lines),
        "data": to_json(data, arrays),
        "gradients": [[pair.parameter, pair.gradient] for pair in found.gradients],
        "scripts": scripts_of(found.attempts),
        "succeeded": found.succeeded,
        "certain": found.certain,
        "calls_own": found.calls_own,
    }, arrays


def scripts_of(attempts: Sequence[Attempt]) -> list[str]:
    """The lines that run a script of the project and were not seen to train, those that came to their end first."""
    from .driving.result import runs_script

    scripts = [one for one in attempts if runs_script(one.lines[-1:])]
    scripts.sort(key=lambda one: ["", "Overrun"].index(one.type) if one.type in ("", "Overrun") else 2)
    return [one.lines[-1] for one in scripts][:MAX_SCRIPTS]


def fields_of(driven: Driven) -> dict[str, Any]:
    """The fields as a dictionary."""
    return {name: getattr(driven, name) for name in driven.__dataclass_fields__}


JOBS: dict[str, Callable[[Task], Answer]] = {"record": record, "control": control, "drive": drive}
