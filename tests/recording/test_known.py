"""What a change depends on, by way of sums that may be those of residual layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest

from harness.recording.enough import Enough
from harness.recording.known import KnownVersions
from harness.recording.lineage import Lineage
from harness.recording.tape import Tape
from harness.recording.versions import Chain

COUNT = 1_000
OWN, CHANGE = 0, 2  # nodes: what may be a parameter, and what is added to it


@dataclass
class Sum:
    """A parameter that begins with a sum; it counts how often it is looked at."""

    first: int
    bit: int
    sum_mask: int
    shown: bool = False
    looks: int = 0

    @property
    def is_shown(self) -> bool:
        """Whether a forward pass has shown that it is updated."""
        self.looks += 1
        return self.shown


@pytest.fixture
def sums() -> list[Sum]:
    return [Sum(first=100 + number, bit=1 << (10 + number), sum_mask=0) for number in range(COUNT)]


def known_with(sums: list[Sum], reached: int) -> KnownVersions:
    """Versions of nothing yet, and these sums."""
    lineage = Lineage(Tape())
    lineage.masks = [1, 2, reached | 2]
    known = KnownVersions(Tape(), lineage)
    for one in sums:
        known.add_sum(cast(Any, one))
    return known


def test_only_the_sums_that_are_reached_are_looked_at(sums: list[Sum]) -> None:
    sums[700].sum_mask, sums[20].sum_mask = sums[20].bit, 1
    assert known_with(sums, sums[700].bit).depends(CHANGE, OWN)
    assert [number for number, one in enumerate(sums) if one.looks] == [20, 700]


def test_a_sum_is_made_of_earlier_ones_only(sums: list[Sum]) -> None:
    sums[20].sum_mask, sums[700].sum_mask = sums[700].bit, 1
    assert not known_with(sums, sums[20].bit).depends(CHANGE, OWN)


def test_a_sum_that_is_updated_hands_nothing_on(sums: list[Sum]) -> None:
    sums[700].sum_mask, sums[700].shown = 1, True
    assert not known_with(sums, sums[700].bit).depends(CHANGE, OWN)


def test_what_depends_on_it_directly_needs_no_sum(sums: list[Sum]) -> None:
    assert known_with(sums, 1 | sums[3].bit).depends(CHANGE, OWN)
    assert not any(one.looks for one in sums)
    assert not known_with(sums, sums[3].bit).depends(OWN, OWN)  # nothing else


def test_updates_are_counted_again_only_when_the_parameter_with_the_fewest_has_had_enough() -> None:
    enough = Enough(Tape(), updates=3)
    behind = Chain(first=0, bit=1)
    assert not enough.is_awaited(behind)  # it may be none
    behind.groups.append((0, 1))
    assert enough.is_awaited(behind)
    behind.groups.append((1, 2))
    assert not enough.is_awaited(behind)
    dropped = Chain(first=0, bit=1, groups=[(0, 1)], is_passing=True)
    assert not enough.is_awaited(dropped)
    assert not Enough(Tape(), updates=1).is_awaited(Chain(first=0, bit=1, groups=[(0, 1)]))
