"""The main job: what it finds on the post, and that it finds what is broken."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from harness.comparison import experiment
from harness.comparison.post import RecoveredRate, claims
from harness.measures.baseline import constant_cost
from harness.measures.symmetry import clone_spread, effective_width
from harness.models import deltas, handwritten
from harness.report import comparison
from harness.scenario.scenario import load

FEW_RECORDS = {"iterations": 2000, "record": "every 500"}


@pytest.fixture(scope="module")
def found():
    return experiment.run(load("post", FEW_RECORDS))


def test_everything_agrees_on_the_post(found):
    assert found.agrees
    pairs = {(c.left, c.right) for c in found.comparisons}
    assert pairs == {
        ("handwritten", "tape"),
        ("handwritten", "sequential"),
        ("tape", "sequential"),
        ("handwritten", "numerical"),
        ("tape", "numerical"),
        ("sequential", "numerical"),
    }
    assert {c.initializer for c in found.comparisons} == {"ones", "glorot_uniform"}
    assert {c.iteration for c in found.comparisons} == {0, 500, 1000, 1500, 2000}


def test_every_quantity_is_compared(found):
    compared = {str(c.difference.quantity) for c in found.comparisons}
    assert compared == {
        *(f"{name}{layer}" for name in ("z", "a", "delta", "gradient", "weights") for layer in (1, 2, 3)),
        "cost",
    }
    assert found.not_offered == {"handwritten": [], "tape": [], "sequential": ["z", "delta"]}


def test_costs_and_clones_are_those_that_post_md_measured(found):
    for run in found.runs:
        costs = dict(zip(run.recorded, run.costs))
        if run.initializer == "ones":
            assert costs[1000] == pytest.approx(0.400230, abs=1e-6)
            assert costs[2000] == pytest.approx(0.399905, abs=1e-6)
            assert all(clone_spread(w, layer) == 0 for w in run.weights for layer in (1, 2))
            assert [effective_width(run.weights[-1], layer) for layer in (1, 2)] == [1, 1]
        else:
            assert costs[2000] < 0.01
            assert [effective_width(run.weights[-1], layer) for layer in (1, 2)] == [3, 3]


def test_the_constant_prediction_of_the_post_costs_two_fifths(found):
    """y has column means 0.6 and 0.2: 2 x 0.4^2 + 2 x 0.2^2"""
    assert found.constant_cost == pytest.approx(0.4, rel=1e-12)


@pytest.mark.parametrize(
    ("cost", "y", "expected"),
    [
        ("mean_squared_error", [[0.0], [1.0]], 0.25),
        ("binary_crossentropy", [[0.0], [1.0]], np.log(2)),
        ("binary_crossentropy", [[1.0], [1.0]], 0.0),
        ("categorical_crossentropy", [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]], np.log(3)),
    ],
)
def test_the_constant_prediction_costs_what_the_closed_form_says(cost, y, expected):
    assert constant_cost(cost, np.array(y)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.slow
def test_float32_agrees_within_its_own_bounds():
    found = experiment.run(load("post", {"iterations": 500, "dtype": "float32"}))
    assert found.agrees
    worst = max(c.difference.max_abs for c in found.comparisons if c.right != "numerical")
    assert 0 < worst < 1e-4


BROKEN = {
    "cost_gradient": lambda right: lambda cost, a, y: right(cost, a, y) / 2,
    "weight_gradient": lambda right: lambda a, delta: right(a, delta) * 1.0001,
}


@pytest.mark.slow
@pytest.mark.usefixtures("compiled_anew")
@pytest.mark.parametrize("step", sorted(BROKEN))
def test_a_broken_step_makes_the_job_say_so(step, monkeypatch):
    """And the referee, which knows nothing of the others, takes their side."""
    module = deltas if step == "cost_gradient" else handwritten
    monkeypatch.setattr(module, step, BROKEN[step](getattr(module, step)))
    found = experiment.run(load("post", {"iterations": 2, "initializers": ["glorot_uniform"]}))
    assert not found.agrees
    wrong = {(c.left, c.right) for c in found.comparisons if not c.difference.agrees}
    assert wrong == {("handwritten", "tape"), ("handwritten", "sequential"), ("handwritten", "numerical")}
    sentence = comparison.agreement_sentence(found)
    assert sentence.startswith("The implementations differ")
    assert "handwritten and tape, glorot_uniform initializer, iteration 0" in sentence
    assert sentence.endswith("handwritten differs from all others, which agree with each other.")
    figures = claims(RecoveredRate(rate=0.5, low=0.5, high=0.5, miss=0.0))
    assert not all(figure.agrees for figure in figures)


def test_the_outlier_is_named_only_if_the_others_agree():
    """Of two that differ, and of three that all differ, none can be blamed."""

    def pair(left, right, agrees):
        return SimpleNamespace(left=left, right=right, difference=SimpleNamespace(agrees=agrees))

    assert comparison.outlier_sentence([pair("a", "b", False)]) == ""
    assert comparison.outlier_sentence([pair("a", "b", False), pair("a", "c", False), pair("b", "c", False)]) == ""
    two_of_three = [pair("a", "c", True), pair("a", "c", False), pair("b", "c", False), pair("a", "b", True)]
    assert comparison.outlier_sentence(two_of_three) == " c differs from all others, which agree with each other."


@pytest.mark.slow
def test_a_diverging_descent_ends_and_says_so():
    """A linear layer with a rate far too large: NaN on all sides is agreement, and the report says what to do."""
    found = experiment.run(
        load("xor", {"activations": ["linear"], "learning_rate": 1e6, "iterations": 2000, "initializers": ["ones"]})
    )
    assert not np.isfinite(found.runs[0].costs[-1])
    assert any("Lower the learning rate" in line for line in comparison.verdict(found))
    assert found.to_dict()["runs"][0]["final_cost"] is None


def test_progress_goes_from_nothing_to_everything():
    told = []
    experiment.run(load("post", {"iterations": 1}), lambda done, total, what: told.append((done, total)))
    assert told[0] == (0, 8)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_large_networks_get_a_referee_for_some_entries(monkeypatch):
    monkeypatch.setattr(experiment, "REFEREE_WORK", 60)
    scenario = load("post", {"iterations": 1, "initializers": ["glorot_uniform"]})
    trace, _ = experiment.referee_trace(scenario.network, scenario.start("glorot_uniform"), scenario.x, scenario.y)
    gradients = [value for quantity, value in trace.items() if quantity.name == "gradient"]
    assert [g.count() for g in gradients] == [3, 3, 3]  # 60 / (2 observations x 10 units)
    assert experiment.run(scenario).agrees


def test_a_document_repeats_no_large_data():
    rng = np.random.default_rng(0)
    large = replace(load("post"), x=rng.normal(size=(5001, 2)), y=rng.uniform(size=(5001, 1)))
    document = comparison.scenario_json(large)
    assert (document["observations"], document["x"]) == (5001, None)
    assert document["y"].shape == (5001, 1)
