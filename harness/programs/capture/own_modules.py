"""The modules of a script: its own come before others of the same names, and are forgotten when it has ended."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from ...recording.project import without_clone
from ...recording.stand_ins.absorbed import Absorbing
from ..workspace import Workspace

IMPORTED = re.compile(r"""(?m)^[\s"]*(?:from|import)\s+(\w+)""")  # in a script, or in a line of a notebook
PACKAGE = __name__.partition(".")[0] + "."


@contextlib.contextmanager
def as_main(copy: Path, workspace: Workspace, arguments: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A namespace to run a script in as ``__main__``, with its own argv, folder and modules.

    Modules that the script imports from its folder are forgotten afterwards; objects made by them stay usable.
    """
    main = ModuleType("__main__")
    main.__dict__.update(__file__=str(copy), __builtins__=__builtins__, get_ipython=Absorbing, display=print)
    argv, paths, before = sys.argv, list(sys.path), dict(sys.modules)
    hidden = hide_modules(copy.parent)
    environment = dict(os.environ)
    sys.argv = [str(copy), *arguments]
    sys.path[:] = [str(copy.parent), *without_clone(paths)]
    sys.path += [str(folder) for folder in folders_of_imports(copy, workspace.top_copy)]
    sys.modules["__main__"] = main
    try:
        yield main.__dict__
    finally:
        sys.argv, sys.path[:] = argv, paths
        sys.modules["__main__"] = before["__main__"]
        root = str(workspace.top_copy) + os.sep
        for name, module in list(sys.modules.items()):
            if module is not before.get(name) and lies_in(module, root):
                del sys.modules[name]
        sys.modules.update(hidden)
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        os.environ.update(environment)


def lies_in(module: ModuleType, folder: str) -> bool:
    """Whether a module, or a package that is a folder without ``__init__.py``, lies in a folder."""
    # a module that answers to every name, as those of some libraries do, gives anything for a path
    paths = getattr(module, "__path__", None)
    places = [getattr(module, "__file__", None), *(paths if isinstance(paths, Iterable) else ())]
    return any(str(place).startswith(folder) for place in places)


def folders_of_imports(path: Path, top: Path) -> Iterator[Path]:
    """The folders above a script that hold a module it imports and that is not found elsewhere: its own package.

    Args:
        path: of the script.
        top: the last folder to look in.
    """
    roots = {name for name in IMPORTED.findall(path.read_text(errors="replace")) if not is_found(name)}
    for folder in path.parents[1:]:
        if any((folder / f"{name}.py").is_file() or any((folder / name).glob("*.py")) for name in roots):
            yield folder
        if folder == top:
            return


def is_found(name: str) -> bool:
    """Whether a module can be imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # a module without a specification is there
        return True


def hide_modules(folder: Path) -> dict[str, ModuleType]:
    """Forget imported modules of the names of the script's siblings, so that it imports its own; returns them.

    Modules of this package are kept if the folder has none of their names: a script may make them import more.
    """
    own = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    # a folder without __init__.py never comes before a module of the same name from the standard library
    own |= {path.parent.name for path in folder.glob("*/*.py")} - sys.stdlib_module_names
    own = (own & sys.modules.keys()) - {"__main__", "keras", "tensorflow", "numpy"}
    names = [name for name in sys.modules if name.partition(".")[0] in own] if own else []
    names = [name for name in names if not name.startswith(PACKAGE) or has_module(folder, name)]
    return {name: sys.modules.pop(name) for name in names}


def has_module(folder: Path, name: str) -> bool:
    """Whether a folder has a module or package of a name with dots."""
    path = folder.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()
