"""Files that define networks in ways of their own are judged: the right ones right, each slip at its line."""

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict

from .definition_styles import STYLES

QUICK = ("weights that are named by a layer and a letter",)
NAMES = [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in STYLES]


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_and_its_slip(name, tmp_path):
    text, old, new = STYLES[name]
    assert text.count(old) == 1
    path = tmp_path / "net.py"
    path.write_text(text)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(text.replace(old, new))
    result = check_file(path)
    assert result.verdict is Verdict.MISTAKE
    line = text[: text.index(old)].count("\n") + 1
    places = [place.line for one in result.mistakes for place in (one.place, *one.others) if place is not None]
    assert min(abs(place - line) for place in places) <= 2
