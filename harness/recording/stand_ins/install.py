"""Puts all stand-ins in place in this process."""

from __future__ import annotations

import builtins
import collections
import collections.abc
import functools
import importlib.util
import inspect
import io
import itertools
import math
import operator
import os
import re
import sys
import time
import typing
import urllib
import warnings
import zipfile
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from ..graph import Absorbed, Counted
from ..signatures import OTHER_NAMES
from ..source import undefined_names
from ..values import TAPE
from . import (
    absorbed,
    arguments,
    convolutions,
    files,
    folders,
    helpers,
    learning,
    minimisers,
    mixed,
    pictures,
    processes,
    ragged,
    reduced,
    settings,
    workbooks,
)
from .archives import made_up_zip
from .hints import Hints, images, labels
from .paths import exists, missing_path, path_of

START_SECONDS = 1_700_000_000.0  # what the clock shows at first
SAME_AS_NUMPY = ("autograd.numpy", "cupy", "jax.numpy")  # as far as a network by hand uses them
OF_TABLES = re.compile(r"\.(iloc|loc|to_numpy|values)\b")
BEYOND_NUMPY = re.compile(r"\bgrad\(|\.at\[|\bvmap\b|\blax\b|jax\.random")  # what jax has and NumPy has not


def install(note: Callable[..., None], hints: Hints, at_most: int | None = None) -> files.Missing:
    """For a run with or without recording.

    Args:
        note: called with (kind, name, shapes...) of everything that is stood in for.
        hints: what made-up data look like, from the text of the file and its neighbours.
        at_most: number of observations that are left of what the file reads; None for all.
    """
    text = hints.text
    missing = files.Missing(note, hints)
    absorbed.HELPERS.clear()
    from_course = "linear_cache" in text or "activation_cache" in text
    absorbed.HELPERS.update(helpers.functions_for(note, hints, missing.name_of, from_course))
    absorbed.OF_VECTORS.update(helpers.OF_VECTORS)
    album = pictures.Album(note, hints)
    absorbed.HELPERS.update(pictures.functions(album))
    patch_when_imported("scipy.misc", lambda module: pictures.restore(module, album))
    absorbed.LOADED = missing.loaded
    absorbed.NUMBER_NAMED = settings.number_named
    absorbed.OF_MODULES.clear()
    own = (settings.of_modules(note), pictures.of_modules(album), workbooks.of_modules(missing))
    absorbed.OF_MODULES.update({name: values for modules in own for name, values in modules.items()})
    absorbed.WANTED = lambda: undefined_names(text)
    absorbed.forget_absorbed()
    _modules(note, missing)
    _own_functions()
    files.install(missing)
    zipfile.ZipFile = made_up_zip(missing_path, missing.content, missing.stream)  # type: ignore[misc]
    folders.install(note, hints)
    _tables(note, missing)
    _downloads(note, missing)
    _readers(note, missing)
    _inputs(note)
    arguments.install(note)
    _old_names(note)
    ragged.install(note)
    mixed.install(note)
    if at_most is not None:
        note_part = functools.partial(TAPE.reduce, Counted.OBSERVATIONS, None, at_most)
        reduced.install(at_most, note_part, patch_when_imported)
    time.sleep = lambda *_: None
    os.get_terminal_size = lambda *_: os.terminal_size((80, 24))  # nobody looks at the output
    _clock()
    if sys.version_info >= (3, 12):
        _sum()
    patch_when_imported("multiprocessing", processes.install_pools)
    patch_when_imported("concurrent.futures", processes.install_executors)
    return missing


def _own_functions() -> None:
    """What a file asks of this package itself answers anything: its own check would run the file again, and so on."""
    package = sys.modules[__name__.partition(".")[0]]
    for name in package.__all__:
        if name.islower() and not name.startswith("_"):
            setattr(package, name, lambda *_, **__: absorbed.Absorbing())


def _sum() -> None:
    """Let ``sum`` add as it adds what is recorded: from Python 3.12 on it corrects the rounding errors of floats."""
    builtins.sum = lambda values, /, start=0: functools.reduce(operator.add, values, start)


def _clock() -> None:
    """Time that passes from call to call: a file that seeds its generator with the time gets the same numbers again."""
    calls = itertools.count(1)

    def now(*_: Any) -> float:
        return START_SECONDS + next(calls) / 1_000

    time.time = time.perf_counter = time.process_time = time.monotonic = now
    time.time_ns = time.perf_counter_ns = lambda: int(now() * 1e9)


