"""The one error for a user's mistake, and how values, paths and other people's text are shown in a message."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

LONGEST_SHOWN = 60  # letters of a value in a message
LONGEST_PATH = 200  # of a path
MOST_KNOWN = 12  # words listed in a message
MOST_COMPARED = 1000  # words that a mistyped one is compared with


class BadInput(Exception):
    """A user's mistake, in one or two plain lines: where, what was expected and found, what to do. Exit code 2.

    The command line, TOML files and Python name a key each in their own terms (``in_terms_of``), so that no message
    here has to know them.

    Attributes:
        problem: what is wrong, without the key and the hint.
        key: the setting or the place that it is about ("learning_rate", "mine.toml: training.seed"), or "".
        expected: what it must be, or "". got: what it is.
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
        """The message with the key as ``name`` gives it."""
        lead = name(self.key) if self.key else ""
        if self.expected:
            told = f"{lead} must be {self.expected}, got {shown(self.got)}"
        else:
            told = f"{lead}: {self.problem}" if lead else self.problem
        return f"{told}; {self.hint}" if self.hint else told

    def __str__(self) -> str:
        return self.in_terms_of(str)


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
