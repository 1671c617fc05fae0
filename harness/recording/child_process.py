"""Starts the child process that runs somebody's file, in the folder of its project.

Nothing is imported here that takes long, so that the child can start while its parent imports what judges the file.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from ..sandbox import ONE_NUMPY_THREAD, Box, Launch, Limits, current_box, is_program, prepared
from . import source
from .python_2 import NOT_PYTHON

CHILD = Path(__file__).with_name("child.py")
DEBUG = "HARNESS_RECORDING_DEBUG"  # variable that lets the child's own errors be seen
MAX_PARENTS = 4  # folders above the file in which its imports are looked for
MAX_NEAR = 60  # files that are read to see whether a folder is a package
HAND_IN_MARK = ".hand-in"  # a file that marks the folder of a hand-in, above which nothing of it is looked for
ROOT_MARKS = (HAND_IN_MARK, ".git", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt")
WEAK_MARKS = ("README.md", "README.rst", "README.txt", "README", "LICENSE", "LICENSE.md", ".gitignore")


@dataclass(frozen=True, kw_only=True)
class Child:
    """A process that waits for its task."""

    launch: Launch
    process: subprocess.Popen[bytes]
    root: Path  # the folder of the project
    purpose: tuple[Path, Limits, Box | None]  # the file, what it may use, and the sandbox


_WAITING: ContextVar[Child | None] = ContextVar("waiting", default=None)


@contextlib.contextmanager
def child_started(path: Path, limits: Limits) -> Iterator[None]:
    """Start the child for the first recording of a file that is made in this block; of no file, nothing is started."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, RuntimeError):  # which is reported when the file is recorded
            if is_program(path) and path.is_file():
                child = stack.enter_context(_started(path.resolve(), limits))
                stack.callback(_WAITING.reset, _WAITING.set(child))
        yield


@contextlib.contextmanager
def child_of(file: Path, limits: Limits) -> Iterator[Child]:
    """The child that waits for this file if there is one, else a new one; it is ended after the block.

    Args:
        file: resolved.
        limits: of its time and memory.
    """
    child = _WAITING.get()
    if child is not None and child.purpose == (file, limits, current_box()):
        _WAITING.set(None)
        yield child
    else:
        with _started(file, limits) as new:
            yield new


@contextlib.contextmanager
def _started(file: Path, limits: Limits) -> Iterator[Child]:
    quiet = {"PYTHONIOENCODING": "utf-8", "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"}
    debug = {DEBUG: "1"} if os.environ.get(DEBUG) else {}
    root = root_of(file)
    with prepared(
        [sys.executable, str(CHILD)],
        root=root,
        folder=file.parent,
        limits=limits,
        environment=quiet | ONE_NUMPY_THREAD | debug,
        main=file,
    ) as launch:
        yield Child(launch=launch, process=launch.start(), root=root, purpose=(file, limits, current_box()))


def root_of(file: Path) -> Path:
    """The folder of the project that a file belongs to: the nearest with a mark of one, else the file's own folder."""
    home = Path.home()
    for depth, folder in enumerate(file.parents):
        if folder in (home, home.parent) or folder == folder.parent or depth > 5:
            break
        if any((folder / mark).exists() for mark in ROOT_MARKS):
            return folder
    described = next((one for one in _parents(file) if any((one / mark).exists() for mark in WEAK_MARKS)), None)
    if described is not None:  # a project may be a package itself, and what lies beside it are other projects
        return _with_imports(file, described)
    folder = file.parent
    while (folder / "__init__.py").exists() and folder != folder.parent:
        folder = folder.parent
    return _with_imports(file, folder)


def _parents(file: Path) -> Iterator[Path]:
    """The folders above a file that may be its project's, the nearest first."""
    home = Path.home()
    for folder in list(file.parents)[:MAX_PARENTS]:
        if folder in (home, home.parent) or folder == folder.parent:
            return
        yield folder


def _with_imports(file: Path, root: Path) -> Path:
    """The root, or the folder above it in which the file's imports are found."""
    try:
        tree = ast.parse(source.read_text(file))
    except (OSError, KeyError, TypeError, *NOT_PYTHON):
        return root
    names = {a.name.partition(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {
        (n.module or "").partition(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and not n.level
    }
    names -= set(sys.stdlib_module_names) | {""}
    names |= {root.name} if _is_imported_inside(root) else set()
    highest = root
    for name in names:
        for folder in list(file.parents)[:MAX_PARENTS]:
            if (folder / f"{name}.py").is_file() or ((folder / name).is_dir() and any((folder / name).glob("*.py"))):
                if folder in root.parents and len(folder.parts) < len(highest.parts) and folder != Path.home():
                    highest = folder
                break
    return highest


def _is_imported_inside(folder: Path) -> bool:
    """Whether the files of a folder, or of those in it, import it by its name: it is a package."""
    name = folder.name
    if not name.isidentifier() or (folder / name).is_dir() or (folder / f"{name}.py").exists():
        return False  # that is what the name stands for
    imports = re.compile(rf"^\s*(from|import)\s+{name}\b", re.MULTILINE)
    with contextlib.suppress(OSError):
        near = sorted([*folder.glob("*.py"), *folder.glob("*/*.py")])[:MAX_NEAR]
        return any(imports.search(path.read_text("utf-8", "replace")) for path in near)
    return False
