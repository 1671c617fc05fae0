"""Data sets of Keras and scikit-learn, made up if they cannot be downloaded."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.machinery
import importlib.util
import sys
from typing import Any
from unittest import mock

import numpy as np

from ...recording.stand_ins import absorbed, learning
from ...recording.stand_ins.hints import images, inputs, labels
from ..program import DATA_SET, MadeUp
from .supply import ROWS, Array, Supply

BLOCK = 500  # different rows of a large made-up data set, which repeats them
DATASETS: dict[str, tuple[tuple[int, ...], int, int, int]] = {
    "mnist": ((28, 28), 10, 60_000, 10_000),
    "fashion_mnist": ((28, 28), 10, 60_000, 10_000),
    "cifar10": ((32, 32, 3), 10, 50_000, 10_000),
    "cifar100": ((32, 32, 3), 100, 50_000, 10_000),
}  # name: shape of an image, classes, images for training and for testing
TEXTS = {"imdb": (2, 25_000, 25_000), "reuters": (46, 8_982, 2_246)}  # classes, texts for training and for testing
TABLES = {"boston_housing": (13, 404, 102), "california_housing": (8, 16_512, 4_128)}  # columns, rows
FEW_ROWS, SMALL_ROWS = 1_000, 250  # rows of a made-up data set of unknown size, and of one in the place of a small one
LARGE_ROWS, SHRINKAGE = 10_000, 50  # rows of a large data set, and how many times fewer a made-up one has
HELD_OUT = (5_000, 10_000)  # rows that people take from a large one for validation
KNOWN_TABLES = {"load_boston": (506, 13), "fetch_california_housing": (20_640, 8)}


def few(rows: int) -> int:
    """How many rows a made-up data set has in the place of so many."""
    return rows // SHRINKAGE if rows >= LARGE_ROWS else min(rows, SMALL_ROWS)


REAL_SIZES = [size for *_, train, test in DATASETS.values() for size in (train, test)]
REAL_SIZES += [size for *_, train, test in TEXTS.values() for size in (train, test)]
SIZES: dict[Any, int] = {size: few(size) for size in REAL_SIZES}  # rows of a real data set -> of a made-up one
SIZES |= {
    part: part // SHRINKAGE
    for size in REAL_SIZES
    for held in HELD_OUT
    for part in (held, size - held)
    if size > LARGE_ROWS
}


def repeated(block: Array, rows: int) -> Array:
    """The rows of a block again and again."""
    return np.ascontiguousarray(np.resize(block, (rows, *block.shape[1:])))


def patch_data_sets(stack: contextlib.ExitStack, supply: Supply) -> None:
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


def patch_tensorflow_datasets(stack: contextlib.ExitStack, supply: Supply) -> None:
    """The images that the package ``tensorflow_datasets`` reads, if it is not installed."""
    if importlib.util.find_spec("tensorflow_datasets") is not None or "tensorflow_datasets" not in supply.text:
        return
    module = absorbed.AbsorbingModule("tensorflow_datasets")
    module.__spec__ = importlib.machinery.ModuleSpec("tensorflow_datasets", None)
    module.load = functools.partial(_load_images, supply)  # type: ignore[attr-defined]
    stack.enter_context(mock.patch.dict(sys.modules, {"tensorflow_datasets": module}))


def _load_images(
    supply: Supply, name: str, split: Any = None, *, as_supervised: bool = False, with_info: bool = False,
    batch_size: int | None = None, **_: Any
) -> Any:  # fmt: skip
    """``tensorflow_datasets.load`` of images of a known shape."""
    import tensorflow as tf

    supply.note("the package", "tensorflow_datasets", MadeUp.VALUES)
    if name not in DATASETS:
        supply.note(DATA_SET, name)
        return absorbed.Absorbing(name)
    supply.note(DATA_SET, name, MadeUp.VALUES, count=SHRINKAGE)
    shape, classes, train, test = DATASETS[name]
    rows = {"train": few(train), "test": few(test)}
    channels = (*shape, 1)[:3]

    def read(part: Any) -> Any:
        x, y = _pictures(rows.get(str(part).partition("[")[0], rows["train"]), channels, classes)
        pair = (x, y.reshape(-1).astype("int64"))
        data = tf.data.Dataset.from_tensor_slices(pair if as_supervised else dict(zip(("image", "label"), pair)))
        return data if batch_size is None else data.batch(batch_size)

    if split is None:
        found: Any = {part: read(part) for part in rows}
    else:
        found = [read(part) for part in split] if isinstance(split, (list, tuple)) else read(split)
    features = {"label": learning.bunch(num_classes=classes), "image": learning.bunch(shape=channels)}
    splits = {part: learning.bunch(num_examples=count) for part, count in rows.items()}
    return (found, learning.bunch(features=features, splits=splits)) if with_info else found


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
        supply.note(DATA_SET, name, MadeUp.VALUES, count=1 if name in TABLES else SHRINKAGE)
        if name in DATASETS:
            shape, classes, train, test = DATASETS[name]
            parts = [_pictures(few(rows), shape, classes) for rows in (train, test)]
        elif name in TEXTS:
            classes, train, test = TEXTS[name]
            words = options.get("num_words", options.get("nb_words")) or 10_000
            parts = [_sequences(few(rows), classes, words) for rows in (train, test)]
        else:
            columns, train, test = TABLES[name]
            parts = [_rows_of_table(rows, columns) for rows in (train, test)]
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
        supply.note(DATA_SET, name.partition("_")[2], MadeUp.VALUES, count=1)
        x, y = _rows_of_table(rows, columns)
        names = [f"feature{number}" for number in range(columns)]
        return (x, y) if return_X_y else learning.bunch(data=x, target=y, feature_names=names, DESCR="")

    return load


def _fetcher(real: Any, name: str, supply: Supply) -> Any:
    """``fetch_openml`` and its forerunner."""

    def fetch(what: Any = "data", *arguments: Any, return_X_y: bool = False, **options: Any) -> Any:
        with contextlib.suppress(Exception):
            return real(what, *arguments, return_X_y=return_X_y, **options)
        supply.note(DATA_SET, str(what))
        is_mnist = "mnist" in str(what).lower()
        x = repeated(images(BLOCK, (784,)), FEW_ROWS).astype(float) if is_mnist else inputs(ROWS, 8)
        y = labels(len(x), 10 if is_mnist else 2)
        targets = y.astype(str) if name == "fetch_openml" else y.astype(float)
        return (x, targets) if return_X_y else learning.bunch(data=x, target=targets, DESCR="", feature_names=[])

    return fetch
