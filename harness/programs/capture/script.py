"""Run somebody's script and capture its call of ``fit``, or take a model and data as they are given."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import importlib.util
import io
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib  # type: ignore[import-untyped]
import keras
import numpy as np

from ...alarm import Alarm
from ...errors import BadInput
from ...recording.python_2 import DIVISIONS, with_old_division
from ...recording.source import is_python_2, without_magics
from ..copies import first_line
from ..custom_gradients import gradients_dropped_with_graphs
from ..data_sources import NoBatches
from ..edits import Edit, edited_files
from ..findings import Check, Contradiction
from ..kinds import TAPE, refuse_other_frameworks
from ..old_versions.columns import changing_columns, with_old_columns
from ..old_versions.names import LISTS_OF_PYTHON_2, old_names
from ..old_versions.python import is_posted_python_2
from ..old_versions.scalars import SCALARS, with_old_scalars
from ..program import Note, NoteKind, Program, made_up_parts
from ..rules.failures import explained
from ..source.places import Sources
from ..source.scripts import Piece, read_pieces
from ..stand_ins import without_screen
from ..workspace import copied_workspace, protected
from .followed_loops import LoopRead, OutOfTime, ScriptEnded
from .found_files import FoundFiles, paths_in
from .made_up import made_up
from .own_modules import as_main
from .recorder import Recorder, Refused
from .snippets import Completion, is_of_keras
from .supply import Supply
from .tolerance import HOOK, tolerant

SECONDS_BEFORE_FIT = 900.0  # a script that has not called fit by then is stopped
COMPLETED = (
    NoteKind.MADE_UP,
    NoteKind.IMPORT_SUPPLIED,
    NoteKind.MODULE_REPLACED,
    NoteKind.CALLED,
)  # what a program was completed with
SECONDS_MADE_UP = 60.0  # the same for one that runs on made-up data
PACKAGES = {
    "sklearn": "scikit-learn",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "yaml": "PyYAML",
}


class Discarding(io.TextIOBase):
    """Forgets what is written to it."""

    def write(self, text: str) -> int:
        """Do nothing with a text."""
        return len(text)

    def isatty(self) -> bool:
        """Not a terminal: programs print plainly."""
        return False


def capture_script(
    path: str | Path,
    *,
    arguments: Sequence[str] = (),
    fit: int = 1,
    seconds: float | None = None,
    seed: int = 0,
    edits: Sequence[Edit] = (),
    at_fit: Callable[[Program], None] | None = None,
    is_surer: Callable[[Program, Program], bool] | None = None,
) -> Program:
    """Run a script or notebook as it is, and capture one of its calls of ``fit``.

    The script runs in this process, in a copy of its working folder, with its own arguments. The captured fit runs
    once and returns its History, so that the script goes on; it is stopped at the next call of fit that trains
    something else, or some seconds later.

    Args:
        path: the user's file, ``.py`` or ``.ipynb``.
        arguments: of the script.
        fit: number of the call to capture, from 1.
        seconds: after which the captured training is stopped; None for no limit.
        seed: of Python's, NumPy's and TensorFlow's global generators when the script starts.
        edits: made in the copy before it is run; the user's files stay as they are.
        at_fit: called with the captured program before its training starts.
        is_surer: says of the next call of fit on another model and the captured one, in this order, whether it is to be
            captured in place of that; None to capture the call of this number only.
    Raises:
        RefusedByKeras: Keras refuses a layer, the model or its compilation, for a reason that is known.
        BadInput: the file cannot be run, fails before fit, never calls fit, or trains in a way that is not known.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"{path}: expected a script or notebook, got a path without a file")
    if fit < 1:
        raise BadInput(f"fit: expected the number of a call of fit, from 1, got {fit}")
    refuse_other_frameworks(path, str(path))
    here = Path.cwd().resolve()
    folders = working_folders(path.resolve(), here, arguments)
    request = _Request(
        path=path,
        shown_from=here,
        arguments=tuple(arguments),
        fit=fit,
        seconds=seconds,
        seed=seed,
        edits=tuple(edits),
        at_fit=at_fit,
        is_surer=is_surer,
    )
    folder, others = folders[0], folders[1:]
    try:
        return _capture_in(folder, request)
    except _Failed as failed:
        failure = failed
    if others and failure.missing is not None and (others[0] / failure.missing).exists():
        try:
            return _capture_in(others[0], request)
        except _Failed as failed:
            failure = failed
        if failure.missing is None:  # all its files are there
            folder = others[0]
    if isinstance(failure.error, RefusedByKeras):
        raise failure.error from None
    return _capture_made_up(folder, request, failure)


