"""The search for the place of a mistake ends after a counted amount of work, and the verdict stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking import locating
from harness.checking.check import check_file
from harness.checking.result import Verdict

from .programs import PLANTS, RIGHT


def test_work_grows_with_the_elements_of_an_array() -> None:
    assert locating.work_of(()) == 1
    assert locating.work_of((784, 100)) == 1 + 78_400 // 4_000


def test_a_search_that_is_over_leaves_the_mistake_without_a_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, old, new, _ = PLANTS[0]
    file = tmp_path / "mine.py"
    file.write_text(RIGHT[name].replace(old, new, 1))
    monkeypatch.setattr(locating, "MOST_WORK", -1)
    result = check_file(file)
    assert result.verdict is Verdict.MISTAKE
    assert [one.id for one in result.mistakes] == ["wrong-value"]
