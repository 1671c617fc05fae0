"""What a user gave, where, and the words for what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import BadInput, known_words, nearest, shown

MOST_WHOLE_NUMBER = 2**31 - 1  # iterations are counted in int32 on the device


class Given(NamedTuple):
    """The value of a key, and where it was given: "mine.toml: training.seed", or "seed" for an argument."""

    value: object
    where: str


def must(given: Given, wanted: str) -> BadInput:
    """The error of a value that is not what was wanted."""
    return BadInput(key=given.where, expected=wanted, got=given.value)


def finite(value: object) -> bool:
    """Whether it is a number (no boolean) that float64 holds."""
    try:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def whole_number(given: Given) -> int:
    """0 to ``MOST_WHOLE_NUMBER``."""
    value = given.value
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_WHOLE_NUMBER:
        raise must(given, f"a whole number from 0 to {MOST_WHOLE_NUMBER}")
    return value


def one_of(given: Given, known: Sequence[str]) -> str:
    """One of the known names."""
    if not isinstance(given.value, str):
        raise must(given, f"one of {', '.join(known)}")
    if given.value not in known:
        raise BadInput(
            f"unknown {shown(given.value)}{known_words(known)}{nearest(given.value, known)}", key=given.where
        )
    return given.value


def texts(given: Given, wanted: str) -> list[str]:
    """One text, or a list of them, none empty."""
    values = [given.value] if isinstance(given.value, str) else given.value
    if not isinstance(values, (list, tuple)) or not values or not all(isinstance(v, str) and v.strip() for v in values):
        raise must(given, wanted)
    return list(values)
