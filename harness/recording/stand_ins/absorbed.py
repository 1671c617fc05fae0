"""Packages that only show things, or that are not installed: they are imported, called and ignored."""

from __future__ import annotations

import dis
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

# replaced even if they are installed: they draw, log, download, or take seconds to import
DISPLAYS = frozenset(
    {"matplotlib", "pylab", "mpl_toolkits", "seaborn", "plotly", "bokeh", "altair", "pygal", "turtle"}
    | {"tkinter", "Tkinter", "pygame", "visdom", "wandb", "tensorboardX", "graphviz", "pydot", "networkx"}
    | {"ipywidgets", "IPython", "bqplot", "celluloid", "imageio", "cv2", "PIL", "skimage", "moviepy"}
    | {"prettytable", "tabulate", "termcolor", "colorama", "loguru", "rich", "mlflow", "neptune"}
    | {"comet_ml", "pyqtgraph", "PyQt5", "PySide2", "kivy", "ggplot", "plotnine", "scikitplot"}
    | {"mplcyberpunk", "scienceplots", "streamlit"}
)
VERSION = "2.2.0"  # of every module that is absorbed
FRAMEWORKS = frozenset(
    {"tensorflow", "keras", "torch", "torchvision", "torchaudio", "jax", "jaxlib", "flax", "theano"}
    | {"lasagne", "chainer", "mxnet", "caffe", "tflearn", "cupy", "tensorflow_datasets", "datasets"}
    | {"transformers", "numba", "pyopencl", "pycuda"}
)
LIBRARY = Path(os.__file__).parent  # of Python itself
PROGRESS = frozenset({"tqdm", "progressbar", "alive_progress", "progress"})


def _unpacked(frame: Any) -> int:
    """How many values the caller unpacks into names; 2 if it only iterates."""
    code = frame.f_code.co_code
    if frame.f_lasti >= 0 and dis.opname[code[frame.f_lasti]].startswith("UNPACK_SEQUENCE"):
        return int(code[frame.f_lasti + 1])
    return 2


def may_be_decorated(value: Any) -> bool:
    """Whether a value is a function or class that a decorator may be given, and not a type such as ``float``."""
    is_type = isinstance(value, type) and value.__module__ in ("builtins", "numpy")
    return callable(value) and not is_type and not isinstance(value, Absorbing)


def noted(function: Callable[..., Any], note_use: Callable[[], None]) -> Callable[..., Any]:
    """A function or method whose use is noted."""

    def call(*arguments: Any, **options: Any) -> Any:
        note_use()
        return function(*arguments, **options)

    return call


class Entered:
    """What ``with`` gives as it is."""

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exception: object) -> None:
        pass


class Absorbing(Entered):
    """Answers everything with something like itself."""

    def __init__(self, name: str = "") -> None:
        self.__dict__["_name"] = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        value = HELPERS.get(name, number_type(name))
        value = Absorbing(name) if value is None else value
        self.__dict__[name] = value
        return value

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        if len(arguments) == 1 and not keywords and may_be_decorated(arguments[0]):
            return arguments[0]  # as a decorator does
        name = self.__dict__["_name"]
        if ASKS_LIMITS.fullmatch(name) and not arguments and not keywords:
            return LIMITS
        loaded = LOADED(name) if LOADS.search(name) else None
        if loaded is not None:
            return loaded
        return SUBPLOTS if name == "subplots" else Absorbing()

    def _number(self) -> float | int:
        """The usual value of a setting of this name."""
        number = NUMBER_NAMED(self.__dict__["_name"])
        if number is None:
            raise TypeError(
                f"{self.__dict__['_name'] or 'it'} comes from a module that is missing, and is not a number"
            )
        return number

    def __index__(self) -> int:
        number = self._number()
        if isinstance(number, float):
            raise TypeError(f"{self.__dict__['_name']} comes from a module that is missing, and is not a whole number")
        return number

    def __int__(self) -> int:
        return int(self._number())

    def __float__(self) -> float:
        return float(self._number())

    def __format__(self, form: str) -> str:
        return self.__dict__["_name"]

    def __iter__(self) -> Iterator[Any]:
        return iter([Absorbing() for _ in range(_unpacked(sys._getframe(1)))])

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError(f"{self.__dict__.get('_name') or 'it'} comes from a module that is missing, and has no numbers")

    def __getitem__(self, key: Any) -> Any:
        return Absorbing()

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False

    def _combined(self, other: Any) -> Any:
        """With another one or a number; arrays refuse it, because what is made of it has no numbers."""
        return Absorbing() if isinstance(other, (Absorbing, int, float, str)) else NotImplemented

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _combined
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = _combined

    def __neg__(self) -> Any:
        return Absorbing()

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        return (object,)


