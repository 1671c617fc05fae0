"""F-strings as Python 3.12 allows them, written so that versions before it read the same; lines stay what they are.

From 3.12 on, a field may hold the quotes of its own string, backslashes and line breaks: ``f"{row["name"]}"``.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from .python_2 import NOT_PYTHON

OPENING = re.compile(r"((?i:[rbuf]|[bf]r|r[bf])?)('''|\"\"\"|'|\")")
WORD = re.compile(r"\w+")
BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


class Unreadable(Exception):
    """A string that does not end, or that cannot be written another way."""


@dataclass(frozen=True, kw_only=True)
class Literal:
    """A string of a text, from its prefix to its closing quotes."""

    prefix: str
    quotes: str
    start: int
    body: int  # where the first character after the quotes is
    end: int
    fields: tuple[tuple[int, int], ...]  # the expressions in it; none in a string that is not an f-string

    @property
    def is_formatted(self) -> bool:
        """Whether it is an f-string."""
        return "f" in self.prefix.lower()


def for_older_versions(text: str) -> str:
    """The text with f-strings that every version of Python 3 reads; the same text if there are none to change."""
    try:
        return _rewritten(text, 0, len(text), is_inner=False)
    except (Unreadable, *NOT_PYTHON):
        return text


def _rewritten(text: str, start: int, end: int, is_inner: bool) -> str:
    """A part of a text with its f-strings changed."""
    parts, place = [], start
    while place < end:
        known = _literal_at(text, place)
        if known is not None:
            parts.append(_changed(text, known, is_inner))
            place = known.end
            continue
        word = WORD.match(text, place)
        after = word.end() if word is not None else _after_comment(text, place) or place + 1
        parts.append(text[place:after])
        place = after
    return "".join(parts)


def _changed(text: str, literal: Literal, is_inner: bool) -> str:
    """One string as earlier versions read it."""
    whole = text[literal.start : literal.end]
    if not literal.is_formatted:
        return _without_backslashes(whole) if is_inner and "\\" in whole else whole
    written = [text[one:other] for one, other in literal.fields]
    hides_quotes = len(literal.quotes) == 1 and any(literal.quotes in one or "\n" in one for one in written)
    if not hides_quotes and not any("\\" in one for one in written):
        return whole
    parts, place = [], literal.body
    for one, other in literal.fields:
        parts += [text[place:one], _rewritten(text, one, other, is_inner=True)]
        place = other
    closing = literal.end - len(literal.quotes)
    body = "".join([*parts, text[place:closing]])
    if not hides_quotes:
        return f"{literal.prefix}{literal.quotes}{body}{literal.quotes}"
    both = ['"""', "'''"]
    if is_inner or literal.quotes == "'":
        both.reverse()
    for quotes in both:
        if quotes not in body and not body.endswith(quotes[0]):
            return f"{literal.prefix}{quotes}{body}{quotes}"
    raise Unreadable


def _without_backslashes(whole: str) -> str:
    """A string with ``chr`` in the place of what it writes with backslashes."""
    value = ast.literal_eval(whole)
    if not isinstance(value, str) or "\n" in whole:
        raise Unreadable
    pieces = re.findall(r"[^\x00-\x1f\\'\"]+|[\x00-\x1f\\'\"]", value)
    quote = whole[-1]
    made = [f"chr({ord(one)})" if one < " " or one in "\\'\"" else f"{quote}{one}{quote}" for one in pieces]
    return made[0] if len(made) == 1 else f"({' + '.join(made)})"


def _literal_at(text: str, place: int) -> Literal | None:
    """The string that begins at a place; None if there is none."""
    match = OPENING.match(text, place)
    if match is None:
        return None
    prefix, quotes = match.groups()
    fields, here = list[tuple[int, int]](), match.end()
    while not text.startswith(quotes, here):
        if here >= len(text) or (text[here] == "\n" and len(quotes) == 1):
            raise Unreadable
        if text[here] == "\\" or ("f" in prefix.lower() and text.startswith(("{{", "}}"), here)):
            here += 2
        elif text[here] == "{" and "f" in prefix.lower():
            here = _after_field(text, here + 1, fields)
        else:
            here += 1
    return Literal(
        prefix=prefix,
        quotes=quotes,
        start=place,
        body=match.end(),
        end=here + len(quotes),
        fields=tuple(fields),
    )


def _after_field(text: str, start: int, fields: list[tuple[int, int]]) -> int:
    """The place after the brace that closes a field, whose expression is noted."""
    place, depth = start, 0
    while place < len(text):
        known = _literal_at(text, place)
        if known is not None:
            place = known.end
            continue
        character = text[place]
        if character == "#":  # a comment, which no earlier version allows
            raise Unreadable
        if depth == 0 and character in "}:":
            fields.append((start, place))
            return place + 1 if character == "}" else _after_format(text, place + 1, fields)
        depth += BRACKETS.get(character, 0)
        word = WORD.match(text, place)
        place = word.end() if word is not None else place + 1
    raise Unreadable


def _after_format(text: str, place: int, fields: list[tuple[int, int]]) -> int:
    """The place after the brace that closes a field, from the start of its format on, which may hold fields."""
    while place < len(text):
        if text[place] == "}":
            return place + 1
        place = _after_field(text, place + 1, fields) if text[place] == "{" else place + 1
    raise Unreadable


def _after_comment(text: str, place: int) -> int | None:
    """The end of a comment that begins at a place; None if there is none."""
    if text[place] != "#":
        return None
    end = text.find("\n", place)
    return len(text) if end < 0 else end
