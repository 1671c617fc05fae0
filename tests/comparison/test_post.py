"""The post's figures, and the rate that it does not state."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from harness.comparison import post
from harness.scenario.scenario import load


def test_every_printed_figure_is_ours_too():
    claims = post.claims(post.RecoveredRate(rate=0.5, low=0.5, high=0.5, miss=0.0))
    assert [claim.claim for claim in claims if not claim.agrees] == []
    assert len(claims) == len(post.PRINTED) + 2
    for claim in claims[: len(post.PRINTED)]:
        assert claim.printed.shape == claim.measured.shape
        assert np.max(np.abs(claim.printed - claim.measured)) <= 2e-7


def test_the_figures_of_another_rate_do_not_agree():
    claims = {claim.claim: claim.agrees for claim in post.claims(post.RecoveredRate(rate=0.49, low=0, high=1, miss=0))}
    assert not claims["outputs after 1000 iterations from ones"]


def test_a_wrong_figure_is_noticed(monkeypatch):
    wrong = [[0.0288126, 0.0596958], *[[0.028122, 0.0580565]] * 3]
    monkeypatch.setitem(post.PRINTED, "gradient3", wrong)
    assert {c.claim for c in post.claims(post.RecoveredRate(rate=0.5, low=0, high=1, miss=0)) if not c.agrees} == {
        "gradient3"
    }


def test_the_learning_rate_is_found():
    found = post.recover_learning_rate(post.OUTPUTS_AFTER_1000, 1000, 5e-7)
    assert found.rate == 0.5
    assert 0.495 < found.low < 0.5 < found.high < 0.505
    assert found.miss == pytest.approx(2.3e-7, abs=1e-8)  # as POST.md measured it with NumPy


@pytest.mark.parametrize("rate", [0.037, *(pytest.param(rate, marks=pytest.mark.slow) for rate in (0.3, 1.7))])
def test_the_search_assumes_nothing(rate):
    """It finds whatever rate made the outputs."""
    found = post.recover_learning_rate(post.outputs_after(300, "ones", rate), 300, 1e-7)
    assert found.rate == pytest.approx(rate, rel=1e-3)


def test_outputs_that_no_rate_makes_are_refused():
    with pytest.raises(ValueError, match="no learning rate"):
        post.recover_learning_rate(np.zeros((2, 2)), 100, 1e-6)


@pytest.mark.parametrize(
    ("low", "high", "shortest"), [(0.4983, 0.5008, 0.5), (2.1, 4.2, 3.0), (0.0123, 0.0124, 0.01235)]
)
def test_shortest_number_between(low, high, shortest):
    assert post.shortest_between(low, high) == pytest.approx(shortest, abs=6e-5)


def test_only_the_post_is_the_post():
    assert post.is_post(load("post"))
    assert post.is_post(load("post", {"learning_rate": 3.0, "dtype": "float32"}))
    assert not post.is_post(load("xor"))
    assert not post.is_post(load("post", {"hidden": ["3", "4"]}))
    assert not post.is_post(dataclasses.replace(load("post"), x=np.array([[0.8, 0.4], [0.3, 0.2]])))
