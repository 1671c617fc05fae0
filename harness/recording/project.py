"""The project that a file belongs to: its folder, and where the modules that it imports are found."""

from __future__ import annotations

import ast
import contextlib
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import source
from .python_2 import NOT_PYTHON

MAX_PARENTS = 4  # folders above the file in which its imports are looked for
MAX_NEAR = 60  # files that are read to see whether a folder is a package
HAND_IN_MARK = ".hand-in"  # a file that marks the folder of a hand-in, above which nothing of it is looked for
ROOT_MARKS = (HAND_IN_MARK, ".git", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt")
WEAK_MARKS = ("README.md", "README.rst", "README.txt", "README", "LICENSE", "LICENSE.md", ".gitignore")


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


def search_path(path: Path, root: Path) -> list[str]:
    """The folders that modules are found in: the file's own, those above it up to the root, and their ``src``."""
    folders = [path.parent]
    while folders[-1] != root and root in folders[-1].parents:
        folders.append(folders[-1].parent)
    return [str(folder) for folder in folders] + [str(f / "src") for f in folders if (f / "src").is_dir()]


def without_clone(folders: Sequence[str]) -> list[str]:
    """Folders to find modules in, but a clone of this project: its ``models`` would hide a folder of the user's."""
    clone = Path(__file__).resolve().parents[2]
    is_clone = (clone / "models" / "__init__.py").is_file()
    return [folder for folder in folders if not (is_clone and Path(folder).resolve() == clone)]
