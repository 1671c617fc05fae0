"""What is in a folder of hand-ins, and the copy of each that is judged. Nothing is executed or skipped in silence."""

from __future__ import annotations

import ast
import contextlib
import fnmatch
import hashlib
import os
import re
import shutil
import site
import stat
import sys
import sysconfig
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.machinery import PathFinder
from pathlib import Path

from ..errors import BadInput, shown_path
from ..recording.project import HAND_IN_MARK
from ..recording.source import read_text
from ..sandbox import MAX_COPIED_BYTES, MAX_COPIED_FILES, copy_folder, is_program
from .result import HandInKind, Problem

ARCHIVES = (".zip",)
DATA = (".csv", ".tsv", ".txt", ".dat", ".json", ".npy", ".npz", ".mat", ".h5", ".gz", ".png", ".jpg")
OF_THE_SYSTEM = frozenset({"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"})
NO_HAND_IN = re.compile(r"^(test_.*|.*_test|conftest|setup|__init__)$")  # names of programs that are not judged
MAX_JUDGED_FILES = 6  # of one hand-in
MAX_NAME_BYTES = 200
CHUNK_BYTES = 2**16
MAX_NESTED = 2  # archives in archives
MAX_NAMED_FILES = 5  # of a hand-in without a program
CANVAS = re.compile(r"(?P<student>[^_]+(_LATE)?_\d+)_\d+_(?P<name>.+)")
# files of all students in one folder: the names of Moodle without folders, of Blackboard and of Canvas
NAMES_OF_EXPORTS = (
    re.compile(r"(?P<student>.+_\d+_assignsubmission_file_)(?P<name>.+)"),
    re.compile(r"(?P<student>.+_attempt_[\d-]+)_(?P<name>.+)"),
    CANVAS,
)
FOLDERS_OF_EXPORTS = re.compile(r"(.+_\d+)_assignsubmission_(file|onlinetext)_?|submission_\d+")  # Moodle, Gradescope
RESUBMITTED = re.compile(r"(?P<stem>.+)-\d+(?P<ending>\.\w+)")  # Canvas numbers a file that is handed in again


class Unusable(Exception):
    """A hand-in that cannot be judged.

    Attributes:
        problem: why.
        detail: of it.
    """

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(problem.value)
        self.problem, self.detail = problem, detail


