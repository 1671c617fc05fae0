"""Stand-ins for what a script shows on a screen: plotting modules that are not installed, and windows."""

from __future__ import annotations

import contextlib
import dis
import importlib.abc
import importlib.machinery
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType, ModuleType
from typing import Any
from unittest import mock

PLOTTING = ("matplotlib", "pylab", "seaborn", "plotly", "IPython", "livelossplot", "visualkeras", "tqdm")


class Anything:
    """Takes any call, attribute, index and unpacking, and does nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return arguments[0] if len(arguments) == 1 and callable(arguments[0]) else self  # a decorator, perhaps

    def __getitem__(self, key: Any) -> Any:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        return iter([self] * unpacked_count())

    def __bool__(self) -> bool:
        return False

    def __len__(self) -> int:
        return 0


def unpacked_count() -> int:
    """Into how many names the code that asks for an iterator unpacks it; 0 if it does not."""
    frame = sys._getframe(2)
    code = frame.f_code.co_code
    if frame.f_lasti + 1 < len(code) and dis.opname[code[frame.f_lasti]] == "UNPACK_SEQUENCE":
        return code[frame.f_lasti + 1]
    return 0


class PlottingModule(ModuleType):
    """An empty module that has every name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name == "tqdm":
            return lambda values=(), *arguments, **options: values
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Anything()


class PlottingFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds an empty module for a plotting module that is not installed, if the user's code imports it."""

    def __init__(self, is_users: Callable[[str], bool]) -> None:
        """Answer imports from the files for which ``is_users`` is true."""
        self.is_users = is_users
        self.replaced: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        root = fullname.split(".")[0]
        if root not in PLOTTING or (root not in self.replaced and not self.is_users(importing_file())):
            return None
        if root not in self.replaced:
            self.replaced.append(root)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return PlottingModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def importing_file() -> str:
    """The file of the code that runs an import statement at the moment."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and "importlib" in frame.f_code.co_filename:
        frame = frame.f_back
    return "" if frame is None else frame.f_code.co_filename


def no_input(prompt: object = "") -> str:
    """Stands for ``input``: there is nobody to ask."""
    raise EOFError("input() was called, and nobody is there to answer")


@contextlib.contextmanager
def without_screen(is_users: Callable[[str], bool]) -> Iterator[PlottingFinder]:
    """Run code without a screen: figures are not shown, plotting modules that are not installed are empty.

    Args:
        is_users: whether a file is the user's, so that only the user's imports are answered.
    """
    finder = PlottingFinder(is_users)
    before = set(sys.modules)
    with (
        mock.patch.dict(os.environ, {"MPLBACKEND": "Agg", "SDL_VIDEODRIVER": "dummy", "QT_QPA_PLATFORM": "offscreen"}),
        mock.patch("builtins.input", no_input),
        mock.patch.object(sys, "stdin", io.StringIO()),
    ):
        sys.meta_path.append(finder)
        try:
            if "matplotlib" in sys.modules:
                sys.modules["matplotlib"].use("Agg", force=True)
            yield finder
        finally:
            sys.meta_path.remove(finder)
            for name in set(sys.modules) - before:
                if isinstance(sys.modules[name], PlottingModule):
                    del sys.modules[name]