class _Renamed(ModuleType):
    """NumPy under the name of a module that is used like it."""

    def __getattr__(self, name: str) -> Any:
        if name in ("asnumpy", "device_put"):
            return np.asarray
        return getattr(np, name) if hasattr(np, name) else absorbed.Absorbing(name)


def _modules(note: Callable[..., None], missing: files.Missing) -> None:
    """Imports that are absorbed, at once or when nobody else has them."""

    def noted(name: str) -> None:
        root = name.partition(".")[0]
        if name == root and root not in absorbed.PROGRESS:
            note(Absorbed.DISPLAY if root in absorbed.DISPLAYS else Absorbed.MODULE, root)

    for name in SAME_AS_NUMPY:
        if name != "jax.numpy" or not BEYOND_NUMPY.search(missing.hints.text):
            module = sys.modules[name] = _Renamed(name)
            root, _, part = name.partition(".")
            if part:
                absorbed.OF_MODULES.setdefault(root, {})[part] = module

    def wanted(fullname: str) -> bool:
        return absorbed.is_absorbed(fullname) and _is_asked_by_user(fullname)

    sys.meta_path.insert(0, absorbed.AbsorbingFinder(wanted, noted))
    sys.meta_path.append(absorbed.AbsorbingFinder(_is_asked_by_user, noted))


def _is_asked_by_user(fullname: str) -> bool:
    """Whether an import of the user's own files is missing, not one that an installed package tries."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name in TAPE.sources:
            return fullname.partition(".")[0] not in ("harness", "pandas", "_pytest")
        if "importlib" not in name and "harness" not in name and not name.startswith("<"):
            return False
        frame = frame.f_back
    return False


OLD_NAMES: dict[str, Any] = {name: getattr(np, other) for name, other in OTHER_NAMES.items() if hasattr(np, other)} | {
    **{kind.__name__: kind for kind in (float, int, object, str, complex)},
    **dict.fromkeys(("infty", "Inf", "Infinity", "PINF"), np.inf),
    "float_": np.float64,
    "int0": np.int64,
    "NaN": np.nan,
    "asscalar": lambda value: value.item(),
    "mat": np.asmatrix,
    "asfarray": lambda value, dtype=float: np.asarray(value, dtype=dtype),
    "in1d": getattr(np, "in1d", None) or np.isin,
    "NINF": -np.inf,
    "unicode_": np.str_,
    "string_": np.bytes_,
    "cast": {float: float, int: int},
    "trapz": getattr(np, "trapezoid", None),
    "math": math,
    "warnings": warnings,
}


ONE_NUMBER = frozenset({"exp", "log", "log2", "log10", "sqrt", "tanh", "sin", "cos", "floor", "ceil", "fabs", "isnan"})


def _of_one_item(real: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the module math that takes an array of one item, as before version 2.4 of NumPy."""

    @functools.wraps(real)
    def compute(x: Any, *rest: Any) -> Any:
        return real(x.item() if type(x) is np.ndarray and x.size == 1 else x, *rest)

    return compute


def _printing_all(real: Callable[..., Any]) -> Callable[..., Any]:
    """``set_printoptions`` with NaN or "nan" as the threshold for printing all, as before version 1.14 of NumPy."""

    @functools.wraps(real)
    def set_options(*arguments: Any, **options: Any) -> Any:
        threshold = options.get("threshold")
        is_nan = str(threshold).lower() == "nan"
        return real(*arguments, **(options | ({"threshold": sys.maxsize} if is_nan else {})))

    return set_options


def _of_truth_values(note: Callable[..., None], real: Callable[..., Any]) -> Callable[..., Any]:
    """``np.negative``, which gives the opposite of truth values, as before version 1.13 of NumPy."""

    @functools.wraps(real)
    def negative(x: Any, *rest: Any, **options: Any) -> Any:
        if getattr(x, "dtype", None) != np.bool_:
            return real(x, *rest, **options)
        note(Absorbed.MODULE, "numpy.negative of truth values")
        return np.logical_not(x, *rest, **options)

    return negative


