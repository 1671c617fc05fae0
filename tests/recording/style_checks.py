"""What is checked of every style: a right program is called correct, and a mistake in it is found at its line."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict


def params(names: Iterable[str], quick: Sequence[str]) -> list[Any]:
    """The parameters of a test of styles; those that are not quick are marked slow."""
    return [pytest.param(name, marks=[] if name in quick else pytest.mark.slow) for name in names]


def check_style(path: Path, text: str, old: str, new: str) -> None:
    """Check a program, and the same with its first ``old`` replaced by ``new``, which is a mistake."""
    path.write_text(text)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(text.replace(old, new, 1))
    result = check_file(path)
    assert result.verdict is Verdict.MISTAKE
    line = text[: text.index(old)].count("\n") + 1
    places = [place.line for one in result.mistakes for place in (one.place, *one.others) if place is not None]
    assert min(abs(place - line) for place in places) <= 2
