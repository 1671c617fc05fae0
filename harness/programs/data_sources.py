"""The data that ``fit`` was given, as arrays: lists, tables, tensors, datasets and generators read up to a limit."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import GeneratorType
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from .program import Note, NoteKind, row_count

Array = NDArray[Any]
MAX_ROWS = 100_000  # rows read from a dataset or generator
MAX_BYTES = 2**30  # bytes read from a dataset or generator
HELD_AS_A_WHOLE = ("arrays", "tensors", "dataframe")  # kinds of data that do not come in batches
COPY_BYTES = 2**28  # larger arrays of the user's are not copied


class NoBatches(BadInput):
    """A dataset or generator is empty, most often because its folder or file is not there."""


@dataclass(frozen=True, kw_only=True)
class FitData:
    """The data of a call of fit, as arrays."""

    # x, y: arrays, or lists, tuples or dicts of arrays; y is None if there are no targets
    x: Any
    y: Any
    sample_weight: Array | None  # (rows,) or None
    kind: str  # ``arrays``, ``tensors``, ``dataframe``, ``tf.data``, ``generator`` or ``PyDataset``
    batch_size: int | None = None  # rows of a batch, if the data comes in batches
    shuffle: bool | None = None  # whether the data is shuffled between epochs, if the data decides that
    x_for_fit: Any = None  # what to give to Keras in the place of x, because a generator can be read only once
    notes: tuple[Note, ...] = ()  # what could not be kept


def training_data(x: Any, y: Any, sample_weight: Any, steps: int | None = None) -> FitData:
    """The data of a call of fit, as arrays.

    Args:
        x, y, sample_weight: as given to fit.
        steps: ``steps_per_epoch`` or ``validation_steps``; None for all batches.
    Raises:
        BadInput: the data cannot be read as arrays.
    """
    if is_dataset(x):
        return _from_dataset(x, steps)
    if isinstance(x, keras.utils.PyDataset):
        return _from_py_dataset(x, steps)
    if isinstance(x, GeneratorType) or (hasattr(x, "__next__") and not hasattr(x, "__array__")):
        return _from_generator(x, steps)
    return FitData(
        x=as_arrays(x, "x"),
        y=None if y is None else as_arrays(y, "y"),
        sample_weight=None if sample_weight is None else as_arrays(sample_weight, "sample_weight"),
        kind=kind_of_arrays(x, y),
    )


def kind_of_arrays(x: Any, y: Any) -> str:
    """The kind of data that is held as a whole: tensors, which lack the methods of NumPy, if one part is a tensor."""
    if type(x).__module__.split(".")[0] in ("pandas", "polars"):
        return "dataframe"
    parts = [part for data in (x, y) for part in (data if isinstance(data, (list, tuple)) else [data])]
    return "tensors" if any(map(keras.ops.is_tensor, parts)) else "arrays"


def is_dataset(x: Any) -> bool:
    """Whether ``x`` is a ``tf.data.Dataset``, without importing TensorFlow."""
    return any(kind.__name__ == "DatasetV2" for kind in type(x).__mro__)


def as_arrays(data: Any, name: str) -> Any:
    """Arrays with the values of whatever Keras takes as one input or several.

    Args:
        data: an array, tensor, table, list of numbers, or a list, tuple or dict of such.
        name: of the argument, for errors.
    Raises:
        BadInput: something in it cannot become an array of numbers or strings.
    """
    if isinstance(data, dict):
        return {key: as_arrays(value, f"{name}[{key!r}]") for key, value in data.items()}
    if isinstance(data, (list, tuple)) and data and all(is_array(part) for part in data) and not _are_rows(data):
        return type(data)(as_arrays(part, f"{name}[{number}]") for number, part in enumerate(data))
    try:
        if hasattr(data, "to_numpy"):
            array = np.asarray(data.to_numpy())
        elif hasattr(data, "toarray"):  # a sparse matrix
            array = np.asarray(data.toarray())
        else:
            array = np.asarray(data)
    except Exception as error:
        raise BadInput(f"{name}: expected arrays, got {type(data).__name__} ({error})".split("\n")[0]) from None
    if array.dtype == object:
        array = _from_objects(array, name)
    return array.copy() if array is data and array.nbytes <= COPY_BYTES else array


def is_array(part: Any) -> bool:
    """Whether something is an array, tensor or table, and not a number or a list."""
    return (hasattr(part, "shape") and hasattr(part, "dtype")) or hasattr(part, "to_numpy")


def _are_rows(parts: Any) -> bool:
    """Whether a list holds scalars of an array library, and not whole arrays."""
    return all(getattr(part, "shape", None) == () for part in parts)


def _from_objects(array: Array, name: str) -> Array:
    """The values of an array of Python objects, as numbers where possible."""
    try:
        return array.astype(np.float32)
    except (TypeError, ValueError):
        pass
    if all(isinstance(value, (str, bytes)) for value in array.ravel()):
        texts = [value.decode(errors="replace") if isinstance(value, bytes) else value for value in array.ravel()]
        return np.array(texts).reshape(array.shape)
    raise BadInput(
        f"{name}: expected numbers, got an array of Python objects of shape {array.shape}, such as "
        f"{type(array.ravel()[0]).__name__}; give all rows the same length and convert them to numbers"
    )


def _batch_limit(first: Any) -> int:
    """How many batches may be read, by the size of the first."""
    arrays = [array for array in keras.tree.flatten(first) if array is not None]
    rows = max([1, *(np.shape(array)[0] for array in arrays if np.ndim(array))])
    size = max(1, sum(np.asarray(array).nbytes for array in arrays))
    return max(1, min(math.ceil(MAX_ROWS / rows), MAX_BYTES // size))


def _numpy_batch(batch: Any) -> tuple[Any, Any, Any]:
    """(x, y, sample_weight) of a batch, as arrays."""
    x, y, weight = keras.utils.unpack_x_y_sample_weight(batch)
    return tuple(None if part is None else as_arrays(part, "batch") for part in (x, y, weight))  # type: ignore[return-value]


def read_batches(batches: Iterator[Any], steps: int | None) -> tuple[list[tuple[Any, Any, Any]], list[Any], bool]:
    """Read batches up to the limits.

    Returns:
        The batches as arrays, as they came, and whether the limits stopped the reading.
    """
    read: list[tuple[Any, Any, Any]] = []
    raw: list[Any] = []
    limit = 1
    while steps is None or len(read) < steps:
        if len(read) == limit and len(read) > 1:
            return read, raw, True
        batch = next(batches, None)
        if batch is None:
            break
        raw.append(batch)
        read.append(_numpy_batch(batch))
        if len(read) == 1:
            limit = _batch_limit(read[0])
    return read, raw, False


def joined(batches: list[tuple[Any, Any, Any]], name: str) -> tuple[Any, Any, Any]:
    """The rows of all batches in one.

    Raises:
        NoBatches: there are none.
        BadInput: their shapes differ.
    """
    if not batches:
        raise NoBatches(f"{name}: expected at least one batch, got none; check the data before fit")
    parts: list[Any] = []
    for position in range(3):
        of_batches = [batch[position] for batch in batches]
        if any(part is None for part in of_batches):
            parts.append(None)
            continue
        try:
            parts.append(keras.tree.map_structure(lambda *arrays: np.concatenate(arrays), *of_batches))
        except ValueError:
            raise BadInput(
                f"{name}: expected batches whose rows have one shape, got different ones; pad the rows to one length"
            ) from None
    return parts[0], parts[1], parts[2]


def _data_from(batches: list[tuple[Any, Any, Any]], kind: str, is_truncated: bool, **fields: Any) -> FitData:
    """The data of batches that were read."""
    x, y, weight = joined(batches, kind)
    rows = row_count(x)
    notes = [Note(kind=NoteKind.MATERIALISED, count=rows, detail=kind)]
    if is_truncated:
        notes.append(Note(kind=NoteKind.TRUNCATED, count=rows, detail=kind))
    return FitData(
        x=x, y=y, sample_weight=weight, kind=kind, batch_size=row_count(batches[0][0]), notes=tuple(notes), **fields
    )


def _from_dataset(dataset: Any, steps: int | None) -> FitData:
    """The data of a ``tf.data.Dataset``: one epoch of it."""
    first = next(iter(dataset), None)
    if first is not None and not all(len(array.shape) for array in keras.tree.flatten(first)):
        raise BadInput("x: expected a tf.data.Dataset of batches, got one of single rows; add .batch(32) to it")
    batches, _, is_truncated = read_batches(iter(dataset), steps)
    again = next(iter(dataset), None)
    is_shuffled = first is not None and not _same(first, again)
    return _data_from(batches, "tf.data", is_truncated, shuffle=is_shuffled)


def _same(first: Any, second: Any) -> bool:
    """Whether two batches hold the same values."""
    return all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(*map(keras.tree.flatten, (first, second))))


def _from_py_dataset(dataset: Any, steps: int | None) -> FitData:
    """The data of a ``keras.utils.PyDataset``, which older programs call ``Sequence``."""
    count = dataset.num_batches
    wanted = [number for number in (steps, count) if number is not None]
    indices: Iterable[int] = range(min(wanted)) if wanted else itertools.count()
    batches, _, is_truncated = read_batches((dataset[index] for index in indices), steps)
    return _data_from(batches, "PyDataset", is_truncated)


def _from_generator(generator: Iterator[Any], steps: int | None) -> FitData:
    """The data of a generator: its first epoch, which Keras then gets again before the rest."""
    batches, raw, is_truncated = read_batches(generator, steps)
    return _data_from(batches, "generator", is_truncated, shuffle=False, x_for_fit=_chained(raw, generator))


def _chained(raw: list[Any], rest: Iterator[Any]) -> Iterator[Any]:
    """What was read from a generator, and then the rest of it; Keras asks for a true generator."""
    yield from raw
    yield from rest
