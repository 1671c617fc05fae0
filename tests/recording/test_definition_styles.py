"""Files that define networks in ways of their own are judged: the right ones right, each slip at its line."""

import pytest

from .definition_styles import STYLES
from .style_checks import check_style, params

QUICK = ("weights that are named by a layer and a letter",)


@pytest.mark.parametrize("name", params(STYLES, QUICK))
def test_a_definition_and_its_slip(name, tmp_path):
    text, old, new = STYLES[name]
    assert text.count(old) == 1
    check_style(tmp_path / "net.py", text, old, new)
