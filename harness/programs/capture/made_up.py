"""What a posted program needs and does not bring, made up: files, downloads, data sets, image folders, packages.

Made-up values stand where nothing else can, so that the model, its loss and its training can be read. They prove
nothing: a program that uses them is never judged by a training. ``Supply`` remembers what was made up.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import importlib.util
import io
import re
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import keras
import numpy as np

from ...recording.stand_ins import absorbed, helpers, learning
from ...recording.stand_ins.files import AnyKey, Missing, mat_reader
from ...recording.stand_ins.hints import read_hints
from ..program import DATA_SET, FILE, WEIGHTS, MadeUp, Note, NoteKind
from ..stand_ins import only_shows
from .made_up_archives import patch_archives
from .made_up_arguments import patch_arguments
from .made_up_folders import patch_folders
from .made_up_sets import FEW_ROWS, patch_data_sets, patch_tensorflow_datasets
from .supply import ROWS, Supply, table_width

OF_DATASETS = re.compile(r"[/\\\\]datasets[/\\\\]")


@contextlib.contextmanager
def made_up(supply: Supply) -> Iterator[None]:
    """Make up what is missing inside the block."""
    before = set(sys.modules)
    with contextlib.ExitStack() as stack:
        patch_archives(stack, supply)
        for patch in (patch_files, patch_data_sets, patch_tables, patch_downloads, patch_folders):
            patch(stack, supply)
        patch_tensorflow_datasets(stack, supply)
        patch_screens(stack, supply)
        patch_arguments(stack, supply)
        finder = absorbed.AbsorbingFinder(
            lambda name: _is_absent(name, supply), lambda name: _note_package(name, supply)
        )
        sys.meta_path.append(finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            for name in set(sys.modules) - before:
                if isinstance(sys.modules[name], absorbed.AbsorbingModule):
                    del sys.modules[name]


def _is_absent(name: str, supply: Supply) -> bool:
    """Whether a module that the user's code imports is stood in for; Keras and TensorFlow themselves are not."""
    root = name.partition(".")[0]
    known = isinstance(sys.modules.get(root), absorbed.AbsorbingModule)
    return (known or name == root or root == "tensorflow") and supply.asked_by_user() and root != "harness"


def _note_package(name: str, supply: Supply) -> None:
    """Remember a package that is not installed; one that only shows things, or is not used, does not touch the data."""
    root = name.partition(".")[0]
    if not only_shows(root) and root not in supply.unused:
        supply.note("the package", root)
        return
    note = Note(kind=NoteKind.MODULE_REPLACED, detail=root)
    supply.notes += [] if note in supply.notes else [note]


# Files


def patch_files(stack: contextlib.ExitStack, supply: Supply) -> None:
    """Text, arrays, pickles and files of MATLAB that are read and do not exist."""
    missing = supply.missing
    plain_open, plain_load = builtins.open, np.load

    def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if supply.is_missing(file) and not any(letter in mode for letter in "wax+") and supply.asked_by_user():
            supply.note(FILE, Path(file).name)
            return missing.stream(str(file), mode)
        return plain_open(file, mode, *arguments, **options)

    def load(file: Any, *arguments: Any, **options: Any) -> Any:
        if not supply.is_missing(file):
            return plain_load(file, *arguments, **options)
        supply.note(FILE, Path(file).name)
        return missing.array(str(file)) if str(file).endswith(".npy") else AnyKey(missing, str(file))

    for module in (builtins, io):
        stack.enter_context(mock.patch.object(module, "open", opened))
    stack.enter_context(mock.patch.object(np, "load", load))
    matlab = importlib.import_module("scipy.io")
    stack.enter_context(mock.patch.object(matlab, "loadmat", mat_reader(matlab.loadmat, missing)))
    for name in ("loadtxt", "genfromtxt"):
        stack.enter_context(mock.patch.object(np, name, _text_reader(getattr(np, name), supply)))
    plain_weights = keras.Model.load_weights

    def load_weights(model: Any, path: Any, *arguments: Any, **options: Any) -> Any:
        if not supply.is_missing(path):
            return plain_weights(model, supply.readable(path), *arguments, **options)
        supply.note(WEIGHTS, Path(path).name, MadeUp.VALUES)
        return None

    stack.enter_context(mock.patch.object(keras.Model, "load_weights", load_weights))