class Settings(Absorbing):
    """Settings that are attributes and items."""

    def update(self, values: Mapping[str, Any], *_: Any, **__: Any) -> None:
        """Set some."""
        self.__dict__.update(values)

    def get(self, name: str, default: Any = None) -> Any:
        """One that may be missing."""
        return self.__dict__.get(name, default)

    def __getitem__(self, key: Any) -> Any:
        return getattr(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.__dict__[key] = value

    def __contains__(self, key: object) -> bool:
        return key in self.__dict__


NUMBER_TYPE = re.compile("floatX|float(16|32|64)|u?int(8|16|32|64)")


def number_type(name: str) -> Any:
    """The type of numbers that a name of a missing module stands for; None if it does not stand for one."""
    if NUMBER_TYPE.fullmatch(name) is None:
        return None
    return "float32" if name == "floatX" else getattr(np, name)  # the name of a type, as theano gives it


LIMITS = (0.0, 1.0)  # of an axis that nothing is drawn on
ASKS_LIMITS = re.compile("(get_)?[xyz](lim|bound)(3d)?")  # names of functions that give them if they are given nothing
SUBPLOTS = (Absorbing("figure"), Absorbing("axes"))


class _AnyAttribute(type):
    """Classes that have every attribute: ``tqdm.write``, ``tqdm.pandas`` and so on."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absorbing(name)


class Progress(Entered, metaclass=_AnyAttribute):
    """``tqdm`` and the like: goes through what it is given."""

    def __init__(self, iterable: Any = None, *arguments: Any, **keywords: Any) -> None:
        total = keywords.get("total")
        self.iterable = iterable if iterable is not None else range(total or 0)
        self.n = 0

    def __iter__(self) -> Iterator[Any]:
        return iter(self.iterable)

    def __call__(self, iterable: Any = (), *_: Any, **__: Any) -> Progress:
        # without an argument it counts one step, as the bar of alive_progress does
        return Progress(iterable)

    def __len__(self) -> int:
        return len(self.iterable)

    def __bool__(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absorbing(name)


def ranged(*arguments: Any, **keywords: Any) -> Progress:
    """``trange``."""
    return Progress(range(*arguments))


class AbsorbingModule(ModuleType):
    """A module that has every name."""

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return WANTED()
        if name == "__version__":
            return VERSION
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        root = self.__name__.partition(".")[0]
        own = OF_MODULES.get(root, {})
        if root in PROGRESS:
            value: Any = ranged if name in ("trange", "tnrange") else Progress
        elif name in own:
            value = own[name]
        elif name in OF_VECTORS and root not in DISPLAYS | FRAMEWORKS:
            value = OF_VECTORS[name]
        else:
            value = HELPERS.get(name, number_type(name) or Absorbing(name))
        setattr(self, name, value)
        return value


AbsorbingModule.__name__ = ModuleType.__name__  # by which exceptions call it


def _nothing_by_name(name: str) -> None:
    return None


WANTED: Callable[[], list[str]] = list  # the names that ``from module import *`` is to give
HELPERS: dict[str, Any] = {}  # functions that files take from modules that are missing, by name
OF_VECTORS: dict[str, Any] = {}  # the same, of modules that are neither plots nor frameworks
LOADS = re.compile(r"load|fetch|read|data|mnist|cifar", re.IGNORECASE)  # names of functions that give data
LOADED: Callable[[str], Any] = _nothing_by_name  # what a function of such a name gives; None if that is not known
NUMBER_NAMED: Callable[[str], float | int | None] = _nothing_by_name  # the usual value of a setting
OF_MODULES: dict[str, dict[str, Any]] = {}  # the same, of one module only


class AbsorbingFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives an absorbing module for the names that it is asked about.

    Args:
        wanted: whether a module of this full name is absorbed.
        note: called with each one.
    """

    def __init__(self, wanted: Callable[[str], bool], note: Callable[[str], None]) -> None:
        self.wanted, self.note = wanted, note

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        """See ``importlib.abc.MetaPathFinder``."""
        if not self.wanted(fullname):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: Any) -> ModuleType:
        """See ``importlib.abc.Loader``."""
        module = AbsorbingModule(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""
        self.note(module.__name__)


def is_absorbed(fullname: str) -> bool:
    """Whether a module is replaced even if it is installed. One of the user's own of that name is not."""
    root = fullname.partition(".")[0]
    return (root in DISPLAYS or root in FRAMEWORKS or root in PROGRESS) and not is_beside(root)


def is_beside(name: str) -> bool:
    """Whether the user has a module or a folder of modules of this name."""
    for entry in sys.path:
        folder = Path(entry or ".")
        if "site-packages" in folder.parts or "dist-packages" in folder.parts or folder == LIBRARY:
            continue
        if (folder / f"{name}.py").is_file() or any((folder / name).glob("*.py")):
            return True
    return False


def forget_absorbed() -> None:
    """Forget modules of these names that are imported already."""
    for name in list(sys.modules):
        if is_absorbed(name):
            del sys.modules[name]
