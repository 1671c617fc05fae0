"""How a file is meant to be used, as its own folder shows it.

Examples in docstrings, comments and the README, scripts that import it, and what other files of the folder define.
"""

from __future__ import annotations

import ast
import functools
import importlib
import os
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..literals import nodes_of, texts_of
from ..python_2 import is_python
from ..source import classes_in, is_main_guard, is_text, only_defines, read_text
from .source import FileFacts, read_source

MAX_FILES = 40
MAX_BYTES = 200_000
MAX_SNIPPETS = 12
MAX_PROJECT_FILES = 300  # among which files are looked for that import the one that is driven
MAX_PROJECT_BYTES = 600_000  # of the files of a project that are read for how it trains


def find_snippets(
    source: str, facts: FileFacts, namespace: Mapping[str, Any], root: str = "", *, with_scripts: bool = True
) -> list[str]:
    """Examples of the use of a file, the nearest first."""
    names = {*facts.own_functions, *facts.own_classes}
    folder, own = _folder(namespace)
    found = [*_from_docstrings(source, names), *_from_comments(source, names)]
    found.extend(_from_documents(folder, names))
    if with_scripts:
        found.extend(_from_scripts(folder, own, names))
        found.extend(_from_importers(folder, own, root))
    return list(dict.fromkeys(found))[:MAX_SNIPPETS]


def example_texts(source: str, namespace: Mapping[str, Any], root: str = "") -> list[str]:
    """The texts that show how a file is used: its own, those of its folder, of the README and of the project."""
    folder, own = _folder(namespace)
    blocks = [block for one in _readme_blocks(folder) for block in one]
    texts = [source, *(read(path) for path in project_files(namespace, root))]
    return [*texts, *blocks, *(_without_prompts(block) for text in texts for block in _paragraphs(text))]


def project_files(namespace: Mapping[str, Any], root: str = "") -> list[str]:
    """The Python files near a file, and those that import it; without itself.

    In a large project, those that import it and then the nearest, up to a number of bytes.
    """
    folder, own = _folder(namespace)
    near = [path for path in _near(folder) if path.endswith((".py", ".ipynb"))][:MAX_FILES]
    importing = importing_files(folder, own, root)
    files = dict.fromkeys([*near, *_definition_files(folder, own, root), *importing])
    files.pop(os.path.join(folder, own + ".py"), None)
    room, kept = MAX_PROJECT_BYTES, set()
    for path in dict.fromkeys([*(one for one in importing if one in files), *files]):
        size = os.path.getsize(path) if os.path.isfile(path) else 0
        if size <= room:
            room -= size
            kept.add(path)
    return [path for path in files if path in kept]


def _paragraphs(source: str) -> Iterator[str]:
    """The paragraphs of the texts in a file that are statements with a call: examples in the words of its author."""
    texts = [text for text in texts_of(nodes_of(source)) if "(" in text]
    for text in texts[:MAX_FILES]:
        for paragraph in re.split(r"\n\s*\n", text):
            block = textwrap.dedent(paragraph.strip("\n"))
            if re.search(r"^\w+ = [\w.]+\(", block, re.MULTILINE) and is_python(block):
                yield block


def _folder(namespace: Mapping[str, Any]) -> tuple[str, str]:
    """The folder of the file, and its name without suffix."""
    path = os.path.abspath(str(namespace.get("__file__", "")))
    return os.path.dirname(path), os.path.splitext(os.path.basename(path))[0]


def _uses(text: str, names: set[str]) -> bool:
    """Whether a text is Python that calls one of the names."""
    calls = [node for node in nodes_of(text) if isinstance(node, ast.Call)]
    return any(isinstance(call.func, ast.Name) and call.func.id in names for call in calls)


def _from_docstrings(source: str, names: set[str]) -> Iterator[str]:
    """Doctest examples."""
    lines: list[str] = []
    for line in [*source.splitlines(), ""]:
        match = re.match(r"\s*(>>>|\.\.\.) ?(.*)", line)
        if match:
            lines.append(match.group(2))
        elif lines and not line.strip():
            text = "\n".join(lines)
            lines = []
            if _uses(text, names):
                yield text


def _from_comments(source: str, names: set[str]) -> Iterator[str]:
    """Lines of code that were commented out, one after the other."""
    block: list[str] = []
    for line in [*source.splitlines(), ""]:
        match = re.match(r"# ?(.*)", line)
        if match:
            block.append(match.group(1))
            continue
        text = "\n".join(block)
        block = []
        if text and _uses(text, names):
            yield text


def read(path: str) -> str:
    """The Python text of a file, "" if it cannot be read."""
    try:
        is_notebook = path.endswith(".ipynb")
        if not is_notebook and os.path.getsize(path) > MAX_BYTES:
            return ""
        if is_notebook or path.endswith(".py"):
            return read_text(Path(path))
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _entries(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))[:500]
    except OSError:
        return []