@dataclass(frozen=True, kw_only=True)
class HandIn:
    """Something that was handed in."""

    id: str  # the name of the file or folder
    path: Path  # where it is
    kind: HandInKind  # what it is
    # if files of all students lie in one folder, those of this one, by the names that they had before the export
    parts: Mapping[str, Path] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of its file, or of the first one, in the copy."""
        return next(iter(self.parts), self.path.name)


def is_of_the_system(name: str) -> bool:
    """Whether a name is one that file managers and Python make by themselves."""
    return name in OF_THE_SYSTEM or name.startswith(".")


def hand_in_at(path: Path) -> HandIn:
    """The hand-in at a path, of whatever kind."""
    if path.is_dir():
        kind = HandInKind.FOLDER
    else:
        kind = HandInKind.ARCHIVE if path.suffix.lower() in ARCHIVES else HandInKind.FILE
    return HandIn(id=path.name, path=path, kind=kind)


def hand_ins_in(folder: Path, apart: Collection[Path] = ()) -> list[HandIn]:
    """Everything in a folder but what file managers and Python make by themselves, in the order of the names.

    Args:
        folder: of the hand-ins.
        apart: files and folders of the teacher, which may lie in it.

    Raises:
        BadInput: the folder cannot be read, or nothing is in it.
    """
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise BadInput(f"{shown_path(folder)}: cannot be read ({error.strerror}); give another folder") from None
    others = {path.resolve() for path in apart}
    paths = [folder / name for name in names if not is_of_the_system(name)]
    hand_ins = by_student([hand_in_at(path) for path in paths if path.resolve() not in others])
    if not any(one.kind is not HandInKind.FILE or is_program(one.path) for one in hand_ins):
        raise BadInput(
            f"{shown_path(folder)}: expected a folder with Python files, notebooks, zip files or folders of them"
        )
    return hand_ins


def by_student(hand_ins: Sequence[HandIn]) -> list[HandIn]:
    """The hand-ins, those files joined that an export gave the name of the same student."""
    joined: dict[str, HandIn] = {}
    for one in hand_ins:
        match = student_and_name(one.id)
        if match is None or one.kind is HandInKind.FOLDER:
            joined[one.id] = one
            continue
        student, name = match["student"], match["name"]
        parts = joined[student].parts if student in joined else {}
        joined[student] = HandIn(id=student, path=one.path, kind=HandInKind.FOLDER, parts={**parts, name: one.path})
    hand_ins = [replace(one, parts=without_numbers(one.parts)) for one in joined.values()]
    return [replace(hand_in_at(one.path), parts=one.parts) if len(one.parts) == 1 else one for one in hand_ins]


def without_numbers(parts: Mapping[str, Path]) -> Mapping[str, Path]:
    """The files of a student without the numbers that Canvas adds to the names of what is handed in again.

    A number that a program of the student mentions, or without which two files have one name, is the student's own.
    """
    matches = {name: RESUBMITTED.fullmatch(name) for name, path in parts.items() if CANVAS.fullmatch(path.name)}
    shorter = {name: match["stem"] + match["ending"] for name, match in matches.items() if match is not None}
    if not shorter:
        return parts
    text = "\n".join(text_of(path) for path in parts.values() if is_program(path) and path.is_file())
    taken = Counter([*parts, *shorter.values()])
    kept = {name for name, other in shorter.items() if taken[other] > 1 or Path(name).stem in text}
    return {name if name in kept else shorter.get(name, name): path for name, path in parts.items()}


def student_and_name(name: str) -> re.Match[str] | None:
    """The student and the name of a file, of the name that an export gave it; None if no export did."""
    return next(filter(None, (pattern.fullmatch(name) for pattern in NAMES_OF_EXPORTS)), None)


def refuse_export(path: Path) -> None:
    """Raise BadInput if a zip file is a platform's export, with hand-ins of several students."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [parts for parts in map(parts_of, archive.infolist()) if parts and not is_of_the_system(parts[0])]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return  # what is wrong with it is in its row
    if len({parts[0] for parts in members}) == 1:  # all in one folder
        members = [parts[1:] for parts in members if len(parts) > 1]
    files = {match["student"] for parts in members if (match := student_and_name(parts[0])) is not None}
    folders = {match[1] or match[0] for parts in members if (match := FOLDERS_OF_EXPORTS.fullmatch(parts[0]))}
    if (students := len(folders or files)) > 1:
        raise BadInput(
            f"{shown_path(path)}: expected one hand-in, got an export with {students:,} of them; unpack it and name "
            "the folder, or add --hand-in if it is one"
        )


# The copy


def staged(hand_in: HandIn, destination: Path) -> tuple[str, ...]:
    """Copy a hand-in into a new folder, archives unpacked; the names of what was left out.

    Raises:
        Unusable: it cannot be copied.
    """
    path = hand_in.path
    if path.is_symlink() and path.resolve().parent != path.parent.resolve():
        raise Unusable(Problem.LEADS_ELSEWHERE)
    left_out: list[str] = []
    is_folder = hand_in.kind is HandInKind.FOLDER
    if is_folder and not hand_in.parts:
        left_out += copy_folder(path, destination)
    else:
        destination.mkdir(parents=True)
        os.chmod(destination, 0o755)
        if is_folder:
            left_out += copy_parts(hand_in.parts, destination)
        elif not path.is_file():
            raise Unusable(Problem.NOT_A_HAND_IN)
        elif hand_in.kind is HandInKind.ARCHIVE:
            left_out += unpack(path, destination, Room())
        elif not is_program(path):
            raise Unusable(Problem.NOT_A_HAND_IN, path.suffix)
        else:
            copy_with_modules(path, destination, hand_in.name)
    left_out += unpack_all(destination)
    (destination / HAND_IN_MARK).touch()
    return tuple(sorted(left_out))


def copy_parts(parts: Mapping[str, Path], destination: Path) -> list[str]:
    """Copy files under other names; the names of what was left out."""
    left_out: list[str] = []
    room = MAX_COPIED_BYTES
    for name, path in parts.items():
        size = path.stat().st_size if path.is_file() and not path.is_symlink() else room + 1
        if size <= room:
            shutil.copyfile(path, destination / name)
            room -= size
        else:
            left_out.append(name)
    return left_out


