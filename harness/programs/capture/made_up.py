"""What a posted program needs and does not bring, made up: files, downloads, data sets, image folders, packages.

Made-up values stand where nothing else can, so that the model, its loss and its training can be read. They prove
nothing: a program that uses them is never judged by a training. ``Supply`` remembers what was made up.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import contextlib
import importlib
import importlib.util
import io
import os
import re
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any
from unittest import mock

import keras
import numpy as np
from numpy.typing import NDArray

from ...recording.stand_ins import absorbed, helpers, learning
from ...recording.stand_ins.files import Missing, mat_reader
from ...recording.stand_ins.hints import Hints, images, inputs, labels, read_hints
from ..program import FILE, MadeUp, Note, NoteKind
from ..stand_ins import only_shows

Array = NDArray[Any]
ROWS = 120  # of made-up data, if the program does not say how many it has
BLOCK = 500  # different rows of a large made-up data set, which repeats them
COLUMNS = 8  # of a made-up table after its targets
IMAGE_ROWS = 24  # images of a made-up folder
DATASETS: dict[str, tuple[tuple[int, ...], int, int, int]] = {
    "mnist": ((28, 28), 10, 60_000, 10_000),
    "fashion_mnist": ((28, 28), 10, 60_000, 10_000),
    "cifar10": ((32, 32, 3), 10, 50_000, 10_000),
    "cifar100": ((32, 32, 3), 100, 50_000, 10_000),
}  # name: shape of an image, classes, images for training and for testing
TEXTS = {"imdb": (2, 25_000, 25_000), "reuters": (46, 8_982, 2_246)}  # classes, texts for training and for testing
TABLES = {"boston_housing": (13, 404, 102), "california_housing": (8, 16_512, 4_128)}  # columns, rows
FEW_ROWS, LARGE_ROWS = 1_000, 20_000  # rows of a made-up data set, and from how many on it has fewer than the real one
KNOWN_TABLES = {"load_boston": (506, 13), "fetch_california_housing": (20_640, 8)}
OF_DATASETS = re.compile(r"[/\\\\]datasets[/\\\\]")
MODULE_FILES = re.compile(r"[/\\](importlib|harness[/\\]programs|harness[/\\]recording)|<frozen")


class Supply:
    """What was made up in a run.

    Attributes:
        hints: sizes that the program's text suggests.
        notes: one for each thing that was made up.
        unused: packages that are imported and never used, so that nothing of them is missing.
        extent: how much of x and y is not known.
    """

    def __init__(self, text: str, is_users: Callable[[str], bool]) -> None:
        """Nothing is made up yet."""
        self.text = text
        self.is_users = is_users
        self.hints: Hints = read_hints(text, rows=ROWS)
        self.notes: list[Note] = []
        self.extent = MadeUp.NOTHING
        self.missing = Missing(self.note_file, self.hints)
        self.unused = unused_packages(text)

    def note(self, what: str, name: str, extent: MadeUp = MadeUp.FORMATS) -> None:
        """Remember that something was made up."""
        note = Note(kind=NoteKind.MADE_UP, detail=f"{what} {name}".strip())
        if note not in self.notes:
            self.notes.append(note)
        if extent is MadeUp.FORMATS or self.extent is MadeUp.NOTHING:
            self.extent = extent

    def note_file(self, kind: Any, name: str, *shapes: tuple[int, ...]) -> None:
        """Remember a made-up file; called by ``Missing``."""
        self.note(FILE, name)

    def asked_by_user(self) -> bool:
        """Whether the user's code is what asks, by way of the standard library or directly."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            name = frame.f_code.co_filename
            if self.is_users(name):
                return True
            if name.endswith(("linecache.py", "warnings.py")):
                return False
            if "site-packages" in name and not MODULE_FILES.search(name):
                return False
            frame = frame.f_back
        return False


