"""Runs the user's file in this process, with or without recording."""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import linecache
import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from . import source
from .counts import put_sizes
from .graph import Counted, Place, Raised
from .project import search_path
from .python_2 import from_python_2, give_old_names, is_python, with_old_division, with_old_signs, with_old_text
from .shortened import LINE, shorten_texts
from .stand_ins.absorbed import Absorbing
from .tape import SourceFile
from .values import TAPE
from .weaving import begin_at, weave


def run_other(
    files: Files,
    real: Callable[..., Any],
    path: str,
    names: Any,
    run_name: str | None,
    is_forgiving: Callable[[], bool],
) -> Any:
    """``runpy.run_path`` of another file of the user, which may be a notebook."""
    full = Path(os.path.abspath(path))
    if not files.owns(str(full)):
        return real(path, names, run_name)
    namespace = {"__name__": run_name or "<run_path>", "__file__": path, "__builtins__": builtins}
    namespace.update({**NAMES_OF_NOTEBOOKS, **(names or {})})
    before, folders, arguments = os.getcwd(), list(sys.path), list(sys.argv)
    try:
        if run_name == "__main__":  # as from a terminal in its folder
            os.chdir(full.parent)
            sys.path.insert(0, str(full.parent))
            sys.argv[:] = [str(full)]
        namespace.update(enter_package(full))
        if source.is_notebook(full):
            run_cells(files, full, source.read_text(full), namespace, is_forgiving)
        else:
            exec(files.compiled(full), namespace)
    finally:
        os.chdir(before)
        sys.path[:], sys.argv[:] = folders, arguments
    return namespace


# that cells have, and scripts that were exported from a notebook go on to use
NAMES_OF_NOTEBOOKS: Mapping[str, Any] = {"get_ipython": Absorbing, "display": print}
RUN_FILE = "<run>"  # the file name of the lines that are run after the file
NOT_THE_USERS = frozenset({"site-packages", "dist-packages", "node_modules", "__pycache__", ".venv", "venv"})
OWN_FOLDER = Path(__file__).resolve().parents[1]  # of this package; in a clone it may be in the user's folder
MAX_MODULES, MAX_NEIGHBOURS = 2_000, 60
MAX_PRINTED = 20_000
MAX_MESSAGE = 2_000


class Printed(io.TextIOBase):
    """Stands for stdout and stderr: keeps the beginning."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.room = MAX_PRINTED

    def write(self, text: Any) -> int:
        """Keep as much as there is room for."""
        text = str(text)
        if self.room > 0:
            self.parts.append(text[: self.room])
            self.room -= len(text)
        return len(text)

    def close(self) -> None:
        """It stays open: what is printed later is kept too."""

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def fileno(self) -> int:
        """The null device's."""
        return os.open(os.devnull, os.O_WRONLY)

    @property
    def buffer(self) -> Any:
        """For bytes."""
        return open(os.devnull, "wb")

    @property
    def text(self) -> str:
        """What was printed."""
        return "".join(self.parts)