def working_folders(path: Path, here: Path, arguments: Sequence[str] = ()) -> list[Path]:
    """The folders that a script may be written to run in, the likelier one first.

    Of the current folder and the script's own, it is the one that holds more of what the script names: a copy of the
    other would take long for nothing.

    Args:
        path: the user's file.
        here: the current folder.
        arguments: of the script.
    """
    folder = path.parent
    if path.suffix == ".ipynb" or here not in folder.parents:
        return [folder]
    names = [name for name in (*paths_in(path.read_text(errors="replace")), *arguments) if name.strip("./\\ ")]
    there, beside = ({name for name in names if os.path.exists(at / name)} for at in (here, folder))
    return [here, folder] if there - beside or there == beside != set() else [folder, here]


def _capture_made_up(folder: Path, request: _Request, failure: _Failed) -> Program:
    """Capture with what is missing made up.

    Args:
        failure: of the script as it is.
    Raises:
        BadInput: its error, if that does not help or nothing was missing.
    """
    try:
        program = _capture_in(folder, dataclasses.replace(request, makes_up=True))
        if any(note.kind in COMPLETED for note in program.notes):
            return dataclasses.replace(program, notes=(*program.notes, *failure.notes))
    except _Failed as failed:
        if isinstance(failed.error, RefusedByKeras):
            raise failed.error from None
        if failed.is_of_module and failed.error.problem != failure.error.problem:
            raise BadInput(f"{failure.error}\nWith the data it would fail too. {failed.error}") from None
    except BadInput:
        pass
    raise failure.error from None


@dataclass(frozen=True, kw_only=True)
class _Request:
    """What ``capture_script`` was asked for.

    ``shown_from`` is the folder that paths are shown relative to; ``makes_up`` whether what is missing is made up.
    """

    path: Path
    shown_from: Path
    arguments: tuple[str, ...]
    fit: int
    seconds: float | None
    seed: int
    edits: tuple[Edit, ...]
    at_fit: Callable[[Program], None] | None
    is_surer: Callable[[Program, Program], bool] | None
    makes_up: bool = False

    def shown(self, path: Path) -> str:
        """A file as the user knows it: relative to the current folder if it lies there."""
        try:
            return str(path.resolve().relative_to(self.shown_from))
        except ValueError:
            return str(path)


class RefusedByKeras(BadInput):
    """Keras refuses the script before it calls fit, for a reason that is known.

    Attributes:
        finding: the reason.
        missing: what had to be made up before that.
    """

    def __init__(self, error: BadInput, finding: Contradiction, missing: tuple[str, ...] = ()) -> None:
        """Carry what is known beside the error that is shown where it is not asked for."""
        super().__init__(error.problem)
        self.finding, self.missing = finding, missing


class _Failed(Exception):
    """The script failed before fit; if it did not find a file, it may be written for another working folder."""

    def __init__(
        self,
        error: BadInput,
        *,
        missing: str | None = None,
        notes: Sequence[Note] = (),
        is_of_module: bool = False,
    ) -> None:
        super().__init__()
        self.error = error
        self.missing = missing  # the path of the file
        self.notes = notes  # what is said of it if the script can be completed
        self.is_of_module = is_of_module  # whether a module lacks what is asked of it, whatever the data are


def _capture_in(folder: Path, request: _Request) -> Program:
    """Capture with ``folder`` as the working folder."""
    discarding, alarm = Discarding(), Alarm(OutOfTime, waits_for=("keras", "tensorflow"))
    resolved = request.path.resolve()
    shown = request.shown(resolved)
    edited = edited_files(request.edits, request.shown_from)
    with copied_workspace(folder) as workspace:
        copy = workspace.copied_path(resolved)
        for file, text in edited.items():
            workspace.replace_file(file, text)
        pieces = read_pieces(copy, shown, str(copy))
        sources = Sources(str(workspace.top_copy), lambda at: request.shown(workspace.original_path(at)))
        for piece in pieces:
            sources.add(piece.filename, piece.source)
        text = "\n".join(piece.source.text for piece in pieces)
        is_users = _is_users(sources)
        files = FoundFiles(workspace, [*paths_in(text), *request.arguments])
        supply = Supply(text, is_users, files.readable) if request.makes_up else None
        recorder = Recorder(
            sources,
            path=request.path,
            fit=request.fit,
            seconds=request.seconds,
            set_alarm=alarm.set,
            at_fit=request.at_fit,
            is_surer=request.is_surer,
            supply=supply,
        )
        with (
            recorder.watching(),
            without_screen(is_users) as plotting,
            old_names(is_users, text) as moved,
            protected(workspace),
            files.reading(),
            contextlib.redirect_stdout(discarding),
            contextlib.redirect_stderr(discarding),
            as_main(copy, workspace, request.arguments) as namespace,
            seeded(request.seed),
            gradients_dropped_with_graphs(),
            joblib.parallel_config(backend="sequential"),  # a search over settings goes on in this process
            alarm.running(SECONDS_BEFORE_FIT if supply is None else SECONDS_MADE_UP),
            contextlib.nullcontext() if supply is None else made_up(supply),
        ):
            namespace.update({**SCALARS, **changing_columns(moved.supplied)})
            is_old = is_python_2(copy) or any(
                is_posted_python_2(without_magics(piece.written)) for piece in pieces if piece.source.text
            )
            if is_old:
                namespace.update({**LISTS_OF_PYTHON_2, **DIVISIONS})
            if supply is None:
                failure = _run(pieces, namespace, ast.parse, is_old=is_old)
            else:
                failure = _run_tolerantly(pieces, namespace, supply, is_old=is_old)
        program = _result(recorder, failure, sources, shown)  # reads the files that it names
    notes = [Note(kind=NoteKind.MODULE_REPLACED, detail=name) for name in plotting]
    notes += [Note(kind=NoteKind.FILE_FOUND, detail=name) for name in dict.fromkeys(files.found)]
    if supply is not None:
        completed = supply.notes if recorder.completed is None else recorder.completed  # not what is missing later
        notes += [note for note in completed if note not in program.notes]
    notes += [
        Note(kind=NoteKind.OLD_NAME, detail=name) for name in dict.fromkeys([*moved.supplied, *recorder.old_names])
    ]
    return dataclasses.replace(
        program, fit_number=recorder.wanted, arguments=request.arguments, notes=(*program.notes, *notes)
    )


