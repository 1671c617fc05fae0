"""The ensemble against the single networks, member by member; what chunks and neighbours must not change; clones."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings

from harness.cli import compiler
from harness.models import (
    ensemble,
    handwritten,
    initializers,
    loop,
    members_first,
    members_last,
    numerical,
    observations_last,
    tape,
)
from harness.models.network import Network
from harness.models.optimizers import SGD, Optimizer
from harness.models.training import Training
from tests.networks import post_problem, problems

POST = post_problem().network
XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def draw(network, members, dtype="float64", kernel="glorot_uniform", seed=0):
    return initializers.draw_members(network, initializers.parse(kernel), None, seed, members, dtype)


def member(weights, number):
    return [w[..., number] for w in weights]


def around(weights, members):
    """So many copies of the weights, each with noise of its own."""
    rng = np.random.default_rng(8)
    return [w[..., None] + 0.1 * rng.normal(size=(*w.shape, members)) for w in weights]


def gradients_of_members(network, weights, x, y):
    """dC/dw of each layer, (inputs + 1, units, members), in the layout that belongs to the network."""
    layout = ensemble.layout_of(network, len(x))
    return layout.release(layout.gradients(network, layout.hold(weights), tf.constant(x), tf.constant(y)))


# The math, against the single network's


@pytest.mark.every(2)
@pytest.mark.parametrize("way", [members_first, members_last, observations_last], ids=lambda way: way.__name__)
@settings(max_examples=15, deadline=None)
@given(problem=problems)
def test_gradients_and_costs_are_the_handwritten_ones(way, problem):
    network, weights, x, y = problem
    many = around(weights, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ensemble, "way_of", lambda network, observations: way)
        tensors = [tf.constant(w) for w in many]
        found = gradients_of_members(network, tensors, x, y)
        (costs,) = ensemble.costs(network, tensors, tf.constant(x), tf.constant(y))
    for number in range(3):
        alone = member(many, number)
        assert costs[number].numpy() == pytest.approx(handwritten.forward(network, alone, x, y).cost, rel=1e-12)
        for got, wanted in zip(found, handwritten.backward(network, alone, x, y).gradients):
            np.testing.assert_allclose(got[..., number], wanted, rtol=1e-10, atol=1e-13 * (1 + np.max(np.abs(wanted))))


@pytest.mark.every(4)
@pytest.mark.parametrize("cost", ["sum_of_squared_errors", "mean_squared_error", "categorical_crossentropy"])
@pytest.mark.parametrize("observations", [17, 32, 33, 64, 71])
def test_gradients_of_many_observations_are_the_referees(observations, cost):
    """Sums that are written out, and passes over pieces of the observations with a last one that is smaller."""
    output = "softmax" if cost == "categorical_crossentropy" else "sigmoid"
    network = Network((3, 20, 2), ("tanh", output), cost)
    rng = np.random.default_rng(observations)
    x, y = rng.normal(size=(observations, 3)), rng.dirichlet([1, 1], observations)
    weights = [rng.normal(size=shape) for shape in network.shapes]
    found = gradients_of_members(network, [tf.constant(w[..., None]) for w in weights], x, y)
    for got, wanted in zip(found, numerical.backward(network, weights, x, y).gradients):
        np.testing.assert_allclose(got[..., 0], wanted, rtol=1e-6, atol=1e-8)


CASES = [
    (Network((2, 3, 3, 2), ("sigmoid",) * 3), SGD, 0.5),
    (Network((2, 4, 1), ("tanh", "sigmoid"), "binary_crossentropy"), Optimizer("momentum"), 0.1),
    (Network((2, 5, 3), ("leaky_relu", "softmax"), "categorical_crossentropy"), Optimizer("nesterov"), 0.05),
    (Network((2, 20, 20, 2), ("tanh", "relu", "linear"), "mean_squared_error"), Optimizer("rmsprop"), 0.001),
    (Network((2, 70, 9, 2), ("tanh", "relu", "linear"), "mean_squared_error"), Optimizer("rmsprop"), 0.001),
    (Network((2, 3, 2), ("sigmoid", "linear")), Optimizer("adam"), 0.01),
]


@pytest.mark.parametrize(
    ("network", "optimizer", "learning_rate", "dtype"),
    [
        (*CASES[0], "float64"),
        *(
            pytest.param(*case, dtype, marks=pytest.mark.slow)
            for case, dtype in zip(CASES[1:], ["float64", "float32", "float64", "float32", "float64"])
        ),
    ],
    ids=lambda value: str(value) if not isinstance(value, Network) else "-".join(map(str, value.sizes)),
)
def test_each_member_is_the_network_of_its_seed_at_every_recorded_iteration(network, optimizer, learning_rate, dtype):
    recorded, seeds = [0, 1, 2, 7, 40, 100], (0, 2)
    x = XOR_X.astype(dtype)
    y = np.random.default_rng(3).uniform(0.1, 0.9, (4, network.sizes[-1]))
    y = (y / y.sum(axis=1, keepdims=True)).astype(dtype)
    weights = draw(network, range(3), dtype)
    together = list(
        ensemble.train(network, weights, x, y, Training(learning_rate, optimizer=optimizer, recorded=recorded))
    )
    kept = ensemble.outcome(network, weights, x, y, Training(learning_rate, optimizer=optimizer, recorded=recorded))
    assert len(together) == len(kept.costs) == len(recorded)
    epsilon = float(np.finfo(dtype).eps)
    for seed in seeds:
        start = initializers.draw(network, initializers.parse("glorot_uniform"), None, seed, dtype)
        alone = list(
            handwritten.train(network, start, x, y, Training(learning_rate, optimizer=optimizer, recorded=recorded))
        )
        for iteration, all_members, weights_alone, costs in zip(recorded, together, alone, kept.costs):
            cost = handwritten.forward(network, weights_alone, x, y).cost
            assert costs[seed] == pytest.approx(cost, rel=100 * epsilon * (1 + iteration), abs=10 * epsilon)
            for got, wanted in zip(member(all_members, seed), weights_alone):
                assert got.dtype == dtype
                # the two round in another order, and every iteration adds to it
                allowed = 20 * (1 + iteration) * epsilon * np.max(np.abs(wanted))
                np.testing.assert_allclose(got, wanted, rtol=0, atol=allowed)
        for last, wanted in zip(member(kept.weights, seed), member(together[-1], seed)):
            np.testing.assert_allclose(last, wanted, rtol=100 * epsilon)


@pytest.mark.slow
@pytest.mark.usefixtures("compiled_anew")
@pytest.mark.parametrize("is_last", [False, True])
def test_members_differ_in_rate_and_settings(is_last, monkeypatch):
    monkeypatch.setattr(ensemble, "is_small", lambda network, observations: is_last)
    network, _, x, y = post_problem()
    optimizers = [Optimizer("adam", (("beta_1", beta),)) for beta in (0.0, 0.5, 0.9, 0.99)]
    rates = np.array([0.001, 0.01, 0.03, 0.1])
    weights = draw(network, range(4))
    (together,) = ensemble.train(network, weights, x, y, Training(rates, optimizer=optimizers, recorded=[60]))
    for number, (rate, optimizer) in enumerate(zip(rates, optimizers)):
        (alone,) = handwritten.train(
            network, member(weights, number), x, y, Training(rate, optimizer=optimizer, recorded=[60])
        )
        for got, wanted in zip(member(together, number), alone):
            np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-12)


# What the post's page says


def test_the_costs_from_all_ones_are_the_posts():
    """POST.md, 4: measured with NumPy in float64."""
    network, weights, x, y = post_problem()
    recorded = [1000, 2000, 5000, 7000, 10000]
    found = ensemble.outcome(network, [w[..., None] for w in weights], x, y, Training(0.5, recorded=recorded)).costs[
        :, 0
    ]
    np.testing.assert_allclose(found, [0.400230, 0.399905, 0.383049, 0.001128, 0.000342], atol=6e-7)


def test_glorot_draws_end_where_the_post_page_says():
    """POST.md, 6: 30 draws had at 1000 and 10000 iterations the median costs 0.0019 and 0.00007; 4: 97 % under 0.01."""
    network, _, x, y = post_problem()
    found = ensemble.outcome(
        network, draw(network, range(990)), x, y, Training(0.5, recorded=[1000, 2000, 10000])
    ).costs
    medians = np.median(found.reshape(3, 33, 30), axis=2)
    for of_groups, of_the_page in ((medians[0], 0.0019), (medians[2], 0.00007)):
        assert np.min(of_groups) < of_the_page < np.max(of_groups) < 2 * np.min(of_groups)
    assert np.mean(found[0] < 0.01) == pytest.approx(0.97, abs=0.03)
    assert np.mean(found[1] < 0.01) > 0.99


# Chunks, blocks, programs


@pytest.mark.parametrize(
    ("optimizer", "dtype"),
    [pytest.param(SGD, "float32", marks=pytest.mark.slow), (Optimizer("adam"), "float64")],
    ids=str,
)
@pytest.mark.slow
def test_chunks_change_no_bit(optimizer, dtype):
    network, _, x, y = post_problem()
    members, recorded = 600, [0, 3, 50, 200]
    rates = np.geomspace(0.01, 1, members)
    found = []
    for chunk in (members, 256, 171, 64):
        parts = list(
            ensemble.outcomes(
                network,
                lambda some: draw(network, some, dtype),
                members,
                x,
                y,
                Training(rates, optimizer=optimizer, recorded=recorded),
                chunk,
            )
        )
        assert [part.members for part in parts] == [range(members)[i : i + chunk] for i in range(0, members, chunk)]
        joined = [np.concatenate([part.weights[layer] for part in parts], axis=-1) for layer in range(network.depth)]
        found.append([np.concatenate([part.costs for part in parts], axis=-1), *joined])
    for other in found[1:]:
        for a, b in zip(found[0], other):
            assert a.shape == b.shape
            assert np.array_equal(a, b)


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(20, 18, 3), (70, 9, 2)], ids=str)
def test_a_position_in_a_block_of_a_large_network_changes_no_bit(sizes):
    """Members first: what a matrix product does at the end of a block, it does anywhere."""
    network = Network(sizes, ("sigmoid",) * 2)
    rng = np.random.default_rng(0)
    x, y = (rng.random((70, size), np.float32) for size in (sizes[0], sizes[-1]))
    assert not ensemble.is_small(network, len(x))
    weights = draw(network, range(21), "float32")
    ends = [
        ensemble.outcome(network, [w[..., first:] for w in weights], x, y, Training(0.5, recorded=[30])).weights
        for first in range(3)
    ]
    for first, end in enumerate(ends):
        assert all(np.array_equal(a[..., first:], b) for a, b in zip(ends[0], end))


@pytest.mark.parametrize(
    ("sizes", "observations", "is_last"),
    [((2, 3, 3, 2), 10**6, True), ((2, 64, 1), 4, True), ((24, 24, 24, 8), 32, False), ((64, 64, 32, 10), 4, False)],
)
def test_small_networks_have_the_members_last(sizes, observations, is_last):
    """docs/speed.md"""
    assert ensemble.is_small(Network(sizes, ("sigmoid",) * (len(sizes) - 1)), observations) == is_last


@pytest.mark.slow
def test_a_member_does_not_notice_its_neighbours():
    network, _, x, y = post_problem()
    weights = draw(network, range(300), "float32")
    spoilt = [w.copy() for w in weights]
    for w in spoilt:
        w[..., 1::2] = np.nan
    ours, theirs = (
        ensemble.outcome(network, start, x, y, Training(0.5, recorded=[0, 500])) for start in (weights, spoilt)
    )
    assert np.array_equal(ours.costs[:, ::2], theirs.costs[:, ::2])
    assert np.all(np.isnan(theirs.costs[:, 1::2]))


@pytest.mark.slow
def test_as_one_function_members_come_to_the_posts_figures_and_notice_no_neighbours():
    """The same tests in a process with the flags of ``harness sweep``; XLA reads its flags once."""
    flags = compiler.flags_of_ensemble(POST, 2)
    assert compiler.ONE_FUNCTION in flags
    names = (
        "test_a_member_does_not_notice_its_neighbours",
        "test_the_costs_from_all_ones_are_the_posts",
        "test_glorot_draws_end_where_the_post_page_says",
        "test_clones_of_the_post_are_exact_after_ten_thousand_iterations",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-m", "", *(f"{__file__}::{name}" for name in names)]
    environment = os.environ | compiler.environment_of(flags)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_runs_of_other_length_rate_and_size_share_a_program():
    network, _, x, y = post_problem()
    optimizer = Optimizer("momentum")
    ensemble.outcome(network, draw(network, range(3)), x, y, Training(0.1, optimizer=optimizer, recorded=[0, 5]))
    program = loop.compiled_descent(ensemble.layout_of(network, len(x)), ensemble.costs, network, "momentum", None)
    before = program.experimental_get_tracing_count()
    slower = Optimizer("momentum", (("momentum", 0.5),))
    ensemble.outcome(
        network, draw(network, range(700)), x, y, Training(0.2, optimizer=slower, recorded=range(0, 100, 2))
    )
    assert program.experimental_get_tracing_count() == before


@pytest.mark.slow
def test_recorded_iterations_are_split_into_calls_and_none_is_lost(monkeypatch):
    """Calls bounded to a few stops and to a few iterations at once give the same as one call."""
    network, _, x, y = post_problem()
    weights = draw(network, range(5))
    recorded = [0, 1, 2, 50, 51, 400]
    whole = list(ensemble.train(network, weights, x, y, Training(0.5, optimizer=Optimizer("adam"), recorded=recorded)))
    monkeypatch.setattr(loop, "STOPS", 2)
    iteration = 3 * 2 * 29 * 256 + loop.LEAST_OF_AN_ITERATION
    monkeypatch.setattr(loop, "MULTIPLICATIONS", 60 * iteration)  # 60 iterations of a block to a call
    assert max(stop.iteration for stop in next(loop.calls(network, 2, 256, [400], 2))) == 60
    split = list(ensemble.train(network, weights, x, y, Training(0.5, optimizer=Optimizer("adam"), recorded=recorded)))
    assert len(whole) == len(split) == len(recorded)
    for a, b in zip(whole, split):
        for one, other in zip(a, b):
            np.testing.assert_allclose(one, other, rtol=1e-13)


MILLION = """
import resource
import numpy as np
from harness.models import ensemble, initializers
from harness.models.training import Training
from tests.networks import post_problem