def _text_reader(real: Any, supply: Supply) -> Any:
    """NumPy's reader of tables that makes up missing files."""

    def read(file: Any, *arguments: Any, **options: Any) -> Any:
        if not supply.is_missing(file):
            return real(file, *arguments, **options)
        supply.note(FILE, Path(file).name)
        columns = options.get("usecols")
        width = table_width(supply.text)
        data = supply.missing.table(str(file), width)
        return data[:, list(columns)] if isinstance(columns, (tuple, list)) else data

    return read


def patch_tables(stack: contextlib.ExitStack, supply: Supply) -> None:
    """Tables that pandas reads."""
    hints = supply.hints
    width = table_width(supply.text)
    if width is not None and not hints.images:
        hints = read_hints(supply.text, rows=ROWS, features=width - 1)
    missing = Missing(supply.note_file, hints)
    import pandas  # type: ignore[import-untyped,unused-ignore]

    for name in ("read_csv", "read_table", "read_excel", "read_pickle", "read_json"):
        stack.enter_context(mock.patch.object(pandas, name, _frame_reader(getattr(pandas, name), missing, supply)))


def _frame_reader(real: Any, missing: Missing, supply: Supply) -> Any:
    """A reader of pandas that makes up missing files."""

    def read(source: Any, *arguments: Any, **options: Any) -> Any:
        if not supply.is_missing(source) or "://" in str(source):
            with contextlib.suppress(OSError):
                return real(source, *arguments, **options)
        from ...recording.stand_ins.tables import made_up_table

        shown = {key: value for key, value in options.items() if key in ("names", "header")}
        return made_up_table(missing, str(source), shown)

    return read


# Downloads


def patch_downloads(stack: contextlib.ExitStack, supply: Supply) -> None:
    """What is read from the network and cannot be."""
    plain_open, plain_retrieve = urllib.request.urlopen, urllib.request.urlretrieve

    def opened(url: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return plain_open(url, *arguments, **options)
        except (OSError, ValueError):
            if not supply.asked_by_user():
                raise
        name = str(getattr(url, "full_url", url)).rsplit("/", 1)[-1]
        supply.note("the download", name)
        return supply.missing.stream(name, "rb")

    def retrieve(url: Any, filename: Any = None, *arguments: Any, **options: Any) -> Any:
        try:
            return plain_retrieve(url, filename, *arguments, **options)
        except (OSError, ValueError):
            if not supply.asked_by_user():
                raise
        return str(filename or str(url).rsplit("/", 1)[-1]), None

    file_utils = keras.src.utils.file_utils
    plain_file = file_utils.get_file

    def get_file(fname: Any = None, origin: Any = None, *arguments: Any, **options: Any) -> str:
        try:
            return str(plain_file(fname, origin, *arguments, **options))
        except Exception:
            if OF_DATASETS.search(sys._getframe(1).f_code.co_filename):
                raise
        return str(fname or str(origin).rsplit("/", 1)[-1])  # whoever reads the file gets made-up values

    for name, function in (("urlopen", opened), ("urlretrieve", retrieve)):
        for module in (urllib.request, urllib):
            stack.enter_context(mock.patch.object(module, name, function, create=True))
    for module in (file_utils, keras.utils, importlib.import_module("tensorflow.keras.utils")):
        stack.enter_context(mock.patch.object(module, "get_file", get_file))
    if importlib.util.find_spec("tensorflow_datasets") is None:
        stack.enter_context(mock.patch.dict(sys.modules, {"tensorflow.examples": _tutorials(supply)}))
        for name in ("tensorflow.examples.tutorials", "tensorflow.examples.tutorials.mnist"):
            stack.enter_context(mock.patch.dict(sys.modules, {name: sys.modules["tensorflow.examples"]}))


def _tutorials(supply: Supply) -> ModuleType:
    """The module of TensorFlow 1 that read MNIST."""

    def note(kind: Any, name: str, *shapes: Any) -> None:
        supply.note(DATA_SET, name, MadeUp.VALUES)

    hints = read_hints(supply.text, rows=FEW_ROWS)
    module = ModuleType("tensorflow.examples")
    module.__path__ = []
    functions = helpers.functions_for(note, hints, str, False)
    module.input_data = learning.bunch(read_data_sets=functions["read_data_sets"])  # type: ignore[attr-defined]
    module.tutorials = module.mnist = module  # type: ignore[attr-defined]
    return module


# What a person types


def patch_screens(stack: contextlib.ExitStack, supply: Supply) -> None:
    """Answers to questions."""

    def answer(prompt: Any = "") -> str:
        supply.note("what is typed for", "input()")
        return "1"

    stack.enter_context(mock.patch.object(builtins, "input", answer))