def unused_packages(text: str) -> frozenset[str]:
    """Packages that a program imports and never uses."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return frozenset()
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    imported: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        for alias in node.names:
            package = (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
            root = package.partition(".")[0]
            name = alias.asname or (root if isinstance(node, ast.Import) else alias.name)
            imported.setdefault(root, set()).add(name)
    return frozenset(root for root, names in imported.items() if not names & (used | {"*"}))


def few(rows: int) -> int:
    """How many rows a made-up data set has in the place of so many."""
    return FEW_ROWS if rows > LARGE_ROWS else min(rows, FEW_ROWS // 4)


REAL_SIZES = [size for *_, train, test in DATASETS.values() for size in (train, test)]
REAL_SIZES += [size for *_, train, test in TEXTS.values() for size in (train, test)]
SIZES: dict[Any, int] = {size: few(size) for size in REAL_SIZES}  # rows of a real data set -> of a made-up one


def repeated(block: Array, rows: int) -> Array:
    """The rows of a block again and again."""
    return np.ascontiguousarray(np.resize(block, (rows, *block.shape[1:])))


@contextlib.contextmanager
def made_up(supply: Supply) -> Iterator[None]:
    """Make up what is missing inside the block."""
    before = set(sys.modules)
    with contextlib.ExitStack() as stack:
        for patch in (_files, _datasets, _tables, _downloads, _folders, _screens):
            patch(stack, supply)
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


def _is_missing(path: Any) -> bool:
    """Whether a path names a file that does not exist."""
    if not isinstance(path, (str, os.PathLike)) or not str(path) or Path(path).name.startswith("<"):
        return False
    return not os.path.exists(path)


# Files


def _files(stack: contextlib.ExitStack, supply: Supply) -> None:
    """Text, arrays, pickles and files of MATLAB that are read and do not exist."""
    missing = supply.missing
    plain_open, plain_load = builtins.open, np.load

    def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if _is_missing(file) and not any(letter in mode for letter in "wax+") and supply.asked_by_user():
            supply.note(FILE, Path(file).name)
            return missing.stream(str(file), mode)
        return plain_open(file, mode, *arguments, **options)

    def load(file: Any, *arguments: Any, **options: Any) -> Any:
        if not _is_missing(file):
            return plain_load(file, *arguments, **options)
        supply.note(FILE, Path(file).name)
        name = str(file)
        return missing.array(name) if name.endswith(".npy") else missing.pickled(name.removesuffix(".npz") + ".npz")

    for module in (builtins, io):
        stack.enter_context(mock.patch.object(module, "open", opened))
    stack.enter_context(mock.patch.object(np, "load", load))
    matlab = importlib.import_module("scipy.io")
    stack.enter_context(mock.patch.object(matlab, "loadmat", mat_reader(matlab.loadmat, missing)))
    for name in ("loadtxt", "genfromtxt"):
        stack.enter_context(mock.patch.object(np, name, _text_reader(getattr(np, name), supply)))
    plain_weights = keras.Model.load_weights

    def load_weights(model: Any, path: Any, *arguments: Any, **options: Any) -> Any:
        if not _is_missing(path):
            return plain_weights(model, path, *arguments, **options)
        supply.note("the weights", Path(path).name, MadeUp.VALUES)
        return None

    stack.enter_context(mock.patch.object(keras.Model, "load_weights", load_weights))


def _text_reader(real: Any, supply: Supply) -> Any:
    """NumPy's reader of tables that makes up missing files."""

    def read(file: Any, *arguments: Any, **options: Any) -> Any:
        if not _is_missing(file):
            return real(file, *arguments, **options)
        supply.note(FILE, Path(file).name)
        columns = options.get("usecols")
        width = table_width(supply.text)
        data = supply.missing.table(str(file), width)
        return data[:, list(columns)] if isinstance(columns, (tuple, list)) else data

    return read


def table_width(text: str) -> int | None:
    """Columns of a table, from the slices that a program takes of it: ``[:, 0:8]`` and ``[:, 8]``; None if unknown."""
    starts = [int(match) for match in re.findall(r"\[\s*:\s*,\s*(\d+)\s*\]", text)]
    ends = [int(match) for match in re.findall(r"\[\s*:\s*,\s*\d*\s*:\s*(\d+)\s*\]", text)]
    rests = [int(match) for match in re.findall(r"\[\s*:\s*,\s*(\d+)\s*:\s*\]", text)]
    if not ends or max(rests, default=0) >= max(ends):
        ends += [rest + COLUMNS for rest in rests]  # all columns from one on
    widths = [start + 1 for start in starts] + ends
    dims = [int(match) for match in re.findall(r"input_dim\s*=\s*(\d+)", text)]
    return max([*widths, *(dim + 1 for dim in dims[:1])], default=None)