network, _, x, y = post_problem()
kernel = initializers.parse("glorot_uniform")
parts = ensemble.outcomes(
    network,
    lambda some: initializers.draw_members(network, kernel, None, 0, some, np.float32),
    1_000_000, x, y, Training(0.5, recorded=[0, 10]),
)
peaks = [(part.members.stop, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) for part in parts]
assert peaks[-1][0] == 1_000_000, peaks
print(peaks[-1][1] - peaks[1][1])
"""


@pytest.mark.slow
def test_a_training_ends_between_two_calls_of_its_program():
    network, weights, x, y = post_problem()
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        ensemble.outcome(
            network, [w[..., None] for w in weights], x, y, Training(0.5, recorded=[10**9]), before_call=count
        )
    assert calls == 2


@pytest.mark.long
def test_memory_does_not_grow_with_a_million_members():
    """In a process of its own, the peak after two chunks against the peak after all, in kilobytes."""
    run = subprocess.run([sys.executable, "-c", MILLION], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 60_000  # the weights of all are 116 000


# Clones


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_clones_of_the_post_are_exact_after_ten_thousand_iterations(dtype):
    network, weights, x, y = post_problem()
    start = [np.repeat(w[..., None], 3, axis=-1).astype(dtype) for w in weights]
    after = ensemble.outcome(network, start, x, y, Training([0.1, 0.5, 3.0], recorded=[10000])).weights
    for w in after[:-1]:
        assert np.array_equal(w, np.broadcast_to(w[:, :1], w.shape))
    for w in after[1:]:
        assert np.array_equal(w[1:], np.broadcast_to(w[1:2], w[1:].shape))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["handwritten", "ensemble"])
@pytest.mark.parametrize(("widths", "dtype"), [((17, 33), "float32"), ((5, 9), "float64")], ids=str)
def test_clones_stay_exact_at_other_widths(name, widths, dtype):
    """Widths that are not a multiple of a vector register: units at its end go through the same operations."""
    network = Network((2, *widths, 1), ("sigmoid", "tanh", "sigmoid"))
    start = [np.full(shape, 0.1, dtype) for shape in network.shapes]
    x, y = XOR_X.astype(dtype), np.array([[0], [1], [1], [0]], dtype)
    if name == "ensemble":
        (after,) = ensemble.train(network, [w[..., None] for w in start], x, y, Training(0.3, recorded=[500]))
        after = member(after, 0)
    else:
        (after,) = handwritten.train(network, start, x, y, Training(0.3, recorded=[500]))
    assert np.max(np.abs(after[1] - start[1])) > 1e-3
    for w in after[:-1]:
        assert np.array_equal(w, np.broadcast_to(w[:, :1], w.shape))
    for w in after[1:]:
        assert np.array_equal(w[1:], np.broadcast_to(w[1:2], w[1:].shape))


# The rest


def test_iterations_to_reach():
    costs = np.array([[1.0, 0.1, np.nan], [0.5, 0.6, np.nan], [0.2, 0.05, np.nan]])
    outcome = ensemble.Outcome(range(3), costs, [])
    np.testing.assert_array_equal(ensemble.iterations_to_reach(0.5, outcome, [0, 10, 30]), [10, 0, np.nan])
    np.testing.assert_array_equal(ensemble.iterations_to_reach(0.1, outcome, [0, 10, 30]), [np.nan, 0, np.nan])


def test_mistakes_are_explained():
    network, weights, x, y = post_problem()
    many = draw(network, range(3))
    with pytest.raises(ValueError, match=r"wants \(\(3, 3, members\), \(4, 3, members\), \(4, 2, members\)\)"):
        ensemble.outcome(network, weights, x, y, Training(0.5, recorded=[1]))
    with pytest.raises(ValueError, match="one number or one for each of 3 members"):
        ensemble.outcome(network, many, x, y, Training([0.1, 0.2], recorded=[1]))
    with pytest.raises(ValueError, match="one optimizer or one for each of 3 members, got 2"):
        ensemble.outcome(network, many, x, y, Training(0.1, optimizer=[SGD, SGD], recorded=[1]))
    with pytest.raises(ValueError, match="share one optimizer and may differ in settings"):
        ensemble.outcome(network, many, x, y, Training(0.1, optimizer=[SGD, SGD, Optimizer("adam")], recorded=[1]))


@pytest.mark.slow
@pytest.mark.parametrize("implementation", [handwritten, tape])
def test_a_hundred_recordings_are_all_there(implementation):
    """More than one call holds: each is what a run to that iteration alone gives."""
    network, weights, x, y = post_problem("glorot_uniform")
    recorded = list(range(0, 300, 3))
    found = list(
        implementation.train(network, weights, x, y, Training(0.5, optimizer=Optimizer("adam"), recorded=recorded))
    )
    assert len(found) == len(recorded)
    for number in (0, 1, 31, 32, 33, 99):
        (alone,) = implementation.train(
            network, weights, x, y, Training(0.5, optimizer=Optimizer("adam"), recorded=[recorded[number]])
        )
        assert all(np.array_equal(a, b) for a, b in zip(found[number], alone))


@pytest.mark.parametrize(("given", "threads"), [("1", 1), ("3,2", 3), ("", 7), ("0", 7), ("many", 7), (None, 7)])
def test_blocks_are_trained_by_as_many_threads_as_the_share_of_the_cores(given, threads, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if given is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", given)
    assert ensemble.thread_count() == threads