def run_edited(
    program: Program, edits: Sequence[Edit], *, seconds: float | None = None, seed: int = 0, trains: bool = True
) -> Program:
    """Run the script of a captured program once more, with edits made in the copy that is run.

    Args:
        program: captured from a script.
        edits: from ``edits_for``.
        seconds: after which the captured training is stopped; None for no limit.
        seed: of the global generators when the script starts.
        trains: whether the captured training is run; the script ends there if not. Several calls of ``fit`` that make
            one training are always run: only their number says what it is.
    Raises:
        BadInput: the program is not from a script, or the edited script fails before fit.
    """
    if program.path is None:
        raise BadInput(f"{program.name}: expected a program captured from a script, got a model given in Python")
    is_merged = any(note.kind is NoteKind.FITS_MERGED for note in program.notes)
    edited = capture_script(
        program.path,
        arguments=program.arguments,
        fit=program.fit_number,
        seconds=seconds,
        seed=seed,
        edits=edits,
        at_fit=None if trains or is_merged else _end_script,
    )
    if edited.made_up is not program.made_up:  # more of it had to be made up
        raise BadInput(f"{program.name}: the edited script fails before it calls fit")
    return edited


def _end_script(_: Program) -> None:
    """End a script at its ``fit``.

    Raises:
        ScriptEnded: always.
    """
    raise ScriptEnded


def _run(
    pieces: Sequence[Piece], namespace: dict[str, Any], read: Callable[[str, str], ast.Module], *, is_old: bool
) -> BaseException | None:
    """Run the code; what ends it before its end is returned.

    Args:
        read: makes a tree of the text of a piece and its file name.
        is_old: whether it is written for Python 2.
    """
    try:
        for piece in pieces:
            tree = with_old_scalars(with_old_columns(read(piece.source.text, piece.filename)))
            exec(
                compile(with_old_division(tree) if is_old else tree, piece.filename, "exec", dont_inherit=True),
                namespace,
            )
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        return error
    return None


def _run_tolerantly(
    pieces: Sequence[Piece], namespace: dict[str, Any], supply: Supply, *, is_old: bool
) -> BaseException | None:
    """Run the code with made-up values if a value is missing; what ends it before its end is returned."""
    completion = Completion(supply, supply.text)
    namespace[HOOK] = completion
    namespace.update(completion.undefined())
    failure = _run(pieces, namespace, tolerant, is_old=is_old)
    is_final = isinstance(failure, (ScriptEnded, SystemExit, SyntaxError))
    if failure is None or not (is_final or is_of_keras(failure)):
        try:
            completion.call_what_trains(namespace)
        except ScriptEnded as ended:
            return ended
    return failure


def _is_users(sources: Sources) -> Callable[[str], bool]:
    """Whether a file is the user's."""
    return lambda file: sources.get(file) is not None