def _tables(stack: contextlib.ExitStack, supply: Supply) -> None:
    """Tables that pandas reads."""
    hints = supply.hints
    width = table_width(supply.text)
    if width is not None and not hints.images:
        hints = read_hints(supply.text, rows=ROWS, features=width - 1)
    missing = Missing(supply.note_file, hints)
    import pandas  # type: ignore[import-untyped,unused-ignore]

    for name in ("read_csv", "read_table", "read_excel", "read_pickle", "read_json"):
        stack.enter_context(mock.patch.object(pandas, name, _frame_reader(getattr(pandas, name), missing)))


def _frame_reader(real: Any, missing: Missing) -> Any:
    """A reader of pandas that makes up missing files."""

    def read(source: Any, *arguments: Any, **options: Any) -> Any:
        if not _is_missing(source) or "://" in str(source):
            with contextlib.suppress(OSError):
                return real(source, *arguments, **options)
        import pandas  # type: ignore[import-untyped,unused-ignore]

        from ...recording.stand_ins.tables import made_up_table

        shown = {key: value for key, value in options.items() if key in ("names", "header")}
        return pandas.DataFrame(made_up_table(missing, str(source), shown))

    return read


# Data sets


def _datasets(stack: contextlib.ExitStack, supply: Supply) -> None:
    """The data sets of Keras and scikit-learn, if they cannot be downloaded."""
    for name in (*DATASETS, *TEXTS, *TABLES):
        for root in ("keras.datasets", "tensorflow.keras.datasets", "keras.src.datasets"):
            with contextlib.suppress(ImportError):
                module = importlib.import_module(f"{root}.{name}")
                stack.enter_context(mock.patch.object(module, "load_data", _loader(module.load_data, name, supply)))
                if name in TEXTS:
                    index = getattr(module, "get_word_index", None)
                    stack.enter_context(mock.patch.object(module, "get_word_index", _or_else(index, _word_index)))
    datasets = importlib.import_module("sklearn.datasets")
    for name in ("fetch_openml", "fetch_mldata"):
        real = vars(datasets).get(name)
        stack.enter_context(mock.patch.dict(vars(datasets), {name: _fetcher(real, name, supply)}))
    for name, (rows, columns) in KNOWN_TABLES.items():
        real = vars(datasets).get(name)
        made = _known_table(name, rows, columns, supply)
        stack.enter_context(mock.patch.dict(vars(datasets), {name: _or_else(real, made)}))


def _or_else(real: Any, made: Any) -> Any:
    """A function, or another if it fails."""

    def call(*arguments: Any, **options: Any) -> Any:
        with contextlib.suppress(Exception):
            return real(*arguments, **options)
        return made(*arguments, **options)

    return call


def _word_index(*_: Any, **__: Any) -> dict[str, int]:
    """Words and their numbers."""
    return {f"word{number}": number for number in range(1, 2_000)}


def _loader(real: Any, name: str, supply: Supply) -> Any:
    """``load_data`` that makes up what cannot be downloaded."""

    def load(*arguments: Any, **options: Any) -> Any:
        with contextlib.suppress(Exception):
            return real(*arguments, **options)
        supply.note("the data set", name, MadeUp.VALUES)
        if name in DATASETS:
            shape, classes, train, test = DATASETS[name]
            parts = [_pictures(few(rows), shape, classes) for rows in (train, test)]
        elif name in TEXTS:
            classes, train, test = TEXTS[name]
            words = options.get("num_words", options.get("nb_words")) or 10_000
            parts = [_sequences(few(rows), classes, words) for rows in (train, test)]
        else:
            columns, train, test = TABLES[name]
            parts = [_rows_of_table(few(rows), columns) for rows in (train, test)]
        return tuple(parts)

    return load


def _pictures(rows: int, shape: tuple[int, ...], classes: int) -> tuple[Array, Array]:
    """Images and their classes, with one column for those in colour as Keras gives them."""
    x = repeated(images(min(rows, BLOCK), shape), rows)
    y = labels(rows, classes).astype("uint8")
    return x, y[:, None] if len(shape) == 3 else y


def _sequences(rows: int, classes: int, words: int) -> tuple[Array, Array]:
    """Lists of numbers of words, and classes."""
    rng = np.random.default_rng(0)
    texts = [rng.integers(1, words, rng.integers(20, 120)).tolist() for _ in range(min(rows, BLOCK))]
    x = np.empty(rows, dtype=object)
    for row in range(rows):
        x[row] = texts[row % len(texts)]
    return x, labels(rows, classes)