def copy_with_modules(path: Path, destination: Path, name: str) -> None:
    """Copy a file under a name, the modules beside it that it and they import, and the data beside it that it names."""
    waiting, known = [path], {path}
    while waiting:
        one = waiting.pop()
        try:
            content = one.read_bytes() if one.stat().st_size <= MAX_COPIED_BYTES else None
        except OSError as error:
            raise Unusable(Problem.NOT_A_HAND_IN, error.strerror or "") from None
        if content is None:
            raise Unusable(Problem.NOT_A_HAND_IN, "too large")
        (destination / (name if one == path else one.name)).write_bytes(content)
        for module in imported_names(one):
            near = path.parent / f"{module}.py"
            is_new = near not in known and len(known) < MAX_COPIED_FILES
            if is_new and near.is_file() and not near.is_symlink() and not is_library(module):
                known.add(near)
                waiting.append(near)
    text = text_of(path)
    room = MAX_COPIED_BYTES
    for near in sorted(path.parent.iterdir()):
        if near.suffix.lower() in DATA and near.name in text and near.is_file() and not near.is_symlink():
            room -= near.stat().st_size
            if room >= 0:
                shutil.copyfile(near, destination / near.name)


def text_of(path: Path) -> str:
    """The text of a program, "" if it cannot be read."""
    try:
        return read_text(path)
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def imported_names(path: Path) -> set[str]:
    """The last parts of the names of the modules that a program imports; none if it cannot be read."""
    try:
        tree = ast.parse(read_text(path))
    except (OSError, ValueError, KeyError, TypeError, SyntaxError, RecursionError, MemoryError):
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {part for alias in node.names for part in alias.name.split(".")}
        elif isinstance(node, ast.ImportFrom):
            names |= {*(node.module or "").split("."), *(alias.name for alias in node.names)} - {""}
    return names


def is_library(name: str) -> bool:
    """Whether a module is one of Python's or installed; a hand-in of that name must not take its place for others."""
    if name in sys.stdlib_module_names:
        return True
    places = {*map(sysconfig.get_path, ("purelib", "platlib")), site.getusersitepackages()}
    return PathFinder.find_spec(name, sorted(places)) is not None


# Archives


@dataclass
class Room:
    """What may still be unpacked."""

    size: int = field(default_factory=lambda: MAX_COPIED_BYTES)
    files: int = field(default_factory=lambda: MAX_COPIED_FILES)


def unpack(path: Path, destination: Path, room: Room) -> list[str]:
    """Unpack a zip file into a folder; the names of what was left out.

    Every member is written to a path made of the harmless parts of its name, so none gets out of the folder.

    Raises:
        Unusable: it is damaged or encrypted, or unpacks to more than there is room for.
    """
    left_out: list[str] = []
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.is_dir() or any(map(is_of_the_system, parts_of(member))):
                    continue
                place = place_in(destination, member)
                if place is None:
                    left_out.append(member.filename)
                    continue
                room.files -= 1
                if room.files < 0:
                    raise Unusable(Problem.ARCHIVE_TOO_LARGE, path.name)
                unpack_member(archive, member, free_name(place), room)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise Unusable(Problem.BROKEN_ARCHIVE, f"{path.name}: {error}") from None
    return left_out


def parts_of(member: zipfile.ZipInfo) -> list[str]:
    """The harmless parts of the path of a member."""
    return [part for part in re.split(r"[/\\]", member.filename) if part not in ("", ".", "..")]


def place_in(destination: Path, member: zipfile.ZipInfo) -> Path | None:
    """Where a member of an archive is unpacked; None if it is a link, or has no name."""
    parts = parts_of(member)
    if stat.S_ISLNK(member.external_attr >> 16) or not parts:
        return None
    return destination.joinpath(*map(harmless_name, parts))


def harmless_name(name: str) -> str:
    """A part of a path without control characters, colons and excess length; its ending is kept."""
    name = "".join(
        "_" if unicodedata.category(letter) in ("Cc", "Cs") or letter in ":*?" else letter for letter in name
    )
    if len(os.fsencode(name)) <= MAX_NAME_BYTES:
        return name
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:8]
    return f"{name[:40]}-{digest}{Path(name).suffix[:10]}"


def unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path, room: Room) -> None:
    """Write one member of an archive, counting what is really unpacked and not what the archive says."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, open(place, "wb") as target:
        while chunk := source.read(CHUNK_BYTES):
            room.size -= len(chunk)
            if room.size < 0:
                raise Unusable(Problem.ARCHIVE_TOO_LARGE, Path(archive.filename or "").name)
            target.write(chunk)


def unpack_all(folder: Path) -> list[str]:
    """Unpack the archives in a folder in place, and those in them; the names of what was left out."""
    left_out: list[str] = []
    sizes = [path.stat().st_size for path in files_of(folder)]
    room = Room(size=MAX_COPIED_BYTES - sum(sizes), files=MAX_COPIED_FILES - len(sizes))
    for _ in range(MAX_NESTED):
        for path in archives_in(folder):
            target = free_name(path.with_suffix(""))
            try:
                left_out += unpack(path, target, room)
            except Unusable as problem:
                left_out.append(f"{path.relative_to(folder).as_posix()} ({problem.problem.value})")
            with contextlib.suppress(OSError):
                path.unlink()
    return left_out + [path.relative_to(folder).as_posix() for path in archives_in(folder)]


def archives_in(folder: Path) -> list[Path]:
    """The zip files of a copy."""
    return [path for path in files_of(folder) if path.suffix.lower() in ARCHIVES]


def free_name(path: Path) -> Path:
    """The path, with a number if there is something already."""
    free, number = path, 1
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


def files_of(folder: Path) -> list[Path]:
    """The regular files of a copy, in the order of depth and name."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != HAND_IN_MARK]
    return sorted(paths, key=lambda path: (len(path.parts), path.as_posix()))


def digest_of(folder: Path) -> str:
    """A fingerprint of the names and contents of a copy."""
    digest = hashlib.sha256()
    for path in files_of(folder):
        name = os.fsencode(path.relative_to(folder).as_posix())
        content = path.read_bytes()
        digest.update(b"%d %d " % (len(name), len(content)) + name + content)
    return digest.hexdigest()


# The files that are judged


def programs_in(folder: Path) -> list[Path]:
    """The Python files and notebooks of a copy."""
    programs = []
    for path in files_of(folder):
        parts = path.relative_to(folder).parts
        if is_program(path) and not any(is_of_the_system(part) for part in parts):
            programs.append(path)
    return programs


def judged_files(folder: Path, wanted: str, main: str) -> tuple[list[Path], list[Path]]:
    """The programs of a copy that are judged, and the others.

    A program that another one imports is judged with that one; tests are not judged.

    Args:
        folder: the copy.
        wanted: pattern of the name of the file to judge; "" for all.
        main: the name of the file that was handed in; "" if a folder was.

    Raises:
        Unusable: there is none.
    """
    programs = programs_in(folder)
    if not programs:
        names = [path.relative_to(folder).as_posix() for path in files_of(folder)]
        raise Unusable(Problem.NO_FILE, ", ".join(names[:MAX_NAMED_FILES]))
    if main:
        chosen = [path for path in programs if path.name == main]
    elif wanted:
        chosen = [path for path in programs if matches(path.relative_to(folder), wanted)]
        if not chosen:
            raise Unusable(Problem.NO_SUCH_FILE, wanted)
    else:
        candidates = [path for path in programs if not NO_HAND_IN.match(path.stem)] or programs
        chosen = entries_of(candidates)
    return chosen, [path for path in programs if path not in chosen]


def matches(path: Path, pattern: str) -> bool:
    """Whether a pattern is that of the name of a file, or of its path, in any case of letters."""
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for name in (path.name, path.as_posix()))


def entries_of(paths: Sequence[Path]) -> list[Path]:
    """The programs that no other one imports, and those that import one another in a circle.

    Every program is one of these or imported by one of them, so that none is left out.
    """
    names = {path: imported_names(path) for path in paths}
    imported = {path: {other for other in paths if other != path and other.stem in names[path]} for path in paths}
    apart = [path for path in paths if not any(path in others for others in imported.values())]
    covered = reached_from(apart, imported)
    return [path for path in paths if path in apart or (path not in covered and path in reached_from([path], imported))]


def reached_from(starts: Iterable[Path], imported: Mapping[Path, set[Path]]) -> set[Path]:
    """What these programs import, and what that imports, and so on."""
    reached: set[Path] = set()
    waiting = {other for one in starts for other in imported[one]}
    while waiting:
        reached |= waiting
        waiting = {other for one in waiting for other in imported[one]} - reached
    return reached
