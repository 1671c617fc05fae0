"""What is refused before it begins, and at which size."""

from __future__ import annotations

import pytest

from harness import BadInput
from harness.models.network import Network, block_size
from harness.scenario import effort
from harness.scenario.scenario import load


def test_recording_more_than_memory_holds_is_refused(monkeypatch):
    scenario = load("post", {"record": "all", "iterations": 100})
    # z, a and delta of 8 units for 2 observations; gradients and weights before and after, of 3 x 3, 4 x 3 and 4 x 2;
    # at 101 iterations, of 3 implementations, from 2 starts
    numbers = 6 * 101 * (3 * 8 * 2 + 3 * (9 + 12 + 8))
    monkeypatch.setattr(effort, "MAX_NUMBERS", numbers)
    effort.check_comparison(scenario)
    monkeypatch.setattr(effort, "MAX_NUMBERS", numbers - 1)
    with pytest.raises(BadInput, match=r"needs 8\.2e4 numbers in memory at once, .* record fewer iterations"):
        effort.check_comparison(scenario)
    # of batches of one observation there is room for more
    effort.check_comparison(load("post", {"record": "all", "iterations": 100, "batch_size": 1}))


@pytest.mark.parametrize(
    ("units", "dtype", "members"),
    [(3, "float32", 256), (64, "float64", 8), (64, "float32", 16), (1000, "float64", 1), (10_000, "float64", 1)],
)
def test_a_block_is_half_a_mebibyte_of_weights_and_at_least_one_member(units, dtype, members):
    """(3 + 4) x units, the hidden ones, and so on: weights of 4 or 8 bytes"""
    network = Network((2, units, units, 1), ("sigmoid",) * 3)
    assert block_size(network, dtype) == members


def test_a_sweep_of_large_networks_is_refused_by_what_a_block_holds(monkeypatch):
    scenario = load("post", {"hidden": [1000, 1000], "iterations": 1})
    # 16 members: 3000 + 1001000 + 2002 weights, 2 observations of 2 + 1000 + 1000 + 2 numbers
    numbers = 4 * 16 * (1_006_002 + 2 * 2004)
    monkeypatch.setattr(effort, "MAX_NUMBERS", numbers)
    effort.check_sweep(scenario, 1)
    monkeypatch.setattr(effort, "MAX_NUMBERS", numbers - 1)
    with pytest.raises(BadInput, match="compare one network instead of many"):
        effort.check_sweep(scenario, 1)