class Files:
    """The user's files: those under one folder, but for installed packages.

    Args:
        root: the folder.
        path: the file that is run.
        sizes: whole numbers that stand for others where they are sizes: data are made up in smaller size.
        start: what the task says of the line from which on is recorded, if not from the first.
        at_most: number of observations that are left of texts; None for all.
        definitions_only: whether of the file that is run only its definitions and constants are run.
    """

    def __init__(
        self,
        root: Path,
        path: Path,
        sizes: Mapping[int, int] | None = None,
        start: Mapping[str, Any] | None = None,
        at_most: int | None = None,
        definitions_only: bool = False,
    ) -> None:
        self.start, self.at_most, self.definitions_only = start, at_most, definitions_only
        self.root, self.path, self.sizes = root, path, dict(sizes or {})
        self.sources: dict[str, SourceFile] = {}
        self.passed_over: list[Exception] = []  # what statements of notebooks raised before the training

    @functools.cached_property
    def modules(self) -> list[Path]:
        """All modules under the folder, up to a number."""
        found: list[Path] = []
        for folder, names, files in os.walk(self.root):
            names[:] = sorted(n for n in names if not n.startswith(".") and n not in NOT_THE_USERS and "env" not in n)
            found += [Path(folder) / file for file in sorted(files) if file.endswith(".py")]
            if len(found) > MAX_MODULES:
                break
        return found

    def text(self) -> str:
        """The text of the file, of neighbours that it imports, by way of others too, and of those that import it."""
        text = source.read_text(self.path)
        parts, known, waiting = [text], {self.path}, [text]
        while waiting and len(known) < MAX_NEIGHBOURS:
            for name in source.imported_modules(waiting.pop(0)):
                near = self.path.parent.joinpath(*name.split(".")).with_suffix(".py")
                if near not in known and near.is_file():
                    known.add(near)
                    if neighbour := _text_of(near):
                        parts.append(neighbour)
                        waiting.append(neighbour)
        pattern = re.compile(rf"^\s*(from|import) [\w.]*\b{re.escape(self.path.stem)}\b", re.MULTILINE)
        beside = sorted(one for one in self.path.parent.glob("*.py") if one.is_file())[:MAX_NEIGHBOURS]
        parts += [_text_of(near, pattern) for near in beside if near not in known]
        return "\n".join(filter(None, parts))

    def owns(self, path: str | None) -> bool:
        """Whether a module's file is one of the user's."""
        if not path or not path.endswith((".py", ".ipynb")):
            return False
        place = Path(path)
        is_harness = OWN_FOLDER in place.parents and OWN_FOLDER not in self.path.parents
        return self.root in place.parents and not NOT_THE_USERS & set(place.parts) and not is_harness

    def has_module(self, name: str) -> bool:
        """Whether a module or a package of this name is one of the user's."""
        folders = [Path(folder) for folder in search_path(self.path, self.root)]
        return any((folder / f"{name}.py").is_file() or (folder / name).is_dir() for folder in folders)

    def name(self, path: Path) -> str:
        """Relative to the folder."""
        with contextlib.suppress(ValueError):
            return path.relative_to(self.root).as_posix()
        return path.name

    def compiled(self, path: Path, text: str | None = None) -> CodeType:
        """The code of a file, with the recorder's calls in it.

        Raises:
            SyntaxError: if it is not Python 3.
        """
        if text is None:
            text = source.read_text(path)
            text = (from_python_2(text) if self._is_old else None) or text
        name = str(path)
        tree = self._woven(text, name)
        self.add(name, self.name(path), text)
        return compile(tree, name, "exec", dont_inherit=True)

    def compiled_parts(self, path: Path, text: str) -> list[CodeType]:
        """The code of every statement at the top of a file."""
        name = str(path)
        tree = self._woven(text, name)
        self.add(name, self.name(path), text)
        parts = [ast.Module(body=[statement], type_ignores=[]) for statement in tree.body]
        return [compile(part, name, "exec", dont_inherit=True) for part in parts]

    def compiled_lines(self, text: str) -> CodeType:
        """The code of lines that are run after the file."""
        tree = self._woven(text, RUN_FILE)
        self.add(RUN_FILE, RUN_FILE, text)
        return compile(tree, RUN_FILE, "exec", dont_inherit=True)

    def _woven(self, text: str, name: str) -> ast.Module:
        """The tree of a text with the recorder's calls in it, and with smaller sizes and shorter texts."""
        tree = ast.parse(text, name)
        if self.definitions_only and name == str(self.path):
            classes = source.classes_in(tree.body)
            tree.body = [one for one in tree.body if source.only_defines(one, classes)]
        put_sizes(tree, self.sizes)
        if self.at_most is not None and shorten_texts(tree, self.at_most):
            TAPE.reduce(Counted.CHARACTERS, None, self.at_most * LINE)
        woven = weave(tree)
        if self.start is not None:
            own, (file, line) = self.name(Path(name)), self.start["site"]
            passed = [number for other, number in self.start["passed"] if other == own]
            begin_at(woven, line if file == own else 0, passed)
        if name != RUN_FILE and (self._is_old or source.is_python_2(Path(name))):
            give_old_names()
            woven = with_old_signs(with_old_text(woven))
            if not source.has_true_division(Path(name)):  # quotients of whole numbers are whole
                woven = with_old_division(woven)
        return woven

    @functools.cached_property
    def _is_old(self) -> bool:
        """Whether the file that is run is Python 2, and with it all modules that it imports."""
        return source.is_python_2(self.path)

    def add(self, code_name: str, name: str, text: str) -> None:
        """Make a file known."""
        tree = ast.parse(text)
        placed = source.placed_statements(tree)
        self.sources[code_name] = SourceFile(
            name,
            text.split("\n"),
            source.statements_of_lines(placed),
            source.crowded_lines(placed),
            source.function_names(tree),
        )
        linecache.cache[code_name] = len(text), None, text.splitlines(keepends=True), code_name


