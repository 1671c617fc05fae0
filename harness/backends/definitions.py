"""A script's own classes and functions, in the child process that computes its model."""

from __future__ import annotations

import ast
import contextlib
from typing import Any

LIBRARIES = ("builtins", "jax", "keras", "numpy", "tensorflow", "torch")  # whose names Keras knows, or does not need


def own_names(definitions: str) -> dict[str, Any]:
    """The classes and functions that a script defines or imports from modules of its own, by name.

    A definition that fails is left out.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for statement in ast.parse(definitions).body:
        module = ast.Module(body=[statement], type_ignores=[])
        with contextlib.suppress(Exception):
            exec(compile(module, "script", "exec"), namespace)
    return {
        name: value
        for name, value in namespace.items()
        if callable(value) and str(getattr(value, "__module__", "")).split(".")[0] not in LIBRARIES
    }
