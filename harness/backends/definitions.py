"""A script's own classes and functions, in the child process that computes its model."""

from __future__ import annotations

import ast
import contextlib
from typing import Any


def own_names(definitions: str) -> dict[str, Any]:
    """The classes and functions that a script defines, by name; a definition that fails is left out."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for statement in ast.parse(definitions).body:
        module = ast.Module(body=[statement], type_ignores=[])
        with contextlib.suppress(Exception):
            exec(compile(module, "script", "exec"), namespace)
    return {
        name: value
        for name, value in namespace.items()
        if (isinstance(value, type) or callable(value)) and getattr(value, "__module__", None) == "__main__"
    }