def _text_of(neighbour: Path, pattern: re.Pattern[str] | None = None) -> str:
    """The text of a module that is beside a file; "" if it cannot be read, is not Python, or lacks the pattern."""
    try:
        # Python 2 is converted only if it is needed
        if pattern is not None and pattern.search(source.written_text(neighbour)) is None:
            return ""
        text = source.read_text(neighbour)
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return text if is_python(text) else ""


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads one of the user's modules with the recorder's calls in it."""

    files: Files

    def get_code(self, fullname: str) -> CodeType:
        return self.files.compiled(Path(self.path))


class Finder(importlib.abc.MetaPathFinder):
    """Finds the user's modules."""

    def __init__(self, files: Files) -> None:
        self.files = files

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        """See ``importlib.abc.MetaPathFinder``."""
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None:
            spec = self._found_elsewhere(fullname) if path is None else _in_other_letters(fullname, path)
        if spec is None or not self.files.owns(spec.origin):
            return None
        assert spec.origin is not None
        loader = _Loader(fullname, spec.origin)
        loader.files = self.files
        search = spec.submodule_search_locations
        folder = Path(spec.origin).parent
        if search is None and folder.name == fullname:
            search = [str(folder)]  # net/net.py hides the package net: it stands for both
        return importlib.util.spec_from_file_location(
            fullname, spec.origin, loader=loader, submodule_search_locations=search
        )

    def _found_elsewhere(self, name: str) -> Any:
        """A module that Python does not find: its name is in other letters, or it is in another folder."""
        if name in sys.builtin_module_names or name in sys.stdlib_module_names or "." in name:
            return None
        near = [entry for entry in self.files.path.parent.glob("*.py") if entry.stem.lower() == name.lower()]
        matches = near or [path for path in self.files.modules if path.stem == name]
        if len(matches) == 1:
            return importlib.util.spec_from_file_location(name, matches[0])
        folders = [
            path.parent for path in self.files.modules if path.name == "__init__.py" and path.parent.name == name
        ]
        folders = folders or list({path.parent for path in self.files.modules if path.parent.name == name})
        if len(folders) == 1:
            return importlib.machinery.PathFinder.find_spec(name, [str(folders[0].parent)])
        return None


def _in_other_letters(name: str, folders: Sequence[str]) -> Any:
    """A module of a package whose file's name is in other letters, which some systems do not tell apart."""
    wanted = f"{name.rpartition('.')[2]}.py".lower()
    found = [entry for folder in folders for entry in sorted(Path(folder).glob("*.py")) if entry.name.lower() == wanted]
    return importlib.util.spec_from_file_location(name, found[0]) if len(found) == 1 else None