def _rows_of_table(rows: int, columns: int) -> tuple[Array, Array]:
    """Rows of quantities and a quantity for each, on the scales that such tables have."""
    rng = np.random.default_rng(0)
    scales = 10.0 ** rng.integers(-1, 3, columns)
    x = np.abs(inputs(rows, columns)) * scales
    return x, np.abs(inputs(rows, 1, "target")[:, 0]) * 10 + 10


def _known_table(name: str, rows: int, columns: int, supply: Supply) -> Any:
    """A loader of scikit-learn for a table of known shape."""

    def load(*_: Any, return_X_y: bool = False, **__: Any) -> Any:
        supply.note("the data set", name.partition("_")[2], MadeUp.VALUES)
        x, y = _rows_of_table(rows, columns)
        names = [f"feature{number}" for number in range(columns)]
        return (x, y) if return_X_y else learning.bunch(data=x, target=y, feature_names=names, DESCR="")

    return load


def _fetcher(real: Any, name: str, supply: Supply) -> Any:
    """``fetch_openml`` and its forerunner."""

    def fetch(what: Any = "data", *arguments: Any, return_X_y: bool = False, **options: Any) -> Any:
        with contextlib.suppress(Exception):
            return real(what, *arguments, return_X_y=return_X_y, **options)
        supply.note("the data set", str(what))
        is_mnist = "mnist" in str(what).lower()
        x = repeated(images(BLOCK, (784,)), FEW_ROWS).astype(float) if is_mnist else inputs(ROWS, 8)
        y = labels(len(x), 10 if is_mnist else 2)
        targets = y.astype(str) if name == "fetch_openml" else y.astype(float)
        return (x, targets) if return_X_y else learning.bunch(data=x, target=targets, DESCR="", feature_names=[])

    return fetch


# Downloads


def _downloads(stack: contextlib.ExitStack, supply: Supply) -> None:
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
        supply.note("the data set", name, MadeUp.VALUES)

    hints = read_hints(supply.text, rows=FEW_ROWS)
    module = ModuleType("tensorflow.examples")
    module.__path__ = []
    functions = helpers.functions_for(note, hints, False)
    module.input_data = learning.bunch(read_data_sets=functions["read_data_sets"])  # type: ignore[attr-defined]
    module.tutorials = module.mnist = module  # type: ignore[attr-defined]
    return module


# Folders of images


def _folders(stack: contextlib.ExitStack, supply: Supply) -> None:
    """Folders of images that do not exist."""
    kind = importlib.import_module("tensorflow.keras.preprocessing.image").ImageDataGenerator
    for name in ("flow_from_directory", "flow_from_dataframe"):
        stack.enter_context(mock.patch.object(kind, name, _flow(getattr(kind, name), name, supply)))
    for root in ("keras.utils", "tensorflow.keras.utils", "tensorflow.keras.preprocessing"):
        module = importlib.import_module(root)
        for name in ("image_dataset_from_directory", "text_dataset_from_directory"):
            if hasattr(module, name):
                made = _directory_dataset(getattr(module, name), name, supply)
                stack.enter_context(mock.patch.object(module, name, made))
    for name in ("listdir", "scandir"):
        stack.enter_context(mock.patch.object(os, name, _listing(getattr(os, name), name, supply)))


def _listing(real: Any, name: str, supply: Supply) -> Any:
    """``os.listdir`` of a folder that does not exist: nothing is in it."""

    def listing(path: Any = ".", *arguments: Any) -> Any:
        if name == "listdir" and _is_missing(path) and supply.asked_by_user():
            supply.note("the folder", str(path))
            return []
        return real(path, *arguments)

    return listing


def _flow(real: Any, name: str, supply: Supply) -> Any:
    """``flow_from_directory`` of a folder that is not there: a few images of noise."""

    def flow(generator: Any, directory: Any = None, *arguments: Any, **options: Any) -> Any:
        if name == "flow_from_directory" and not _is_missing(directory):
            return real(generator, directory, *arguments, **options)
        if name == "flow_from_dataframe":
            with contextlib.suppress(Exception):
                return real(generator, directory, *arguments, **options)
        supply.note("the folder", Path(str(options.get("directory", directory))).name or "of images")
        size = options.get("target_size", arguments[0] if arguments else (256, 256))
        channels = 1 if options.get("color_mode") == "grayscale" else 3
        mode = options.get("class_mode", "categorical")
        classes = len(options.get("classes") or ()) or (2 if mode == "binary" else supply.hints.classes)
        batch = int(options.get("batch_size", 32))
        rows = max(IMAGE_ROWS, min(batch, 64))
        x = images(rows, (*map(int, size), channels)).astype("float32") * (generator.rescale or 1.0)
        y: Any = labels(rows, classes)
        if mode == "categorical":
            y = keras.utils.to_categorical(y, classes)
        return Flow(x, None if mode is None else x if mode == "input" else y, batch, classes)

    return flow


