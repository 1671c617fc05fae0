"""Where a Keras model and its data come from: a .keras file or somebody's function, a .npz file.

What is wrong at a glance is reported without importing Keras.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import math
import os
import re
import sys
import traceback
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..errors import BadInput, escape_controls, shown, shown_path
from ..models.network import Array
from ..scenario.contents import read_bytes
from ..scenario.data import npz_arrays

if TYPE_CHECKING:
    import keras

    Model: TypeAlias = keras.Model

REFERENCE = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_]\w*)")  # module:function
OURS = "harness"
LONGEST_LINE = 300  # letters of what somebody's code or file says of itself
MOST_UNPACKED = 2**32  # bytes of a .keras file
MOST_CONFIG = 2**26  # bytes of the description in it
SIZES = {"units", "filters", "input_dim", "output_dim", "key_dim", "value_dim", "num_heads", "depth_multiplier"}
FEW = 4096  # units of a layer that need no proof


def first_line(error: BaseException) -> str:
    """What an exception says, in one line"""
    lines = escape_controls(str(error)).strip().splitlines()
    return lines[0][:LONGEST_LINE] if lines else type(error).__name__


def check_file(path: Path) -> None:
    """Raise BadInput unless ``path`` is a file in the format of .keras that unpacks to what memory can hold."""
    shown = shown_path(path)
    if path.suffix in (".h5", ".hdf5"):
        raise BadInput(
            f"{shown}: an HDF5 model can hold Python code that runs when it is loaded, and is not read here; if you "
            "trust it, load it in Keras and save it as .keras"
        )
    if not os.path.isfile(path):
        raise BadInput(
            f"{shown} is not a file; give a .keras file, or module:function for a function that returns a model"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            json.loads(archive.read("config.json") if sizes["config.json"] <= MOST_CONFIG else "")
    except (zipfile.BadZipFile, OSError, KeyError, ValueError, RecursionError, NotImplementedError, zlib.error):
        raise BadInput(f"{shown} is not a .keras file; save the model with model.save('name.keras')") from None
    except RuntimeError as error:  # a password
        raise BadInput(
            f"{shown} is not a .keras file ({first_line(error)}); save the model with model.save('name.keras')"
        ) from None
    if sum(sizes.values()) > MOST_UNPACKED:
        raise BadInput(
            f"{shown} unpacks to more than {MOST_UNPACKED // 2**30} GiB, which is not read here; give a smaller model"
        )


def check_source(model: str, data: Path | None) -> None:
    """Raise BadInput for what is not a model or not data at a glance, without loading Keras."""
    if REFERENCE.fullmatch(model) is None:
        check_file(Path(model))
    if data is not None:
        read_arrays(data)


def numbers_in(config: Any) -> Iterator[tuple[str, int]]:
    """(key, value) of all sizes that the description of a model gives its layers."""
    waiting = [config]
    while waiting:
        at = waiting.pop()
        if isinstance(at, dict):
            yield from ((key, value) for key, value in at.items() if key in SIZES and isinstance(value, int))
            waiting.extend(at.values())
        elif isinstance(at, list):
            waiting.extend(at)


def check_sizes(path: Path) -> None:
    """Raise BadInput if the model would be larger than the weights that come with it.

    Keras makes the model by its description first, however large, and looks at the weights then.
    """
    import h5py

    shapes: list[tuple[int, ...]] = []
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        if "model.weights.h5" in archive.namelist():
            with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as weights:
                weights.visititems(lambda _, found: shapes.append(found.shape) if hasattr(found, "shape") else None)
    if sum(math.prod(shape) for shape in shapes) * 4 > MOST_UNPACKED:
        raise BadInput(
            f"{shown_path(path)} has weights of more than {MOST_UNPACKED // 2**30} GiB, which is too many; "
            "give a smaller model"
        )
    largest = max([FEW, *(size for shape in shapes for size in shape)])
    for key, value in numbers_in(config):
        if value > largest:
            raise BadInput(
                f"{shown_path(path)}: its description has {key} {shown(value)}, and its weights have not; "
                "save the model again"
            )


def compile_config(path: Path) -> dict[str, Any] | None:
    """How the model of a .keras file was compiled, None if it was not or is not a file. Nothing is run."""
    if not os.path.isfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        settings = json.loads(archive.read("config.json")).get("compile_config")
    return dict(settings) if settings else None


def load_file(path: Path) -> Model:
    """A model from a .keras file, in safe mode: code that the file may hold is not run.

    Raises:
        BadInput: no such file, another format, or a file that cannot be read so.
    """
    check_file(path)
    import keras

    try:
        check_sizes(path)
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except BadInput:
        raise
    except Exception as error:
        if "safe_mode" in str(error) or "lambda" in str(error).lower():
            problem = (
                "it holds Python code (a Lambda layer), which is not run here; use module:function for your own code"
            )
        else:
            problem = f"{first_line(error)}; layers of your own are found with module:function"
        raise BadInput(f"{shown_path(path)} cannot be loaded: {problem}") from None


@contextlib.contextmanager
def as_somebody_else() -> Iterator[None]:
    """Let imports find what a program in the current folder would find, even a ``harness`` of its own.

    This package's modules are put aside meanwhile, and what was imported under their names goes afterwards. What is
    printed goes to stderr.
    """
    path = list(sys.path)
    aside = {name: module for name, module in sys.modules.items() if name.split(".")[0] == OURS}
    for name in aside:
        del sys.modules[name]
    sys.path.insert(0, str(Path.cwd()))
    importlib.invalidate_caches()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == OURS]:
            del sys.modules[name]
        sys.modules.update(aside)
        sys.path[:] = path


def where(error: BaseException) -> str:
    """The last line of somebody's own file that an exception went through"""
    ours, here = str(Path(__file__).parent), str(Path.cwd())
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(here) and not frame.filename.startswith(ours)
    ]
    return f"{frames[-1].filename}, line {frames[-1].lineno}: " if frames else ""