def _near(folder: str) -> list[str]:
    """The files and folders in a folder, then those in the one above."""
    return [os.path.join(place, name) for place in (folder, os.path.dirname(folder)) for name in _entries(place)]


def _readme_blocks(folder: str) -> Iterator[list[str]]:
    """The fenced blocks of code of each README in a folder and in the one above."""
    for path in _near(folder):
        if os.path.basename(path).lower().startswith("readme"):
            yield [*map(_without_prompts, re.findall(r"```(?:python|py)?\n(.*?)```", read(path), re.DOTALL))]


def _without_prompts(block: str) -> str:
    """Lines without the prompts of an interactive session."""
    return re.sub(r"(?m)^(>>>|\.\.\.) ?", "", block)


def _from_documents(folder: str, names: set[str]) -> Iterator[str]:
    """Fenced blocks in the README."""
    for blocks in _readme_blocks(folder):
        texts = [text for text in blocks if is_python(text)]
        if len(texts) > 1 and _uses("\n".join(texts), names):  # one may need what an earlier one made
            yield "\n".join(texts)
        yield from (text for text in texts if _uses(text, names))


def _from_scripts(folder: str, own: str, names: set[str]) -> Iterator[str]:
    """Scripts in the folder, and next to it, that import the file, name something of it, and do something."""
    words = re.compile(rf"\b({'|'.join(map(re.escape, sorted(names)))})\b" if names else "")
    package = os.path.basename(folder)
    for place in (folder, os.path.dirname(folder)):
        scripts = [name for name in _entries(place) if name.endswith(".py") and name != own + ".py"]
        scripts.sort(key=_unlikeliness)
        for name in scripts[:MAX_FILES]:
            text = read(os.path.join(place, name))
            imports = rf"^\s*(from|import)\s+(\.?{re.escape(own)}|{re.escape(package)}(\.{re.escape(own)})?)\b"
            if re.search(imports, text, re.MULTILINE) and words.search(text) and _does_something(text):
                path = name if place == folder else os.path.join(os.pardir, name)
                yield _script(path)


def _from_importers(folder: str, own: str, root: str) -> Iterator[str]:
    """Scripts anywhere in the project that use the file by way of other files, or from another folder."""
    for path in sorted(importing_files(folder, own, root), key=_unlikeliness):
        if os.path.dirname(path) in (folder, os.path.dirname(folder)) and path in _direct(folder, own):
            continue  # see _from_scripts
        if _does_something(read(path)):
            yield _script(os.path.relpath(path, folder))


def _unlikeliness(path: str) -> tuple[bool, bool, str]:
    """How unlikely a script is one that trains, by its name: tests change parameters too."""
    return _is_test(path), not re.search(r"train|main|example|demo|xor|run", os.path.basename(path).lower()), path


def _is_test(path: str) -> bool:
    """Whether a file is a test, by its name or that of its folder."""
    folder, name = os.path.split(path.lower())
    return os.path.basename(folder) in ("test", "tests") or re.search(r"(^|_)tests?[_.]", name) is not None


def _script(path: str) -> str:
    """Lines that run a script as it is run from a terminal.

    Args:
        path: relative to the file's folder.
    """
    return (
        "import os, runpy\n"
        "folder = os.path.dirname(os.path.abspath(__file__))\n"
        f"runpy.run_path(os.path.join(folder, {path!r}), run_name='__main__')"
    )


def _direct(folder: str, own: str) -> set[str]:
    """The scripts that import the file and lie beside it or in the folder above."""
    pattern = _import_pattern(os.path.join(folder, own + ".py"))
    return {path for path in _near(folder) if path.endswith(".py") and pattern.search(read(path))}


def _import_pattern(path: str) -> re.Pattern[str]:
    """Matches the lines that import a file, or the package that it is in."""
    own, package = re.escape(os.path.splitext(os.path.basename(path))[0]), os.path.basename(os.path.dirname(path))
    inside = os.path.exists(os.path.join(os.path.dirname(path), "__init__.py"))
    names = rf"([\w.]*\.)?({own}|{re.escape(package)})" if inside else rf"([\w.]*\.)?{own}"
    return re.compile(
        rf"^\s*(from\s+{names}\s+import|import\s+{names}\b|from\s+[\w.]+\s+import\s+.*\b{own}\b)", re.MULTILINE
    )


def _is_imported(path: str, texts: Iterable[str]) -> bool:
    """Whether one of the texts imports a file."""
    naming = [text for text in texts if Path(path).stem in text]
    return bool(naming) and any(map(_import_pattern(path).search, naming))