def _old_names(note: Callable[..., None]) -> None:
    """What files use that this version of Python or NumPy no longer has, or not yet."""
    real = np.__dict__.get("__getattr__")

    def old(name: str) -> Any:
        if name in OLD_NAMES and OLD_NAMES[name] is not None:
            note(Absorbed.MODULE, f"numpy.{name}")
            value = np.asmatrix if name == "mat" else OLD_NAMES[name]
            setattr(np, name, value)
            return value
        if real is None:
            raise AttributeError(f"module 'numpy' has no attribute {name!r}")
        return real(name)

    np.__getattr__ = old  # type: ignore[method-assign]
    np.set_printoptions = _printing_all(np.set_printoptions)
    np.negative = _of_truth_values(note, np.negative)  # type: ignore[assignment]
    for name, function in list(vars(math).items()):
        if name in ONE_NUMBER:
            setattr(math, name, _of_one_item(function))
    if not hasattr(time, "clock"):
        time.clock = time.perf_counter  # type: ignore[attr-defined]
    for name in collections.abc.__all__:
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))
    for name in NEWER_TYPING:
        if not hasattr(typing, name):
            setattr(typing, name, (lambda thing: thing) if name.islower() else typing.Any)


NEWER_TYPING = ("Self", "override", "Never", "LiteralString", "NotRequired", "Required", "Unpack", "TypeVarTuple")


# Modules that are patched


def _tables(note: Callable[..., None], missing: files.Missing) -> None:
    """pandas, if a file uses it."""

    def patch(_: Any) -> None:
        from . import tables

        tables.install(note, missing)

    patch_when_imported("pandas", patch)


def patch_when_imported(name: str, patch: Callable[[Any], None]) -> None:
    """Patch a module right after its import, which is not done before the file asks for it."""
    if name in sys.modules:
        patch(sys.modules[name])
        return

    class Finder:
        """Lets the others find the module, and patches it once."""

        @staticmethod
        def find_spec(fullname: str, path: Any, target: Any = None) -> Any:
            """See ``importlib.abc.MetaPathFinder``."""
            if fullname != name:
                return None
            sys.meta_path.remove(Finder)
            spec = importlib.util.find_spec(name)
            if spec is None or spec.loader is None:
                return None
            real = spec.loader.exec_module

            def execute(module: ModuleType) -> None:
                real(module)
                patch(module)

            spec.loader.exec_module = execute  # type: ignore[method-assign]
            return spec

    sys.meta_path.insert(0, Finder)


# Downloads


class Downloaded(io.BytesIO):
    """The response of ``urlopen``, with made-up content."""

    status = code = 200

    def __init__(self, content: bytes) -> None:
        from email.message import Message  # slow to import, and urllib has imported it already

        super().__init__(content)
        self.headers = Message()
        self.headers["Content-Length"] = str(len(content))

    def getcode(self) -> int:
        """The status of a download that worked."""
        return self.status

    def info(self) -> Any:
        """The headers."""
        return self.headers

    def getheader(self, name: str, default: Any = None) -> Any:
        """One header, or a default."""
        return self.headers.get(name, default)


def _downloads(note: Callable[..., None], missing: files.Missing) -> None:
    """The network is not used."""

    def retrieve(url: Any, filename: Any = None, *_: Any, **__: Any) -> tuple[str, None]:
        name = str(url).rsplit("/", 1)[-1]
        note(Absorbed.DOWNLOAD, name)
        path = str(filename or name)
        missing.downloaded[os.path.abspath(path)] = name
        return path, None

    def opened(url: Any, *_: Any, **__: Any) -> Any:
        name = str(getattr(url, "full_url", url)).rsplit("/", 1)[-1]
        note(Absorbed.DOWNLOAD, name)
        return missing.stream(name, "rb", Downloaded)

    def patch(request: Any) -> None:
        request.urlretrieve, request.urlopen = retrieve, opened

    def submodule(name: str) -> Any:
        """``urllib.request`` of a file that imports ``urllib`` alone, which works if a library imported the rest."""
        if name != "request":
            raise AttributeError(name)
        return importlib.import_module("urllib.request")

    patch_when_imported("urllib.request", patch)
    urllib.__getattr__ = submodule  # type: ignore[method-assign]

    class Response(absorbed.Entered):
        """The response to a request."""

        ok, status_code = True, 200
        headers: dict[str, str] = {}  # noqa: RUF012

        def __init__(self, url: Any) -> None:
            name = str(url).rsplit("/", 1)[-1]
            note(Absorbed.DOWNLOAD, name)
            self.content = missing.content(name)
            self.text = self.content.decode("latin1")
            self.raw = io.BytesIO(self.content)

        def iter_content(self, *_: Any, **__: Any) -> Any:
            """All at once."""
            return iter([self.content])

        def raise_for_status(self) -> None:
            """Nothing is wrong."""

        def json(self) -> Any:
            """Nothing."""
            return {}

    requests = ModuleType("requests")
    requests.get = lambda url, *_, **__: Response(url)  # type: ignore[attr-defined]
    requests.__getattr__ = lambda name: absorbed.Absorbing(name)  # type: ignore[method-assign]
    sys.modules["requests"] = requests