class Flow(keras.utils.PyDataset):
    """Batches of made-up images, with the attributes of iterators over folders."""

    def __init__(self, x: Array, y: Array | None, batch_size: int, classes: int) -> None:
        """Give ``x`` and ``y`` in batches."""
        super().__init__()
        self.x, self.y, self.batch_size = x, y, batch_size
        self.n = self.samples = self.nb_sample = len(x)
        self.num_classes = self.nb_class = classes
        self.class_indices = {f"class{number}": number for number in range(classes)}
        self.classes = np.arange(len(x)) % classes
        self.filenames = [f"image{number}.jpg" for number in range(len(x))]
        self.image_shape = x.shape[1:]
        self.place = 0

    def __len__(self) -> int:
        """How many batches there are."""
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        """One batch."""
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return self.x[rows] if self.y is None else (self.x[rows], self.y[rows])

    def __next__(self) -> Any:
        """The next batch, without end."""
        batch = self[self.place % len(self)]
        self.place += 1
        return batch

    def next(self) -> Any:
        """The next batch, as Python 2 asks for it."""
        return self.__next__()

    def reset(self) -> None:
        """Begin with the first batch again."""
        self.place = 0


def _directory_dataset(real: Any, name: str, supply: Supply) -> Any:
    """``image_dataset_from_directory`` of a folder that is not there."""

    def make(directory: Any, *arguments: Any, **options: Any) -> Any:
        if not _is_missing(directory):
            return real(directory, *arguments, **options)
        import tensorflow as tf

        supply.note("the folder", Path(str(directory)).name)
        mode, batch = options.get("label_mode", "int"), int(options.get("batch_size", 32) or 32)
        classes = len(options.get("class_names") or ()) or (2 if mode == "binary" else supply.hints.classes)
        rows = max(IMAGE_ROWS, min(batch, 64))
        channels = {"grayscale": 1, "rgba": 4}.get(options.get("color_mode", "rgb"), 3)
        size = options.get("image_size", (256, 256))
        is_text = name.startswith("text")
        x: Any = TEXTS_MADE_UP * rows if is_text else images(rows, (*size, channels)).astype("float32")
        x = x[:rows]
        y: Any = labels(rows, classes)
        if mode == "categorical":
            y = keras.utils.to_categorical(y, classes)
        elif mode == "binary":
            y = y.astype("float32")[:, None]
        data = tf.data.Dataset.from_tensor_slices(x if mode is None else (x, y)).batch(batch)
        data.class_names = [f"class{number}" for number in range(classes)]
        return data

    return make


TEXTS_MADE_UP = ["a good film", "a bad film", "not good", "very good indeed", "terrible", "really bad"]


# What a person types


def _screens(stack: contextlib.ExitStack, supply: Supply) -> None:
    """Answers to questions and command-line arguments."""

    def answer(prompt: Any = "") -> str:
        supply.note("what is typed for", "input()")
        return "1"

    stack.enter_context(mock.patch.object(builtins, "input", answer))
    stack.enter_context(mock.patch.object(sys, "argv", _Arguments([*sys.argv], supply)))
    real = argparse.ArgumentParser.parse_known_args

    def parse(parser: Any, args: Any = None, namespace: Any = None) -> Any:
        for action in parser._actions:
            if action.required or (not action.option_strings and action.nargs not in ("?", "*")):
                supply.note("the argument", (action.option_strings or [action.dest])[-1])
                choices = list(action.choices or [])
                kinds: dict[Any, Any] = {int: 3, float: 0.1}
                guess = choices[0] if choices else kinds.get(action.type, "data")
                action.required, action.default = False, guess
                if not action.option_strings:
                    action.nargs = "?"
        return real(parser, [] if args is None else args, namespace)

    stack.enter_context(mock.patch.object(argparse.ArgumentParser, "parse_known_args", parse))


class _Arguments(list[str]):
    """``sys.argv`` with as many arguments as are asked for."""

    def __init__(self, given: list[str], supply: Supply) -> None:
        super().__init__(given)
        self.supply = supply

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int) and key >= len(self):
            self.supply.note("the argument", f"sys.argv[{key}]")
            return "3"
        return super().__getitem__(key)
