"""The numbers that a line is written with, by what the line does with them."""

from __future__ import annotations

import pytest

from harness.checking.written import factors_in, terms_in
from harness.recording.graph import Place


@pytest.mark.parametrize(
    ("text", "factors", "terms"),
    [
        ("w[0] = w[0] - 0.5 * g", {0.5}, set()),  # 0 is an index
        ("a = 1 - s * s + 4 * b", {4.0}, {1.0}),
        ("d = np.clip(x, 3, 20) + 0.25", {3.0, 20.0}, {0.25}),
        ("d = e - y1", set(), set()),  # 1 is a part of a name
    ],
)
def test_numbers_are_factors_or_terms(text: str, factors: set[float], terms: set[float]) -> None:
    place = Place(file="net.py", line=7, function="<module>", variable="d", text=text)
    assert factors_in(place) == factors
    assert terms_in(place) == terms
    assert not factors_in(None)
