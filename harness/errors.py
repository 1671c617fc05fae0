"""The one error for a user's mistake, and how values, paths and other people's text are shown in a message."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

MAX_VALUE_CHARACTERS = 60  # of a value in a message
MAX_PATH_CHARACTERS, END_CHARACTERS = 200, 60  # of a path, and of each end of a longer one
MAX_WORDS = 12  # of a list in a message
MAX_COMPARED_WORDS = 1000  # that a mistyped word is compared with


class BadInput(Exception):
    """A user's mistake, in one or two plain lines: where, what was expected and found, what to do.

    The command line, TOML files and Python each name a key in their own terms (``in_terms_of``). The command line ends
    with exit code 2.

    Attributes:
        problem: what is wrong, without the key and the hint.
        key: the setting or place, such as "learning_rate" or "mine.toml: training.seed"; or "".
        expected: what the value must be, or "".
        got: what the value is.
        hint: what to do, or "".

    Example:
        >>> str(BadInput(key="mine.toml: training.batch_size", expected="a positive integer", got=-3))
        'mine.toml: training.batch_size must be a positive integer, got -3'
        >>> str(BadInput("unknown 'sgdd'", key="optimizers", hint="did you mean 'sgd'?"))
        "optimizers: unknown 'sgdd'; did you mean 'sgd'?"
    """

    def __init__(
        self, problem: str = "", *, key: str = "", expected: str = "", got: object = None, hint: str = ""
    ) -> None:
        super().__init__(problem)
        self.problem, self.key, self.expected, self.got, self.hint = problem, key, expected, got, hint

    def in_terms_of(self, name: Callable[[str], str]) -> str:
        """The message, with the key written by ``name``."""
        lead = name(self.key) if self.key else ""
        if self.expected:
            message = f"{lead} must be {self.expected}, got {shown(self.got)}"
        else:
            message = f"{lead}: {self.problem}" if lead else self.problem
        return f"{message}; {self.hint}" if self.hint else message

    def __str__(self) -> str:
        return self.in_terms_of(str)


def reason_of(error: Exception) -> str:
    """What the system says is wrong with a file or a connection; of other errors, their message."""
    return getattr(error, "strerror", None) or str(error)


def shown(value: object) -> str:
    """A value on one short line."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # integers of thousands of digits, deeply nested lists
        return f"a {type(value).__name__} too long to show"
    return text if len(text) <= MAX_VALUE_CHARACTERS else f"{text[: MAX_VALUE_CHARACTERS - 3]}..."


def shown_path(path: str | Path) -> str:
    """A path, escaped if it would break the line and shortened if it would fill it."""
    text = str(path) if str(path) and str(path).isprintable() else repr(str(path))
    return text if len(text) <= MAX_PATH_CHARACTERS else f"{text[:END_CHARACTERS]}...{text[-END_CHARACTERS:]}"


def escape_controls(text: str) -> str:
    """A text with every control character escaped, except line breaks and tabs."""
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else letter.encode("unicode_escape").decode()
        for letter in text
    )


def nearest(word: str, known: Iterable[str]) -> str:
    """ "; did you mean 'xor'?", or "" if no known word is near."""
    import difflib

    near = difflib.get_close_matches(
        word[:MAX_VALUE_CHARACTERS].lower(), itertools.islice(known, MAX_COMPARED_WORDS), n=1
    )
    return f"; did you mean {near[0]!r}?" if near else ""


def nearest_file(path: Path) -> str:
    """ "; did you mean 'network.py'?", or "" if no file beside this one has a name near to its own."""
    try:
        return nearest(path.name, (one.name for one in path.parent.iterdir() if one.is_file()))
    except (OSError, ValueError):
        return ""


def known_words(known: Sequence[str]) -> str:
    """ "; known are post, xor, digits", at most ``MAX_WORDS`` of them."""
    return f"; known are {', '.join(known[:MAX_WORDS])}{', ...' if len(known) > MAX_WORDS else ''}"
