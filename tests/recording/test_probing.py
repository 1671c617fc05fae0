"""What probes see of the way in which a constructor uses its arguments."""

from __future__ import annotations

import copy
import os

import numpy as np
import pytest

from harness.recording.driving.probing import probed_uses
from harness.recording.driving.session import quiet


class Made:
    """Uses each argument in one way, after it went through something else."""

    def __init__(self, size, pair, kind, squash, part, rate):
        kept = {"size": size, "rate": rate}
        self.w = np.zeros((2, kept["size"])) + np.random.rand()  # noqa: NPY002  as the user's code does
        self.shapes = [np.ones(one) for one in pair[1:]]
        self.is_relu = kind.lower() in ("relu", "tanh")
        self.a = squash(self.w) if self.is_relu else None
        part.connect(self.w)
        self.rate = 2 * kept["rate"] if kept["rate"] < 100 else 0
        raise ValueError("what was done until then counts")


@pytest.fixture
def uses():
    return probed_uses(Made, ("size", "pair", "kind", "squash", "part", "rate"))


def test_each_use_is_noted(uses):
    assert uses["size"].counted
    assert not uses["size"].element_counted
    assert uses["pair"].element_counted
    assert not uses["pair"].counted
    assert uses["kind"].strings == ["relu"]
    assert uses["squash"].given == {"": 1}
    assert uses["part"].methods == {"connect"}
    assert uses["rate"].arithmetic
    assert not uses["rate"].counted


KINDS = {"relu": np.abs, "tanh": np.tanh}


class Described:
    """Takes layers as pairs of a size and the name of a function, through a copy, and settings by their keys."""

    def __init__(self, layers, settings):
        self.layers = copy.deepcopy(layers)
        self.layers.append((3, "tanh"))
        settings["made"] = True
        self.sizes = [7] + settings["between"]
        self.rate = settings.get("rate", 0.5) * 2
        for units, kind in self.layers:
            KINDS[kind](np.zeros((7, units)))


def test_the_parts_of_elements_are_distinguished():
    uses = probed_uses(Described, ("layers", "settings"))
    units, kind = uses["layers"].parts
    assert units.counted
    assert not units.strings
    assert kind.strings == ["relu", "tanh"]
    assert not kind.counted
    assert uses["settings"].keys == {"between"}


def test_probing_changes_no_random_numbers():
    np.random.seed(3)  # noqa: NPY002  as the user's code does
    expected = np.random.rand()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    probed_uses.__wrapped__(Made, ("size", "pair", "kind", "squash", "part", "rate"))
    assert np.random.rand() == expected  # noqa: NPY002


def test_a_constructor_that_does_not_end_is_left():
    class Endless:
        def __init__(self, size):
            self.w = np.zeros(size)
            while True:
                self.w = self.w + 1

    assert probed_uses(Endless, ("size",))["size"].counted


def test_a_probe_is_not_the_number_of_an_open_file(tmp_path):
    class Read:
        def __init__(self, filename):
            self.lines = open(filename).read()  # noqa: SIM115  as the user's code does

    kept = [(tmp_path / str(number)).open("w") for number in range(9)]  # of the numbers that probes have
    with quiet():
        assert not probed_uses(Read, ("filename",))["filename"].counted
    assert all(not file.closed and os.fstat(file.fileno()) for file in kept)