def _result(recorder: Recorder, failure: BaseException | None, sources: Sources, shown: str) -> Program:
    """The captured program, or the error that explains why there is none.

    Raises:
        BadInput: the training cannot be captured.
        _Failed: the script failed before fit.
    """
    if isinstance(failure, Refused) and recorder.program is None:
        raise _Failed(failure.error) if isinstance(failure.error, NoBatches) else failure.error
    is_over = failure is None or isinstance(failure, (SystemExit, LoopRead))
    if is_over:
        recorder.complete_loop()
    else:
        recorder.leave_loop()
    with contextlib.suppress(ValueError, ScriptEnded):
        recorder.capture_early()
    if recorder.supply is not None or (is_over and not recorder.mentions_fit()):
        with contextlib.suppress(ScriptEnded):
            recorder.capture_untrained()
    program = recorder.program
    if program is None:
        raise _not_captured(recorder, failure, sources, shown)
    notes = list(program.notes)
    if isinstance(failure, OutOfTime):
        loop = recorder.loops.followed
        notes.append(Note(kind=NoteKind.SCRIPT_STOPPED, count=None if loop is None else len(loop.sizes)))
    elif isinstance(failure, Exception) and program.error is None:
        place = sources.of_error(failure)
        where = "" if place is None else f"{place}: "
        notes.append(
            Note(kind=NoteKind.SCRIPT_FAILED, detail=f"{where}{type(failure).__name__}: {first_line(failure)}")
        )
    return dataclasses.replace(program, notes=tuple(notes))


def _not_captured(
    recorder: Recorder, failure: BaseException | None, sources: Sources, shown: str
) -> BadInput | _Failed:
    """Why the wanted fit was not reached."""
    if failure is None or (isinstance(failure, (SystemExit, ScriptEnded)) and recorder.fits):
        if recorder.fits:
            calls = "fit once" if recorder.fits == 1 else f"fit {recorder.fits} times"
            return BadInput(f"{shown}: expected {recorder.wanted} calls of fit, got a script that calls {calls}")
        if recorder.loops.tapes:
            return recorder.refusal(TAPE, recorder.loops.place)
        error = BadInput(
            f"{shown}: expected a script that calls model.fit(), got one that ends without; "
            "a network written in NumPy is for the command check"
        )
        return _Failed(error) if recorder.mentions_fit() else error
    if isinstance(failure, OutOfTime):
        return BadInput(f"{shown}: expected a call of fit within {SECONDS_BEFORE_FIT:g} s, got none; use less data")
    place = sources.of_error(failure)
    where = place or shown
    if isinstance(failure, SystemExit):
        return _Failed(
            BadInput(
                f"{where}: the script ended with exit code {failure.code or 0!r} before it called fit; "
                "give it the arguments that it needs"
            )
        )
    what = f"{where}: the script fails before it calls fit: {type(failure).__name__}: {first_line(failure)}"
    if isinstance(failure, ModuleNotFoundError) and failure.name:
        root = failure.name.split(".")[0]
        if root in ("keras", "tensorflow"):
            return _Failed(
                BadInput(f"{what}; Keras {keras.__version__} does not have this module, so change the import")
            )
        if root != failure.name and importlib.util.find_spec(root) is not None:
            return _Failed(
                BadInput(f"{what}; the installed version of {root} does not have this module, so change the import")
            )
        return _Failed(BadInput(f"{what}; install it with: pip install {PACKAGES.get(root, root)}"))
    if isinstance(failure, (FileNotFoundError, NotADirectoryError)):
        return _Failed(
            BadInput(f"{what}; start from the folder that the script's paths are relative to"),
            missing=str(failure.filename or ""),
        )
    if isinstance(failure, NameError) and place is not None:
        note = Note(kind=NoteKind.FAILS_BEFORE_FIT, detail=f"{place}: {first_line(failure)}")
        return _Failed(BadInput(f"{what}\n    {place.text[:160]}"), notes=[note])
    text = "" if place is None or not place.text else f"\n    {place.text[:160]}"
    error = BadInput(what + text)
    finding = explained(str(failure), place, recorder.origins.layer_places())
    missing = () if recorder.supply is None else made_up_parts(recorder.supply.notes)
    if finding is None or (missing and finding.check is Check.NOT_NUMBERS):  # which the real data may well be
        detail = f"{where}: {type(failure).__name__}: {first_line(failure)}"
        is_of_module = isinstance(failure, AttributeError) and isinstance(failure.obj, ModuleType)
        notes = [Note(kind=NoteKind.FAILS_BEFORE_FIT, detail=detail)]
        return _Failed(error, notes=notes, is_of_module=is_of_module)
    return _Failed(RefusedByKeras(error, finding, missing))


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed all global generators and number layers from the start inside the block, as in a process of its own.

    Python's and NumPy's generators, and the numbers of layers, are put back after it.
    """
    from keras.src.backend.common import global_state

    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    names = global_state.get_global_attribute("object_name_uids")
    global_state.set_global_attribute("object_name_uids", None)  # names start with "dense", as in the user's own run
    keras.utils.set_random_seed(seed)
    try:
        yield
    finally:
        global_state.set_global_attribute("object_name_uids", names)
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002