def package_of(path: Path, text: str) -> tuple[str, Path]:
    """(the package that a file belongs to, the folder that it is found in); "" without relative imports."""
    levels = [n.level for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ImportFrom) and n.level]
    if not levels:
        return "", path.parent
    depth = max(levels)
    folder = path.parent
    names: list[str] = []
    while len(names) < depth or ((folder / "__init__.py").exists() and folder != folder.parent):
        names.insert(0, folder.name)
        if folder == folder.parent:
            break
        folder = folder.parent
    return ".".join(names), folder


def enter_package(path: Path) -> dict[str, str]:
    """Import the package that a file with relative imports belongs to.

    Returns:
        ``__package__`` for the file's names; nothing without relative imports.
    """
    package, folder = package_of(path, source.read_text(path))
    if not package:
        return {}
    sys.path.insert(0, str(folder))
    _import_package(package, folder)
    return {"__package__": package}


def execute(files: Files, namespace_ready: Callable[[dict[str, Any]], None], is_forgiving: Callable[[], bool]) -> None:
    """Run the file as ``__main__``.

    Args:
        files: the user's.
        namespace_ready: is handed the names before the file runs, so that they are known if it raises.
        is_forgiving: whether to go on after a statement of a notebook that raises, as one can in a notebook.
    """
    path = files.path
    text = source.read_text(path)
    module = ModuleType("__main__")
    module.__file__ = str(path)
    module.__dict__["__builtins__"] = builtins
    module.__dict__.update(NAMES_OF_NOTEBOOKS)
    module.__dict__.update(enter_package(path))
    sys.modules["__main__"] = module
    namespace_ready(module.__dict__)
    if not (source.is_notebook(path) or source.is_exported_notebook(text)):
        exec(files.compiled(path, text), module.__dict__)
        return
    run_cells(files, path, text, module.__dict__, is_forgiving)


def run_cells(files: Files, path: Path, text: str, names: dict[str, Any], is_forgiving: Callable[[], bool]) -> None:
    """Run the statements of a notebook one by one; the first exception is raised at the end."""
    error: Exception | None = None
    for code in files.compiled_parts(path, text):
        raised = _exception_of(code, names)
        if raised is None:
            continue
        if not is_forgiving():
            raise raised
        files.passed_over.append(raised)
        error = error or raised
    if error is not None:
        raise error


def _import_package(name: str, folder: Path) -> None:
    """Import a package; one without ``__init__.py``, or that a module of the same name hides, becomes an empty one.

    Args:
        name: "a.b" for the folder b in the folder a.
        folder: that a is in.
    """
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        full = ".".join(parts[:count])
        with contextlib.suppress(Exception):
            importlib.import_module(full)
        if not hasattr(sys.modules.get(full), "__path__"):
            package = ModuleType(full)
            package.__path__ = [str(folder.joinpath(*parts[:count]))]
            sys.modules[full] = package


def _exception_of(code: CodeType, names: dict[str, Any]) -> Exception | None:
    """What a statement raises."""
    try:
        exec(code, names)
    except Exception as error:
        return error
    return None


def raised_of(error: BaseException, sources: Mapping[str, SourceFile]) -> Raised:
    """What was raised, with the user's own frames."""
    frames = []
    for frame in traceback.extract_tb(error.__traceback__):
        known = sources.get(frame.filename)
        if known is not None:
            line = frame.lineno or 0
            text = known.lines[line - 1].strip() if 0 < line <= len(known.lines) else ""
            frames.append(
                Place(file=known.name, line=line, function=frame.name, variable=known.target(line), text=text)
            )
    message = str(error)
    if isinstance(error, SyntaxError) and error.filename:
        name = Path(error.filename).name
        frames.append(Place(file=name, line=error.lineno or 0, text=(error.text or "").strip()))
        message = error.msg or message
    if isinstance(error, KeyError) and len(error.args) == 1:
        message = repr(error.args[0])
    return Raised(type=type(error).__name__, message=message[:MAX_MESSAGE], frames=tuple(frames))
