"""Quantities: their names and their order."""

from __future__ import annotations

import numpy as np

from harness.comparison.trace import COST, Quantity, Run, quantities, take
from harness.models import sequential, tape
from harness.models.training import Training
from tests.networks import post_problem


def test_names_of_quantities():
    assert str(Quantity("gradient", 3)) == "gradient3"
    assert str(COST) == "cost"


def test_the_order_is_that_of_the_computation():
    network, *_ = post_problem()
    assert [str(quantity) for quantity in quantities(network)] == [
        *("z1", "a1", "z2", "a2", "z3", "a3", "cost"),
        *("delta3", "gradient3", "delta2", "gradient2", "delta1", "gradient1"),
        *("weights1", "weights2", "weights3"),
    ]


def test_a_trace_has_all_that_is_offered_in_order_and_in_shape():
    network, weights, x, y = post_problem()
    trace = take(tape, network, weights, x, y, 0.5)
    assert list(trace) == quantities(network)
    shapes = {str(quantity): value.shape for quantity, value in trace.items()}
    assert shapes["z1"] == shapes["a2"] == shapes["delta1"] == (2, 3)
    assert shapes["gradient3"] == shapes["weights3"] == (4, 2)
    assert shapes["cost"] == ()
    assert [str(q) for q in take(sequential, network, weights, x, y, 0.5)][:3] == ["a1", "a2", "a3"]


def test_a_run_tells_its_costs_and_curves():
    network, weights, x, y = post_problem()
    paths = list(tape.train(network, weights, x, y, Training(0.5, recorded=[0, 1000])))
    run = Run(
        implementation="tape",
        initializer="ones",
        recorded=[0, 1000],
        weights=paths,
        traces=[take(tape, network, w, x, y, 0.5) for w in paths],
    )
    assert run.name == "tape-ones"
    np.testing.assert_allclose(run.costs, [1.9082222, 0.400230], atol=1e-6)
    np.testing.assert_allclose([a[0, 0] for a in run.curve(Quantity("a", 3))], [0.9806907, 0.5992706], atol=1e-6)
