"""The networks of tests/files, written in several layouts, for tests that need a file to judge."""

from __future__ import annotations

from pathlib import Path

FILES = Path(__file__).with_name("files")
HIDDEN_DELTA = "delta = error * a[layer - 1] * (1 - a[layer - 1])"  # of a hidden layer, in matrix.py


def text_of(file: str) -> str:
    """The text of a correct file."""
    return (FILES / f"{file}.py").read_text()


def text_without_hidden_derivative() -> str:
    """The text of matrix.py with one mistake: missing-hidden-activation-derivative."""
    text = text_of("matrix")
    if text.count(HIDDEN_DELTA) != 1:
        raise ValueError(f"matrix.py must have one line {HIDDEN_DELTA!r}")
    return text.replace(HIDDEN_DELTA, "delta = error")


def write_file(path: Path, text: str) -> Path:
    """The path of a file, which has this text now."""
    path.write_text(text)
    return path
