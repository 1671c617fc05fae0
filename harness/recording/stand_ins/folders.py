"""Folders of pictures that do not exist: what a file that lists them sees."""

from __future__ import annotations

import ast
import fnmatch
import glob
import os
import pathlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph import Absorbed
from ..literals import nodes_of, texts_of
from ..source import called_name
from .absorbed import Entered
from .files import for_user
from .hints import Hints
from .paths import path_of
from .pictures import written_in

READS_PICTURES = re.compile(r"\b(imread|Image\.open|load_img|imdecode)\(|\bimport\s+imread\b")
LISTS = frozenset({"listdir", "scandir", "iterdir", "walk", "glob", "iglob", "rglob"})
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".pgm", ".ppm", ".webp")
OF_NAMES = re.compile(
    r"file|name|path|im(a)?g|pic|folder|dir|label|class|categor|entry|split|\bf\b|\bfn\b", re.IGNORECASE
)
OF_CLASSES = re.compile(r"class|label|categor|kind|type|folder|dir", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z][A-Za-z0-9 -]{1,29}")
FEWEST = 4  # pictures of a folder


@dataclass(frozen=True, kw_only=True)
class Names:
    """How made-up pictures and their folders are called."""

    classes: tuple[str, ...]  # what is in the pictures; digits if the text of the file names nothing
    suffix: str  # of the pictures
    # separator, field: the part of a name that holds the class, as in ``name.split("_")[0]``
    separator: str
    field: int
    are_folders_listed: bool  # whether what is listed in a folder is listed in turn: a folder for each class
    backslash: bool  # whether the file takes paths apart as Windows writes them

    def picture(self, label: str, number: int) -> str:
        """The name of a picture."""
        suffix_fields = int(self.separator == ".")
        if self.field >= 0:
            fields = [str(number)] * self.field + [label, str(number)]
        else:
            fields = [str(number), label] + [str(number)] * (-self.field - 1 - suffix_fields)
        return self.separator.join(fields) + self.suffix


def read_names(hints: Hints) -> Names:
    """The names that the text of a file suggests."""
    nodes = nodes_of(hints.text)
    words = tuple(dict.fromkeys([*_words_of_lists(nodes), *_compared_words(nodes)]))
    separator, field = next(_fields(nodes), ("_", 0))
    suffix = next((one for one in SUFFIXES if re.search(rf"\{one}\b", hints.text, re.IGNORECASE)), SUFFIXES[0])
    return Names(
        classes=words if len(words) > 1 else (*words, "other") if words else tuple(map(str, range(hints.classes))),
        suffix=suffix,
        separator=separator,
        field=field,
        are_folders_listed=_lists_what_is_listed(nodes),
        backslash=bool(re.search(r"split\(\s*r?['\"]\\", hints.text)),
    )


def _words_of_lists(nodes: list[ast.AST]) -> list[str]:
    """The texts of the longest list, or the keys of the longest dictionary, whose name says that it is of classes."""
    found: list[list[str]] = []
    for node in nodes:
        if not isinstance(node, ast.Assign) or not OF_CLASSES.search(ast.unparse(node.targets[0])):
            continue
        items = node.value.keys if isinstance(node.value, ast.Dict) else getattr(node.value, "elts", [])
        texts = texts_of(items)
        if len(texts) == len(items) > 1 and all(map(WORD.fullmatch, texts)):
            found.append(texts)
    return max(found, key=len, default=[])


def _compared_words(nodes: list[ast.AST]) -> Iterator[str]:
    """Words that are looked for in the name of a file: ``"cat" in name``, ``name.startswith("dog")``."""
    for node in nodes:
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.Eq)):
            sides = [node.left, node.comparators[0]]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            if node.func.attr not in ("startswith", "find", "count"):
                continue
            sides = [node.args[0], node.func.value]
        else:
            continue
        for word, other in (sides, sides[::-1]):
            if isinstance(other, ast.Constant) or not OF_NAMES.search(ast.unparse(other)):
                continue
            yield from filter(WORD.fullmatch, texts_of([word]))


