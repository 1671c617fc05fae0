"""What a user gave, where, and the words for what is wrong with it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from . import BadInput

LONGEST_SHOWN = 60  # letters of a value in a message
LONGEST_PATH = 200  # of a path
MOST_KNOWN = 12  # words listed in a message
MOST_COMPARED = 1000  # words that a mistyped one is compared with
MOST_WHOLE_NUMBER = 2**31 - 1  # iterations are counted in int32 on the device


class Given(NamedTuple):
    """The value of a key, and where it was given, for people: "mine.toml: training.seed", "command line: --seed"."""

    value: object
    where: str


def shown(value: object) -> str:
    """A value of the user's on one short line."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # whole numbers of thousands of digits, lists in lists in lists
        return f"a {type(value).__name__} too long to show"
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


def shown_path(path: str | Path) -> str:
    """A path as it is, or escaped where it would break the line, and cut where it would fill it."""
    text = str(path) if str(path) and str(path).isprintable() else repr(str(path))
    return text if len(text) <= LONGEST_PATH else f"{text[:LONGEST_SHOWN]}...{text[-LONGEST_SHOWN:]}"


def on_the_terminal(text: str) -> str:
    """A text of somebody else's with every character escaped that would steer the terminal; lines stay lines."""
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else letter.encode("unicode_escape").decode()
        for letter in text
    )


def nearest(word: str, known: Iterable[str]) -> str:
    """ "; did you mean 'xor'?", or nothing where no known word is near"""
    import difflib

    near = difflib.get_close_matches(word[:LONGEST_SHOWN].lower(), itertools.islice(known, MOST_COMPARED), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def known_words(known: Sequence[str]) -> str:
    """ "; known are post, xor, digits", and no more than a line of them"""
    return f"; known are {', '.join(known[:MOST_KNOWN])}{', ...' if len(known) > MOST_KNOWN else ''}"


def must(given: Given, wanted: str) -> BadInput:
    """The error of a value that is not what was wanted."""
    return BadInput(f"{given.where} must be {wanted}, got {shown(given.value)}")


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
        raise BadInput(f"{given.where}: unknown {shown(given.value)}{known_words(known)}{nearest(given.value, known)}")
    return given.value


def texts(given: Given, wanted: str) -> list[str]:
    """One text, or a list of them, none empty."""
    values = [given.value] if isinstance(given.value, str) else given.value
    if not isinstance(values, (list, tuple)) or not values or not all(isinstance(v, str) and v.strip() for v in values):
        raise must(given, wanted)
    return list(values)
