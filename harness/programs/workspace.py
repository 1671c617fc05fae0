"""A copy of the user's working folder to run a script in, so that nothing of the user's is overwritten.

Small files are copied and large ones linked. While the script runs, Python's own ways of writing, renaming and
removing files are watched: what would reach a file of the user's, through a link or by an absolute path, reaches the
copy instead.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

from ..scratch import scratch_folder

SKIPPED_FOLDERS = frozenset(
    {".git", ".hg", ".svn", "__pycache__", "node_modules", ".venv", "venv", ".tox", ".mypy_cache", ".ruff_cache",
     ".pytest_cache", ".ipynb_checkpoints"}
)  # fmt: skip
WRITTEN_IN_C = frozenset({".h5", ".hdf5", ".keras", ".db", ".sqlite", ".sqlite3"})  # written without Python's open
MAX_FILE_BYTES = 8 * 2**20  # of a file that is copied and not linked
MAX_BYTES = 512 * 2**20  # of all copied files
LEVELS_ABOVE = 2  # folders above the working folder that paths such as ../data may reach
MAX_SIBLINGS = 2000  # entries of such a folder that are linked
MAX_ENTRIES = 5000  # files and folders looked at one by one; beyond, whole folders are linked
PLAIN_OPEN, PLAIN_UNLINK, PLAIN_MKDIR = builtins.open, os.unlink, os.mkdir  # as they are outside ``protected``


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A working folder and its copy.

    The copy lies in a copy of the folders above it, whose other entries are links, so that ``../data`` is found.
    """

    folder: Path  # the user's working folder, resolved
    top: Path  # one of the folders above it, or itself, resolved
    top_copy: Path  # the copy of ``top``, resolved

    @property
    def copy(self) -> Path:
        """The copy of the working folder, to run in."""
        return self.top_copy / self.folder.relative_to(self.top)

    @property
    def protected(self) -> Path:
        """The user's files below this folder are not written by their absolute paths either."""
        temporary = Path(tempfile.gettempdir()).resolve()
        return self.folder if self.top == temporary or self.top in temporary.parents else self.top

    def copied_path(self, path: Path) -> Path:
        """The copy of a file of the user's folder; any other path as it is."""
        relative = relative_to(path, self.folder)
        return path if relative is None else self.copy / relative

    def original_path(self, path: str | Path) -> Path:
        """The user's file that a path in the copy stands for; any other path as it is."""
        relative = relative_to(Path(path), self.top_copy)
        return Path(path) if relative is None else self.top / relative

    def writable(self, path: Any, *, keep: bool = True) -> Any:
        """The path to use for writing to, renaming or removing ``path``: in the copy if it would reach the original.

        Args:
            path: as the script gave it; file descriptors and paths elsewhere are returned as they are.
            keep: whether the content of the file matters (it is not about to be replaced).
        """
        if not isinstance(path, (str, os.PathLike)):
            return path
        absolute = Path(os.path.abspath(path))
        relative = relative_to(absolute, self.top_copy)
        if relative is None:
            real = Path(os.path.realpath(absolute))
            relative = relative_to(real, self.top) if relative_to(real, self.protected) is not None else None
        if relative is None:
            return path
        self.detach(relative, keep)
        return os.path.join(self.top_copy, relative)

    def readable(self, path: Any) -> Any:
        """The path to read ``path`` from: the copy of a file that is given by its absolute path."""
        if not isinstance(path, (str, os.PathLike)) or not os.path.isabs(path):
            return path
        relative = relative_to(Path(path), self.folder)
        return path if relative is None or not (self.copy / relative).exists() else str(self.copy / relative)

    def replace_file(self, path: Path, text: str) -> None:
        """Give the copy of a file of the user's folder another text; a file elsewhere is left alone."""
        relative = relative_to(path, self.top)
        if relative is not None:
            self.detach(relative, keep=False)
            (self.top_copy / relative).write_text(text, encoding="utf-8")

    def detach(self, relative: Path, keep: bool) -> None:
        """Replace the links on the way to a path of the copy by folders, and the file's own link by a copy of it."""
        at = self.top_copy
        for part in relative.parts[:-1]:
            at = at / part
            if at.is_symlink() and at.is_dir():
                target = at.resolve()
                PLAIN_UNLINK(at)
                PLAIN_MKDIR(at)
                for entry in os.scandir(target):
                    os.symlink(entry.path, at / entry.name)
        file = self.top_copy / relative
        if file.is_symlink() and file.is_file():
            target = file.resolve()
            PLAIN_UNLINK(file)
            if keep:
                with PLAIN_OPEN(target, "rb") as source, PLAIN_OPEN(file, "wb") as copy:
                    shutil.copyfileobj(source, copy)


def relative_to(path: Path, folder: Path) -> Path | None:
    """``path`` relative to ``folder``, or None if it is outside."""
    try:
        return path.relative_to(folder)
    except ValueError:
        return None


