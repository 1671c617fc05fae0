"""The frozen benches are whole: every planted edit fits its program, and every kind has a name in the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.check_accuracy import SAME
from tests.files.bench import BENCHES, cases


@pytest.mark.parametrize("root", BENCHES.values(), ids=list(BENCHES))
class TestBench:
    def test_ids_differ(self, root: Path) -> None:
        ids = [case.id for case in cases(root)]
        assert len(set(ids)) == len(ids)

    def test_edits_change_lines_that_exist(self, root: Path) -> None:
        for case in cases(root):
            texts = case.texts  # raises if an edit does not fit
            for edit in case.edits:
                assert edit.lines, case.id
                assert min(edit.lines) >= 1, case.id
                assert max(edit.lines) <= len(texts[edit.file].splitlines()), case.id
                assert edit.new != edit.old, case.id

    def test_every_kind_is_known_to_the_scorer(self, root: Path) -> None:
        assert {kind for case in cases(root) for kind in case.kinds} <= set(SAME)


def test_second_bench_shares_no_program_with_the_first() -> None:
    first, second = ({case.source for case in cases(root) if not case.edits} for root in BENCHES.values())
    assert not first & second
