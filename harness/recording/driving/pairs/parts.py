"""The layers that a layer is made of, which its constructor keeps in attributes, and the files that define them."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator
from pathlib import Path

from ...literals import assigned, is_of_self, last_name
from ...project import root_of
from ...python_2 import NOT_PYTHON
from ...source import called_name, read_text
from ..source import FileFacts, FunctionFacts, read_source

MAX_IMPORTED = 20  # files that are read for the classes of one


def kept_calls(constructor: FunctionFacts) -> Iterator[tuple[str, str]]:
    """The attributes that a constructor sets to what calls make, and the items of lists of such, with what is called.

    Yields:
        what follows "self.", such as "first" or "layers[0]", and the name of the class or function.
    """
    for node in ast.walk(constructor.node):
        for target, value in assigned(node) if isinstance(node, ast.Assign) else ():
            if not is_of_self(target):
                continue
            attribute = last_name(target)
            if isinstance(value, ast.Call):
                yield attribute, called_name(value)
            for place, one in enumerate(value.elts) if isinstance(value, (ast.List, ast.Tuple)) else ():
                if isinstance(one, ast.Call):
                    yield f"{attribute}[{place}]", called_name(one)


def given_layers(constructor: FunctionFacts) -> tuple[str, str] | None:
    """How a container is given all of its layers at once.

    Returns:
        the attribute that it keeps them in, and its arguments, "{}" standing for the layers; None if its constructor
        is given anything else, or does more with them.
    """
    star = constructor.node.args.vararg
    required = constructor.required
    if len(required) + (star is not None) != 1:
        return None
    name = star.arg if star is not None else required[0].name
    kept = [
        last_name(target)
        for node in ast.walk(constructor.node)
        for target, value in (assigned(node) if isinstance(node, ast.Assign) else ())
        if is_of_self(target) and ast.unparse(value) in (name, f"list({name})")
    ]
    return (kept[0], "{}" if star is not None else "[{}]") if len(kept) == 1 else None


def imported_classes(path: Path, text: str) -> dict[str, FileFacts]:
    """The facts of the project's files that define the classes which a file imports, by class."""
    path = path.resolve()
    root = root_of(path)
    found: dict[str, FileFacts] = {}
    seen, waiting = {path}, [(path, text)]
    while waiting:
        for file in _imported_files(*waiting.pop(0), root):
            if file in seen or len(seen) > MAX_IMPORTED:
                continue
            seen.add(file)
            with contextlib.suppress(OSError, *NOT_PYTHON):
                own = read_text(file)
                waiting.append((file, own))
                facts = read_source(own)
                found |= {name: facts for name in facts.classes if name not in found}
    return found


def _imported_files(path: Path, text: str, root: Path) -> Iterator[Path]:
    """The files of the project that the text of a file imports."""
    try:
        tree = ast.parse(text)
    except NOT_PYTHON:
        return
    above = [folder for folder in path.parents if folder == root or root in folder.parents]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names, folders = [one.name for one in node.names], above
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [module, *(f"{module}.{one.name}".lstrip(".") for one in node.names)]
            folders = [path.parents[node.level - 1]] if 0 < node.level <= len(path.parents) else above
        else:
            continue
        for name in filter(None, names):
            places = [folder.joinpath(*name.split(".")) for folder in folders]
            files = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")]
            yield from [file for file in files if file.is_file()][:1]
