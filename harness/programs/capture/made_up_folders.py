"""Folders of images and texts that do not exist: a few images of noise, or a few sentences."""

from __future__ import annotations

import contextlib
import importlib
import os
from pathlib import Path
from typing import Any
from unittest import mock

import keras
import numpy as np

from ...recording.stand_ins.hints import images, labels
from .supply import Array, Supply

IMAGE_ROWS = 24  # images of a made-up folder


def patch_folders(stack: contextlib.ExitStack, supply: Supply) -> None:
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
        if name == "listdir" and supply.is_missing(path) and supply.asked_by_user():
            supply.note("the folder", str(path))
            return []
        return real(path, *arguments)

    return listing


def _flow(real: Any, name: str, supply: Supply) -> Any:
    """``flow_from_directory`` of a folder that is not there: a few images of noise."""

    def flow(generator: Any, directory: Any = None, *arguments: Any, **options: Any) -> Any:
        if name == "flow_from_directory" and not supply.is_missing(directory):
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
        if not supply.is_missing(directory):
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
