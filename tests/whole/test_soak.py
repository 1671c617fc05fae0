"""A process that answers for half an hour holds as much at the end as at its beginning."""

import sys
from dataclasses import replace

import pytest

from tests import soak
from tests.soak import Use

START = Use(megabytes=900.0, files=20, threads=3, children=0, left=0)
WARM_UP = [replace(START, megabytes=100.0, files=3)] * soak.WARM_UP_ROUNDS


def test_what_is_filled_in_the_warm_up_is_not_a_leak():
    assert soak.leaks([*WARM_UP, *[START] * 5]) == []
    assert soak.leaks([*WARM_UP, START]) == ["too few rounds to tell"]


@pytest.mark.parametrize(
    ("change", "leak"),
    [
        ({"files": 21}, "files"),
        ({"threads": 4}, "threads"),
        ({"children": 1}, "children"),
        ({"left": 1}, "left"),
        ({"megabytes": 915.0}, "memory, by 3.0 MB a round"),
    ],
)
def test_what_grows_is_named(change, leak):
    assert soak.leaks([*WARM_UP, *[START] * 5, replace(START, **change)]) == [leak]
    assert soak.leaks([*WARM_UP, *[START] * 5, replace(START, megabytes=909.0)]) == []


@pytest.mark.long
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_half_an_hour_leaves_nothing_behind():
    assert soak.leaks([use for _, use in soak.rounds(soak.SECONDS)]) == []
