"""Marks at the lines of a checked file in the log of a CI service."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..checking.result import CheckResult

STYLES = ("github", "none")


def print_for(style: str | None, result: CheckResult, path: Path, *, as_json: bool) -> None:
    """Print the marks of a result: on stdout, or on stderr if that is for a document.

    Args:
        style: one of ``STYLES``; None finds out whether this is a job of GitHub Actions.
        result: of the check of a file.
        path: of the file, as the user named it.
        as_json: whether stdout has a JSON document.
    """
    if style == "github" or (style is None and os.environ.get("GITHUB_ACTIONS") == "true"):
        for line in github_lines(result, path):
            print(line, file=sys.stderr if as_json else sys.stdout, flush=True)


def github_lines(result: CheckResult, path: Path) -> Iterator[str]:
    """One workflow command of GitHub Actions for each mistake, or for a file that was not judged."""
    from ..recording.project import root_of
    from ..report import checking, reasons

    file = os.path.relpath(path)
    if result.reason is not None:
        yield github_line("warning", file, None, result.reason.value, reasons.REASONS[result.reason][0])
    for mistake in result.mistakes:
        where, line = file, None
        if mistake.place is not None and path.suffix != ".ipynb":  # the lines of a notebook are not those of its file
            where, line = os.path.relpath(root_of(path.resolve()) / mistake.place.file), mistake.place.line
        cell = f"In {checking.line_of(mistake.place)}: " if mistake.place is not None and mistake.place.cell else ""
        level = "notice" if mistake.accepted else "error"
        words = checking.words_of(mistake)
        yield github_line(level, where, line, checking.named(mistake), f"{cell}{words.what} {words.fix}")


def github_line(level: str, file: str, line: int | None, title: str, message: str) -> str:
    """``::error file=net.py,line=12,title=wrong-sign::The gradient has ...``"""
    given = {"file": file, "line": line, "title": title}
    properties = ",".join(f"{name}={escaped(value, ':,')}" for name, value in given.items() if value is not None)
    return f"::{level} {properties}::{escaped(message)}"


def escaped(value: object, further: str = "") -> str:
    """A value without the characters that have a meaning in a workflow command."""
    text = str(value)
    for letter in f"%\r\n{further}":
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
