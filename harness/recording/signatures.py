"""NumPy's names and signatures: one form for the many ways to call an operation."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

REDUCTIONS = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
}
ACCUMULATIONS = {"add": "cumsum", "multiply": "cumprod"}
OTHER_NAMES = {
    "true_divide": "divide", "amax": "max", "amin": "min", "around": "round", "round_": "round", "alltrue": "all",
    "sometrue": "any", "product": "prod", "cumproduct": "cumprod", "row_stack": "vstack", "conjugate": "conj",
    "flatten": "ravel", "permute_dims": "transpose", "concat": "concatenate",
}  # fmt: skip
# optional parameters that are operands all the same: how many parameters come by position
OPERANDS = {"clip": 3, "where": 3, "transpose": 2}
# signatures that NumPy does not show in every version
SIGNATURES = {
    "where": ("condition", "x", "y"),
    "dot": ("a", "b"),
    "inner": ("a", "b"),
    "vdot": ("a", "b"),
    "concatenate": ("arrays", "axis=0", "out"),
}


def ufunc_name(ufunc: np.ufunc, method: str) -> str:
    """The operation's name for a call of a ufunc or one of its methods."""
    name = OTHER_NAMES.get(ufunc.__name__, ufunc.__name__)
    if method == "__call__":
        return name
    if method == "reduce":
        return REDUCTIONS.get(name, f"{name}.reduce")
    if method == "accumulate":
        return ACCUMULATIONS.get(name, f"{name}.accumulate")
    if method == "at":
        return f"{name}_at"
    return f"{name}.{method}"


def function_name(function: Callable[..., Any]) -> str:
    """The operation's name for a NumPy function: that of numpy's namespace, "linalg.norm" for a sub-module's."""
    name = getattr(function, "__name__", str(function))
    module = getattr(function, "__module__", "") or ""
    if module.startswith("numpy.") and (wing := module.split(".")[1]) in ("linalg", "fft", "ma"):
        return f"{wing}.{name}"
    return OTHER_NAMES.get(name, name)


@functools.cache
def parameters_of(function: Callable[..., Any]) -> tuple[tuple[str, Any], ...] | None:
    """(name, default) of each parameter; None if they are unknown or any number of them can be given."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        names = SIGNATURES.get(getattr(function, "__name__", ""))
        if names is None:
            return None
        pairs = [name.split("=") for name in names]
        return tuple((pair[0], int(pair[1]) if len(pair) > 1 else inspect.Parameter.empty) for pair in pairs)
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return tuple((p.name, p.default) for p in parameters if p.kind is not p.VAR_KEYWORD)


def normalise(
    name: str, function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The operands by position and the options by name, without those at their default.

    Args:
        name: the operation's name.
        function: the NumPy function whose signature says the names.
        arguments, keywords: as the user gave them.
    """
    parameters = parameters_of(function)
    if parameters is None or len(arguments) > len(parameters):
        return arguments, dict(keywords)
    given = {key: value for (key, _), value in zip(parameters, arguments)} | keywords
    if name == "clip":  # two spellings of the bounds
        bounds = [given.pop(new, given.pop(old, None)) for old, new in (("a_min", "min"), ("a_max", "max"))]
        return (given.pop("a"), *bounds), given
    operands = OPERANDS.get(name, 0)
    by_position: list[Any] = []
    by_name: dict[str, Any] = {}
    for place, (key, default) in enumerate(parameters):
        if key not in given:
            continue
        value = given.pop(key)
        required = default is inspect.Parameter.empty
        if (required or (place < operands and value is not None)) and len(by_position) == place:
            by_position.append(value)
        elif not _is_default(value, default):
            by_name[key] = value
    return tuple(by_position), by_name | given


def _is_default(value: Any, default: Any) -> bool:
    """Whether an option is at its default."""
    if value is default or value is np._NoValue:
        return True
    simple = (bool, int, float, str)
    return isinstance(value, simple) and type(value) is type(default) and bool(value == default)
