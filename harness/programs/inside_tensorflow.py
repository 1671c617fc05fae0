"""Imports from the copy of Keras that TensorFlow holds for itself and no longer keeps up."""

from __future__ import annotations

import builtins
import functools
import sys
from collections.abc import Callable
from typing import Any

INSIDE = "tensorflow.python.keras"


def importing_keras(is_users: Callable[[str], bool], supplied: list[str]) -> Callable[..., Any]:
    """``__import__`` that takes what the user's code imports from that copy out of Keras.

    Args:
        is_users: whether a file is the user's.
        supplied: the modules that were imported so are added to it.
    """
    real = builtins.__import__

    @functools.wraps(real)
    def importing(name: str, *arguments: Any, **options: Any) -> Any:
        names = arguments[2] if len(arguments) > 2 else options.get("fromlist")  # of an import statement
        is_inside = bool(names) and f"{name}.".startswith(f"{INSIDE}.")
        if is_inside and is_users(sys._getframe(1).f_code.co_filename):
            supplied.append(name)
            name = name.replace(INSIDE, "tensorflow.keras", 1)
        return real(name, *arguments, **options)

    return importing