def load_function(module: str, function: str, seed: int | None = None) -> Model:
    """The model that ``function()`` of a module in the current folder, or an installed one, returns.

    With a seed, what it draws through Keras, NumPy and Python's random is the same each time.

    Raises:
        BadInput: there is no such module or function, it fails, or returns something else.
    """
    import keras

    reference = f"{module}:{function}"
    if seed is not None:
        keras.utils.set_random_seed(seed)
    with as_somebody_else():
        try:
            found = getattr(importlib.import_module(module), function)
            model = found()
        except (Exception, SystemExit) as error:
            raise BadInput(f"{reference}: {where(error)}{type(error).__name__}: {first_line(error)}") from None
    if not isinstance(model, keras.Model):
        raise BadInput(
            f"{reference} returned {type(model).__name__}; it must return a keras.Model, and take no argument"
        )
    return model


def load(model: str, seed: int | None = None) -> Model:
    """The model that ``FILE.keras`` or ``module:function`` names; the seed is for the latter.

    Raises:
        BadInput: as ``load_file`` and ``load_function``.
    """
    reference = REFERENCE.fullmatch(model)
    return load_function(reference[1], reference[2], seed) if reference else load_file(Path(model))


def read_arrays(path: Path) -> dict[str, Array]:
    """The arrays of a .npz file, without unpickling anything."""
    if not os.path.exists(path):
        raise BadInput(f"{shown_path(path)} is not a file; give a .npz file")
    return npz_arrays(read_bytes(path, shown_path(path)), shown_path(path))


def load_data(path: Path, model: Model) -> Any:
    """The inputs of a model from a .npz file: an array ``x``, or one for each input by its name.

    Raises:
        BadInput: the file cannot be read, an array is missing or has another shape than the model's input.
    """
    arrays = read_arrays(path)
    inputs = getattr(model, "inputs", None) or []
    if len(inputs) <= 1:
        names = [name for name in ("x", *(tensor.name for tensor in inputs)) if name in arrays][:1]
        wanted = "an array x"
    else:
        names = [tensor.name for tensor in inputs if tensor.name in arrays]
        wanted = f"an array for each input: {', '.join(tensor.name for tensor in inputs)}"
    if len(names) < max(1, len(inputs)):
        raise BadInput(f"{shown_path(path)} has the arrays {shown(list(arrays))}; it must have {wanted}")
    for name, tensor in zip(names, inputs):
        check_shape(path, name, arrays[name], tuple(tensor.shape))
    if len({np.shape(arrays[name])[:1] for name in names}) > 1:
        raise BadInput(
            f"{shown_path(path)}: its arrays have different numbers of observations; give all the same number"
        )
    return arrays[names[0]] if len(names) == 1 else [arrays[name] for name in names]


def check_shape(path: Path, name: str, values: Array, wanted: tuple[int | None, ...]) -> None:
    """Raise BadInput unless the values are finite numbers of that shape; None is any size."""
    fits = values.ndim == len(wanted) and all(w is None or w == got for w, got in zip(wanted[1:], values.shape[1:]))
    if not fits or not len(values):
        sizes = ", ".join("any" if size is None else str(size) for size in wanted)
        raise BadInput(f"{shown_path(path)}: {name} has shape {values.shape}; the model wants ({sizes})")
    if not np.issubdtype(values.dtype, np.number) or not np.isfinite(values).all():
        raise BadInput(
            f"{shown_path(path)}: {name} must be finite numbers, got {values.dtype} with NaN, infinity or text"
        )
