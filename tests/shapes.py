"""The shapes in the annotations of ``models``, checked at every call.

jaxtyping binds the names of axes within one call: "observations" is one number in x, y and everything that comes back.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
from jaxtyping import Float, jaxtyped

# what the annotations mean where types are looked at
NAMES = {
    "Float": Float,
    "Array": np.ndarray,
    "Weights": list[Float[np.ndarray, "_rows _units"]],
    "MemberWeights": list[Float[np.ndarray, "_rows _units members"]],
}


class WrongShape(AssertionError):
    """An argument or an answer has another shape than its annotation."""


def hints_of(annotated: Any) -> dict[str, Any]:
    """The annotations of a function or class with ``NAMES`` put in."""
    module = vars(inspect.getmodule(annotated))
    return get_type_hints(annotated, globalns={**module, **NAMES})


def check(value: Any, hint: Any, what: str) -> None:
    """Raise ``WrongShape`` unless arrays in the value have the shapes in the hint; what is not an array passes."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        if value is not None and not isinstance(value, (float, int)):
            arms = [arm for arm in get_args(hint) if arm is not type(None)]
            check(value, arms[0], what) if len(arms) == 1 else None
    elif origin is tuple:
        for number, (part, of_part) in enumerate(zip(value, get_args(hint))):
            check(part, of_part, f"{what}[{number}]")
    elif isinstance(origin, type) and issubclass(origin, Sequence):
        for number, part in enumerate(value):
            check(part, get_args(hint)[0], f"{what}[{number}]")
    elif hasattr(hint, "array_type"):
        if not isinstance(value, hint):
            raise WrongShape(f"{what} has shape {tuple(np.shape(value))}, annotated {hint.dim_str!r}")
    elif dataclasses.is_dataclass(hint) or hasattr(hint, "_fields"):
        for name, of_field in hints_of(hint).items():
            check(getattr(value, name), of_field, f"{what}.{name}")


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its annotations checked at each call, and at each value where it yields."""
    hints = hints_of(inspect.unwrap(function))
    answer = hints.pop("return", None)
    signature = inspect.signature(function)

    def check_call(arguments: dict[str, Any], given: Any, hint: Any) -> None:
        with jaxtyped("context"):
            for name, value in arguments.items():
                if name in hints:
                    check(value, hints[name], f"{function.__name__}: {name}")
            if hint is not None:
                check(given, hint, f"{function.__name__}: what it gives")

    def yielding(arguments: dict[str, Any], values: Iterator[Any]) -> Iterator[Any]:
        for value in values:
            check_call(arguments, value, get_args(answer)[0])
            yield value

    @functools.wraps(function)
    def checking(*positional: Any, **named: Any) -> Any:
        arguments = signature.bind(*positional, **named).arguments
        check_call(arguments, None, None)
        given = function(*positional, **named)
        if get_origin(answer) is Iterator:
            return yielding(arguments, given)
        check_call(arguments, given, answer)
        return given

    return checking


def annotated_functions(module: types.ModuleType) -> list[str]:
    """The names of a module's own public functions with a shape in their annotations."""
    return [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
        and any(word in str(hint) for hint in value.__annotations__.values() for word in ("Float[", "Weights"))
    ]


def check_module(monkeypatch: Any, module: types.ModuleType) -> list[str]:
    """Check the annotations of all functions of the module for the length of a test; their names."""
    names = annotated_functions(module)
    for name in names:
        monkeypatch.setattr(module, name, checked(getattr(module, name)))
    return names
