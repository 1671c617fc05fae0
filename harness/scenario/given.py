"""A value or data that a user gave, where they were given, and the checks that many values share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..errors import BadInput, known_words, nearest, shown

if TYPE_CHECKING:  # check needs the rest of this module, and starts before NumPy is loaded
    from ..models.network import Array

MAX_INTEGER = 2**31 - 1  # the compiled loop counts iterations in int32


class Given(NamedTuple):
    """The value of a key, and where it was given: "mine.toml: training.seed", or "seed" for an argument."""

    value: object
    where: str


class Data(NamedTuple):
    """x (observations, inputs) and y (observations, outputs) in float64, and where each was given."""

    x: Array
    y: Array
    x_where: str
    y_where: str
    # of each column of y that held names of classes, these names in alphabetical order; y has their numbers
    classes: tuple[tuple[str, ...], ...] = ()


def invalid_value(given: Given, expected: str) -> BadInput:
    """The error for a value that is not as expected."""
    return BadInput(key=given.where, expected=expected, got=given.value)


def finite(value: object) -> bool:
    """Whether it is a number (not a boolean) that float64 can hold."""
    try:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def integer_from(least: int, given: Given) -> int:
    """The value, which must be an integer from ``least`` to ``MAX_INTEGER``."""
    value = given.value
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_INTEGER:
        raise invalid_value(given, f"an integer from {least} to {MAX_INTEGER}")
    return value


def one_of(given: Given, known: Sequence[str]) -> str:
    """The value, which must be one of the known names."""
    if not isinstance(given.value, str):
        raise invalid_value(given, f"one of {', '.join(known)}")
    if given.value not in known:
        raise BadInput(
            f"unknown {shown(given.value)}{known_words(known)}{nearest(given.value, known)}", key=given.where
        )
    return given.value


def texts(given: Given, expected: str) -> list[str]:
    """The value as a list of texts: one text, or a list of them, none empty."""
    values = [given.value] if isinstance(given.value, str) else given.value
    if not isinstance(values, (list, tuple)) or not values or not all(isinstance(v, str) and v.strip() for v in values):
        raise invalid_value(given, expected)
    return list(values)
