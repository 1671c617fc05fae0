"""Numbers that stand in a line of the user's file, by what the line does with them."""

from __future__ import annotations

import re

from ..recording.graph import Place

NUMBER = r"(\d+(?:\.\d+)?)"
FACTOR = re.compile(rf"(?<![\w.]){NUMBER}\s*[*,)]|[*,(]\s*-?{NUMBER}")
TERM = re.compile(rf"(?<![\w.]){NUMBER}\s*[-+]|[-+]\s*{NUMBER}(?![\w.]|\s*\*)")
SUBSCRIPT = re.compile(r"(?<=[\w\])])\[[^][]*\]")  # w[0], whose number is not an operand


def factors_in(place: Place | None) -> set[float]:
    """The numbers that a line multiplies by, or passes to a function."""
    return _numbers(FACTOR, place)


def terms_in(place: Place | None) -> set[float]:
    """The numbers that a line adds or subtracts."""
    return _numbers(TERM, place)


def _numbers(pattern: re.Pattern[str], place: Place | None) -> set[float]:
    """The numbers that a pattern finds in the text of a line, without its subscripts."""
    text = SUBSCRIPT.sub("", "" if place is None else place.text)
    return {float(one) for several in pattern.findall(text) for one in several if one}