@functools.lru_cache(maxsize=8)
def importing_files(folder: str, own: str, root: str = "") -> list[str]:
    """The Python files of the project that import a file, then those that import these, and so on.

    Args:
        folder: of the file.
        own: its name without suffix.
        root: of the project; "" for none.
    """
    texts: dict[str, str] = {}
    for place, folders, names in os.walk(root) if root else ():
        folders[:] = sorted(n for n in folders if not re.match(r"[._]|venv|env$|node_modules|site-packages", n))
        texts |= {os.path.join(place, n): "" for n in sorted(names) if n.endswith((".py", ".ipynb"))}
        if len(texts) > MAX_PROJECT_FILES:
            break
    texts = {path: read(path) for path in texts}
    found, waiting = [os.path.join(folder, own + ".py")], [os.path.join(folder, own + ".py")]
    while waiting and len(found) <= MAX_FILES:
        path = waiting.pop(0)
        pattern, words = _import_pattern(path), (Path(path).stem, Path(path).parent.name)
        may_import = [p for p, text in texts.items() if p not in found and any(word in text for word in words)]
        more = [path for path in may_import if pattern.search(texts[path])]
        found += more
        waiting += more
    return found[1 : MAX_FILES + 1]


def _does_something(text: str) -> bool:
    """Whether a file has more than definitions and does not need a test runner."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return False
    return any(
        isinstance(node, (ast.Expr, ast.For, ast.While, ast.If, ast.With)) and not is_text(node) for node in body
    )


def _only_defines(text: str) -> bool:
    """Whether importing a file runs no more than definitions, constants and what a file sets itself up with."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return False
    classes = classes_in(body)
    return all(is_main_guard(node) or only_defines(node, classes) for node in body)


def _definition_files(folder: str, own: str, root: str = "") -> list[str]:
    """Python files of the folder, then of its subfolders and, within one project, of those next to it."""
    found: list[str] = []
    parent = os.path.dirname(folder)
    for place in dict.fromkeys([folder, *filter(os.path.isdir, _near(folder))]):
        if place != folder and re.search(r"(^|[/\\])(\.|_|test|docs|data|venv|node_modules)", place[len(parent) :]):
            continue
        beside = place != folder and os.path.dirname(place) == parent
        is_inside = bool(root) and (parent + os.sep).startswith(os.path.abspath(root) + os.sep)
        if beside and not (is_inside or os.path.exists(os.path.join(folder, "__init__.py"))):
            continue
        for name in _entries(place):
            stem, suffix = os.path.splitext(name)
            skipped = stem in ("__init__", "setup", "conftest") or "test" in stem or (place == folder and stem == own)
            if suffix == ".py" and not skipped:
                found.append(os.path.join(place, name))
    return found[:MAX_FILES]


def _module_name(path: str, package: str) -> str:
    """The name that a file is imported by: as the file itself is, or from the highest folder that is searched."""
    stem = os.path.splitext(path)[0]
    top = package.split(".")[0]
    roots = [os.path.abspath(entry or os.curdir) for entry in sys.path]
    inside = sorted((root for root in roots if stem.startswith(root + os.sep)), key=len)
    for root in inside:
        name = os.path.relpath(stem, root).replace(os.sep, ".")
        if not top or name.split(".")[0] == top:
            return name
    return os.path.basename(stem)


def sibling_names(namespace: Mapping[str, Any], root: str = "") -> tuple[FileFacts, dict[str, tuple[str, Any]]]:
    """What other files of the folder, and those that import the file, define and the file itself does not.

    Returns:
        their facts, with their definitions as own ones, those of importing files and of what these import first, and
        for each name the module and the object.
    """
    facts = FileFacts()
    names: dict[str, tuple[str, Any]] = {}
    folder, own = _folder(namespace)
    importing = importing_files(folder, own, root)
    texts = [read(path) for path in importing]
    # of two classes of one name, a script that uses the file imports the one that is meant
    near = sorted(_definition_files(folder, own, root), key=lambda path: not _is_imported(path, texts))
    for path in dict.fromkeys([*importing, *near]):
        text = read(path)
        if not text or _is_test(path) or not _only_defines(text):
            continue
        module_name = _module_name(path, str(namespace.get("__package__") or ""))
        try:
            theirs = read_source(text)
            module = importlib.import_module(module_name)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            continue
        if os.path.abspath(str(getattr(module, "__file__", ""))) != path:
            continue
        for key in [*theirs.functions, *theirs.classes]:
            if key not in namespace and key not in names and hasattr(module, key):
                names[key] = (module_name, getattr(module, key))
        facts.own_functions = theirs.functions | facts.own_functions
        facts.own_classes += [key for key in theirs.classes if key not in facts.own_classes]
        facts.add(theirs)
    return facts, names
