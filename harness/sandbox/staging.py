"""The copy of a folder that a program gets: regular files only, bounded in number and size, readable by anybody."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

MAX_COPIED_BYTES = 64 * 2**20
MAX_COPIED_FILES = 2_000
MAX_LISTED_FILES = 20_000  # of a folder; what comes after them is not looked at
PROGRAMS = (".py", ".ipynb")
OF_TOOLS = frozenset({"__pycache__", "__MACOSX", ".git"})  # folders that are passed over
OF_LIBRARIES = frozenset({"node_modules", "site-packages", "dist-packages", "venv", ".venv"})  # and named


def files_below(root: Path, left: list[Path]) -> Iterator[Path]:
    """The files of a folder and of those in it, in the order of their names; links to folders are not followed.

    Args:
        root: the folder.
        left: gets the folders that are not looked into: those of libraries, those that cannot be read, and the one in
            which there are too many files.
    """

    def leave(error: OSError) -> None:
        left.append(Path(error.filename))

    number = 0
    for folder, names, files in os.walk(root, onerror=leave):
        left += [Path(folder) / name for name in names if name in OF_LIBRARIES or (Path(folder) / name).is_symlink()]
        names[:] = sorted(name for name in names if name not in OF_TOOLS | OF_LIBRARIES)
        for name in sorted(files):
            number += 1
            if number > MAX_LISTED_FILES:
                left.append(Path(folder))
                return
            yield Path(folder) / name


def is_program(path: Path) -> bool:
    """Whether it is a Python file or a notebook, by its name in any case of letters."""
    return path.suffix.lower() in PROGRAMS


def nearness(path: Path, main: Path | None) -> tuple[bool, int]:
    """What is copied first: programs, then what lies near the main file."""
    steps = 0 if main is None else len(Path(os.path.relpath(path.parent, main.parent)).parts)
    return not is_program(path), steps


def copy_folder(root: Path, destination: Path, main: Path | None = None) -> tuple[str, ...]:
    """Copy the regular files of a folder into a new folder.

    Links are copied as the file that they lead to if that is in the same folder, and left out otherwise.

    Args:
        root: the folder.
        destination: the folder to be made.
        main: the file that matters most; what lies near it is copied first.

    Returns:
        The names of what was left out: links that lead elsewhere, pipes and devices, what cannot be read, folders of
        libraries, and what is more than ``MAX_COPIED_FILES`` or ``MAX_COPIED_BYTES``.
    """
    destination.mkdir(parents=True)
    os.chmod(destination, 0o755)
    root = root.resolve()
    left: list[Path] = []
    room, number = MAX_COPIED_BYTES, 0
    files = list(files_below(root, left))
    left_out = [f"{path.relative_to(root)}/" for path in left]
    for path in sorted(files, key=lambda one: (*nearness(one, main), str(one))):
        name = path.relative_to(root)
        size = size_of(path, root)
        if size is None or size > room or number >= MAX_COPIED_FILES:
            left_out.append(str(name))
            continue
        try:
            copy_file(path, destination, name)
        except OSError:
            left_out.append(str(name))
            continue
        room, number = room - size, number + 1
    return tuple(sorted(left_out))


def size_of(path: Path, root: Path) -> int | None:
    """The size of a regular file in the folder, in bytes; None if it is anything else, or leads out of it."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or root not in path.resolve().parents:
            return None
    except (OSError, RuntimeError):  # Python up to 3.12 raises the second for links that lead round in a circle
        return None
    return status.st_size


def copy_file(path: Path, destination: Path, name: Path) -> None:
    """Copy one file, so that anybody can read it."""
    target = destination / name
    for folder in reversed(name.parents):
        with contextlib.suppress(FileExistsError):
            (destination / folder).mkdir()
            os.chmod(destination / folder, 0o755)
    shutil.copyfile(path, target)
    os.chmod(target, 0o644)