# h5py, scipy.io


def _readers(note: Callable[..., None], missing: files.Missing) -> None:
    """Files of other formats."""

    def patch_h5py(module: Any) -> None:
        real = module.File

        def opened(name: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            path = path_of(name)
            if path is not None and "r" in mode and not exists(path):
                return files.AnyKey(missing, path)
            return real(name if path is None else path, mode, *arguments, **options)

        module.File = opened

    def patch_io(module: Any) -> None:
        module.loadmat = files.mat_reader(module.loadmat, missing)
        module.savemat = lambda *_, **__: None

    def patch_datasets(module: Any) -> None:
        def fetch(name: Any = "mnist_784", *_: Any, return_X_y: bool = False, as_frame: Any = "auto", **__: Any) -> Any:
            rows = missing.hints.rows
            x, y = images(rows, (784,), "train").astype("f8"), labels(rows, 10, "train")
            note(Absorbed.DATASET, str(name), x.shape)
            targets = y.astype(str)
            if as_frame is not False and OF_TABLES.search(missing.hints.text):  # arrays, as before version 0.24
                import pandas  # type: ignore[import-untyped,unused-ignore]

                x, targets = pandas.DataFrame(x), pandas.Series(targets)
            return (x, targets) if return_X_y else learning.bunch(data=x, target=targets, DESCR="", COL_NAMES=[])

        module.fetch_openml = module.fetch_mldata = fetch
        names = ("fetch_olivetti_faces", "fetch_20newsgroups")
        for name, function in (dict(zip(names, map(absorbed.Absorbing, names))) | learning.DOWNLOADED).items():
            setattr(module, name, function)

    def patch_preprocessing(module: Any) -> None:
        real = module.OneHotEncoder.__init__

        def initialise(self: Any, *arguments: Any, sparse: Any = None, **options: Any) -> None:
            # the name of the option before version 1.2 of scikit-learn
            real(self, *arguments, **(options if sparse is None else options | {"sparse_output": sparse}))

        initialise.__signature__ = inspect.signature(real)  # type: ignore[attr-defined]
        module.OneHotEncoder.__init__ = initialise

    patch_when_imported("h5py", patch_h5py)
    patch_when_imported("scipy.optimize", lambda module: minimisers.install(module, note))
    patch_when_imported("scipy.signal", convolutions.install)
    patch_when_imported("sklearn.preprocessing", patch_preprocessing)
    patch_when_imported("scipy.io", patch_io)
    patch_when_imported("sklearn.datasets", patch_datasets)


# What a person types


OTHER_ANSWERS = ("0.5", "2", "3", "0", "y", "n", "10", "1")  # to a question that is asked again
MAX_ASKED = 60
SPLIT = re.compile(r"\.split\((?:([\"'])(.+?)\1)?")  # of an answer, with what is between its parts


def _inputs(note: Callable[..., None]) -> None:
    """Answers to questions."""

    asked: collections.Counter[Any] = collections.Counter()

    def answer(prompt: Any = "") -> str:
        note(Absorbed.INPUT, "input()")
        place = TAPE.place()
        asked[place, str(prompt)] += 1
        turn = asked[place, str(prompt)] - 1
        if turn >= MAX_ASKED:
            raise EOFError("the question was asked again and again")
        text = [settings.answer_to(str(prompt)), *OTHER_ANSWERS][turn % (len(OTHER_ANSWERS) + 1)]
        split = SPLIT.search(place.text) if place is not None else None
        if place is not None and split is not None:  # into as many as there are names, or a list of several
            return (split[2] or " ").join([text] * max(place.variable.count(",") + 1, 2))
        return text

    builtins.input = answer
    patch_when_imported("click", lambda module: settings.install_commands(module, note))