def _fields(nodes: list[ast.AST]) -> Iterator[tuple[str, int]]:
    """(separator, place) of the parts that are taken out of names, those at a point last: it may end the name."""
    found = []
    for node in nodes:
        if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Call):
            continue
        call = node.value
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "split" or len(call.args) != 1:
            continue
        try:
            separator, place = ast.literal_eval(call.args[0]), ast.literal_eval(node.slice)
        except ValueError:
            continue
        if isinstance(place, int) and separator in ("_", "-", ".", " ") and (separator, place) != (".", -1):
            found.append((separator, place))
    yield from sorted(found, key=lambda one: one[0] == ".")


def _lists_what_is_listed(nodes: list[ast.AST]) -> bool:
    """Whether a loop over the content of a folder lists something again."""

    def is_listing(node: ast.AST) -> bool:
        return any(called_name(part) in LISTS for part in ast.walk(node))

    names = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and is_listing(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    def is_of_listing(iterated: ast.AST) -> bool:
        return is_listing(iterated) or any(isinstance(p, ast.Name) and p.id in names for p in ast.walk(iterated))

    for node in nodes:
        inner: list[Any] = []
        if isinstance(node, ast.For) and is_of_listing(node.iter):
            inner = node.body
        elif isinstance(node, (ast.ListComp, ast.GeneratorExp)) and is_of_listing(node.generators[0].iter):
            inner = [node.elt, *(generator.iter for generator in node.generators[1:])]
        if any(map(is_listing, inner)):
            return True
    return False


class Folders:
    """Makes up what is in folders of pictures.

    Args:
        note: called with each folder.
        hints: the sizes.
    """

    def __init__(self, note: Callable[..., None], hints: Hints) -> None:
        self.note, self.hints, self.names = note, hints, read_names(hints)
        self.made: set[str] = set()  # the folders
        self.pictures: set[str] = set()
        self.listed: dict[str, list[str]] = {}

    def content(self, folder: str) -> list[str]:
        """The names of what is in a folder: pictures that were written there, else made-up ones, always the same."""
        names = written_in(folder) or self.listed.get(folder) or self._made_up(folder)
        self.listed[folder] = names
        return list(names)

    def _made_up(self, folder: str) -> list[str]:
        """What a folder holds: folders of classes, or pictures whose names say their class."""
        label = re.split(r"[\\/]", folder.rstrip("\\/"))[-1]
        is_inner = folder in self.made
        if not is_inner:
            self.note(Absorbed.FILE, label or folder)
            self.made.add(folder)
        if self.names.are_folders_listed and not is_inner and label not in self.names.classes:
            self.made.update(os.path.join(folder, one) for one in self.names.classes)
            return list(self.names.classes)
        labels = [label] if is_inner or label in self.names.classes else list(self.names.classes)
        count = max(self.hints.rows // (1 if len(labels) > 1 else len(self.names.classes)), FEWEST)
        names = [self.names.picture(labels[number % len(labels)], number) for number in range(count)]
        self.pictures.update(os.path.join(folder, name) for name in names)
        return names

    def walk(self, top: str) -> Iterator[tuple[str, list[str], list[str]]]:
        """What ``os.walk`` gives: a folder for each class, with pictures."""
        inner = [os.path.join(top, one) for one in self.names.classes]
        self.made.update([top, *inner])
        self.note(Absorbed.FILE, top)
        yield top, list(self.names.classes), []
        for folder in inner:
            yield folder, [], self.content(folder)

    def matching(self, pattern: str) -> list[str]:
        """The paths that match a pattern: pictures of a folder, or of the folders of all classes."""
        head, _, last = pattern.replace("\\", "/").rpartition("/")
        suffix = os.path.splitext(last)[1]
        root = re.split(r"[*?\[]", head)[0]
        if root != head:
            root = root.rpartition("/")[0]
            folders = [f"{root}/{one}" for one in self.names.classes]
            self.made.update(folders)
        else:
            folders = [head]
        paths = [f"{folder}/{name}" for folder in folders for name in self.content(folder)]
        if suffix:
            paths = [f"{os.path.splitext(path)[0]}{suffix}" for path in paths]
        paths = [path for path in paths if fnmatch.fnmatch(path.rpartition("/")[2], last)]
        return [path.replace("/", "\\") for path in paths] if self.names.backslash else paths


class _Entry:
    """What ``os.scandir`` gives for a made-up name."""

    def __init__(self, folders: Folders, folder: str, name: str) -> None:
        self.name, self.path = name, os.path.join(folder, name)
        self.folders = folders

    def __fspath__(self) -> str:
        return self.path

    def is_dir(self, **_: Any) -> bool:
        """Whether it is a folder of a class."""
        return self.path in self.folders.made

    def is_file(self, **_: Any) -> bool:
        """Whether it is a picture."""
        return not self.is_dir()


class _Entries(Entered, list[_Entry]):
    """What ``os.scandir`` gives for a folder, which is a context manager too."""


def install(note: Callable[..., None], hints: Hints) -> None:
    """Let everything that lists folders list made-up pictures, if the file reads pictures and the folder is missing.

    Args:
        note: called with each folder.
        hints: the sizes.
    """
    if not READS_PICTURES.search(hints.text):
        return
    folders = Folders(note, hints)
    os.listdir = _unless_missing(os.listdir, lambda folder, *_: folders.content(folder))
    os.scandir = _unless_missing(
        os.scandir, lambda folder, *_: _Entries(_Entry(folders, folder, name) for name in folders.content(folder))
    )
    os.walk = _unless_missing(os.walk, lambda folder, *_: folders.walk(folder))
    _patterns(folders)
    kind: Any = pathlib.Path
    kind.iterdir = _unless_missing(kind.iterdir, lambda folder: (kind(folder) / one for one in folders.content(folder)))
    kind.glob = _unless_missing(kind.glob, lambda folder, pattern: map(kind, folders.matching(f"{folder}/{pattern}")))
    kind.rglob = _unless_missing(
        kind.rglob, lambda folder, pattern: map(kind, folders.matching(f"{folder}/*/{pattern}"))
    )
    for owner, names in ((os.path, ("isdir", "isfile", "exists")), (kind, ("is_dir", "is_file", "exists"))):
        for name, known in zip(names, ([folders.made], [folders.pictures], [folders.made, folders.pictures])):
            setattr(owner, name, _or_made_up(getattr(owner, name), known))


def _is_missing(folder: str) -> bool:
    """Whether the user's own code asks for a folder that is not there."""
    return not os.path.lexists(folder) and for_user(3)


def _unless_missing(real: Any, made_up: Callable[..., Any]) -> Any:
    """A function of a folder, which gives what is made up if the folder is missing."""

    def call(path: Any = ".", *arguments: Any, **options: Any) -> Any:
        folder = path_of(path)
        if folder is None or not _is_missing(folder):
            return real(path, *arguments, **options)
        return made_up(folder, *arguments)

    return call


def _or_made_up(real: Callable[..., bool], known: Sequence[set[str]]) -> Callable[..., bool]:
    """A question about a path, which is answered with yes if the path is among those that were made up."""

    def call(path: Any, **options: Any) -> bool:
        return real(path, **options) or any(str(path) in paths for paths in known)

    return call


def _patterns(folders: Folders) -> None:
    """The functions of the module ``glob``."""
    find = glob.iglob

    def found(pathname: str, *arguments: Any, **options: Any) -> list[str]:
        paths = list(find(pathname, *arguments, **options))
        root = re.split(r"[*?\[]", pathname)[0].replace("\\", "/").rpartition("/")[0]
        return paths if paths or not root or not _is_missing(root) else folders.matching(pathname)

    glob.glob = found  # type: ignore[assignment]
    glob.iglob = lambda *arguments, **options: iter(found(*arguments, **options))  # type: ignore[assignment]
