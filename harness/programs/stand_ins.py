"""Stand-ins for what a script shows on a screen: plotting modules that are not installed, and windows."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any
from unittest import mock

import keras
import tensorflow as tf

from ..recording.stand_ins.absorbed import DISPLAYS, PROGRESS, AbsorbingFinder, AbsorbingModule
from .inside_tensorflow import importing_keras

IMAGE_PACKAGES = ("cv2", "PIL", "skimage", "imageio")  # displays that data are read with


def only_shows(root: str) -> bool:
    """Whether a package only shows things, so that the data are the same without it."""
    return root in PROGRESS or root in SHOWING or (root in DISPLAYS and root not in IMAGE_PACKAGES)


SHOWING = ("livelossplot", "visualkeras", "guppy", "memory_profiler")


def importing_file() -> str:
    """The file of the code that runs an import statement at the moment."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and ("importlib" in frame.f_code.co_filename or frame.f_code.co_filename in PASSING):
        frame = frame.f_back
    return "" if frame is None else frame.f_code.co_filename


# files that hand an import on
PASSING = (AbsorbingFinder.find_spec.__code__.co_filename, importing_keras.__code__.co_filename)


def no_input(prompt: object = "") -> str:
    """Stands for ``input``: there is nobody to ask."""
    raise EOFError("input() was called, and nobody is there to answer")


def drawing(draw: Callable[..., Any]) -> Callable[..., Any]:
    """A function that draws a model, and returns None if it cannot: no training needs its picture."""

    @functools.wraps(draw)
    def drawn(*arguments: Any, **options: Any) -> Any:
        with contextlib.suppress(Exception):
            return draw(*arguments, **options)
        return None

    return drawn


@contextlib.contextmanager
def without_screen(is_users: Callable[[str], bool]) -> Iterator[list[str]]:
    """Run code without a screen: figures are not shown, plotting modules that are not installed are empty.

    Args:
        is_users: whether a file is the user's, so that only the user's imports are answered.

    Yields:
        The names of the modules that are replaced.
    """
    replaced: list[str] = []

    def is_wanted(fullname: str) -> bool:
        root = fullname.partition(".")[0]
        return only_shows(root) and (root in replaced or is_users(importing_file()))

    def note(fullname: str) -> None:
        root = fullname.partition(".")[0]
        if root not in replaced:
            replaced.append(root)

    finder = AbsorbingFinder(is_wanted, note)
    before = set(sys.modules)
    with (
        mock.patch.dict(os.environ, {"MPLBACKEND": "Agg", "SDL_VIDEODRIVER": "dummy", "QT_QPA_PLATFORM": "offscreen"}),
        mock.patch("builtins.input", no_input),
        mock.patch.object(sys, "stdin", io.StringIO()),
        contextlib.ExitStack() as stack,
    ):
        for utilities in (keras.utils, tf.keras.utils):
            stack.enter_context(mock.patch.object(utilities, "plot_model", drawing(utilities.plot_model)))
        sys.meta_path.append(finder)  # asked last: what is installed is not replaced
        try:
            if isinstance(sys.modules.get("matplotlib"), AbsorbingModule):
                del sys.modules["matplotlib"]
            elif "matplotlib" in sys.modules:
                sys.modules["matplotlib"].use("Agg", force=True)
            yield replaced
        finally:
            sys.meta_path.remove(finder)
            for name in set(sys.modules) - before:
                if isinstance(sys.modules[name], AbsorbingModule):
                    del sys.modules[name]
