"""Data: x and y from the lists of a TOML file, from a table, from NPZ, or built in; checked against the cost.

An error names the file, and the key, row and column. Nothing is unpickled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from ..errors import BadInput, shown, shown_path
from ..models.costs import Targets, cost_named
from ..models.network import Array
from .contents import FEWER, read_bytes
from .given import Data, Given, finite, invalid_value
from .tables import csv_data, parquet_data

MAX_NUMBERS = 50_000_000  # of x or y
MAX_UNPACKED_BYTES = 2**30  # of all arrays of a file
# the keys of each source
BELONGING = {
    "x": ("x", "y"),
    "csv": ("csv", "inputs", "targets"),
    "parquet": ("parquet", "inputs", "targets"),
    "npz": ("npz",),
}
SUM_ERROR = 1e-5  # by which the sum of a row of y that is a distribution may differ from 1


def as_column(given: Given) -> Given:
    """A flat list as one column; anything else as it is."""
    value = given.value
    if not isinstance(value, list) or any(isinstance(row, list) for row in value):
        return given
    return Given([[number] for number in value], given.where)


def inline_array(given: Given) -> Array:
    """(rows, columns) from a list of lists of numbers."""
    rows, where = given.value, given.where
    if not isinstance(rows, list) or not rows:
        raise invalid_value(given, "a list with one row per observation, such as [[0.8, 0.4], [0.3, 0.3]]")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or not row:
            raise invalid_value(Given(row, f"{where}, row {number}"), "a list of numbers, which is one observation")
        if len(row) != len(rows[0]):
            raise BadInput(
                f"{where}, row {number} must have length {len(rows[0])} as row 1, got {len(row)}; "
                "give one row per observation"
            )
        for column, value in enumerate(row, start=1):
            if not finite(value):
                raise invalid_value(Given(value, f"{where}, row {number}, column {column}"), "a finite number")
    return np.array(rows, np.float64)


def npy_shape(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    """The shape and dtype in the header of an .npy file; ValueError if it has another format."""
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    else:  # 3.0 is for arrays of named fields
        raise ValueError(f"version {version}")
    return shape, dtype


def npz_arrays(content: bytes, file: str, keys: Sequence[str] | None = None) -> dict[str, Array]:
    """Arrays of numbers from the bytes of an NPZ file. Nothing in it is executed, and its sizes are checked first.

    Args:
        content: the bytes of the file.
        file: its name, for messages.
        keys: names of the arrays; all of them by default.

    Raises:
        BadInput: it is damaged, lacks an array, or has one that is not of numbers or larger than ``MAX_NUMBERS``.
    """
    import io

    if not content.startswith((b"PK\x03\x04", b"PK\x05\x06")):  # a ZIP file, and an empty one
        raise BadInput(f"{file}: not an NPZ file; save one with numpy.savez(file, x=x, y=y)")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.zip.infolist()}
            for key in keys or ():
                if key not in members:
                    raise BadInput(
                        f"{file} must have the arrays {' and '.join(keys or ())}, got {shown(list(members))}"
                    )
            chosen = list(members) if keys is None else list(keys)
            for key in chosen:
                if members[key].file_size > 16 * MAX_NUMBERS:
                    raise BadInput(f"{file}: {key} has more than {MAX_NUMBERS:,} numbers; {FEWER}")
            if sum(members[key].file_size for key in chosen) > MAX_UNPACKED_BYTES:
                raise BadInput(f"{file}: unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MiB; {FEWER}")
            for key in chosen:
                with archive.zip.open(members[key]) as member:
                    shape, dtype = npy_shape(member)
                    if dtype.hasobject:
                        raise BadInput(
                            f"{file}: {key} holds pickled objects, which could run code; save arrays of numbers only"
                        )
                    if dtype.kind not in "biufc":
                        raise BadInput(f"{file}: {key} must hold numbers, got dtype {shown(str(dtype))}")
                    if math.prod(shape) > MAX_NUMBERS:
                        raise BadInput(f"{file}: {key} has more than {MAX_NUMBERS:,} numbers; {FEWER}")
                    if member.tell() + math.prod(shape) * dtype.itemsize != members[key].file_size:
                        raise ValueError("the header does not fit the file")
            return {key: np.asarray(archive[key]) for key in chosen}
    except BadInput:
        raise
    except Exception as error:  # a damaged or hostile archive makes zipfile, zlib and numpy raise many kinds
        raise BadInput(f"{file}: damaged NPZ file ({type(error).__name__}); save it again") from None


def npz_array(archive: Mapping[str, Array], key: str, file: str) -> Array:
    """x or y of an archive, (rows, columns) in float64; a flat y as one column."""
    array, where = archive[key], f"{file}: {key}"
    if array.dtype.kind not in "iuf":
        raise BadInput(f"{where} must hold numbers, got dtype {array.dtype}; convert it with .astype(float)")
    if key == "y" and array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or not array.size:
        raise BadInput(
            f"{where} must have shape (observations, {'inputs' if key == 'x' else 'outputs'}), got {array.shape}"
        )
    with np.errstate(over="ignore"):
        array = array.astype(np.float64)
    check_finite(array, where)
    return array


def npz_data(given: Given, path: Path) -> Data:
    """The arrays x and y of an NPZ file."""
    file = shown_path(path)
    arrays = npz_arrays(read_bytes(path, f"{given.where}: {file}"), file, ("x", "y"))
    return Data(npz_array(arrays, "x", file), npz_array(arrays, "y", file), f"{file}: x", f"{file}: y")


def read_data(given: Mapping[str, Given], file: str, folder: Path) -> Data:
    """x and y from the source that the ``[data]`` table names."""
    sources = [key for key in BELONGING if key in given or (key == "x" and "y" in given)]
    if len(sources) != 1:
        got = "more than one of them" if sources else "none of them"
        raise BadInput(f"{file}: [data] must have x and y, csv or parquet with inputs and targets, or npz; got {got}")
    belonging = BELONGING[sources[0]]
    for key in belonging:
        if key not in given:
            raise BadInput(f"{file}: data.{key} is missing; [data] must have {', '.join(belonging)}")
    for key in ("inputs", "targets"):
        if key in given and key not in belonging:
            raise BadInput("is only for csv and parquet; remove it", key=given[key].where)
    if sources == ["x"]:
        return Data(inline_array(given["x"]), inline_array(as_column(given["y"])), given["x"].where, given["y"].where)
    source = given[sources[0]]
    if not isinstance(source.value, str) or not source.value:
        raise invalid_value(source, "the path of a file, relative to this one")
    path = folder / source.value
    match sources[0]:
        case "csv":
            return csv_data(given, path)
        case "parquet":
            return parquet_data(given, path)
        case _:
            return npz_data(source, path)


def check_finite(array: Array, where: str) -> None:
    """Raise BadInput unless all numbers of the (rows, columns) are finite."""
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        row, column = (int(place) for place in bad[0])
        number = float(array[row, column])
        raise BadInput(f"{where}, row {row + 1}, column {column + 1} must be a finite number, got {number}")


def check_shapes(data: Data) -> None:
    """Raise BadInput unless x and y have the same number of observations, and no more numbers than memory holds."""
    if len(data.x) != len(data.y):
        raise BadInput(
            f"{data.y_where} must have shape ({len(data.x)}, outputs) because x has shape {data.x.shape}, "
            f"got {data.y.shape}; give x and y one row per observation"
        )
    for array, where in ((data.x, data.x_where), (data.y, data.y_where)):
        if array.size > MAX_NUMBERS:
            raise BadInput(
                f"{where} has {array.size:,} numbers, at most {MAX_NUMBERS:,} are allowed; give fewer observations"
            )


def one_hot(labels: Array, where: str) -> Array:
    """(observations, 1) of class labels to (observations, classes); column j is the j-th smallest label."""
    classes = np.unique(labels)
    if len(classes) < 2:
        raise BadInput(f"{where} has only one class ({classes[0]:g}); categorical_crossentropy needs two or more")
    if labels.size * len(classes) > MAX_NUMBERS:
        raise BadInput(
            f"{where} has {len(classes)} classes in {len(labels)} rows, which is too many; is it really a class label?"
        )
    return (labels == classes).astype(np.float64)


def targets_of_cost(data: Data, cost: Given) -> Array:
    """y as the cost wants it, class labels made one-hot.

    Raises:
        BadInput: y is nothing that the cost is defined for.
    """
    check_classes(data, cost)
    match cost_named(str(cost.value)).targets:
        case Targets.DISTRIBUTIONS:
            return distributions(data.y, data.y_where, cost)
        case Targets.PROBABILITIES:
            return probabilities(data.y, data.y_where, cost)
        case Targets.NUMBERS:
            return data.y


def check_classes(data: Data, cost: Given) -> None:
    """Raise BadInput where numbers of classes would be taken for quantities, or there is only one class."""
    for names in data.classes:
        if len(names) < 2:
            raise BadInput(f"{data.y_where} has only one class ({shown(names[0])}); give two or more")
        is_one_column = data.y.shape[1] == 1
        if len(names) > 2 and not (cost_named(str(cost.value)).targets is Targets.DISTRIBUTIONS and is_one_column):
            raise BadInput(
                f"{data.y_where} has {len(names)} classes by name, which {cost.value} ({cost.where}) cannot be used "
                "for; give one column of them and the cost categorical_crossentropy"
            )


def distributions(y: Array, where: str, cost: Given) -> Array:
    """y as rows from 0 on that sum to 1, class labels made one-hot; ``BadInput`` if it is neither."""
    if y.shape[1] == 1 and np.all(y == np.round(y)):
        return one_hot(y, where)
    with np.errstate(over="ignore"):
        sums = np.sum(y, axis=1)
    bad = np.flatnonzero(np.any(y < 0, axis=1) | ~(np.abs(sums - 1) <= SUM_ERROR))
    if len(bad):
        row = y[bad[0]]
        what = f"sums to {sums[bad[0]]:g}" if np.all(row >= 0) else f"has {np.min(row):g}"
        raise BadInput(
            f"{where}: observation {bad[0] + 1} {what}; {cost.value} ({cost.where}) wants numbers from 0 on that "
            "sum to 1,\nor one column of whole-number class labels; change y or the cost"
        )
    return y


def probabilities(y: Array, where: str, cost: Given) -> Array:
    """y, each of it from 0 to 1; ``BadInput`` if some is not."""
    bad = np.flatnonzero(np.any((y < 0) | (y > 1), axis=1))
    if len(bad):
        worst = next(value for value in y[bad[0]] if not 0 <= value <= 1)
        raise BadInput(
            f"{where}: observation {bad[0] + 1} has {worst:g}; {cost.value} ({cost.where}) wants 0 to 1; "
            "change y or the cost"
        )
    return y


def cast(array: Array, dtype: str, where: str) -> Array:
    """The array in another dtype, which must be able to hold its numbers."""
    with np.errstate(over="ignore"):
        converted: Array = array.astype(dtype)
    bad = np.argwhere(~np.isfinite(converted))
    if len(bad):
        value = array[tuple(bad[0])]
        raise BadInput(
            f"{where}, row {bad[0][0] + 1}, column {bad[0][1] + 1}: {value:g} is too large for {dtype}; rescale it"
        )
    return converted


# --- built in ---


def post_data() -> Data:
    """The two observations of the forum question that the project started from."""
    return Data(np.array([[0.8, 0.4], [0.3, 0.3]]), np.array([[0.2, 0.4], [1.0, 0.0]]), "post: x", "post: y")


def xor_data() -> Data:
    """Exclusive or. No network of effective width 1 can represent it."""
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return Data(x, np.array([[0.0], [1.0], [1.0], [0.0]]), "xor: x", "xor: y")


def digits_data() -> Data:
    """1797 handwritten digits of 8 x 8 pixels: x (1797, 64) from 0 to 1, y (1797, 1) the labels 0 to 9."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    return Data(pixels / 16, labels[:, None].astype(np.float64), "digits: x", "digits: y")
