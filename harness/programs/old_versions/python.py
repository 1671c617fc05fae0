"""Code as people post it, made readable for today's Python: Python 2, curly quotes, indented snippets, prompts.

Only text that Python cannot parse is changed, and lines keep their numbers.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable

from ...recording.python_2 import from_python_2, is_python

QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " ", "\u200b": ""})
PROMPT = re.compile(r"^(>>> ?|\.\.\. ?|In \[\d*\]: ?)")
OUTPUT = re.compile(r"^Out\[\d*\]:.*$")


def readable(text: str) -> str:
    """A text that Python can parse, with the same lines; the text itself if it can already, or if nothing helps."""
    if is_python(text):
        return text
    changed = text
    for change in CHANGES:
        changed = change(changed)
        if is_python(changed):
            return changed
    return text


def is_posted_python_2(text: str) -> bool:
    """Whether a text that Python 3 cannot parse is Python 2, once what posting it has added is taken off."""
    if is_python(text):
        return False
    plain = without_indentation(without_prompts(without_quotes(text)))
    return not is_python(plain) and from_python_2(plain) is not None


def without_quotes(text: str) -> str:
    """Straight quotes and plain spaces in the place of typeset ones."""
    return text.translate(QUOTES)


def without_prompts(text: str) -> str:
    """The code of an interactive session, without its prompts; lines of output become empty."""
    lines = text.split("\n")
    if not any(line.startswith(">>>") or OUTPUT.match(line) or line.startswith("In [") for line in lines):
        return text
    has_prompts = any(line.startswith(">>>") for line in lines)
    kept = []
    for line in lines:
        if OUTPUT.match(line) or (has_prompts and not PROMPT.match(line)):
            kept.append("")
        else:
            kept.append(PROMPT.sub("", line))
    return "\n".join(kept)


def without_indentation(text: str) -> str:
    """A snippet whose lines are all indented, or whose first line alone is not, as it is after copying."""
    expanded = text.expandtabs(8) if "\t" in text and not is_python(text) else text
    dedented = textwrap.dedent(expanded)
    first, _, rest = expanded.partition("\n")
    apart = f"{first.lstrip()}\n{textwrap.dedent(rest)}"
    if is_python(dedented) or not rest or (first.rstrip().endswith(":") and not is_python(apart)):
        return dedented
    return apart


CHANGES: tuple[Callable[[str], str], ...] = (
    without_quotes,
    without_prompts,
    without_indentation,
    lambda text: from_python_2(text) or text,
    lambda text: text.expandtabs(8),
)  # tried one after the other, each on the result of the last, until Python can parse the text