def copy_folder(original: Path, copy: Path) -> None:
    """Copy the files of a folder up to the limits above, and link the rest."""
    waiting, entries, copied = deque([(original, copy)]), 0, 0
    while waiting:
        source, target = waiting.popleft()
        try:
            found = sorted(os.scandir(source), key=lambda entry: entry.name)
        except OSError:  # not readable for the user either
            continue
        for entry in found:
            entries += 1
            to = target / entry.name
            try:
                if entry.is_dir():
                    if entry.name in SKIPPED_FOLDERS:
                        continue
                    if entries > MAX_ENTRIES or entry.is_symlink():
                        os.symlink(entry.path, to)
                    else:
                        to.mkdir()
                        waiting.append((Path(entry.path), to))
                elif entry.is_file():
                    size = entry.stat().st_size
                    is_small = size <= MAX_FILE_BYTES or to.suffix.lower() in WRITTEN_IN_C
                    if is_small and entries <= MAX_ENTRIES and copied + size <= MAX_BYTES:
                        shutil.copy2(entry.path, to)
                        copied += size
                    else:
                        os.symlink(os.path.realpath(entry.path), to)
            except OSError:  # a file that cannot be read or that has just gone is the script's to miss
                continue


def link_siblings(original: Path, copy: Path, below: str) -> None:
    """Link the entries of a folder into its copy, without the one named ``below``."""
    with contextlib.suppress(OSError):
        for entry in islice(os.scandir(original), MAX_SIBLINGS):
            if entry.name != below:
                os.symlink(entry.path, copy / entry.name)


@contextlib.contextmanager
def copied_workspace(original: Path) -> Iterator[Workspace]:
    """A copy of ``original`` as the current folder, removed at the end."""
    before, folder = Path.cwd(), original.resolve()
    above = [parent for parent in folder.parents if parent != parent.parent][:LEVELS_ABOVE]
    top = above[-1] if above else folder
    with scratch_folder() as scratch:
        workspace = Workspace(folder=folder, top=top, top_copy=scratch.resolve())
        workspace.copy.mkdir(parents=True, exist_ok=True)
        for parent, child in zip(above, [folder, *above]):
            link_siblings(parent, workspace.top_copy / parent.relative_to(top), child.name)
        copy_folder(folder, workspace.copy)
        os.chdir(workspace.copy)
        try:
            yield workspace
        finally:
            os.chdir(before)


@contextlib.contextmanager
def protected(workspace: Workspace) -> Iterator[None]:
    """Send what Python code writes, renames or removes in the original folder to the copy."""
    plain_open = builtins.open
    plain_os_open = os.open

    def open_file(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if any(letter in mode for letter in "wax+"):
            return plain_open(workspace.writable(file, keep="w" not in mode), mode, *arguments, **options)
        return plain_open(workspace.readable(file), mode, *arguments, **options)

    def os_open(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and options.get("dir_fd") is None
        return plain_os_open(workspace.writable(path) if writes else path, flags, *arguments, **options)

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(builtins, "open", open_file))
        stack.enter_context(mock.patch.object(io, "open", open_file))
        stack.enter_context(mock.patch.object(os, "open", os_open))
        for module, name, count in (
            (os, "remove", 1), (os, "unlink", 1), (os, "rmdir", 1), (os, "mkdir", 1), (os, "rename", 2),
            (os, "replace", 2), (os, "truncate", 1), (shutil, "rmtree", 1),
        ):  # fmt: skip
            stack.enter_context(mock.patch.object(module, name, mapped(getattr(module, name), workspace, count)))
        stack.enter_context(protected_hdf5(workspace))
        stack.enter_context(protected_events(workspace))
        yield


def mapped(function: Callable[..., Any], workspace: Workspace, count: int) -> Callable[..., Any]:
    """A function of files whose first ``count`` arguments are paths that it changes."""

    def call(*arguments: Any, **options: Any) -> Any:
        if options.get("dir_fd") is None and options.get("src_dir_fd") is None:
            arguments = (*map(workspace.writable, arguments[:count]), *arguments[count:])
        return function(*arguments, **options)

    return call


@contextlib.contextmanager
def protected_hdf5(workspace: Workspace) -> Iterator[None]:
    """Let the HDF5 files that Keras writes go into the copy."""
    import h5py

    plain = h5py.File.__init__

    def initialise(self: Any, name: Any, mode: str = "r", *arguments: Any, **options: Any) -> None:
        plain(self, workspace.readable(name) if mode == "r" else workspace.writable(name), mode, *arguments, **options)

    with mock.patch.object(h5py.File, "__init__", initialise):
        yield


@contextlib.contextmanager
def protected_events(workspace: Workspace) -> Iterator[None]:
    """Let the event files that TensorFlow writes for TensorBoard go into the copy."""
    import tensorflow.summary as summary  # tf.summary is another object until this is imported

    plain = summary.create_file_writer

    def create(logdir: Any, *arguments: Any, **options: Any) -> Any:
        return plain(workspace.writable(logdir), *arguments, **options)

    with mock.patch.object(summary, "create_file_writer", create):
        yield
