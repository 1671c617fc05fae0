"""Programs that lean on other libraries are judged: the right ones right, and each mistake at its line."""

import pytest

from .library_styles import STYLES
from .style_checks import check_style, params

QUICK = ("settings of an experiment", "tools of arrays")


@pytest.mark.every(2)
@pytest.mark.parametrize("name", params(STYLES, QUICK))
def test_a_right_program_and_its_mistake(name, tmp_path):
    text, old, new = STYLES[name]
    assert text.count(old) >= 1
    check_style(tmp_path / "net.py", text, old, new)
