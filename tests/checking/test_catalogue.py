"""The facts of the catalogue and the sentences about it belong to the same ids."""

from __future__ import annotations

from harness.checking.cost import Form
from harness.checking.mistakes import BY_ID, CATALOGUE
from harness.checking.result import Reason
from harness.report import mistakes, reasons


def test_every_mistake_has_its_sentences() -> None:
    assert set(BY_ID) == set(mistakes.MISTAKES)
    assert len(BY_ID) == len(CATALOGUE)


def test_every_reason_and_cost_has_its_words() -> None:
    assert set(reasons.REASONS) == set(Reason)
    assert set(mistakes.COSTS) == {form.value for form in Form}
